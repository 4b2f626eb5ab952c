// The float evaluator against plain loops and hand-computed values.
#include "quant/eval/evaluator.h"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <numeric>
#include <stdexcept>

#include "quant/eval/convolve.h"
#include "tests/quant/ir/network_builder.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

std::vector<double> plain_convolution(const Network& network, const std::vector<float>& x) {
  const Node& node = network.nodes[0];
  const Shape in = network.shape(node.input);
  const Shape out = network.shape(node.output);
  const Window& w = node.window;
  const int group_inputs = in.channels / node.groups;
  std::vector<double> y;
  for (int m = 0; m < out.channels; ++m) {
    const int first_channel = m / (out.channels / node.groups) * group_inputs;
    for (int oy = 0; oy < out.height; ++oy) {
      for (int ox = 0; ox < out.width; ++ox) {
        double sum = node.bias[m];
        for (int c = 0; c < group_inputs; ++c) {
          for (int r = 0; r < w.kernel_h; ++r) {
            for (int s = 0; s < w.kernel_w; ++s) {
              const int iy = oy * w.stride_h - w.pad_top + r * w.dilation_h;
              const int ix = ox * w.stride_w - w.pad_left + s * w.dilation_w;
              if (iy < 0 || iy >= in.height || ix < 0 || ix >= in.width) continue;
              sum += static_cast<double>(x[((first_channel + c) * in.height + iy) * in.width + ix]) *
                     node.weights[((m * group_inputs + c) * w.kernel_h + r) * w.kernel_w + s];
            }
          }
        }
        y.push_back(sum);
      }
    }
  }
  return y;
}

}  // namespace

TEST_CASE("inputs under windows are the same by rows and by pixels") {
  CHECK(rc::check("gather_rows() and gather()", [] {
    eval::ConvolutionShape shape;
    Window& w = shape.window;
    w.kernel_h = *rc::gen::inRange(1, 4), w.kernel_w = *rc::gen::inRange(1, 4);
    w.stride_h = *rc::gen::inRange(1, 4), w.stride_w = *rc::gen::inRange(1, 4);
    w.dilation_h = *rc::gen::inRange(1, 3), w.dilation_w = *rc::gen::inRange(1, 3);
    w.pad_top = *rc::gen::inRange(0, 4), w.pad_left = *rc::gen::inRange(0, 4);
    w.pad_bottom = *rc::gen::inRange(0, 4), w.pad_right = *rc::gen::inRange(0, 4);
    shape.groups = *rc::gen::inRange(1, 3);
    shape.in = {shape.groups * *rc::gen::inRange(1, 3), *rc::gen::inRange(1, 9), *rc::gen::inRange(1, 9)};
    shape.out = w.output_shape(shape.in, shape.groups);
    RC_PRE(shape.out.elements() > 0);
    std::vector<float> image(static_cast<std::size_t>(shape.in.elements()));
    std::iota(image.begin(), image.end(), 1.0F);
    const int group = *rc::gen::inRange(0, shape.groups);
    const int first = *rc::gen::inRange(0, shape.pixels());
    const int count = *rc::gen::inRange(1, shape.pixels() - first + 1);
    std::vector<float> by_pixel;
    eval::gather(shape, image.data(), group, first, count, count, by_pixel);
    const std::size_t stride = static_cast<std::size_t>(count) + 2;  // the two are others'
    std::vector<float> by_row(shape.depth() * stride, -1);
    eval::gather_rows(shape, image.data(), group, first, count, by_row.data(),
                      static_cast<std::ptrdiff_t>(stride));
    for (std::size_t k = 0; k < shape.depth(); ++k) {
      for (std::size_t p = 0; p < stride; ++p) {
        const bool is_inside = p < static_cast<std::size_t>(count);
        RC_ASSERT(by_row[k * stride + p] == (is_inside ? by_pixel[k * count + p] : -1.0F));
      }
    }
  }));
}

TEST_CASE("a convolution equals plain loops") {
  CHECK(rc::check("any shape, stride, padding, dilation and groups", [] {
    const int groups = *rc::gen::inRange(1, 4);
    const Shape in = {groups * *rc::gen::inRange(1, 4), *rc::gen::inRange(1, 14), *rc::gen::inRange(1, 14)};
    const int out_channels = groups * *rc::gen::inRange(1, 7);
    const auto up_to = [](int most) { return *rc::gen::inRange(1, most + 1); };
    const auto pad = [] { return *rc::gen::inRange(0, 3); };
    const Window window = {up_to(4), up_to(4), up_to(3), up_to(3), up_to(2),
                           up_to(2), pad(),    pad(),    pad(),    pad()};
    RC_PRE(window.output_shape(in, 1).elements() > 0);

    const std::int64_t filter = in.channels / groups * window.area();
    NetworkBuilder builder(in);
    const Network network =
        builder.build(builder.conv("conv", 0, out_channels, window, random_values(out_channels * filter, 1),
                                   random_values(out_channels, 2), groups));
    const std::vector<float> image = random_values(in.elements(), 3);
    Evaluator evaluator(network);
    const std::vector<float>& result = evaluator.run(image);
    const std::vector<double> expected = plain_convolution(network, image);
    RC_ASSERT(result.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) RC_ASSERT(std::abs(result[i] - expected[i]) < 1e-4);
  }));
}

TEST_CASE("pooling ignores padding, or counts it when told to") {
  const std::vector<float> image = {-1, -2, -3, -4, -5, -6, -7, -8, -9};
  const auto pooled = [&](Op op, bool count_include_pad) {
    NetworkBuilder builder({1, 3, 3});
    const Network network =
        builder.build(builder.pool("pool", op, 0, square_window(2, 2, 1), count_include_pad));
    return Evaluator(network).run(image);
  };
  CHECK(pooled(Op::kMaxPool, false) == std::vector<float>{-1, -2, -4, -5});
  CHECK(pooled(Op::kAvgPool, false) == std::vector<float>{-1, -2.5, -5.5, -7});
  CHECK(pooled(Op::kAvgPool, true) == std::vector<float>{-0.25, -1.25, -2.75, -7});
}

TEST_CASE("values of inner tensors stay available after a run") {
  NetworkBuilder builder({2, 1, 2});
  const int shifted = builder.affine("shifted", 0, {2, -1}, {1, 0});
  const int clipped = builder.clip("clipped", shifted, -3, 6);
  const Network network = builder.build(builder.add("sum", clipped, 0));
  Evaluator evaluator(network);
  CHECK(evaluator.run({1, 3, 4, 5}) == std::vector<float>{4, 9, 1, 2});
  CHECK(evaluator.values(shifted) == std::vector<float>{3, 7, -4, -5});
  CHECK(evaluator.values(clipped) == std::vector<float>{3, 6, -3, -3});
}

TEST_CASE("an image of the wrong size is refused") {
  NetworkBuilder builder({1, 2, 2});
  const Network network = builder.build(builder.relu("relu", 0));
  CHECK_THROWS_WITH(Evaluator(network).run({1, 2, 3}),
                    Catch::Contains("an image of 3 values; its input takes 4"));
}
