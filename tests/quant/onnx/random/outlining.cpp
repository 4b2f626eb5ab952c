#include "tests/quant/onnx/random/outlining.h"

#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "quant/onnx/file/node_order.h"

namespace bitbalance::test {
namespace {

constexpr const char* kDomain = "test.functions";

class Outliner {
 public:
  Outliner(onnx::ModelProto model, std::uint64_t seed) : model_(std::move(model)), random_(seed) {}

  onnx::ModelProto run() {
    onnx::OperatorSetIdProto& opset = *model_.add_opset_import();
    opset.set_domain(kDomain);
    opset.set_version(1);
    for (int left = integer(1, 4); left > 0; --left) outline(*model_.mutable_graph());
    return std::move(model_);
  }

 private:
  int integer(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  bool chance() { return integer(0, 1) == 1; }

  /// Nodes first .. last - 1 of the graph, which are in order.
  void outline(onnx::GraphProto& graph) {
    const int size = graph.node_size();
    if (size == 0) return;
    const int first = integer(0, size - 1), last = integer(first + 1, std::min(size, first + 4));
    onnx::FunctionProto& function = *model_.add_functions();
    function.set_domain(kDomain);
    function.set_name("f" + std::to_string(model_.functions_size()));
    *function.add_opset_import() = model_.opset_import(0);
    onnx::GraphProto body;
    for (int n = first; n < last; ++n) *body.add_node() = graph.node(n);

    onnx::NodeProto call;
    call.set_domain(kDomain);
    call.set_op_type(function.name());
    if (chance()) call.set_name("call " + function.name());
    hand_values(graph, first, last, body, call, function);
    hand_attributes(body, call, function);
    *function.mutable_node() = body.node();
    graph.mutable_node()->DeleteSubrange(first, last - first);
    *graph.add_node() = call;
    for (int n = graph.node_size() - 1; n > first; --n) graph.mutable_node()->SwapElements(n, n - 1);
  }

  void hand_values(const onnx::GraphProto& graph, int first, int last, onnx::GraphProto& body,
                   onnx::NodeProto& call, onnx::FunctionProto& function) {
    const std::set<std::string> own = onnx_io::own_names(body);
    std::map<std::string, std::string> names;
    int count = 0;
    for (const std::string& name : own) names[name] = "v" + std::to_string(++count);
    for (const onnx::NodeProto& node : body.node()) {
      for (const std::string& name : onnx_io::names_read(node)) {
        if (names.count(name) != 0) continue;
        names[name] = "v" + std::to_string(++count);
        call.add_input(name);
        function.add_input(names[name]);
      }
    }
    std::set<std::string> read;
    for (const onnx::ValueInfoProto& output : graph.output()) read.insert(output.name());
    for (int n = 0; n < graph.node_size(); ++n) {
      if (n >= first && n < last) continue;
      for (const std::string& name : onnx_io::names_read(graph.node(n))) read.insert(name);
    }
    for (const std::string& name : own) {
      if (read.count(name) == 0) continue;
      call.add_output(name);
      function.add_output(names[name]);
    }
    onnx_io::rename(body, names);
  }

  /// Some attributes of the nodes are the call's.
  void hand_attributes(onnx::GraphProto& body, onnx::NodeProto& call, onnx::FunctionProto& function) {
    int count = 0;
    for (onnx::NodeProto& node : *body.mutable_node()) {
      for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
        if (attribute.has_g() || !attribute.ref_attr_name().empty() || chance()) continue;
        onnx::AttributeProto given = attribute;
        given.set_name("a" + std::to_string(++count));
        if (chance()) {
          *call.add_attribute() = given;
          function.add_attribute(given.name());
        } else {  // field 11, attribute_proto
          function.GetReflection()->MutableUnknownFields(&function)->AddLengthDelimited(
              11, given.SerializeAsString());
        }
        onnx::AttributeProto reference;
        reference.set_name(attribute.name());
        reference.set_type(attribute.type());
        reference.set_ref_attr_name(given.name());
        attribute = reference;
      }
    }
  }

  onnx::ModelProto model_;
  std::mt19937_64 random_;
};

}  // namespace

onnx::ModelProto outlined(const onnx::ModelProto& model, std::uint64_t seed) {
  return Outliner(model, seed).run();
}

}  // namespace bitbalance::test
