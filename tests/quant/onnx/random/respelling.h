// Models in other words: what the importer makes of both must be the same.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <string>

#include "quant/ir/network.h"
#include "tests/support/names.h"

namespace bitbalance::test {

/// The model with its nodes spelled at random in any of the ways that exporters have: Relu and Clip as Max
/// and Min, Add as Sum, global poolings as reductions, padding as Pad, divisors as factors, functions of each
/// element in several nodes.
onnx::ModelProto respelled(const onnx::ModelProto& model, std::uint64_t seed);

/// Where two networks, lowered, differ in other things than names and the rounding of constants; empty:
/// nowhere.
std::string difference(const Network& a, const Network& b);

}  // namespace bitbalance::test
