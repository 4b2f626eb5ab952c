// What validate() refuses, and the count of multiplications.
#include "quant/ir/quantized_network.h"
#include "tests/support/names.h"

#include <catch2/catch.hpp>

#include <functional>
#include <stdexcept>

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

QuantizedTensor tensor(const char* name, const Shape& shape) {
  QuantizedTensor result;
  result.name = name;
  result.shape = shape;
  return result;
}

// 4x5x5 -> convolution 3x3 in two groups -> 6x3x3 -> average pooling 3x3 -> 6x1x1.
QuantizedNetwork valid_network() {
  QuantizedNetwork network;
  network.name = "test";
  network.tensors = {tensor("image", {4, 5, 5}), tensor("features", {6, 3, 3}), tensor("mean", {6, 1, 1})};
  network.output = 2;
  QuantizedLayer conv;
  conv.name = "conv";
  conv.input = 0;
  conv.output = 1;
  conv.window.kernel_h = conv.window.kernel_w = 3;
  conv.groups = 2;
  conv.nnzb = 2;
  conv.weights.assign(6 * 2 * 9, 3);
  conv.bias.assign(6, 0);
  conv.rescale.assign(6, {40000, 20});
  QuantizedLayer pool;
  pool.name = "pool";
  pool.op = LayerOp::kAvgPool;
  pool.input = 1;
  pool.output = 2;
  pool.window = conv.window;
  pool.rescale.assign(9, {40000, 20});
  network.layers = {conv, pool};
  return network;
}

struct Breakage {
  const char* message;
  std::function<void(QuantizedNetwork&)> apply;
};

}  // namespace

TEST_CASE("multiplications count a group's channels only") {
  const QuantizedNetwork network = valid_network();
  CHECK(macs(network, network.layers[0]) == 6 * 9 * 9 * 2);
  CHECK(macs(network, network.layers[1]) == 0);
}

TEST_CASE("a sound network is valid") {
  CHECK_NOTHROW(validate(valid_network()));
}

TEST_CASE("a broken network is refused by layer and field") {
  const std::vector<Breakage> breakages = {
      {"no layers", [](auto& n) { n.layers.clear(); }},
      {"output 7", [](auto& n) { n.output = 7; }},
      {"output 'image2' is written by no layer",
       [](auto& n) {
         n.tensors.push_back(tensor("image2", {1, 1, 1}));
         n.output = 3;
       }},
      {"tensor 'image': bits is 9", [](auto& n) { n.tensors[0].bits = 9; }},
      {"signed at 16 bit",
       [](auto& n) {
         n.tensors[0].bits = 16;
         n.tensors[0].is_signed = false;
       }},
      {"tensor 'mean': scale is 0", [](auto& n) { n.tensors[2].scale = 0; }},
      {"tensor 'image': shape is 0x5x5", [](auto& n) { n.tensors[0].shape.channels = 0; }},
      {"layer 'conv': input: tensor -1", [](auto& n) { n.layers[0].input = -1; }},
      {"layer 'conv': input: 'mean' is read before it is written", [](auto& n) { n.layers[0].input = 2; }},
      {"layer 'conv': output: 'image' is written twice", [](auto& n) { n.layers[0].output = 0; }},
      {"layer 'conv': output: tensor 9", [](auto& n) { n.layers[0].output = 9; }},
      {"layer 'conv': operand: shape 4x5x5", [](auto& n) { n.layers[0].operand = 0; }},
      {"layer 'pool': operand: only convolution and addition have one",
       [](auto& n) { n.layers[1].operand = 0; }},
      {"layer 'conv': window: kernel", [](auto& n) { n.layers[0].window.stride_w = 0; }},
      {"layer 'conv': window: pads", [](auto& n) { n.layers[0].window.pad_left = -1; }},
      {"layer 'conv': output: shape 6x3x3; input and window give 6x5x3",
       [](auto& n) { n.layers[0].window.kernel_h = 1; }},
      {"layer 'pool': window: dilated", [](auto& n) { n.layers[1].window.dilation_h = 2; }},
      {"layer 'pool': window: a pooling window lies in the padding",
       [](auto& n) {
         n.layers[1].window.pad_top = 3;
         n.layers[1].window.stride_h = 4;
       }},
      {"layer 'conv': groups: 4", [](auto& n) { n.layers[0].groups = 4; }},
      {"layer 'conv': weight_bits: 17", [](auto& n) { n.layers[0].weight_bits = 17; }},
      {"layer 'conv': nnzb: 8; accepted: 1 to 7", [](auto& n) { n.layers[0].nnzb = 8; }},
      {"layer 'conv': weights: 107 values; the shapes ask for 108",
       [](auto& n) { n.layers[0].weights.pop_back(); }},
      {"layer 'conv': weights: element 5 is 128", [](auto& n) { n.layers[0].weights[5] = 128; }},
      {"layer 'conv': weights: element 5 is -7 with 3 tokens", [](auto& n) { n.layers[0].weights[5] = -7; }},
      {"layer 'conv': bias: 5 values", [](auto& n) { n.layers[0].bias.pop_back(); }},
      {"exceeds 48 bits", [](auto& n) { n.layers[0].bias[1] = std::int64_t{1} << 47; }},
      {"layer 'conv': rescale: 5 entries; accepted: 6", [](auto& n) { n.layers[0].rescale.pop_back(); }},
      {"layer 'pool': rescale: 8 entries; accepted: 9", [](auto& n) { n.layers[1].rescale.pop_back(); }},
      {"layer 'conv': rescale: shift above 47", [](auto& n) { n.layers[0].rescale[2].shift = 48; }},
      {"layer 'pool': output: scale differs",
       [](auto& n) {
         n.layers[1].op = LayerOp::kMaxPool;
         n.layers[1].rescale.clear();
         n.tensors[2].scale = 2;
       }},
      {"layer 'pool': table: 256 entries; accepted: a table of every look-up",
       [](auto& n) { n.layers[1].table.resize(256); }},
      {"layer 'conv': table: 257 entries; accepted: 256", [](auto& n) { n.layers[0].table.resize(257); }},
      {"layer 'conv': table: entry 128; accepted: -128 to 127",
       [](auto& n) { n.layers[0].table.assign(256, 128); }},
      {"layer 'conv': clip: -1 to 200; accepted: within -128 to 127",
       [](auto& n) {
         n.layers[0].table.resize(256);
         n.layers[0].clip_low = -1;
         n.layers[0].clip_high = 200;
       }},
      {"layer 'pool': table: 0 entries; accepted: a table of every look-up",
       [](auto& n) {
         n.tensors[2].shape = n.tensors[1].shape;
         n.layers[1].op = LayerOp::kLookup;
         n.layers[1].rescale.clear();
       }},
      {"layer 'pool': table: from 8 to 16 bits; accepted: the same",
       [](auto& n) {
         n.tensors[2] = tensor("mean", n.tensors[1].shape);
         n.tensors[2].bits = 16;
         n.layers[1].op = LayerOp::kLookup;
         n.layers[1].rescale.clear();
         n.layers[1].table.resize(257);
       }},
      {"layer 'conv': clip: -128 to 128", [](auto& n) { n.layers[0].clip_high = 128; }},
      {"layer 'conv': clip: -128 to 127; accepted: within 0 to 255",
       [](auto& n) { n.tensors[1].is_signed = false; }},
  };
  for (const Breakage& breakage : breakages) {
    CAPTURE(breakage.message);
    QuantizedNetwork network = valid_network();
    breakage.apply(network);
    CHECK_THROWS_WITH(validate(network), Catch::Contains(breakage.message));
    CHECK_THROWS_AS(validate(network), std::invalid_argument);
  }
}

TEST_CASE("a signed-digit weight is judged by its signed digits") {
  QuantizedNetwork network = valid_network();
  network.layers[0].weights[5] = 7;  // 8 - 1
  network.layers[0].token_form = TokenForm::kSignedDigit;
  CHECK_NOTHROW(validate(network));
}

namespace {

// Two poolings side by side, which fill a tensor between them.
QuantizedNetwork concatenation() {
  QuantizedNetwork n;
  n.name = "test";
  n.tensors = {tensor("image", {2, 3, 3}), tensor("whole", {4, 3, 3}), tensor("low", {2, 3, 3}),
               tensor("high", {2, 3, 3})};
  for (const int part : {2, 3}) {
    n.tensors[part].parent = 1;
    n.tensors[part].channel_offset = part == 2 ? 0 : 2;
    QuantizedLayer layer;
    layer.name = n.tensors[part].name;
    layer.op = LayerOp::kMaxPool;
    layer.input = 0;
    layer.output = part;
    n.layers.push_back(layer);
  }
  n.output = 1;
  return n;
}

}  // namespace

TEST_CASE("slices must lie in their parent, keep its format, and cover it") {
  CHECK_NOTHROW(validate(concatenation()));
  const std::vector<Breakage> breakages = {
      {"tensor 'high': slice of tensor 9", [](auto& n) { n.tensors[3].parent = 9; }},
      {"tensor 'high': slice of tensor 2", [](auto& n) { n.tensors[3].parent = 2; }},
      {"tensor 'high': 2x3x3 from channel 3 is no slice of 4x3x3",
       [](auto& n) { n.tensors[3].channel_offset = 3; }},
      {"tensor 'low': format differs from that of 'whole'", [](auto& n) { n.tensors[2].is_signed = false; }},
      {"layer 'high': output: 'high' is written twice", [](auto& n) { n.tensors[3].channel_offset = 1; }},
      {"output 'whole' is written by no layer", [](auto& n) { n.layers.pop_back(); }},
  };
  for (const Breakage& breakage : breakages) {
    CAPTURE(breakage.message);
    QuantizedNetwork network = concatenation();
    breakage.apply(network);
    CHECK_THROWS_WITH(validate(network), Catch::Contains(breakage.message));
  }
}
