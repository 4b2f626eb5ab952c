// What an ONNX operator means in the operator set of its file, where that is not what it means in others. The
// table of all changes is docs/onnx-versions.md.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <string>

#include "quant/onnx/names.h"

namespace bitbalance::onnx_io {

constexpr std::int64_t kFirstOpset = 7;  ///< from here on operators broadcast as NumPy does
constexpr std::int64_t kLastOpset = 27;  ///< as far as the standard's change log has been gone through
constexpr std::int64_t kLastIr = 13;     ///< the version that came with it

/// ONNX's own domain has two names.
inline bool is_standard(const std::string& domain) {
  return domain.empty() || domain == "ai.onnx";
}

/// Why a node is not what the importer computes: it is illegal in its operator set, or means something else
/// there. Empty when nothing stands against it.
std::string version_problem(const onnx::NodeProto& node, std::int64_t opset);

}  // namespace bitbalance::onnx_io
