// Random Loops and Scans: how many steps there are a number or a condition says; bodies that read what is
// around them.
#include <cmath>

#include "tests/quant/onnx/onnx_builder.h"
#include "tests/quant/onnx/random/operator_maker.h"

namespace bitbalance::test {
namespace {

constexpr int kFloat = onnx::TensorProto::FLOAT, kInt = onnx::TensorProto::INT64,
              kBool = onnx::TensorProto::BOOL;

}  // namespace

/// v becomes -v / 2 + addend + x in each step; every v is collected.
RandomOperator OperatorMaker::make_loop() {
  const Tensor image = values(extents(integer(1, 3)));
  RandomOperator result{begin(image.dims), {image.values.begin(), image.values.end()}, {}, false};
  OnnxBuilder& model = result.model;
  const std::int64_t most = integer(1, 4), last = integer(0, 4);
  const bool has_number = chance(), has_condition = !has_number || chance();
  const std::int64_t steps = !has_condition ? most : has_number ? std::min(most, last + 1) : last + 1;
  const float addend = small();
  model.constant("addend", {}, {addend}).constant("last", {last}).constant("most", {most});
  model.constant("half", {}, {-0.5F});
  if (chance()) model.graph().mutable_initializer(2)->clear_dims();
  model.raw_constant("yes", kBool, {}, std::string(1, '\1'));
  for (const std::string& input :
       {std::string(has_number ? "most" : ""), std::string(chance() ? "yes" : ""), std::string("x")})
    node_.add_input(input);
  onnx::GraphProto& body = add_graph(node_, "body");
  declare(*body.add_input(), "step", kInt);
  declare(*body.add_input(), "on", kBool);
  declare(*body.add_input(), "v", kFloat);
  if (has_condition) {
    add_node(body, "Equal", {"step", "last"}, "is_last_1");
    add_node(body, "Not", {"is_last_1"}, "goes_on");
  }
  add_node(body, "Mul", {"v", "half"}, "turned");
  add_node(body, "Add", {"turned", "addend"}, "raised");
  add_node(body, "Add", {"raised", "x"}, "next");
  add_node(body, "Identity", {"next"}, "kept");
  declare(*body.add_output(), has_condition ? "goes_on" : "on", kBool);
  declare(*body.add_output(), "next", kFloat);
  declare(*body.add_output(), "kept", kFloat);
  node_.add_output("all");
  *model.graph().add_node() = node_;
  const bool takes_all = chance();
  model.node("Neg", {takes_all ? "all" : "t"}, "y");
  Dims dims = image.dims;
  if (takes_all) dims.insert(dims.begin(), steps);
  result.expected = onnx_reference::tabulate(dims, [&](Dims at) {
    const std::int64_t count = takes_all ? at.front() + 1 : steps;
    if (takes_all) at.erase(at.begin());
    const double x = onnx_reference::element(image, at);
    double v = x;
    for (std::int64_t i = 0; i < count; ++i) v = -v / 2 + addend + x;
    return -v;
  });
  model.output_rank(static_cast<int>(dims.size()));
  return result;
}

/// A state becomes half of itself plus the part; every state is collected.
RandomOperator OperatorMaker::make_scan() {
  constexpr std::int64_t kHasAxesOfOutputs = 9;
  const std::int64_t rank = integer(2, 3), along = integer(0, rank - 1);
  const Tensor image = values(extents(rank));
  RandomOperator result{begin(image.dims), {image.values.begin(), image.values.end()}, {}, false};
  OnnxBuilder& model = result.model;
  Dims part = image.dims;
  part.erase(part.begin() + along);
  const Tensor first = values(part);
  model.constant("first", part, {first.values.begin(), first.values.end()}).constant("half", {}, {0.5F});
  node_.add_input("first");
  node_.add_input("x");
  set("num_scan_inputs", std::int64_t{1});
  const bool is_backward = chance(), prepends = chance();
  const std::int64_t to = integer(0, rank - 1);
  if (along != 0 || chance()) set("scan_input_axes", Dims{axis(along, rank)});
  if (is_backward || chance()) set("scan_input_directions", Dims{is_backward ? 1 : 0});
  if (to != 0 || chance()) set("scan_output_axes", Dims{axis(to, rank)});
  if (prepends || chance()) set("scan_output_directions", Dims{prepends ? 1 : 0});
  if (opset_ < kHasAxesOfOutputs) node_.mutable_attribute()->Clear();
  onnx::GraphProto& body = add_graph(node_, "body");
  declare(*body.add_input(), "state", kFloat);
  declare(*body.add_input(), "part", kFloat);
  add_node(body, "Mul", {"state", "half"}, "faded");
  add_node(body, "Add", {"faded", "part"}, "next");
  add_node(body, "Identity", {"next"}, "shown");
  declare(*body.add_output(), "next", kFloat);
  declare(*body.add_output(), "shown", kFloat);
  node_.add_output("all");
  *model.graph().add_node() = node_;
  const bool takes_all = chance();
  model.node("Neg", {takes_all ? "all" : "t"}, "y");
  const std::int64_t steps = image.dims[along];
  Dims dims = part;
  if (takes_all) dims.insert(dims.begin() + to, steps);
  result.expected = onnx_reference::tabulate(dims, [&](Dims at) {
    std::int64_t count = steps;
    if (takes_all) {
      count = prepends ? steps - at[to] : at[to] + 1;
      at.erase(at.begin() + to);
    }
    double state = onnx_reference::element(first, at);
    for (std::int64_t i = 0; i < count; ++i) {
      Dims from = at;
      from.insert(from.begin() + along, is_backward ? steps - 1 - i : i);
      state = state / 2 + onnx_reference::element(image, from);
    }
    return -state;
  });
  model.output_rank(static_cast<int>(dims.size()));
  return result;
}

}  // namespace bitbalance::test
