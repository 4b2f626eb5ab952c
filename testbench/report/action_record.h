// What a run did, without what it cost: actions.yaml, from which a stored run is costed again.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "hw/cost/cost_model.h"
#include "testbench/report/run_report.h"

namespace bitbalance::report {

struct RecordedLayer {
  std::string name;
  Work work;  ///< all frames
};

struct ActionRecord {
  std::string scenario;
  int frames = 0;
  std::string memory_type;  ///< of the timed memory; empty: there was none
  AcceleratorConfig accelerator;
  std::vector<RecordedLayer> layers;

  std::int64_t cycles() const;
};

ActionRecord record_of(const RunReport& report);
std::string to_yaml(const ActionRecord& record);
/// Throws SettingsError.
ActionRecord load_actions(const std::filesystem::path& file);

}  // namespace bitbalance::report
