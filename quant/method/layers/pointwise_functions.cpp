#include "quant/method/layers/pointwise_functions.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "quant/host/graph_builders.h"
#include "quant/host/operator_traits.h"
#include "quant/method/layers/host_node.h"

namespace bitbalance::method {
namespace {

/// A constant that is the same for every element.
bool is_number(const HostOperand& operand) {
  const std::vector<float>& values = operand.constant.values;
  return operand.value < 0 && !values.empty() && std::isfinite(values.front()) &&
         std::all_of(values.begin(), values.end(), [&](float v) { return v == values.front(); });
}

/// Operators that are continuous, so that a table can have points between which it is straight, and finite
/// whatever finite elements and numbers they get.
bool is_continuous(const HostOperator& op) {
  if (!op.attributes.list(host::kWholeBounds).empty() || op.attributes.integer(host::kCutsFraction, 0) != 0)
    return false;  // exact integers
  if (has_trait(op.type, host::kContinuous)) return true;
  if ((op.type != "Div" && op.type != "Pow") || op.operands.size() != 2 || !is_number(op.operands[1]))
    return false;
  const float number = op.operands[1].constant.values.front();
  if (op.type == "Div") return number != 0;
  return number >= 1 && std::floor(number) == number;
}

/// Does the graph treat every element of its inputs alike?
bool is_pointwise(const HostGraph& graph) {
  const std::int64_t elements = element_count(graph.inputs.front());
  const auto count = static_cast<int>(graph.inputs.size());
  const auto dims_of = [&](int value) -> const Dims& {
    return value < count ? graph.inputs[value] : graph.steps[value - count].result;
  };
  return std::all_of(graph.steps.begin(), graph.steps.end(), [&](const HostOperator& step) {
    const bool fits =
        std::all_of(step.operands.begin(), step.operands.end(), [&](const HostOperand& operand) {
          return operand.value < 0 ? is_number(operand) : dims_of(operand.value) == step.result;
        });
    return fits && is_continuous(step) && element_count(step.result) == elements;
  });
}

/// Nodes that together are a function of each element of `root` alone.
struct Function {
  int root = -1;
  std::set<int> nodes;       ///< in execution order
  bool needs_table = false;  ///< some of it has no place in a layer but by a table
};

class Search {
 public:
  explicit Search(Network network) : network_(std::move(network)), functions_(network_.tensors.size()) {
    for (std::size_t n = 0; n < network_.nodes.size(); ++n) look_at(static_cast<int>(n));
  }

  /// Once: what stays as it is moves.
  Network run() {
    std::vector<Node> nodes;
    std::vector<bool> wanted(network_.tensors.size(), false);
    const std::vector<int> uses = count_uses(network_);
    for (std::size_t t = 0; t < wanted.size(); ++t)
      wanted[t] = is_result(network_, static_cast<int>(t)) || uses[t] == 0;
    for (auto node = network_.nodes.rbegin(); node != network_.nodes.rend(); ++node) {
      if (!wanted[node->output]) continue;
      const std::optional<Function>& function = functions_[node->output];
      // A look-up reads nodes before it, so that they are all there.
      nodes.push_back(function && function->needs_table ? lookup(*function) : std::move(*node));
      for (const int tensor : sources(nodes.back())) wanted[tensor] = true;
    }
    std::reverse(nodes.begin(), nodes.end());
    network_.nodes = std::move(nodes);
    return std::move(network_);
  }

 private:
  static constexpr std::size_t kMostNodes = 32;  ///< of a function: networks may be chains of many thousand

  /// The node as operators on whole tensors; nothing for one that is no function of each element.
  std::optional<Node> pointwise(const Node& node) const {
    const bool is_graph = node.op == Op::kHost || node.op == Op::kLookup;
    if ((!is_graph && !is_movable(node)) || node.op == Op::kConcat) return {};
    const std::vector<int> read = sources(node);
    const bool keeps_shape = std::all_of(read.begin(), read.end(), [&](int tensor) {
      return network_.shape(tensor) == network_.shape(node.output);
    });
    if (!keeps_shape) return {};
    if (is_graph) return is_pointwise(node.host) ? std::optional(node) : std::nullopt;
    Node graph = on_host(network_, node);
    return is_pointwise(graph.host) ? std::optional(std::move(graph)) : std::nullopt;
  }

  void look_at(int n) {
    const Node& node = network_.nodes[n];
    if (!pointwise(node)) return;
    const bool needs_table = node.op == Op::kHost || node.op == Op::kLookup;
    std::optional<Function> joined;
    for (const int tensor : sources(node)) {
      const Function source = functions_[tensor].value_or(Function{tensor, {}, false});
      if (joined && joined->root != source.root) return;
      if (!joined) joined = Function{source.root, {}, false};
      joined->nodes.insert(source.nodes.begin(), source.nodes.end());
      joined->needs_table |= source.needs_table;
    }
    joined->nodes.insert(n);
    joined->needs_table |= needs_table;
    if (joined->nodes.size() > kMostNodes) {
      if (sources(node).size() != 1) return;
      joined = Function{node.input, {n}, needs_table};
    }
    functions_[node.output] = std::move(joined);
  }

  /// The convolution before it takes in a clip or a factor that all of the function begins with.
  Function without_beginning(Function function) const {
    for (;;) {
      int readers = 0;
      for (const int n : function.nodes) {
        const std::vector<int> read = sources(network_.nodes[n]);
        readers += static_cast<int>(std::count(read.begin(), read.end(), function.root));
      }
      const Node& first = network_.nodes[*function.nodes.begin()];
      if (readers != 1 || (first.op != Op::kClip && first.op != Op::kAffine)) return function;
      function.root = first.output;
      function.nodes.erase(function.nodes.begin());
    }
  }

  Node lookup(const Function& whole) const {
    const Function function = without_beginning(whole);
    const Node& last = network_.nodes[*function.nodes.rbegin()];
    Node result;
    result.name = last.name;
    result.op = Op::kLookup;
    result.input = function.root;
    result.output = last.output;
    const Dims dims = channel_dims(network_.shape(function.root));
    result.host.inputs = {dims};
    std::map<int, int> value = {{function.root, 0}};  // tensor -> value of the graph
    for (const int n : function.nodes) append(*pointwise(network_.nodes[n]), dims, value, result.host);
    return result;
  }

  static void append(const Node& node, const Dims& dims, std::map<int, int>& value, HostGraph& graph) {
    const std::vector<int> read = sources(node);
    const auto inputs = static_cast<int>(read.size());
    const auto first = static_cast<int>(graph.steps.size()) + 1;
    for (HostOperator step : node.host.steps) {
      step.result = dims;
      for (HostOperand& operand : step.operands) {
        if (operand.value < 0) {
          operand.constant = {{1}, {operand.constant.values.front()}};
        } else {
          operand.value =
              operand.value < inputs ? value.at(read[operand.value]) : first + operand.value - inputs;
        }
      }
      graph.steps.push_back(std::move(step));
    }
    value[node.output] = static_cast<int>(graph.steps.size());
  }

  Network network_;
  std::vector<std::optional<Function>> functions_;  ///< by tensor
};

}  // namespace

Network find_lookups(Network network) {
  return Search(std::move(network)).run();
}

}  // namespace bitbalance::method
