// Elements that an ONNX tensor stores: in its raw data, in a typed list, or in another file of the model's
// folder.
#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>
#include <vector>

#include "quant/host/host_tensor.h"
#include "quant/onnx/names.h"

namespace bitbalance::onnx_io {

/// What becomes of integers of 32 bits that no float is equal to; those of 64 bits are shapes and always
/// exact.
enum class IntegersAs {
  kExact,    ///< they are refused
  kRounded,  ///< they are rounded, as the sums of a quantized file may be
};

/// As many elements as the extents say, as floats. `folder` is the model's: another file must lie in it,
/// after links. Throws std::invalid_argument, one line without the tensor's name: another element type, other
/// data than the extents ask for, a file that is missing, too short or elsewhere, or an integer that no float
/// is equal to (beyond 2^31 it means "to the end" and is kept).
HostTensor read_tensor(const onnx::TensorProto& tensor, const std::filesystem::path& folder,
                       IntegersAs integers = IntegersAs::kExact);

}  // namespace bitbalance::onnx_io
