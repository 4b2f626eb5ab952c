// The buffers that must suffice for a network, said without the mapper: docs/architecture.md, "Weak spots".
#pragma once

#include "hw/compiler/mapper.h"
#include "tests/support/names.h"

namespace bitbalance::test {

struct BufferBytes {
  int weight_bank = 0, activation = 0, output = 0, parameter = 0;
};

/// In which every layer has a block, and in no smaller ones. A convolution's is one output (of a fused
/// pooling), of as many channels as the array has rows, with a single input channel where that is one tile,
/// else with all of them. A pooling's or sum's is one output of one channel.
BufferBytes smallest_buffers(const QuantizedNetwork& network, const AcceleratorConfig& config,
                             const MapperOptions& options);

/// No buffer smaller than that.
void enlarge(AcceleratorConfig& config, const BufferBytes& least);

/// Could a sum of any layer overflow its accumulator?
bool may_overflow(const QuantizedNetwork& network, const AcceleratorConfig& config);

}  // namespace bitbalance::test
