// Constants in every form that files have them: element types, other files, nodes that pass them on.
#include <unistd.h>
#include <catch2/catch.hpp>

#include <cstring>
#include <fstream>
#include <limits>

#include "base/binary16.h"
#include "quant/eval/evaluator.h"
#include "quant/onnx/file/element_type.h"
#include "quant/onnx/import.h"
#include "tests/quant/onnx/onnx_builder.h"
#include "tests/support/temporary_folder.h"

using namespace bitbalance;
using namespace bitbalance::test;
using Catch::Contains;

namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// y = x * w, of four elements; `w` is the caller's.
OnnxBuilder scaling(const std::string& factor = "w") {
  OnnxBuilder model({1, 4, 1, 1});
  model.node("Mul", {"x", factor}, "y");
  return model;
}

/// A model whose weights 1, 2, 3, 4 are in the file `location` from byte `offset` on.
OnnxBuilder external(const std::string& location, const std::string& offset = "0",
                     const std::string& length = "16") {
  OnnxBuilder model = scaling();
  model.raw_constant("w", onnx::TensorProto::FLOAT, {1, 4, 1, 1}, "");
  onnx::TensorProto& tensor = *model.graph().mutable_initializer(0);
  tensor.clear_raw_data();
  tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  for (const auto& [key, value] : {std::pair{"location", location}, {"offset", offset}, {"length", length}}) {
    onnx::StringStringEntryProto& entry = *tensor.add_external_data();
    entry.set_key(key);
    entry.set_value(value);
  }
  return model;
}

std::string import_from(const std::filesystem::path& folder, const OnnxBuilder& model) {
  const std::filesystem::path file = folder / "model.onnx";
  std::ofstream(file, std::ios::binary) << OnnxBuilder(model).model().SerializeAsString();
  try {
    const Network network = import_onnx(file);
    CHECK(Evaluator(network).run({1, 1, 1, 1}) == Floats{1, 2, 3, 4});
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("weights of every real type are what their bits say") {
  const std::vector<std::uint16_t> halves = {0x3C00, 0xC100, 0x0001, 0x7BFF};  // 1, -2.5, 2^-24, 65504
  const std::vector<std::uint16_t> brains = {0x3F80, 0xC020, 0x0001, 0x7F7F};
  CHECK(scaling()
            .raw_constant("w", onnx::TensorProto::FLOAT16, {1, 4, 1, 1}, bytes_of(halves))
            .run({1, 1, 1, 1}) == Floats{1, -2.5F, 0x1p-24F, 65504});
  CHECK(scaling()
            .raw_constant("w", onnx::TensorProto::BFLOAT16, {1, 4, 1, 1}, bytes_of(brains))
            .run({1, 1, 1, 1}) == Floats{1, -2.5F, 0x1p-133F, 0x1.FEp127F});
  CHECK(scaling()
            .raw_constant("w", onnx::TensorProto::DOUBLE, {1, 4, 1, 1}, bytes_of<double>({1, 0.1, -3, 1e-50}))
            .run({1, 1, 1, 1}) == Floats{1, 0.1F, -3, 0});
}

TEST_CASE("halves in a list of integers are the same bits") {
  OnnxBuilder model = scaling();
  model.raw_constant("w", onnx::TensorProto::FLOAT16, {4, 1, 1}, "");
  onnx::TensorProto& tensor = *model.graph().mutable_initializer(0);
  tensor.clear_raw_data();
  for (const int bits : {0x3C00, 0x4000, 0x4200, 0xC400}) tensor.add_int32_data(bits);
  CHECK(model.run({1, 1, 1, 1}) == Floats{1, 2, 3, -4});
}

TEST_CASE(
    "every half that is a number survives rounding, and what lies between goes to the nearest, halves to "
    "even") {
  for (int bits = 0; bits < 1 << 16; ++bits) {
    const float value = from_binary16(static_cast<std::uint16_t>(bits));
    if (!std::isnan(value)) REQUIRE(onnx_io::rounded_to(onnx::TensorProto::FLOAT16, value) == value);
    const float brain = onnx_io::from_brain_half(static_cast<std::uint16_t>(bits));
    if (!std::isnan(brain)) REQUIRE(onnx_io::rounded_to(onnx::TensorProto::BFLOAT16, brain) == brain);
    const float next = from_binary16(static_cast<std::uint16_t>(bits + 1));
    if ((bits & 0x7FFF) >= 0x7BFF) continue;  // the last one below infinity
    const float middle = (value + next) / 2;
    CHECK(onnx_io::rounded_to(onnx::TensorProto::FLOAT16, middle) == (bits % 2 == 0 ? value : next));
  }
  CHECK(std::isinf(onnx_io::rounded_to(onnx::TensorProto::FLOAT16, 65520)));
}

TEST_CASE("integers of every width become weights through Cast") {
  const auto check = [](int type, const std::string& bytes, const Floats& expected) {
    OnnxBuilder model({1, 4, 1, 1});
    model.raw_constant("i", type, {1, 4, 1, 1}, bytes);
    model.cast("i", "w", onnx::TensorProto::FLOAT);
    model.node("Mul", {"x", "w"}, "y");
    CAPTURE(type);
    CHECK(model.run({1, 1, 1, 1}) == expected);
  };
  check(onnx::TensorProto::INT8, bytes_of<std::int8_t>({1, -128, 127, 0}), {1, -128, 127, 0});
  check(onnx::TensorProto::UINT8, bytes_of<std::uint8_t>({1, 128, 255, 0}), {1, 128, 255, 0});
  check(onnx::TensorProto::INT16, bytes_of<std::int16_t>({1, -32768, 32767, 0}), {1, -32768, 32767, 0});
  check(onnx::TensorProto::UINT16, bytes_of<std::uint16_t>({1, 65535, 2, 0}), {1, 65535, 2, 0});
  check(onnx::TensorProto::UINT32, bytes_of<std::uint32_t>({1, 65536, 2, 0}), {1, 65536, 2, 0});
  check(onnx::TensorProto::UINT64, bytes_of<std::uint64_t>({1, 65536, 2, 0}), {1, 65536, 2, 0});
  check(onnx_io::kInt4, "\x71\x8F", {1, 7, -1, -8});
  check(onnx_io::kUint4, "\x71\x8F", {1, 7, 15, 8});
}

TEST_CASE("weights come through Constant, Identity, Cast, Reshape and Transpose") {
  OnnxBuilder model({1, 2, 1, 1});
  model.raw_constant("h", onnx::TensorProto::FLOAT16, {4},
                     bytes_of<std::uint16_t>({0x3C00, 0x4000, 0x4200, 0x4400}));
  model.constant("shape", Ints{1, 1, 2, 2});
  model.node("Identity", {"h"}, "same");
  model.cast("same", "wide", onnx::TensorProto::FLOAT);
  model.node("Reshape", {"wide", "shape"}, "square");
  set_attribute(model.node("Transpose", {"square"}, "w"), "perm", Ints{3, 2, 0, 1});
  model.node("Conv", {"x", "w"}, "y");  // w[out][in] = {1, 3}, {2, 4}
  CHECK(model.run({10, 1}) == Floats{13, 24});
  CHECK(model.import().nodes.size() == 1);
}

TEST_CASE("constant integers that floats do not tell apart are passed on or refused, never mistaken") {
  constexpr std::int64_t kWide = std::int64_t{1} << 40, kEdge = 1 << 24;
  struct Folded {
    const char* op;
    Ints a, b;
  };
  for (const Folded& folded :
       {Folded{"Sub", {kWide + 1}, {kWide}}, Folded{"Equal", {kWide + 1}, {kWide}},
        Folded{"Mul", {100001}, {100001}}, Folded{"Add", {kEdge - 1}, {2}}, Folded{"Div", {1}, {0}},
        Folded{"Mod", {kWide + 1}, {7}}, Folded{"MatMul", {6000, 6000, 6000}, {6000, 1, -6000}},
        Folded{"Range", {kWide}, {kWide + 3}}}) {
    CAPTURE(folded.op);
    OnnxBuilder model({1, 1});
    model.constant("a", folded.a).constant("b", folded.b).constant("one", Ints{1});
    const bool is_range = std::string(folded.op) == "Range";
    if (is_range) {
      for (int i = 0; i < 3; ++i) model.graph().mutable_initializer(i)->clear_dims();
      model.node("Range", {"a", "b", "one"}, "c");
    } else {
      model.node(folded.op, {"a", "b"}, "c");
    }
    model.cast("c", "f", onnx::TensorProto::FLOAT);
    model.node("ReduceMax", {"f"}, "r");
    model.node("Add", {"x", "r"}, "y");
    CHECK_THAT(model.refusal(), Contains(std::string("(") + folded.op + "): "));
  }
  // A number that a node states is as exact as one of a tensor.
  OnnxBuilder stated({1, 1});
  set_attribute(stated.node("Constant", {}, "c"), "value_int", kEdge + 1);
  stated.cast("c", "f", onnx::TensorProto::FLOAT);
  stated.node("Add", {"x", "f"}, "y");
  CHECK_THAT(stated.refusal(), Contains("(Constant): 16777217; accepted: integers up to 16777216"));
  // What means "to the end" may be compared, chosen and passed on.
  OnnxBuilder slice({1, 4});
  slice.constant("zero", Ints{0})
      .constant("end", Ints{kWide})
      .constant("two", Ints{2})
      .constant("axis", Ints{1});
  slice.node("Less", {"two", "end"}, "is_less");
  slice.node("Where", {"is_less", "end", "two"}, "last");
  slice.node("Slice", {"x", "two", "last", "axis"}, "y");
  CHECK(slice.run({1, 2, 3, 4}) == Floats{3, 4});
}

TEST_CASE("the largest integers of a width mean to the end in any type") {
  constexpr std::int32_t kLargest = std::numeric_limits<std::int32_t>::max();
  for (const std::int32_t end : {kLargest, kLargest - 1}) {
    for (const bool is_narrow : {false, true}) {
      OnnxBuilder model({1, 4});
      const auto bound = [&](const char* name, std::int32_t value) {
        const std::string bytes(reinterpret_cast<const char*>(&value), sizeof value);
        if (is_narrow) {
          model.raw_constant(name, onnx::TensorProto::INT32, {1}, bytes);
        } else {
          model.constant(name, Ints{value});
        }
      };
      for (const auto& [name, value] :
           {std::pair{"one", 1}, {"end", end}, {"last", -1}, {"down", -1}, {"begin", -end}})
        bound(name, value);
      model.node("Slice", {"x", "one", "end", "one"}, "tail");  // of axis 1
      model.node("Slice", {"tail", "last", "begin", "one", "down"}, "y");
      CAPTURE(end, is_narrow);
      CHECK(model.run({1, 2, 3, 4}) == Floats{4, 3, 2});
    }
  }
}

TEST_CASE("a range of doubles whose count single precision does not tell is refused") {
  const auto model = [](double limit) {
    OnnxBuilder range({1, 1});
    for (const auto& [name, value] : {std::pair{"start", 0.0}, {"limit", limit}, {"delta", 0.1}})
      range.raw_constant(name, onnx::TensorProto::DOUBLE, {}, bytes_of<double>({value}));
    range.node("Range", {"start", "limit", "delta"}, "r");
    range.cast("r", "f", onnx::TensorProto::FLOAT);
    range.node("ReduceMax", {"f"}, "m");
    range.node("Add", {"x", "m"}, "y");
    return range;
  };
  CHECK_THAT(model(0.3).refusal(), Contains("(Range): counts 3.0000"));
  CHECK(model(0.25).run({1}) == Floats{1.2F});
}

TEST_CASE("a network of halves computes as one of floats") {
  OnnxBuilder model({1, 1, 2, 2});
  model.raw_constant("w", onnx::TensorProto::FLOAT16, {1, 1, 1, 1}, bytes_of<std::uint16_t>({0x4000}));
  model.cast("x", "half", onnx::TensorProto::FLOAT16);
  model.node("Conv", {"half", "w"}, "conv");
  model.cast("conv", "y", onnx::TensorProto::FLOAT);
  CHECK(model.run({1, 2, 3, 4}) == Floats{2, 4, 6, 8});
  CHECK(model.import().nodes.size() == 1);
}

TEST_CASE("data beside the model is read wherever the command is started") {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "w.bin", std::ios::binary) << "four" << bytes_of<float>({1, 2, 3, 4});
  CHECK(import_from(folder.path(), external("w.bin", "4")) == "accepted");
  CHECK(import_from(folder.path(), external("./w.bin", "4")) == "accepted");
  CHECK_THAT(import_from(folder.path(), external("w.bin", "8")),
             Contains("constant 'w': external data: 16 bytes from byte 8 on of 'w.bin', which has 20"));
  CHECK_THAT(import_from(folder.path(), external("w.bin", "4", "12")),
             Contains("external data: 12 bytes; accepted: the 16 of its shape"));
  CHECK_THAT(import_from(folder.path(), external("w.bin", "-4")), Contains("offset is '-4'; accepted"));
  CHECK_THAT(import_from(folder.path(), external("none.bin")), Contains("'none.bin' is not there"));
  CHECK_THAT(import_from(folder.path(), external("w.bin", "9223372036854775807")),
             Contains(" from byte 9223372036854775807 on of 'w.bin', which has 20"));
}

TEST_CASE("data outside the model's folder is refused, by whatever path") {
  const TemporaryFolder outside, folder;
  const std::filesystem::path secret = outside.path() / "w.bin";
  std::ofstream(secret, std::ios::binary) << bytes_of<float>({1, 2, 3, 4});
  const std::filesystem::path above = std::filesystem::relative(secret, folder.path());
  std::filesystem::create_symlink(secret, folder.path() / "link.bin");
  std::filesystem::create_directory_symlink(outside.path(), folder.path() / "door");
  for (const std::string& location : {secret.string(), above.string(), std::string("link.bin"),
                                      std::string("door/w.bin"), std::string("."), std::string("")}) {
    CAPTURE(location);
    CHECK_THAT(import_from(folder.path(), external(location)),
               Contains("accepted: a file in the model's folder"));
  }
}

TEST_CASE("constants that nobody reads may be anything") {
  OnnxBuilder model = scaling();
  model.constant("w", {4, 1, 1}, {1, 2, 3, 4});
  model.raw_constant("text", onnx::TensorProto::STRING, {3}, "");
  model.raw_constant("short", onnx::TensorProto::FLOAT, {1000}, "abc");
  model.node("Unheard", {"text"}, "nothing");
  CHECK(model.run({1, 1, 1, 1}) == Floats{1, 2, 3, 4});
}

TEST_CASE("nodes in any order are computed in theirs, and circles are refused") {
  OnnxBuilder model({1, 2});
  model.node("Neg", {"b"}, "y");
  model.node("Exp", {"a"}, "b");
  model.node("Abs", {"x"}, "a");
  CHECK(model.run({0, 0}) == Floats{-1, -1});
  model.graph().mutable_node(2)->set_input(0, "b");
  CHECK_THAT(model.refusal(), Contains("accepted: graphs without cycles"));
  model.graph().mutable_node(2)->set_input(0, "x");
  model.node("Abs", {"x"}, "a");
  CHECK_THAT(model.refusal(), Contains("tensor 'a' has two origins"));
}

TEST_CASE("an output without extents, or without a type, is computed") {
  OnnxBuilder model({1, 2});
  model.node("Neg", {"x"}, "y");
  model.graph().mutable_output(0)->mutable_type()->mutable_tensor_type()->clear_shape();
  CHECK(model.run({1, 2}) == Floats{-1, -2});
  model.graph().mutable_output(0)->clear_type();
  CHECK(model.run({1, 2}) == Floats{-1, -2});
}

TEST_CASE("a file for several images is a network of one") {
  OnnxBuilder model({8, 2, 1, 2});
  model.constant("w", {1, 2, 1, 1}, {1, 10}).constant("flat", Ints{8, 2}).constant("m", {2, 1}, {1, 1});
  model.node("Conv", {"x", "w"}, "c");
  model.node("Reshape", {"c", "flat"}, "f");
  model.node("MatMul", {"f", "m"}, "y");
  onnx::ValueInfoProto& inner = *model.graph().add_value_info();
  inner.set_name("c");
  inner.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  for (const std::int64_t extent : {8, 1, 1, 2})
    inner.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(extent);
  model.output_rank(2);
  CHECK(model.run({1, 2, 3, 4}) == Floats{31 + 42});
  CHECK(model.refusal({1, 2, 1, 2}) == "accepted");
  // Without convolutions the first dimension is one like the others.
  OnnxBuilder host({2, 3, 1});
  host.node("Neg", {"x"}, "y");
  CHECK(host.run({1, 2, 3, 4, 5, 6}) == Floats{-1, -2, -3, -4, -5, -6});
}

TEST_CASE("images of bytes become numbers by Cast, and integers are the host's") {
  for (const int type : {onnx::TensorProto::UINT8, onnx::TensorProto::INT32, onnx::TensorProto::INT64}) {
    OnnxBuilder model({1, 1, 1, 4});
    model.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(type);
    model.constant("w", {1, 1, 1, 1}, {0.5F});
    model.cast("x", "real", onnx::TensorProto::FLOAT);
    model.node("Conv", {"real", "w"}, "y");
    CHECK(model.run({0, 1, 128, 255}) == Floats{0, 0.5F, 64, 127.5F});
    CHECK(model.import().nodes.size() == 1);
  }
  OnnxBuilder whole({1, 4});
  whole.constant("three", {1}, {3});
  whole.cast("x", "i", onnx::TensorProto::INT32);
  whole.cast("three", "d", onnx::TensorProto::INT32);
  whole.node("Div", {"i", "d"}, "q");
  whole.cast("q", "y", onnx::TensorProto::FLOAT);
  CHECK(whole.run({7.9F, -7.9F, 2, -0.5F}) == Floats{2, -2, 0, 0});
}

TEST_CASE("Clip takes infinite bounds, and bounds that are computed") {
  const float infinity = std::numeric_limits<float>::infinity();
  OnnxBuilder model({1, 3});
  model.constant("low", {}, {0}).constant("high", {}, {infinity});
  model.node("Clip", {"x", "low", "high"}, "y");
  CHECK(model.run({-1, 2, 3}) == Floats{0, 2, 3});
  const Network network = model.import();
  REQUIRE(network.nodes.size() == 1);
  CHECK(network.nodes[0].op == Op::kClip);

  OnnxBuilder computed({1, 3});
  set_attribute(computed.node("ReduceMin", {"x"}, "least"), "keepdims", std::int64_t{0});
  computed.node("Neg", {"least"}, "most");
  computed.node("Clip", {"x", "least", "most"}, "y");
  CHECK(computed.run({-2, 1, 5}) == Floats{-2, 1, 2});
  computed.graph().mutable_node(2)->set_input(1, "");
  CHECK(computed.run({-2, 1, 5}) == Floats{-2, 1, 2});
  OnnxBuilder nan({1, 3});
  nan.constant("low", {}, {std::nanf("")}).node("Clip", {"x", "low"}, "y");
  CHECK_THAT(nan.refusal(), Contains("node 'node1' (Clip): bound 'low' is nan"));
}
