#include "testbench/explore/bit_budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

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

double sum(const std::vector<double>& costs) {
  return std::accumulate(costs.begin(), costs.end(), 0.0);
}

/// What each setting of each layer costs and loses, the layers with weights in the quantized network's order.
struct Measured {
  std::vector<std::string> names;
  std::vector<std::vector<LayerChoice>> choices;

  double cheapest() const {
    double cost = 0;
    for (const std::vector<LayerChoice>& layer : choices) {
      cost += std::min_element(layer.begin(), layer.end(), [](const auto& a, const auto& b) {
                return a.cost < b.cost;
              })->cost;
    }
    return cost;
  }

  double cost(const std::vector<std::size_t>& chosen) const {
    double cost = 0;
    for (std::size_t l = 0; l < chosen.size(); ++l) cost += choices[l][chosen[l]].cost;
    return cost;
  }
};

[[noreturn]] void refuse(const BitBudget& budget, double amount, double least) {
  const char* const unit = budget.unit == BitBudget::Unit::kCycles  ? "cycles"
                           : budget.unit == BitBudget::Unit::kBytes ? "bytes"
                                                                    : "uJ";
  throw SettingsError(
      fmt::format("--budget {}: {:g} {} per frame; accepted: at least {:g}, the cheapest that was found",
                  budget.text, amount, unit, least));
}

Measured measure(const Scenario& scenario, const Network& network, const Calibration& calibration,
                 const std::vector<std::vector<float>>& images, const BitBudget& budget,
                 const std::function<void(double)>& progress) {
  constexpr std::size_t kImages = 16;
  const QuantizationOptions& options = scenario.quantization.options;
  const std::vector<std::vector<float>> samples(images.begin(),
                                                images.begin() + std::min(images.size(), kImages));
  const std::vector<QuantizationOptions> settings = settings_of(options, budget.unit);
  Measured measured;
  for (std::size_t s = 0; s < settings.size(); ++s) {
    progress(static_cast<double>(s) / static_cast<double>(settings.size()));
    const QuantizedNetwork quantized = quantize_prepared(network, calibration, settings[s], images);
    const std::vector<double> costs = costs_of(quantized, scenario, budget.unit);
    const std::vector<double> losses =
        output_noise(network, dequantized(network, quantized), samples, options.threads);
    measured.choices.resize(costs.size());
    std::vector<std::string>& names = measured.names;
    names.clear();
    for (const QuantizedLayer& layer : quantized.layers)
      if (layer.op == LayerOp::kConv) names.push_back(layer.name);
    // Losses are in the order of the float network's nodes, costs in that of the layers.
    std::size_t node = 0;
    for (const Node& conv : network.nodes) {
      if (conv.op != Op::kConv) continue;
      const auto layer = std::find(names.begin(), names.end(), conv.name) - names.begin();
      measured.choices[layer].push_back(
          {settings[s].weight_bits, settings[s].nnzb, losses[node++], costs[layer]});
    }
  }
  return measured;
}

/// The user's own settings stay on top.
void choose(Allocation& result, const Measured& measured, const std::vector<std::size_t>& chosen,
            const QuantizationOptions& options) {
  result.layers.clear();
  result.loss = 0;
  for (std::size_t l = 0; l < chosen.size(); ++l) {
    const LayerChoice& choice = measured.choices[l][chosen[l]];
    result.layers.push_back({measured.names[l], choice.weight_bits, choice.nnzb});
    result.loss += choice.loss;
  }
  result.layers.insert(result.layers.end(), options.overrides.begin(), options.overrides.end());
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
  if (budget.unit == BitBudget::Unit::kMicrojoules && !scenario.technology)
    throw SettingsError("--budget energy_uj: needs a technology; accepted with --set technology=FILE");
  const QuantizationOptions& options = scenario.quantization.options;
  const Measured measured = measure(scenario, network, calibration, images, budget, progress);
  Allocation result;
  result.budget = budget.amount;
  if (budget.percent) {
    QuantizationOptions uniform = options;
    uniform.method = WeightMethod::kNearest;
    uniform.bias_correction = false;
    constexpr double kPercent = 100;
    result.budget = sum(costs_of(quantize_prepared(network, calibration, uniform), scenario, budget.unit)) *
                    budget.amount / kPercent;
  }
  double least = std::numeric_limits<double>::infinity();
  const auto fits = [&](const std::vector<std::size_t>& chosen) {
    choose(result, measured, chosen, options);
    QuantizationOptions mix = options;
    mix.overrides = result.layers;
    result.cost = sum(costs_of(quantize_prepared(network, calibration, mix, images), scenario, budget.unit));
    least = std::min(least, result.cost);
    return result.cost <= result.budget;
  };
  // Layers that overlap cost otherwise beside others than they were measured with. So the mix is predicted
  // anew, and what it exceeds the budget by is taken from what the next may cost.
  const double cheapest = measured.cheapest();
  for (double allowed = std::max(result.budget, cheapest);;) {
    const std::vector<std::size_t> chosen = allocate(measured.choices, allowed);
    if (fits(chosen)) return result;
    const double spent = measured.cost(chosen);
    if (spent <= cheapest) break;
    constexpr double kLeastStep = 1e-3;
    const double excess = std::max(result.cost - result.budget, result.budget * kLeastStep);
    allowed = std::max(std::min(allowed, spent) - excess, cheapest);
  }
  // The same setting for every layer has the neighbours that it was measured with.
  const std::size_t layers = measured.choices.size();
  for (std::size_t s = layers == 0 ? 0 : measured.choices[0].size(); s-- > 0;)
    if (fits(std::vector<std::size_t>(layers, s))) return result;
  refuse(budget, result.budget, least);
}

}  // namespace bitbalance::explore
