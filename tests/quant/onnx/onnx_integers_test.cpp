// Integers that are computed from the image: what an element type leaves of a result.
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

#include "tests/quant/onnx/onnx_builder.h"

using namespace bitbalance;
using namespace bitbalance::test;
using Catch::Contains;

namespace {

using Floats = std::vector<float>;
using Ints = std::vector<std::int64_t>;
using Types = onnx::TensorProto;

/// y = OP(x as integers of `type`, b), as numbers again; bytes are `b` in that type.
OnnxBuilder arithmetic(const char* op, int type, const std::string& bytes, std::int64_t opset = 14) {
  OnnxBuilder model({4}, opset);
  const auto count = static_cast<std::int64_t>(bytes.size());
  model.raw_constant("b", type, {type == Types::INT16 ? count / 2 : count}, bytes);
  model.cast("x", "a", type);
  model.node(op, {"a", "b"}, "c");
  model.cast("c", "y", Types::FLOAT);
  return model;
}

}  // namespace

TEST_CASE("an integer that is cast to a narrower type keeps its lowest bits") {
  const auto model = [](int from, int to) {
    OnnxBuilder m({5});
    m.cast("x", "wide", from);
    m.cast("wide", "narrow", to);
    m.cast("narrow", "y", Types::FLOAT);
    return m;
  };
  const Floats image = {200, -129, 256, -1, 65535};
  CHECK(model(Types::INT32, Types::INT8).run(image) == Floats{-56, 127, 0, -1, -1});
  CHECK(model(Types::INT64, Types::UINT8).run(image) == Floats{200, 127, 0, 255, 255});
  CHECK(model(Types::INT64, Types::INT16).run(image) == Floats{200, -129, 256, -1, -1});
  CHECK(model(Types::INT32, Types::INT64).run(image) == image);
  // Of constants, too.
  OnnxBuilder folded({1});
  folded.constant("wide", Ints{200});
  folded.cast("wide", "narrow", Types::INT8);
  folded.cast("narrow", "f", Types::FLOAT);
  folded.node("Add", {"x", "f"}, "y");
  CHECK(folded.run({0}) == Floats{-56});
}

TEST_CASE("what no 64-bit integer is, is not cast to one") {
  for (const float value : {1e30F, -1e30F, std::numeric_limits<float>::infinity(), std::nanf("")}) {
    CAPTURE(value);
    OnnxBuilder model({1});
    model.constant("c", Ints{}, {value});
    model.cast("c", "whole", Types::INT64);
    model.cast("whole", "f", Types::FLOAT);
    model.node("Add", {"x", "f"}, "y");
    CHECK_THAT(model.refusal(), Contains("(Cast): casts "));
  }
}

TEST_CASE("sums and products of narrow integers wrap around") {
  CHECK(arithmetic("Add", Types::UINT8, std::string(4, '\x0a')).run({250, 0, 245, 246}) ==
        Floats{4, 10, 255, 0});
  CHECK(arithmetic("Sub", Types::UINT8, std::string(4, '\x05')).run({3, 5, 6, 255}) ==
        Floats{254, 0, 1, 250});
  CHECK(arithmetic("Mul", Types::INT8, std::string(4, '\x03')).run({50, -50, 1, 42}) ==
        Floats{-106, 106, 3, 126});
  CHECK_THAT(arithmetic("Mul", Types::INT16, std::string(8, '\1')).refusal(),
             Contains("(Mul): multiplies INT16; accepted: integers of 8, 32 and 64 bits"));
}

TEST_CASE("powers and means of integers are integers") {
  OnnxBuilder power({4});
  power.constant("half", {1}, {0.5F});
  power.cast("x", "a", Types::INT32);
  power.node("Pow", {"a", "half"}, "c");
  power.cast("c", "y", Types::FLOAT);
  CHECK(power.run({2, 4, 8, 9}) == Floats{1, 2, 2, 3});
  for (const auto& [op, expected] : {std::pair{"ReduceMean", -1.0F}, {"ReduceL2", 5.0F}}) {
    CAPTURE(op);
    OnnxBuilder mean({4});
    mean.cast("x", "a", Types::INT32);
    mean.node(op, {"a"}, "c");
    mean.cast("c", "y", Types::FLOAT);
    CHECK(mean.run({-5, -1, 0, 0}) == Floats{expected});
  }
}

TEST_CASE("means, norms and powers of large integers lose their fraction before floats round it up") {
  const auto result = [](const char* op, const Floats& image) {
    constexpr std::int64_t kOpset = 17;
    OnnxBuilder model({static_cast<std::int64_t>(image.size())}, kOpset);
    model.cast("x", "a", Types::INT32);
    if (std::string(op) == "Pow") {
      model.constant("b", {1}, {1.5F}).node(op, {"a", "b"}, "c");
    } else {
      model.node(op, {"a"}, "c");
    }
    model.cast("c", "y", Types::FLOAT);
    return model.run(image);
  };
  CHECK(result("ReduceMean", {6291456, 6291456, 6291456, 6291456, 6291455}) == Floats{6291455});
  CHECK(result("ReduceMean", {-16777215, -16777216}) == Floats{-16777215});
  CHECK(result("ReduceL2", {10000000, 4000}) == Floats{10000000});           // 10,000,000.8
  CHECK(result("ReduceLogSum", {1202604, 0}) == Floats{13});                 // 13.9999998
  CHECK(result("ReduceLogSumExp", Floats(20, 1048576)) == Floats{1048578});  // 1,048,578.996
  CHECK(result("Pow", {50000}) == Floats{11180339});                         // 11,180,339.89
  CHECK_THROWS_WITH(result("ReduceL2", {16777216, 16777216}),
                    Contains("(ReduceL2): gives the integer 23726566"));
}

TEST_CASE("logarithms of integers along no axes are refused") {
  constexpr std::int64_t kOpset = 18;
  OnnxBuilder model({2}, kOpset);
  model.cast("x", "a", Types::INT32);
  set_attribute(model.node("ReduceLogSum", {"a"}, "c"), "noop_with_empty_axes", std::int64_t{1});
  model.cast("c", "y", Types::FLOAT);
  CHECK_THAT(model.refusal(), Contains("(ReduceLogSum): takes logarithms of INT32; accepted: real numbers"));
}

TEST_CASE("integers are resized by the nearest alone") {
  for (const char* mode : {"nearest", "linear"}) {
    OnnxBuilder model({1, 1, 1, 2});
    model.constant("scales", {4}, {1, 1, 1, 2});
    model.cast("x", "a", Types::INT32);
    set_attribute(model.node("Resize", {"a", "", "scales"}, "c"), "mode", std::string(mode));
    model.cast("c", "y", Types::FLOAT);
    if (std::string(mode) == "nearest") {
      CHECK(model.run({1, 2}) == Floats{1, 1, 2, 2});
    } else {
      CHECK_THAT(model.refusal(), Contains("(Resize): interpolates INT32; accepted: the nearest"));
    }
  }
}

TEST_CASE("optional inputs at the end may be there without a name") {
  OnnxBuilder product({2, 2});
  product.node("Gemm", {"x", "x", ""}, "y");
  CHECK(product.run({1, 2, 3, 4}) == Floats{7, 10, 15, 22});
  OnnxBuilder norm({1, 2}, 17);
  norm.constant("scale", {2}, {1, 1}).node("LayerNormalization", {"x", "scale", ""}, "y");
  CHECK(norm.run({-100, 100})[1] == Approx(1));
  OnnxBuilder spread({1, 1, 1, 1});
  spread.constant("w", {1, 1, 1, 2}, {1, 2}).node("ConvTranspose", {"x", "w", ""}, "y");
  CHECK(spread.run({3}) == Floats{3, 6});
  OnnxBuilder missing({2, 2});
  missing.node("MatMul", {"x", ""}, "y");
  CHECK_THAT(missing.refusal(), Contains("(MatMul)"));
}

TEST_CASE("bits that are shifted out are lost, and a complement is one of the type") {
  OnnxBuilder shift({4});
  shift.cast("x", "a", Types::UINT8);
  shift.raw_constant("n", Types::UINT8, {4}, std::string("\1\4\0\7", 4));
  set_attribute(shift.node("BitShift", {"a", "n"}, "c"), "direction", std::string("LEFT"));
  shift.cast("c", "y", Types::FLOAT);
  CHECK(shift.run({200, 17, 5, 3}) == Floats{144, 16, 5, 128});
  for (const auto& [type, expected] : {std::pair{Types::UINT8, 245.0F}, {Types::INT8, -11.0F}}) {
    OnnxBuilder complement({1}, 18);
    complement.cast("x", "a", type);
    complement.node("BitwiseNot", {"a"}, "c");
    complement.cast("c", "y", Types::FLOAT);
    CHECK(complement.run({10}) == Floats{expected});
  }
}

TEST_CASE("constants of bits fold, as packed weights need it") {
  OnnxBuilder model({1, 4}, 18);
  model.raw_constant("packed", Types::UINT8, {2}, "\x21\x43");
  model.raw_constant("mask", Types::UINT8, {}, "\x0f").raw_constant("four", Types::UINT8, {}, "\x04");
  model.node("BitwiseAnd", {"packed", "mask"}, "low");
  set_attribute(model.node("BitShift", {"packed", "four"}, "high"), "direction", std::string("RIGHT"));
  set_attribute(model.node("Concat", {"low", "high"}, "all"), "axis", std::int64_t{0});
  model.cast("all", "w", Types::FLOAT);
  model.node("Mul", {"x", "w"}, "y");
  CHECK(model.run({1, 1, 1, 1}) == Floats{1, 3, 2, 4});
}

TEST_CASE("a computed integer that single precision cannot hold is refused with its layer") {
  const auto model = [](const char* op, int type, const Ints& constant, std::int64_t opset = 18) {
    OnnxBuilder m({2}, opset);
    m.constant("wide", constant);
    m.cast("wide", "b", type);
    m.cast("x", "a", type);
    m.node(op, {"a", "b"}, "c");
    m.cast("c", "y", Types::FLOAT);
    return m;
  };
  constexpr float kExact = 16777216;
  for (const int type : {Types::INT32, Types::INT64, Types::UINT32, Types::UINT64}) {
    CAPTURE(type);
    if (type == Types::INT32 || type == Types::INT64) {
      CHECK(model("Add", type, {1}).run({kExact - 1, -kExact}) == Floats{kExact, -kExact + 1});
      CHECK(model("Sub", type, {1}).run({0, 1}) == Floats{-1, 0});
      CHECK(model("Div", type, {3}).run({kExact, -5}) == Floats{5592405, -1});
    } else {
      CHECK_THROWS_WITH(
          model("Sub", type, {1}).run({0, 1}),
          Contains("layer 'node3': node 'node3' (Sub): gives the integer -1; accepted: 0 to 16777216"));
    }
    CHECK_THROWS_WITH(model("Add", type, {2}).run({kExact, 0}),
                      Contains("node 'node3' (Add): gives the integer 16777218; accepted: "));
    CHECK_THROWS_WITH(model("Mul", type, {4096}).run({4097, 1}),
                      Contains("(Mul): gives the integer 16781312"));
  }
  // A sum whose parts cancel.
  OnnxBuilder product({1, 2});
  product.constant("wide", Ints{4096, -4096}).constant("column", Ints{2, 1});
  product.node("Reshape", {"wide", "column"}, "b");
  product.cast("x", "a", Types::INT64);
  product.output_rank(2).node("MatMul", {"a", "b"}, "c");
  product.cast("c", "y", Types::FLOAT);
  CHECK(product.run({4, 3}) == Floats{4096});
  CHECK_THROWS_WITH(product.run({4096, 4096}),
                    Contains("(MatMul): gives the integer 33554432; accepted: -16777216 to 16777216"));
  CHECK_THROWS_WITH(model("BitwiseOr", Types::INT64, {1}).run({1073741824, 0}),
                    Contains("(BitwiseOr): gives"));
  CHECK_THROWS_WITH(model("ReduceSum", Types::INT64, {0}).run({kExact, kExact}),
                    Contains("(ReduceSum): gives"));
}

TEST_CASE("a cast of a computed integer keeps the bits of a large one, and loses no sign") {
  const auto model = [](int from, int to) {
    OnnxBuilder m({3});
    m.cast("x", "wide", from);
    m.cast("wide", "other", to);
    m.cast("other", "y", Types::FLOAT);
    return m;
  };
  CHECK(model(Types::INT32, Types::INT8).run({1073741824, 33554436, 2130706432}) == Floats{0, 4, 0});
  CHECK(model(Types::INT64, Types::UINT16).run({1073741824, 33554436, -1}) == Floats{0, 4, 65535});
  CHECK(model(Types::INT8, Types::UINT32).run({1, 0, 127}) == Floats{1, 0, 127});
  CHECK_THROWS_WITH(model(Types::INT32, Types::UINT64).run({1, -1, 0}),
                    Contains("node 'node2' (Cast): gives the integer -1; accepted: from 0"));
}
