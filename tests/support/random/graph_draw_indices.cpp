// Operators of a random graph that make indices, or are told by them where to put something.
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

}  // namespace bitbalance::test
