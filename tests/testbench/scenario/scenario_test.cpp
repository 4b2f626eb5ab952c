#include "testbench/scenario/scenario.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include "testbench/scenario/settings/settings.h"
#include "testbench/scenario/settings/settings_files.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

/// A scenario whose files exist; `rest` follows the network section from line 6 on.
struct ScenarioFile {
  TemporaryFolder folder;

  explicit ScenarioFile(const std::string& rest) {
    folder.write("net.onnx", "");
    folder.write("images.idx", "");
    folder.write("s.yaml",
                 "network:\n"
                 "  model: net.onnx\n"
                 "  images: images.idx\n"
                 "  calibration_images: images.idx\n"
                 "  batch: 4\n" +
                     rest);
  }
  Scenario load(const std::vector<std::string>& settings = {}) const {
    std::vector<SettingOverride> overrides;
    for (const std::string& setting : settings) overrides.push_back({setting, ""});
    return load_scenario(folder.path() / "s.yaml", overrides);
  }
  /// The error's text, with the folder's name taken out.
  std::string error(const std::vector<std::string>& overrides = {}) const {
    try {
      load(overrides);
    } catch (const SettingsError& error) {
      std::string text = error.what();
      const std::string prefix = folder.path().string() + "/";
      for (std::size_t at = 0; (at = text.find(prefix)) != std::string::npos;) text.erase(at, prefix.size());
      CHECK(text.find('\n') == std::string::npos);
      return text;
    }
    return "no error";
  }
};

/// "accelerator.dram.burst_bytes" of every key of a scenario, comments ("# " at the front of a line)
/// included.
std::set<std::string> keys_of(const std::string& yaml) {
  std::set<std::string> keys;
  std::vector<std::string> open;
  std::istringstream lines(yaml);
  static const std::regex kLine(R"(^(?:# )?( *)(- )?([A-Za-z_0-9]+):.*)");
  for (std::string line; std::getline(lines, line);) {
    std::smatch parts;
    if (!std::regex_match(line, parts, kLine)) continue;
    open.resize(static_cast<std::size_t>(parts[1].length() + parts[2].length()) / 2);
    open.push_back(parts[3]);
    std::string path;
    for (const std::string& key : open) path += "." + key;
    keys.insert(path);
  }
  return keys;
}

TEST_CASE("a guide to a scenario is read as the same scenario, and has every key that any other can have") {
  const TemporaryFolder folder;
  const auto model = folder.write("a model: #1.onnx", "");
  for (const std::vector<std::string>& settings :
       {std::vector<std::string>{},
        {"accelerator.rows=7", "network.input_shape=[1, 2, 3]", "run.level=tlm"},
        {"quantization.layers=[{pattern: conv1, nnzb: 2}, {pattern: fc}]"},
        {"network.fixed_inputs=[{input: rate, values: 16000}, {input: state, values: [0.5, -1]}]"}}) {
    std::vector<SettingOverride> overrides;
    for (const std::string& setting : settings) overrides.push_back({setting, ""});
    const Scenario scenario = load_scenario(model, overrides);
    const std::string guide = to_guide(scenario, folder.path() / "deeper");
    fs::create_directory(folder.path() / "deeper");
    const auto file = folder.write("deeper/guide.yaml", guide);
    CHECK(to_yaml(load_scenario(file)) == to_yaml(scenario));
    fs::remove_all(folder.path() / "deeper");

    const std::set<std::string> keys = keys_of(guide);
    const fs::path scenarios = fs::path(BITBALANCE_SOURCE_DIR) / "scenarios";
    for (const char* const other : {"fashion.yaml", "vgg16.yaml"}) {
      const Scenario full =
          load_scenario(scenarios / other, {{"memory=" + (scenarios / "memory/ddr4-2400.yaml").string(), ""},
                                            {"mapping.layers=[{layer: conv1}]", ""}});
      for (const std::string& key : keys_of(to_yaml(full))) {
        CAPTURE(key);
        CHECK(keys.count(key) == 1);
      }
    }
    std::istringstream lines(guide);
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(line);
      CHECK(line.find("  # ") != std::string::npos);
      if (line.rfind("#", 0) != 0) CHECK(line.find("a whole number") == std::string::npos);
    }
  }
}

TEST_CASE("the guide has every key of the tables of docs/scenarios.md") {
  const TemporaryFolder folder;
  const fs::path model = folder.write("net.onnx", "");
  const std::set<std::string> keys = keys_of(to_guide(load_scenario(model), folder.path()));
  std::ifstream page(fs::path(BITBALANCE_SOURCE_DIR) / "docs/scenarios.md");
  static const std::regex kKey("`([a-z_]+)`");
  int found = 0;
  for (std::string line; std::getline(page, line);) {
    const std::string cell = line.substr(0, line.find('|', 1));
    if (cell.rfind("| `", 0) != 0) continue;
    for (std::sregex_iterator key(cell.begin(), cell.end(), kKey), end; key != end; ++key, ++found) {
      const std::string name = "." + (*key)[1].str();
      CAPTURE(name);
      CHECK(std::any_of(keys.begin(), keys.end(), [&](const std::string& path) {
        return path.size() >= name.size() && path.compare(path.size() - name.size(), name.size(), name) == 0;
      }));
    }
  }
  CHECK(found > 15);
}

TEST_CASE("the lines of a guide can be edited one by one") {
  const TemporaryFolder folder;
  const auto model = folder.write("net.onnx", "");
  folder.write("images.idx", "");
  const std::string guide = to_guide(load_scenario(model), folder.path());
  /// Without "# " ahead of these keys, with these values.
  const auto edited = [&](const std::vector<std::pair<std::string, std::string>>& edits) {
    std::string text = guide;
    for (const auto& [key, value] : edits) {
      const std::regex line("(^|\n)(?:# )?(  " + key + ": )[^ ]+");
      REQUIRE(std::regex_search(text, line));
      text = std::regex_replace(text, line, "$1$02" + value, std::regex_constants::format_first_only);
    }
    return load_scenario(folder.write("edited.yaml", text));
  };
  const Scenario with_images = edited(
      {{"images", "images.idx"}, {"calibration_images", "images.idx"}, {"pixel_mean", "[0.5,0.25,0.125]"}});
  CHECK(with_images.network.images == folder.path() / "images.idx");
  CHECK(with_images.network.pixels.mean == std::vector<double>{0.5, 0.25, 0.125});
  CHECK(edited({{"image_seed", "7"}}).network.image_seed == 7);
  CHECK(edited({{"latency_cycles", "9"}}).memory.latency_cycles == 9);
  // What holds is told where it is no default.
  CHECK_THAT(to_guide(load_scenario(model, {{"network.image_seed=5", ""}}), folder.path()),
             Contains("\n  image_seed: 5 "));
}

TEST_CASE("a scenario's settings reach the structs and the rest keeps its default") {
  const ScenarioFile file(
      "accelerator:\n  rows: 16\n  synchronization: group_max\n  dram: {burst_bytes: 128}\n"
      "quantization: {activation_bits: 16, nnzb: 2, layers: [{pattern: 'conv*', weight_bits: 4}]}\n"
      "memory: {bytes_per_cycle: '12.8', latency_cycles: 7}\n"
      "mapping: {barrier: layer, layers: [{layer: conv1, rows: 2, order: weights_outer}]}\n");
  const Scenario s = file.load();
  CHECK(s.name == "s");
  CHECK(s.network.model == file.folder.path() / "net.onnx");
  CHECK(s.network.batch == 4);
  CHECK(s.accelerator.rows == 16);
  CHECK(s.accelerator.columns == AcceleratorConfig{}.columns);
  CHECK(s.accelerator.synchronization == Synchronization::kGroupMax);
  CHECK(s.accelerator.dram.burst_bytes == 128);
  CHECK(s.quantization.options.activation_bits == 16);
  CHECK(s.quantization.options.nnzb == 2);
  REQUIRE(s.quantization.options.overrides.size() == 1);
  CHECK(s.quantization.options.overrides[0].weight_bits == 4);
  CHECK_FALSE(s.quantization.options.overrides[0].nnzb);
  CHECK(s.memory.bytes_per_cycle == Rational{64, 5});
  CHECK(s.memory.latency_cycles == 7);
  CHECK(s.mapping.barrier == LayerBarrier::kProgram);
  REQUIRE(s.mapping.layers.size() == 1);
  CHECK(s.mapping.layers[0].order == LoopOrder::kWeightsOuter);
}

TEST_CASE("an unknown key is refused with its place, the nearest key and the accepted ones") {
  CHECK_THAT(
      ScenarioFile("accelerator:\n  columms: 3\n").error(),
      Contains(
          "s.yaml:7: accelerator.columms: unknown key (did you mean 'columns'?); accepted: rows, columns,"));
  CHECK(ScenarioFile("zzz: 3\n").error() ==
        "s.yaml:6: zzz: unknown key; accepted: name, network, accelerator, quantization, memory, "
        "technology, mapping, run");
  CHECK_THAT(ScenarioFile("").error({"memory.latency=3"}),
             Contains("--set memory.latency: unknown key (did you mean") ||
                 Contains("--set memory.latency: unknown key;"));
}

TEST_CASE("a value of the wrong type or range is refused with its place and what is accepted") {
  const auto error = [](const std::string& rest) { return ScenarioFile(rest).error(); };
  CHECK(error("quantization: {weight_bits: eight}\n") ==
        "s.yaml:6: quantization.weight_bits: 'eight'; accepted: a whole number, 2 to 16");
  CHECK(error("quantization: {nnzb: 0}\n") == "s.yaml:6: quantization.nnzb: 0; accepted: 1 to 15");
  CHECK(error("quantization: {nnzb: 8}\n") ==
        "s.yaml:6: quantization.nnzb: 8; accepted with weight_bits 8: 1 to 7, the bits of a magnitude");
  CHECK(error("quantization: {layers: [{pattern: a, weight_bits: 3, nnzb: 3}]}\n") ==
        "s.yaml:6: quantization.layers[0].nnzb: 3; accepted with weight_bits 3: 1 to 2, the bits of a "
        "magnitude");
  CHECK(error("quantization: {scale_search: yes}\n") ==
        "s.yaml:6: quantization.scale_search: 'yes'; accepted: true, false");
  CHECK(error("accelerator:\n\n  rows: 257\n") == "s.yaml:8: accelerator.rows: 257; accepted: 1 to 256");
  CHECK(error("accelerator:\n  dram:\n    burst_bytes: 65\n") ==
        "s.yaml:8: accelerator.dram.burst_bytes: 65; accepted: 16, 32, 64, 128 or 256");
  CHECK(error("accelerator: {token_form: ternary}\n") ==
        "s.yaml:6: accelerator.token_form: 'ternary'; accepted: binary, signed_digit");
  CHECK(error("memory: {bytes_per_cycle: 0}\n") ==
        "s.yaml:6: memory.bytes_per_cycle: '0'; accepted: a positive number like 12.8 or 64/5, 9 digits at "
        "most");
  CHECK(error("memory: [1]\n") == "s.yaml:6: memory: a list; accepted: a mapping of settings");
  CHECK(error("run: {level: quick}\n") == "s.yaml:6: run.level: 'quick'; accepted: rtl, tlm, analytic");
  CHECK(error("mapping: {layers: 3}\n") == "s.yaml:6: mapping.layers: '3'; accepted: a list of mappings");
}

TEST_CASE("token forms of quantization and hardware must agree") {
  CHECK(ScenarioFile("accelerator: {token_form: signed_digit}\n").load().quantization.options.token_form ==
        TokenForm::kSignedDigit);
  CHECK(ScenarioFile("quantization: {token_form: signed_digit}\n").error() ==
        "s.yaml:6: quantization.token_form: signed_digit; accepted: binary, as accelerator.token_form");
}

TEST_CASE("a setting given twice, missing, or naming no file is refused") {
  CHECK(ScenarioFile("memory: {latency_cycles: 1, latency_cycles: 2}\n").error() ==
        "s.yaml:6: memory.latency_cycles: given twice");
  CHECK(ScenarioFile("").error({"network.labels=none.idx"}) ==
        "--set network.labels: 'none.idx': no such file; accepted: a file");
  const TemporaryFolder folder;
  const auto file = folder.write("s.yaml", "name: x\nnetwork: {batch: 2}\n");
  CHECK_THROWS_WITH(load_scenario(file), EndsWith("s.yaml:2: network: model is missing"));
}

TEST_CASE("broken YAML and missing files are told in one line") {
  CHECK_THAT(ScenarioFile("memory: {\n").error(), Contains("s.yaml:") && Contains("not YAML"));
  CHECK_THROWS_WITH(load_scenario("/nowhere/s.yaml"), "/nowhere/s.yaml: no such file; accepted: a YAML file");
  CHECK(ScenarioFile("accelerator: none.yaml\n").error() ==
        "s.yaml:6: accelerator: 'none.yaml': no such file; accepted: a YAML file");
}

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

TEST_CASE("a contradiction between settings is told where one of them stands, or its section") {
  CHECK(ScenarioFile("mapping: {effort: good, objective: edp}\n").error() ==
        "s.yaml:6: mapping.objective: edp without technology, which has the prices of energy; accepted: "
        "cycles, "
        "dram_bytes");
  CHECK_THAT(ScenarioFile("").error({"mapping={effort: good, objective: edp}"}),
             StartsWith("--set mapping.objective: edp without technology"));
  ScenarioFile file("mapping: blocks.yaml\n");
  file.folder.write("blocks.yaml", "# how layers become commands\neffort: good\nobjective: energy\n");
  CHECK_THAT(file.error(), StartsWith("blocks.yaml:3: mapping.objective: energy without technology"));

  // A setting that nobody gave is refused in the section that it belongs to.
  const std::string preset = std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/memory/ddr3-1600.yaml";
  const char* const lacks = ": tRFCpb: 0 clocks; accepted: at least 1, with refresh per_bank";
  const std::string per_bank = "memory.controller.refresh=per_bank";
  CHECK(ScenarioFile("memory: " + preset + "\n").error({per_bank}) ==
        std::string("s.yaml:6: memory") + lacks);
  CHECK(ScenarioFile("").error({"memory=" + preset, per_bank}) == std::string("--set memory") + lacks);
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

TEST_CASE("the effective settings are a scenario that means the same") {
  const ScenarioFile file(
      "name: 'a \"quoted\" name'\n"
      "accelerator: {rows: 16, clock_hz: 1.5e9}\n"
      "quantization: {layers: [{pattern: 'conv*', nnzb: 2}, {pattern: conv1, weight_bits: 6}]}\n"
      "memory: {bytes_per_cycle: 64/7}\n"
      "mapping: {layers: [{layer: a, rows: 2}, {layer: b}]}\n");
  const Scenario s = file.load();
  const std::string yaml = to_yaml(s);
  const TemporaryFolder elsewhere;
  const Scenario again = load_scenario(elsewhere.write("effective.yaml", yaml));
  CHECK(to_yaml(again) == yaml);
  CHECK(again.name == s.name);
  CHECK(again.accelerator.clock_hz == 1.5e9);
  CHECK(again.memory.bytes_per_cycle == Rational{64, 7});
  CHECK_FALSE(again.quantization.options.overrides.at(1).nnzb);
  CHECK(again.mapping.layers.at(0).rows == 2);
}

TEST_CASE("a written mapping is accepted as the mapping section") {
  ScenarioFile file("mapping: {fuse_pooling: false}\n");
  MappingSettings mapping;
  mapping.layers.push_back({"conv1", 2, 3, 0, 1, 32, 8, LoopOrder::kWeightsOuter});
  file.folder.write("mapping.yaml", to_yaml(mapping));
  const Scenario s = file.load({"mapping.include=" + (file.folder.path() / "mapping.yaml").string()});
  REQUIRE(s.mapping.layers.size() == 1);
  CHECK(s.mapping.layers[0].output_channels == 32);
  CHECK(s.mapping.layers[0].order == LoopOrder::kWeightsOuter);
}

TEST_CASE("rational numbers are exact and come back as written") {
  CHECK(parse_rational("12.8") == Rational{64, 5});
  CHECK(parse_rational("64") == Rational{64, 1});
  CHECK(parse_rational("6/4") == Rational{3, 2});
  for (const char* text : {"12.8", "64", "1/3", "0.001"}) CHECK(to_string(*parse_rational(text)) == text);
  for (const char* text : {"", "0", "-1", "1e3", ".5", "5.", "1/0", "1/2/3", "12345678901", "a"}) {
    CHECK_FALSE(parse_rational(text));
  }
}

TEST_CASE("the scenarios that come with the project are valid") {
  for (const char* name : {"fashion", "lenet"}) {
    const auto file =
        std::filesystem::path(BITBALANCE_SOURCE_DIR) / "scenarios" / (std::string(name) + ".yaml");
    CHECK(load_scenario(file).name == name);
  }
}

TEST_CASE("the unpipelined accelerator is the default one but for its stages, and runs its programs") {
  const fs::path scenarios = fs::path(BITBALANCE_SOURCE_DIR) / "scenarios";
  const auto accelerator = [&](const char* file) {
    const std::string setting = "accelerator=" + (scenarios / "accelerators" / file).string();
    return load_scenario(scenarios / "lenet.yaml", {{setting, ""}}).accelerator;
  };
  const AcceleratorConfig standard = accelerator("default.yaml"), uncut = accelerator("unpipelined.yaml");
  CHECK(standard.pipeline.pe + standard.pipeline.activation_read + standard.pipeline.result_delay() ==
        1 + 3 + 5);
  CHECK(uncut.pipeline.pe + uncut.pipeline.activation_read + uncut.pipeline.result_delay() == 1 + 1 + 0);
  CHECK(config_hash(uncut) == config_hash(standard));
}

TEST_CASE("a builtin network takes the model's place and brings its own settings") {
  const TemporaryFolder folder;
  const auto file = folder.write(
      "s.yaml", "network: {builtin: vgg16, seed: 7, weight_distribution: laplace, fully_connected: false}\n");
  const Scenario s = load_scenario(file);
  CHECK(s.network.builtin == "vgg16");
  CHECK(s.network.zoo.seed == 7);
  CHECK(s.network.zoo.distribution == WeightDistribution::kLaplace);
  CHECK_FALSE(s.network.zoo.fully_connected);
  CHECK(s.network.synthetic());

  const auto again = folder.write("again.yaml", to_yaml(s));
  CHECK(to_yaml(load_scenario(again)) == to_yaml(s));

  const auto with = [&](const std::string& setting) { return load_scenario(file, {{setting, ""}}); };
  CHECK_THROWS_WITH(with("network.builtin=vgg19"),
                    "--set network.builtin: 'vgg19' (did you mean 'vgg16'?); accepted: none, alexnet, vgg16, "
                    "resnet50, googlenet");
  CHECK_THROWS_WITH(with("network.model=s.yaml"), Contains("network.model: unknown key"));
  CHECK_THROWS_WITH(with("network.labels=" + file.string()),
                    Contains("network.labels: given without images"));
  CHECK_THROWS_WITH(with("network.images=" + file.string()), EndsWith("calibration_images is missing"));
}

TEST_CASE("no pattern of a shipped scenario has brackets, for they mean themselves") {
  const std::regex with_brackets(R"(pattern:\s*"?[^",}]*[\[\]])");
  int scenarios = 0;
  for (const auto& entry : std::filesystem::directory_iterator(BITBALANCE_SOURCE_DIR "/scenarios")) {
    if (entry.path().extension() != ".yaml") continue;
    CAPTURE(entry.path());
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    CHECK_FALSE(std::regex_search(text, with_brackets));
    ++scenarios;
  }
  CHECK(scenarios > 5);
}

}  // namespace
}  // namespace bitbalance::test
