// What a scenario is refused for, and what its reader is told.
#include <catch2/catch.hpp>
#include <string>

#include "testbench/scenario/scenario.h"
#include "tests/support/temporary_folder.h"
#include "tests/testbench/scenario/scenario_file.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

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

TEST_CASE("a key that is known beside other settings is refused with their names") {
  const ScenarioFile file("");
  const auto error = [&](const std::string& setting) {
    try {
      load_scenario(file.folder.path() / "net.onnx", {{setting, ""}});
    } catch (const SettingsError& refused) {
      return std::string(refused.what());
    }
    return std::string("no error");
  };
  CHECK_THAT(
      error("network.layout=nhwc"),
      StartsWith("--set network.layout: unknown key (known with images or calibration_images); accepted: "));
  CHECK_THAT(error("network.seed=3"), StartsWith("--set network.seed: unknown key (known with builtin)"));
  CHECK_THAT(error("memory.tRRD_S=3 ns"),
             StartsWith("--set memory.tRRD_S: unknown key (known with model timed)"));
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

}  // namespace
}  // namespace bitbalance::test
