// A scenario as a program on disk, and such a program run by a driver of the test bench.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "hw/program/stored_program.h"
#include "testbench/run/names.h"
#include "testbench/scenario/scenario.h"

namespace bitbalance::runner {

/// Maps the network and lets the golden model compute what comes out. `progress` is told the share of the
/// work done, 0..1. Throws std::invalid_argument for a scenario that is not one program: layers on the host
/// between layers of the accelerator, images that batches do not divide, a result that is made of more than
/// one tensor of the accelerator.
stored::StoredProgram export_program(const Scenario& scenario, const std::function<void(double)>& progress);

/// The accelerator and the memory that a program was made for; all else as by default.
Scenario scenario_of(const stored::StoredProgram& program);

struct StoredRun {
  std::int64_t images = 0, cycles = 0;
  std::int64_t elements = 0, wrong = 0;  ///< of the output; of level analytic, which computes none: 0
  std::string fault;                     ///< why the accelerator stopped early; empty: it did not
};

/// All images of a program, batch by batch, through the accelerator with the ideal memory that it was mapped
/// for. `tick` is called now and then; may throw to give up. Throws as time_stored() does.
StoredRun run_stored(const stored::StoredProgram& program, Level level, const std::function<void()>& tick);

}  // namespace bitbalance::runner
