// The machine-readable results of a run: summary.json (schema 1) and layers.csv.
#pragma once

#include <array>
#include <string>

#include "testbench/report/run_report.h"

namespace bitbalance::report {

/// What crosses the DRAM interface, by kind of tensor.
struct DramKind {
  const char* name;
  Event event;
};
inline constexpr std::array<DramKind, 7> kDramKinds = {{{"command", Event::kDramReadCommand},
                                                        {"weight", Event::kDramReadWeight},
                                                        {"parameter", Event::kDramReadParameter},
                                                        {"activation", Event::kDramReadActivation},
                                                        {"operand", Event::kDramReadOperand},
                                                        {"unused", Event::kDramReadUnused},
                                                        {"output", Event::kDramWrite}}};

/// docs/results.md explains every field. Energy and area are absent from both without a technology.
std::string to_json(const RunReport& report);
/// One line per layer.
std::string to_csv(const RunReport& report);

}  // namespace bitbalance::report
