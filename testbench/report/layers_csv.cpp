#include "testbench/report/layers_csv.h"

#include <fmt/format.h>

#include "hw/isa/account/dram_kinds.h"
#include "testbench/report/csv.h"
#include "testbench/report/figure.h"

namespace bitbalance::report {

std::string to_csv(const RunReport& report) {
  std::string csv = "layer,op,level,macs,cycles,utilization,bound";
  for (const DramKind& kind : kDramKinds) csv += fmt::format(",dram_{}_bytes", kind.name);
  csv += ",output_elements,output_mismatches";
  for (std::size_t e = 0; e < kEngines; ++e) {
    for (std::size_t a = 0; a < kActivities; ++a) {
      csv += fmt::format(",{}_{}_cycles", to_string(static_cast<Engine>(e)),
                         to_string(static_cast<Activity>(a)));
    }
  }
  if (report.cost) csv += ",core_energy_j,dram_energy_j";
  csv += '\n';
  for (std::size_t i = 0; i < report.layers.size(); ++i) {
    const LayerReport& layer = report.layers[i];
    csv += fmt::format("{},{},{},{},{},{},{}", csv_text(layer.name), layer.op, layer.level_name(), layer.macs,
                       layer.profile.cycles,
                       figure(layer.utilization(report.scenario.accelerator), "{:.4f}", ""), layer.bound());
    for (const DramKind& kind : kDramKinds) csv += fmt::format(",{}", layer.profile.events[kind.event]);
    csv += fmt::format(",{},{}", layer.comparison.elements, layer.comparison.mismatches);
    for (const ActivityCycles& engine : layer.profile.activity) {
      for (const std::int64_t cycles : engine) csv += fmt::format(",{}", cycles);
    }
    if (report.cost) {
      const EnergyReport& energy = report.cost->layers[i].energy;
      csv += fmt::format(",{:.6g},{:.6g}", energy.core_j(), energy.dram_j());
    }
    csv += '\n';
  }
  return csv;
}

}  // namespace bitbalance::report
