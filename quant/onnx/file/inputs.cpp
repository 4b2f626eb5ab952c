// Inputs of a model: the one that is the image, and its extents; the others have fixed values.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "quant/onnx/file/fixed_extents.h"
#include "quant/onnx/file/model.h"
#include "quant/onnx/file/node_order.h"

namespace bitbalance::onnx_io {
namespace {

/// Why an element cannot have this value; empty: it can.
std::string value_problem(ElementType type, double value) {
  if (is_real(type)) return std::isfinite(static_cast<float>(value)) ? "" : "a number of single precision";
  if (is_integer(type)) {
    const bool is_exact = value == std::trunc(value) && std::abs(value) <= kExactInteger;
    return !is_exact ? "an integer up to 2^24" : holds(type, value) ? "" : "what fits";
  }
  return value == 0 || value == 1 ? "" : "0 or 1";
}

/// Some exporters write -1 for an extent that is open.
void clear_open(onnx::ValueInfoProto& value) {
  if (!value.type().tensor_type().has_shape()) return;
  for (auto& dim : *value.mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim())
    if (dim.dim_value() == -1) dim.clear_dim_value();
}

}  // namespace

void OnnxModel::find_inputs(const ImportOptions& options) {
  std::set<std::string> initialized;
  for (const onnx::TensorProto& tensor : graph().initializer()) initialized.insert(tensor.name());
  std::vector<std::string> names;
  std::map<std::string, onnx::ValueInfoProto*> open;
  for (onnx::ValueInfoProto& value : *model_.mutable_graph()->mutable_input()) {
    if (initialized.count(value.name()) != 0) continue;  // IR version 3 lists the constants too
    clear_open(value);
    names.push_back(value.name());
    open[value.name()] = &value;
  }
  std::vector<std::pair<const FixedInput*, const onnx::ValueInfoProto*>> fixed;
  for (const FixedInput& input : options.fixed_inputs) {
    const auto found = open.find(input.input);
    if (found == open.end()) {
      fail(fmt::format("has no input '{}' to fix, or it is fixed twice; accepted: {}", input.input,
                       fmt::join(names, ", ")));
    }
    fixed.emplace_back(&input, found->second);
    open.erase(found);
  }
  // One that nobody reads needs no value.
  for (auto at = open.begin(); at != open.end() && open.size() > 1;)
    at = readers(at->first) == 0 ? open.erase(at) : std::next(at);
  if (open.size() != 1) {
    fail(fmt::format(
        "has inputs [{}]{}; accepted: one that is the image, and values for all others "
        "(network.fixed_inputs)",
        fmt::join(names, ", "), fixed.empty() ? "" : fmt::format(", {} of them fixed", fixed.size())));
  }
  input_ = open.begin()->second;
  checked_type(*input_);
  set_input_dims(options.input_shape);
  fix_inputs(fixed);
}

const onnx::TypeProto_Tensor& OnnxModel::checked_type(const onnx::ValueInfoProto& input) const {
  const std::string where = fmt::format("input '{}': ", input.name());
  if (!input.type().has_tensor_type()) fail("an input that is no tensor; accepted: tensors");
  const onnx::TypeProto_Tensor& type = input.type().tensor_type();
  if (!is_accepted(type.elem_type())) {
    fail(where +
         fmt::format("element type is {}; accepted: {}", name_of(type.elem_type()), accepted_types()));
  }
  if (!type.has_shape()) fail(where + "has no shape; accepted: extents, or symbols for them");
  return type;
}

// The batch is 1 unless somebody says otherwise.
void OnnxModel::set_input_dims(const Dims& input_shape) {
  const std::string where = fmt::format("input '{}': ", input_->name());
  onnx::TensorShapeProto& shape = *input_->mutable_type()->mutable_tensor_type()->mutable_shape();
  if (!input_shape.empty() && static_cast<int>(input_shape.size()) != shape.dim_size()) {
    fail(where + fmt::format("{} dimensions, but an input shape of {} is asked for", shape.dim_size(),
                             to_string(input_shape)));
  }
  if (batch_ == Batch::kOneByOne && shape.dim_size() > 1 && shape.dim(0).dim_value() > 1) {
    fixed_batch_ = shape.dim(0).dim_value();
    shape.mutable_dim(0)->set_dim_value(1);
  }
  Dims dims;
  for (int i = 0; i < shape.dim_size(); ++i) {
    onnx::TensorShapeProto_Dimension& dim = *shape.mutable_dim(i);
    const std::string symbol = dim.dim_param();
    if (!dim.has_dim_value() && !input_shape.empty()) dim.set_dim_value(input_shape[i]);
    if (!dim.has_dim_value() && i == 0) dim.set_dim_value(1);
    if (!dim.has_dim_value()) {
      fail(where + fmt::format("dimension {} is symbolic ('{}'); accepted: a number, in the file or in an "
                               "input shape (network.input_shape)",
                               i, symbol));
    }
    if (dim.dim_value() < 1)
      fail(where + fmt::format("dimension {} is {}; accepted: at least 1", i, dim.dim_value()));
    if (!input_shape.empty() && dim.dim_value() != input_shape[i]) {
      fail(where + fmt::format("dimension {} is {}, but an input shape of {} is asked for", i,
                               dim.dim_value(), to_string(input_shape)));
    }
    dims.push_back(dim.dim_value());
    if (!symbol.empty()) symbols_[symbol] = dim.dim_value();
  }
  try {
    checked_count(dims);
  } catch (const std::invalid_argument& error) {
    fail(where + error.what());
  }
}

Dims OnnxModel::input_dims() const {
  return extents_of(input_->type().tensor_type());
}

void OnnxModel::fix_inputs(
    const std::vector<std::pair<const FixedInput*, const onnx::ValueInfoProto*>>& fixed) {
  std::vector<FixedShape> shapes;
  for (const auto& [input, value] : fixed) {
    FixedShape& shape = shapes.emplace_back();
    shape.input = value->name();
    shape.values = static_cast<std::int64_t>(input->values.size());
    for (const auto& dim : checked_type(*value).shape().dim()) {
      if (dim.has_dim_value() && dim.dim_value() < 1) {
        fail(fmt::format("input '{}': dimension {} is {}; accepted: at least 1", value->name(),
                         shape.extents.size(), dim.dim_value()));
      }
      shape.extents.push_back({dim.dim_value(), dim.dim_param()});
    }
  }
  std::vector<Dims> dims;
  try {
    dims = fixed_extents(shapes, symbols_);
  } catch (const std::invalid_argument& error) {
    fail(error.what());
  }
  for (std::size_t i = 0; i < fixed.size(); ++i) fix(*fixed[i].second, dims[i], fixed[i].first->values);
}

void OnnxModel::fix(const onnx::ValueInfoProto& input, const Dims& dims, const std::vector<double>& values) {
  constexpr std::int64_t kMost = 1 << 24;
  const std::string where = fmt::format("input '{}': ", input.name());
  std::int64_t count = kMost + 1;
  try {
    count = checked_count(dims);
  } catch (const std::invalid_argument& error) {
    fail(where + error.what());
  }
  if (count > kMost) fail(where + fmt::format("{} elements; accepted for a fixed input: {}", count, kMost));
  if (values.size() != 1 && static_cast<std::int64_t>(values.size()) != count) {
    fail(where +
         fmt::format("{} values for {}; accepted: one, or {}", values.size(), to_string(dims), count));
  }
  OnnxConstant& constant = fixed_inputs_[input.name()];
  constant.type = input.type().tensor_type().elem_type();
  constant.tensor.dims = dims;
  constant.tensor.values.reserve(count);
  for (std::int64_t i = 0; i < count; ++i) {
    const double value = values.size() == 1 ? values.front() : values[i];
    if (const std::string accepted = value_problem(constant.type, value); !accepted.empty()) {
      fail(where + fmt::format("a value of {} is {}; accepted: {}", name_of(constant.type), value, accepted));
    }
    constant.tensor.values.push_back(rounded_to(constant.type, static_cast<float>(value)));
  }
}

}  // namespace bitbalance::onnx_io
