// Operators of a random graph that sample images, put them together, or work on bits.
#include <cmath>

#include "tests/support/random/graph_draw.h"

namespace bitbalance::test {

using Value = GraphDraw::Value;

/// At constant places, some of them outside.
Value GraphDraw::sampled(const std::string& op, const Value& from) {
  const Value in = image(from);
  const Dims places = {1, uniform(1, 4), uniform(1, 4), 2};
  Value result = node(op, {in.name, normals(places, 0, 0.6)}, {1, in.dims[1], places[1], places[2]});
  const bool is_new = has(20);
  if (chance(0.6)) {
    const std::string smooth = is_new ? "linear" : "bilinear", cubic = is_new ? "cubic" : "bicubic";
    set_attribute(last(), "mode", pick({smooth, cubic, std::string("nearest")}));
  }
  if (chance(0.6))
    set_attribute(last(), "padding_mode", std::string(pick({"zeros", "border", "reflection"})));
  if (chance(0.5)) set_attribute(last(), "align_corners", std::int64_t{uniform(0, 1)});
  return result;
}

/// One region, maybe partly outside.
Value GraphDraw::regions(const std::string& op, const Value& from) {
  const Value in = image(from);
  const auto left = static_cast<float>(uniform(-3, 4)) / 2 + 0.125F, top = left / 2;
  const std::string region = floats({1, 4}, {left, top, left + 2.25F, top + 3.25F});
  const Dims dims = {1, in.dims[1], uniform(1, 3), uniform(1, 3)};
  Value result = node(op, {in.name, region, integers({0})}, dims);
  set_attribute(last(), "output_height", dims[2]);
  set_attribute(last(), "output_width", dims[3]);
  set_attribute(last(), "sampling_ratio", std::int64_t{uniform(0, 2)});
  if (has(16) && chance(0.5)) {
    set_attribute(last(), "coordinate_transformation_mode",
                  std::string(pick({"half_pixel", "output_half_pixel"})));
  }
  return result;
}

/// One region with corners on elements, maybe partly outside; which element is the largest is no matter.
Value GraphDraw::largest_of_regions(const std::string& op, const Value& from) {
  const Value in = image(from);
  const auto left = static_cast<float>(uniform(-2, 3)), top = static_cast<float>(uniform(-2, 3));
  const std::string region =
      floats({1, 5}, {0, left, top, left + static_cast<float>(uniform(0, 5)), top + 3});
  const Dims dims = {1, in.dims[1], uniform(1, 3), uniform(1, 3)};
  Value result = node(op, {in.name, region}, dims);
  set_attribute(last(), "pooled_shape", Dims{dims[2], dims[3]});
  return result;
}

/// Queries among constant keys and values.
Value GraphDraw::attention(const std::string& op, const Value& from) {
  const Value rows = matrix(calm(from));
  const Value queries = view(rows, {1, rows.dims[0], rows.dims[1]});
  const Dims keys = {1, uniform(1, 4), rows.dims[1]};
  Value result = node(op, {queries.name, normals(keys, 0, 0.5), normals(keys, 0, 1)}, queries.dims);
  set_attribute(last(), "q_num_heads", std::int64_t{1});
  set_attribute(last(), "kv_num_heads", std::int64_t{1});
  if (chance(0.4)) set_attribute(last(), "is_causal", std::int64_t{1});
  if (chance(0.4)) set_attribute(last(), "scale", 0.5F);
  return result;
}

/// Constant boxes by exact scores: which they are, or how they score; -1 in the rows behind them.
Value GraphDraw::chosen_boxes(const std::string& op, const Value& from) {
  constexpr std::int64_t kMost = 48;
  const Value source = between(from);
  const std::int64_t boxes = source.elements();
  if (boxes > kMost) return binary("Add", from);
  const Value scores = view(source, {1, 1, boxes});
  const bool are_centers = chance(0.5);
  std::vector<float> places;
  for (std::int64_t i = 0; i < boxes; ++i) {
    const auto x = static_cast<float>(uniform(0, 16)) / 4, y = static_cast<float>(uniform(0, 16)) / 4;
    const auto width = static_cast<float>(uniform(1, 12)) / 4,
               height = static_cast<float>(uniform(1, 12)) / 4;
    if (are_centers) {
      places.insert(places.end(), {x, y, width, height});
    } else {
      places.insert(places.end(), {y, x, y + height, x + width});
    }
  }
  const std::int64_t most = uniform(1, 6), rows = std::min(most, boxes);
  std::vector<std::string> inputs = {floats({1, boxes, 4}, places), scores.name, integers({most}),
                                     number(0.3F)};
  if (chance(0.5)) inputs.push_back(number(0.1F));
  const auto hidden = [&](const std::string& type, const std::vector<std::string>& operands,
                          const Dims& dims) {
    const Value value = node(type, operands, dims, true);
    values_.pop_back();  // the image decides how many rows there are
    return value.name;
  };
  const std::string chosen = hidden(op, inputs, {rows, 3});
  if (are_centers) set_attribute(last(), "center_point_box", std::int64_t{1});
  std::string found;
  const std::int64_t columns = chance(0.5) ? 1 : 3;
  if (columns == 1) {
    const std::string index = hidden("Gather", {chosen, integers({2})}, {rows, 1});
    set_attribute(last(), "axis", std::int64_t{1});
    const std::string flat = hidden("Reshape", {source.name, integers({-1})}, {boxes});
    found = hidden("Gather", {flat, index}, {rows, 1});
  } else {
    found = hidden("Cast", {chosen}, {rows, 3});
    set_attribute(last(), "to", std::int64_t{onnx::TensorProto::FLOAT});
  }
  const std::string none =
      floats({rows, columns}, std::vector<float>(static_cast<std::size_t>(rows * columns), -1));
  const std::string all = hidden("Concat", {found, none}, {2 * rows, columns});
  set_attribute(last(), "axis", std::int64_t{0});
  const Value first =
      node("Slice", {all, integers({0}), integers({rows}), integers({0})}, {rows, columns}, true);
  values_.pop_back();
  return view(first, {1, rows, columns});
}

/// Pairs by constant angles.
Value GraphDraw::turned(const std::string& op, const Value& from) {
  if (from.elements() % 2 != 0) return binary("Add", from);
  const Value pairs = view(from, {1, 1, from.elements() / 2, 2});
  const Dims angles = {1, pairs.dims[2], 1};
  Value result = node(op, {pairs.name, normals(angles, 0, 0.5), normals(angles, 0, 0.5)}, pairs.dims);
  if (chance(0.5)) set_attribute(last(), "interleaved", std::int64_t{1});
  return result;
}

Value GraphDraw::centered(const std::string& op, const Value& from) {
  Dims dims = from.dims;
  for (std::size_t d = 1; d < dims.size(); ++d) dims[d] = std::max<std::int64_t>(1, dims[d] + uniform(-2, 2));
  const bool names_axes = chance(0.5);
  Value result = node(op, {from.name, integers(names_axes ? Dims(dims.begin() + 1, dims.end()) : dims)}, dims,
                      from.is_exact);
  if (!names_axes) return result;
  Dims axes;
  for (std::int64_t d = 1; d < from.rank(); ++d) axes.push_back(spelled(d, from));
  set_attribute(last(), "axes", axes);
  return result;
}

/// Windows of 1 x 2 that overlap.
Value GraphDraw::from_columns(const std::string& op, const Value& from) {
  const std::int64_t elements = from.elements();
  if (elements % 2 != 0 || elements > 512) return binary("Add", from);
  const std::int64_t windows = elements / 2;
  const Value columns = view(from, {1, 2, windows});
  return node(op, {columns.name, integers({1, windows + 1}), integers({1, 2})}, {1, 1, 1, windows + 1});
}

/// Of two rows that a product makes.
Value GraphDraw::determinant(const std::string& op, const Value& from) {
  const Value row = view(from, {1, from.elements()});
  if (row.dims[1] > 64) return binary("Add", from);
  const Value four = node("MatMul", {row.name, normals({row.dims[1], 4}, 0, 0.5)}, {1, 4});
  const Value bounded = node("Tanh", {four.name}, four.dims);
  const Value square = view(bounded, {1, 1, 2, 2});
  const Value found = node(op, {square.name}, {1, 1});
  return found;
}

/// Of the floors of elements, as integers.
Value GraphDraw::bits(const std::string& op, const Value& from) {
  Value source = between(from);
  const bool is_shift = op == "BitShift";
  if (is_shift) source = node("Abs", {source.name}, source.dims, true);
  const int type = is_shift ? onnx::TensorProto::UINT32 : onnx::TensorProto::INT32;
  const std::string whole = node("Cast", {source.name}, source.dims).name;
  set_attribute(last(), "to", std::int64_t{type});
  values_.pop_back();  // no floats
  std::vector<std::string> operands = {whole};
  if (op != "BitwiseNot") {
    const std::string number = integers({1}, {uniform(0, is_shift ? 3 : 7)});
    operands.push_back(node("Cast", {number}, {1}).name);
    set_attribute(last(), "to", std::int64_t{type});
    values_.pop_back();
  }
  const std::string changed = node(op, operands, source.dims).name;
  if (is_shift) set_attribute(last(), "direction", std::string(pick({"LEFT", "RIGHT"})));
  values_.pop_back();
  Value result = node("Cast", {changed}, source.dims, true);
  set_attribute(last(), "to", std::int64_t{onnx::TensorProto::FLOAT});
  return result;
}

}  // namespace bitbalance::test
