// Runs the layers of a batch clock by clock in parallel processes, each from the inputs that the transaction
// level left in memory, and holds outputs and accounts against the transaction level's.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "hw/isa/account/profile.h"
#include "testbench/run/program_set.h"
#include "testbench/run/system/data_region.h"
#include "testbench/run/system/system.h"

namespace bitbalance::runner {

class ClockedLayers {
 public:
  struct Result {
    std::vector<LayerProfile> profile;
    std::string fault;                       ///< why an accelerator stopped early; empty: none did
    std::vector<std::string> disagreements;  ///< with the transaction level
    std::int64_t peak_rss_bytes = 0;         ///< of the largest worker
  };

  /// `jobs`: processes, at most. Keeps references.
  ClockedLayers(System& system, const ProgramSet& programs, DataRegion& data, const QuantizedNetwork& network,
                int jobs)
      : system_(system), programs_(programs), data_(data), network_(network), jobs_(jobs) {}

  /// Preconditions: both levels are there; each layer of `segments` is a program of its own and has been run
  /// at transaction level, with these accounts. The result is the same for any number of processes. Throws
  /// std::runtime_error, naming process and layer, when one dies. `progress`: share of the cycles, may throw.
  Result run(const Segments& segments, const std::vector<LayerProfile>& expected,
             const std::function<void(double)>& progress);

 private:
  struct Message;
  struct Task;

  std::vector<std::vector<Task>> share_out(const Segments& segments,
                                           const std::vector<LayerProfile>& expected) const;
  /// In a worker: runs a layer and tells what came out.
  Message run_layer(const Task& task, const std::function<void(const Message&)>& send);

  System& system_;
  const ProgramSet& programs_;
  DataRegion& data_;
  const QuantizedNetwork& network_;
  int jobs_;
};

}  // namespace bitbalance::runner
