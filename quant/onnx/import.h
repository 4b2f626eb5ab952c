// ONNX file -> float network. With its onnx_* helpers the only unit that sees ONNX and protobuf.
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "quant/ir/network.h"
#include "quant/onnx/import_options.h"
#include "quant/onnx/names.h"

namespace bitbalance::onnx_io {

/// Reads a float32 model of opset 7 or later, after the official checker and shape inference. One of its
/// inputs is the image; others have the values of `options`.
///
/// Convolutions, products with constant weights, poolings and what can be fused with them become nodes of
/// the accelerator (docs/onnx.md); everything else of onnx_operators() becomes nodes of the host, and is
/// folded where it works on constants alone. Other operators are refused by name: throws
/// std::invalid_argument, one line with file, node, what was found and what is accepted.
Network import_onnx(const std::filesystem::path& file, const ImportOptions& options = {});

/// Names of the operators that import_onnx knows, sorted.
std::set<std::string> onnx_operators();

}  // namespace bitbalance::onnx_io
