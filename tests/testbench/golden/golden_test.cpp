#include "testbench/golden/golden.h"

#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>
#include <random>

#include "tests/testbench/run/small_network.h"

namespace bitbalance::test {
namespace {

Plane output_of(const QuantizedNetwork& network, const Plane& image, const GoldenOptions& options = {}) {
  validate(network);
  GoldenModel golden(network, options);
  return golden.run(image)[network.output];
}

Window window(int kernel, int stride, int pad, int dilation = 1) {
  Window w;
  w.kernel_h = w.kernel_w = kernel;
  w.stride_h = w.stride_w = stride;
  w.pad_top = w.pad_left = w.pad_bottom = w.pad_right = pad;
  w.dilation_h = w.dilation_w = dilation;
  return w;
}

Plane ramp(int count) {
  Plane plane(static_cast<std::size_t>(count));
  std::iota(plane.begin(), plane.end(), 1);
  return plane;
}

TEST_CASE("golden convolution pads with zero") {
  const auto network = convolution(window(3, 1, 1), {1, 3, 3}, 1, 1, {1, 1, 1, 1, 1, 1, 1, 1, 1});
  CHECK(output_of(network, ramp(9)) == Plane{12, 21, 16, 27, 45, 33, 24, 39, 28});
}

TEST_CASE("golden convolution is a correlation: the kernel is not flipped") {
  const auto network = convolution(window(2, 1, 0), {1, 2, 2}, 1, 1, {1, 10, 100, 1000});
  CHECK(output_of(network, {1, 2, 3, 4}) == Plane{1 + 20 + 300 + 4000});
}

TEST_CASE("golden convolution strides and dilates") {
  // Taps 0 and 2 of each dimension: 1 + 3 + 11 + 13 and so on over a 5 x 5 ramp.
  const auto network = convolution(window(2, 2, 0, 2), {1, 5, 5}, 1, 1, {1, 1, 1, 1});
  CHECK(output_of(network, ramp(25)) == Plane{28, 36, 68, 76});
}

TEST_CASE("golden convolution keeps groups apart") {
  const auto network = convolution(window(1, 1, 0), {4, 1, 1}, 2, 2, {1, 10, 100, 1000});
  CHECK(output_of(network, {1, 2, 3, 4}) == Plane{21, 4300});
}

TEST_CASE("golden requantization rounds halves up, also below zero") {
  auto network = convolution(window(1, 1, 0), {1, 1, 6}, 1, 1, {1});
  network.layers[0].rescale[0] = {1, 1};
  CHECK(output_of(network, {-3, -2, -1, 1, 2, 3}) == Plane{-1, -1, 0, 1, 1, 2});
}

TEST_CASE("golden bias is added before the multiplication") {
  auto network = convolution(window(1, 1, 0), {1, 1, 1}, 2, 1, {2, 2});
  network.layers[0].bias = {10, -10};
  network.layers[0].rescale = {{3, 2}, {3, 2}};
  CHECK(output_of(network, {7}) == Plane{18, 3});  // (14 + 10) * 3 / 4 and (14 - 10) * 3 / 4
}

TEST_CASE("golden results saturate at the clip limits") {
  auto network = convolution(window(1, 1, 0), {1, 1, 3}, 1, 1, {1});
  network.layers[0].clip_low = 0;
  network.layers[0].clip_high = 6;
  CHECK(output_of(network, {-5, 3, 9}) == Plane{0, 3, 6});
}

TEST_CASE("golden products of 48-bit sums and 16-bit multipliers are exact") {
  auto network = convolution(window(1, 1, 0), {1, 1, 1}, 1, 1, {0});
  network.layers[0].bias = {(std::int64_t{1} << 47) - 1};
  network.layers[0].rescale = {{65535, 47}};
  CHECK(output_of(network, {1}) == Plane{32767});  // 65535 before saturation
  network.layers[0].bias = {-((std::int64_t{1} << 47) - 1)};
  network.layers[0].rescale = {{3, 47}};
  CHECK(output_of(network, {1}) == Plane{-3});
}

TEST_CASE("golden residual operand is rescaled on its own and added before the clip") {
  auto network = convolution(window(1, 1, 0), {1, 1, 2}, 1, 1, {2});
  network.layers[0].operand = 0;
  network.layers[0].operand_rescale = {1, 1};
  CHECK(output_of(network, {5, -5}) == Plane{13, -12});  // 10 + 3 and -10 - 2
}

TEST_CASE("golden max pooling never takes padding") {
  auto network = network_of(open_layer(LayerOp::kMaxPool, window(2, 2, 1)), {1, 2, 2}, 1);
  CHECK(output_of(network, {-1, -2, -3, -4}) == Plane{-1, -2, -3, -4});
}

TEST_CASE("golden average pooling divides by the valid elements or by the whole window") {
  auto layer = open_layer(LayerOp::kAvgPool, window(2, 2, 1));
  layer.rescale = {{60, 0}, {30, 0}, {20, 0}, {15, 0}};  // 60 / n
  CHECK(output_of(network_of(layer, {1, 2, 2}, 1), {1, 2, 3, 4}) == Plane{60, 120, 180, 240});
  layer.count_include_pad = true;
  CHECK(output_of(network_of(layer, {1, 2, 2}, 1), {1, 2, 3, 4}) == Plane{15, 30, 45, 60});
}

TEST_CASE("golden functions have an entry for every 8-bit code, behind the clip") {
  auto network = convolution(window(1, 1, 0), {1, 1, 3}, 1, 1, {1});
  for (QuantizedTensor& tensor : network.tensors) tensor.bits = 8;
  QuantizedLayer& layer = network.layers[0];
  layer.clip_low = -128;
  layer.clip_high = 5;
  layer.table.assign(256, 0);
  layer.table[5] = 50;
  layer.table[254] = -20;  // of code -2
  CHECK(output_of(network, {9, -2, 4}) == Plane{50, -20, 0});
}

TEST_CASE("golden functions of 16 bits follow the line between two points, and round halves up") {
  auto layer = open_layer(LayerOp::kLookup, Window{});
  layer.table.assign(257, 0);
  layer.table[128] = 10;  // of code 0
  layer.table[129] = 11;
  layer.table[256] = -512;  // beyond the last code
  auto network = network_of(layer, {1, 1, 6}, 1);
  for (QuantizedTensor& tensor : network.tensors) tensor.bits = 16;
  CHECK(output_of(network, {0, 127, 128, 255, 32767, -128}) == Plane{10, 10, 11, 11, -510, 5});
}

TEST_CASE("golden addition rescales both operands") {
  auto layer = open_layer(LayerOp::kAdd, Window{});
  layer.operand = 0;
  layer.rescale = {{3, 1}};
  layer.operand_rescale = {1, 2};
  CHECK(output_of(network_of(layer, {1, 1, 3}, 1), {4, -4, 1}) == Plane{7, -7, 2});  // 1.5 -> 2, 0.25 -> 0
}

TEST_CASE("golden sums wrap at the accumulator's width when asked to") {
  auto network = convolution(window(1, 1, 0), {1, 1, 3}, 1, 1, {1});
  network.layers[0].bias = {100};
  GoldenOptions options;
  options.wrap_bits_16 = 8;
  CHECK(output_of(network, {27, 28, -229}, options) == Plane{127, -128, 127});
  CHECK(output_of(network, {27, 28, -229}) == Plane{127, 128, -129});
}

TEST_CASE("golden model refuses an image of another size") {
  const auto network = convolution(window(1, 1, 0), {1, 1, 3}, 1, 1, {1});
  GoldenModel golden(network);
  CHECK_THROWS_WITH(golden.run({1, 2}), "golden model: the image has 2 elements; the network takes 3");
}

/// The definition of a convolution: every tap of every output asked whether it is inside the image.
std::int64_t convolution_at(const QuantizedNetwork& network, const Plane& image, int m, int y, int x) {
  const QuantizedLayer& layer = network.layers[0];
  const Shape in = network.tensors[0].shape;
  const int inputs = in.channels / layer.groups;
  const int group = m / (network.tensors[1].shape.channels / layer.groups);
  const Window& w = layer.window;
  std::int64_t sum = layer.bias[m];
  for (int c = 0; c < inputs; ++c) {
    for (int r = 0; r < w.kernel_h; ++r) {
      for (int s = 0; s < w.kernel_w; ++s) {
        const int iy = y * w.stride_h + r * w.dilation_h - w.pad_top;
        const int ix = x * w.stride_w + s * w.dilation_w - w.pad_left;
        if (iy < 0 || iy >= in.height || ix < 0 || ix >= in.width) continue;
        sum += std::int64_t{image[((group * inputs + c) * in.height + iy) * in.width + ix]} *
               layer.weights[((m * inputs + c) * w.kernel_h + r) * w.kernel_w + s];
      }
    }
  }
  return sum;
}

TEST_CASE("golden convolution equals its definition for random shapes") {
  const bool holds = rc::check("sum over the taps inside the image", [] {
    const auto pick = [](int low, int high) { return *rc::gen::inRange(low, high + 1); };
    Window w;
    w.kernel_h = pick(1, 4), w.kernel_w = pick(1, 4);
    w.stride_h = pick(1, 3), w.stride_w = pick(1, 3);
    w.dilation_h = pick(1, 3), w.dilation_w = pick(1, 3);
    w.pad_top = pick(0, 5), w.pad_left = pick(0, 5), w.pad_bottom = pick(0, 5), w.pad_right = pick(0, 5);
    const int groups = pick(1, 3);
    const bool is_one_window = pick(0, 3) == 0;  // but for padding and dilation
    const Shape in{groups * pick(1, 3), is_one_window ? w.kernel_h : pick(1, 9),
                   is_one_window ? w.kernel_w : pick(1, 9)};
    const int outputs = groups * pick(1, 3);
    const Shape out = w.output_shape(in, outputs);
    RC_PRE(out.height > 0 && out.width > 0);
    const auto count = static_cast<std::size_t>(std::int64_t{outputs} * (in.channels / groups) * w.area());
    const auto weights =
        *rc::gen::container<std::vector<std::int16_t>>(count, rc::gen::inRange<std::int16_t>(-9, 10));
    const auto image =
        *rc::gen::container<Plane>(static_cast<std::size_t>(in.elements()), rc::gen::inRange(-9, 10));
    const QuantizedNetwork network = convolution(w, in, outputs, groups, weights);

    const Plane found = output_of(network, image);
    for (int m = 0; m < outputs; ++m) {
      for (int y = 0; y < out.height; ++y) {
        for (int x = 0; x < out.width; ++x) {
          RC_ASSERT(found[(m * out.height + y) * out.width + x] == convolution_at(network, image, m, y, x));
        }
      }
    }
  });
  CHECK(holds);
}

// The lowest bits of sums are the first that floating point would lose: 8-bit products pass 2^24 after 1,024
// taps.
TEST_CASE("golden sums of the largest elements and weights are exact to the last bit") {
  std::mt19937 random(1);
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  for (int seed = 0; seed < 60; ++seed) {
    const int bits = pick(0, 1) == 0 ? 8 : 16;
    const Window w = window(pick(1, 3), pick(1, 2), pick(0, 2), pick(1, 2));
    const int groups = pick(1, 2), outputs = groups * pick(1, 5);
    const Shape in{groups * pick(1, 500), pick(3, 7), pick(3, 7)};
    const Shape out = w.output_shape(in, outputs);
    if (out.elements() == 0) continue;
    // All at one end of the range, or anywhere.
    const int low = -(1 << (bits - 1)), high = -low - 1, kind = pick(0, 2);
    const auto draw = [&] { return kind == 0 ? low : kind == 1 ? high - pick(0, 1) : pick(low, high); };
    std::vector<std::int16_t> weights(static_cast<std::size_t>(outputs) * (in.channels / groups) * w.area());
    for (std::int16_t& weight : weights) weight = static_cast<std::int16_t>(std::max(draw(), -high));
    Plane image(static_cast<std::size_t>(in.elements()));
    for (std::int32_t& element : image) element = draw();
    QuantizedNetwork network = convolution(w, in, outputs, groups, weights);
    network.layers[0].weight_bits = bits;
    network.layers[0].nnzb = bits - 1;
    network.tensors[0].bits = bits;
    GoldenOptions options;
    options.wrap_bits_8 = options.wrap_bits_16 = 16;
    const Plane found = output_of(network, image, options);
    std::size_t i = 0;
    for (int m = 0; m < outputs; ++m) {
      for (int y = 0; y < out.height; ++y) {
        for (int x = 0; x < out.width; ++x)
          REQUIRE(found[i++] == static_cast<std::int16_t>(convolution_at(network, image, m, y, x)));
      }
    }
  }
}

TEST_CASE("golden tensors are the same for any number of threads") {
  struct Case {
    int bits;  ///< products are added up in float or in double
    Shape in;
    Window window;
    int outputs, groups;
  };
  // All with work for threads; groups that channels do not fill by fours; a window that is the whole image.
  const std::vector<Case> cases = {
      {8, {54, 34, 34}, window(3, 1, 1), 54, 3},
      {16, {26, 32, 32}, window(5, 1, 2), 26, 1},
      {8, {256, 32, 32}, window(32, 1, 0), 41, 1},
  };
  std::mt19937 random(1);
  for (const Case& c : cases) {
    CAPTURE(c.in.channels, c.bits);
    const int largest = (1 << (c.bits - 1)) - 1;
    std::uniform_int_distribution<int> draw(-largest, largest);
    std::vector<std::int16_t> weights(static_cast<std::size_t>(c.outputs) * (c.in.channels / c.groups) *
                                      static_cast<std::size_t>(c.window.area()));
    for (std::int16_t& weight : weights) weight = static_cast<std::int16_t>(draw(random));
    Plane image(static_cast<std::size_t>(c.in.elements()));
    for (std::int32_t& element : image) element = draw(random);
    QuantizedNetwork network = convolution(c.window, c.in, c.outputs, c.groups, std::move(weights));
    QuantizedLayer& layer = network.layers[0];
    layer.weight_bits = c.bits;
    layer.nnzb = c.bits - 1;
    network.tensors[0].bits = c.bits;
    if (network.tensors[1].shape == c.in) layer.operand = 0;
    REQUIRE(macs(network, layer) >= 10'000'000);

    GoldenOptions options{16, 16, 1};
    const Plane expected = output_of(network, image, options);
    for (options.threads = 0; options.threads <= 5; ++options.threads) {
      CAPTURE(options.threads);
      CHECK((output_of(network, image, options) == expected));
    }
  }
}

}  // namespace
}  // namespace bitbalance::test
