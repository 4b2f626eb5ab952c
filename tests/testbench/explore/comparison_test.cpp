// A comparison: one rule for all, the same shell, cycles that add up, and the command around it.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "hw/isa/account/dram_kinds.h"
#include "testbench/explore/comparison/evaluate.h"
#include "testbench/explore/comparison/pixel_sample.h"
#include "testbench/explore/comparison/report.h"
#include "testbench/report/action_record.h"
#include "testbench/run/analytic.h"
#include "tests/support/command_child.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;

std::string scenario_file(const std::string& name) {
  return std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/" + name;
}

Subject lenet(const std::vector<SettingOverride>& overrides = {}) {
  std::vector<SettingOverride> all = {{"network.count=2", ""}, {"network.batch=2", ""}};
  all.insert(all.end(), overrides.begin(), overrides.end());
  return prepare_subject(load_scenario(scenario_file("lenet.yaml"), all));
}

int most_ones(const QuantizedNetwork& network) {
  int most = 0;
  for (const QuantizedLayer& layer : network.layers) {
    for (const std::int16_t weight : layer.weights)
      most = std::max(most, __builtin_popcount(static_cast<unsigned>(std::abs(weight))));
  }
  return most;
}

TEST_CASE("the full weights have any number of ones, the limited ones the scenario's") {
  const Subject subject = lenet({{"quantization.nnzb=2", ""}});
  CHECK(most_ones(subject.with(WeightSet::kLimited)) == 2);
  CHECK(most_ones(subject.with(WeightSet::kFull)) > 4);
  REQUIRE(subject.frames == 2);
  REQUIRE(subject.activations.size() == 2);
}

TEST_CASE("the limit is lifted for layers with settings of their own, too") {
  QuantizationOptions options;
  options.weight_bits = 8;
  options.nnzb = 2;
  options.overrides = {{"conv*", 4, std::nullopt}, {"conv1", std::nullopt, 1}};
  const QuantizationOptions lifted = without_limit(options);
  CHECK(lifted.nnzb == 7);
  CHECK(lifted.overrides[0].nnzb == 3);
  CHECK_FALSE(lifted.overrides[1].nnzb.has_value());
}

TEST_CASE("a comparison tells the bits that its layers have") {
  const auto told = [](const std::vector<SettingOverride>& overrides) {
    const NetworkComparison c = evaluate(lenet(overrides), {SizingRule::kEqualLanes, {}});
    const auto json = nlohmann::json::parse(to_json({c}, {}))["comparisons"][0];
    return std::pair(comparison_table(c), std::array<int, 4>{json["weight_bits"], json["least_weight_bits"],
                                                             json["nnzb"], json["least_nnzb"]});
  };
  const auto all = told({{"quantization.layers=[{pattern: \"*\", weight_bits: 4, nnzb: 1}]", ""}});
  CHECK_THAT(all.first, Contains("weights 4 bit, limited: at most 1 non-zero"));
  CHECK(all.second == std::array<int, 4>{4, 4, 1, 1});
  const auto first = told({{"quantization.layers=[{pattern: conv1, weight_bits: 4, nnzb: 1}]", ""}});
  CHECK_THAT(first.first, Contains("weights 4 to 8 bit, limited: at most 1 to 3 non-zero"));
  CHECK(first.second == std::array<int, 4>{8, 4, 3, 1});
}

TEST_CASE("a comparison tells a clock above what its technology and pipeline allow") {
  const auto compared = [](const std::vector<SettingOverride>& overrides) {
    return evaluate(lenet(overrides), {SizingRule::kEqualLanes, {}});
  };
  CHECK_THAT(comparison_table(compared({})), !Contains("is above the"));
  const NetworkComparison slow =
      compared({{"accelerator=" + scenario_file("accelerators/unpipelined.yaml"), ""}});
  CHECK_THAT(comparison_table(slow), Contains("\n          1 GHz is above the 0.418 GHz that 65 nm, "));
  const auto json = nlohmann::json::parse(to_json({slow}, {}))["comparisons"][0];
  CHECK(json["highest_clock_hz"] == slow.highest_clock.hz);
}

TEST_CASE("ours is listed with the lanes that serve the activations") {
  for (const auto& [bits, lanes] : {std::pair{"8", 2}, {"16", 1}}) {
    const Subject subject = lenet({{std::string("quantization.activation_bits=") + bits, ""}});
    for (const DesignFigures& d : evaluate(subject, {SizingRule::kEqualLanes, {}}).designs)
      CHECK(d.lanes == lanes);
  }
}

TEST_CASE("a design that a network has no figures for leaves a gap") {
  const ComparisonOptions options = {SizingRule::kEqualLanes, {find_baseline("bitlet")}};
  const NetworkComparison narrow = evaluate(lenet(), options);
  const NetworkComparison wide = evaluate(lenet({{"quantization.activation_bits=16", ""}}), options);
  CHECK(narrow.designs.size() == wide.designs.size() + 2);  // the lean one has lanes of 8 bits alone
  for (const auto& networks : {std::vector{narrow, wide}, {wide, narrow}}) {
    const std::vector<Chart> drawn = charts(networks);
    CHECK_NOTHROW(gnuplot_script(drawn));
    const auto& merit = std::get<BarChart>(drawn.front());
    CHECK(std::set<std::string>(merit.categories.begin(), merit.categories.end()) ==
          std::set<std::string>{kOurs, kOurTimeline, kOurLean, "bitlet"});
    REQUIRE(merit.categories.size() == 4);
    for (std::size_t n = 0; n < networks.size(); ++n) {
      REQUIRE(merit.series[n].values.size() == 4);
      for (std::size_t c = 0; c < 4; ++c) {
        INFO(merit.categories[c] << " of network " << n);
        const bool is_gap = merit.categories[c] == kOurLean && networks[n].activation_bits == 16;
        CHECK(std::isfinite(merit.series[n].values[c]) != is_gap);
      }
    }
  }
}

TEST_CASE("every design: cycles add up, layers last at least as long as array and memory ask") {
  const Subject subject = lenet();
  const NetworkComparison comparison = evaluate(subject, {SizingRule::kEqualLanes, baseline_kinds()});
  REQUIRE(comparison.designs.size() == 2 * (3 + baseline_kinds().size()));
  for (const DesignFigures& d : comparison.designs) {
    INFO(d.design << " " << to_string(d.weights));
    CHECK(d.array.terms > 0);
    for (const double part : {d.array.empty, d.array.waiting, d.array.unused})
      CHECK(part >= -1e-9 * static_cast<double>(d.cycles));
    CHECK(d.array.sum() <= static_cast<double>(d.cycles) * (1 + 1e-12));
    CHECK(static_cast<double>(d.dram_bytes) <= 2 * 12.8 * static_cast<double>(d.cycles));
    CHECK(d.pe_utilization() <= 1);
    CHECK(d.frames_per_s() == Approx(2e9 / static_cast<double>(d.cycles)));
    double energy = 0, area = 0;
    for (std::size_t c = 0; c < kComponents; ++c) {
      energy += d.energy[c].total_j();
      area += d.area.component[c].total_mm2();
    }
    CHECK(d.core_j() + d.dram_j() == Approx(energy));
    CHECK(d.frames_per_j() == Approx(2 / energy));
    CHECK(d.frames_per_s_per_mm2() == Approx(d.frames_per_s() / area));
    // Programs of ours, dense weights everywhere, and 1024 PEs of two lanes or as many.
    CHECK(d.dram_bytes <= comparison.of(kOurs, d.weights).dram_bytes);
    CHECK(d.rows * d.columns * d.lanes == 2048);
  }
  for (const char* balanced : {"dense", "stripes"})
    CHECK(comparison.of(balanced, WeightSet::kFull).array.waiting == 0);
  for (const char* unbalanced : {"pragmatic", "laconic", "bitlet", "bitwave"})
    CHECK(comparison.of(unbalanced, WeightSet::kFull).array.waiting > 0);
}

TEST_CASE("fewer ones make serial designs faster and leave dense and Stripes as they are") {
  const NetworkComparison c = evaluate(lenet(), {SizingRule::kEqualLanes, baseline_kinds()});
  const auto array_cycles = [&](const char* design, WeightSet set) { return c.of(design, set).array.sum(); };
  for (const char* design : {"dense", "stripes"})
    CHECK(array_cycles(design, WeightSet::kFull) == array_cycles(design, WeightSet::kLimited));
  for (const char* design : {kOurs, "pragmatic", "laconic", "bitlet"})
    CHECK(array_cycles(design, WeightSet::kFull) > array_cycles(design, WeightSet::kLimited));
}

TEST_CASE("another accelerator has the better of our programs for cycles and for the least traffic") {
  const Subject subject = prepare_subject(
      load_scenario(scenario_file("fashion.yaml"),
                    {{"network.count=2", ""}, {"network.batch=2", ""}, {"memory.bytes_per_cycle=3.2", ""}}));
  const BaselineKind* const kind = find_baseline("stripes");
  const NetworkComparison c = evaluate(subject, {SizingRule::kEqualLanes, {kind}});
  for (const WeightSet set : {WeightSet::kFull, WeightSet::kLimited}) {
    const auto cycles = [&](MappingObjective objective) {
      const OurRun run = run_ours(subject, set, WeightStorage::kDense, objective);
      return evaluate_baseline(subject, set, {run}, *kind, SizingRule::kEqualLanes).cycles;
    };
    const std::int64_t of_least_traffic = cycles(MappingObjective::kDramBytes);
    CHECK(of_least_traffic < cycles(MappingObjective::kCycles));
    CHECK(c.of("stripes", set).cycles == of_least_traffic);
  }
}

TEST_CASE("ours by its timeline is what the run reports, and no faster than by the rule") {
  const Subject subject = lenet();
  const OurRun run = run_ours(subject, WeightSet::kLimited, WeightStorage::kDense);
  const DesignFigures figures = evaluate_ours(subject, WeightSet::kLimited, run, true);
  CHECK(figures.cycles == run.cycles);
  CHECK(evaluate_ours(subject, WeightSet::kLimited, run, false).cycles <= run.cycles);

  ActionRecord record;
  record.frames = subject.frames;
  record.accelerator = subject.scenario.accelerator;
  for (const OurLayer& layer : run.layers)
    record.layers.push_back({layer.name, work_of(layer.profile, layer.width)});
  const CostReport cost = cost_of(record, *subject.scenario.technology);
  CHECK(figures.frames_per_j() == Approx(cost.frames_per_j()));
  CHECK(figures.core_j() / 2 == Approx(cost.core_j_per_frame()));
  CHECK(figures.frames_per_s_per_mm2() == Approx(cost.frames_per_s_per_mm2()));
}

TEST_CASE("the programs of a run of several ask for all that the run asks for, their headers included") {
  const Subject subject = lenet({{"mapping.barrier=layer", ""}});
  RunReport report;
  report.scenario = subject.scenario;
  run_analytic({subject.with(WeightSet::kLimited), subject.frames}, report);
  const OurRun run = run_ours(subject, WeightSet::kLimited, WeightStorage::kDense);
  REQUIRE(run.layers.size() == report.layers.size());
  for (std::size_t l = 0; l < run.layers.size(); ++l) {
    CAPTURE(run.layers[l].name);
    CHECK(run.layers[l].profile.events == report.layers[l].profile.events);
  }
}

TEST_CASE("of a slow ideal memory a layer takes the time of reads or writes, beside its commands") {
  const Subject subject = lenet({{"memory.bytes_per_cycle=0.1", ""}});
  const OurRun run = run_ours(subject, WeightSet::kLimited, WeightStorage::kDense);
  std::int64_t cycles = 0;
  for (const OurLayer& layer : run.layers) {
    const EventCounts& events = layer.profile.events;
    const std::int64_t written = events[Event::kDramWrite];
    const std::int64_t read = isa::dram_bytes(events) - events[Event::kDramReadCommand] - written;
    cycles += 10 * std::max(read, written);
  }
  CHECK(evaluate_ours(subject, WeightSet::kLimited, run, false).cycles == cycles);
}

TEST_CASE("the lean variant takes our cycles on less area, and is the shipped accelerator file") {
  const Subject subject = lenet();
  const NetworkComparison c = evaluate(subject, {SizingRule::kEqualArea, {find_baseline("dense")}});
  const DesignFigures &ours = c.of(kOurs, WeightSet::kLimited), &lean = c.of(kOurLean, WeightSet::kLimited);
  CHECK(lean.cycles == ours.cycles);
  CHECK(lean.area.total_mm2() < ours.area.total_mm2());
  CHECK(lean.core_j() < ours.core_j());
  const Subject of_file = lenet({{"accelerator=" + scenario_file("accelerators/lean.yaml"), ""}});
  CHECK(config_hash(of_file.scenario.accelerator) == config_hash(lean_variant(subject.scenario.accelerator)));
  CHECK(evaluate(lenet({{"quantization.activation_bits=16", ""}}), {SizingRule::kEqualLanes, {}})
            .designs.size() == 2 * 2);
}

TEST_CASE("the lean variant has no wider accumulators than ours") {
  AcceleratorConfig narrow;
  narrow.accumulator_bits_8 = 20;
  CHECK(lean_variant(narrow).accumulator_bits_8 == 20);
  CHECK(lean_variant({}).accumulator_bits_8 == 24);
}

TEST_CASE("equal area: the fastest array of those that fit") {
  const Subject subject = lenet();
  for (const char* name : {"dense", "bitlet"}) {
    const BaselineKind& kind = *find_baseline(name);
    const DesignFigures fastest =
        evaluate(subject, {SizingRule::kEqualArea, {&kind}}).of(name, WeightSet::kFull);
    const DesignFigures smaller =
        evaluate(subject, {SizingRule::kEqualLanes, {&kind}}).of(name, WeightSet::kFull);
    const AreaReport ours = CostModel(*subject.scenario.technology, subject.scenario.accelerator).area();
    CHECK(fastest.area.total_mm2() <= ours.total_mm2());
    if (smaller.area.total_mm2() <= ours.total_mm2()) CHECK(fastest.cycles <= smaller.cycles);
  }
}

TEST_CASE("tokens in DRAM are ours alone: the others' traffic is that of dense weights") {
  const Subject subject = lenet({{"accelerator.weight_storage=tokens", ""}, {"quantization.nnzb=1", ""}});
  const NetworkComparison c = evaluate(subject, {SizingRule::kEqualLanes, {find_baseline("dense")}});
  CHECK(c.of(kOurs, WeightSet::kLimited).dram_bytes < c.of("dense", WeightSet::kLimited).dram_bytes);
}

TEST_CASE("a sample of all pixels is the layer's input under every window") {
  QuantizedNetwork network;
  network.tensors = {{"in", {2, 4, 4}, 8, false, 1, -1, 0}, {"out", {1, 2, 2}, 8, false, 1, -1, 0}};
  QuantizedLayer layer;
  layer.input = 0;
  layer.output = 1;
  layer.window.kernel_h = layer.window.kernel_w = 3;
  layer.window.stride_h = layer.window.stride_w = 2;
  layer.window.pad_top = layer.window.pad_left = 1;
  std::vector<std::int32_t> image(32);
  for (int i = 0; i < 32; ++i) image[i] = i + 1;
  const PixelSample all = sample_pixels(network, layer, 2, {{image, {}}, {image, {}}}, 3, 100);
  CHECK(all.pixels == 8);
  CHECK(all.groups == 3);
  REQUIRE(all.activations.size() == 18 * 8);
  // Kernel place (0, 0): the padding for all but the last pixel of an image, which sees (1, 1).
  CHECK(std::vector<std::int16_t>(all.activations.begin(), all.activations.begin() + 8) ==
        std::vector<std::int16_t>{0, 0, 0, 6, 0, 0, 0, 6});
  // Channel 1, kernel place (1, 1): the pixels' own places.
  const auto middle = all.activations.begin() + (9 + 4) * 8;
  CHECK(std::vector<std::int16_t>(middle, middle + 4) == std::vector<std::int16_t>{17, 19, 25, 27});

  const PixelSample one = sample_pixels(network, layer, 2, {{image, {}}, {image, {}}}, 3, 1);
  CHECK(one.pixels == 2);  // the last group, which is not full
  CHECK(one.groups == 1);
}

/// The share of zeros that 64 layers see of the same images, 16 groups each: 1 x 1 convolutions.
double sampled_zeros(Shape shape, const std::vector<std::int32_t>& image, std::size_t images, int columns) {
  constexpr int kLayers = 64;
  QuantizedNetwork network;
  network.tensors.assign(1 + kLayers, {"tensor", shape, 8, false, 1, -1, 0});
  QuantizedLayer layer;
  layer.input = 0;
  double sum = 0;
  for (layer.output = 1; layer.output <= kLayers; ++layer.output) {
    const PixelSample sample = sample_pixels(network, layer, shape.height, {images, {image}}, columns, 16);
    CHECK(sample.groups == 16);
    const auto zeros = std::count(sample.activations.begin(), sample.activations.end(), std::int16_t{0});
    sum += static_cast<double>(zeros) / static_cast<double>(sample.activations.size());
  }
  return sum / kLayers;
}

TEST_CASE("a sample of groups sees a border as often as it is there, however images and rows repeat") {
  constexpr int kSize = 16, kBlack = 4;
  const Shape shape = {1, kSize, kSize};
  std::vector<std::int32_t> above(kSize * kSize, 1), left = above;
  for (int i = 0; i < kBlack * kSize; ++i) {
    above[i] = 0;
    left[i / kBlack * kSize + i % kBlack] = 0;
  }
  // Of a constant distance between groups, that of 32 images is two images, of one image a row.
  CHECK(sampled_zeros(shape, above, 32, kSize) == Approx(0.25).margin(0.04));
  CHECK(sampled_zeros(shape, left, 1, 4) == Approx(0.25).margin(0.04));
}

TEST_CASE("under a timed DRAM ours takes what a run takes, and all share one bus") {
  const Subject subject = lenet({{"memory=" + scenario_file("memory/ddr3-1600.yaml"), ""}});
  const Scenario& scenario = subject.scenario;
  RunReport report;
  report.scenario = scenario;
  run_analytic({subject.with(WeightSet::kLimited), subject.frames}, report);
  const OurRun run = run_ours(subject, WeightSet::kLimited, scenario.accelerator.weight_storage);
  CHECK(run.cycles == report.cycles());
  const double rate = scenario.memory.peak_bytes_per_cycle(scenario.accelerator.clock_hz);
  const NetworkComparison all = evaluate(subject, {SizingRule::kEqualLanes, baseline_kinds()});
  for (const DesignFigures& design : all.designs)
    CHECK(static_cast<double>(design.cycles) * rate >= static_cast<double>(design.dram_bytes));
  CHECK_THAT(comparison_table(all), Contains("DDR3-1600 12.8 B/cycle") && Contains("DRAM energy of lpddr4"));
}

CommandEnd compare_command(const std::string& arguments, const std::string& environment = "") {
  return bitbalance_command("compare " + arguments, environment);
}

std::string lenet_arguments(const fs::path& out) {
  return scenario_file("lenet.yaml") + " --set network.count=2 --set network.batch=2 --out " + out.string() +
         " ";
}

TEST_CASE("the command leaves a table, CSV, JSON and a chart of all scenarios") {
  const TemporaryFolder folder;
  const fs::path out = folder.path() / "results";
  const std::string arguments =
      lenet_arguments(out) + scenario_file("lenet.yaml") + " --rule equal-area --baselines bitlet,dense";
  const CommandEnd outcome = compare_command(arguments);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.err.empty());
  for (const char* text : {"lenet: 2 frames", "equal-area", "bit-balance*", "bitlet", "frame/J", "frame/s"})
    CHECK_THAT(outcome.out, Contains(text));
  const std::string csv = text_of(out / "compare.csv");
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 1 + 2 * 2 * 5);
  const auto json = nlohmann::json::parse(text_of(out / "compare.json"));
  CHECK(json["comparisons"].size() == 2);
  CHECK(json["comparisons"][0]["designs"].size() == 10);
  CHECK(json["comparisons"][0]["weights"] == "model");
  CHECK_THAT(text_of(out / "compare.svg"), Contains("</svg>") && Contains("bitlet"));
  CHECK(compare_command(arguments).exit_code == 0);  // earlier results may be replaced
}

TEST_CASE("without gnuplot the chart is missing and everything else is there") {
  const TemporaryFolder folder;
  const fs::path out = folder.path() / "results";
  const CommandEnd outcome = compare_command(lenet_arguments(out) + "--baselines dense", "PATH=/nonexistent");
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.out, Contains("gnuplot-nox"));
  CHECK(fs::exists(out / "compare.csv"));
  CHECK_FALSE(fs::exists(out / "compare.svg"));
}

TEST_CASE("mistakes are told in one line and leave nothing") {
  const TemporaryFolder folder;
  const auto refusal = [&](const std::string& arguments) {
    const CommandEnd outcome = compare_command(lenet_arguments(folder.path() / "results") + arguments);
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.out.empty());
    CHECK(outcome.told_one_line());
    CHECK(folder.entries() == 0);
    return outcome.err;
  };
  CHECK_THAT(refusal("--rule equal-power"),
             Contains("--rule: 'equal-power'; accepted: equal-lanes, equal-area"));
  CHECK_THAT(refusal("--baselines eyeriss"), Contains("--baselines: 'eyeriss'; accepted: dense, stripes"));
  CHECK_THAT(refusal("--set network.quantized=" + scenario_file("lenet.yaml")),
             Contains("network.quantized") && Contains("accepted for a comparison: a float network"));
  CHECK_THAT(refusal("--baselines dense,stripes,dense"),
             Contains("--baselines: dense twice; accepted: each once"));
  const std::string one_pe = "--baselines dense --set accelerator.rows=1 --set accelerator.columns=1";
  CHECK_THAT(refusal(one_pe), Contains("accelerator.rows: 1 of 1 columns are 2 lanes; accepted with --rule "
                                       "equal-lanes: 16 lanes or more, one PE of dense"));
  CHECK_THAT(refusal(one_pe + " --rule equal-area"), Contains(" mm2; accepted with --rule equal-area: ") &&
                                                         Contains(" mm2 or more, one PE of dense"));
  CHECK_THAT(
      refusal("--set accelerator.weight_storage=tokens --set quantization.weight_bits=16 "
              "--set quantization.activation_bits=16"),
      Contains("accelerator.weight_storage: tokens; accepted for a comparison: dense, or weights of fewer "
               "bits: ours also takes those of layer conv1 without the limit of nnzb, as 65 bits each of "
               "at most 64"));
  CHECK_THAT(refusal("--set technology=none"), Contains("technology"));
  CHECK_THAT(refusal("--set technology.logic.adder.energy.value=-1"),
             Contains("technology.logic.adder.energy.value") && Contains("-1"));
  CHECK_THAT(refusal("--set technology.logic.adder.energy.unit=furlong"), Contains("furlong"));
  CHECK_THAT(refusal("--set technology.sram.more_ports=[]"),
             Contains("65nm.yaml:") &&
                 Contains(": technology.sram: no macros with 1 read and 1 write ports; accepted: more_ports "
                          "with such, or accelerator.sram_ports: shared"));
  const fs::path bare = TemporaryFolder().path();
  CHECK_THAT(refusal(bare.string() + "/nothing.yaml"), Contains("nothing.yaml"));
}

TEST_CASE("a scenario without a technology is refused: nothing could be costed") {
  const TemporaryFolder folder;
  const fs::path file = folder.write("bare.yaml", "network: {builtin: alexnet}\n");
  const CommandEnd outcome = compare_command(file.string() + " --out " + (folder.path() / "out").string());
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.err, Contains("bare.yaml: technology: not given"));
  CHECK_FALSE(fs::exists(folder.path() / "out"));
}

}  // namespace
}  // namespace bitbalance::test
