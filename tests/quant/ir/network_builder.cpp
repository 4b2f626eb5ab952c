#include "tests/quant/ir/network_builder.h"

#include <random>

namespace bitbalance::test {

NetworkBuilder::NetworkBuilder(const Shape& input) {
  network_.name = "test";
  network_.tensors.push_back({"input", input});
}

Node& NetworkBuilder::append(const std::string& name, Op op, int input, const Shape& output) {
  network_.tensors.push_back({name, output});
  Node node;
  node.name = name;
  node.op = op;
  node.input = input;
  node.output = static_cast<int>(network_.tensors.size()) - 1;
  return network_.nodes.emplace_back(std::move(node));
}

int NetworkBuilder::conv(const std::string& name, int input, int out_channels, const Window& window,
                         std::vector<float> weights, std::vector<float> bias, int groups) {
  Node& node = append(name, Op::kConv, input, window.output_shape(network_.shape(input), out_channels));
  node.window = window;
  node.weights = std::move(weights);
  node.bias = std::move(bias);
  node.groups = groups;
  return node.output;
}

int NetworkBuilder::affine(const std::string& name, int input, std::vector<float> scale,
                           std::vector<float> bias) {
  Node& node = append(name, Op::kAffine, input, network_.shape(input));
  node.scale = std::move(scale);
  node.bias = std::move(bias);
  return node.output;
}

int NetworkBuilder::clip(const std::string& name, int input, float low, float high) {
  Node& node = append(name, Op::kClip, input, network_.shape(input));
  node.low = low;
  node.high = high;
  return node.output;
}

int NetworkBuilder::relu(const std::string& name, int input) {
  return clip(name, input, 0, Node().high);
}

int NetworkBuilder::pool(const std::string& name, Op op, int input, const Window& window,
                         bool count_include_pad) {
  const Shape in = network_.shape(input);
  Node& node = append(name, op, input, window.output_shape(in, in.channels));
  node.window = window;
  node.count_include_pad = count_include_pad;
  return node.output;
}

int NetworkBuilder::add(const std::string& name, int input, int operand) {
  Node& node = append(name, Op::kAdd, input, network_.shape(input));
  node.operand = operand;
  return node.output;
}

int NetworkBuilder::concat(const std::string& name, const std::vector<int>& parts) {
  Shape shape = network_.shape(parts.front());
  shape.channels = 0;
  for (const int part : parts) shape.channels += network_.shape(part).channels;
  Node& node = append(name, Op::kConcat, parts.front(), shape);
  node.others.assign(parts.begin() + 1, parts.end());
  return node.output;
}

int NetworkBuilder::lrn(const std::string& name, int input, const Lrn& lrn) {
  Node& node = append(name, Op::kHost, input, network_.shape(input));
  node.host = lrn_graph(network_.shape(input), lrn);
  return node.output;
}

int NetworkBuilder::softmax(const std::string& name, int input) {
  Node& node = append(name, Op::kHost, input, network_.shape(input));
  node.host = softmax_graph(network_.shape(input));
  return node.output;
}

int NetworkBuilder::host(const std::string& name, const std::vector<int>& inputs, HostOperator op) {
  std::vector<HostTensor> zeros;
  std::vector<Dims> extents;
  for (const int input : inputs) {
    const Shape& shape = network_.shape(input);
    extents.push_back({1, shape.channels, shape.height, shape.width});
    zeros.emplace_back(extents.back());
  }
  std::vector<HostView> views(zeros.begin(), zeros.end());
  for (const HostOperand& operand : op.operands) views.emplace_back(operand.constant);
  for (std::size_t i = inputs.size(); i-- > 0;)
    op.operands.insert(op.operands.begin(), HostOperand{static_cast<int>(i), {}});
  op.result = evaluate(op, views).dims;
  Node& node = append(name, Op::kHost, inputs.front(),
                      {static_cast<int>(op.result.at(1)), static_cast<int>(op.result.at(2)),
                       static_cast<int>(op.result.at(3))});
  node.others.assign(inputs.begin() + 1, inputs.end());
  node.host = HostGraph(std::move(extents), std::move(op));
  return node.output;
}

Network NetworkBuilder::build(int output) {
  network_.output = output;
  return network_;
}

HostOperator host_operator(const std::string& type, std::int64_t opset) {
  HostOperator result;
  result.type = type;
  result.opset = opset;
  return result;
}

Window square_window(int kernel, int stride, int pad, int dilation) {
  return {kernel, kernel, stride, stride, dilation, dilation, pad, pad, pad, pad};
}

std::vector<float> random_values(std::int64_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> distribution(-1.0F, 1.0F);
  std::vector<float> values(count);
  for (float& value : values) value = distribution(generator);
  return values;
}

}  // namespace bitbalance::test
