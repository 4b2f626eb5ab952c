// Writes the constants region of a mapped program: the image that the accelerator fetches commands, weights
// and parameters from. Behind the mapper; who only asks for time does without it.
#pragma once

#include "hw/compiler/names.h"
#include "hw/isa/config.h"
#include "hw/isa/program/program.h"
#include "quant/ir/quantized_network.h"

namespace bitbalance::compiler {

/// Fills in `program.constants`. `network` and `config`: those it was mapped from and for.
void write_constants(const QuantizedNetwork& network, const AcceleratorConfig& config, Program& program);

}  // namespace bitbalance::compiler
