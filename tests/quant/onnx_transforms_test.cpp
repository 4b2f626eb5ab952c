// Channels of an image that are picked, scaled and joined again: with random picks, orders, ranks and readers
// the result is always the sum of its parts, whether or not it is found to be one operation.
#include <catch2/catch.hpp>

#include <numeric>
#include <random>

#include "onnx_builder.h"
#include "quant/evaluator.h"

using namespace bitbalance;

namespace {

using Dims = std::vector<std::int64_t>;

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
    OnnxBuilder model(dims_);
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
    model.node("Neg", {"joined"}, "y");
    for (float& x : expected_) x = -x;
    model.output_rank(static_cast<int>(result_rank));
    CHECK(model.refusal() == "accepted");
    const Network network = model.import();
    const std::vector<float> found = Evaluator(network).run(image_);
    REQUIRE(found.size() == expected_.size());
    for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i] == Approx(expected_[i]).margin(1e-5));
    for (const Node& node : network.nodes) CHECK((node.name == "image" || is_of(model, node.name)));
  }

 private:
  std::int64_t integer(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random_);
  }
  bool chance(int of = 2) { return integer(1, of) == 1; }

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
    set_attribute(model.node("Gather", {"x", "c" + n}, "g" + n), "axis", chance() ? 1 : 1 - rank);
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
