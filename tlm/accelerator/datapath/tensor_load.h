// Where the elements of a tensor load stand in a buffer: padded and split by stride phase.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/isa/command/command.h"
#include "tlm/accelerator/names.h"

namespace bitbalance::tlm_level {

/// Writes the whole slice; `source`: its bytes in the order image, channel, row. Precondition: it fits.
void write_tensor(const LoadTensor& load, const std::uint8_t* source, std::vector<std::uint8_t>& buffer);

}  // namespace bitbalance::tlm_level
