#include "quant/onnx/file/node_order.h"

#include <algorithm>
#include <map>
#include <queue>

namespace bitbalance::onnx_io {
namespace {

using onnx::GraphProto;
using onnx::NodeProto;

void add_outer(const GraphProto& graph, std::set<std::string>& outer) {
  const std::set<std::string> own = own_names(graph);
  const auto add = [&](const std::string& name) {
    if (!name.empty() && own.count(name) == 0) outer.insert(name);
  };
  for (const NodeProto& node : graph.node())
    for (const std::string& name : names_read(node)) add(name);
  for (const onnx::ValueInfoProto& output : graph.output()) add(output.name());
}

}  // namespace

std::set<std::string> own_names(const GraphProto& graph) {
  std::set<std::string> names;
  for (const onnx::ValueInfoProto& input : graph.input()) names.insert(input.name());
  for (const onnx::TensorProto& tensor : graph.initializer()) names.insert(tensor.name());
  for (const NodeProto& node : graph.node()) {
    for (const std::string& output : node.output())
      if (!output.empty()) names.insert(output);
  }
  return names;
}

void rename(GraphProto& graph, const std::map<std::string, std::string>& names) {
  const auto apply = [&](std::string& name) {
    if (const auto found = names.find(name); found != names.end()) name = found->second;
  };
  for (onnx::ValueInfoProto& value : *graph.mutable_input()) apply(*value.mutable_name());
  for (onnx::TensorProto& tensor : *graph.mutable_initializer()) apply(*tensor.mutable_name());
  for (onnx::ValueInfoProto& value : *graph.mutable_value_info()) apply(*value.mutable_name());
  for (onnx::ValueInfoProto& value : *graph.mutable_output()) apply(*value.mutable_name());
  for (NodeProto& node : *graph.mutable_node()) {
    std::for_each(node.mutable_input()->begin(), node.mutable_input()->end(), apply);
    std::for_each(node.mutable_output()->begin(), node.mutable_output()->end(), apply);
    for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
      if (!attribute.has_g()) continue;
      std::map<std::string, std::string> inner = names;
      for (const std::string& name : own_names(attribute.g())) inner.erase(name);
      rename(*attribute.mutable_g(), inner);
    }
  }
}

std::vector<std::string> names_read(const NodeProto& node) {
  std::vector<std::string> names;
  std::copy_if(node.input().begin(), node.input().end(), std::back_inserter(names),
               [](const std::string& name) { return !name.empty(); });
  std::set<std::string> outer;
  for (const onnx::AttributeProto& attribute : node.attribute())
    if (attribute.has_g()) add_outer(attribute.g(), outer);
  names.insert(names.end(), outer.begin(), outer.end());
  return names;
}

NodeOrder order_nodes(const GraphProto& graph, const std::vector<std::string>& wanted) {
  std::map<std::string, int> writers;
  std::vector<std::vector<std::string>> reads;
  for (int n = 0; n < graph.node_size(); ++n) {
    for (const std::string& output : graph.node(n).output())
      if (!output.empty()) writers[output] = n;
    reads.push_back(names_read(graph.node(n)));
  }
  std::vector<char> is_needed(graph.node_size(), 0);
  std::vector<int> pending;
  const auto need = [&](const std::string& name) {
    const auto writer = writers.find(name);
    if (writer == writers.end() || is_needed[writer->second] != 0) return;
    is_needed[writer->second] = 1;
    pending.push_back(writer->second);
  };
  std::for_each(wanted.begin(), wanted.end(), need);
  while (!pending.empty()) {
    const int n = pending.back();
    pending.pop_back();
    std::for_each(reads[n].begin(), reads[n].end(), need);
  }

  std::vector<int> missing(graph.node_size(), 0);
  std::map<std::string, std::vector<int>> waiting;
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (int n = 0; n < graph.node_size(); ++n) {
    if (is_needed[n] == 0) continue;
    for (const std::string& name : reads[n]) {
      if (writers.count(name) == 0) continue;
      ++missing[n];
      waiting[name].push_back(n);
    }
    if (missing[n] == 0) ready.push(n);
  }
  NodeOrder order;
  while (!ready.empty()) {
    const NodeProto& node = graph.node(ready.top());
    ready.pop();
    order.nodes.push_back(&node);
    for (const std::string& output : node.output()) {
      for (const int reader : waiting[output])
        if (--missing[reader] == 0) ready.push(reader);
    }
  }
  const auto stuck = std::find_if(missing.begin(), missing.end(), [](int count) { return count > 0; });
  if (stuck != missing.end()) order.in_cycle = &graph.node(static_cast<int>(stuck - missing.begin()));
  return order;
}

void rename_own(GraphProto& graph, const std::function<std::string(const std::string&)>& name) {
  std::map<std::string, std::string> names;
  for (const std::string& own : own_names(graph)) names[own] = name(own);
  rename(graph, names);
}

}  // namespace bitbalance::onnx_io
