// Numbers of a file that are beyond all bounds: each attribute and constant that becomes an index or an
// extent.
#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <onnx/defs/schema.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include "quant/onnx/file/official.h"
#include "quant/onnx/file/versions.h"
#include "tests/quant/onnx/onnx_builder.h"
#include "tests/quant/onnx/random/random_operator.h"
#include "tests/quant/onnx/random/version_table.h"

using namespace bitbalance;
using namespace bitbalance::test;
using Catch::Contains;

namespace {

using Floats = std::vector<float>;
using Ints = std::vector<std::int64_t>;

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
const Ints kWild = {kLeast,
                    kLeast + 1,
                    -1,
                    0,
                    std::int64_t{1} << 31,
                    std::int64_t{1} << 32,
                    (std::int64_t{1} << 32) + 1,
                    std::int64_t{1} << 62,
                    kMost - 1,
                    kMost};

/// Ways to change one integer of a model: attributes of its node, and those that it could have; elements of
/// constants.
std::vector<std::function<void(std::int64_t)>> integers_of(OnnxBuilder& model, std::int64_t opset) {
  std::vector<std::function<void(std::int64_t)>> ways;
  for (onnx::NodeProto& node : *model.graph().mutable_node()) {
    if (node.name() != "tested") continue;
    const auto known = static_cast<int>(std::min(opset, onnx_io::kLastOfficial));
    if (const auto* schema = onnx::OpSchemaRegistry::Schema(node.op_type(), known, "")) {
      for (const auto& [name, attribute] : schema->attributes()) {
        const bool is_absent = onnx_io::find_attribute(node, name.c_str()) == nullptr;
        if (attribute.type == onnx::AttributeProto::INT && is_absent)
          set_integer(node, name.c_str(), attribute.default_value.i());
      }
    }
    for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
      if (attribute.type() == onnx::AttributeProto::INT)
        ways.emplace_back([&attribute](std::int64_t value) { attribute.set_i(value); });
      for (std::int64_t& element : *attribute.mutable_ints())
        ways.emplace_back([&element](std::int64_t value) { element = value; });
    }
  }
  for (onnx::TensorProto& tensor : *model.graph().mutable_initializer())
    for (std::int64_t& element : *tensor.mutable_int64_data())
      ways.emplace_back([&element](std::int64_t value) { element = value; });
  return ways;
}

/// Random nodes with one integer that is beyond all bounds: each is refused in one line, or computed.
void check_wild(int cases, std::uint32_t seed) {
  std::mt19937 random(seed);
  for (const auto& [op, since] : versions()) {
    for (const std::int64_t opset : {onnx_io::kLastOfficial, kLastOpset}) {
      for (int i = 0; i < cases && exists(op, opset); ++i) {
        RandomOperator tested = random_operator(op, opset, random);
        const auto ways = integers_of(tested.model, opset);
        if (ways.empty()) break;
        ways[random() % ways.size()](kWild[random() % kWild.size()]);
        CAPTURE(op, opset, i, tested.model.graph().ShortDebugString());
        if (tested.model.refusal() != "accepted") continue;
        try {
          tested.model.run(tested.image);
        } catch (const std::invalid_argument& error) {
          CHECK(std::string(error.what()).find('\n') == std::string::npos);
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("numbers beyond all bounds are refused in one line") {
  struct Lists {
    const char* op;
    std::vector<std::string> attributes;
    std::size_t length;
  };
  for (const Lists& lists :
       {Lists{"Conv", {"strides", "dilations"}, 2}, Lists{"Conv", {"pads"}, 4},
        Lists{"ConvTranspose", {"strides", "dilations", "output_padding"}, 2},
        Lists{"ConvTranspose", {"output_shape"}, 2}, Lists{"ConvTranspose", {"pads"}, 4},
        Lists{"MaxPool", {"kernel_shape", "strides", "dilations"}, 2}, Lists{"AveragePool", {"pads"}, 4},
        Lists{"Transpose", {"perm"}, 4}, Lists{"ReduceMax", {"axes"}, 1}}) {
    for (const std::string& name : lists.attributes) {
      for (const std::int64_t value : kWild) {
        OnnxBuilder model({1, 2, 4, 4});
        const bool has_weights = std::string(lists.op).rfind("Conv", 0) == 0;
        if (has_weights) model.constant("w", {2, 2, 2, 2}, Floats(16, 1));
        onnx::NodeProto& node = model.node(
            lists.op, has_weights ? std::vector<std::string>{"x", "w"} : std::vector<std::string>{"x"}, "y");
        if (std::string(lists.op).find("Pool") != std::string::npos && name != "kernel_shape")
          set_attribute(node, "kernel_shape", Ints{2, 2});
        set_attribute(node, name, Ints(lists.length, value));
        CAPTURE(lists.op, name, value);
        const bool is_legal = (value == -1 && name == "axes") || (value == 0 && name != "strides");
        CHECK((is_legal || model.refusal() != "accepted"));
      }
    }
  }
  for (const std::int64_t value : kWild) {
    CAPTURE(value);
    OnnxBuilder pad({1, 2});
    pad.constant("pads", Ints{0, 0, 0, 0});
    pad.graph().mutable_initializer(0)->set_int64_data(3, value);
    pad.node("Pad", {"x", "pads"}, "y");
    CHECK((value == 0 || value == -1 || pad.refusal() != "accepted"));
    OnnxBuilder old_pad({1, 2}, 10);
    set_attribute(old_pad.node("Pad", {"x"}, "y"), "pads", Ints{0, value, 0, value});
    CHECK((value == 0 || old_pad.refusal() != "accepted"));
    OnnxBuilder split({1, 2}, 11);
    onnx::NodeProto& node = split.node("Split", {"x"}, "y");
    node.add_output("z");
    set_integer(node, "axis", 1);
    set_attribute(node, "split", Ints{value, value});
    CHECK(split.refusal() != "accepted");
    OnnxBuilder tile({1, 2});
    tile.constant("repeats", Ints{1, value});
    tile.node("Tile", {"x", "repeats"}, "y");
    CHECK(tile.refusal() != "accepted");
    OnnxBuilder view({1, 2});
    view.constant("shape", Ints{value, value, -1});
    view.output_rank(3).node("Reshape", {"x", "shape"}, "y");
    CHECK((value == 0 || view.refusal() != "accepted"));
    OnnxBuilder conv({1, 2, 4, 4});
    conv.constant("w", {2, 2, 2, 2}, Floats(16, 1));
    set_integer(conv.node("Conv", {"x", "w"}, "y"), "group", value);
    CHECK(conv.refusal() != "accepted");
  }
  for (const float scale :
       {-1.0F, 0.0F, 1e-30F, 1e30F, std::numeric_limits<float>::infinity(), std::nanf("")}) {
    CAPTURE(scale);
    OnnxBuilder resize({1, 1, 2, 2});
    resize.constant("scales", {4}, {1, 1, scale, 1});
    resize.node("Resize", {"x", "", "scales"}, "y");
    CHECK_THAT(resize.refusal(), Contains("Resize"));
  }
}

TEST_CASE("an axis beyond all bounds is refused by every operator that has one") {
  struct WithAxis {
    const char* op;
    std::vector<std::string> inputs;
    std::int64_t opset;
  };
  for (const WithAxis& with :
       {WithAxis{"Concat", {"x", "x"}, 13}, WithAxis{"Flatten", {"x"}, 13}, WithAxis{"Softmax", {"x"}, 11},
        WithAxis{"Softmax", {"x"}, 13}, WithAxis{"Gather", {"x", "index"}, 13}, WithAxis{"Split", {"x"}, 11},
        WithAxis{"ArgMax", {"x"}, 13}, WithAxis{"OneHot", {"x", "depth", "values"}, 13},
        WithAxis{"LayerNormalization", {"x", "scale"}, 17}, WithAxis{"RMSNormalization", {"x", "scale"}, 23},
        WithAxis{"QuantizeLinear", {"x", "scales"}, 13}}) {
    for (const std::int64_t value : kWild) {
      if (value == 0 || value == -1) continue;
      OnnxBuilder model({1, 2, 4, 4}, with.opset);
      model.constant("index", Ints{0}).constant("depth", Ints{2}).constant("values", {2}, {0, 1});
      model.constant("scale", {4}, Floats(4, 1)).constant("scales", {2}, {1, 2});
      onnx::NodeProto& node = model.node(with.op, with.inputs, "y");
      if (std::string(with.op) == "LayerNormalization" || std::string(with.op) == "Split")
        node.add_output("other");
      set_integer(node, "axis", value);
      CAPTURE(with.op, with.opset, value);
      CHECK(model.refusal() != "accepted");
    }
  }
}

TEST_CASE("an integer beyond all bounds in a random node of every operator is refused, or computed") {
  check_wild(4, 1);
}

TEST_CASE("integers beyond all bounds in many random nodes", "[.long]") {
  for (std::uint32_t seed = 2; seed < 52; ++seed) check_wild(8, seed);
}

TEST_CASE("GatherND takes as many dimensions of a batch as both tensors have") {
  for (const std::int64_t batch : {std::int64_t{-1}, kLeast, std::int64_t{2}, kMost}) {
    CAPTURE(batch);
    OnnxBuilder model({2, 2});
    model.constant("places", Ints{1, 0})
        .constant("rows", Ints{2, 1})
        .node("Reshape", {"places", "rows"}, "at");
    set_integer(model.output_rank(1).node("GatherND", {"x", "at"}, "y"), "batch_dims", batch);
    CHECK_THAT(model.refusal(), Contains("(GatherND): batch_dims is "));
  }
}

TEST_CASE("numbers beyond all bounds that are added to others or divide them are refused") {
  for (const std::int64_t value : kWild) {
    CAPTURE(value);
    // Padding ahead of a convolution is added to its own.
    OnnxBuilder padded({1, 1, 2, 2});
    padded.constant("pads", Ints{0, 0, 1, 1, 0, 0, 1, 1}).constant("w", {1, 1, 2, 2}, Floats(4, 1));
    padded.node("Pad", {"x", "pads"}, "p");
    set_attribute(padded.node("Conv", {"p", "w"}, "y"), "pads", Ints(4, value));
    const std::int64_t found = value < 0 ? value + 1 : value;  // too large a pad stays the file's
    const bool is_legal = value == 0 || value == -1;
    CHECK((is_legal || padded.refusal().find(fmt::format("pads is [{}", found)) != std::string::npos));

    // A block longer than the dimension is the dimension.
    OnnxBuilder blocks({1, 4}, 21);
    blocks.raw_constant("q", onnx::TensorProto::INT8, {4, 2}, std::string(8, '\1'));
    blocks.constant("s", {1, 2}, {1, 10});
    onnx::NodeProto& dequantize = blocks.node("DequantizeLinear", {"q", "s"}, "w");
    set_integer(dequantize, "axis", 0);
    set_integer(dequantize, "block_size", value);
    blocks.node("MatMul", {"x", "w"}, "y");
    if (value > 0) {
      CHECK(blocks.run({1, 1, 1, 1}) == Floats{4, 40});
    } else {
      CHECK_THAT(blocks.refusal(), Contains("scales"));
    }
  }

  for (const float edge : {1e30F, -3e38F, std::numeric_limits<float>::infinity(), std::nanf("")}) {
    CAPTURE(edge);
    OnnxBuilder crop({1, 1, 4, 1});
    crop.constant("roi", {8}, {0, 0, edge, 0, 1, 1, -edge, 1}).constant("sizes", Ints{1, 1, 2, 1});
    onnx::NodeProto& node = crop.node("Resize", {"x", "roi", "", "sizes"}, "y");
    set_attribute(node, "coordinate_transformation_mode", std::string("tf_crop_and_resize"));
    CHECK_THAT(crop.refusal(), Contains("a roi from"));
  }
}

TEST_CASE("a parameter that is one number is neither none nor several") {
  struct Asked {
    const char* op;
    std::vector<std::string> inputs;
  };
  for (const Asked& asked :
       {Asked{"Trilu", {"x", "wrong"}}, Asked{"CumSum", {"x", "wrong"}}, Asked{"TopK", {"x", "wrong"}},
        Asked{"Pad", {"x", "pads", "wrong"}}, Asked{"OneHot", {"x", "wrong", "pair"}}}) {
    for (const Ints& wrong : {Ints{}, Ints{1, 1}}) {
      CAPTURE(asked.op, wrong.size());
      OnnxBuilder model({2, 2}, 14);
      model.constant("wrong", wrong).constant("pads", Ints{0, 0, 0, 1}).constant("pair", Ints{0, 1});
      model.node(asked.op, asked.inputs, "y");
      CHECK_THAT(model.refusal(), Contains(std::string("(") + asked.op + "): "));
    }
  }
}

TEST_CASE("groups of a constant without elements are normalized to nothing") {
  OnnxBuilder model({1, 2}, 21);
  model.constant("shape", Ints{0, 4, 2}).constant("c", {4}, Floats(4, 1));
  model.node("ConstantOfShape", {"shape"}, "none");
  set_integer(model.node("GroupNormalization", {"none", "c", "c"}, "groups"), "num_groups", 2);
  set_integer(model.node("ReduceSum", {"groups"}, "sum"), "keepdims", 0);
  model.node("Add", {"x", "sum"}, "y");
  CHECK(model.run({1, 2}) == Floats{1, 2});
}
