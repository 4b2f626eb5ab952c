// Of a node's operands any may be constants and any may be made of the image: random nodes of every operator
// mean the same whichever are which, or are refused.
#include <catch2/catch.hpp>

#include <cmath>
#include <random>
#include <set>
#include <string>

#include "quant/onnx/file/versions.h"
#include "tests/quant/onnx/random/random_operator.h"
#include "tests/quant/onnx/random/version_table.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

onnx::NodeProto& tested_node(OnnxBuilder& model) {
  for (onnx::NodeProto& node : *model.graph().mutable_node())
    if (node.name() == "tested") return node;
  throw std::logic_error("no node is tested");
}

/// The same values with a bit of `computed` for each operand of the node: 1: what it is depends on the image,
/// which is a single 1; 0: a constant.
OnnxBuilder with_operands(const RandomOperator& tested, unsigned computed) {
  OnnxBuilder model = tested.model;
  onnx::ValueInfoProto& input = *model.graph().mutable_input(0);
  std::vector<std::int64_t> dims;
  for (const auto& dim : input.type().tensor_type().shape().dim()) dims.push_back(dim.dim_value());
  model.constant(input.name(), dims, tested.image);
  input.set_name("one");
  input.mutable_type()->mutable_tensor_type()->clear_shape();
  input.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(1);
  model.cast("one", "is one", onnx::TensorProto::BOOL).node("Squeeze", {"is one"}, "is true");
  onnx::NodeProto node = tested_node(model);
  for (int i = 0; i < node.input_size(); ++i) {
    if ((computed >> static_cast<unsigned>(i) & 1U) == 0 || node.input(i).empty()) continue;
    const std::string operand = "operand" + std::to_string(i);
    model.node("Where", {"is true", node.input(i), node.input(i)}, operand);
    node.set_input(i, operand);
  }
  tested_node(model) = node;
  return model;
}

/// The newest that has the operator.
std::int64_t newest_opset(const std::string& op) {
  std::int64_t opset = kLastOpset;
  while (!exists(op, opset)) --opset;
  return opset;
}

bool are_near(const std::vector<float>& found, const std::vector<double>& expected) {
  return std::equal(found.begin(), found.end(), expected.begin(), expected.end(),
                    [](double a, double b) { return std::abs(a - b) <= 1e-4 + 1e-4 * std::abs(b); });
}

/// Made of extents or parameters alone, so that no operand with elements is left.
const std::set<std::string> kWithoutElements = {"Constant", "ConstantOfShape", "EyeLike",
                                                "Range",    "Shape",           "Size"};
/// Of an image as many rows as there can be, of constants those that there are.
const std::set<std::string> kWithOpenRows = {"Compress", "NonZero"};

}  // namespace

TEST_CASE("an operator means the same whichever of its operands are constants") {
  for (const auto& [op, since] : versions()) {
    const std::int64_t opset = newest_opset(op);
    int passed = 0;
    for (std::uint32_t seed = 0; seed < 4; ++seed) {
      std::mt19937 random(seed);
      RandomOperator tested = random_operator(op, opset, random);
      if (tested.is_training || tested.is_beyond) continue;
      const unsigned choices = 1U << static_cast<unsigned>(tested_node(tested.model).input_size());
      for (unsigned computed = 1; computed < choices; ++computed) {
        const OnnxBuilder model = with_operands(tested, computed);
        CAPTURE(op, opset, seed, computed);
        const std::string refusal = model.refusal();
        CAPTURE(refusal);
        if (refusal != "accepted") continue;
        const std::vector<float> found = model.run({1});
        CHECK((kWithOpenRows.count(op) != 0 || are_near(found, tested.expected.values)));
        ++passed;
      }
    }
    CAPTURE(op);
    CHECK((passed > 0) == (kWithoutElements.count(op) == 0));
  }
}
