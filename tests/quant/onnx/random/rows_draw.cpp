#include "tests/quant/onnx/random/rows_draw.h"

#include <cmath>

#include "tests/quant/onnx/reference/reference_call.h"

namespace bitbalance::test {
namespace {

using Rows = ReferenceTensor;

constexpr std::int64_t kRowsOpset = 13;

}  // namespace

RowsDraw::RowsDraw(std::uint32_t seed)
    : random_(seed), boxes_(integer(2, 7)), model_({1, 1, boxes_}, kRowsOpset) {
  choose();
}

/// Scores are the image; what of them is chosen are the first rows.
void RowsDraw::choose() {
  Drawn scores{"x", kReal, true, false, {}};
  for (int image = 0; image < kImages; ++image) {
    std::vector<float>& values = images_.emplace_back(boxes_);
    for (float& value : values) value = static_cast<float>(integer(-8, 24)) / 32;
    scores.of.push_back({{1, 1, boxes_}, {values.begin(), values.end()}});
  }
  values_.push_back(scores);
  std::vector<double> corners;
  for (std::int64_t i = 0; i < boxes_; ++i) {
    const double x = static_cast<double>(integer(0, 12)) / 4, y = static_cast<double>(integer(0, 12)) / 4;
    corners.insert(corners.end(), {y, x, y + 1, x + 1});
  }
  const Drawn boxes = constant({1, boxes_, 4}, corners, kReal), share = constant({1}, {0.25}, kReal);
  const Drawn most = constant({1}, {static_cast<double>(integer(1, boxes_))}, kWhole);
  const Drawn least = constant({1}, {chance(3) ? 0.5 : 0.0}, kReal);
  onnx::NodeProto node =
      model_.node("NonMaxSuppression", {boxes.name, "x", most.name, share.name, least.name}, "chosen");
  Drawn chosen{"chosen", kWhole, true, true, {}};
  for (int image = 0; image < kImages; ++image) {
    Rows rows = reference(
        node, kRowsOpset,
        {&boxes.of[image], &scores.of[image], &most.of[image], &share.of[image], &least.of[image]})[0];
    const auto none = std::find(rows.values.begin(), rows.values.end(), -1.0);
    rows.values.erase(none, rows.values.end());
    rows.dims[0] = static_cast<std::int64_t>(rows.values.size()) / 3;
    chosen.of.push_back(std::move(rows));
  }
  values_.push_back(std::move(chosen));
}

Drawn RowsDraw::constant(const Ints& dims, const std::vector<double>& values, int type) {
  Drawn result{new_name(), type, true, false, std::vector<Rows>(kImages, Rows{dims, values})};
  std::string bytes;
  for (const double value : values) {
    const auto real = static_cast<float>(value);
    const auto whole = static_cast<std::int64_t>(value);
    if (type == kReal) bytes.append(reinterpret_cast<const char*>(&real), sizeof real);
    if (type == kWhole) bytes.append(reinterpret_cast<const char*>(&whole), sizeof whole);
  }
  model_.raw_constant(result.name, type, dims, bytes);
  return result;
}

Drawn RowsDraw::list(const Ints& values) {
  return constant({static_cast<std::int64_t>(values.size())}, {values.begin(), values.end()}, kWhole);
}

onnx::NodeProto RowsDraw::node(const std::string& op, const std::vector<Drawn>& inputs) {
  onnx::NodeProto node;
  node.set_op_type(op);
  node.add_output(new_name());
  for (const Drawn& input : inputs) node.add_input(input.name);
  return node;
}

bool RowsDraw::add(const onnx::NodeProto& node, const std::vector<Drawn>& inputs, int type,
                   bool keeps_exact) {
  constexpr std::int64_t kMost = 300;
  constexpr double kLarge = 1 << 20;
  Drawn result{node.output(0), type, keeps_exact, false, {}};
  for (const Drawn& input : inputs) {
    result.is_exact = result.is_exact && input.is_exact;
    result.has_rows = result.has_rows || input.has_rows;
  }
  for (int image = 0; image < kImages; ++image) {
    std::vector<const Rows*> operands;
    operands.reserve(inputs.size());
    for (const Drawn& input : inputs) operands.push_back(&input.of[image]);
    if (node.op_type() == "ConstantOfShape") {
      const std::vector<double>& dims = operands[0]->values;
      result.of.push_back(
          onnx_reference::tabulate({dims.begin(), dims.end()}, [](const Ints& /*at*/) { return 0.0; }));
    } else {
      result.of.push_back(reference(node, kRowsOpset, operands)[0]);
    }
    const Rows& found = result.of.back();
    if (found.dims.size() > 4 || found.dims.size() != result.of[0].dims.size() ||
        onnx_reference::volume(found.dims) > kMost)
      return false;
    for (const double value : found.values)
      if (!(std::abs(value) < kLarge)) return false;
  }
  onnx::NodeProto& added = *model_.graph().add_node();
  added = node;
  added.set_name("node" + std::to_string(model_.graph().node_size()));
  values_.push_back(std::move(result));
  return true;
}

const Drawn& RowsDraw::last_with_rows() const {
  return *std::find_if(values_.rbegin(), values_.rend(), [](const Drawn& value) { return value.has_rows; });
}

}  // namespace bitbalance::test
