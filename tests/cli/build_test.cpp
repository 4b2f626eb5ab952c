// `bitbalance build`, `disassemble` and `run --program`: a scenario goes to disk and gives there what it
// gives here.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/command_child.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

const std::string kLenet = std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/lenet.yaml";

std::int64_t cycles_of(const std::string& summary) {
  std::ifstream file(summary);
  return nlohmann::json::parse(file).at("cycles").get<std::int64_t>();
}

std::string printed(const std::string& arguments) {
  CAPTURE(arguments);
  const CommandEnd end = bitbalance_command(arguments);
  CAPTURE(end.err);
  CHECK(end.exit_code == 0);
  return end.out;
}

}  // namespace

TEST_CASE("a program on disk gives the scenario's outputs and cycles, at all levels") {
  const TemporaryFolder folder;
  const std::string program = (folder.path() / "program").string();
  const std::string results = (folder.path() / "results").string();
  CHECK_THAT(printed("build " + kLenet + " --images 16 --out " + program), Contains("16 images, batch 8"));
  printed("run " + kLenet + " --level tlm --images 16 --out " + results);
  const std::string cycles = std::to_string(cycles_of(results + "/summary.json"));
  for (const char* level : {"tlm", "rtl"}) {
    CHECK_THAT(printed("run --program " + program + " --level " + level),
               Contains(" at " + std::string(level) + ": 16 images, " + cycles + " cycles, 0 of "));
  }
  CHECK_THAT(printed("run --program " + program + " --level analytic"),
             EndsWith(" at analytic: 16 images, " + cycles + " cycles\n"));
  const std::string listing = printed("disassemble " + program + "/constants.bin");
  CHECK_THAT(listing, Contains("config_hash 0x") && Contains(" LoadWeights ") && Contains(" End "));
}

TEST_CASE("what makes several programs is refused by its setting") {
  const TemporaryFolder folder;
  const std::string build = "build " + kLenet + " --images 8 --out " + (folder.path() / "program").string();
  const CommandEnd barrier = bitbalance_command(build + " --set mapping.barrier=layer");
  CHECK(barrier.refused_in_one_line());
  CHECK_THAT(barrier.err, Contains("mapping.barrier: layer; accepted for a program on disk: none, command"));
  const CommandEnd clocked = bitbalance_command(build + " --set run.level=tlm --set run.rtl=conv1");
  CHECK(clocked.refused_in_one_line());
  CHECK_THAT(clocked.err, Contains("run.rtl: conv1; accepted for a program on disk: not given"));
}

TEST_CASE("a result that is not the expected one fails the run of a program") {
  const TemporaryFolder folder;
  const std::string program = (folder.path() / "program").string();
  printed("build " + kLenet + " --images 8 --out " + program);
  const std::filesystem::path expected = folder.path() / "program/expected.bin";
  CHECK_THAT(bitbalance_command("disassemble " + expected.string()).err, Contains("header: not a program"));
  std::fstream(expected, std::ios::in | std::ios::out | std::ios::binary).put('\x55');
  CHECK_THAT(bitbalance_command("run --program " + program).err, Contains("expected.bin: CRC-32"));
}

TEST_CASE("what is not one program is refused by name") {
  const TemporaryFolder folder;
  const std::string out = " --out " + (folder.path() / "program").string();
  const auto refusal = [](const std::string& arguments) {
    const CommandEnd end = bitbalance_command(arguments);
    CAPTURE(arguments, end.err);
    CHECK(end.refused_in_one_line());
    return end.err;
  };
  CHECK_THAT(refusal("build " + kLenet + " --images 9" + out), Contains("network.batch: 8 of 9 images"));
  CHECK_THAT(refusal("build " + std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/alexnet.yaml" + out),
             Contains("runs on the host"));
  CHECK_THAT(refusal("run " + kLenet + " --program nowhere"), Contains("given with scenario"));
  CHECK_THAT(refusal("run --program nowhere --images 3"), Contains("given with --images"));
  CHECK_THAT(refusal("run --program nowhere --no-cache"), Contains("given with --no-cache"));
  CHECK_THAT(refusal("run --program nowhere -D run.threads=1"), Contains("given with --set"));
  CHECK_THAT(refusal("run --program nowhere --level fast"), Contains("accepted: rtl, tlm, analytic"));
  CHECK_THAT(refusal("run --program nowhere"), Contains("nowhere/program.json: cannot be read"));
}

}  // namespace bitbalance::test
