// The graphs that PyTorch exports of torchvision's models, node for node, which are other variants than the
// papers'. tests/quant/onnx/torchvision/ holds them as scenarios/networks/export_torchvision.py --graph
// writes them: weights are inputs of the graph, here filled with a pattern. Graphs and totals are judged.
#include <catch2/catch.hpp>

#include "quant/eval/evaluator.h"
#include "quant/method/quantizer.h"
#include "tests/quant/onnx/onnx_builder.h"
#include "tests/support/temporary_folder.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

/// The graph of a model, with numbers for its weights.
onnx::ModelProto exported(const std::string& name) {
  const std::string file =
      std::string(BITBALANCE_SOURCE_DIR) + "/tests/quant/onnx/torchvision/" + name + ".onnx";
  onnx::ModelProto model;
  REQUIRE(model.ParseFromString(text_of(file)));
  onnx::GraphProto& graph = *model.mutable_graph();
  for (int i = 1; i < graph.input_size(); ++i) {
    onnx::TensorProto& tensor = *graph.add_initializer();
    tensor.set_name(graph.input(i).name());
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    std::size_t elements = 1;
    for (const auto& dim : graph.input(i).type().tensor_type().shape().dim()) {
      tensor.add_dims(dim.dim_value());
      elements *= static_cast<std::size_t>(dim.dim_value());
    }
    std::vector<float> values(elements);
    for (std::size_t e = 0; e < elements; ++e)
      values[e] = static_cast<float>(static_cast<int>(e % 7) - 3) / 64;
    tensor.set_raw_data(values.data(), elements * sizeof(float));
  }
  graph.mutable_input()->DeleteSubrange(1, graph.input_size() - 1);
  return model;
}

Network imported(const std::string& name) {
  return import_bytes(exported(name).SerializeAsString());
}

/// Of convolutions over images, without fully connected layers.
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

/// Layers of the integer network.
std::size_t quantized_layers(const Network& network) {
  Calibration calibration;
  for (const Tensor& tensor : network.tensors) calibration.ranges[tensor.name] = {-1, 1};
  QuantizationOptions options;
  options.scale_search = false;
  return quantize(network, calibration, options).layers.size();
}

}  // namespace

TEST_CASE("torchvision's AlexNet: without groups and LRN, 224x224") {
  const Network network = imported("alexnet");
  CHECK(convolutions(network).macs == 655'566'528);
  CHECK(convolutions(network).layers == 5);
  CHECK(network.shape(network.output).elements() == 1000);
}

TEST_CASE("torchvision's ResNet-50: v1.5, with the stride on the 3x3") {
  const Network network = imported("resnet50");
  CHECK(convolutions(network).macs == 4'087'136'256);
  CHECK(convolutions(network).layers == 53);
  CHECK(quantized_layers(network) ==
        53 + 1 + 1 + 1);  // pooling, average, fully connected: additions are fused
}

TEST_CASE("torchvision's GoogLeNet: 3x3 in the place of 5x5, pools that round up") {
  const Network network = imported("googlenet");
  CHECK(convolutions(network).layers == 57);
  CHECK(convolutions(network).macs == 1'497'352'192);
  CHECK(quantized_layers(network) ==
        57 + 4 + 9 + 1 + 1);  // pools, those of modules, average, fully connected
}

TEST_CASE("torchvision's GoogLeNet with transform_input begins with a scale and a bias for each channel") {
  const Network network = imported("googlenet_transform");
  REQUIRE(network.nodes.front().op == Op::kAffine);
  CHECK(network.nodes.front().input == network.input);
  const std::vector<float> scale = {0.229F / 0.5F, 0.224F / 0.5F, 0.225F / 0.5F};
  const std::vector<float> bias = {(0.485F - 0.5F) / 0.5F, (0.456F - 0.5F) / 0.5F, (0.406F - 0.5F) / 0.5F};
  for (std::size_t c = 0; c < 3; ++c) {
    CHECK(network.nodes.front().scale[c] == Approx(scale[c]));
    CHECK(network.nodes.front().bias[c] == Approx(bias[c]));
  }
  CHECK(quantized_layers(network) == 1 + 57 + 4 + 9 + 1 + 1);
}

TEST_CASE("channels in another order, or one twice, are no transform of the input and remain on the host") {
  for (const bool swaps : {true, false}) {
    onnx::ModelProto model = exported("googlenet_transform");
    onnx::GraphProto& graph = *model.mutable_graph();
    for (onnx::NodeProto& node : *graph.mutable_node()) {
      if (node.name() != "/Concat") continue;
      if (swaps) node.mutable_input()->SwapElements(0, 1);
      if (!swaps) node.set_input(1, node.input(0));
    }
    const Network network = import_bytes(model.SerializeAsString());
    CHECK(network.nodes.front().op == Op::kHost);
  }
}

TEST_CASE("torchvision's smaller networks are imported") {
  CHECK(convolutions(imported("resnet18")).macs == 1'813'561'344);
  CHECK(convolutions(imported("squeezenet1_1")).macs == 349'151'936);
  CHECK(convolutions(imported("mobilenet_v2")).macs == 299'494'272);
}
