// Float network -> ONNX file, the way back of import.h: retrained or dequantized weights leave for any other
// runtime.
#pragma once

#include <filesystem>
#include <ostream>
#include <string>

#include "quant/ir/network.h"
#include "quant/onnx/names.h"

namespace bitbalance::onnx_io {

/// The bytes of an ONNX model that import_onnx reads as the same function, rounding of folded constants
/// aside; equal networks give equal bytes. Input and outputs have the names, extents and element types of the
/// file that the network is from, those of four bits as eight; all between them is float32. Images are batch
/// x channels x height x width. A convolution whose window is the whole image becomes Gemm where nothing
/// after it needs an image, kAffine becomes BatchNormalization.
///
/// Layers, LRN and Softmax of a whole image take any batch, where the file's own input and outputs begin with
/// it: operator set 13, IR version 7, symbolic batch. With more on the host (see write/host_export.h) the
/// batch is 1, as the host's extents are those of one image: operator set 17, IR version 8; a result of the
/// host has the extents that it has there. Throws std::invalid_argument for what the operator set cannot say,
/// naming the node.
/// Takes the network by value: move a large one in, and no weight is in memory twice.
void write_onnx(Network network, std::ostream& stream);
std::string to_onnx(Network network);

/// write_onnx() to a file. Throws std::invalid_argument when the file cannot be written.
void export_onnx(Network network, const std::filesystem::path& file);

}  // namespace bitbalance::onnx_io
