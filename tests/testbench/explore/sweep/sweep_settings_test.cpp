// What a sweep file says, which points it means, and what is refused of it.
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "testbench/explore/sweep/point/point_loader.h"
#include "testbench/explore/sweep/space/constraints.h"
#include "testbench/explore/sweep/space/design_space.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::explore {
namespace {

using Catch::Matchers::Contains;
using test::TemporaryFolder;

const std::string kScenarios = std::string(BITBALANCE_SOURCE_DIR) + "/scenarios";
const std::string kLenet = kScenarios + "/lenet.yaml";
const std::string kStart = "scenarios: " + kLenet + "\n";

SweepSettings sweep_of(const std::string& text) {
  const TemporaryFolder folder;
  return load_sweep(folder.write("sweep.yaml", kStart + text));
}

/// Of the file, its space, or its first point.
std::string refusal(const std::string& text) {
  try {
    const SweepSettings sweep = sweep_of(text);
    const Scenario scenario = PointLoader(sweep, {}).load(0);
    Constraints(sweep.constraints).hold_for(effective_settings(scenario));
  } catch (const SettingsError& error) {
    return error.what();
  }
  return "not refused";
}

std::string values(const DesignSpace& space, std::uint64_t index) {
  std::string text;
  for (const Assignment* value : space.point(index).values) text += value->value + " ";
  return text;
}

bool holds(const std::string& expression) {
  return Constraints({{expression, "here"}}).hold_for(effective_settings(load_scenario(kLenet)));
}

TEST_CASE("a grid has every combination once, the last key fastest") {
  const SweepSettings sweep = sweep_of(
      "space:\n  accelerator.rows: [16, 32]\n  memory.bytes_per_cycle: {from: 3.2, to: 4.1, step: 0.4}\n"
      "points:\n- {accelerator.columns: 8, quantization.nnzb: 2}\n- {quantization.nnzb: 3, "
      "accelerator.columns: 4}\n");
  const DesignSpace space(sweep);
  REQUIRE(space.points() == 12);
  CHECK(values(space, 0) == "16 3.2 8 2 ");
  CHECK(values(space, 1) == "16 3.2 3 4 ");
  CHECK(values(space, 2) == "16 3.6 8 2 ");
  CHECK(values(space, 11) == "32 4 3 4 ");
  std::set<std::string> all;
  for (std::uint64_t i = 0; i < space.points(); ++i) all.insert(values(space, i));
  CHECK(all.size() == 12);
}

TEST_CASE("a factor multiplies up to the end of its range") {
  const SweepSettings sweep =
      sweep_of("space: {accelerator.weight_bank_bytes: {from: 4096, to: 40000, factor: 3}}");
  const DesignSpace space(sweep);
  REQUIRE(space.points() == 3);
  CHECK(values(space, 2) == "36864 ");
}

TEST_CASE("random points are distinct, and others with another seed alone") {
  const std::string space_text =
      "space:\n  accelerator.rows: {from: 1, to: 40, step: 1}\n  accelerator.columns: {from: 1, to: 40, "
      "step: 1}\n"
      "method: random\ncount: 100\nseed: ";
  const auto drawn = [&](const std::string& seed) {
    const SweepSettings sweep = sweep_of(space_text + seed);
    const DesignSpace space(sweep);
    std::set<std::string> points;
    for (std::uint64_t i = 0; i < space.points(); ++i) points.insert(values(space, i));
    return points;
  };
  CHECK(drawn("1").size() == 100);
  CHECK(drawn("1") == drawn("1"));
  CHECK(drawn("1") != drawn("2"));
  SECTION("all of a grid can be drawn") {
    const SweepSettings sweep = sweep_of("space: {accelerator.rows: [1, 2, 3]}\nmethod: random\ncount: 3");
    CHECK(DesignSpace(sweep).points() == 3);
  }
}

TEST_CASE("a Latin hypercube has each value of a key as often as any other") {
  const SweepSettings sweep = sweep_of(
      "space:\n  accelerator.rows: {from: 1, to: 50, step: 1}\n  accelerator.columns: {from: 1, to: 10, "
      "step: 1}\n"
      "  quantization.nnzb: [1, 2, 3, 4, 5]\nmethod: latin_hypercube\ncount: 50");
  const DesignSpace space(sweep);
  REQUIRE(space.points() == 50);
  std::map<std::string, std::map<std::string, int>> uses;
  for (std::uint64_t i = 0; i < space.points(); ++i)
    for (const Assignment* value : space.point(i).values) ++uses[value->key][value->value];
  for (const auto& [key, often] :
       {std::pair{"accelerator.rows", 1}, {"accelerator.columns", 5}, {"quantization.nnzb", 10}}) {
    for (const auto& [value, times] : uses[key]) CHECK(times == often);
  }
}

TEST_CASE("constraints know settings by their path and choices by their words") {
  CHECK(holds("accelerator.rows * accelerator.columns == 1024"));
  CHECK_FALSE(holds("accelerator.rows > 2^5"));
  CHECK(holds("memory.bytes_per_cycle == 12.8"));
  CHECK(holds("accelerator.synchronization == balanced && accelerator.synchronization != group_max"));
  CHECK(holds("!accelerator.allow_wrap"));
  CHECK(holds("accelerator.allow_wrap == false"));
  CHECK(holds("max(accelerator.rows, 64) == 64"));
  CHECK(holds("accelerator.pe.lanes != 2x8 && accelerator.pe.lanes == adaptive"));
  CHECK_FALSE(holds("accelerator.pe.lanes==2x8"));
  CHECK(holds("accelerator.rows*1e-1 < 2.5e+1 + 8"));
  CHECK(holds("2*accelerator.rows==64.0"));
}

TEST_CASE("constraints count as usual: what binds first, and from which side") {
  for (const char* expression :
       {"1 + 2 * 3 == 7", "8 - 4 - 2 == 2", "8 / 4 / 2 == 1", "2 ^ 3 ^ 2 == 512", "-2 ^ 2 == -4",
        "2 * -3 == -6", "1 + 1 >= 2 && 3 - 1 <= 2", "1 || 0 && 0", "!0 && !(1 > 2)", "(1 < 2) == (3 > 2)",
        "1 < 2 ? 2 < 3 : 3 < 2", "max(1 < 2, 0 > 1) == 1", "0 == 1 ? 1 / 0 > 1 : 2 != 3"}) {
    INFO(expression);
    CHECK(holds(expression));
  }
}

TEST_CASE("what is wrong with a sweep is told with its place") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "space: nothing varies"},
      {"space: {}", "space: nothing varies"},
      {"space: {accelerator.rows: []}", "sweep.yaml:2: space.accelerator.rows: no value"},
      {"space: {accelerator.rows: [[1]]}", "a list; accepted: a value, a list of values"},
      {"space: {accelerator.rows: 16, accelerator.rows: 32}", "accelerator.rows"},
      {"space: {accelerator.rwos: 16}", "unknown key (did you mean 'rows'?)"},
      {"space: {acelerator.rows: 16}",
       "sweep.yaml:2: space.acelerator.rows: acelerator: unknown key (did you mean 'accelerator'?)"},
      {"space: {accelerator.pes.lanes: adaptive}",
       "sweep.yaml:2: space.accelerator.pes.lanes: accelerator.pes: unknown key (did you mean 'pe'?)"},
      {"space: {accelerator..rows: 16}", "sweep.yaml:2: space.accelerator..rows: accepted: path.to.key"},
      {"space: {accelerator.rows: [0, 16]}", "sweep.yaml:2: space.accelerator.rows: 0; accepted: "},
      {"space: {accelerator.rows: {from: 1, to: 4}}", "a range; accepted: from and to, and step or factor"},
      {"space: {accelerator.rows: {from: 1, to: 4, step: 1, factor: 2}}", "a range; accepted: "},
      {"space: {accelerator.rows: {from: 4, to: 1, step: 1}}", "from 4 to 1; accepted: from below to"},
      {"space: {accelerator.rows: {from: 1, to: 4, step: 0}}", "step '0'; accepted: a positive number"},
      {"space: {accelerator.rows: {from: 1, to: 4, factor: 1}}",
       "factor 1; accepted: a whole number from 2 on"},
      {"space: {accelerator.rows: {from: 1, to: 4, stop: 1}}", "'stop' (did you mean 'step'?)"},
      {"space: {accelerator.rows: {from: 0.00001, to: 0.1, step: 1/99991}}", "9 digits at most"},
      {"space: {accelerator.rows: {from: 1, to: 900000, step: 1}}", "at most 100000 values"},
      {"space: {accelerator.rows: [1, 2]}\nsettings: {accelerator.rows: 3}", "given twice"},
      {"space: {accelerator.rows: [1, 2]}\npoints: [{accelerator.rows: 3}]", "given twice"},
      {"points: [{accelerator.rows: 3}, {accelerator.columns: 3}]", "points[1]: other keys than points[0]"},
      {"points: [{accelerator.rows: [1, 2]}]", "several values; accepted: one"},
      {"space: {accelerator.rows: [1, 2]}\ncount: 3", "given with method grid"},
      {"space: {accelerator.rows: [1, 2]}\nmethod: random", "count: not given"},
      {"space: {accelerator.rows: [1, 2]}\nmethod: random\ncount: 3", "count: 3; accepted: 1 to 2"},
      {"space: {accelerator.rows: [1, 2]}\nmethod: gird", "did you mean 'grid'?"},
      {"space: {accelerator.rows: [1, 2]}\nmetod: grid", "unknown key (did you mean 'method'?)"},
      {"space: {accelerator.rows: {from: 1, to: 9999, step: 1}, accelerator.columns: {from: 1, to: 9999, "
       "step: 1}}",
       "99980001 points; accepted with method grid: 10000000 at most"},
      {"space: {quantization.nnzb: 8}", "8; accepted with weight_bits 8: 1 to 7"},
      {"space: {run.rtl: conv1}\nlevel: tlm", "run.rtl: given in a sweep"},
      {"space: {accelerator.rows: 1}\nlevel: rtl\nsettings: {run.level: tlm}",
       "level: rtl, and run.level tlm in settings; accepted: one of them"},
      {"space: {run.level: [tlm, rtl]}\nlevel: analytic",
       "level: analytic, and run.level varies; accepted: one of them"},
      {"points: [{run.level: tlm}, {run.level: rtl}]\nlevel: rtl", "level: rtl, and run.level varies"},
      {"space: {accelerator.rows: 1}\nconstraints: accelerator.rows *", "no expression"},
      {"space: {accelerator.rows: 1}\nconstraints: accelerator.rwos > 1",
       "accelerator.rwos: unknown (did you mean 'accelerator.rows'?)"},
      {"space: {accelerator.rows: 1}\nconstraints: accelerator.synchronization == balancd",
       "balancd: unknown (did you mean 'balanced'?)"},
      {"space: {accelerator.rows: 1}\nconstraints: 0 / 0", "'0 / 0': not a number; accepted: "},
      {"space: {accelerator.rows: 1}\nconstraints: accelerator.rows / 0 > 1", "not a number; accepted: "},
      {"space: {accelerator.rows: 1}\nconstraints: 1 / (accelerator.rows - 1) < 1", "not a number"},
      {"space: {accelerator.rows: 1}\nconstraints: 1 / (1 / 0) < 1 || 1 > 0", "not a number"},
      {"space: {accelerator.rows: 1}\nconstraints: sqrt(-1) > 0", "not a number"},
      {"space: {accelerator.rows: 1}\nconstraints: ln(0) < 0", "not a number"},
      {"space: {accelerator.rows: 1}\nconstraints: 10 ^ 400 > accelerator.rows", "not a number"},
      {"space: {accelerator.rows: 1}\nconstraints: accelerator.rows * accelerator.columns <= 1,024",
       "sweep.yaml:3: constraints: 'accelerator.rows * accelerator.columns <= 1,024': 2 expressions; "
       "accepted: one"},
      {"space: {accelerator.rows: 1}\nconstraints: accelerator.rows == 1, accelerator.columns == 16",
       "2 expressions; accepted: one"},
      {"space: {accelerator.rows: 1}\nconstraints: 16 <= accelerator.rows <= 32",
       "'16 <= accelerator.rows <= 32': comparisons in a row; accepted: joined with &&, or one in brackets"},
      {"space: {accelerator.rows: 1}\nconstraints: 1 < 2 && (2 > accelerator.rows+1 ==1 || 0)",
       "comparisons in a row"},
      {"space: {accelerator.rows: 1}\nconstraints: accelerator.pe.lanes == 2x9",
       "2x9: unknown (did you mean '2x8'?)"},
      {"space: {accelerator.rows: 1}\nconstraints: accelerator.rows < 2.x", "2.x: unknown"},
      {"space: {accelerator.rows: 1}\nobjectives: {frames_per_jule: max}", "did you mean 'frames_per_j'?"},
      {"space: {accelerator.rows: 1}\nobjectives: {cycles: most}", "'most'; accepted: max, min"},
      {"space: {accelerator.rows: 1}\nlimits: {area_mm2: 5}", "no range; accepted: "},
      {"space: {accelerator.rows: 1}\nlimits: {area_mm2: {from: 5, to: 4}}", "no range; accepted: "},
      {"space: {accelerator.rows: 1}\nlimits: {area_mm2: {below: 5}}", "below: 5; accepted: from, to"},
      {"space: {accelerator.rows: 1}\nmethod: nsga2", "objectives: not given"},
      {"space: {accelerator.rows: 1}\nlimits: {area_mm2: {to: 5}}", "limits: given without objectives"},
      {"space: {accelerator.rows: 1}\nobjectives: {accuracy: max}",
       "objectives: accuracy: does not exist at level analytic; accepted: tlm, rtl"},
      {"space: {accelerator.rows: 1}\nconstraints: accelerator.rows = 1",
       "'accelerator.rows = 1': an assignment; accepted: a comparison, =="},
      {"space: {accelerator.rows: 1}\nconstraints: accelerator.synchronization == $balanced",
       "'accelerator.synchronization == $balanced': '$'; accepted: "},
      {"space: {accelerator.rows: 1}\ngenerations: 3", "generations: unknown key (known with method nsga2)"},
  };
  for (const auto& [text, expected] : cases) {
    INFO(text);
    CHECK_THAT(refusal(text), Contains(expected));
  }
}

TEST_CASE("a figure that is limited exists") {
  const TemporaryFolder folder;
  folder.write("plain.yaml", "network: {builtin: alexnet}\n");
  const SweepSettings sweep =
      load_sweep(folder.write("sweep.yaml",
                              "scenarios: plain.yaml\nspace: {accelerator.rows: 1}\n"
                              "objectives: {cycles: min}\nlimits: {area_mm2: {to: 5}}"));
  CHECK_THROWS_WITH(PointLoader(sweep, {}).load(0),
                    Contains("limits: area_mm2: the scenario has no technology"));
}

TEST_CASE("accuracy exists where the scenario says what its images show") {
  const TemporaryFolder folder;
  const auto load = [&](const std::string& network) {
    folder.write("scenario.yaml", "network: {" + network + "}\n");
    const SweepSettings sweep =
        load_sweep(folder.write("sweep.yaml",
                                "scenarios: scenario.yaml\nlevel: tlm\nspace: {accelerator.rows: 1}\n"
                                "objectives: {cycles: min}\nlimits: {accuracy: {from: 0.5}}"));
    PointLoader(sweep, {}).load(0);
  };
  const std::string missing =
      "limits: accuracy: the scenario has no labels; accepted: with network.labels, network.texts or images "
      "in a folder per class";
  const std::string images =
      "model: " + kScenarios + "/networks/lenet.onnx, calibration_images: images, images: images";
  folder.write("texts", "text");
  std::filesystem::create_directories(folder.path() / "images");
  CHECK_THROWS_WITH(load("builtin: alexnet"), Contains(missing));
  CHECK_THROWS_WITH(load(images), Contains(missing));
  CHECK_NOTHROW(load(images + ", texts: texts, dictionary: texts"));
  CHECK_NOTHROW(load(images + ", labels: texts"));
  std::filesystem::create_directories(folder.path() / "images" / "class");
  CHECK_NOTHROW(load(images));
}

TEST_CASE("scenarios are files that are there, and at least one") {
  const TemporaryFolder folder;
  const auto file = [&](const std::string& text) {
    return folder.write("sweep.yaml", text + "\nspace: {accelerator.rows: 1}");
  };
  CHECK_THROWS_WITH(load_sweep(file("scenarios: []")),
                    Contains("scenarios: none; accepted: one or more files"));
  CHECK_THROWS_WITH(load_sweep(file("scenarios: [" + kLenet + ", lent.yaml]")),
                    Contains("sweep.yaml:1: scenarios") && Contains("lent.yaml: no such file; accepted: "));
  const std::string search = "\nmethod: nsga2\nobjectives: {cycles: min}";
  CHECK_THROWS_WITH(load_sweep(file("scenarios: [" + kLenet + ", " + kLenet + "]" + search)),
                    Contains("scenarios: several with method nsga2; accepted: one"));
}

TEST_CASE("what a sweep varies is not to be set for all points") {
  const SweepSettings sweep = sweep_of("space: {accelerator.rows: [16, 32]}");
  for (const std::string setting : {"accelerator.rows=8", "accelerator=x.yaml"})
    CHECK_THROWS_WITH(PointLoader(sweep, {{setting, ""}}), Contains("the sweep varies accelerator.rows"));
  CHECK(PointLoader(sweep, {{"accelerator.columns=8", ""}}).load(1).accelerator.columns == 8);
}

TEST_CASE("scenarios are told apart by as much of their path as they need") {
  const TemporaryFolder folder;
  std::string names;
  for (const char* file : {"a/s.yaml", "b/s.yaml", "c/b/s.yaml", "t.yaml", "b/../t.yaml"}) {
    std::filesystem::create_directories((folder.path() / file).parent_path());
    folder.write(file, "network: {builtin: alexnet}\n");
    names += std::string(names.empty() ? "" : ", ") + file;
  }
  const SweepSettings sweep =
      load_sweep(folder.write("sweep.yaml", "scenarios: [" + names + "]\nspace: {accelerator.rows: [1]}\n"));
  const PointLoader loader(sweep, {});
  CHECK(loader.scenario_files() == std::vector<std::string>{"a/s.yaml",
                                                            (folder.path().filename() / "b/s.yaml").string(),
                                                            "c/b/s.yaml", "t.yaml", "t.yaml"});
  CHECK(loader.describe(0) == "a/s.yaml accelerator.rows=1");
}

TEST_CASE("files that a sweep names are found beside it") {
  const TemporaryFolder folder;
  folder.write("small.yaml", "rows: 4\ncolumns: 4\n");
  const SweepSettings sweep =
      load_sweep(folder.write("sweep.yaml", kStart + "space: {accelerator: small.yaml}"));
  CHECK(PointLoader(sweep, {}).load(0).accelerator.rows == 4);
}

}  // namespace
}  // namespace bitbalance::explore
