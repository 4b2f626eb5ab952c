// If in a random graph: whatever else is drawn, in branches; Loop and Scan around a step.
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

/// A value, or the rows of a tensor, faded into the one of the step before.
Value GraphDraw::loop(const std::string& op, const Value& given) {
  constexpr std::int64_t kMostSteps = 8;
  const bool is_scan = op == "Scan";
  if (is_scan && given.dims[1] > kMostSteps) return binary("Add", given);
  const Value from = is_scan && given.rank() == 2 ? view(given, {1, given.dims[1], 1}) : given;
  Dims part = from.dims;
  if (is_scan) part.erase(part.begin() + 1);
  const std::int64_t steps = is_scan ? from.dims[1] : uniform(1, 4);
  std::vector<std::string> inputs;
  if (is_scan) {
    inputs = {normals(part, 0, 1), from.name};
  } else {
    inputs = {integers({steps}), chance(0.5) ? "" : bytes(onnx::TensorProto::BOOL, {}, {1}), from.name};
  }
  const std::string half = number(0.5F);
  const bool takes_all = chance(0.5);
  Dims dims = part;
  if (takes_all) dims.insert(dims.begin() + (is_scan ? 1 : 0), steps);
  const Value result = node(op, inputs, dims);
  values_.pop_back();
  onnx::NodeProto& made = last();
  if (takes_all) *made.mutable_output(0) = result.name + "_last", made.add_output(result.name);
  onnx::AttributeProto& attribute = *made.add_attribute();
  attribute.set_name("body");
  attribute.set_type(onnx::AttributeProto::GRAPH);
  onnx::GraphProto& body = *attribute.mutable_g();
  body.set_name("body");
  const auto declare = [&](onnx::ValueInfoProto& info, const std::string& name, int type) {
    info.set_name(name);
    onnx::TypeProto_Tensor& tensor = *info.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(type);
    tensor.mutable_shape();
    if (type == onnx::TensorProto::FLOAT)
      for (const std::int64_t extent : part) tensor.mutable_shape()->add_dim()->set_dim_value(extent);
  };
  const auto add = [&](const std::string& type, const std::vector<std::string>& operands,
                       const std::string& output) {
    onnx::NodeProto& step = *body.add_node();
    step.set_op_type(type);
    step.set_name(result.name + "_" + output);
    for (const std::string& operand : operands) step.add_input(operand);
    step.add_output(output);
  };
  if (!is_scan) declare(*body.add_input(), "step", onnx::TensorProto::INT64);
  if (!is_scan) declare(*body.add_input(), "on", onnx::TensorProto::BOOL);
  declare(*body.add_input(), "state", onnx::TensorProto::FLOAT);
  if (is_scan) declare(*body.add_input(), "part", onnx::TensorProto::FLOAT);
  add("Mul", {"state", half}, "faded");
  add("Add", {"faded", is_scan ? "part" : from.name}, "next");
  if (!is_scan) add("Identity", {"on"}, "goes_on");
  if (!is_scan) declare(*body.add_output(), "goes_on", onnx::TensorProto::BOOL);
  declare(*body.add_output(), "next", onnx::TensorProto::FLOAT);
  if (takes_all) add("Identity", {"next"}, "kept");
  if (takes_all) declare(*body.add_output(), "kept", onnx::TensorProto::FLOAT);
  if (is_scan) {
    set_attribute(made, "num_scan_inputs", std::int64_t{1});
    set_attribute(made, "scan_input_axes", Dims{1});
    if (takes_all) set_attribute(made, "scan_output_axes", Dims{1});
    if (chance(0.3)) set_attribute(made, "scan_input_directions", Dims{1});
  }
  if (takes_all && !is_scan) {  // steps are no batch
    Dims rows = {1, steps * element_count(part) / part.back(), part.back()};
    return view(result, rows);
  }
  values_.push_back(result);
  return result;
}

}  // namespace bitbalance::test
