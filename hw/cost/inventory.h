// What the components are made of and which parts an action uses: the structure of docs/architecture.md in
// adder bits, multiplexer bits, flip-flops and SRAM banks. Widths and counts only; joules are the cost
// model's.
#pragma once

#include <array>

#include "hw/cost/actions.h"
#include "hw/cost/parts.h"
#include "hw/isa/config.h"

namespace bitbalance::cost {

/// Of the core; the DRAM has none.
std::array<Parts, kComponents> inventory(const AcceleratorConfig& config);

/// `width`: of activations. Null slots and DRAM use none of these parts.
std::array<ActionUse, kActions> action_uses(const AcceleratorConfig& config, Width width);

}  // namespace bitbalance::cost
