// Operators of indices and of named dimensions: what random nodes do not show, and what is refused.
#include <catch2/catch.hpp>

#include "quant/eval/evaluator.h"
#include "tests/quant/onnx/onnx_builder.h"

using namespace bitbalance;
using namespace bitbalance::test;
using Catch::Contains;

namespace {

using Floats = std::vector<float>;
using Ints = std::vector<std::int64_t>;

OnnxBuilder einsum_model(const Ints& dims, const std::string& equation, const Ints& other = {}) {
  OnnxBuilder model(dims);
  std::vector<std::string> operands = {"x"};
  if (!other.empty()) {
    std::size_t count = 1;
    for (const std::int64_t extent : other) count *= static_cast<std::size_t>(extent);
    Floats values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i + 1);
    model.constant("w", other, values);
    operands.emplace_back("w");
  }
  set_attribute(model.node("Einsum", operands, "y"), "equation", equation);
  return model;
}

}  // namespace

TEST_CASE("Einsum: diagonals, an ellipsis that broadcasts, and a result that is not named") {
  CHECK(einsum_model({2, 2}, "ii->i").output_rank(1).run({1, 2, 3, 4}) == Floats{1, 4});
  CHECK(einsum_model({2, 2}, "ba").run({1, 2, 3, 4}) == Floats{1, 3, 2, 4});
  CHECK(einsum_model({1, 2}, "ij,jk", {2, 1}).run({10, 1}) == Floats{12});
  // Two matrices, both times the one vector.
  CHECK(einsum_model({1, 2, 1, 2}, "...ij,...jk->...ik", {2, 1}).run({1, 0, 0, 1}) == Floats{1, 2});
  CHECK(einsum_model({2, 1, 2}, "...a,...a->...", {3, 2}).output_rank(2).run({1, 0, 0, 1}) ==
        Floats{1, 3, 5, 2, 4, 6});
}

TEST_CASE("Einsum: equations that mean nothing are refused") {
  const auto refusal = [](const std::string& equation, const Ints& other = {}) {
    return einsum_model({2, 3}, equation, other).refusal();
  };
  CHECK_THAT(refusal("ab->abc"), Contains("Einsum"));
  CHECK_THAT(refusal("a->a"), Contains("Einsum"));
  CHECK_THAT(refusal("a1->a"), Contains("Einsum"));
  CHECK_THAT(refusal("ab,bc->ac"), Contains("Einsum"));
  CHECK_THAT(refusal("ab->ab", {3, 2}), Contains("Einsum"));
  CHECK_THAT(refusal("ab,bc->ac", {2, 2}), Contains("Einsum"));
  CHECK_THAT(refusal("ab->aa"), Contains("Einsum"));
}

TEST_CASE("NonZero and Compress of what is computed have -1 behind what they find") {
  OnnxBuilder places({1, 4});
  places.node("NonZero", {"x"}, "y");
  places.graph().mutable_output(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
      onnx::TensorProto::INT64);
  CHECK(places.run({0, 5, 0, -1}) == Floats{0, 0, -1, -1, 1, 3, -1, -1});
  CHECK(places.run({0, 0, 0, 0}) == Floats(8, -1));
  OnnxBuilder kept({1, 4});
  kept.constant("zero", {}, {0}).constant("list", Ints{4});
  kept.node("Greater", {"x", "zero"}, "is_positive");
  kept.node("Reshape", {"is_positive", "list"}, "is_kept");
  set_integer(kept.node("Compress", {"x", "is_kept"}, "y"), "axis", 1);
  CHECK(kept.run({0, 5, -2, 7}) == Floats{5, 7, -1, -1});
}

TEST_CASE("rows chosen among rows are those that there are, as a detector drops bad boxes") {
  OnnxBuilder model({1, 2, 3});
  model.constant("boxes", {1, 3, 4}, {0, 0, 1, 1, 5, 5, 6, 6, 9, 9, 10, 10});
  model.constant("most", Ints{3})
      .constant("half", {}, {0.5F})
      .constant("list", Ints{-1})
      .constant("one", Ints{1});
  model.node("NonMaxSuppression", {"boxes", "x", "most"}, "chosen");
  model.node("GatherND", {"x", "chosen"}, "scores");
  model.node("Greater", {"scores", "half"}, "is_good");
  model.node("NonZero", {"is_good"}, "places");
  model.node("Reshape", {"places", "list"}, "place");
  model.node("Gather", {"chosen", "place"}, "good");
  set_integer(model.node("Compress", {"chosen", "is_good"}, "good_too"), "axis", 0);
  model.cast("good", "a", onnx::TensorProto::FLOAT).cast("good_too", "b", onnx::TensorProto::FLOAT);
  model.node("Identity", {"a"}, "y");
  *model.graph().add_output() = model.graph().output(0);
  model.graph().mutable_output(1)->set_name("b");
  for (onnx::ValueInfoProto& output : *model.graph().mutable_output())
    output.mutable_type()->mutable_tensor_type()->clear_shape();
  const Network network = model.import();
  Evaluator evaluator(network);
  const Floats image = {0.1F, 0.9F, 0.6F, 0.7F, 0.2F, 0.3F};
  Floats expected = {0, 0, 1, 0, 0, 2, 0, 1, 0};
  expected.resize(18, -1);
  CHECK(evaluator.run(image) == expected);
  CHECK(evaluator.values(network.outputs[1].tensor) == expected);
}

TEST_CASE("a TopK of computed size, or beyond the extent, is refused") {
  OnnxBuilder model({1, 4});
  model.constant("k", Ints{5}).node("TopK", {"x", "k"}, "y").add_output("places");
  CHECK_THAT(model.refusal(), Contains("(TopK)"));
  OnnxBuilder computed({1, 1});
  computed.cast("x", "k", onnx::TensorProto::INT64);
  computed.constant("one", Ints{1}).node("Reshape", {"k", "one"}, "k1");
  computed.node("TopK", {"x", "k1"}, "y").add_output("places");
  CHECK_THAT(computed.refusal(), Contains("(TopK): input 'k1' is computed; accepted: a constant"));
}

TEST_CASE("both results of a TopK serve, and computed indices gather") {
  OnnxBuilder model({1, 4});
  model.constant("k", Ints{2}).node("TopK", {"x", "k"}, "largest").add_output("places");
  model.constant("table", {4}, {10, 20, 30, 40}).node("Gather", {"table", "places"}, "found");
  model.node("Add", {"largest", "found"}, "y");
  CHECK(model.run({1, 4, 3, 4}) == Floats{24, 44});
}

TEST_CASE("indices outside the extent are refused where they are constants") {
  OnnxBuilder model({1, 4});
  model.constant("i", Ints{4, 0}).constant("pair", Ints{1, 2}).node("Reshape", {"i", "pair"}, "at");
  model.node("GatherElements", {"x", "at"}, "y");
  set_attribute(*model.graph().mutable_node(1), "axis", std::int64_t{1});
  CHECK(model.refusal() == "accepted");  // its extents are known without them
  CHECK_THROWS_WITH(model.run({1, 2, 3, 4}), Contains("index 4 of an extent of 4"));
}

TEST_CASE("what a Mod, a norm and an update cannot be is refused") {
  OnnxBuilder rest({1, 4});
  rest.constant("two", {}, {2}).node("Mod", {"x", "two"}, "y");
  CHECK_THAT(rest.refusal(), Contains("(Mod): fmod is 0 for real numbers; accepted: 1"));
  OnnxBuilder norm({1, 4});
  set_attribute(norm.node("LpNormalization", {"x"}, "y"), "p", std::int64_t{3});
  CHECK_THAT(norm.refusal(), Contains("(LpNormalization): p is 3; accepted: 1, 2"));
  constexpr std::int64_t kSums = 16;
  OnnxBuilder update({1, 4}, kSums);
  update.constant("place", Ints{0, 1}).constant("by", {}, {1});
  set_attribute(update.node("ScatterND", {"x", "place", "by"}, "y"), "reduction", std::string("max"));
  CHECK_THAT(update.refusal(), Contains("(ScatterND): reduction is 'max'; accepted: add, mul, none"));
  OnnxBuilder lengths({2, 3});
  lengths.constant("lengths", Ints{1, 4, 2}).node("ReverseSequence", {"x", "lengths"}, "y");
  CHECK_THAT(lengths.refusal(), Contains("(ReverseSequence): a length of 4; accepted: 1 to 2"));
}

TEST_CASE("a Mod of integers has the sign of the divisor") {
  OnnxBuilder model({1, 4});
  model.cast("x", "i", onnx::TensorProto::INT64);
  model.constant("three", Ints{-3}).node("Mod", {"i", "three"}, "m");
  model.cast("m", "y", onnx::TensorProto::FLOAT);
  CHECK(model.run({4, -4, 6, 2}) == Floats{-2, -1, 0, -1});
}
