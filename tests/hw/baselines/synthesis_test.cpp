// The model's counts of parts beside synthesis: hw/verilog/area.yaml, which hw/verilog/synthesize.py prints.
#include <yaml-cpp/yaml.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "hw/baselines/baseline_kind.h"
#include "hw/baselines/inventory.h"
#include "hw/cost/inventory.h"
#include "hw/cost/prices.h"
#include "testbench/scenario/technology.h"
#include "tests/support/names.h"

namespace bitbalance::test {
namespace {

constexpr double kNand2Um2 = 24;  ///< NAND2X1

std::filesystem::path root() {
  return BITBALANCE_SOURCE_DIR;
}

Technology synthesized_technology() {
  return load_technology(root() / "scenarios" / "technology" / "osu018.yaml");
}

YAML::Node areas() {
  return YAML::LoadFile((root() / "hw" / "verilog" / "area.yaml").string());
}

/// By the synthesized prices, as cells.
double nand2(const Logic& logic) {
  static const Technology technology = synthesized_technology();
  static const PriceList prices(technology);
  const double cells_mm2 = prices.area({logic, 0, {}}).logic_mm2 * technology.layout.density.value;
  return cells_mm2 * 1e6 / area_scale(technology, 180) / kNand2Um2;
}

double synthesized(const char* design) {
  return areas()["designs"][design]["nand2"].as<double>();
}

/// A multiplier and its sum, as hw/verilog/baselines/mac_pe.v.
Logic mac(int activation, int weight, int sum) {
  return multiplier(activation, weight) + gates(sum) + adders(sum) + held_registers(2.0 * sum);
}

Logic pe_of(const char* kind) {
  return processing_element(Baseline(*find_baseline(kind)), {Width::k8, 8, 32});
}

TEST_CASE("our PE and an encoder row are as large as synthesis makes them, within 5 %") {
  CHECK(nand2(processing_element(AcceleratorConfig())) == Approx(synthesized("ours")).epsilon(0.05));
  AcceleratorConfig config;
  config.pipeline.pe = 2;
  CHECK(nand2(processing_element(config)) == Approx(synthesized("ours_two_stages")).epsilon(0.05));
  CHECK(nand2(encoder_row(config)) == Approx(synthesized("encoder_row")).epsilon(0.05));
  config.token_form = TokenForm::kSignedDigit;
  CHECK(nand2(encoder_row(config)) == Approx(synthesized("encoder_row_signed_digit")).epsilon(0.05));
  config.weight_storage = WeightStorage::kTokens;
  CHECK(nand2(encoder_row(config)) == Approx(synthesized("token_row_signed_digit")).epsilon(0.05));
  config.token_form = TokenForm::kBinary;
  CHECK(nand2(encoder_row(config)) == Approx(synthesized("token_row")).epsilon(0.05));
}

TEST_CASE("PEs are as much larger or smaller than ours as synthesis makes them, within 10 %") {
  const double ours = nand2(processing_element(AcceleratorConfig()));
  const auto ratio = [&](const Logic& pe, const char* design) {
    INFO(design);
    const double model = nand2(pe) / ours, synthesis = synthesized(design) / synthesized("ours");
    UNSCOPED_INFO(design << ": " << nand2(pe) << ", " << model << " of ours; synthesized " << synthesis);
    CHECK(model == Approx(synthesis).epsilon(0.10));
  };
  ratio(mac(9, 8, 32), "mac_9x8");
  ratio(mac(16, 16, 48), "mac_16x16");
  ratio(pe_of("dense"), "dense_16");
  ratio(pe_of("stripes"), "stripes_16");
  ratio(pe_of("pragmatic"), "pragmatic_16");
  ratio(pe_of("bitwave"), "bitwave_8");
  ratio(pe_of("bitvert"), "bitvert_16");
  ratio(pe_of("bitlet"), "bitlet_64");
  ratio(pe_of("laconic"), "laconic_16");
  ratio(pe_of("bitfusion"), "bitfusion_16");
}

TEST_CASE("the synthesized technology holds the figures of its parts") {
  const Technology technology = synthesized_technology();
  const YAML::Node parts = areas()["parts"];
  const auto holds = [&](const LogicBlock& block, const char* part) {
    INFO(part);
    CHECK(block.area.value == kNand2Um2 * parts[part]["nand2"].as<double>());
    CHECK(block.energy.value == parts[part]["pj"].as<double>());
    CHECK(block.leakage.value == parts[part]["nw"].as<double>());
  };
  holds(technology.logic.adder, "adder_32");
  holds(technology.logic.shifter, "shifter_32");
  holds(technology.logic.gates, "gates_32");
  holds(technology.logic.carry_save.block, "tree_16x16");
  const YAML::Node bits = parts["register_32"];
  CHECK(technology.logic.register_bit.area.value == kNand2Um2 * bits["nand2"].as<double>() / 32);
  CHECK(technology.logic.register_bit.clock.value == bits["bit_clock_pj"].as<double>());
  CHECK(technology.logic.register_bit.data.value == bits["bit_data_pj"].as<double>());
  CHECK(technology.logic.register_bit.leakage.value == bits["bit_nw"].as<double>());
}

}  // namespace
}  // namespace bitbalance::test
