// How much operators of the host multiply, for the share of the work that the accelerator does.
#pragma once

#include <string>
#include <vector>

#include "quant/host/host_graph.h"

namespace bitbalance::host {

/// Multiply-accumulates of MatMul, Gemm, Einsum and ConvTranspose; 0 for every other operator.
std::int64_t product_macs(const HostOperator& op, const std::vector<Dims>& operands);

/// Of an Einsum: one product less than operands at each combination of its dimensions.
std::int64_t einsum_macs(const HostOperator& op, const std::vector<Dims>& operands);

}  // namespace bitbalance::host
