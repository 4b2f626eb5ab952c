// Parameters of host operators that ONNX has as constant inputs: what importer and exporter share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "quant/onnx/names.h"

namespace bitbalance::onnx_io {

/// By input, the name under which HostAttributes has the parameter, empty for an operand; inputs beyond the
/// list are operands.
const std::vector<std::string>& parameter_inputs(const std::string& op, std::int64_t opset);

/// Is the parameter one number?
bool is_single(const std::string& parameter);

}  // namespace bitbalance::onnx_io
