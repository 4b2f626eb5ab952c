// Technology files: what is wrong with one is told in one line with its place.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <sstream>

#include "tests/hw/cost/shipped.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;

/// The shipped file with `from` replaced by `to`; loads it and returns the error.
std::string refusal(const std::string& from, const std::string& to) {
  const TemporaryFolder folder;
  std::string text = text_of(shipped_technology_file());
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  const auto file = folder.write("t.yaml", text.replace(at, from.size(), to));
  try {
    load_technology(file);
  } catch (const SettingsError& error) {
    std::string message = error.what();
    CHECK(message.find('\n') == std::string::npos);
    // The place: this line, or that of the section for what is missing.
    CHECK_THAT(message, Contains("t.yaml:"));
    if (!to.empty()) CHECK_THAT(message, Contains("t.yaml:" + std::to_string(line) + ":"));
    return message;
  }
  FAIL("accepted");
  return {};
}

/// The first column of the table in docs/cost.md, "Sources".
std::vector<std::string> documented_sources() {
  const std::string page = text_of(std::filesystem::path(BITBALANCE_SOURCE_DIR) / "docs" / "cost.md");
  std::istringstream lines(page.substr(page.find("### Sources")));
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line) && line.rfind("## ", 0) != 0;) {
    if (line.rfind("| `", 0) == 0) names.push_back(line.substr(3, line.find('`', 3) - 3));
  }
  return names;
}

bool is_documented(const std::string& source) {
  const std::vector<std::string> names = documented_sources();
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return source.rfind(name, 0) == 0 && source.size() > name.size();
  });
}

TEST_CASE("every constant of a shipped technology has a source that docs/cost.md names") {
  REQUIRE(documented_sources().size() > 3);
  for (const char* unreal : {"", "public data", "CACTI 7", "a calculation"})
    CHECK_FALSE(is_documented(unreal));
  for (const auto& entry : std::filesystem::directory_iterator(shipped_technology_file().parent_path())) {
    INFO(entry.path());
    Technology technology = load_technology(entry.path());
    CHECK_NOTHROW(check(technology));
    CHECK(is_documented(technology.scaling.source));
    CHECK(is_documented(technology.sram.source));
    for (const NamedConstant& named : constants_of(technology)) {
      INFO(named.path << ": " << named.constant->source);
      CHECK(is_documented(named.constant->source));
    }
  }
}

TEST_CASE("a negative value is refused with file, line, key, value and what is accepted") {
  CHECK_THAT(refusal("value: 0.2104162", "value: -0.2104162"),
             Contains("logic.adder.energy.value: '-0.2104162'; accepted: a number, 0 to"));
  CHECK_THAT(refusal("read_pj: 2.7", "read_pj: -2.7"), Contains("sram.points[0].read_pj: '-2.7'; accepted"));
  CHECK_THAT(refusal("value: 8,", "value: .nan,"), Contains("dram.lpddr4.value: '.nan'; accepted"));
}

TEST_CASE("an unknown unit, or one of another quantity, is refused") {
  CHECK_THAT(refusal("value: 0.2104162, unit: pJ", "value: 0.2104162, unit: calories"),
             Contains("logic.adder.energy.unit: 'calories'; accepted: fJ, pJ, nJ"));
  CHECK_THAT(refusal("value: 0.2104162, unit: pJ", "value: 0.2104162, unit: um2"),
             Contains("logic.adder.energy.unit: 'um2'; accepted: fJ, pJ, nJ"));
  CHECK_THAT(refusal("value: 8, unit: pJ/bit", "value: 8, unit: pJ"),
             Contains("accepted: fJ/bit, pJ/bit, nJ/bit"));
}

TEST_CASE("a missing constant, or a part of one, is named") {
  CHECK_THAT(refusal("value: 0.2104162, ", ""), Contains("logic.adder.energy: value is missing"));
  CHECK_THAT(refusal("unit: um2, ", ""), Contains("logic.adder.area: unit is missing"));
  CHECK_THAT(refusal("scaling: energy,", ""), Contains("logic.adder.energy: scaling is missing"));
  CHECK_THAT(refusal("    data: {", "    date: {"), Contains("unknown key (did you mean 'data'?)"));
  CHECK_THAT(refusal(", leakage_mw: 1.0", ""), Contains("sram.points[0]: leakage_mw is missing"));
  CHECK_THAT(refusal("  type: lpddr4\n", ""), Contains("dram: type is missing"));
}

TEST_CASE("a missing block is named, not its first constant") {
  std::string text = text_of(shipped_technology_file());
  const auto begin = text.find("  gates:"), end = text.find("  register_bit:");
  const TemporaryFolder folder;
  const auto file = folder.write("t.yaml", text.erase(begin, end - begin));
  CHECK_THROWS_WITH(load_technology(file), Contains("logic: gates is missing"));
}

TEST_CASE("a section that others depend on is named where it is missing") {
  CHECK_THAT(refusal("scaling:\n  source", "scalign:\n  source"),
             Contains("scalign: unknown key (did you mean 'scaling'?)"));
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(
      load_technology(folder.write("t.yaml", "name: x\ntarget: {node_nm: 65, voltage_v: 1.1}\n")),
      Contains("t.yaml: scaling is missing"));
}

TEST_CASE("unknown keys and rules are refused with a hint") {
  CHECK_THAT(refusal("density:", "densty:"), Contains("unknown key (did you mean 'density'?)"));
  CHECK_THAT(refusal("scaling: energy", "scaling: moore"),
             Contains("logic.adder.energy.scaling: 'moore'; accepted: none, energy, area"));
  CHECK_THAT(refusal("type: lpddr4", "type: lpddr5"), Contains("accepted: ddr3, ddr4, lpddr, lpddr4, hbm2"));
}

TEST_CASE("cells fill the layout at most, and a hundredth of it at least") {
  for (const char* density : {"0", "1e-300", "0.0099", "1.01", "1e12", "-0.7"}) {
    CAPTURE(density);
    CHECK_THAT(refusal("density: {value: 0.7", fmt::format("density: {{value: {}", density)),
               Contains("layout.density.value: '") && Contains("accepted: a number, 0.01 to 1"));
  }
  Technology technology = shipped_technology();
  for (const double density : {0.0, 0.009, 1.5}) {
    technology.layout.density.value = density;
    CHECK_THROWS_WITH(check(technology), Contains("accepted: a density of 0.01 to 1"));
  }
}

TEST_CASE("a null slot costs no more than a shift-add") {
  CHECK_THAT(refusal("null_slot_share: {value: 0", "null_slot_share: {value: 1.5"),
             Contains("layout.null_slot_share.value: '1.5'; accepted: a number, 0 to 1"));
  Technology technology = shipped_technology();
  technology.layout.null_slot_share.value = 1;
  CHECK_NOTHROW(check(technology));
  technology.layout.null_slot_share.value = 1.01;
  CHECK_THROWS_WITH(check(technology), Contains("accepted: a share of 0 to 1"));
}

TEST_CASE("a process that the scaling rule does not cover is refused") {
  CHECK_THAT(refusal("unit: pJ, node_nm: 40", "unit: pJ, node_nm: 5"),
             Contains("logic.adder.energy.node_nm: 5; accepted: 7 to 180"));
  CHECK_THAT(refusal("area: 0.6667", "area: 0"), Contains("scaling.nodes[4].area: '0'; accepted: a number"));
}

TEST_CASE("a voltage that the energy fit does not cover is refused, for the target and for every constant") {
  const auto target = [](const std::string& node_nm, const std::string& voltage_v) -> std::string {
    try {
      load_technology(shipped_technology_file(),
                      {{"target.node_nm=" + node_nm, ""}, {"target.voltage_v=" + voltage_v, ""}});
    } catch (const SettingsError& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK(target("65", "3.3") ==
        "--set target.voltage_v: 3.3; accepted: 0.7 to 1.3, the voltages of scaling.nodes at 65 nm");
  CHECK(target("65", "0.5") ==
        "--set target.voltage_v: 0.5; accepted: 0.7 to 1.3, the voltages of scaling.nodes at 65 nm");
  CHECK_THAT(target("40", "1.1"), Contains("0.6 to 1.062, the voltages of scaling.nodes at 40 nm"));
  for (const auto& [node_nm, low, high] :
       {std::tuple{"180", "1.2", "2.0"}, std::tuple{"65", "0.7", "1.3"}, std::tuple{"45", "0.6", "1.1"},
        std::tuple{"32", "0.6", "1.0"}, std::tuple{"7", "0.45", "0.8"}}) {
    CHECK(target(node_nm, low) == "accepted");
    CHECK(target(node_nm, high) == "accepted");
  }
  CHECK_THAT(refusal("unit: pJ, node_nm: 40, voltage_v: 0.9", "unit: pJ, node_nm: 40, voltage_v: 1.8"),
             Contains("logic.adder.energy.voltage_v: 1.8; accepted: 0.6 to 1.062"));
  CHECK_THAT(refusal("lowest_v: 0.7, highest_v: 1.3", "lowest_v: 1.2, highest_v: 1.1"),
             Contains("scaling.nodes[3].highest_v: 1.1; accepted: 1.2, which is lowest_v, or more"));
}

TEST_CASE("each process between 180 and 7 nm has a file, with the published factors") {
  // Energy by the fits at the usual supplies, and area by the table's ratios, both relative to 65 nm, 1.1 V.
  struct Row {
    const char* file;
    double node_nm, voltage_v, energy, area;
  };
  const auto folder = shipped_technology_file().parent_path();
  for (const Row& row : {Row{"180nm.yaml", 180, 1.8, 26.372 / 1.68075, 12},
                         Row{"130nm.yaml", 130, 1.3, 6.30129 / 1.68075, 4.3},
                         Row{"90nm.yaml", 90, 1.2, 3.21208 / 1.68075, 1.9}, Row{"65nm.yaml", 65, 1.1, 1, 1},
                         Row{"45nm.yaml", 45, 1.0, 0.8612 / 1.68075, 1 / 1.5},
                         Row{"32nm.yaml", 32, 0.9, 0.457137 / 1.68075, 1 / 3.3},
                         Row{"20nm.yaml", 20, 0.9, 0.20079 / 1.68075, 1 / 7.1},
                         Row{"16nm.yaml", 16, 0.85, 0.1384705 / 1.68075, 1 / 7.9},
                         Row{"14nm.yaml", 14, 0.8, 0.096222 / 1.68075, 1 / 8.7},
                         Row{"10nm.yaml", 10, 0.75, 0.0702425 / 1.68075, 1 / 15.0},
                         Row{"7nm.yaml", 7, 0.7, 0.047815 / 1.68075, 1 / 25.0}}) {
    CAPTURE(row.file);
    const Technology t = load_technology(folder / row.file);
    CHECK(t.node_nm == row.node_nm);
    CHECK(t.voltage_v == row.voltage_v);
    CHECK(energy_scale(t, 65, 1.1) == Approx(row.energy).epsilon(1e-4));
    CHECK(area_scale(t, 65) == Approx(row.area).epsilon(1e-2));
  }
}

TEST_CASE("the clock that a process allows follows from the delay of its gates") {
  const auto limit = [](const char* node_nm, const char* voltage_v) {
    const Technology t = load_technology(
        shipped_technology_file(),
        {{std::string("target.node_nm=") + node_nm, ""}, {std::string("target.voltage_v=") + voltage_v, ""}});
    return highest_clock(t, {}).hz;
  };
  // 40 FO4 of 25 ps. The fits, in ps: 65 nm 19.1517 at 1.1 V and 26.8688 at 0.88 V; 180 nm 79.0116; 7
  // nm 3.2390.
  CHECK(limit("65", "1.1") == Approx(1e9));
  CHECK(limit("65", "0.88") == Approx(1e9 * 19.1517 / 26.8688).epsilon(1e-4));
  CHECK(limit("180", "1.8") == Approx(1e9 * 19.1517 / 79.0116).epsilon(1e-4));
  CHECK(limit("7", "0.7") == Approx(1e9 * 19.1517 / 3.2390).epsilon(1e-4));
  // The fit of 32 nm rises again above 0.84 V.
  CHECK(limit("32", "1.0") == Approx(limit("32", "0.9")).epsilon(1e-3));
  CHECK(limit("32", "0.7") < limit("32", "0.8"));

  CHECK_THAT(refusal("stage_fo4: 40", "stage_fo4: 0"), Contains("clock.stage_fo4: '0'"));
  CHECK_THAT(refusal("delay: [-53.3, 230.4, ", "delay: [-53.3, "),
             Contains("scaling.nodes[3].delay: 3 factors; accepted: 4"));
  Technology without = shipped_technology();
  without.clock.is_given = false;
  CHECK(std::isinf(highest_clock(without, {}).hz));
}

TEST_CASE("a path in fewer stages lowers the clock that a process allows") {
  const Technology t = shipped_technology();
  const auto check = [&](const PipelineConfig& pipeline, double fo4, const char* setting) {
    CAPTURE(setting);
    const ClockCeiling highest = highest_clock(t, pipeline);
    CHECK(highest.hz == Approx(1e12 / (25 * fo4)));
    CHECK(highest.pipeline == setting);
  };
  check({1, 3, 3, 4}, 40, "");
  check({2, 4, 4, 3}, 40, "");
  check({1, 1, 3, 4}, 44.7, "activation_read: 1");
  check({1, 3, 2, 4}, 43.0, "multiply: 2");
  check({1, 1, 1, 2}, 63.4, "multiply: 1");
  check({1, 1, 1, 1}, 95.6, "clamp: 1");

  Technology other = t;
  other.clock.stages = {};
  CHECK(highest_clock(other, {1, 1, 1, 1}).hz == Approx(1e9));
  other.clock.stages.pe = {50};
  CHECK(highest_clock(other, {2, 1, 1, 1}).pipeline == "pe: 2");
  CHECK_THAT(refusal("pe: [38.6, ", "pe: [0, "), Contains("clock.stages.pe"));
}

TEST_CASE("reports name the process that was costed") {
  CHECK(process_name(shipped_technology()) == "65 nm, 1.1 V");
  CHECK(process_name(load_technology(shipped_technology_file(),
                                     {{"target.node_nm=45", ""}, {"target.voltage_v=1.0", ""}})) ==
        "45 nm, 1 V");
}

TEST_CASE("carry-save adders that cost less than the gates and the adder beside them are refused") {
  Technology technology = shipped_technology();
  technology.logic.carry_save.block.area.value = 2000;
  CHECK_THROWS_WITH(check(technology),
                    Contains("carry_save") && Contains("or more, which its gates and its adder cost"));
  CHECK_THAT(refusal("bits: 1424", "bits: 0"), Contains("logic.carry_save.bits: 0; accepted: 2 to"));
}

TEST_CASE("memory macros that contradict each other are refused") {
  const TemporaryFolder folder;
  std::string text = text_of(shipped_technology_file());
  text.replace(text.find("{bytes: 32768, bits: 512"), 13, "{bytes: 16384");
  CHECK_THROWS_WITH(
      load_technology(folder.write("t.yaml", text)),
      Contains("sram.points: 16384 bytes, 512 bits; accepted: a wider macro beside a narrow one"));
}

TEST_CASE("a constant can be overridden by its path") {
  const Technology technology = load_technology(
      shipped_technology_file(), {{"logic.adder.energy.value=0.5", ""}, {"dram.type=hbm2", ""}});
  CHECK(technology.logic.adder.energy.value == 0.5);
  CHECK(technology.dram.type == DramType::kHbm2);
}

TEST_CASE("units of one quantity mean the same") {
  Technology technology = shipped_technology();
  const double picojoules = scaled(technology.logic.adder.energy, technology);
  technology.logic.adder.energy.unit = Unit::kFemtojoule;
  technology.logic.adder.energy.value *= 1000;
  CHECK(scaled(technology.logic.adder.energy, technology) == Approx(picojoules));
}

}  // namespace
}  // namespace bitbalance::test
