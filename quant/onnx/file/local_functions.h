// Functions that a model defines itself (since IR version 8; PyTorch's torch.onnx.dynamo_export writes a
// module as one). Nobody behind this sees them.
#pragma once

#include <onnx/onnx_pb.h>

#include "quant/onnx/names.h"

namespace bitbalance::onnx_io {

/// Puts the nodes of a function in the place of each node that calls it, in inner graphs and in functions,
/// too. A node is named after the call, "CALL/NODE"; what only the function knows has names that nothing else
/// has. Throws std::invalid_argument for functions of ONNX's own domain or of another operator set than the
/// model, for calls without end, and for more nodes than anybody wants.
void inline_functions(onnx::ModelProto& model);

}  // namespace bitbalance::onnx_io
