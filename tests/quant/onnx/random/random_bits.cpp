// Bits of integers, which the image gives as whole numbers.
#include "tests/quant/onnx/random/operator_maker.h"

namespace bitbalance::test {

using onnx_reference::volume;
using Types = onnx::TensorProto;

void OperatorMaker::whole_image(const Dims& dims, std::int64_t type, std::int64_t low, std::int64_t high) {
  Tensor whole = values(dims);
  for (double& value : whole.values) value = static_cast<double>(integer(low, high));
  input(std::move(whole));
  node_.set_input(node_.input_size() - 1, "whole");
  constants_.push_back(
      [type](OnnxBuilder& model) { set_attribute(model.node("Cast", {"x"}, "whole"), "to", type); });
  is_truth_ = true;  // no floats
}

void OperatorMaker::whole_constant(const Dims& dims, std::int64_t type, std::int64_t low, std::int64_t high) {
  Tensor whole{dims, {}};
  for (std::int64_t i = 0; i < volume(dims); ++i)
    whole.values.push_back(static_cast<double>(integer(low, high)));
  constants_.push_back([name = next(), whole, type](OnnxBuilder& model) {
    onnx::TensorProto& tensor = *model.graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(static_cast<int>(type));
    tensor.mutable_dims()->Assign(whole.dims.begin(), whole.dims.end());
    for (const double value : whole.values) {
      if (type == Types::INT64) {
        tensor.add_int64_data(static_cast<std::int64_t>(value));
      } else if (type == Types::UINT32) {
        tensor.add_uint64_data(static_cast<std::uint64_t>(value));
      } else {
        tensor.add_int32_data(static_cast<std::int32_t>(value));
      }
    }
  });
  node_.add_input(next());
  inputs_.push_back(std::make_unique<Tensor>(std::move(whole)));
}

void OperatorMaker::bitwise() {
  auto type = one_of<std::int64_t>({Types::INT8, Types::UINT8, Types::INT16, Types::INT32, Types::INT64});
  if (op_ == "BitwiseNot" && type == Types::UINT8) type = Types::INT8;
  const std::int64_t low = type == Types::UINT8 ? 0 : -100, high = type == Types::UINT8 ? 255 : 100;
  const Dims dims = extents(integer(1, 4));
  whole_image(dims, type, low, high);
  if (op_ == "BitwiseNot") return;
  Dims other = dims;
  for (std::int64_t& extent : other) extent = chance(3) ? 1 : extent;
  whole_constant(other, type, low, high);
}

void OperatorMaker::bit_shift() {
  const bool is_left = chance();
  const auto type = is_left ? std::int64_t{Types::UINT32}
                            : one_of<std::int64_t>({Types::UINT8, Types::UINT16, Types::UINT32});
  const Dims dims = extents(integer(1, 4));
  whole_image(dims, type, 0, type == Types::UINT8 ? 255 : 65535);
  whole_constant(chance() ? dims : Dims{1}, type, 0, 7);
  set("direction", std::string(is_left ? "LEFT" : "RIGHT"));
}

}  // namespace bitbalance::test
