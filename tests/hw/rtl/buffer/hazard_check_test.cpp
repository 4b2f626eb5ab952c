// Builds that check hazards report a program that lacks a dependence flag, and are quiet about any other.
#include <catch2/catch.hpp>
#include <random>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/text/enum_index.h"
#include "hw/isa/program/command_accesses.h"
#include "hw/isa/program/command_order.h"
#include "tests/hw/rtl/program_bench.h"
#include "tests/support/child.h"
#include "tests/support/damaged_program.h"
#include "tests/support/expected_warnings.h"
#include "tests/support/golden_check.h"
#include "tests/support/program_interpreter.h"
#include "tests/support/random/random_case.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::rtl::test;

namespace {

using Index = CommandOrder::Index;
using Pairs = std::set<std::pair<Index, Index>>;

/// A flag of a program: the n-th signal from one engine to another and the n-th wait for it.
struct Flag {
  Index giver, taker;
};

std::vector<Flag> flags_of(const std::vector<Command>& commands) {
  std::vector<Flag> flags;
  for (int from = 0; from < kEngines; ++from) {
    for (int to = 0; to < kEngines; ++to) {
      std::vector<Index> givers, takers;
      for (Index i = 0; i < commands.size(); ++i) {
        if (!has_engine(commands[i])) continue;
        const CommandHeader& header = commands[i].header;
        if (engine_of(commands[i]) == static_cast<Engine>(from) && (header.signal >> to & 1) != 0)
          givers.push_back(i);
        if (engine_of(commands[i]) == static_cast<Engine>(to) && (header.wait >> from & 1) != 0)
          takers.push_back(i);
      }
      for (std::size_t n = 0; n < takers.size(); ++n) flags.push_back({givers.at(n), takers[n]});
    }
  }
  return flags;
}

std::vector<Command> without(std::vector<Command> commands, const Flag& flag) {
  CommandHeader& giver = commands[flag.giver].header;
  CommandHeader& taker = commands[flag.taker].header;
  giver.signal = static_cast<EngineMask>(giver.signal & ~engine_bit(engine_of(commands[flag.taker])));
  taker.wait = static_cast<EngineMask>(taker.wait & ~engine_bit(engine_of(commands[flag.giver])));
  return commands;
}

bool share_buffer_byte(const Command& a, const Command& b, const AcceleratorConfig& config) {
  for (const Access& x : accesses_of(a, config)) {
    for (const Access& y : accesses_of(b, config)) {
      if (x.storage == y.storage && x.storage != Storage::kData && (x.writes || y.writes) &&
          common_byte(x.bytes, y.bytes)) {
        return true;
      }
    }
  }
  return false;
}

/// Commands of different engines that use a byte of a buffer and have no order, the earlier in the program
/// first.
Pairs hazards(const std::vector<Command>& commands, const AcceleratorConfig& config) {
  const CommandOrder order(commands, config, [](Index /*index*/) { return true; });
  Pairs pairs;
  for (int a = 0; a < kEngines; ++a) {
    for (int b = a + 1; b < kEngines; ++b) {
      const std::vector<Index>& of_a = order.started(static_cast<Engine>(a));
      const std::vector<Index>& of_b = order.started(static_cast<Engine>(b));
      for (std::size_t i = 0; i < of_a.size(); ++i) {
        for (std::size_t j = 0; j < of_b.size(); ++j) {
          const bool ordered = order.before(static_cast<Engine>(b), j)[a] > i ||
                               order.before(static_cast<Engine>(a), i)[b] > j;
          if (!ordered && share_buffer_byte(commands[of_a[i]], commands[of_b[j]], config))
            pairs.insert(std::minmax(of_a[i], of_b[j]));
        }
      }
    }
  }
  return pairs;
}

/// The commands that each warning names.
Pairs named_in(const std::vector<std::string>& warnings) {
  static const std::regex form(
      R"((byte|word|entry|table) \d+ of the [a-z ]+: command (\d+) \(\w+\) (read|wrote) it and command (\d+) )"
      R"(\(\w+\) (reads|writes) it, but no flag from \w+ to \w+ orders them)");
  Pairs pairs;
  for (const std::string& warning : warnings) {
    std::smatch match;
    if (!std::regex_match(warning, match, form)) throw std::logic_error("no such form: " + warning);
    const auto first = static_cast<Index>(std::stoul(match[2])),
               second = static_cast<Index>(std::stoul(match[4]));
    pairs.insert(std::minmax(first, second));
  }
  return pairs;
}

}  // namespace

TEST_CASE("each removed flag that makes a hazard in a buffer is reported, and nothing else") {
  constexpr int kRemovals = 3;
  int with_hazard = 0, without_hazard = 0;
  for (std::uint64_t seed = 7000; seed < 7040; ++seed) {
    std::mt19937_64 random(seed);
    for (int removal = 0; removal < kRemovals; ++removal) {
      CAPTURE(seed, removal);
      const std::uint64_t draw = random();
      // "0": no flag; "h" or "n": as it must be, with or without a hazard.
      const std::string result = in_child([&]() -> std::string {
        const RandomCase c = make_random_case(seed);
        Program program = c.mapped.program;
        const std::vector<Flag> flags = flags_of(program.commands);
        if (flags.empty()) return "0";
        const Flag& flag = flags[draw % flags.size()];
        const std::vector<Command> commands = without(program.commands, flag);
        replace_commands(program, commands);
        const Pairs expected = hazards(commands, c.config);
        const ExpectedWarnings warnings("orders them");
        run_program(program, c.config, place_images(program, c.network, c.images, 0xa5));
        const Pairs reported = named_in(warnings.texts());
        for (const auto& pair : reported) {
          if (expected.count(pair) == 0) return "reported without need: " + warnings.texts().front();
        }
        if (reported.empty() != expected.empty()) {
          return "not reported: commands " + std::to_string(expected.begin()->first) + " and " +
                 std::to_string(expected.begin()->second);
        }
        return expected.empty() ? "n" : "h";
      });
      if (result == "0") continue;
      REQUIRE((result == "h" || result == "n" ? "" : result) == "");
      ++(result == "h" ? with_hazard : without_hazard);
    }
  }
  // Both kinds were among them.
  CHECK(with_hazard > 20);
  CHECK(without_hazard > 0);
}
