// Operators of a random graph that the host computes, or that only move elements.
#include <algorithm>
#include <limits>
#include <numeric>
#include <set>

#include "tests/support/random/graph_draw.h"

namespace bitbalance::test {

using Value = GraphDraw::Value;

Value GraphDraw::smooth(const std::string& op, const Value& from) {
  static const std::set<std::string> exact = {"Abs", "Dropout", "Identity", "Neg", "Relu"};
  const bool is_exact = from.is_exact && exact.count(op) != 0;
  if (op == "CastLike") return node(op, {from.name, number(1)}, from.dims, from.is_exact);
  const auto swish = [&](const std::string& gate) {  // in several operators
    const Value factor = node(gate, {from.name}, from.dims);
    return node("Mul", {from.name, factor.name}, from.dims);
  };
  if (op == "Sigmoid" && chance(0.4)) return swish(op);
  if (op == "HardSigmoid" && chance(0.4)) return swish(op);
  if (op == "Erf" && chance(0.5)) {  // Gelu
    const Value scaled = node("Div", {from.name, number(1.41421356F)}, from.dims);
    const Value error = node(op, {scaled.name}, from.dims);
    const Value shifted = node("Add", {error.name, number(1)}, from.dims);
    const Value product = node("Mul", {from.name, shifted.name}, from.dims);
    return node("Mul", {product.name, number(0.5F)}, from.dims);
  }
  if (op == "Softplus" && chance(0.4)) {  // Mish
    const Value inner = node(op, {from.name}, from.dims), gate = node("Tanh", {inner.name}, from.dims);
    return node("Mul", {from.name, gate.name}, from.dims);
  }
  if (op == "Relu" && chance(0.3)) {  // HardSwish
    const Value shifted = node("Add", {from.name, number(3)}, from.dims), gate = clip("Clip", shifted);
    const Value product = node("Mul", {from.name, gate.name}, from.dims);
    return node("Div", {product.name, number(6)}, from.dims);
  }
  Value result = node(op, {from.name}, from.dims, is_exact);
  if ((op == "LeakyRelu" || op == "Elu" || op == "Celu") && chance(0.5))
    set_attribute(last(), "alpha", 0.25F);
  if (op == "Gelu" && chance(0.5)) set_attribute(last(), "approximate", std::string("tanh"));
  if (op == "Swish" && chance(0.5)) set_attribute(last(), "alpha", 1.5F);
  if (op == "Shrink") {  // no jump
    set_attribute(last(), "bias", 0.25F);
    set_attribute(last(), "lambd", 0.25F);
  }
  return result;
}

Value GraphDraw::of_positive(const std::string& op, const Value& from) {
  const Value size = node("Abs", {from.name}, from.dims);
  const Value positive = node("Add", {size.name, number(op == "Acosh" ? 1.5F : 0.5F)}, from.dims);
  return node(op, {positive.name}, from.dims);
}

/// Of what is no constant row: norms and deviations are far from 0.
Value GraphDraw::norm(const std::string& op, const Value& from) {
  const Value source = op == "LpNormalization" ? from : image(from), small = calm(source);
  std::vector<float> ramp(static_cast<std::size_t>(source.elements()));
  for (std::size_t i = 0; i < ramp.size(); ++i) ramp[i] = 2 + 3 * static_cast<float>(i % 2);
  const Value in = node("Add", {small.name, floats(source.dims, ramp)}, source.dims);
  if (op == "GlobalLpPool") {
    Value result = node(op, {in.name}, {1, in.dims[1], 1, 1});
    set_attribute(last(), "p", std::int64_t{uniform(1, 3)});
    return result;
  }
  // Two elements, or more, of either kind.
  const bool has_rows = op != "MeanVarianceNormalization" || in.elements() / in.dims[1] > 1;
  Value result = node(has_rows ? op : "Identity", {in.name}, in.dims);
  if (op == "LpNormalization") {
    set_attribute(last(), "axis", axis(in));
    set_attribute(last(), "p", std::int64_t{uniform(1, 2)});
  } else if (has_rows && chance(0.5)) {
    set_attribute(last(), "axes", Dims{0, 1, 2, 3});
  }
  return result;
}

Value GraphDraw::of_bounded(const std::string& op, const Value& from) {
  const Value bounded = calm(from);
  if (op == "Acos" || op == "Asin" || op == "Atanh") {
    const Value inner = node("Mul", {bounded.name, number(0.75F)}, from.dims);
    return node(op, {inner.name}, from.dims);
  }
  if (op == "Pow") return node(op, {bounded.name, number(static_cast<float>(pick({1, 2, 3})))}, from.dims);
  return node(op, {bounded.name}, from.dims);
}

constexpr float kBetween = 1.0F / 64;  ///< half of what exact elements are multiples of

Value GraphDraw::between(const Value& from) {
  Value source = values_.front();
  for (const Value& value : values_)
    if (value.is_exact && (value.dims == from.dims || source.dims != from.dims)) source = value;
  return node("Add", {source.name, number(kBetween)}, source.dims);
}

Value GraphDraw::stepwise(const std::string& op, const Value& from) {
  const Value source = between(from);
  Value steps = node(op, {source.name}, source.dims, op != "ThresholdedRelu");
  if (op == "ThresholdedRelu") set_attribute(last(), "alpha", 0.5F);
  if (op == "Cast") {
    set_attribute(last(), "to", std::int64_t{pick({onnx::TensorProto::INT32, onnx::TensorProto::INT64})});
    values_.pop_back();  // no floats
    steps = node(op, {steps.name}, source.dims, true);
    set_attribute(last(), "to", std::int64_t{onnx::TensorProto::FLOAT});
  }
  return steps.dims == from.dims ? node("Add", {from.name, steps.name}, from.dims) : steps;
}

/// Of exact elements between the multiples of the divisor; what brought them there is taken off again.
Value GraphDraw::rest(const std::string& op, const Value& from) {
  const Value source = between(from);
  const Value shifted = node(op, {source.name, number(0.75F)}, source.dims);
  set_attribute(last(), "fmod", std::int64_t{1});
  values_.pop_back();  // between the multiples, which nothing else is
  return node("Sub", {shifted.name, number(kBetween)}, source.dims, true);
}

/// Nothing is infinite or no number here.
Value GraphDraw::truth(const std::string& op, const Value& from) {
  const std::string mask = node(op, {from.name}, from.dims).name;
  values_.pop_back();  // no floats
  const Value cast = node("Cast", {mask}, from.dims, true);
  set_attribute(last(), "to", std::int64_t{onnx::TensorProto::FLOAT});
  return node("Add", {from.name, cast.name}, from.dims);
}

/// Two operands that broadcast: a tensor, or constants of one number, a channel or a whole tensor.
Value GraphDraw::binary(const std::string& op, const Value& from) {
  Dims per_channel(from.dims.size() - 1, 1);
  per_channel[0] = from.dims[1];
  const bool can_broadcast = op != "PRelu";
  if (op == "PRelu")
    return node(op, {from.name, normals(chance(0.6) ? per_channel : Dims{1}, 0.2, 0.3)}, from.dims);
  const std::string name = op == "Constant" ? "Add" : op;
  if (name == "Div") {
    if (chance(0.5))
      return node(name, {from.name, floats(per_channel, std::vector<float>(from.dims[1], 1.75F))}, from.dims);
    const Value size = node("Abs", {older(from).name}, from.dims);
    const Value positive = node("Add", {size.name, number(0.75F)}, from.dims);
    return node(name, {from.name, positive.name}, from.dims);
  }
  std::vector<std::string> operands = {from.name};
  const bool many = name == "Max" || name == "Min" || name == "Mean" || name == "Sum";
  const int others = many ? uniform(1, 2) : 1;
  for (int i = 0; i < others; ++i) {
    const int kind = op == "Constant" ? uniform(1, 3) : uniform(0, 4);
    const Dims extents = kind == 1 ? Dims{1} : kind == 2 && can_broadcast ? per_channel : from.dims;
    operands.push_back(kind == 1 || kind == 2 || kind == 3 ? normals(extents, 0.3, 1) : older(from).name);
  }
  std::shuffle(operands.begin(), operands.end(), engine());
  const Value result = node(name, operands, from.dims);
  return name == "Mul" && chance(0.5) ? calm(result) : result;
}

/// Where one of two is, by a comparison.
Value GraphDraw::choice(const std::string& op, const Value& from) {
  Value left = between(from);
  std::string right = number(0.25F);
  if (op == "Equal") {
    left = node("Round", {left.name}, left.dims);
    right = number(1);
  } else if (const Value compared = older(left); chance(0.5) && compared.is_exact) {
    right = compared.name;
  }
  const std::string mask = node(op == "Where" ? "Greater" : op, {left.name, right}, left.dims).name;
  values_.pop_back();  // no floats
  if (!has(9)) {
    Value cast = node("Cast", {mask}, left.dims, true);
    set_attribute(last(), "to", std::int64_t{onnx::TensorProto::FLOAT});
    return cast;
  }
  return node("Where", {mask, chance(0.5) ? number(-0.5F) : older(left).name, left.name}, left.dims);
}

Value GraphDraw::condition(const std::string& op, const Value& from) {
  const Value source = between(from);
  const auto compare = [&](const char* by, float bound) {
    const std::string name = node(by, {source.name, number(bound)}, source.dims).name;
    values_.pop_back();
    return name;
  };
  std::vector<std::string> operands = {compare("Greater", -0.5F)};
  if (op != "Not") operands.push_back(compare("Less", 0.5F));
  const std::string mask = node(op, operands, source.dims).name;
  values_.pop_back();
  Value cast = node("Cast", {mask}, source.dims, true);
  set_attribute(last(), "to", std::int64_t{onnx::TensorProto::FLOAT});
  return cast;
}

Value GraphDraw::reduction(const std::string& op, const Value& from) {
  Dims axes, dims = from.dims;
  for (std::int64_t d = 1; d < from.rank(); ++d)
    if (chance(0.5)) axes.push_back(d);
  if (axes.empty()) axes = {axis(from)};
  const bool keeps = chance(0.6) || static_cast<std::int64_t>(axes.size()) + 1 == from.rank();
  for (const std::int64_t d : axes) dims[d] = keeps ? 1 : 0;
  dims.erase(std::remove(dims.begin(), dims.end(), 0), dims.end());
  const bool is_power =
      op == "ReduceProd" || op == "ReduceSumSquare" || op == "ReduceL2" || op == "ReduceLogSumExp";
  Value in = is_power ? calm(from) : from;
  if (op == "ReduceLogSum") {
    const Value size = node("Abs", {from.name}, from.dims);
    in = node("Add", {size.name, number(0.5F)}, from.dims);
  }
  const bool is_exact = in.is_exact && (op == "ReduceMax" || op == "ReduceMin");
  for (std::int64_t& d : axes) d = spelled(d, from);
  if (!has(11))
    for (std::int64_t& d : axes) d = d < 0 ? d + from.rank() : d;
  Value result = with_list(op, in, "axes", axes, op == "ReduceSum" ? 13 : 18, dims);
  set_attribute(last(), "keepdims", std::int64_t{keeps ? 1 : 0});
  values_.back().is_exact = result.is_exact = is_exact;
  return result;
}

Value GraphDraw::along_axis(const std::string& op, const Value& from) {
  Value result = node(op, {from.name}, from.dims);
  const std::int64_t along = axis(from);
  if (chance(0.8)) set_attribute(last(), "axis", has(11) ? spelled(along, from) : along);
  return result;
}

/// Other extents, told by a constant, by a Flatten, or computed of the tensor's own.
Value GraphDraw::reshape(const std::string& op, const Value& from) {
  if (op == "Flatten") return matrix(from.rank() == 2 ? image(from) : from);
  if (op == "Shape") {
    const std::string shape = node(op, {from.name}, {from.rank()}).name;
    const std::string first = node("Gather", {shape, integers({0})}, {1}).name;
    const std::string rest = integers({-1});
    const std::string all = node("Concat", {first, rest}, {2}).name;
    set_attribute(last(), "axis", std::int64_t{0});
    values_.resize(values_.size() - 3);  // no floats
    return node("Reshape", {from.name, all}, {1, from.elements()}, from.is_exact);
  }
  Dims dims = from.dims;
  std::shuffle(dims.begin() + 1, dims.end(), engine());
  if (dims.size() > 2 && chance(0.4)) {
    dims[1] *= dims[2];
    dims.erase(dims.begin() + 2);
  } else if (dims.size() < 4 && chance(0.4)) {
    dims.insert(dims.begin() + 1, 1);
  }
  return view(from, dims);
}

Value GraphDraw::squeeze(const std::string& /*op*/, const Value& from) {
  Value wide = from;
  if (wide.rank() < 4) {
    const std::int64_t at = uniform(1, static_cast<int>(from.rank()));
    Dims dims = from.dims;
    dims.insert(dims.begin() + at, 1);
    const std::int64_t axis = has(11) && chance(0.3) ? at - static_cast<std::int64_t>(dims.size()) : at;
    wide = with_list("Unsqueeze", from, "axes", {axis}, 13, dims);
    if (chance(0.5)) wide = smooth("Relu", wide);
  }
  for (std::int64_t d = 1; d < wide.rank() && wide.rank() > 2; ++d) {
    if (wide.dims[d] != 1) continue;
    Dims dims = wide.dims;
    dims.erase(dims.begin() + d);
    return with_list("Squeeze", wide, "axes", {has(11) ? spelled(d, wide) : d}, 13, dims);
  }
  return wide;
}

Value GraphDraw::transpose(const std::string& op, const Value& from) {
  Dims order(from.dims.size()), dims = {1};
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin() + 1, order.end(), engine());
  for (std::size_t d = 1; d < order.size(); ++d) dims.push_back(from.dims[order[d]]);
  Value result = node(op, {from.name}, dims, from.is_exact);
  set_attribute(last(), "perm", order);
  return result;
}

Value GraphDraw::slice(const std::string& op, const Value& from) {
  const std::int64_t along = axis(from);
  const auto extent = static_cast<int>(from.dims[along]);
  const std::int64_t first = uniform(0, extent - 1), end = uniform(static_cast<int>(first) + 1, extent);
  Dims dims = from.dims;
  dims[along] = end - first;
  const std::int64_t unbounded = std::numeric_limits<std::int64_t>::max();
  const std::int64_t stop = end == extent && chance(0.5) ? unbounded : end;
  if (!has(10)) {
    Value result = node(op, {from.name}, dims, from.is_exact);
    set_attribute(last(), "starts", Dims{first});
    set_attribute(last(), "ends", Dims{stop});
    set_attribute(last(), "axes", Dims{along});
    return result;
  }
  std::vector<std::string> inputs = {from.name, integers({first}), integers({stop}), integers({along})};
  const std::int64_t step = uniform(1, 2);
  if (step > 1 || chance(0.3)) inputs.push_back(integers({step}));
  dims[along] = (end - first + step - 1) / step;
  return node(op, inputs, dims, from.is_exact);
}

/// In parts, one of which goes through something else before they meet again.
Value GraphDraw::split(const std::string& op, const Value& from) {
  const std::int64_t along = axis(from), extent = from.dims[along];
  if (extent < 2) return slice("Slice", from);
  const std::int64_t first = extent % 2 == 0 && chance(0.5) ? extent / 2 : 1;
  Dims sizes = {first, extent - first}, dims = from.dims;
  dims[along] = sizes[0];
  const bool is_even = first * 2 == extent && (!has(18) || chance(0.5));
  Value one = is_even && chance(0.5) ? node(op, {from.name}, dims, from.is_exact)
                                     : with_list(op, from, "split", sizes, 13, dims);
  onnx::NodeProto& node_of_split = last();
  if (has(18) && node_of_split.input_size() == 1)
    set_attribute(node_of_split, "num_outputs", std::int64_t{2});
  set_attribute(node_of_split, "axis", has(11) ? spelled(along, from) : along);
  Value other{writer_.unique("part"), from.dims, from.is_exact};
  other.dims[along] = sizes[1];
  node_of_split.add_output(other.name);
  values_.push_back(other);
  other = chance(0.5) ? smooth("Relu", other) : calm(other);
  std::vector<std::string> parts = {one.name, other.name};
  if (chance(0.5)) std::swap(parts[0], parts[1]);
  Value result = node("Concat", parts, from.dims);
  set_attribute(last(), "axis", along);
  return result;
}

Value GraphDraw::concat(const std::string& op, const Value& from) {
  const std::int64_t along = axis(from);
  const int count = uniform(1, 2);
  std::vector<std::string> parts = {from.name};
  Dims dims = from.dims;
  for (int i = 0; i < count; ++i) {
    const bool is_constant = chance(0.2);
    parts.push_back(is_constant ? normals(from.dims, 0, 1) : older(from).name);
    dims[along] += from.dims[along];
  }
  std::shuffle(parts.begin(), parts.end(), engine());
  Value result = node(op, parts, dims);
  set_attribute(last(), "axis", has(11) ? spelled(along, from) : along);
  return result;
}

Value GraphDraw::gather(const std::string& op, const Value& from) {
  const std::int64_t along = axis(from), extent = from.dims[along];
  Dims picks, dims = from.dims;
  for (int n = uniform(1, 3); n > 0; --n) picks.push_back(uniform(0, static_cast<int>(extent) - 1));
  std::string indices = integers(picks);
  if (op == "Range") {
    picks.resize(static_cast<std::size_t>((extent + 1) / 2));
    std::vector<std::string> bounds;
    for (const std::int64_t bound : {std::int64_t{0}, extent, std::int64_t{2}})
      bounds.push_back(writer_.constant("bound", {}, std::vector<std::int64_t>{bound}));
    indices = node(op, bounds, {static_cast<std::int64_t>(picks.size())}).name;
    values_.pop_back();
  }
  dims[along] = static_cast<std::int64_t>(picks.size());
  Value result = node("Gather", {from.name, indices}, dims, from.is_exact);
  set_attribute(last(), "axis", along);
  return result;
}

Value GraphDraw::repeat(const std::string& op, const Value& from) {
  const std::int64_t along = axis(from);
  Dims dims = from.dims, times(from.dims.size(), 1);
  times[along] = uniform(1, 2);
  dims[along] *= times[along];
  if (op == "Tile") return node(op, {from.name, integers(times)}, dims, from.is_exact);
  dims = from.dims;
  if (dims[along] == 1) dims[along] = uniform(1, 3);
  return node(op, {from.name, integers(dims)}, dims, from.is_exact);
}

Value GraphDraw::pad(const std::string& op, const Value& from) {
  const std::size_t rank = from.dims.size();
  const std::string mode = pick<std::string>({"constant", "constant", "reflect", "edge"});
  Dims pads(2 * rank), dims = from.dims;
  for (std::size_t d = mode == "constant" && chance(0.3) ? 1 : std::min<std::size_t>(rank - 1, 2); d < rank;
       ++d) {
    const int most = mode == "reflect" ? std::min<int>(1, static_cast<int>(dims[d]) - 1) : 2;
    pads[d] = uniform(0, most);
    pads[d + rank] = uniform(0, most);
    dims[d] += pads[d] + pads[d + rank];
  }
  std::vector<std::string> inputs = {from.name};
  if (has(11)) inputs.push_back(integers(pads));
  const bool has_value = mode == "constant" && chance(0.3);
  if (has(11) && has_value) inputs.push_back(floats({}, {0.5F}));
  Value result = node(op, inputs, dims, from.is_exact);
  if (!has(11)) set_attribute(last(), "pads", pads);
  if (!has(11) && has_value) set_attribute(last(), "value", 0.5F);
  if (mode != "constant" || chance(0.5)) set_attribute(last(), "mode", mode);
  return result;
}

Value GraphDraw::blocks(const std::string& op, const Value& from) {
  Value in = image(from);
  const std::int64_t size = 2;
  if (op == "DepthToSpace") {
    if (in.dims[1] % 4 != 0) {
      in = node("Concat", {in.name, in.name, in.name, in.name}, {1, 4 * in.dims[1], in.dims[2], in.dims[3]});
      set_attribute(last(), "axis", std::int64_t{1});
    }
    Value result =
        node(op, {in.name}, {1, in.dims[1] / 4, in.dims[2] * size, in.dims[3] * size}, in.is_exact);
    if (has(11) && chance(0.5)) set_attribute(last(), "mode", std::string("CRD"));
    set_attribute(last(), "blocksize", size);
    return result;
  }
  if (in.dims[2] % 2 != 0 || in.dims[3] % 2 != 0) {
    in = node("Concat", {in.name, in.name}, {1, in.dims[1], in.dims[2] * 2, in.dims[3]});
    set_attribute(last(), "axis", std::int64_t{2});
    in = node("Concat", {in.name, in.name}, {1, in.dims[1], in.dims[2], in.dims[3] * 2});
    set_attribute(last(), "axis", std::int64_t{3});
  }
  Value result = node(op, {in.name}, {1, in.dims[1] * 4, in.dims[2] / 2, in.dims[3] / 2}, in.is_exact);
  set_attribute(last(), "blocksize", size);
  return result;
}

Value GraphDraw::resize(const std::string& op, const Value& from) {
  const Value in = image(from);
  const std::int64_t factor = 2;
  const std::string mode = pick<std::string>({"nearest", "linear"});
  const Dims dims = {1, in.dims[1], in.dims[2] * factor, in.dims[3] * factor};
  const std::string scales = writer_.constant("scales", {4}, std::vector<float>{1, 1, 2, 2});
  if (op == "Upsample") {
    Value result = node(op, {in.name, scales}, dims);
    set_attribute(last(), "mode", mode);
    return result;
  }
  const std::string region = writer_.constant("region", {0}, std::vector<float>{});
  const bool by_sizes = chance(0.4);
  std::vector<std::string> inputs = {in.name, has(13) ? "" : region, scales};
  if (by_sizes) inputs = {in.name, has(13) ? "" : region, has(13) ? "" : region, integers(dims)};
  Value result = node(op, inputs, dims);
  set_attribute(last(), "mode", mode);
  const std::string places = pick<std::string>(
      {"half_pixel", "asymmetric", "align_corners", has(19) ? "half_pixel_symmetric" : "half_pixel"});
  set_attribute(last(), "coordinate_transformation_mode", places);
  if (mode == "nearest")
    set_attribute(last(), "nearest_mode", pick<std::string>({"floor", "round_prefer_floor"}));
  return result;
}

/// A constant made of the tensor's extents joins it.
Value GraphDraw::filled(const std::string& op, const Value& from) {
  if (op == "Size") {  // a mean spelled by its sum
    const std::string size = node(op, {from.name}, {}).name;
    const std::string divisor = node("Cast", {size}, {}).name;
    set_attribute(last(), "to", std::int64_t{onnx::TensorProto::FLOAT});
    values_.resize(values_.size() - 2);
    return node("Div", {from.name, divisor}, from.dims);
  }
  const std::string shape = node("Shape", {from.name}, {from.rank()}).name;
  const std::string constant = node(op, {shape}, from.dims).name;
  values_.resize(values_.size() - 2);
  onnx::AttributeProto& value = *last().add_attribute();
  value.set_name("value");
  value.set_type(onnx::AttributeProto::TENSOR);
  value.mutable_t()->set_data_type(onnx::TensorProto::FLOAT);
  value.mutable_t()->add_dims(1);
  value.mutable_t()->add_float_data(0.75F);
  return node("Add", {from.name, constant}, from.dims);
}

}  // namespace bitbalance::test
