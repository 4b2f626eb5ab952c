// Messages with which models of tests are refused. Apart from the builder, which programs without Catch use.
#include <catch2/catch.hpp>

#include <stdexcept>

#include "tests/quant/onnx/onnx_builder.h"

namespace bitbalance::test {

std::string OnnxBuilder::refusal(const Dims& input_shape) const {
  return refusal_of_bytes(model_.SerializeAsString(), input_shape);
}

std::string refusal_of_bytes(const std::string& bytes, const Dims& input_shape) {
  try {
    import_bytes(bytes, input_shape);
  } catch (const std::invalid_argument& error) {
    std::string message = error.what();
    CHECK_THAT(message, Catch::Contains("-model.onnx: "));
    CHECK(message.find('\n') == std::string::npos);
    return message;
  }
  return "accepted";
}

}  // namespace bitbalance::test
