// The families of host operators, each a table from ONNX's name to its implementation; host_graph.cpp
// joins them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "quant/host/host_graph.h"

namespace bitbalance::host {

using HostFunction = std::function<HostTensor(const HostOperator&, const std::vector<HostView>&)>;
using HostFunctions = std::map<std::string, HostFunction>;

HostFunctions elementwise_operators();
HostFunctions reduction_operators();
HostFunctions movement_operators();
HostFunctions indexing_operators();
HostFunctions product_operators();
HostFunctions einsum_operators();
HostFunctions normalization_operators();
HostFunctions resize_operators();
HostFunctions pooling_operators();
HostFunctions sampling_operators();
HostFunctions region_operators();
HostFunctions determinant_operators();
HostFunctions bitwise_operators();
HostFunctions suppression_operators();

}  // namespace bitbalance::host
