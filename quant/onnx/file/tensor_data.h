// Elements that an ONNX tensor stores: in its raw data, in a typed list, or in another file of the model's
// folder.
#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>
#include <vector>

#include "quant/host/host_tensor.h"
#include "quant/onnx/names.h"

namespace bitbalance::onnx_io {

/// As many elements as the extents say, as floats. `folder` is the model's: another file must lie in it,
/// after links. Throws std::invalid_argument, one line without the tensor's name: another element type, other
/// data than the extents ask for, a file that is missing, too short or elsewhere, or an integer that no float
/// is equal to (beyond 2^31 it means "to the end" and is kept).
HostTensor read_tensor(const onnx::TensorProto& tensor, const std::filesystem::path& folder);

}  // namespace bitbalance::onnx_io
