// ONNX's operators as their definitions read, element by element in double precision: what the importer and
// the host's operators are checked against. Shares nothing with them but protobuf.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <vector>

#include "tests/support/names.h"

namespace bitbalance::test {

struct ReferenceTensor {
  std::vector<std::int64_t> dims;
  std::vector<double> values;
};

/// All outputs of a node in an operator set from 7 on; inputs that are left out have a null pointer.
std::vector<ReferenceTensor> reference(const onnx::NodeProto& node, std::int64_t opset,
                                       const std::vector<const ReferenceTensor*>& inputs);

}  // namespace bitbalance::test
