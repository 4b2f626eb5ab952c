// What the components are made of and which parts an action uses: the structure of docs/architecture.md in
// adder bits, multiplexer bits, flip-flops and SRAM banks. Widths and counts only; joules are the cost
// model's.
#pragma once

#include <array>

#include "hw/cost/actions.h"
#include "hw/cost/parts.h"
#include "hw/isa/config.h"

namespace bitbalance::cost {

/// A PE without its share of the drain, and a row of the encoder: as in hw/verilog, whose synthesis they are
/// compared with.
Logic processing_element(const AcceleratorConfig& config);
Logic encoder_row(const AcceleratorConfig& config);
/// Flip-flops of an accumulator: of both narrow lanes or of the wide one.
int accumulator_storage(const AcceleratorConfig& config);

/// Of the core; the DRAM has none.
std::array<Parts, kComponents> inventory(const AcceleratorConfig& config);

/// `width`: of activations. DRAM uses none of these parts. A null slot: what it costs in any case.
std::array<ActionUse, kActions> action_uses(const AcceleratorConfig& config, Width width);

}  // namespace bitbalance::cost
