#include "quant/onnx/operators/recurrent/activation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <limits>

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();  ///< must be given

struct Known {
  const char* name;
  bool has_alpha, has_beta;
  float alpha, beta;  ///< where not given
};

// The standard's list; defaults are those of the operators of the same names.
constexpr Known kKnown[] = {
    {"Affine", true, true, kNone, kNone},
    {"Elu", true, false, 1, 0},
    {"HardSigmoid", true, true, 0.2F, 0.5F},
    {"LeakyRelu", true, false, 0.01F, 0},
    {"Relu", false, false, 0, 0},
    {"ScaledTanh", true, true, kNone, kNone},
    {"Sigmoid", false, false, 0, 0},
    {"Softplus", false, false, 0, 0},
    {"Softsign", false, false, 0, 0},
    {"Tanh", false, false, 0, 0},
    {"ThresholdedRelu", true, false, 1, 0},
};

bool is_same_word(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

const Known& known(const OnnxGraph& graph, const NodeProto& node, const std::string& name) {
  const auto* found = std::find_if(std::begin(kKnown), std::end(kKnown),
                                   [&](const Known& k) { return is_same_word(k.name, name); });
  if (found != std::end(kKnown)) return *found;
  std::vector<std::string> names;
  for (const Known& k : kKnown) names.emplace_back(k.name);
  graph.model().fail(node, fmt::format("activation '{}'; accepted: {}", name, fmt::join(names, ", ")));
}

std::vector<float> floats_of(const NodeProto& node, const char* name) {
  const onnx::AttributeProto* list = find_attribute(node, name);
  return list == nullptr ? std::vector<float>()
                         : std::vector<float>(list->floats().begin(), list->floats().end());
}

}  // namespace

std::vector<Activation> activations_of(const OnnxGraph& graph, const NodeProto& node,
                                       const std::vector<std::string>& usual, std::int64_t directions) {
  std::vector<std::string> names;
  for (std::int64_t d = 0; d < directions; ++d) names.insert(names.end(), usual.begin(), usual.end());
  if (const onnx::AttributeProto* given = find_attribute(node, "activations"); given != nullptr) {
    if (given->strings_size() != static_cast<int>(names.size())) {
      graph.model().fail(node,
                         fmt::format("{} activations; accepted: {}", given->strings_size(), names.size()));
    }
    names.assign(given->strings().begin(), given->strings().end());
  }
  const std::vector<float> alphas = floats_of(node, "activation_alpha"),
                           betas = floats_of(node, "activation_beta");
  auto alpha = alphas.begin(), beta = betas.begin();
  std::vector<Activation> all;
  for (const std::string& name : names) {
    const Known& function = known(graph, node, name);
    Activation by = {function.name, function.alpha, function.beta};
    if (function.has_alpha && alpha != alphas.end()) by.alpha = *alpha++;
    if (function.has_beta && beta != betas.end()) by.beta = *beta++;
    if (!std::isfinite(by.alpha + by.beta)) {
      graph.model().fail(
          node, fmt::format("activation '{}' with alpha {} and beta {}; accepted: numbers, given", by.name,
                            by.alpha, by.beta));
    }
    all.push_back(by);
  }
  return all;
}

OnnxValue activated(Spelling& words, const Activation& by, const OnnxValue& x) {
  const auto number = [](float value) { return Spelling::number(value); };
  if (by.name == "Affine")
    return words.step("Add", {words.step("Mul", {x, number(by.alpha)}), number(by.beta)});
  if (by.name == "ScaledTanh") {
    return words.step("Mul",
                      {words.step("Tanh", {words.step("Mul", {x, number(by.beta)})}), number(by.alpha)});
  }
  HostAttributes parameters;
  const Known& function =
      *std::find_if(std::begin(kKnown), std::end(kKnown), [&](const Known& k) { return by.name == k.name; });
  if (function.has_alpha) parameters.numbers["alpha"] = {by.alpha};
  if (function.has_beta) parameters.numbers["beta"] = {by.beta};
  return words.step(function.name, {x}, parameters);
}

}  // namespace bitbalance::onnx_io
