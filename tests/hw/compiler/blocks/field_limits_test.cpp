// Layers that are larger than a field of a command can say are cut, whatever the buffers would hold.
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "hw/compiler/mapper.h"
#include "tests/support/golden_check.h"
#include "tests/support/program_interpreter.h"
#include "tests/support/random/random_case.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

QuantizedNetwork network_of(QuantizedLayer layer, const Shape& in, const Shape& out) {
  QuantizedNetwork n;
  n.tensors = {{"in", in, 8, true, 1.0}, {"out", out, 8, true, 1.0}};
  n.input = 0;
  n.output = 1;
  layer.name = "layer";
  layer.input = 0;
  layer.output = 1;
  n.layers = {std::move(layer)};
  validate(n);
  return n;
}

QuantizedNetwork convolution(const Shape& in, const Shape& out, const Window& window) {
  QuantizedLayer layer;
  layer.window = window;
  layer.weight_bits = 8;
  layer.nnzb = 2;
  const auto outputs = static_cast<std::size_t>(out.channels);
  layer.weights.assign(outputs * static_cast<std::size_t>(in.channels * window.kernel_h * window.kernel_w),
                       1);
  layer.bias.assign(outputs, 3);
  layer.rescale.assign(outputs, Rescale{1, 4});
  return network_of(layer, in, out);
}

QuantizedNetwork of_vector_unit(LayerOp op, const Shape& in, const Shape& out, const Window& window = {}) {
  QuantizedLayer layer;
  layer.op = op;
  layer.window = window;
  if (op == LayerOp::kAdd) {
    layer.operand = 0;
    layer.rescale = {Rescale{1, 1}};
    layer.operand_rescale = Rescale{1, 1};
  }
  return network_of(layer, in, out);
}

Window row_window(int kernel, int stride) {
  Window w;
  w.kernel_w = kernel;
  w.stride_w = stride;
  return w;
}

Window column_window(int kernel, int stride) {
  Window w;
  w.kernel_h = kernel;
  w.stride_h = stride;
  return w;
}

std::vector<QuantizedNetwork> networks(int extent) {
  const int outputs = (extent - 10) / 5 + 1, pooled = extent / 2;
  return {
      convolution({extent, 1, 1}, {8, 1, 1}, {}),
      convolution({2, 1, 1}, {extent, 1, 1}, {}),
      convolution({1, 1, extent}, {8, 1, outputs}, row_window(10, 5)),
      convolution({1, extent, 1}, {8, outputs, 1}, column_window(10, 5)),
      of_vector_unit(LayerOp::kAdd, {extent, 1, 1}, {extent, 1, 1}),
      of_vector_unit(LayerOp::kAdd, {1, 1, extent}, {1, 1, extent}),
      of_vector_unit(LayerOp::kMaxPool, {1, 1, extent}, {1, 1, pooled}, row_window(2, 2)),
      of_vector_unit(LayerOp::kMaxPool, {1, extent, 1}, {1, pooled, 1}, column_window(2, 2)),
  };
}

}  // namespace

TEST_CASE("layers beyond the fields of a command are cut into blocks, also where buffers hold more") {
  AcceleratorConfig large;
  large.activation_buffer_bytes = large.output_buffer_bytes = large.parameter_buffer_bytes = 1 << 20;
  large.weight_bank_bytes = 1 << 17;
  for (const int extent : {65'534, 65'536, 70'000, 140'000}) {
    const std::vector<QuantizedNetwork> all = networks(extent);
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (const AcceleratorConfig& config : {AcceleratorConfig(), large}) {
        for (const MappingEffort effort : {MappingEffort::kFast, MappingEffort::kGood}) {
          CAPTURE(extent, i, config.output_buffer_bytes, to_string(effort));
          RandomCase c;
          c.network = all[i];
          c.config = config;
          MapperOptions options;
          options.effort = effort;
          c.mapped = build_program(c.network, c.config, options);
          std::mt19937 random(static_cast<unsigned>(extent));
          c.images.resize(1);
          c.images[0].resize(static_cast<std::size_t>(c.network.tensors[0].shape.elements()));
          for (auto& value : c.images[0]) value = static_cast<int>(random() % 255) - 127;
          const auto data = interpret(c.mapped.program, c.config,
                                      place_images(c.mapped.program, c.network, c.images, kUnwritten), 0);
          REQUIRE(first_mismatch(c, data) == "");
        }
      }
    }
  }
}
