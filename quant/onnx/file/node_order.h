// Which nodes of a graph count, and in which order they can be computed. A node may hold graphs of its own,
// the branches of an If: what those read of the graph around them, the node reads.
#pragma once

#include <onnx/onnx_pb.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "quant/onnx/names.h"

namespace bitbalance::onnx_io {

/// Inputs of the node, in their order and as often, and names outside that its graphs read, each once.
std::vector<std::string> names_read(const onnx::NodeProto& node);

struct NodeOrder {
  /// Those that the wanted names need, each after those that it reads: the graph's order where it is one.
  std::vector<const onnx::NodeProto*> nodes;
  /// Reads what is computed of its own result, so that there is no such order; null: there is one.
  const onnx::NodeProto* in_cycle = nullptr;
};
NodeOrder order_nodes(const onnx::GraphProto& graph, const std::vector<std::string>& wanted);

/// Names that the graph itself defines: inputs, constants, results of nodes.
std::set<std::string> own_names(const onnx::GraphProto& graph);

/// Values of these names have others, wherever they are read; not where an inner graph has its own of that
/// name.
void rename(onnx::GraphProto& graph, const std::map<std::string, std::string>& names);

/// Gives each of own_names() another name, wherever it is read.
void rename_own(onnx::GraphProto& graph, const std::function<std::string(const std::string&)>& name);

}  // namespace bitbalance::onnx_io
