// ONNX file -> float network. The only unit that sees ONNX and protobuf.
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "quant/network.h"

namespace bitbalance {

/// Reads a float32 model of opset 7 or later with one image input (N x C x H x W or N x features) and one
/// output, after the official checker and shape inference. A symbolic batch is set to 1.
///
/// Accepted: Conv, Gemm, MatMul (constant right operand), BatchNormalization, Relu, Clip, MaxPool,
/// AveragePool, GlobalAveragePool, Add, Concat (of channels), LRN, Softmax (over all of an image), Flatten,
/// Reshape (to batch x features), Dropout, Identity, Constant. Everything else is refused by name: throws
/// std::invalid_argument, one line with file, node, what was found and what is accepted.
Network import_onnx(const std::filesystem::path& file);

/// Names of the operators that import_onnx knows, sorted.
std::set<std::string> onnx_operators();

}  // namespace bitbalance
