#include "quant/host/host_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "quant/host/graph_builders.h"
#include "quant/host/operator_traits.h"
#include "quant/host/operators/families.h"
#include "quant/host/operators/product.h"

namespace bitbalance::host {
namespace {

const HostFunctions& functions() {
  static const HostFunctions table = [] {
    HostFunctions all;
    for (HostFunctions family :
         {elementwise_operators(), reduction_operators(), movement_operators(), indexing_operators(),
          einsum_operators(), product_operators(), normalization_operators(), resize_operators(),
          pooling_operators(), sampling_operators(), region_operators(), determinant_operators(),
          bitwise_operators(), suppression_operators()})
      all.merge(family);
    return all;
  }();
  return table;
}

void check_result(const HostOperator& step, const Dims& dims) {
  if (dims == step.result) return;
  throw std::invalid_argument(fmt::format("gives {} instead of {}", to_string(dims), to_string(step.result)));
}

/// No element of what an operator on integers computes may be beyond its bounds, nor any sum on the way
/// there.
void check_whole(const HostOperator& op, const std::vector<HostView>& operands, const HostTensor& result) {
  const std::vector<std::int64_t> bounds = op.attributes.list(kWholeBounds);
  if (bounds.empty()) return;
  const bool has_most = bounds.size() > 1;
  const auto check_values = [&](const HostTensor& found) {
    for (const float value : found.values) {
      const double x = value;
      const bool is_within =
          x >= static_cast<double>(bounds[0]) && (!has_most || x <= static_cast<double>(bounds[1]));
      if (is_within || !std::isfinite(x)) continue;
      throw std::invalid_argument(fmt::format(
          "gives the integer {}; accepted: {}", x,
          has_most ? fmt::format("{} to {}", bounds[0], bounds[1]) : fmt::format("from {}", bounds[0])));
    }
  };
  check_values(result);
  if (!has_trait(op.type, kSumsProducts)) return;
  std::vector<HostTensor> magnitudes;
  for (const HostView& operand : operands) {
    HostTensor& all = magnitudes.emplace_back(operand.dims);
    std::transform(operand.values, operand.values + operand.size(), all.values.begin(),
                   [](float x) { return std::abs(x); });
  }
  check_values(evaluate(op, {magnitudes.begin(), magnitudes.end()}));
}

/// The step's result; what is wrong with it is said of what it stands for.
HostTensor result_of(const HostOperator& step, const std::vector<HostView>& operands, bool checks_whole) {
  try {
    HostTensor result = evaluate(step, operands);
    check_result(step, result.dims);
    if (checks_whole) check_whole(step, operands, result);
    return result;
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(
        fmt::format("{}: {}", step.origin.empty() ? step.type : step.origin, error.what()));
  }
}

}  // namespace

std::int64_t HostAttributes::integer(const std::string& name, std::int64_t fallback) const {
  const auto found = integers.find(name);
  return found == integers.end() || found->second.empty() ? fallback : found->second.front();
}

float HostAttributes::number(const std::string& name, float fallback) const {
  const auto found = numbers.find(name);
  if (found != numbers.end() && !found->second.empty()) return found->second.front();
  const auto whole = integers.find(name);
  return whole == integers.end() || whole->second.empty() ? fallback
                                                          : static_cast<float>(whole->second.front());
}

std::string HostAttributes::word(const std::string& name, const std::string& fallback) const {
  const auto found = words.find(name);
  return found == words.end() ? fallback : found->second;
}

std::vector<std::int64_t> HostAttributes::list(const std::string& name) const {
  const auto found = integers.find(name);
  return found == integers.end() ? std::vector<std::int64_t>() : found->second;
}

const std::set<std::string>& host_operators() {
  static const std::set<std::string> names = [] {
    std::set<std::string> all;
    for (const auto& [name, function] : functions()) all.insert(name);
    return all;
  }();
  return names;
}

HostTensor evaluate(const HostOperator& op, const std::vector<HostView>& operands) {
  const auto found = functions().find(op.type);
  if (found == functions().end())
    throw std::invalid_argument(fmt::format("the host has no operator '{}'", op.type));
  try {
    return found->second(op, operands);
  } catch (const std::out_of_range&) {
    throw std::invalid_argument(fmt::format("{} operands; accepted: more", operands.size()));
  }
}

HostGraph::HostGraph(std::vector<Dims> extents, HostOperator only)
    : inputs(std::move(extents)), steps({std::move(only)}) {
  title = title_of(steps);
}

HostTensor HostGraph::run(const std::vector<const float*>& values) const {
  return execute(values, false);
}

HostTensor HostGraph::run_whole(const std::vector<const float*>& values) const {
  return execute(values, true);
}

HostTensor HostGraph::execute(const std::vector<const float*>& values, bool checks_whole) const {
  std::vector<HostTensor> results;
  results.reserve(steps.size());
  for (const HostOperator& step : steps) {
    std::vector<HostView> operands;
    for (const HostOperand& operand : step.operands) {
      const auto value = static_cast<std::size_t>(operand.value);
      if (operand.value < 0) {
        operands.emplace_back(operand.constant);
      } else if (value < inputs.size()) {
        operands.emplace_back(inputs[value], values[value]);
      } else {
        operands.emplace_back(results[value - inputs.size()]);
      }
    }
    results.push_back(result_of(step, operands, checks_whole));
  }
  return std::move(results.back());
}

void check(const HostGraph& graph) {
  if (graph.steps.empty()) throw std::invalid_argument("no operator");
  std::int64_t elements = 0;
  std::vector<HostView> values;
  const auto add = [&](const Dims& dims) {
    elements += checked_count(dims);
    if (elements > kMostElements)
      throw std::invalid_argument(fmt::format("more than {} elements in all", kMostElements));
    values.emplace_back(dims, nullptr);
  };
  for (const Dims& dims : graph.inputs) add(dims);
  for (const HostOperator& step : graph.steps) {
    std::vector<HostView> outlines;
    for (const HostOperand& operand : step.operands) {
      if (operand.value >= static_cast<std::int64_t>(values.size()))
        throw std::invalid_argument(fmt::format("{} of value {}", step.type, operand.value));
      outlines.push_back(operand.value < 0 ? HostView(operand.constant.dims, nullptr)
                                           : values[operand.value]);
    }
    add(result_of(step, outlines, false).dims);
  }
}

std::int64_t HostGraph::macs() const {
  std::int64_t sum = 0;
  for (const HostOperator& step : steps) {
    std::vector<Dims> operands;
    for (const HostOperand& operand : step.operands) {
      const auto value = static_cast<std::size_t>(operand.value);
      operands.push_back(operand.value < 0       ? operand.constant.dims
                         : value < inputs.size() ? inputs[value]
                                                 : steps[value - inputs.size()].result);
    }
    sum += product_macs(step, operands);
  }
  return sum;
}

bool HostGraph::is_non_negative() const {
  const HostOperator& last = steps.back();
  return has_trait(last.type, kNeverNegative) ||
         (last.type == "Clip" && last.attributes.number("min", -1.0F) >= 0);
}

}  // namespace bitbalance::host
