// The analytic level of a program on disk: what is known of its time without a network, from its commands and
// the weights among its constants.
#pragma once

#include <cstdint>
#include <string>

#include "hw/program/stored_program.h"
#include "testbench/run/names.h"

namespace bitbalance::runner {

struct StoredTiming {
  std::int64_t cycles = 0;  ///< of one batch
  std::string fault;        ///< the first command that the accelerator would not accept; empty: none
};

/// With the ideal memory that the program was mapped for. Throws std::invalid_argument when the program would
/// wait forever, or computes with weights that no load of the same size brings.
StoredTiming time_stored(const stored::StoredProgram& program);

}  // namespace bitbalance::runner
