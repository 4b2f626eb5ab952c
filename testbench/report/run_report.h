// What a run found out: the figures behind the table on the terminal, summary.json and layers.csv.
// Filled by simulation.cpp, analytic.cpp and clocked_layers.cpp of testbench/run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hw/isa/account/profile.h"
#include "testbench/golden/accuracy.h"
#include "testbench/golden/compare.h"
#include "testbench/report/cost_report.h"
#include "testbench/scenario/scenario.h"
#include "tlm/memory/statistic.h"

namespace bitbalance::report {

/// Bytes of the DRAM interface on its busiest data bus: the ideal memory has one each for commands, reads and
/// writes; in timed DRAM all share one.
std::int64_t bus_bytes(const EventCounts& events, MemoryKind memory);

/// One layer over all images of the run.
struct LayerReport {
  std::string name;
  std::string op;
  std::int64_t macs = 0;
  bool on_host = false;  ///< not the accelerator's: without cycles and events
  Level level = Level::kRtl;
  int lanes = 1;  ///< activations the array takes a step in this layer's width
  LayerProfile profile;
  Comparison comparison;

  /// Share of the array's lane cycles that hold a slot of a used row and an active lane, null slots included.
  /// As all quotients here: NaN where the divisor is 0.
  double utilization(const AcceleratorConfig& config) const;
  /// The engine that is occupied longest: "read", "compute", "vector" or "write"; "host".
  const char* bound() const;
  /// "rtl", "tlm"...; "host".
  const char* level_name() const { return on_host ? "host" : to_string(level); }
  std::int64_t dram_bytes() const;
  /// Of its activations.
  Width width(const AcceleratorConfig& config) const {
    return lanes == config.lanes(Width::k16) ? Width::k16 : Width::k8;
  }
};

/// A layer of which nothing is known yet but what it is.
LayerReport layer_report(const ProgramLayer& layer, Level level, const QuantizedNetwork& network,
                         const AcceleratorConfig& config);

struct HostFigures {
  double wall_s = 0;
  double simulate_s = 0;                      ///< without import, quantization, golden model and reports
  std::int64_t peak_rss_bytes = 0;            ///< of the largest process of the program
  std::vector<double> layer_simulate_s = {};  ///< by layer; empty unless each is a program in one process
};

/// The program that ran.
struct ProgramFigures {
  std::string version;
  std::string revision;  ///< of its sources
};

/// A result of the network.
struct OutputReport {
  std::string name;
  host::Dims dims;            ///< of one image
  std::vector<float> values;  ///< of all images; none where they are not written
};

struct RunReport {
  ProgramFigures program;
  Scenario scenario;
  std::string network;  ///< name of the model
  int frames = 0;
  std::vector<LayerReport> layers;
  std::vector<OutputReport> outputs;  ///< that the model names
  std::optional<Accuracy> accuracy;
  std::optional<CostReport> cost;  ///< layers as in `layers`; absent without a technology or a frame
  std::vector<Statistic> memory;   ///< what the memory counted; the ideal one counts nothing
  HostFigures host;
  std::vector<std::string> disagreements;  ///< between levels that must agree, a line each
  std::string fault;                       ///< why the accelerator stopped early; empty: it did not

  std::int64_t cycles() const;
  std::int64_t macs() const;
  std::int64_t host_macs() const;  ///< of them, on the host
  std::int64_t elements() const;   ///< compared
  std::int64_t all_elements() const;
  std::int64_t mismatches() const;
  double frames_per_s() const;
  /// Names of the layers that the accelerator does not compute.
  std::vector<std::string> host_layers() const;
  /// Layers and engines whose busy cycles and stalls do not add up to the layer's cycles: "conv1 compute".
  std::vector<std::string> open_accounts() const;
  /// The figure of that name; precondition: the memory has it.
  double memory_figure(const char* name) const;
  /// Are the results written? Where there are several, or some were chosen.
  bool writes_outputs() const;
  /// No fault, all accounts closed, and, at a level that computes data, all outputs equal the golden model's.
  bool passed() const;
};

/// The results that a network names, without values.
std::vector<OutputReport> output_reports(const QuantizedNetwork& network);

}  // namespace bitbalance::report
