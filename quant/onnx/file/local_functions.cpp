#include "quant/onnx/file/local_functions.h"

#include <fmt/format.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>

#include "quant/onnx/file/model.h"
#include "quant/onnx/file/node_order.h"
#include "quant/onnx/file/unique_names.h"
#include "quant/onnx/file/versions.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::AttributeProto;
using onnx::FunctionProto;
using onnx::GraphProto;
using onnx::NodeProto;
using AttributeValues = std::map<std::string, AttributeProto>;

constexpr int kMostDepth = 100;
constexpr int kMostNodes = 1 << 20;
constexpr std::size_t kMostBytes = std::size_t{1} << 28;  ///< of nodes, their names and constants

std::string name_of(const NodeProto& node) {
  return node.name().empty() ? first_output(node) : node.name();
}

/// Values of attributes that a call may leave out. Older releases of the library do not know the field.
AttributeValues defaults(const FunctionProto& function) {
  constexpr int kAttributeProto = 11;
  AttributeValues values;
  const auto& fields = function.GetReflection()->GetUnknownFields(function);
  for (int i = 0; i < fields.field_count(); ++i) {
    const google::protobuf::UnknownField& field = fields.field(i);
    AttributeProto value;
    if (field.number() == kAttributeProto &&
        field.type() == google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED &&
        value.ParseFromString(field.length_delimited()))
      values[value.name()] = value;
  }
  return values;
}

/// Attributes that refer to those of the function have their values, or are left out.
void bind_attributes(GraphProto& graph, const AttributeValues& values) {
  for (NodeProto& node : *graph.mutable_node()) {
    google::protobuf::RepeatedPtrField<AttributeProto> bound;
    for (AttributeProto& attribute : *node.mutable_attribute()) {
      if (attribute.has_g()) bind_attributes(*attribute.mutable_g(), values);
      const auto value = values.find(attribute.ref_attr_name());
      if (attribute.ref_attr_name().empty()) {
        *bound.Add() = std::move(attribute);
      } else if (value != values.end()) {
        AttributeProto& added = *bound.Add();
        added = value->second;
        added.set_name(attribute.name());
      }
    }
    node.mutable_attribute()->Swap(&bound);
  }
}

class Inliner {
 public:
  explicit Inliner(onnx::ModelProto& model) : model_(model) {
    for (const FunctionProto& function : model.functions()) {
      check(function);
      if (!functions_.insert({{function.domain(), function.name()}, &function}).second)
        fail(function, "is defined twice; accepted: once");
    }
    take_names(model.graph());
  }

  void run() { expand(*model_.mutable_graph(), 0); }

 private:
  [[noreturn]] static void fail(const FunctionProto& function, const std::string& problem) {
    throw std::invalid_argument(fmt::format("function '{}' {}", function.name(), problem));
  }

  void check(const FunctionProto& function) const {
    if (is_standard(function.domain())) {
      throw std::invalid_argument(
          fmt::format("defines '{}' itself; accepted: ONNX's own operators", function.name()));
    }
    for (const onnx::OperatorSetIdProto& own : function.opset_import()) {
      for (const onnx::OperatorSetIdProto& model : model_.opset_import()) {
        if (is_standard(own.domain()) && is_standard(model.domain()) && own.version() != model.version()) {
          fail(function, fmt::format("is of operator set {}, the model of {}; accepted: one", own.version(),
                                     model.version()));
        }
      }
    }
  }

  void take_names(const GraphProto& graph) {
    for (const std::string& name : own_names(graph)) names_.take(name);
    for (const NodeProto& node : graph.node()) {
      for (const AttributeProto& attribute : node.attribute())
        if (attribute.has_g()) take_names(attribute.g());
    }
  }

  const FunctionProto* called(const NodeProto& node) const {
    const auto found = functions_.find({node.domain(), node.op_type()});
    return found == functions_.end() ? nullptr : found->second;
  }

  void expand(GraphProto& graph, int depth) {
    google::protobuf::RepeatedPtrField<NodeProto> nodes;
    for (NodeProto& node : *graph.mutable_node()) {
      for (AttributeProto& attribute : *node.mutable_attribute())
        if (attribute.has_g()) expand(*attribute.mutable_g(), depth);
      if (const FunctionProto* function = called(node)) {
        GraphProto body = body_of(*function, node);
        if (depth == kMostDepth)
          fail(*function, fmt::format("is called {} calls deep; accepted: functions that end", depth));
        expand(body, depth + 1);
        for (NodeProto& inner : *body.mutable_node()) *nodes.Add() = std::move(inner);
      } else {
        *nodes.Add() = std::move(node);
      }
    }
    graph.mutable_node()->Swap(&nodes);
  }

  /// The function's nodes as they stand in the place of the call.
  GraphProto body_of(const FunctionProto& function, const NodeProto& call) {
    if (call.input_size() > function.input_size() || call.output_size() > function.output_size()) {
      throw std::invalid_argument(fmt::format(
          "node '{}' ({}): {} inputs, {} outputs; accepted: up to {} and {}", name_of(call), call.op_type(),
          call.input_size(), call.output_size(), function.input_size(), function.output_size()));
    }
    nodes_ += function.node_size() + 1;
    if (nodes_ > kMostNodes || bytes_ > kMostBytes)
      fail(function, "and the others make more nodes than a model has; accepted: fewer calls");
    GraphProto body;
    *body.mutable_node() = function.node();
    AttributeValues values = defaults(function);
    for (const AttributeProto& attribute : call.attribute()) values[attribute.name()] = attribute;
    bind_attributes(body, values);
    const std::string place = name_of(call) + "/";
    rename_graphs(body, place);

    std::map<std::string, std::string> names;
    for (const std::string& own : own_names(body)) names[own] = names_.take(place + own);
    for (int i = 0; i < function.input_size(); ++i)
      names[function.input(i)] = i < call.input_size() ? call.input(i) : "";
    names.erase("");                               // stands for what is not there
    std::map<std::string, std::string> passed_on;  // the call's result: what it is
    std::set<std::string> given;
    for (int i = 0; i < function.output_size() && i < call.output_size(); ++i) {
      const std::string &result = function.output(i), &wanted = call.output(i);
      const bool is_input =
          std::find(function.input().begin(), function.input().end(), result) != function.input().end();
      if (wanted.empty() || result.empty()) continue;
      if (is_input || !given.insert(result).second) {
        passed_on[wanted] = names[result];
      } else {
        names[result] = wanted;
      }
    }
    for (NodeProto& node : *body.mutable_node()) node.set_name(place + name_of(node));
    rename(body, names);
    for (const auto& [result, value] : passed_on) {
      NodeProto& node = *body.add_node();
      node.set_name(result);
      node.set_op_type("Identity");
      node.add_input(value);
      node.add_output(result);
    }
    bytes_ += body.ByteSizeLong();
    return body;
  }

  /// What graphs within the nodes define is apart from everything that a call hands in.
  void rename_graphs(GraphProto& body, const std::string& place) {
    for (NodeProto& node : *body.mutable_node()) {
      for (AttributeProto& attribute : *node.mutable_attribute()) {
        if (!attribute.has_g()) continue;
        rename_graphs(*attribute.mutable_g(), place);
        rename_own(*attribute.mutable_g(),
                   [&](const std::string& name) { return names_.take(place + name); });
      }
    }
  }

  onnx::ModelProto& model_;
  std::map<std::pair<std::string, std::string>, const FunctionProto*> functions_;  ///< by domain and name
  UniqueNames names_;
  int nodes_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

void inline_functions(onnx::ModelProto& model) {
  if (model.functions_size() != 0) Inliner(model).run();
}

}  // namespace bitbalance::onnx_io
