// Random Ifs: conditions that the file, the extents or the image decide; branches that read what is around
// them, with the names of the other branch.
#include <cmath>
#include <numeric>

#include "tests/quant/onnx/onnx_builder.h"
#include "tests/quant/onnx/random/operator_maker.h"

namespace bitbalance::test {
namespace {

/// Of an element: operators of one operand that every operator set has.
const std::vector<std::pair<std::string, double (*)(double)>>& functions() {
  static const std::vector<std::pair<std::string, double (*)(double)>> table = {
      {"Neg", [](double x) { return -x; }},
      {"Abs", [](double x) { return std::fabs(x); }},
      {"Relu", [](double x) { return x > 0 ? x : 0.0; }},
      {"Sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
      {"Identity", [](double x) { return x; }},
  };
  return table;
}

}  // namespace

/// Fills a branch with a function of `of`, an addend of its own and maybe another If; gives the element's
/// function where the conditions around it hold.
std::function<double(double)> OperatorMaker::fill(onnx::GraphProto& graph, const std::string& of, int depth) {
  const auto [op, f] = one_of(functions());
  const float addend = small();
  onnx::TensorProto& constant = *graph.add_initializer();
  const std::string level = std::to_string(depth), sum = "sum" + level, inner_name = "inner" + level;
  constant.set_name((chance() ? "addend" : "c") + level);
  constant.set_data_type(onnx::TensorProto::FLOAT);
  constant.add_float_data(addend);
  const std::string value = "value" + level;
  add_node(graph, op, {of}, value);
  add_node(graph, "Add", {value, constant.name()}, sum);
  const auto own = [f = f, addend](double x) { return f(x) + addend; };
  if (depth == 0 || chance()) {
    declare(*graph.add_output(), sum, onnx::TensorProto::FLOAT);
    return own;
  }
  const bool is_taken = chance();
  onnx::NodeProto& inner = add_node(graph, "If", {is_taken ? "yes" : "no"}, inner_name);
  const auto taken = fill(add_graph(inner, is_taken ? "then_branch" : "else_branch"), sum, depth - 1);
  fill(add_graph(inner, is_taken ? "else_branch" : "then_branch"), of, depth - 1);
  declare(*graph.add_output(), inner_name, onnx::TensorProto::FLOAT);
  return [own, taken](double x) { return taken(own(x)); };
}

RandomOperator OperatorMaker::make_branches() {
  const Tensor image = values(extents(integer(1, 3)));
  RandomOperator result{begin(image.dims), {image.values.begin(), image.values.end()}, {}, false};
  OnnxBuilder& model = result.model;
  model.raw_constant("yes", onnx::TensorProto::BOOL, {}, std::string(1, '\1'));
  model.raw_constant("no", onnx::TensorProto::BOOL, {1}, std::string(1, '\0'));
  std::string condition = one_of<std::string>({"yes", "no", "by extents", "by image"});
  bool holds = condition == "yes";
  if (condition == "by extents") {
    const std::int64_t count = onnx_reference::volume(image.dims), expected = chance() ? count : 5;
    holds = count == expected;
    model.constant("expected", {expected});
    add_node(model.graph(), "Size", {"x"}, "count");
    add_node(model.graph(), "Equal", {"count", "expected"}, condition);
  } else if (condition == "by image") {
    const float bound = small() - 1;
    holds = std::accumulate(image.values.begin(), image.values.end(), 0.0) > bound;
    model.constant("bound", {}, {bound});
    set_attribute(add_node(model.graph(), "ReduceSum", {"x"}, "total"), "keepdims", std::int64_t{0});
    add_node(model.graph(), "Greater", {"total", "bound"}, condition);
  }
  node_.add_input(condition);
  constexpr int kDepth = 2;
  const auto yes = fill(add_graph(node_, "then_branch"), "x", kDepth);
  const auto no = fill(add_graph(node_, "else_branch"), "x", kDepth);
  *model.graph().add_node() = node_;
  model.node("Neg", {"t"}, "y");
  result.expected = onnx_reference::tabulate(image.dims, [&](const Dims& at) {
    const double x = onnx_reference::element(image, at);
    return -(holds ? yes : no)(x);
  });
  model.output_rank(static_cast<int>(image.dims.size()));
  return result;
}

}  // namespace bitbalance::test
