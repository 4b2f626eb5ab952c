#include "testbench/explore/bit_budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/text/config_error.h"
#include "base/text/number.h"
#include "quant/method/allocation.h"
#include "quant/method/quantizer.h"
#include "quant/method/sensitivity.h"
#include "quant/method/weights/weight_metrics.h"
#include "testbench/run/prediction.h"

namespace bitbalance::explore {
namespace {

/// Of the layer's choice of setting in the unit of the budget.
std::vector<double> costs_of(const QuantizedNetwork& network, const Scenario& scenario,
                             BitBudget::Unit unit) {
  std::vector<double> costs;
  if (unit == BitBudget::Unit::kBytes) {
    for (const QuantizedLayer& layer : network.layers) {
      if (layer.op == LayerOp::kConv)
        costs.push_back(stored_bytes(layer, scenario.accelerator.weight_storage));
    }
    return costs;
  }
  const Prediction prediction = predict(network, scenario);
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    if (network.layers[l].op != LayerOp::kConv) continue;
    constexpr double kMicro = 1e6;
    costs.push_back(unit == BitBudget::Unit::kCycles ? prediction.cycles[l]
                                                     : prediction.energy_j[l] * kMicro);
  }
  return costs;
}

/// Uniform settings from which the layers' are chosen.
std::vector<QuantizationOptions> settings_of(const QuantizationOptions& options, BitBudget::Unit unit) {
  constexpr int kMostTokens = 5;
  std::vector<QuantizationOptions> settings;
  const bool by_bits = unit == BitBudget::Unit::kBytes;
  const int last = by_bits ? options.weight_bits : std::min(kMostTokens, options.weight_bits - 1);
  for (int value = by_bits ? 2 : 1; value <= last; ++value) {
    QuantizationOptions& setting = settings.emplace_back(options);
    if (by_bits) {
      setting.weight_bits = value;
      setting.nnzb = std::min(options.nnzb, value - 1);
    } else {
      setting.nnzb = value;
    }
    setting.sequential = false;  // each layer for itself, as its loss is measured
  }
  return settings;
}

std::vector<std::size_t> chosen_within(double amount, const std::vector<std::vector<LayerChoice>>& choices,
                                       const BitBudget& budget) {
  try {
    return allocate(choices, amount);
  } catch (const ConfigError& refused) {
    const char* const unit = budget.unit == BitBudget::Unit::kCycles  ? "cycles"
                             : budget.unit == BitBudget::Unit::kBytes ? "bytes"
                                                                      : "uJ";
    throw SettingsError(fmt::format("--budget {}: {} {} per frame; accepted: {}", budget.text,
                                    refused.value(), unit, refused.accepted()));
  }
}

}  // namespace

BitBudget parse_budget(const std::string& text) {
  const auto refuse = [&] {
    throw SettingsError(
        fmt::format("--budget {}: accepted: cycles=N, bytes=N or energy_uj=N per frame, or a share of the "
                    "uniform setting as "
                    "in cycles=80%",
                    text));
  };
  const auto equals = text.find('=');
  if (equals == std::string::npos) refuse();
  BitBudget budget;
  budget.text = text;
  const std::string unit = text.substr(0, equals);
  if (unit == "bytes") {
    budget.unit = BitBudget::Unit::kBytes;
  } else if (unit == "energy_uj") {
    budget.unit = BitBudget::Unit::kMicrojoules;
  } else if (unit != "cycles") {
    refuse();
  }
  std::string amount = text.substr(equals + 1);
  if (!amount.empty() && amount.back() == '%') {
    budget.percent = true;
    amount.pop_back();
  }
  budget.amount = real_number(amount).value_or(0);
  if (!(budget.amount > 0)) refuse();
  return budget;
}

Allocation allocate_bits(const Scenario& scenario, const Network& network, const Calibration& calibration,
                         const std::vector<std::vector<float>>& images, const BitBudget& budget,
                         const std::function<void(double)>& progress) {
  constexpr std::size_t kImages = 16;
  if (budget.unit == BitBudget::Unit::kMicrojoules && !scenario.technology)
    throw SettingsError("--budget energy_uj: needs a technology; accepted with --set technology=FILE");
  const QuantizationOptions& options = scenario.quantization.options;
  const std::vector<std::vector<float>> samples(images.begin(),
                                                images.begin() + std::min(images.size(), kImages));
  const std::vector<QuantizationOptions> settings = settings_of(options, budget.unit);

  std::vector<std::vector<LayerChoice>> choices;
  std::vector<std::string> names;
  for (std::size_t s = 0; s < settings.size(); ++s) {
    progress(static_cast<double>(s) / static_cast<double>(settings.size()));
    const QuantizedNetwork quantized = quantize_prepared(network, calibration, settings[s], images);
    const std::vector<double> costs = costs_of(quantized, scenario, budget.unit);
    const std::vector<double> losses =
        output_noise(network, dequantized(network, quantized), samples, options.threads);
    choices.resize(costs.size());
    names.clear();
    for (const QuantizedLayer& layer : quantized.layers)
      if (layer.op == LayerOp::kConv) names.push_back(layer.name);
    // Losses are in the order of the float network's nodes, costs in that of the layers.
    std::size_t node = 0;
    for (const Node& conv : network.nodes) {
      if (conv.op != Op::kConv) continue;
      const auto layer = std::find(names.begin(), names.end(), conv.name) - names.begin();
      choices[layer].push_back({settings[s].weight_bits, settings[s].nnzb, losses[node++], costs[layer]});
    }
  }

  Allocation result;
  result.budget = budget.amount;
  if (budget.percent) {
    QuantizationOptions uniform = options;
    uniform.method = WeightMethod::kNearest;
    uniform.bias_correction = false;
    const auto costs = costs_of(quantize_prepared(network, calibration, uniform), scenario, budget.unit);
    constexpr double kPercent = 100;
    result.budget = std::accumulate(costs.begin(), costs.end(), 0.0) * budget.amount / kPercent;
  }
  const std::vector<std::size_t> chosen = chosen_within(result.budget, choices, budget);
  for (std::size_t l = 0; l < chosen.size(); ++l) {
    const LayerChoice& choice = choices[l][chosen[l]];
    result.layers.push_back({names[l], choice.weight_bits, choice.nnzb});
    result.cost += choice.cost;
    result.loss += choice.loss;
  }
  // The user's own settings stay on top.
  result.layers.insert(result.layers.end(), options.overrides.begin(), options.overrides.end());
  return result;
}

}  // namespace bitbalance::explore
