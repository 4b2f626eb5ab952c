// If in a random graph: whatever else is drawn, in branches.
#include <algorithm>

#include "tests/support/random/graph_draw.h"

namespace bitbalance::test {

using Value = GraphDraw::Value;

/// The condition, and whether the file and the extents alone say which branch it takes.
GraphDraw::Condition GraphDraw::branch_condition(const Value& from) {
  const bool holds = chance(0.5);
  Condition condition;
  const int kind = uniform(0, 3);
  if (kind == 0) {
    condition.name = bytes(onnx::TensorProto::BOOL, chance(0.5) ? Dims{} : Dims{1}, {holds ? 1 : 0});
    condition.taken = holds;
  } else if (kind == 1) {
    const std::string count = node("Size", {from.name}, {}).name;
    const std::int64_t expected = from.elements() + (holds ? 0 : 1);
    condition.name = node("Equal", {count, integers({expected})}, {1}).name;
    values_.resize(values_.size() - 2);  // no floats
    condition.taken = holds;
  } else {
    const Value source = between(from);
    const Value peak = node("ReduceMax", {source.name}, {});
    set_attribute(last(), "keepdims", std::int64_t{0});
    condition.name = node("Greater", {peak.name, number(0.25F)}, {}).name;
    values_.resize(values_.size() - 2);
  }
  return condition;
}

/// The nodes drawn leave the graph; what they define, nobody else reads.
Value GraphDraw::branch(onnx::GraphProto& graph, const Value& from, const Dims* wanted) {
  const int first = writer_.graph().node_size();
  const auto values = values_;
  const auto weights = weights_;
  std::vector<std::string> names;
  for (const auto& [name, drawn] : operators()) names.push_back(name);
  Value result = apply(chance(0.4) ? pick({"Conv", "Gemm", "Relu", "Add"}) : pick(names), from);
  result = apply(pick({"Neg", "Sigmoid", "Relu"}), result);
  if (wanted != nullptr && result.dims != *wanted) {
    if (result.elements() == element_count(*wanted)) {
      result = view(result, *wanted);
    } else {
      const Value peak = node("ReduceMax", {from.name}, {});
      set_attribute(last(), "keepdims", std::int64_t{0});
      result = node("Mul", {normals(*wanted, 0.5, 1), peak.name}, *wanted);
    }
  }
  auto& nodes = *writer_.graph().mutable_node();
  std::move(nodes.begin() + first, nodes.end(),
            google::protobuf::RepeatedFieldBackInserter(graph.mutable_node()));
  nodes.DeleteSubrange(first, nodes.size() - first);
  onnx::ValueInfoProto& output = *graph.add_output();
  output.set_name(result.name);
  output.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  values_ = values;
  weights_ = weights;
  return result;
}

Value GraphDraw::branches(const std::string& op, const Value& from) {
  const Condition condition = branch_condition(from);
  onnx::GraphProto yes, no;
  const Value first = branch(yes, from, nullptr);
  const bool may_differ = condition.taken && has(11);
  const Value second = branch(no, from, may_differ ? nullptr : &first.dims);
  const bool is_exact =
      condition.taken ? (*condition.taken ? first : second).is_exact : first.is_exact && second.is_exact;
  Value result =
      node(op, {condition.name}, condition.taken.value_or(true) ? first.dims : second.dims, is_exact);
  const auto add = [&](const char* name, onnx::GraphProto& graph) {
    graph.set_name(name);
    onnx::AttributeProto& attribute = *last().add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::GRAPH);
    attribute.mutable_g()->Swap(&graph);
  };
  add("then_branch", yes);
  add("else_branch", no);
  return result;
}

}  // namespace bitbalance::test
