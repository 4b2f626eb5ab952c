// How long the vector unit takes for a command, in closed form.
#pragma once

#include <cstdint>

#include "hw/isa/command/command.h"
#include "hw/isa/config.h"
#include "hw/timeline/names.h"

namespace bitbalance::timeline {

/// Edges from a vector command's pop to the push of its completion, which comes with its last results.
std::int64_t vector_duration(const Pool& pool, const AcceleratorConfig& config);
std::int64_t vector_duration(const Add& add, const AcceleratorConfig& config);
std::int64_t vector_duration(const Lookup& lookup, const AcceleratorConfig& config);

}  // namespace bitbalance::timeline
