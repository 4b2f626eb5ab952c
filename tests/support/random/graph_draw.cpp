// Nodes and constants of a random graph, and the layers of the accelerator among its operators.
#include "tests/support/random/graph_draw.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace bitbalance::test {

using Value = GraphDraw::Value;

Value GraphDraw::node(const std::string& op, const std::vector<std::string>& inputs, Dims dims,
                      bool is_exact) {
  Value result{writer_.unique(op), std::move(dims), is_exact};
  writer_.add_node(op, "node_" + result.name, inputs, result.name);
  values_.push_back(result);
  return result;
}

std::string GraphDraw::floats(const Dims& dims, const std::vector<float>& values) {
  const auto plain = [&](const Dims& stored) { return writer_.constant("constant", stored, values); };
  const auto after = [&](const char* op, const std::vector<std::string>& inputs) {
    const std::string name = writer_.unique("constant");
    writer_.add_node(op, "node_" + name, inputs, name);
    return name;
  };
  switch (uniform(0, 9)) {
    case 0:
      return after("Identity", {plain(dims)});
    case 1: {  // flat, and reshaped
      const std::string flat = plain({element_count(dims)});
      return after("Reshape",
                   {flat, writer_.constant("extents", {static_cast<std::int64_t>(dims.size())}, dims)});
    }
    case 2: {  // double
      const std::string name = plain(dims);
      onnx::TensorProto& tensor =
          *writer_.graph().mutable_initializer(writer_.graph().initializer_size() - 1);
      const std::vector<double> doubles(values.begin(), values.end());
      tensor.set_data_type(onnx::TensorProto::DOUBLE);
      tensor.set_raw_data(
          std::string(reinterpret_cast<const char*>(doubles.data()), doubles.size() * sizeof(double)));
      const std::string cast = after("Cast", {name});
      set_attribute(last(), "to", std::int64_t{onnx::TensorProto::FLOAT});
      return cast;
    }
    case 3: {  // a node
      const std::string stored = plain(dims);
      auto& initializers = *writer_.graph().mutable_initializer();
      const std::string name = after("Constant", {});
      onnx::AttributeProto& value = *last().add_attribute();
      value.set_name("value");
      value.set_type(onnx::AttributeProto::TENSOR);
      value.mutable_t()->Swap(&initializers[initializers.size() - 1]);
      initializers.RemoveLast();
      return name;
    }
    default:
      return plain(dims);
  }
}

std::string GraphDraw::normals(const Dims& dims, double mean, double deviation) {
  std::vector<float> values(static_cast<std::size_t>(element_count(dims)));
  for (float& value : values) value = static_cast<float>(normal(mean, deviation));
  return floats(dims, values);
}

std::string GraphDraw::integers(const Dims& values) {
  return writer_.constant("integers", {static_cast<std::int64_t>(values.size())}, values);
}

Value GraphDraw::with_list(const std::string& op, const Value& from, const std::string& name,
                           const Dims& values, int since, Dims dims) {
  std::vector<std::string> inputs = {from.name};
  if (has(since)) inputs.push_back(integers(values));
  Value result = node(op, inputs, std::move(dims), from.is_exact);
  if (!has(since)) set_attribute(last(), name, values);
  return result;
}

Value GraphDraw::calm(const Value& from) {
  if (chance(0.5)) return node("Tanh", {from.name}, from.dims);
  return node("Softsign", {from.name}, from.dims);
}

Value GraphDraw::view(const Value& from, Dims dims) {
  if (dims == from.dims) return from;
  Dims asked = dims;
  if (chance(0.4)) asked[static_cast<std::size_t>(uniform(0, static_cast<int>(asked.size()) - 1))] = -1;
  return node("Reshape", {from.name, integers(asked)}, std::move(dims), from.is_exact);
}

Value GraphDraw::image(const Value& from) {
  if (from.rank() == 4) return from;
  if (from.rank() == 3) return view(from, {1, from.dims[1], 1, from.dims[2]});
  if (from.rank() == 5) return view(from, {1, from.dims[1], from.dims[2] * from.dims[3], from.dims[4]});
  const std::int64_t elements = from.elements();
  for (const std::int64_t channels : {4, 3, 2})
    if (elements % channels == 0) return view(from, {1, channels, 1, elements / channels});
  return view(from, {1, elements, 1, 1});
}

Value GraphDraw::space(const Value& from) {
  const Value in =
      from.rank() == 4 || from.rank() == 5 || (from.rank() == 3 && chance(0.7)) ? from : image(from);
  if (in.rank() == 5 || chance(0.7)) return in;
  // Rows, or channels, of equal parts become planes of a volume.
  const std::int64_t channels = in.dims[1], rows = in.rank() == 4 ? in.dims[2] : 1, columns = in.dims.back();
  for (const std::int64_t depth : {4, 3, 2}) {
    if (rows % depth == 0) return view(in, {1, channels, depth, rows / depth, columns});
    if (channels % depth == 0) return view(in, {1, channels / depth, depth, rows, columns});
  }
  return in;
}

Value GraphDraw::matrix(const Value& from) {
  if (from.rank() == 2) return from;
  return node("Flatten", {from.name}, {1, from.elements()}, from.is_exact);
}

const Value& GraphDraw::older(const Value& like) {
  std::vector<const Value*> alike;
  for (const Value& value : values_)
    if (value.dims == like.dims) alike.push_back(&value);
  return alike.empty() ? like : *pick(alike);
}

Value GraphDraw::conv(const std::string& op, const Value& from) {
  const Value in = space(from);
  const std::size_t spatial = in.dims.size() - 2;
  const std::int64_t channels = in.dims[1];
  const std::int64_t groups = chance(0.3) ? channels : 1;
  const std::int64_t filters = groups * uniform(1, groups == 1 ? 6 : 2);
  Dims kernel, strides, dilations, pads(2 * spatial), dims = {1, filters};
  for (std::size_t d = 0; d < spatial; ++d) {
    const auto extent = static_cast<int>(in.dims[d + 2]);
    kernel.push_back(uniform(1, 3));
    strides.push_back(pick({1, 1, 2}));
    dilations.push_back(pick({1, 1, 2}));
    pads[d] = uniform(0, 1);
    pads[d + spatial] = uniform(0, 1);
    std::int64_t room = extent + pads[d] + pads[d + spatial] - (kernel[d] - 1) * dilations[d] - 1;
    if (room < 0) {
      kernel[d] = 1;
      room = extent + pads[d] + pads[d + spatial] - 1;
    }
    dims.push_back(room / strides[d] + 1);
  }
  Dims extents = {filters, channels / groups};
  extents.insert(extents.end(), kernel.begin(), kernel.end());
  std::string& shared = weights_[extents];
  if (shared.empty() || chance(0.5))
    shared = normals(extents, 0, 1 / std::sqrt(static_cast<double>(element_count(extents) / filters)));
  std::vector<std::string> inputs = {in.name, shared};
  if (chance(0.7)) inputs.push_back(normals({filters}, 0, 0.3));
  Value result = node(op, inputs, dims);
  if (chance(0.7)) set_attribute(last(), "kernel_shape", kernel);
  set_attribute(last(), "strides", strides);
  set_attribute(last(), "dilations", dilations);
  set_attribute(last(), "pads", pads);
  set_attribute(last(), "group", groups);
  return result;
}

Value GraphDraw::conv_transpose(const std::string& op, const Value& from) {
  const Value in = space(from);
  const std::size_t spatial = in.dims.size() - 2;
  const std::int64_t filters = uniform(1, 3);
  Dims strides, more, pads(2 * spatial), dims = {1, filters}, extents = {in.dims[1], filters};
  for (std::size_t d = 0; d < spatial; ++d) {
    const std::int64_t kernel = uniform(1, 3);
    strides.push_back(uniform(1, 2));
    more.push_back(strides[d] > 1 ? uniform(0, 1) : 0);
    const std::int64_t whole = (in.dims[d + 2] - 1) * strides[d] + kernel + more[d];
    for (const std::size_t side : {d, d + spatial})
      if (kernel > 1 && whole > 2) pads[side] = uniform(0, 1);
    dims.push_back(whole - pads[d] - pads[d + spatial]);
    extents.push_back(kernel);
  }
  if (*std::min_element(dims.begin(), dims.end()) < 1) return conv("Conv", in);
  const double spread = 1 / std::sqrt(static_cast<double>(element_count(extents) / filters));
  Value result = node(op, {in.name, normals(extents, 0, spread)}, dims);
  set_attribute(last(), "strides", strides);
  set_attribute(last(), "pads", pads);
  set_attribute(last(), "output_padding", more);
  return result;
}

Value GraphDraw::product(const std::string& op, const Value& from) {
  const Value in = op == "Gemm" || chance(0.5) ? matrix(from) : from;
  const std::int64_t inputs = in.dims.back(), outputs = uniform(1, 6);
  const double spread = 1 / std::sqrt(static_cast<double>(inputs));
  Dims dims = in.dims;
  if (op == "MatMul" && chance(0.2) && in.rank() > 2) {  // of two activations
    Dims turned = in.dims, permutation(in.dims.size());
    std::iota(permutation.begin(), permutation.end(), 0);
    std::swap(turned[turned.size() - 1], turned[turned.size() - 2]);
    std::swap(permutation[turned.size() - 1], permutation[turned.size() - 2]);
    const Value other = node("Transpose", {in.name}, turned);
    set_attribute(last(), "perm", permutation);
    dims.back() = dims[dims.size() - 2];
    return calm(node(op, {in.name, other.name}, dims));
  }
  dims.back() = outputs;
  if (op == "MatMul") {
    const Value result = node(op, {in.name, normals({inputs, outputs}, 0, spread)}, dims);
    return chance(0.5) ? node("Add", {result.name, normals({outputs}, 0, 0.3)}, dims) : result;
  }
  const bool is_transposed = chance(0.6);
  std::vector<std::string> operands = {
      in.name, normals(is_transposed ? Dims{outputs, inputs} : Dims{inputs, outputs}, 0, spread)};
  if (!has(11) || chance(0.7))
    operands.push_back(normals(pick<Dims>({{outputs}, {1, outputs}, {1}}), 0, 0.3));
  Value result = node(op, operands, dims);
  if (is_transposed) set_attribute(last(), "transB", std::int64_t{1});
  if (chance(0.3)) set_attribute(last(), "alpha", 0.5F);
  if (chance(0.3)) set_attribute(last(), "beta", 2.0F);
  return result;
}

Value GraphDraw::pool(const std::string& op, const Value& from) {
  const Value in = space(from);
  const std::size_t spatial = in.dims.size() - 2;
  const bool is_average = op == "AveragePool", is_norm = op == "LpPool";
  const bool rounds_up = has(is_norm ? 18 : 10) && chance(0.3);
  const bool has_gaps = has(is_average ? 19 : is_norm ? 18 : 10) && !rounds_up && chance(0.2);
  Dims kernel, strides, dilations, pads(2 * spatial), dims = {1, in.dims[1]};
  for (std::size_t d = 0; d < spatial; ++d) {
    const auto extent = static_cast<int>(in.dims[d + 2]);
    kernel.push_back(uniform(1, std::min(3, extent)));
    // Rounding up, longer steps than windows could end in the padding altogether.
    strides.push_back(chance(0.5) ? kernel[d] : uniform(1, rounds_up ? std::min<int>(2, kernel[d]) : 2));
    if (kernel[d] > 1 && !rounds_up) pads[d] = uniform(0, 1), pads[d + spatial] = uniform(0, 1);
    std::int64_t room = extent + pads[d] + pads[d + spatial] - kernel[d];
    dilations.push_back(has_gaps && 2 * kernel[d] - 1 <= extent ? 2 : 1);
    if (dilations[d] == 2) room -= kernel[d] - 1;
    std::int64_t outputs = room / strides[d] + 1;
    if (rounds_up && room % strides[d] != 0) ++outputs;
    dims.push_back(outputs);
  }
  Value result = node(op, {in.name}, dims, !is_average && !is_norm && in.is_exact);
  if (has_gaps) set_attribute(last(), "dilations", dilations);
  if (is_norm && chance(0.5)) set_attribute(last(), "p", std::int64_t{uniform(1, 3)});
  set_attribute(last(), "kernel_shape", kernel);
  set_attribute(last(), "strides", strides);
  set_attribute(last(), "pads", pads);
  if (rounds_up) set_attribute(last(), "ceil_mode", std::int64_t{1});
  if (is_average && !rounds_up && chance(0.5)) set_attribute(last(), "count_include_pad", std::int64_t{1});
  return result;
}

Value GraphDraw::global_pool(const std::string& op, const Value& from) {
  const Value in = space(from);
  Dims dims(in.dims.size(), 1), axes(in.dims.size() - 2);
  dims[1] = in.dims[1];
  std::iota(axes.begin(), axes.end(), 2);
  if (op == "GlobalAveragePool" && chance(0.4)) return with_list("ReduceMean", in, "axes", axes, 18, dims);
  return node(op, {in.name}, dims, op == "GlobalMaxPool" && in.is_exact);
}

Value GraphDraw::normalization(const std::string& op, const Value& from) {
  const bool by_channel = op == "BatchNormalization" && chance(0.4);
  const Value in = by_channel || op == "LayerNormalization" || op == "RMSNormalization" ? from
                   : op == "BatchNormalization"                                         ? space(from)
                                                                                        : image(from);
  const std::int64_t channels = in.dims[1];
  std::vector<std::string> inputs = {in.name};
  const auto give = [&](const Dims& dims, double mean, double deviation) {
    inputs.push_back(normals(dims, mean, deviation));
  };
  if (op == "LRN") {
    Value result = node(op, inputs, in.dims);
    set_attribute(last(), "size", std::int64_t{pick({1, 3, 5})});
    set_attribute(last(), "alpha", 0.1F);
    return result;
  }
  if (op == "LayerNormalization" || op == "RMSNormalization") {
    const std::int64_t first = axis(in);
    const Dims normalized(in.dims.begin() + first, in.dims.end());
    give(normalized, 1, 0.3);
    if (op == "LayerNormalization" && chance(0.7)) give(normalized, 0, 0.3);
    Value result = node(op, inputs, in.dims);
    set_attribute(last(), "axis", spelled(first, in));
    set_attribute(last(), "epsilon", 1e-2F);
    return result;
  }
  give({channels}, 1, 0.5);
  give({channels}, 0, 0.3);
  if (op == "BatchNormalization") {
    give({channels}, 0, 0.3);
    std::vector<float> variance(static_cast<std::size_t>(channels));
    for (float& v : variance) v = static_cast<float>(real(0.3, 2));
    inputs.push_back(floats({channels}, variance));
  }
  Value result = node(op, inputs, in.dims);
  if (op != "BatchNormalization") set_attribute(last(), "epsilon", 1e-2F);
  if (op == "GroupNormalization")
    set_attribute(last(), "num_groups", channels % 2 == 0 && chance(0.5) ? channels / 2 : 1);
  return result;
}

/// Rows as steps, and all hidden states or the last one.
Value GraphDraw::recurrent(const std::string& op, const Value& from) {
  const Value rows =
      from.rank() == 3 ? from : view(from, {1, from.elements() / from.dims.back(), from.dims.back()});
  const std::int64_t steps = rows.dims[1], inputs = rows.dims[2], hidden = uniform(1, 4);
  if (steps > 8) return product("MatMul", from);
  const std::int64_t gates = op == "LSTM" ? 4 : op == "GRU" ? 3 : 1, directions = uniform(1, 2);
  const Value sequence = node("Transpose", {rows.name}, {steps, 1, inputs});
  set_attribute(last(), "perm", Dims{1, 0, 2});
  values_.pop_back();  // its first dimension is no batch
  std::vector<std::string> operands = {sequence.name, normals({directions, gates * hidden, inputs}, 0, 0.5),
                                       normals({directions, gates * hidden, hidden}, 0, 0.5)};
  if (chance(0.7)) operands.push_back(normals({directions, 2 * gates * hidden}, 0, 0.3));
  const bool takes_all = chance(0.5);
  const Dims dims = takes_all ? Dims{steps, directions, 1, hidden} : Dims{directions, 1, hidden};
  const Value result = node(op, operands, dims);
  values_.pop_back();
  if (!takes_all) *last().mutable_output(0) = "", last().add_output(result.name);
  set_attribute(last(), "hidden_size", hidden);
  if (directions == 2) set_attribute(last(), "direction", std::string("bidirectional"));
  if (op == "GRU" && chance(0.5)) set_attribute(last(), "linear_before_reset", std::int64_t{1});
  if (op == "LSTM" && chance(0.3)) set_attribute(last(), "input_forget", std::int64_t{1});
  if (op != "LSTM" && chance(0.3)) set_attribute(last(), "clip", 0.75F);
  if (chance(0.3)) {
    onnx::AttributeProto& functions = *last().add_attribute();
    functions.set_name("activations");
    functions.set_type(onnx::AttributeProto::STRINGS);
    const std::int64_t count = (op == "LSTM" ? 3 : op == "GRU" ? 2 : 1) * directions;
    for (std::int64_t i = 0; i < count; ++i)
      functions.add_strings(pick({"HardSigmoid", "Relu", "Sigmoid", "Softsign", "Tanh"}));
  }
  const Dims rows_of_states = {1, element_count(dims) / hidden, hidden};
  if (dims == rows_of_states) values_.push_back(result);
  return view(result, rows_of_states);
}

Value GraphDraw::clip(const std::string& op, const Value& from) {
  const auto low = static_cast<float>(pick({-3.0, -1.0, 0.0, 0.25})),
             high = static_cast<float>(pick({0.5, 1.0, 6.0}));
  if (!has(11)) {
    Value result = node(op, {from.name}, from.dims, from.is_exact);
    set_attribute(last(), "min", low);
    set_attribute(last(), "max", high);
    return result;
  }
  const bool has_low = chance(0.8);
  std::vector<std::string> inputs = {from.name, has_low ? floats({}, {low}) : ""};
  if (!has_low || chance(0.8)) inputs.push_back(floats({}, {high}));
  return node(op, inputs, from.dims, from.is_exact);
}

/// Relu6 as two operators, one of them perhaps something else.
Value GraphDraw::relu6(const std::string& op, const Value& from) {
  if (chance(0.4)) return binary(op, from);
  const auto with_number = [&](const std::string& name, const Value& value, float bound) {
    std::vector<std::string> inputs = {value.name, number(bound)};
    if (chance(0.3)) std::swap(inputs[0], inputs[1]);
    return node(name, inputs, value.dims, value.is_exact);
  };
  return with_number("Min", chance(0.7) ? with_number("Max", from, 0) : node("Relu", {from.name}, from.dims),
                     6);
}

}  // namespace bitbalance::test
