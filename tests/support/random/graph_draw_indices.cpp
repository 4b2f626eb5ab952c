// Operators of a random graph that make indices, or are told by them where to put something.
#include <cmath>

#include "tests/support/random/graph_draw.h"

namespace bitbalance::test {

using Value = GraphDraw::Value;

Value GraphDraw::index_of_extreme(const std::string& op, const Value& from) {
  const Value source = between(from);
  const std::int64_t along = axis(source);
  const bool keeps = chance(0.6) || source.rank() == 2;
  Dims dims = source.dims;
  dims[along] = 1;
  if (!keeps) dims.erase(dims.begin() + along);
  const std::string index = node(op, {source.name}, dims).name;
  set_attribute(last(), "axis", has(11) ? spelled(along, source) : along);
  set_attribute(last(), "keepdims", std::int64_t{keeps ? 1 : 0});
  if (has(12) && chance(0.5)) set_attribute(last(), "select_last_index", std::int64_t{1});
  values_.pop_back();  // no floats
  Value cast = node("Cast", {index}, dims, true);
  set_attribute(last(), "to", std::int64_t{onnx::TensorProto::FLOAT});
  return cast;
}

Value GraphDraw::one_hot(const std::string& op, const Value& from) {
  Value source = between(from);
  // Before, indices below 0 are nowhere; onnxruntime counts them from the end.
  if (!has(11)) source = node("Abs", {source.name}, source.dims, true);
  const std::int64_t along = uniform(1, static_cast<int>(source.rank())), depth = uniform(1, 4);
  const std::string indices = node("Cast", {source.name}, source.dims).name;
  set_attribute(last(), "to", std::int64_t{onnx::TensorProto::INT64});
  values_.pop_back();  // no floats
  Dims dims = source.dims;
  dims.insert(dims.begin() + along, depth);
  Value result = node(op, {indices, integers({depth}), floats({2}, {-0.5F, 1.5F})}, dims, true);
  set_attribute(last(), "axis", along);
  constexpr std::size_t kMostDims = 4;
  while (dims.size() > kMostDims) {  // layers take no more
    dims[dims.size() - 2] *= dims.back();
    dims.pop_back();
  }
  return view(result, dims);
}

std::string GraphDraw::integers(const Dims& dims, const Dims& values) {
  return writer_.constant("integers", dims, values);
}

/// Indices of any place along a dimension, with these extents.
std::string GraphDraw::places(const Dims& dims, std::int64_t extent) {
  Dims values(static_cast<std::size_t>(element_count(dims)));
  for (std::int64_t& value : values)
    value = uniform(has(11) ? -static_cast<int>(extent) : 0, static_cast<int>(extent) - 1);
  return integers(dims, values);
}

Value GraphDraw::gather_elements(const std::string& op, const Value& from) {
  const std::int64_t along = axis(from);
  Dims dims = from.dims;
  dims[along] = uniform(1, 4);
  Value result = node(op, {from.name, places(dims, from.dims[along])}, dims, from.is_exact);
  set_attribute(last(), "axis", spelled(along, from));
  return result;
}

/// Parts of a tensor by their first indices, put one after the other.
Value GraphDraw::gather_nd(const std::string& op, const Value& from) {
  const std::int64_t count = uniform(1, 4);
  const std::string rows = places({1, count, 1}, from.dims[1]);
  Dims dims = from.dims;
  dims[1] = count;
  if (has(12) && chance(0.6)) {
    Value result = node(op, {from.name, rows}, dims, from.is_exact);
    set_attribute(last(), "batch_dims", std::int64_t{1});
    return result;
  }
  Dims pairs;
  for (std::int64_t i = 0; i < count; ++i)
    pairs.insert(pairs.end(), {0, uniform(0, static_cast<int>(from.dims[1]) - 1)});
  return node(op, {from.name, integers({1, count, 2}, pairs)}, dims, from.is_exact);
}

/// No place twice, as their order is nobody's.
Value GraphDraw::scatter(const std::string& op, const Value& from) {
  const std::int64_t along = axis(from);
  const auto extent = static_cast<int>(from.dims[along]);
  const std::int64_t place = uniform(0, extent - 1);
  Dims dims = from.dims, updates = from.dims;
  std::string indices;
  if (op == "ScatterND") {
    updates[1] = 1;
    indices = integers({1, 1, 2}, {0, uniform(0, static_cast<int>(from.dims[1]) - 1)});
  } else {
    updates[along] = 1;
    indices = integers(updates, Dims(static_cast<std::size_t>(element_count(updates)), place));
  }
  std::vector<float> by(static_cast<std::size_t>(element_count(updates)));
  for (float& value : by) value = static_cast<float>(uniform(-4, 4)) / 4;
  Value result = node(op, {from.name, indices, floats(updates, by)}, dims);
  if (op != "ScatterND") set_attribute(last(), "axis", has(11) ? spelled(along, from) : along);
  if (has(16) && chance(0.5)) set_attribute(last(), "reduction", pick<std::string>({"add", "mul", "none"}));
  return result;
}

/// Of exact elements, as others may be close to each other.
Value GraphDraw::top_k(const std::string& op, const Value& from) {
  const Value source = between(from);
  const std::int64_t along = axis(source);
  Dims dims = source.dims;
  dims[along] = uniform(1, static_cast<int>(dims[along]));
  std::vector<std::string> inputs = {source.name};
  if (has(10)) inputs.push_back(integers({dims[along]}));
  const Value found = node(op, inputs, dims, true);
  if (!has(10)) set_attribute(last(), "k", dims[along]);
  set_attribute(last(), "axis", has(11) ? spelled(along, source) : along);
  if (has(11) && chance(0.5)) set_attribute(last(), "largest", std::int64_t{0});
  const std::string indices = writer_.unique("indices");
  last().add_output(indices);
  if (chance(0.5)) return found;
  values_.pop_back();
  Value cast = node("Cast", {indices}, dims, true);
  set_attribute(last(), "to", std::int64_t{onnx::TensorProto::FLOAT});
  return cast;
}

Value GraphDraw::running_sum(const std::string& op, const Value& from) {
  const Value source = calm(from);
  Value result = node(op, {source.name, integers({}, {spelled(axis(source), source)})}, source.dims);
  if (chance(0.4)) set_attribute(last(), "exclusive", std::int64_t{1});
  if (chance(0.4)) set_attribute(last(), "reverse", std::int64_t{1});
  return result;
}

Value GraphDraw::triangle(const std::string& op, const Value& from) {
  std::vector<std::string> inputs = {from.name};
  if (chance(0.7)) inputs.push_back(integers({}, {uniform(-2, 3)}));
  Value result = node(op, inputs, from.dims, from.is_exact);
  if (chance(0.5)) set_attribute(last(), "upper", std::int64_t{0});
  return result;
}

/// What the extents alone say, or a constant, added to the rest.
Value GraphDraw::known_places(const std::string& op, const Value& from) {
  const Value rows = matrix(from);
  if (op == "EyeLike") {
    const std::string ones = node(op, {rows.name}, rows.dims).name;
    set_attribute(last(), "k", std::int64_t{uniform(-1, 2)});
    values_.pop_back();  // a constant
    return node("Add", {rows.name, ones}, rows.dims, rows.is_exact);
  }
  const std::int64_t extent = rows.dims[1];
  std::vector<float> marks(static_cast<std::size_t>(extent), 0.0F);
  std::int64_t count = 0;
  for (float& mark : marks) mark = chance(0.4) ? 1.0F : 0.0F;
  marks.back() = 1;
  for (const float mark : marks) count += mark != 0 ? 1 : 0;
  const Dims dims = {rows.dims[0], count};
  if (op == "Compress") {
    std::string bytes;
    for (const float mark : marks) bytes += static_cast<char>(mark != 0);
    const std::string condition = writer_.constant("condition", {extent}, marks);
    onnx::TensorProto& tensor = *writer_.graph().mutable_initializer(writer_.graph().initializer_size() - 1);
    tensor.set_data_type(onnx::TensorProto::BOOL);
    tensor.set_raw_data(bytes);
    Value result = node(op, {rows.name, condition}, dims, rows.is_exact);
    set_attribute(last(), "axis", std::int64_t{1});
    return result;
  }
  const std::string places = node(op, {floats({extent}, marks)}, {1, count}).name;
  values_.pop_back();
  const std::string flat = node("Reshape", {places, integers({count})}, {count}).name;
  values_.pop_back();
  Value result = node("Gather", {rows.name, flat}, dims, rows.is_exact);
  set_attribute(last(), "axis", std::int64_t{1});
  return result;
}

Value GraphDraw::reversed(const std::string& op, const Value& from) {
  const std::string lengths = integers({uniform(1, static_cast<int>(from.dims[1]))});
  Value result = node(op, {from.name, lengths}, from.dims, from.is_exact);
  set_attribute(last(), "batch_axis", std::int64_t{0});
  set_attribute(last(), "time_axis", std::int64_t{1});
  return result;
}

/// Of exact elements, along the last dimension, which is the only one in every operator set.
Value GraphDraw::hard_maximum(const std::string& op, const Value& from) {
  const Value source = between(from);
  Value result = node(op, {source.name}, source.dims, true);
  set_attribute(last(), "axis", source.rank() - 1);
  return result;
}

/// The last dimension of a tensor with a matrix, or dimensions in another order.
Value GraphDraw::einsum(const std::string& op, const Value& from) {
  const std::string names = std::string("abcdef").substr(0, static_cast<std::size_t>(from.rank()));
  Dims dims = from.dims;
  if (chance(0.3)) {
    std::swap(dims[dims.size() - 1], dims[dims.size() - 2]);
    std::string turned = names;
    std::swap(turned[turned.size() - 1], turned[turned.size() - 2]);
    if (dims[0] == 1) {
      Value result = node(op, {from.name}, dims);
      set_attribute(last(), "equation", names + "->" + turned);
      return result;
    }
    dims = from.dims;
  }
  const std::int64_t inputs = dims.back();
  dims.back() = uniform(1, 4);
  const std::string weights = normals({inputs, dims.back()}, 0, 1 / std::sqrt(static_cast<double>(inputs)));
  Value result = node(op, {from.name, weights}, dims);
  const std::string summed(1, names.back());
  set_attribute(last(), "equation",
                chance(0.5) ? names + ", " + summed + "z -> " + names.substr(0, names.size() - 1) + "z"
                            : "..." + summed + "," + summed + "z->...z");
  return result;
}

}  // namespace bitbalance::test
