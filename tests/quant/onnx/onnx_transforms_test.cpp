// Channels of an image that are picked, scaled and joined again: with random picks, orders, ranks and readers
// the result is always the sum of its parts, whether or not it is found to be one operation, as imported, as
// lowered and in integers.
#include <catch2/catch.hpp>

#include <algorithm>
#include <numeric>
#include <random>

#include "quant/eval/evaluator.h"
#include "quant/eval/integer_evaluator.h"
#include "quant/ir/integer_values.h"
#include "quant/method/layers/host_placement.h"
#include "quant/method/quantizer.h"
#include "tests/quant/onnx/onnx_builder.h"
#include "tests/support/check_near.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

using Dims = std::vector<std::int64_t>;

void check_integers(const Network& network, const std::vector<float>& image,
                    const std::vector<float>& expected) {
  QuantizationOptions options;
  options.activation_bits = options.weight_bits = 16;
  options.nnzb = 15;
  options.threads = 1;
  const QuantizedNetwork quantized = quantize(network, calibrate(network, {image}), options);
  const std::vector<std::int32_t> integers =
      IntegerEvaluator(quantized).run(quantize_values(quantized.tensors[quantized.input], image));
  const double step = quantized.tensors[quantized.output].scale;
  std::vector<float> found;
  for (const std::int32_t q : integers) found.push_back(static_cast<float>(q * step));
  check_near(found, expected, 0.02);
}

class RandomPicks {
 public:
  explicit RandomPicks(std::uint32_t seed) : random_(seed) {
    const std::int64_t rank = integer(2, 5);
    dims_ = {1, integer(1, 4)};
    for (std::int64_t d = 2; d < rank; ++d) dims_.push_back(integer(1, 3));
    plane_ = std::accumulate(dims_.begin() + 2, dims_.end(), std::int64_t{1}, std::multiplies<>());
    image_.resize(dims_[1] * plane_);
    for (float& x : image_) x = static_cast<float>(integer(-40, 40)) / 8;
  }

  void check() {
    const bool is_view = chance(3);
    OnnxBuilder model(is_view ? other_extents() : dims_);
    if (is_view) {
      image_name_ = "viewed";
      model.constant("extents", dims_).node("Reshape", {"x", "extents"}, image_name_);
    }
    const std::int64_t rank = static_cast<std::int64_t>(dims_.size());
    const bool is_list = chance(4);  // keeps the dimension: the result has one more
    std::vector<std::string> parts;
    std::int64_t count = chance(3) ? integer(1, 4) : dims_[1];
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t channel = chance(6) ? integer(0, dims_[1] - 1) : i % dims_[1];
      parts.push_back(add_part(model, std::to_string(i), channel, is_list));
    }
    if (chance(6)) {  // somebody else reads a part
      model.node("Neg", {parts[0]}, "other");
      parts.push_back("other");
      for (std::int64_t i = 0; i < plane_; ++i) expected_.push_back(-expected_[i]);
    }
    const std::int64_t result_rank = is_list ? rank + 1 : rank;
    set_attribute(model.node("Concat", parts, "joined"), "axis", chance() ? 1 : 1 - result_rank);
    const bool on_host = chance();
    model.node(on_host ? "Neg" : "Relu", {"joined"}, "y");
    for (float& x : expected_) x = on_host ? -x : std::max(x, 0.0F);
    model.output_rank(static_cast<int>(result_rank));
    CHECK(model.refusal() == "accepted");
    const Network network = model.import();
    check_near(Evaluator(network).run(image_), expected_, 1e-5);
    const Network lowered = lower_network(network);
    check_near(Evaluator(lowered).run(image_), expected_, 1e-5);
    check_integers(lowered, image_, expected_);
    for (const Node& node : network.nodes)
      CHECK((node.name == image_name_ + " (image)" || is_of(model, node.name)));
  }

 private:
  std::int64_t integer(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random_);
  }
  bool chance(int of = 2) { return integer(1, of) == 1; }

  /// As many elements as the image, in another rank.
  Dims other_extents() {
    const std::int64_t elements = dims_[1] * plane_;
    switch (integer(1, 3)) {
      case 1:
        return {1, elements};
      case 2:
        return {1, plane_, dims_[1]};
      default:
        return {1, plane_, 1, dims_[1]};
    }
  }

  static bool is_of(OnnxBuilder& model, const std::string& name) {
    for (const onnx::NodeProto& node : model.graph().node())
      if (node.name() == name) return true;
    return false;
  }

  std::string add_part(OnnxBuilder& model, const std::string& n, std::int64_t channel, bool is_list) {
    const std::int64_t rank = static_cast<std::int64_t>(dims_.size());
    model.constant("c" + n, Dims{chance() ? channel : channel - dims_[1]});
    if (!is_list) model.graph().mutable_initializer(model.graph().initializer_size() - 1)->clear_dims();
    model.constant("a" + n, Dims{chance() ? 1 : (is_list ? -rank : 1 - rank)});
    set_attribute(model.node("Gather", {image_name_, "c" + n}, "g" + n), "axis", chance() ? 1 : 1 - rank);
    std::string last = "u" + n;
    model.node("Unsqueeze", {"g" + n, "a" + n}, last);
    const auto first = image_.begin() + channel * plane_;
    std::vector<float> part(first, first + plane_);
    for (std::int64_t step = integer(0, 2); step > 0; --step) {
      const bool adds = chance();
      const float value = static_cast<float>(integer(1, 9)) / 4;
      const std::string operand = "k" + n + "_" + std::to_string(step), to = last + "s";
      model.constant(operand, chance() ? Dims{} : Dims{1}, {value});
      model.node(adds ? "Add" : "Mul",
                 chance() ? std::vector<std::string>{last, operand} : std::vector<std::string>{operand, last},
                 to);
      for (float& x : part) x = adds ? x + value : x * value;
      last = to;
    }
    expected_.insert(expected_.end(), part.begin(), part.end());
    return last;
  }

  std::mt19937 random_;
  Dims dims_;
  std::string image_name_ = "x";
  std::int64_t plane_ = 1;
  std::vector<float> image_, expected_;
};

}  // namespace

TEST_CASE("picked channels are what their nodes say, in any order, number and rank") {
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    RandomPicks(seed).check();
  }
}

TEST_CASE("many picked channels", "[.long]") {
  for (std::uint32_t seed = 301; seed <= 15'000; ++seed) {
    CAPTURE(seed);
    RandomPicks(seed).check();
  }
}
