// How much a host operator multiplies, for the share of the work that the accelerator does.
#pragma once

#include <vector>

#include "quant/host/host_graph.h"

namespace bitbalance::host {

/// Multiply-accumulates of MatMul, Gemm and ConvTranspose; 0 for every other operator.
std::int64_t product_macs(const HostOperator& op, const std::vector<Dims>& operands);

}  // namespace bitbalance::host
