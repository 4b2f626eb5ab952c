#include "quant/method/layers/host_placement.h"

#include <algorithm>
#include <map>

#include "quant/host/graph_builders.h"
#include "quant/host/operator_traits.h"
#include "quant/method/layers/host_node.h"
#include "quant/method/layers/pointwise_functions.h"

namespace bitbalance::method {
namespace {

/// Is a small error of operand `index` near zero a large one of the result?
bool magnifies(const HostOperator& step, std::size_t index) {
  if (step.type == "Div") return index == 1;
  if (index != 0) return false;
  if (step.type != "Pow") return step.type == "Log" || step.type == "Reciprocal" || step.type == "Sqrt";
  const HostOperand& exponent = step.operands[1];
  return exponent.value >= 0 || std::any_of(exponent.constant.values.begin(), exponent.constant.values.end(),
                                            [](float power) { return power < 1; });
}

/// Is an error of an operand one of that size, but for a constant factor, of the result?
bool passes_errors(const HostOperator& step) {
  if (step.type == "Mul" || step.type == "Div") {
    return std::any_of(step.operands.begin(), step.operands.end(),
                       [](const HostOperand& operand) { return operand.value < 0; });
  }
  return step.type == "Add" || step.type == "Sub" || step.type == "Clip" || step.type == "AveragePool" ||
         step.type == "ReduceMean" || has_trait(step.type, kMoves);
}

/// Are the elements of the result elements of the operands, or bounds?
bool keeps_integers(const Node& node) {
  const std::vector<HostOperator>& steps = node.host.steps;
  if (node.op != Op::kHost) return node.op == Op::kClip || node.op == Op::kConcat || node.op == Op::kMaxPool;
  return std::all_of(steps.begin(), steps.end(),
                     [](const HostOperator& step) { return has_trait(step.type, kMoves); });
}

/// By tensor: would the host enlarge its rounding? What lies between may be anything but a convolution.
std::vector<bool> magnified_tensors(const Network& network) {
  std::vector<bool> magnified(network.tensors.size(), false);
  for (auto node = network.nodes.rbegin(); node != network.nodes.rend(); ++node) {
    if (node->op == Op::kConv) continue;
    const std::vector<int> read = sources(*node);
    const std::vector<HostOperator>& steps = node->host.steps;
    // Of the node's graph; a layer has none, and passes on the errors of all that it reads.
    std::vector<bool> values(read.size() + steps.size(), steps.empty() && magnified[node->output]);
    values.back() = magnified[node->output];
    for (std::size_t s = steps.size(); s-- > 0;) {
      const bool is_passed = values[read.size() + s] && passes_errors(steps[s]);
      for (std::size_t i = 0; i < steps[s].operands.size(); ++i) {
        const int value = steps[s].operands[i].value;
        if (value >= 0 && (is_passed || magnifies(steps[s], i))) values[value] = true;
      }
    }
    for (std::size_t i = 0; i < read.size(); ++i)
      if (values[i]) magnified[read[i]] = true;
  }
  return magnified;
}

/// Decides for each node where it runs. A node that goes to the host is looked at once, and so are those
/// around it again: networks of other people may be one chain of many thousand nodes.
class Placement {
 public:
  explicit Placement(const Network& network)
      : network_(network),
        uses_(count_uses(network)),
        magnified_(magnified_tensors(network)),
        on_host_(network.nodes.size()),
        joins_layer_(network.nodes.size()),
        has_fractions_(network.tensors.size()),
        from_host_(network.nodes.size()),
        writer_(network.tensors.size(), -1),
        readers_(network.tensors.size()),
        accelerated_(network.tensors.size()) {
    for (std::size_t n = 0; n < network.nodes.size(); ++n) {
      const Node& node = network.nodes[n];
      joins_layer_[n] = joins_layer(node);
      writer_[node.output] = static_cast<int>(n);
      for (const int tensor : sources(node)) {
        readers_[tensor].push_back(static_cast<int>(n));
        ++accelerated_[tensor];
      }
    }
  }

  std::vector<bool> run() {
    std::vector<int> waiting;
    for (std::size_t n = 0; n < network_.nodes.size(); ++n) {
      if (network_.nodes[n].op == Op::kHost) move(static_cast<int>(n), waiting);
      waiting.push_back(static_cast<int>(n));
    }
    while (!waiting.empty()) {
      const int n = waiting.back();
      waiting.pop_back();
      if (!on_host_[n] && is_movable(network_.nodes[n]) && (follows_host(n) || is_spare(n))) move(n, waiting);
    }
    return on_host_;
  }

 private:
  void move(int n, std::vector<int>& waiting) {
    on_host_[n] = true;
    find_fractions(n, waiting);
    const Node& node = network_.nodes[n];
    for (const int reader : readers_[node.output]) {
      ++from_host_[reader];
      waiting.push_back(reader);
    }
    for (const int tensor : sources(node)) {
      if (--accelerated_[tensor] == 0 && writer_[tensor] >= 0) waiting.push_back(writer_[tensor]);
    }
  }

  /// In what a node makes that has gone to the host, and in what others there make of it.
  void find_fractions(int n, std::vector<int>& waiting) {
    std::vector<int> found = {n};
    while (!found.empty()) {
      const Node& node = network_.nodes[found.back()];
      const bool is_host = on_host_[found.back()];
      found.pop_back();
      const std::vector<int> read = sources(node);
      const bool reads_fractions =
          std::any_of(read.begin(), read.end(), [&](int tensor) { return has_fractions_[tensor]; });
      if (!is_host || has_fractions_[node.output] || (keeps_integers(node) && !reads_fractions)) continue;
      has_fractions_[node.output] = true;
      for (const int reader : readers_[node.output]) {
        found.push_back(reader);
        waiting.push_back(reader);
      }
    }
  }

  /// A concatenation with a part from the accelerator stays: its parts are written in place. So does a
  /// pooling that the accelerator reads.
  bool follows_host(int n) const {
    const Node& node = network_.nodes[n];
    if (is_pooling(node)) return false;
    return from_host_[n] >= (node.op == Op::kConcat ? static_cast<int>(sources(node).size()) : 1);
  }

  /// Nobody but the host reads it, and it would be a layer of its own on the accelerator (a pooling may be),
  /// or lose there what the host needs.
  bool is_spare(int n) const {
    const Node& node = network_.nodes[n];
    const bool has_place = joins_layer_[n] || is_pooling(node);
    return !is_result(network_, node.output) && accelerated_[node.output] == 0 &&
           (!has_place || needs_fractions(n));
  }

  /// Most results of an exponential function are small beside the largest, and so is what is magnified. Means
  /// have fractions even of integers; the largest of an accelerator's integers is one of them.
  bool needs_fractions(int n) const {
    const Node& node = network_.nodes[n];
    const bool is_magnified = magnified_[node.output];
    if (node.op == Op::kLookup) {
      const std::vector<HostOperator>& steps = node.host.steps;
      return is_magnified ||
             std::any_of(steps.begin(), steps.end(), [](const HostOperator& s) { return s.type == "Exp"; });
    }
    if (is_pooling(node)) return has_fractions_[node.input] || (node.op == Op::kAvgPool && is_magnified);
    const int writer = writer_[node.input];
    return node.op == Op::kClip && is_magnified && writer >= 0 && is_pooling(network_.nodes[writer]);
  }

  /// Will fusion make it part of the convolution or pooling before it? The nodes before it are known.
  bool joins_layer(const Node& node) const {
    if (node.op == Op::kConcat || is_pooling(node)) return false;
    const std::vector<int> read = sources(node);
    return std::any_of(read.begin(), read.end(), [&](int t) {
      if (uses_[t] != 1 || writer_[t] < 0) return false;
      const Node& writer = network_.nodes[writer_[t]];
      if (writer.op == Op::kConv) return true;
      const bool ends_layer = node.op == Op::kClip || node.op == Op::kLookup;
      return (node.op == Op::kClip && is_pooling(writer)) ||
             ((ends_layer || writer.op == Op::kAffine) && writer.op != Op::kLookup && is_movable(writer) &&
              joins_layer_[writer_[t]]);
    });
  }

  const Network& network_;
  std::vector<int> uses_;
  std::vector<bool> magnified_;              ///< by tensor
  std::vector<bool> on_host_, joins_layer_;  ///< by node
  std::vector<bool> has_fractions_;          ///< by tensor: the host computes it, does not but move it
  std::vector<int> from_host_;               ///< by node: how many of its sources the host writes
  std::vector<int> writer_;                  ///< by tensor, -1: the network's input
  std::vector<std::vector<int>> readers_;    ///< by tensor
  std::vector<int> accelerated_;             ///< by tensor: how many of its readers are no nodes of the host
};

/// Joins the graphs of all host nodes that one tensor depends on.
class Merger {
 public:
  Merger(const Network& network, const std::vector<const Node*>& host_writer)
      : network_(network), host_writer_(host_writer) {}

  Node run(const Node& last) {
    collect(last);
    if (nodes_.size() == 1) return last;
    Node merged;
    merged.name = last.name;
    merged.op = Op::kHost;
    merged.output = last.output;
    merged.input = inputs_.front();
    merged.others.assign(inputs_.begin() + 1, inputs_.end());
    for (const int tensor : inputs_) merged.host.inputs.push_back({network_.shape(tensor).elements()});
    for (const Node* node : nodes_) append(*node, merged.host);
    merged.host.title = title_of(merged.host.steps);
    return merged;
  }

 private:
  /// Nodes after those that they read, in the order of a depth-first walk; as long as the graph is deep.
  void collect(const Node& last) {
    struct Visit {
      const Node* node;
      std::vector<int> read;
      std::size_t next;
    };
    std::vector<Visit> path = {{&last, sources(last), 0}};
    while (!path.empty()) {
      Visit& visit = path.back();
      if (visit.next == visit.read.size()) {
        nodes_.push_back(visit.node);
        path.pop_back();
        continue;
      }
      const int tensor = visit.read[visit.next++];
      if (const Node* writer = host_writer_[tensor]; writer != nullptr) {
        if (value_.emplace(tensor, -1).second) path.push_back({writer, sources(*writer), 0});
      } else if (value_.emplace(tensor, static_cast<int>(inputs_.size())).second) {
        inputs_.push_back(tensor);
      }
    }
  }

  // A node reads a tensor under extents of its own: Reshape does that.
  int viewed(int value, const Dims& dims, HostGraph& graph) const {
    const std::size_t count = graph.inputs.size();
    const Dims& found =
        static_cast<std::size_t>(value) < count ? graph.inputs[value] : graph.steps[value - count].result;
    if (found == dims) return value;
    graph.steps.push_back(view_step(value, dims));
    return static_cast<int>(count + graph.steps.size()) - 1;
  }

  void append(const Node& node, HostGraph& graph) {
    const std::vector<int> read = sources(node);
    std::vector<int> values;
    for (std::size_t i = 0; i < read.size(); ++i)
      values.push_back(viewed(value_.at(read[i]), node.host.inputs[i], graph));
    const auto first = static_cast<int>(graph.inputs.size() + graph.steps.size());
    const auto inputs = static_cast<int>(node.host.inputs.size());
    for (HostOperator step : node.host.steps) {
      for (HostOperand& operand : step.operands) {
        if (operand.value < 0) continue;
        operand.value = operand.value < inputs ? values[operand.value] : first + operand.value - inputs;
      }
      graph.steps.push_back(std::move(step));
    }
    value_[node.output] = static_cast<int>(graph.inputs.size() + graph.steps.size()) - 1;
  }

  const Network& network_;
  const std::vector<const Node*>& host_writer_;  ///< by tensor, null: not of the host
  std::vector<int> inputs_;
  std::map<int, int> value_;        ///< tensor -> value of the merged graph
  std::vector<const Node*> nodes_;  ///< in execution order
};

}  // namespace

std::vector<bool> nodes_on_host(const Network& network) {
  return Placement(network).run();
}

Network place_on_host(Network network) {
  const std::vector<bool> placed = nodes_on_host(network);
  for (std::size_t n = 0; n < placed.size(); ++n) {
    if (placed[n] && network.nodes[n].op != Op::kHost) network.nodes[n] = on_host(network, network.nodes[n]);
  }
  return network;
}

Network merge_host_nodes(Network network) {
  std::vector<const Node*> host_writer(network.tensors.size(), nullptr);
  std::vector<bool> wanted(network.tensors.size(), false);
  for (const int tensor : result_tensors(network)) wanted[tensor] = true;
  for (const Node& node : network.nodes) {
    if (node.op == Op::kHost) {
      host_writer[node.output] = &node;
    } else {
      for (const int tensor : sources(node)) wanted[tensor] = true;
    }
  }
  std::vector<Node> merged;
  merged.reserve(network.nodes.size());
  for (Node& node : network.nodes) {
    if (node.op != Op::kHost) {
      merged.push_back(std::move(node));  // a large one's weights take hundreds of megabytes
    } else if (wanted[node.output]) {
      merged.push_back(Merger(network, host_writer).run(node));
    }
  }
  network.nodes = std::move(merged);
  return network;
}

Network lower_network(Network network, bool has_tables) {
  if (has_tables) network = find_lookups(std::move(network));
  return merge_host_nodes(fold_affine(place_on_host(std::move(network))));
}

std::vector<std::string> enlarged_convolutions(const Network& network) {
  std::vector<bool> is_enlarged = magnified_tensors(network);
  for (const Node& node : network.nodes) {
    if (node.op == Op::kHost) continue;
    for (const int tensor : sources(node)) is_enlarged[tensor] = false;
  }
  std::vector<std::string> names;
  for (const Node& node : network.nodes) {
    if (node.op == Op::kConv && is_enlarged[node.output] && !is_result(network, node.output))
      names.push_back(node.name);
  }
  return names;
}

}  // namespace bitbalance::method
