// `bitbalance recost` as a user meets it.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/hw/cost/shipped.h"
#include "tests/support/command_child.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;

CommandEnd run_lenet(const fs::path& results, const std::string& more = "") {
  const fs::path scenario = fs::path(BITBALANCE_SOURCE_DIR) / "scenarios" / "lenet.yaml";
  return bitbalance_command("run " + scenario.string() + " --images 2 --out " + results.string() + more);
}

std::string recost(const fs::path& results) {
  return "recost " + results.string() + " --technology " + shipped_technology_file().string();
}

TEST_CASE("a stored run costs the same again with the same technology") {
  const TemporaryFolder folder;
  const fs::path results = folder.path() / "results";
  const CommandEnd run = run_lenet(results);
  REQUIRE(run.exit_code == 0);
  CHECK_THAT(run.out, Contains("energy    ") && Contains("area      "));

  const fs::path csv = folder.path() / "again.csv";
  const CommandEnd again = bitbalance_command(recost(results) + " --csv " + csv.string());
  CHECK(again.exit_code == 0);
  CHECK(again.err.empty());
  CHECK(text_of(csv) == text_of(results / "energy.csv"));
  const auto energy_line = [](const std::string& text) {
    const auto at = text.find("energy    ");
    return text.substr(at, text.find('\n', text.find("area      ", at)) - at);
  };
  CHECK(energy_line(again.out) == energy_line(run.out));

  SECTION("but its table takes the place of nothing that a command reads or left") {
    for (const fs::path& file :
         {results / "actions.yaml", results / "summary.json", results / "manifest.json"}) {
      const std::string before = text_of(file);
      CHECK(bitbalance_command(recost(results) + " --csv " + file.string()).exit_code == 2);
      CHECK(text_of(file) == before);
    }
    const fs::path technology = folder.write("technology.yaml", text_of(shipped_technology_file()));
    const fs::path other = folder.write("other.yaml", "include: technology.yaml\n");
    for (const fs::path& read : {technology, other}) {
      const CommandEnd same = bitbalance_command("recost " + results.string() + " --technology " +
                                                 other.string() + " --csv " + read.string());
      CHECK(same.exit_code == 2);
      CHECK_THAT(same.err, Contains("is read or written by this command; accepted: another file"));
    }
    CHECK(text_of(technology) == text_of(shipped_technology_file()));
  }
  SECTION("and differently with another one, as a run with it does") {
    const CommandEnd voltage = bitbalance_command(recost(results) + " --set target.voltage_v=1.0");
    CHECK_THAT(voltage.out, Contains("in 65 nm, 1 V\n") && Contains("(65 nm, 1 V)") && !Contains("1.1 V"));
    CHECK(voltage.exit_code == 0);
    CHECK(energy_line(voltage.out) != energy_line(run.out));
    const fs::path other = folder.path() / "other";
    const CommandEnd rerun = run_lenet(other, " --set technology.target.voltage_v=1.0");
    CHECK(energy_line(rerun.out) == energy_line(voltage.out));
  }
  SECTION("and with the same notes on what was costed") {
    const fs::path other = folder.path() / "other";
    const std::string memory = fs::path(BITBALANCE_SOURCE_DIR) / "scenarios/memory/ddr3-1600.yaml";
    const CommandEnd noted = run_lenet(other, " --set accelerator.pipeline.clamp=1 --set memory=" + memory);
    const auto notes = [](const std::string& text) {
      return text.substr(text.find("GHz is above"), text.find("type decides") - text.find("GHz is above"));
    };
    CHECK(notes(noted.out) ==
          "GHz is above the 0.418 GHz that 65 nm, 1.1 V allows with pipeline.clamp: 1\n"
          "          DRAM energy is of lpddr4, the memory is ddr3: technology.dram.");
    CHECK(notes(bitbalance_command(recost(other)).out) == notes(noted.out));
    CHECK_THAT(bitbalance_command(recost(other) + " --set dram.type=ddr3").out, !Contains("the memory is"));
  }
  SECTION("and the effective scenario holds the technology") {
    const CommandEnd rerun = bitbalance_command("run " + (results / "effective.yaml").string() + " --out " +
                                                (folder.path() / "rerun").string());
    CHECK(rerun.exit_code == 0);
    CHECK(energy_line(rerun.out) == energy_line(run.out));
  }
}

TEST_CASE("a run without a technology has actions but no energy") {
  const TemporaryFolder folder;
  std::string text = text_of(fs::path(BITBALANCE_SOURCE_DIR) / "scenarios" / "lenet.yaml");
  const std::string line = "technology: technology/65nm.yaml\n";
  REQUIRE(text.find(line) != std::string::npos);
  text.erase(text.find(line), line.size());
  fs::create_directory(folder.path() / "scenarios");
  for (const char* inside : {"networks", "data", "accelerators", "memory"}) {
    fs::create_directory_symlink(fs::path(BITBALANCE_SOURCE_DIR) / "scenarios" / inside,
                                 folder.path() / "scenarios" / inside);
  }
  const auto scenario = folder.write("scenarios/plain.yaml", text);
  const fs::path results = folder.path() / "results";
  const CommandEnd run =
      bitbalance_command("run " + scenario.string() + " --images 2 --out " + results.string());
  REQUIRE(run.exit_code == 0);
  CHECK_THAT(run.out, !Contains("mm2"));
  CHECK_FALSE(fs::exists(results / "energy.csv"));
  CHECK_FALSE(nlohmann::json::parse(text_of(results / "summary.json")).contains("area_mm2"));
  CHECK_THAT(bitbalance_command(recost(results)).out, Contains("energy    "));
}

TEST_CASE("mistakes are told in one line") {
  const TemporaryFolder folder;
  const fs::path results = folder.path() / "results";
  REQUIRE(run_lenet(results).exit_code == 0);
  const auto refused = [](const std::string& arguments, const std::string& why) {
    const CommandEnd outcome = bitbalance_command(arguments);
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.out.empty());
    CHECK(outcome.told_one_line());
    CHECK_THAT(outcome.err, Contains(why));
  };
  refused("recost " + results.string(), "--technology");
  refused(recost(folder.path()), "actions.yaml: no such file");
  refused("recost " + results.string() + " --technology nowhere.yaml", "nowhere.yaml");
  refused(recost(results) + " --set dram.type=punched_cards", "accepted: ddr3, ddr4, lpddr, lpddr4, hbm2");
  refused(recost(results) + " --set logic.adder.energy.value=-1", "--set logic.adder.energy.value: '-1'");
  refused(recost(results) + " --set logic.adder.energy.unit=eV", "accepted: fJ, pJ, nJ");
  refused(recost(results) + " --csv " + (folder.path() / "no" / "where.csv").string(), "cannot be written");
}

}  // namespace
}  // namespace bitbalance::test
