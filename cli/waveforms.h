// The waveforms of `bitbalance run`: what --trace, --signals and --fst ask for.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/names.h"
#include "testbench/report/folder/results_folder.h"
#include "testbench/run/simulation.h"
#include "testbench/waveform/waveform.h"

namespace bitbalance::cli {

struct WaveformArguments {
  std::vector<std::string> windows;  ///< "LAYER[:first-last]", "LAYER:all", "@first-last"
  std::vector<std::string> signals;  ///< names and patterns
  bool fst = false;
};

/// Throws SettingsError for options that do not go together.
void check(const WaveformArguments& arguments, Level level);

class Waveforms {
 public:
  /// Announces their files. `power_cycles`: of the power signals; 0: none. Throws SettingsError and
  /// std::invalid_argument for windows and signals that the run does not have.
  Waveforms(const WaveformArguments& arguments, const Scenario& scenario, Simulation& simulation,
            int power_cycles, ResultsFolder& folder);

  /// Lets them see what the run does.
  void join(RunTrace& trace);
  /// Throws std::runtime_error when a file could not be written.
  void check() const;
  /// The same at the end of the run; tells of windows that the run did not come to, or not wholly.
  void finish();

 private:
  std::unique_ptr<PowerMeter> power_;
  std::vector<std::unique_ptr<WaveformWindow>> windows_;
};

}  // namespace bitbalance::cli
