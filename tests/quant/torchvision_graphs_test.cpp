// Graphs as PyTorch exports torchvision's models, which are other variants than the papers':
// BatchNormalization behind every convolution, rounding-up pools, Concat, a symbolic batch. Weights are zero;
// graphs and totals are judged.
#include <array>
#include <catch2/catch.hpp>

#include "onnx_builder.h"
#include "quant/quantizer.h"

using namespace bitbalance;

namespace {

using Ints = std::vector<std::int64_t>;

struct Value {
  std::string name;
  std::int64_t channels;
};

/// Writes the nodes of an exported model one behind the other.
class Exporter {
 public:
  explicit Exporter(int size) : model_({-1, 3, size, size}) { model_.output_rank(2); }

  Value image() const { return {"x", 3}; }

  Value conv(const Value& in, std::int64_t channels, std::int64_t kernel, std::int64_t stride,
             std::int64_t pad) {
    const std::string weights = next("w");
    model_.constant(weights, {channels, in.channels, kernel, kernel},
                    std::vector<float>(channels * in.channels * kernel * kernel));
    auto& node = model_.node("Conv", {in.name, weights}, next("conv"));
    set(node, "dilations", Ints{1, 1});
    set(node, "group", std::int64_t{1});
    set(node, "kernel_shape", Ints{kernel, kernel});
    set(node, "pads", Ints{pad, pad, pad, pad});
    set(node, "strides", Ints{stride, stride});
    return {node.output(0), channels};
  }
  Value normalized(const Value& in, std::int64_t channels, std::int64_t kernel, std::int64_t stride,
                   std::int64_t pad) {
    const Value v = conv(in, channels, kernel, stride, pad);
    std::vector<std::string> inputs = {v.name};
    for (const float value : {1.0F, 0.0F, 0.0F, 1.0F}) {  // gamma, beta, mean, variance
      inputs.push_back(next("bn"));
      model_.constant(inputs.back(), {channels}, std::vector<float>(channels, value));
    }
    auto& node = model_.node("BatchNormalization", inputs, next("normalized"));
    set(node, "epsilon", 1e-5F);
    return {node.output(0), channels};
  }
  Value relu(const Value& in) {
    return {model_.node("Relu", {in.name}, next("relu")).output(0), in.channels};
  }
  Value pool(const Value& in, std::int64_t kernel, std::int64_t stride, std::int64_t pad, bool ceil) {
    auto& node = model_.node("MaxPool", {in.name}, next("pool"));
    set(node, "ceil_mode", std::int64_t{ceil});
    set(node, "kernel_shape", Ints{kernel, kernel});
    set(node, "pads", Ints{pad, pad, pad, pad});
    set(node, "strides", Ints{stride, stride});
    return {node.output(0), in.channels};
  }
  Value add(const Value& a, const Value& b) {
    return {model_.node("Add", {a.name, b.name}, next("sum")).output(0), a.channels};
  }
  Value concat(const std::vector<Value>& parts) {
    std::vector<std::string> names;
    std::int64_t channels = 0;
    for (const Value& part : parts) {
      names.push_back(part.name);
      channels += part.channels;
    }
    auto& node = model_.node("Concat", names, next("concat"));
    set(node, "axis", std::int64_t{1});
    return {node.output(0), channels};
  }
  /// Global average, Flatten, Gemm.
  Network finish(const Value& in) {
    const std::string mean = model_.node("GlobalAveragePool", {in.name}, next("mean")).output(0);
    auto& flatten = model_.node("Flatten", {mean}, next("flat"));
    set(flatten, "axis", std::int64_t{1});
    model_.constant("fc", {1000, in.channels}, std::vector<float>(1000 * in.channels));
    model_.constant("fc_bias", {1000}, std::vector<float>(1000));
    auto& gemm = model_.node("Gemm", {flatten.output(0), "fc", "fc_bias"}, "y");
    set(gemm, "transB", std::int64_t{1});
    return model_.import();
  }

 private:
  std::string next(const std::string& stem) { return stem + std::to_string(++number_); }

  OnnxBuilder model_;
  int number_ = 0;
};

/// Of convolutions over images.
struct Totals {
  std::int64_t macs = 0;
  int layers = 0;
};
Totals convolutions(const Network& network) {
  Totals totals;
  for (const Node& node : network.nodes) {
    const Shape& out = network.shape(node.output);
    if (node.op != Op::kConv || out.height == 1) continue;
    totals.macs += static_cast<std::int64_t>(node.weights.size()) * out.height * out.width;
    ++totals.layers;
  }
  return totals;
}

/// Layers of the integer network; all-zero weights serve.
std::size_t quantized_layers(const Network& network) {
  Calibration calibration;
  for (const Tensor& tensor : network.tensors) calibration.ranges[tensor.name] = {-1, 1};
  QuantizationOptions options;
  options.scale_search = false;
  return quantize(network, calibration, options).layers.size();
}

}  // namespace

TEST_CASE("torchvision's AlexNet: without groups and LRN, 224x224") {
  Exporter e(224);
  Value v = e.pool(e.relu(e.conv(e.image(), 64, 11, 4, 2)), 3, 2, 0, false);
  v = e.pool(e.relu(e.conv(v, 192, 5, 1, 2)), 3, 2, 0, false);
  v = e.relu(e.conv(v, 384, 3, 1, 1));
  v = e.relu(e.conv(v, 256, 3, 1, 1));
  v = e.pool(e.relu(e.conv(v, 256, 3, 1, 1)), 3, 2, 0, false);
  const Network network = e.finish(v);
  CHECK(convolutions(network).macs == 655'566'528);
  CHECK(convolutions(network).layers == 5);
}

TEST_CASE("torchvision's ResNet-50: v1.5, with the stride on the 3x3") {
  Exporter e(224);
  Value v = e.pool(e.relu(e.normalized(e.image(), 64, 7, 2, 3)), 3, 2, 1, false);
  const std::vector<std::pair<int, int>> stages = {{3, 64}, {4, 128}, {6, 256}, {3, 512}};
  for (std::size_t stage = 0; stage < stages.size(); ++stage) {
    const auto [blocks, channels] = stages[stage];
    for (int block = 0; block < blocks; ++block) {
      const int stride = block == 0 && stage > 0 ? 2 : 1;
      Value branch = e.relu(e.normalized(v, channels, 1, 1, 0));
      branch = e.relu(e.normalized(branch, channels, 3, stride, 1));
      branch = e.normalized(branch, 4 * channels, 1, 1, 0);
      const Value shortcut = block == 0 ? e.normalized(v, 4 * channels, 1, stride, 0) : v;
      v = e.relu(e.add(branch, shortcut));
    }
  }
  const Network network = e.finish(v);
  CHECK(convolutions(network).macs == 4'087'136'256);
  CHECK(convolutions(network).layers == 53);
  CHECK(quantized_layers(network) ==
        53 + 1 + 1 + 1);  // pooling, average, fully connected: additions are fused
}

TEST_CASE("torchvision's GoogLeNet: 3x3 in the place of 5x5, pools that round up") {
  Exporter e(224);
  const auto basic = [&](const Value& in, int channels, int kernel, int stride, int pad) {
    return e.relu(e.normalized(in, channels, kernel, stride, pad));
  };
  Value v = e.pool(basic(e.image(), 64, 7, 2, 3), 3, 2, 0, true);
  v = e.pool(basic(basic(v, 64, 1, 1, 0), 192, 3, 1, 1), 3, 2, 0, true);
  const std::vector<std::array<int, 6>> modules = {
      {64, 96, 128, 16, 32, 32},     {128, 128, 192, 32, 96, 64},   {192, 96, 208, 16, 48, 64},
      {160, 112, 224, 24, 64, 64},   {128, 128, 256, 24, 64, 64},   {112, 144, 288, 32, 64, 64},
      {256, 160, 320, 32, 128, 128}, {256, 160, 320, 32, 128, 128}, {384, 192, 384, 48, 128, 128}};
  for (std::size_t i = 0; i < modules.size(); ++i) {
    const auto& m = modules[i];
    const Value one = basic(v, m[0], 1, 1, 0);
    const Value three = basic(basic(v, m[1], 1, 1, 0), m[2], 3, 1, 1);
    const Value five = basic(basic(v, m[3], 1, 1, 0), m[4], 3, 1, 1);
    const Value pooled = basic(e.pool(v, 3, 1, 1, true), m[5], 1, 1, 0);
    v = e.concat({one, three, five, pooled});
    if (i == 1) v = e.pool(v, 3, 2, 0, true);
    if (i == 6) v = e.pool(v, 2, 2, 0, true);
  }
  const Network network = e.finish(v);
  CHECK(convolutions(network).layers == 57);
  CHECK(quantized_layers(network) ==
        57 + 4 + 9 + 1 + 1);  // pools, those of modules, average, fully connected
}
