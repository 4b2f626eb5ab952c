// Where settings come from: files, included files, the command line, and which of them wins.
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "testbench/scenario/scenario.h"
#include "testbench/scenario/settings/settings.h"
#include "testbench/scenario/settings/settings_files.h"
#include "tests/testbench/scenario/scenario_file.h"

namespace bitbalance::test {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;

TEST_CASE("a section can come from a file, whole or with its own settings on top") {
  ScenarioFile file("accelerator: {include: hw.yaml, rows: 8}\nmemory: mem.yaml\n");
  file.folder.write("hw.yaml", "rows: 4\ncolumns: 4\n");
  file.folder.write("mem.yaml", "latency_cycles: 9\n");
  const Scenario s = file.load();
  CHECK(s.accelerator.rows == 8);
  CHECK(s.accelerator.columns == 4);
  CHECK(s.memory.latency_cycles == 9);

  file.folder.write("hw.yaml", "rowz: 4\n");
  CHECK_THAT(file.error(), Contains("hw.yaml:1: accelerator.rowz: unknown key (did you mean 'rows'?)"));
  file.folder.write("hw.yaml", "include: hw.yaml\n");
  CHECK_THAT(file.error(), Contains("deep at most"));
}

TEST_CASE("overrides of the command line win over files and are checked like them") {
  const ScenarioFile file("accelerator: {rows: 8}\n");
  const Scenario s =
      file.load({"accelerator.rows=2", "accelerator.dram.max_outstanding=3", "accelerator.rows=16",
                 "quantization.layers=[{pattern: fc, nnzb: 1}]", "network.count=5"});
  CHECK(s.accelerator.rows == 16);
  CHECK(s.accelerator.dram.max_outstanding == 3);
  CHECK(s.quantization.options.overrides.at(0).nnzb == 1);
  CHECK(s.network.count == 5);
  CHECK(file.error({"accelerator.rows=many"}) == "--set accelerator.rows: 'many'; accepted: a whole number");
  CHECK(file.error({"accelerator.rows"}) == "--set accelerator.rows: accepted: path.to.key=value");
  CHECK(file.error({"accelerator.dram=3"}).find("no such file") != std::string::npos);
}

TEST_CASE("a value that another one wins over is read and checked all the same") {
  ScenarioFile file("accelerator: {include: hw.yaml, rows: 8}\n");
  file.folder.write("hw.yaml", "rows: 4\n");
  file.folder.write("other.yaml", "columns: 4\n");
  const auto images = [&](const char* earlier) {
    try {
      load_scenario(file.folder.path() / "s.yaml", {{earlier, ""}, {"network.count=1", "--images"}});
    } catch (const SettingsError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  CHECK(images("network.count=2") == "no error");
  CHECK(images("network.count=[1]") == "--set network.count: a list; accepted: 0 to 16777216");
  CHECK(images("network.count=many") ==
        "--set network.count: 'many'; accepted: a whole number, 0 to 16777216");
  CHECK_THAT(images("network={count: -1}"), Contains("--set network.count: -1; accepted: 0 to"));
  CHECK_THAT(images("network=[1]"), Contains("--set network: a list; accepted: a mapping"));

  for (const auto& [earlier, later] :
       {std::pair{"run.level=quick", "run.level=tlm"}, std::pair{"run.dmi=yes", "run.dmi=true"},
        std::pair{"accelerator.clock_hz=1", "accelerator.clock_hz=1e9"},
        std::pair{"memory.bytes_per_cycle=-1", "memory.bytes_per_cycle=8"},
        std::pair{"network.input_shape=[0]", "network.input_shape=[1]"},
        std::pair{"network.labels=[x]", "network.labels=images.idx"}, std::pair{"name=[x]", "name=x"},
        std::pair{"quantization.layers=[{patern: x}]", "quantization.layers=[{pattern: x}]"}}) {
    CAPTURE(earlier);
    CHECK_THAT(file.error({earlier, later}), Contains(std::string(earlier, std::strchr(earlier, '='))));
    CHECK(file.error({later, later}) != file.error({earlier, later}));
    CHECK(file.error({later, earlier}) == file.error({earlier}));
  }

  file.folder.write("hw.yaml", "rows: many\n");
  CHECK(file.error({"accelerator.rows=16"}) ==
        "hw.yaml:1: accelerator.rows: 'many'; accepted: a whole number");
  const std::string other = "accelerator=" + (file.folder.path() / "other.yaml").string();
  CHECK(file.error({other}) == "no error");  // replaces all of the section
  CHECK(file.load({other, "accelerator.rows=16"}).accelerator.rows == 16);
  CHECK(file.error({"accelerator.rows=16", other}) ==
        "--set accelerator.rows: given ahead of --set accelerator, which replaces all of it; accepted: after "
        "it");
}

TEST_CASE("a list that replaces another keeps nothing of it") {
  const ScenarioFile file("quantization: {layers: [{pattern: a, nnzb: 2}, {pattern: b, weight_bits: 4}]}\n");
  const auto& layers = file.load({"quantization.layers=[{pattern: c}]"}).quantization.options.overrides;
  REQUIRE(layers.size() == 1);
  CHECK(layers[0].pattern == "c");
  CHECK_FALSE(layers[0].nnzb);
}

TEST_CASE("whoever reads many scenarios of the same files reads what reading each alone gives") {
  const fs::path shipped = fs::path(BITBALANCE_SOURCE_DIR) / "scenarios" / "technology" / "65nm.yaml";
  std::ifstream in(shipped);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  ScenarioFile file("technology: t.yaml\n");
  file.folder.write("t.yaml", text);
  file.folder.write("other.yaml", std::regex_replace(text, std::regex("type: \\w+"), "type: ddr3"));
  file.folder.write("unknown.yaml", text + "unknown: 3\n");
  file.folder.write("incomplete.yaml", std::regex_replace(text, std::regex("\nlayout:"), "\nlay_out:"));
  SettingsFiles files;
  const auto read = [&](const std::string& setting, SettingsFiles* known) -> std::string {
    std::vector<SettingOverride> overrides;
    if (!setting.empty()) overrides.push_back({setting, "", file.folder.path() / "s.yaml"});
    try {
      return to_yaml(load_scenario(file.folder.path() / "s.yaml", overrides, known));
    } catch (const SettingsError& error) {
      return error.what();
    }
  };
  std::set<std::string> meanings;
  for (int times = 0; times < 2; ++times) {
    for (const std::string setting :
         {"", "technology=other.yaml", "technology.target.node_nm=45", "technology.include=other.yaml",
          "technology=unknown.yaml", "technology=incomplete.yaml", "technology.target.node_nm=1e9",
          "network.batch=2"}) {
      CAPTURE(setting);
      const std::string alone = read(setting, nullptr);
      CHECK(read(setting, &files) == alone);
      meanings.insert(alone);
    }
  }
  CHECK(meanings.size() >= 7);
}

TEST_CASE("single settings win over a file that is included beside them, in any order") {
  ScenarioFile file("");
  file.folder.write("hw.yaml", "rows: 4\ncolumns: 4\n");
  const std::string include = "accelerator.include=" + (file.folder.path() / "hw.yaml").string();
  for (const auto& settings : {std::vector<std::string>{include, "accelerator.rows=16"},
                               std::vector<std::string>{"accelerator.rows=16", include}}) {
    CHECK(file.load(settings).accelerator.rows == 16);
    CHECK(file.load(settings).accelerator.columns == 4);
  }
  file.folder.write("more.yaml", "accelerator: {rows: 2}\n");
  CHECK(file.load({"include=" + (file.folder.path() / "more.yaml").string()}).accelerator.rows == 2);
}

TEST_CASE("an override names the option it came from") {
  const ScenarioFile file("");
  const auto load = [&](const char* text, const char* option) {
    return load_scenario(file.folder.path() / "s.yaml", {{text, option}});
  };
  CHECK_THROWS_WITH(load("run.level=quick", "--level"), "--level: 'quick'; accepted: rtl, tlm, analytic");
  CHECK_THROWS_WITH(load("mapping.include=none.yaml", "--mapping"),
                    "--mapping: 'none.yaml': no such file; accepted: a YAML file");
}

}  // namespace
}  // namespace bitbalance::test
