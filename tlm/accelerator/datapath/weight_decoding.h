// Stored weights into numbers, as the tokens that an encoder row would send say. Plain C++: what the weight
// encoder has threads do, a row at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "hw/isa/weight/row_stream.h"
#include "tlm/accelerator/names.h"

namespace bitbalance::tlm_level {

/// One row's stream: the value and the number of tokens, at most `limit`, of each step's weight.
void decode_row(const std::uint8_t* stored, const RowStream& stream, std::size_t steps, int limit,
                std::int32_t* values, std::uint8_t* tokens);

}  // namespace bitbalance::tlm_level
