// Float network -> ONNX file, the way back of onnx_import.h: retrained or dequantized weights leave for any
// other runtime.
#pragma once

#include <filesystem>
#include <string>

#include "quant/network.h"

namespace bitbalance {

/// The bytes of an ONNX model (opset 13, IR version 7, float32, symbolic batch, one input and one output)
/// that import_onnx reads as the same function; equal networks give equal bytes. A convolution whose window
/// is the whole image becomes Gemm where nothing behind it needs an image, kAffine becomes
/// BatchNormalization. Throws std::invalid_argument for what operator set 13 cannot say, naming the node.
std::string to_onnx(const Network& network);

/// Writes to_onnx(). Throws std::invalid_argument when the file cannot be written.
void export_onnx(const Network& network, const std::filesystem::path& file);

}  // namespace bitbalance
