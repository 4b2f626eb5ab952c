// Signals by which a user stops a command that has something to clean up.
#pragma once

#include <array>
#include <csignal>

#include "testbench/run/names.h"

namespace bitbalance::runner {

/// While one exists, SIGINT, SIGTERM and SIGHUP let the work end with Interrupted
/// (base/process/interruption.h); those that the caller ignores, as nohup does, stay ignored. SIGPIPE is
/// ignored meanwhile: what a reader that has gone leaves is a write error.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

 private:
  static constexpr std::array<int, 4> kSignals = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
  std::array<struct sigaction, kSignals.size()> before_{};
};

}  // namespace bitbalance::runner
