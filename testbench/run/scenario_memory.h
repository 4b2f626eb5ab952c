// The memory that a scenario describes.
#pragma once

#include <cstdint>
#include <memory>
#include <systemc>

#include "testbench/run/names.h"
#include "testbench/scenario/scenario.h"
#include "tlm/memory/memory_model.h"

namespace bitbalance::runner {

/// `allow_dmi`: what the ideal memory grants; the timed one never does.
std::unique_ptr<MemoryModel> make_memory(const Scenario& scenario, std::uint64_t bytes,
                                         bool allow_dmi = true);

}  // namespace bitbalance::runner
