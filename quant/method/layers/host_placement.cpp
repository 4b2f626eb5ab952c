#include "quant/method/layers/host_placement.h"

#include <algorithm>
#include <map>

#include "quant/host/graph_builders.h"
#include "quant/method/layers/host_node.h"
#include "quant/method/layers/pointwise_functions.h"

namespace bitbalance::method {
namespace {

/// Operators at whose operand `index` a small error near zero is a large one of the result.
bool magnifies(const std::string& op, std::size_t index) {
  if (op == "Div") return index == 1;
  return index == 0 && (op == "Log" || op == "Pow" || op == "Reciprocal" || op == "Sqrt");
}

/// Decides for each node where it runs. A node that goes to the host is looked at once, and so are those
/// around it again: networks of other people may be one chain of many thousand nodes.
class Placement {
 public:
  explicit Placement(const Network& network)
      : network_(network),
        uses_(count_uses(network)),
        on_host_(network.nodes.size()),
        joins_layer_(network.nodes.size()),
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
    const Node& node = network_.nodes[n];
    for (const int reader : readers_[node.output]) {
      ++from_host_[reader];
      waiting.push_back(reader);
    }
    for (const int tensor : sources(node)) {
      if (--accelerated_[tensor] == 0 && writer_[tensor] >= 0) waiting.push_back(writer_[tensor]);
    }
  }

  /// A concatenation with a part from the accelerator stays: its parts are written in place.
  bool follows_host(int n) const {
    const Node& node = network_.nodes[n];
    return from_host_[n] >= (node.op == Op::kConcat ? static_cast<int>(sources(node).size()) : 1);
  }

  /// Would be a layer of its own on the accelerator, or a function that must not be rounded, for nobody but
  /// the host.
  bool is_spare(int n) const {
    const int output = network_.nodes[n].output;
    return !is_result(network_, output) && accelerated_[output] == 0 &&
           (!joins_layer_[n] || needs_fractions(n));
  }

  /// Most results of an exponential function are small beside the largest, and so is what is magnified.
  bool needs_fractions(int n) const {
    const Node& node = network_.nodes[n];
    if (node.op != Op::kLookup) return false;
    const std::vector<HostOperator>& steps = node.host.steps;
    return std::any_of(steps.begin(), steps.end(), [](const HostOperator& s) { return s.type == "Exp"; }) ||
           std::any_of(readers_[node.output].begin(), readers_[node.output].end(),
                       [&](int reader) { return is_magnified(node.output, network_.nodes[reader]); });
  }

  static bool is_magnified(int tensor, const Node& reader) {
    const std::vector<int> read = sources(reader);
    for (const HostOperator& step : reader.host.steps) {
      for (std::size_t i = 0; i < step.operands.size(); ++i) {
        const int value = step.operands[i].value;
        const bool is_read = value >= 0 && value < static_cast<int>(read.size()) && read[value] == tensor;
        if (is_read && magnifies(step.type, i)) return true;
      }
    }
    return false;
  }

  /// Will fusion make it part of the convolution or pooling before it? The nodes before it are known.
  bool joins_layer(const Node& node) const {
    if (node.op == Op::kConcat) return false;
    const std::vector<int> read = sources(node);
    return std::any_of(read.begin(), read.end(), [&](int t) {
      if (uses_[t] != 1 || writer_[t] < 0) return false;
      const Node& writer = network_.nodes[writer_[t]];
      if (writer.op == Op::kConv) return true;
      const bool is_pool = writer.op == Op::kMaxPool || writer.op == Op::kAvgPool;
      const bool ends_layer = node.op == Op::kClip || node.op == Op::kLookup;
      return (node.op == Op::kClip && is_pool) ||
             ((ends_layer || writer.op == Op::kAffine) && writer.op != Op::kLookup && is_movable(writer) &&
              joins_layer_[writer_[t]]);
    });
  }

  const Network& network_;
  std::vector<int> uses_;
  std::vector<bool> on_host_, joins_layer_;  ///< by node
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

}  // namespace bitbalance::method
