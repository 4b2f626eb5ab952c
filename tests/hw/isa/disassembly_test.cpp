#include "hw/isa/command/disassembly.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <sstream>
#include <stdexcept>

#include "hw/isa/command/command_check.h"
#include "hw/isa/command/command_fields.h"
#include "hw/isa/command/command_page.h"
#include "tests/support/random/random_case.h"
#include "tests/support/temporary_folder.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

std::vector<Command> one_of_each() {
  std::vector<Command> commands;
  for_each_body([&commands](const auto& body) { commands.push_back({{}, body}); });
  return commands;
}

/// Calls `field` with all of the command's.
template <class Visitor>
void visit_fields(Command& command, const Visitor& field) {
  describe_header(command.header, field);
  std::visit([&](auto& body) { CommandDescription<std::decay_t<decltype(body)>>::fields(body, field); },
             command.body);
}

EngineMask engines_named(const std::string& names) {
  EngineMask mask = 0;
  std::istringstream in(names);
  for (std::string name; std::getline(in, name, '+');) {
    for (int e = 0; e < kEngines; ++e)
      if (name == to_string(static_cast<Engine>(e))) mask |= engine_bit(static_cast<Engine>(e));
  }
  return mask;
}

Command assembled(const std::string& line) {
  std::istringstream in(line);
  std::string name;
  in >> name;
  std::map<std::string, std::string> values;
  for (std::string word; in >> word;) {
    const std::size_t sign = word.find('=');
    REQUIRE(values.emplace(word.substr(0, sign), word.substr(sign + 1)).second);
  }
  for (Command command : one_of_each()) {
    if (name != name_of(command)) continue;
    visit_fields(command, [&values](const Field& field, auto& value) {
      const std::string text = values.at(field.name);
      value = static_cast<std::decay_t<decltype(value)>>(field.holds_engines ? engines_named(text)
                                                                             : std::stoll(text));
      values.erase(field.name);
    });
    REQUIRE(values.empty());
    return command;
  }
  throw std::invalid_argument("no command is called " + name);
}

}  // namespace

TEST_CASE("a command is found again in its disassembly, whatever its fields hold") {
  std::mt19937 random(1);
  for (const Command& kind : one_of_each()) {
    for (int i = 0; i < 200; ++i) {
      Command command = kind;
      visit_fields(command, [&random](const Field& field, auto& value) {
        using Value = std::decay_t<decltype(value)>;
        const std::uint64_t bits = random() & ((std::uint64_t{1} << bits_of<Value>(field)) - 1);
        value = static_cast<Value>(bits + static_cast<std::uint64_t>(field.bias));
      });
      const CommandBytes bytes = encode(command, 5);
      REQUIRE(encode(decode(bytes, 5).command, 5) == bytes);
      REQUIRE(encode(assembled(disassembly(command)), 5) == bytes);
    }
  }
}

TEST_CASE("docs/command-fields.md is what the descriptions generate") {
  CHECK(text_of(BITBALANCE_SOURCE_DIR "/docs/command-fields.md") == command_fields_markdown());
}

TEST_CASE("a disassembly names command, engines and fields") {
  Store store;
  store.slice.dram_offset = 128;
  store.slice.images = 2;
  store.base = 7;
  CHECK(disassembly(Command{{engine_bit(Engine::kCompute), 0, 3, true}, store}) ==
        "Store wait=compute signal=- layer=3 layer_end=1 dram_offset=128 image_pitch=0 channel_pitch=0 "
        "images=2 channels=1 rows=1 columns=1 wide=0 base=7 image_stride=0 row_gap=0");
  CHECK(disassembly(Command{{0, engine_bit(Engine::kLoad) | engine_bit(Engine::kVector)}, Barrier{}}) ==
        "Barrier wait=- signal=load+vector layer=0 layer_end=0");
}

TEST_CASE("the fields of a record lie between its opcode and its CRC and do not overlap") {
  for (const Command& kind : one_of_each()) {
    const CommandBytes empty = encode(kind, 0);
    CommandBytes used{};  // bits that some field has changed
    Command command = kind;
    visit_fields(command, [&](const Field& field, auto& value) {
      using Value = std::decay_t<decltype(value)>;
      const Value before = value;
      for (int bit = 0; bit < bits_of<Value>(field); ++bit) {
        const auto code = static_cast<std::uint64_t>(static_cast<std::int64_t>(before) - field.bias) ^
                          std::uint64_t{1} << bit;
        value = static_cast<Value>(code + static_cast<std::uint64_t>(field.bias));
        const CommandBytes changed = encode(command, 0);
        int flipped = 0;
        for (std::size_t i = 0; i < 60; ++i) {
          const auto difference = static_cast<std::uint8_t>(changed[i] ^ empty[i]);
          REQUIRE((used[i] & difference) == 0);
          used[i] |= difference;
          flipped += __builtin_popcount(difference);
        }
        REQUIRE(flipped == 1);
      }
      value = before;
    });
    CHECK(used[0] == 0);
  }
}

TEST_CASE("a command with a field outside its range is refused") {
  int refused = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const RandomCase c = make_random_case(seed);
    RegionMap regions;
    regions.bytes[static_cast<int>(Region::kConstants)] = c.mapped.program.constants_bytes;
    regions.bytes[static_cast<int>(Region::kData)] = c.mapped.program.data_bytes;
    for (Command command : c.mapped.program.commands) {
      REQUIRE(check(command, c.config, regions) == ProgramFault::kNone);
      visit_fields(command, [&](const Field& field, auto& value) {
        using Value = std::decay_t<decltype(value)>;
        const Value before = value;
        for (const int other : {0, 1, 3, 16, 48, 255}) {
          value = static_cast<Value>(other);
          if (field.range.holds(static_cast<std::int64_t>(value))) continue;
          CAPTURE(disassembly(command));
          REQUIRE(check(command, c.config, regions) == ProgramFault::kBadField);
          ++refused;
        }
        value = before;
      });
    }
  }
  CHECK(refused > 1000);
}
