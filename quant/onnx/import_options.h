// What a user says about an ONNX file that the file leaves open.
#pragma once

#include <string>
#include <vector>

#include "quant/host/host_tensor.h"
#include "quant/onnx/names.h"

namespace bitbalance::onnx_io {

/// The value of an input that no image changes: one number for all its elements, or one for each. The extents
/// that the file leaves open are as fixed_extents() says.
struct FixedInput {
  std::string input;
  std::vector<double> values;
};

struct ImportOptions {
  /// In place of the input's symbolic extents, batch included; empty: as the file says, a symbolic batch
  /// is 1.
  Dims input_shape;
  /// Those that are wanted, or tensors on the way to them, the first of them judged; empty: all outputs.
  std::vector<std::string> outputs;
  /// All inputs but one, the image's, have to be.
  std::vector<FixedInput> fixed_inputs;
};

}  // namespace bitbalance::onnx_io
