// Models in which nodes have become functions of the model.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>

namespace bitbalance::test {

/// The model with some of its nodes, and of those again, moved into functions that are called in their place.
/// What a function calls its values stands for others elsewhere; attributes are handed in, or left to their
/// defaults.
onnx::ModelProto outlined(const onnx::ModelProto& model, std::uint64_t seed);

}  // namespace bitbalance::test
