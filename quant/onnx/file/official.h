// What the official library says of one node: is it legal, and what are its outputs? It knows operator sets
// up to kLastOfficial; what a later one changed is in signatures.h.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <string>
#include <vector>

#include "quant/host/host_tensor.h"
#include "quant/onnx/file/element_type.h"
#include "quant/onnx/names.h"

namespace bitbalance::onnx_io {

constexpr std::int64_t kLastOfficial = 17;  ///< of Debian's libonnx 1.12

/// Its verdict on names and numbers of inputs, outputs and attributes; empty when the node is legal.
std::string official_problem(const onnx::NodeProto& node, std::int64_t opset);

/// An input of a node: its type, and its elements where they are known and few.
struct OfficialInput {
  onnx::TypeProto type;
  onnx::TensorProto data;
  bool has_data = false;
};

OfficialInput official_input(ElementType type, const Dims& dims);
/// Gives the elements, unless the library never asks for such a type's.
void set_data(OfficialInput& input, const std::vector<float>& values);

/// Types of the outputs, in their order; nothing is set in those that it has no rule for. Inputs that are
/// left out have no type. Throws std::invalid_argument for numbers that it would not survive, and another
/// std::exception with its verdict when the inputs do not fit.
std::vector<onnx::TypeProto> official_types(const onnx::NodeProto& node, std::int64_t opset,
                                            const std::vector<OfficialInput>& inputs);

}  // namespace bitbalance::onnx_io
