#include "testbench/explore/paper/paper_tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text/enum_index.h"
#include "quant/ir/network_zoo.h"
#include "quant/method/quantizer.h"
#include "testbench/explore/comparison/evaluate.h"
#include "testbench/scenario/technology.h"

namespace bitbalance::explore {
namespace {

constexpr int kMostOnes = 6;
/// Files of scenarios/technology.
constexpr std::array<const char*, 2> kTechnologies = {"65nm", "osu018"};
constexpr std::array<int, 2> kWidths = {16, 8};  ///< of activations and weights; the first is the main one

Scenario scenario_of(const PaperNetwork& network, const std::string& folder, int width,
                     bool fully_connected) {
  return load_scenario(folder + "/" + network.scenario + ".yaml",
                       {{fmt::format("quantization.activation_bits={}", width), ""},
                        {fmt::format("quantization.weight_bits={}", width), ""},
                        {fmt::format("network.fully_connected={}", fully_connected), ""}});
}

/// No figure of the page depends on the range of an activation: cycles and events do not.
Calibration unit_ranges(const Network& network) {
  Calibration calibration;
  for (const Tensor& tensor : network.tensors) calibration.ranges[tensor.name] = {-1.0F, 1.0F};
  return calibration;
}

QuantizedNetwork& network_of(Subject& subject, WeightSet set) {
  return subject.network[enum_index(set)];
}

/// Frames a second, every nnzb. With all steps as long as nnzb (balanced) cycles do not depend on the
/// weights, so those of fully connected layers need no rounding: all are zero.
std::vector<double> with_fully_connected(const PaperNetwork& network, const std::string& folder, int width) {
  Subject subject;
  subject.scenario = scenario_of(network, folder, width, true);
  Network floats = zoo_network(subject.scenario.network.builtin, subject.scenario.network.zoo);
  const Calibration calibration = unit_ranges(floats);
  QuantizationOptions options = subject.scenario.quantization.options;
  options.nnzb = 1;
  QuantizedNetwork& quantized = network_of(subject, WeightSet::kLimited);
  quantized = quantize(std::move(floats), calibration, options);
  for (QuantizedLayer& layer : quantized.layers) std::fill(layer.weights.begin(), layer.weights.end(), 0);
  std::vector<double> result;
  for (int nnzb = 1; nnzb <= kMostOnes; ++nnzb) {
    for (QuantizedLayer& layer : quantized.layers) layer.nnzb = nnzb;
    const OurRun run = run_ours(subject, WeightSet::kLimited, WeightStorage::kDense);
    result.push_back(subject.scenario.accelerator.clock_hz / static_cast<double>(run.cycles));
  }
  return result;
}

/// Convolutions alone: ours for every nnzb, and Bitlet with weights of any number of ones.
struct Convolutions {
  /// By one technology's prices.
  struct Priced {
    std::string technology;
    std::vector<DesignFigures> ours;    ///< by the rule that Bitlet is held to
    std::vector<DesignFigures> bitlet;  ///< by SizingRule
  };
  std::vector<double> frames_per_s;  ///< by the timeline
  std::vector<Priced> priced;
};

Convolutions convolutions(const PaperNetwork& network, const std::string& folder, int width) {
  Subject subject;
  subject.scenario = scenario_of(network, folder, width, false);
  const Network floats = zoo_network(subject.scenario.network.builtin, subject.scenario.network.zoo);
  const Calibration calibration = unit_ranges(floats);
  QuantizationOptions options = subject.scenario.quantization.options;
  Convolutions result;
  network_of(subject, WeightSet::kFull) = quantize(floats, calibration, without_limit(options));
  const std::vector<OurRun> shells =
      shells_of(subject, WeightSet::kFull, run_ours(subject, WeightSet::kFull, WeightStorage::kDense));
  std::vector<Technology> technologies;
  for (const char* name : kTechnologies) {
    technologies.push_back(load_technology(fmt::format("{}/../technology/{}.yaml", folder, name)));
    subject.scenario.technology = technologies.back();
    Convolutions::Priced& priced = result.priced.emplace_back();
    priced.technology = name;
    for (int rule = 0; rule < static_cast<int>(SizingRule::kCount); ++rule) {
      priced.bitlet.push_back(evaluate_baseline(subject, WeightSet::kFull, shells, *find_baseline("bitlet"),
                                                static_cast<SizingRule>(rule)));
    }
  }
  for (options.nnzb = 1; options.nnzb <= kMostOnes; ++options.nnzb) {
    network_of(subject, WeightSet::kLimited) = quantize(floats, calibration, options);
    const OurRun run = run_ours(subject, WeightSet::kLimited, WeightStorage::kDense);
    result.frames_per_s.push_back(subject.scenario.accelerator.clock_hz / static_cast<double>(run.cycles));
    for (std::size_t t = 0; t < technologies.size(); ++t) {
      subject.scenario.technology = technologies[t];
      result.priced[t].ours.push_back(evaluate_ours(subject, WeightSet::kLimited, run, false));
    }
  }
  return result;
}

std::string header(const std::string& first_columns, int count) {
  std::string names = "| " + first_columns, lines = "|---|";
  for (int i = 1; i < count; ++i) lines += "---|";
  for (int nnzb = 1; nnzb <= kMostOnes; ++nnzb) {
    names += fmt::format(" | nnzb {}", nnzb);
    lines += "---|";
  }
  return names + " |\n" + lines + "\n";
}

PaperTable speeds(const PaperNetwork& network, int width, const char* layers,
                  const std::vector<double>& frames_per_s) {
  PaperTable table;
  table.title = fmt::format("{} bit, {}: frame/s and residual", width, layers);
  table.header = header("network | published", 2);
  std::string row = fmt::format("| {} | {}", network.name, network.frames_per_s);
  for (const double value : frames_per_s) {
    row += fmt::format(" | {:.4g} ({:+.0f} %)", value, 100 * (value / network.frames_per_s - 1));
  }
  table.rows = {row + " |"};
  return table;
}

PaperTable ratios(const PaperNetwork& network, int width, SizingRule rule,
                  const Convolutions::Priced& figures) {
  const DesignFigures& bitlet = figures.bitlet[enum_index(rule)];
  PaperTable table;
  table.title =
      fmt::format("{} bit, convolutions, {}, {}: ours / Bitlet", width, to_string(rule), figures.technology);
  table.header = header("network | Bitlet (rows x columns x pairs, mm2, frame/s) | figure | published", 4);
  const auto add = [&](const char* figure, const char* published, double (DesignFigures::*value)() const) {
    std::string row = fmt::format("| {} | {} x {} x {}, {:.1f}, {:.4g} | {} | {}", network.name, bitlet.rows,
                                  bitlet.columns, bitlet.lanes, bitlet.area.total_mm2(),
                                  bitlet.frames_per_s(), figure, published);
    for (const DesignFigures& ours : figures.ours)
      row += fmt::format(" | {:.2f}", (ours.*value)() / (bitlet.*value)());
    table.rows.push_back(row + " |");
  };
  add("frame/J, with DRAM", "1.8 to 2.7", &DesignFigures::frames_per_j);
  add("frame/J, core", "1.8 to 2.7", &DesignFigures::frames_per_j_core);
  add("frame/s/mm2", "2.1 to 3.7", &DesignFigures::frames_per_s_per_mm2);
  return table;
}

}  // namespace

std::vector<PaperTable> paper_tables(const PaperNetwork& network, const std::string& folder,
                                     bool fully_connected) {
  std::vector<PaperTable> tables, comparisons;
  for (const int width : kWidths) {
    const Convolutions figures = convolutions(network, folder, width);
    tables.push_back(speeds(network, width, "convolutions", figures.frames_per_s));
    if (fully_connected) {
      tables.push_back(speeds(network, width, "with fully connected layers",
                              with_fully_connected(network, folder, width)));
    }
    for (int rule = 0; rule < static_cast<int>(SizingRule::kCount); ++rule) {
      for (const Convolutions::Priced& priced : figures.priced)
        comparisons.push_back(ratios(network, width, static_cast<SizingRule>(rule), priced));
    }
  }
  tables.insert(tables.end(), comparisons.begin(), comparisons.end());
  return tables;
}

std::vector<PaperTable> merged(const std::vector<std::vector<PaperTable>>& networks) {
  std::vector<PaperTable> result = networks.front();
  for (std::size_t n = 1; n < networks.size(); ++n) {
    for (std::size_t t = 0; t < result.size(); ++t)
      result[t].rows.insert(result[t].rows.end(), networks[n][t].rows.begin(), networks[n][t].rows.end());
  }
  return result;
}

std::string to_markdown(const std::vector<PaperTable>& tables) {
  std::string text;
  for (const PaperTable& table : tables) {
    text += "### " + table.title + "\n" + table.header;
    for (const std::string& row : table.rows) text += row + "\n";
    text += "\n";
  }
  return text;
}

}  // namespace bitbalance::explore
