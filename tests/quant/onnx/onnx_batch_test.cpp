// Files that take a fixed number of images at once: each is imported for one image, whose results are those
// that the file gives for it among others, or refused where it mixes them.
#include <catch2/catch.hpp>

#include <cmath>
#include <functional>
#include <random>

#include "quant/eval/evaluator.h"
#include "tests/quant/onnx/onnx_builder.h"
#include "tests/quant/onnx/random/random_operator.h"
#include "tests/quant/onnx/random/version_table.h"

using namespace bitbalance;
using namespace bitbalance::test;
using Catch::Contains;

namespace {

using Dims = std::vector<std::int64_t>;
using Floats = std::vector<float>;

Dims input_dims(const OnnxBuilder& model) {
  Dims dims;
  for (const auto& dim : model.graph().input(0).type().tensor_type().shape().dim())
    dims.push_back(dim.dim_value());
  return dims;
}

Dims one_image(Dims dims) {
  dims.at(0) = 1;
  return dims;
}

std::int64_t count(const Dims& dims, std::size_t first, std::size_t end) {
  std::int64_t product = 1;
  for (std::size_t d = first; d < end; ++d) product *= dims[d];
  return product;
}

/// One after the other along a dimension.
Floats joined(const std::vector<Floats>& parts, const Dims& dims, std::size_t axis) {
  const std::int64_t outer = count(dims, 0, axis), run = count(dims, axis, dims.size());
  Floats all;
  for (std::int64_t o = 0; o < outer; ++o)
    for (const Floats& part : parts)
      all.insert(all.end(), part.begin() + o * run, part.begin() + (o + 1) * run);
  return all;
}

bool is_as_file(const Floats& found, const std::vector<double>& expected) {
  if (found.size() != expected.size()) return false;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const bool is_near = found[i] == expected[i] || (std::isnan(found[i]) && std::isnan(expected[i])) ||
                         std::abs(found[i] - expected[i]) <= 1e-4 + 1e-4 * std::abs(expected[i]);
    if (!is_near) return false;
  }
  return true;
}

/// The results of the images, computed one by one, are those of the file, along some dimension.
bool is_one_by_one(const Network& network, const Floats& images, std::int64_t batch,
                   const std::vector<double>& expected) {
  Evaluator evaluator(network);
  std::vector<Floats> parts;
  const auto size = static_cast<std::ptrdiff_t>(images.size() / batch);
  for (std::int64_t n = 0; n < batch; ++n)
    parts.push_back(evaluator.run({images.begin() + n * size, images.begin() + (n + 1) * size}));
  const Dims& dims = network.outputs.front().dims;
  for (std::size_t d = 0; d < dims.size(); ++d)
    if (is_as_file(joined(parts, dims, d), expected)) return true;
  return false;
}

/// Nodes without a layer that takes one image are computed as they stand, too.
std::string outcome(const OnnxBuilder& model) {
  const Dims dims = input_dims(model);
  const std::string refusal = model.refusal(one_image(dims));
  if (refusal != "accepted") return refusal;
  std::mt19937 random(7);
  Floats images(count(dims, 0, dims.size()));
  for (float& x : images) x = std::normal_distribution<float>(0, 2)(random);
  const Floats whole = model.run(images);
  return is_one_by_one(model.import(one_image(dims)), images, dims[0], {whole.begin(), whole.end()})
             ? "one by one"
             : "accepted, and mixed";
}

Floats values(std::int64_t count) {
  Floats all(count);
  for (std::int64_t i = 0; i < count; ++i) all[i] = static_cast<float>(i * 7 % 11) / 4 - 1;
  return all;
}

constexpr const char* kMixes = "mixes, or may mix, the ";

/// x[4, 3, 2, 2] -> Conv -> Relu -> h[4, 3, 2, 2].
OnnxBuilder convolved() {
  OnnxBuilder model({4, 3, 2, 2});
  model.constant("w", {3, 3, 1, 1}, values(9));
  model.node("Conv", {"x", "w"}, "c");
  model.node("Relu", {"c"}, "h");
  return model;
}

}  // namespace

TEST_CASE("random nodes of a fixed batch treat its images one by one, or are refused") {
  int accepted = 0;
  for (const auto& [op, since] : versions()) {
    for (const std::int64_t opset : {8, 12, 13, 17, 23}) {
      for (std::uint32_t seed = 0; exists(op, opset) && seed < 20; ++seed) {
        std::seed_seq sequence = {seed, static_cast<std::uint32_t>(opset)};
        std::mt19937 random(sequence);
        const RandomOperator tested = random_operator(op, opset, random);
        const Dims dims = input_dims(tested.model);
        if (dims.size() < 2 || dims[0] < 2 || tested.is_training || tested.is_beyond) continue;
        if (tested.model.refusal(one_image(dims)) != "accepted") continue;
        CAPTURE(op, opset, seed);
        ++accepted;
        CHECK(is_one_by_one(tested.model.import(one_image(dims)), tested.image, dims[0],
                            tested.expected.values));
      }
    }
  }
  CHECK(accepted > 1000);
}

TEST_CASE("a node that mixes the images of a fixed batch is refused by name") {
  const auto refused = [](const OnnxBuilder& model, const std::string& op) {
    CAPTURE(op);
    CHECK_THAT(model.refusal(), Contains("(" + op + "): " + kMixes + "4 images of the file's fixed batch; "));
  };
  for (const char* op : {"ReduceMax", "ReduceMean", "ReduceL2", "ReduceProd"}) {
    for (const std::int64_t keeps : {0, 1}) {
      OnnxBuilder model = convolved();
      onnx::NodeProto& reduce = model.node(op, {"h"}, "y");
      set_attribute(reduce, "axes", Dims{0});
      set_integer(reduce, "keepdims", keeps);
      refused(model, op);
    }
    OnnxBuilder all = convolved();
    all.node(op, {"h"}, "y");
    refused(all, op);
  }
  for (const char* op : {"Softmax", "LogSoftmax", "Hardmax", "ArgMax"}) {
    OnnxBuilder model = convolved();
    set_integer(model.node(op, {"h"}, "y"), "axis", 0);
    refused(model, op);
  }
  OnnxBuilder sums = convolved();
  sums.constant("axis", std::vector<std::int64_t>{0}).node("CumSum", {"h", "axis"}, "y");
  refused(sums, "CumSum");

  for (const std::int64_t index : {0, -1}) {
    OnnxBuilder picked = convolved();
    picked.constant("at", Dims{index}).node("Gather", {"h", "at"}, "y");
    refused(picked, "Gather");
  }
  for (const Dims& cut : {Dims{0, 1}, Dims{0, 2}, Dims{1, 4}}) {
    OnnxBuilder sliced = convolved();
    sliced.constant("from", Dims{cut[0]}).constant("to", Dims{cut[1]}).constant("of", Dims{0});
    sliced.node("Slice", {"h", "from", "to", "of"}, "y");
    refused(sliced, "Slice");
  }
  OnnxBuilder gram = convolved();
  set_integer(gram.node("Flatten", {"h"}, "f"), "axis", 1);
  set_attribute(gram.node("Transpose", {"f"}, "t"), "perm", Dims{1, 0});
  gram.node("MatMul", {"f", "t"}, "y");
  refused(gram, "MatMul");

  OnnxBuilder left = convolved();
  left.node("Flatten", {"h"}, "f");
  left.constant("m", {2, 4}, values(8)).node("MatMul", {"m", "f"}, "y");
  refused(left, "MatMul");

  OnnxBuilder videos = convolved();  // two of two images each
  videos.constant("shape", Dims{2, 2, 12}).node("Reshape", {"h", "shape"}, "y");
  refused(videos, "Reshape");

  // One after the other, but not along the dimension that the sum is taken of.
  OnnxBuilder viewed = convolved();
  viewed.constant("shape", Dims{1, -1, 12}).node("Reshape", {"h", "shape"}, "v");
  set_attribute(viewed.node("ReduceMean", {"v"}, "y"), "axes", Dims{1});
  refused(viewed, "ReduceMean");

  OnnxBuilder twice = convolved();
  set_integer(twice.node("Concat", {"h", "h"}, "y"), "axis", 0);
  refused(twice, "Concat");

  OnnxBuilder own = convolved();  // constants for each image
  own.constant("b", {4, 1, 1, 1}, values(4)).node("Add", {"h", "b"}, "y");
  refused(own, "Add");

  // As many features as images: a number for each image is added to each feature.
  OnnxBuilder other = convolved();
  other.constant("shape", Dims{4, 3, 4}).node("Reshape", {"h", "shape"}, "s");
  onnx::NodeProto& means = other.node("ReduceMean", {"s"}, "m");
  set_attribute(means, "axes", Dims{1, 2});
  set_integer(means, "keepdims", 0);
  other.node("Add", {"s", "m"}, "y");
  refused(other, "Add");

  OnnxBuilder scaled = convolved();  // a sum over images becomes a mean
  scaled.node("Shape", {"h"}, "shape");
  scaled.constant("first", std::vector<std::int64_t>{0}).node("Gather", {"shape", "first"}, "n");
  scaled.cast("n", "count", onnx::TensorProto::FLOAT).node("Div", {"h", "count"}, "y");
  refused(scaled, "Div");
}

TEST_CASE("what stays apart in a fixed batch is imported for one image") {
  const auto of = [](const std::function<void(OnnxBuilder&)>& add) {
    OnnxBuilder model({4, 6, 2});
    add(model);
    return outcome(model);
  };
  CHECK(
      of([](OnnxBuilder& m) {  // heads beside images
        m.constant("split", Dims{4, 6, 2, 1}).constant("heads", Dims{8, 6, 1}).constant("back", {4, 2, 6, 1});
        m.node("Reshape", {"x", "split"}, "s");
        set_attribute(m.node("Transpose", {"s"}, "t"), "perm", Dims{0, 2, 1, 3});
        m.node("Reshape", {"t", "heads"}, "q");
        set_attribute(m.node("Transpose", {"q"}, "k"), "perm", Dims{0, 2, 1});
        m.node("MatMul", {"q", "k"}, "scores");
        set_integer(m.node("Softmax", {"scores"}, "p"), "axis", 2);
        m.node("MatMul", {"p", "q"}, "o");
        m.node("Reshape", {"o", "back"}, "y");
        m.output_rank(4);
      }) == "one by one");
  CHECK(of([](OnnxBuilder& m) {  // images second, and back
          set_attribute(m.node("Transpose", {"x"}, "t"), "perm", Dims{1, 0, 2});
          m.constant("heads", Dims{6, 8, 1}).node("Reshape", {"t", "heads"}, "h");
          set_integer(m.node("Softmax", {"h"}, "s"), "axis", 0);
          m.constant("back", Dims{6, 4, 2}).node("Reshape", {"s", "back"}, "b");
          set_attribute(m.node("Transpose", {"b"}, "y"), "perm", Dims{1, 0, 2});
        }) == "one by one");
  CHECK(of([](OnnxBuilder& m) {  // a token in front, as often as there are images
          m.node("Shape", {"x"}, "shape");
          m.constant("first", Dims{0}).node("Gather", {"shape", "first"}, "n");
          m.constant("rest", Dims{1, 2});
          set_integer(m.node("Concat", {"n", "rest"}, "to"), "axis", 0);
          m.constant("token", {1, 1, 2}, {3, -4}).node("Expand", {"token", "to"}, "tokens");
          set_integer(m.node("Concat", {"tokens", "x"}, "y"), "axis", 1);
        }) == "one by one");
  CHECK(of([](OnnxBuilder& m) {  // by an extent that is no batch
          m.node("Shape", {"x"}, "shape");
          m.constant("last", std::vector<std::int64_t>{-1}).node("Gather", {"shape", "last"}, "n");
          m.cast("n", "size", onnx::TensorProto::FLOAT).node("Div", {"x", "size"}, "y");
        }) == "one by one");
  CHECK(of([](OnnxBuilder& m) {
          set_attribute(m.node("ReduceMean", {"x"}, "mean"), "axes", Dims{2});
          m.constant("all", Dims{4, 6, 2}).node("Expand", {"mean", "all"}, "e");
          m.node("Sub", {"x", "e"}, "y");
        }) == "one by one");
  CHECK(of([](OnnxBuilder& m) {
          m.constant("from", Dims{0, 1}).constant("to", Dims{4, 3}).node("Slice", {"x", "from", "to"}, "y");
        }) == "one by one");
  CHECK(of([](OnnxBuilder& m) {  // rows of all images
          m.constant("rows", Dims{24, 2}).node("Reshape", {"x", "rows"}, "r");
          m.constant("w", {2, 3}, values(6)).node("Gemm", {"r", "w"}, "g");
          m.constant("back", Dims{4, -1}).node("Reshape", {"g", "back"}, "y");
          m.output_rank(2);
        }) == "one by one");
  CHECK(of([](OnnxBuilder& m) {  // a step of the sequences is no image
          set_attribute(m.node("Transpose", {"x"}, "t"), "perm", Dims{1, 0, 2});
          m.constant("w", {1, 3, 2}, values(6)).constant("r", {1, 3, 3}, values(9));
          set_integer(m.node("RNN", {"t", "w", "r"}, "y"), "hidden_size", 3);
          m.output_rank(4);
        }) == "one by one");
  CHECK_THAT(of([](OnnxBuilder& m) {  // images are steps
               m.constant("w", {1, 3, 2}, values(6)).constant("r", {1, 3, 3}, values(9));
               set_integer(m.node("RNN", {"x", "w", "r"}, "y"), "hidden_size", 3);
               m.output_rank(4);
             }),
             Contains(kMixes));
}

TEST_CASE("a first extent is a batch where a layer finds it to be one") {
  OnnxBuilder features({4, 2});
  features.constant("one", {2}, {1, 1}).constant("zero", {2}, {0, 0}).constant("b", {2}, {3, 5});
  features.node("BatchNormalization", {"x", "one", "b", "zero", "one"}, "y");
  CHECK(features.import().input_dims == Dims{1, 2});

  OnnxBuilder rows({4, 2});  // 4 rows as good as 4 images
  rows.constant("w", {2, 1}, {1, 2}).node("MatMul", {"x", "w"}, "y");
  CHECK(rows.import().input_dims == Dims{4, 2});
  CHECK(rows.import({1, 2}).input_dims == Dims{1, 2});

  OnnxBuilder channels({4, 2, 2});  // without a batch
  channels.constant("at", Dims{0}).node("Unsqueeze", {"x", "at"}, "u");
  channels.constant("w", {1, 4, 1, 1}, {1, 2, 3, 4}).node("Conv", {"u", "w"}, "y");
  CHECK(channels.output_rank(4).import().input_dims == Dims{4, 2, 2});
}

TEST_CASE("a batch is fixed in files of quantized convolutions, too") {
  OnnxBuilder model({4, 1, 2, 2});
  model.constant("s", {}, {0.25F}).raw_constant("z", onnx::TensorProto::UINT8, {}, std::string(1, '\x80'));
  model.raw_constant("w", onnx::TensorProto::INT8, {1, 1, 1, 1}, "\x03");
  model.raw_constant("wz", onnx::TensorProto::INT8, {}, std::string(1, '\0'));
  model.node("QuantizeLinear", {"x", "s", "z"}, "q");
  model.node("QLinearConv", {"q", "s", "z", "w", "s", "wz", "s", "z"}, "c");
  model.node("DequantizeLinear", {"c", "s", "z"}, "y");
  CHECK(model.import().input_dims == Dims{1, 1, 2, 2});

  OnnxBuilder measured({4, 1, 2, 2});
  onnx::NodeProto& measure = measured.node("DynamicQuantizeLinear", {"x"}, "q");
  measure.add_output("qs");
  measure.add_output("qz");
  measured.raw_constant("w", onnx::TensorProto::INT8, {1, 1, 1, 1}, "\x03");
  measured.node("ConvInteger", {"q", "w", "qz"}, "c");
  measured.cast("c", "f", onnx::TensorProto::FLOAT).node("Mul", {"f", "qs"}, "y");
  CHECK(measured.import().input_dims == Dims{1, 1, 2, 2});
}
