// Results of a compute command and their places in the output buffer, fused pooling included. Plain C++: what
// the output buffer has threads do.
#pragma once

#include <cstdint>

#include "tlm/accelerator/datapath/products.h"
#include "tlm/accelerator/datapath/result_rule.h"

namespace bitbalance::tlm_level {

/// Computes part `part` of the products and writes the results to their places in `output_buffer`; of a chunk
/// before the last, there are none. From any thread: places of different parts differ.
void write_results(const Products& products, const ResultRule& rule, int part, std::uint8_t* output_buffer);

}  // namespace bitbalance::tlm_level
