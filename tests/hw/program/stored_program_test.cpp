// Programs on disk: what is written is read, and whatever is damaged, missing or foreign is refused in one
// line that names the file.
#include "hw/program/stored_program.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>

#include "hw/isa/command/command.h"
#include "tests/support/stored_case.h"
#include "tests/support/temporary_folder.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::stored;
using Catch::Matchers::Contains;

namespace {

namespace fs = std::filesystem;

void write_files(const fs::path& folder, const StoredProgram& program) {
  for (const auto& [name, bytes] : files_of(program)) std::ofstream(folder / name, std::ios::binary) << bytes;
}

std::string file_text(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// The one line in which the folder is refused; empty: it is read.
std::string refusal(const fs::path& folder) {
  try {
    load_program(folder);
    return {};
  } catch (const std::invalid_argument& error) {
    const std::string text = error.what();
    CHECK(text.find('\n') == std::string::npos);
    CHECK_THAT(text, Contains(folder.string()));
    return text;
  }
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t place = text.find(from);
  REQUIRE(place != std::string::npos);
  return text.replace(place, from.size(), to);
}

}  // namespace

TEST_CASE("a program is read as it was written") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const StoredProgram written = make_stored_case(seed);
    const TemporaryFolder folder;
    write_files(folder.path(), written);
    const StoredProgram read = load_program(folder.path());
    CHECK(files_of(read) == files_of(written));
    CHECK(config_hash(read.accelerator) == config_hash(written.accelerator));
    CHECK(read.bytes_per_cycle_numerator == written.bytes_per_cycle_numerator);
    CHECK(read.bytes_per_cycle_denominator == written.bytes_per_cycle_denominator);
    CHECK(read.constants == written.constants);
    CHECK(read.inputs == written.inputs);
    CHECK(read.output_tensor().name == written.output_tensor().name);
  }
}

TEST_CASE("a description that does not fit is refused where it does not") {
  const StoredProgram program = make_stored_case(1);
  struct Row {
    const char *from, *to, *told;
  };
  const Row rows[] = {
      {"\"bitbalance program\"", "\"another program\"",
       "format: \"another program\"; accepted: bitbalance program"},
      {"\"version\": 1", "\"version\": 2", "version: 2; accepted: 1 to 1"},
      {"\"version\": 1", "\"version\": 1.5", "version: 1.5; accepted: 1 to 1"},
      {"\"version\": 1,", "", "version: is missing"},
      {"\"version\": 1", "\"extra\": 3, \"version\": 1", "extra: unknown key"},
      {"\"rows\": ", "\"rows\": 1", "accepted: "},
      {"\"clock_hz\": ", "\"clock_hz\": 1", ""},
      {"\"synchronization\": \"", "\"synchronization\": \"un", "accelerator.synchronization: "},
      {"\"alignment\": 256", "\"alignment\": 64", "regions.constants.alignment: 64; accepted: 256 to 256"},
      {"\"layout\": \"planar\"", "\"layout\": \"channel last\"", "tensors[0].layout: "},
      {"\"offset\": ", "\"offset\": 9999", "tensors[0].offset: "},
      {"\"input\": \"", "\"input\": \"no ", "input: "},
      {"\"bitbalance program\"", "[[1], 2]", "format: a list; accepted: bitbalance program"},
      {"{", "[", "program.json: is no JSON"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.from, row.to);
    const TemporaryFolder folder;
    write_files(folder.path(), program);
    const std::string text = replaced(file_text(folder.path() / "program.json"), row.from, row.to);
    std::ofstream(folder.path() / "program.json", std::ios::binary) << text;
    const std::string told = refusal(folder.path());
    if (*row.told != 0) CHECK_THAT(told, Contains("program.json: ") && Contains(row.told));
  }
}

TEST_CASE("a description that is nested deeply is refused like any other") {
  const TemporaryFolder folder;
  write_files(folder.path(), make_stored_case(1));
  constexpr std::size_t kDepth = 100'000;
  std::ofstream(folder.path() / "program.json", std::ios::binary)
      << "{\"format\": " << std::string(kDepth, '[') << std::string(kDepth, ']') << "}";
  CHECK_THAT(refusal(folder.path()), Contains("format: a list; accepted: bitbalance program"));
}

TEST_CASE("every file of a program is needed, whole, and undamaged") {
  const StoredProgram program = make_stored_case(2);
  for (const char* name : {"constants.bin", "inputs.bin", "expected.bin", "program.json"}) {
    CAPTURE(name);
    const TemporaryFolder folder;
    write_files(folder.path(), program);
    const fs::path file = folder.path() / name;
    const std::string whole = file_text(file);
    REQUIRE(refusal(folder.path()).empty());
    fs::remove(file);
    CHECK_THAT(refusal(folder.path()), Contains("cannot be read"));
    std::ofstream(file, std::ios::binary) << whole.substr(0, whole.size() - 2);
    CHECK_THAT(refusal(folder.path()), Contains(name));
    if (std::string(name) == "program.json") continue;
    std::ofstream(file, std::ios::binary) << whole + "x";
    CHECK_THAT(refusal(folder.path()), Contains(name));
    std::mt19937 random(7);
    for (int i = 0; i < 20; ++i) {
      std::string damaged = whole;
      damaged[random() % damaged.size()] ^= static_cast<char>(1u << random() % 8);
      std::ofstream(file, std::ios::binary) << damaged;
      CHECK_THAT(refusal(folder.path()), Contains("CRC-32"));
    }
  }
}

TEST_CASE(
    "a program of another configuration, or with a damaged command, is refused though its sums are right") {
  StoredProgram program = make_stored_case(3);
  const TemporaryFolder folder;
  const StoredProgram right = program;
  program.accelerator.allow_wrap = !program.accelerator.allow_wrap;
  write_files(folder.path(), program);
  CHECK_THAT(refusal(folder.path()), Contains("constants.bin: header: program made for another accelerator"));
  program = right;
  program.constants[isa::kCommandBytes + 9] ^= 1;
  write_files(folder.path(), program);
  CHECK_THAT(refusal(folder.path()), Contains("constants.bin: command 0: "));
}

TEST_CASE("the header for firmware has the sizes of the description") {
  const StoredProgram program = make_stored_case(4);
  std::string header;
  for (const auto& [name, bytes] : files_of(program))
    if (name == "program.h") header = bytes;
  const auto has = [&header](const std::string& name, std::int64_t value) {
    CHECK_THAT(header, Contains("#define BITBALANCE_PROGRAM_" + name + " " + std::to_string(value) + "u\n"));
  };
  has("BATCH", program.batch);
  has("IMAGES", program.images);
  has("CONSTANTS_BYTES", static_cast<std::int64_t>(program.constants.size()));
  has("DATA_BYTES", program.data_bytes);
  has("INPUT_OFFSET", program.input_tensor().offset);
  has("OUTPUT_IMAGE_BYTES", program.output_tensor().image_bytes());
}
