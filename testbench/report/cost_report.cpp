#include "testbench/report/cost_report.h"

#include <fmt/format.h>

#include "base/quotient.h"
#include "base/text/outside_text.h"
#include "testbench/report/action_record.h"
#include "testbench/report/csv.h"
#include "testbench/report/figure.h"

namespace bitbalance::report {
namespace {

/// Three significant digits and a decimal prefix: "12.3 uJ".
std::string joules(double energy_j) {
  return prefixed(energy_j, -4, 4) + "J";
}

std::string share(double part, double whole) {
  return percent(quotient(part, whole));
}

std::string area_line(const CostReport& report) {
  return fmt::format("area      {:.2f} mm2, of which {:.2f} SRAM; {} frames/s/mm2\n", report.area.total_mm2(),
                     report.area.sram_mm2(), figure(report.frames_per_s_per_mm2(), "{:.4g}"));
}

/// The cost model's DRAM is chosen apart from the memory's timing: where they differ, that is said.
std::string dram_type_note(const CostReport& report) {
  const std::string costed = to_string(report.dram);
  if (report.memory_type.empty() || report.memory_type == costed) return "";
  return fmt::format("          DRAM energy is of {}, the memory is {}: technology.dram.type decides\n",
                     costed, one_line(report.memory_type));
}

}  // namespace

std::string clock_note(double clock_hz, const ClockCeiling& highest, const std::string& technology) {
  if (clock_hz <= highest.hz * (1 + 1e-9)) return "";
  return fmt::format("          {:.4g} GHz is above the {:.3g} GHz that {} allows{}\n", clock_hz / 1e9,
                     highest.hz / 1e9, technology,
                     highest.pipeline.empty() ? "" : " with pipeline." + highest.pipeline);
}

CostReport cost_of(const ActionRecord& record, const Technology& technology) {
  const CostModel model(technology, record.accelerator);
  CostReport report;
  report.technology = process_name(technology);
  report.technology_name = technology.name;
  report.dram = technology.dram.type;
  report.memory_type = record.memory_type;
  report.frames = record.frames;
  report.seconds = static_cast<double>(record.cycles()) / record.accelerator.clock_hz;
  report.clock_hz = record.accelerator.clock_hz;
  report.highest_clock = highest_clock(technology, record.accelerator.pipeline);
  report.area = model.area();
  for (const RecordedLayer& layer : record.layers) {
    report.layers.push_back({layer.name, layer.work, model.energy(layer.work)});
    report.total += report.layers.back().energy;
  }
  return report;
}

std::string cost_summary(const CostReport& report) {
  return fmt::format("energy    {} per frame in the core, {} in the {} DRAM; {} frames/J ({})\n",
                     joules(report.core_j_per_frame()), joules(report.dram_j_per_frame()),
                     to_string(report.dram), figure(report.frames_per_j(), "{:.4g}"), report.technology) +
         area_line(report) + clock_note(report.clock_hz, report.highest_clock, report.technology) +
         dram_type_note(report);
}

std::string cost_table(const CostReport& report) {
  const EnergyReport& total = report.total;
  const ComponentEnergies energies = total.components();
  std::string text =
      fmt::format("{:<18} {:>10} {:>10} {:>10} {:>10} {:>7} {:>10} {:>10} {:>7}\n", "per frame", "actions",
                  "clock", "leakage", "energy", "share", "logic mm2", "SRAM mm2", "share");
  for (std::size_t c = 0; c < kComponents; ++c) {
    const auto component = static_cast<Component>(c);
    const ComponentArea& area = report.area.component[c];
    const double energy_j = energies[c].total_j();
    if (component == Component::kDram) {
      text += fmt::format("{:<18} {:>10} {:>10} {:>10} {:>10}\n",
                          fmt::format("dram ({})", to_string(report.dram)), "", "", "",
                          joules(energy_j / report.frames));
      continue;
    }
    text += fmt::format("{:<18} {:>10} {:>10} {:>10} {:>10} {:>7} {:>10.3f} {:>10.3f} {:>7}\n",
                        to_string(component), joules(energies[c].actions_j / report.frames),
                        joules(total.clock_j[c] / report.frames), joules(total.leakage_j[c] / report.frames),
                        joules(energy_j / report.frames), share(energy_j, total.core_j()), area.logic_mm2,
                        area.sram_mm2, share(area.total_mm2(), report.area.total_mm2()));
  }
  std::size_t width = 5;
  for (const LayerCost& layer : report.layers) width = std::max(width, one_line(layer.name).size());
  text += fmt::format("\n{:<{}}  {:>10} {:>10}\n", "layer", width, "core", "DRAM");
  for (const LayerCost& layer : report.layers) {
    text += fmt::format("{:<{}}  {:>10} {:>10}\n", one_line(layer.name), width,
                        joules(layer.energy.core_j() / report.frames),
                        joules(layer.energy.dram_j() / report.frames));
  }
  return text + "\n" + cost_summary(report);
}

std::string energy_csv(const CostReport& report) {
  std::string csv = "layer,component,action,count,energy_j\n";
  for (const LayerCost& layer : report.layers) {
    const auto line = [&](Component component, const char* action, std::int64_t count, double energy_j) {
      csv += fmt::format("{},{},{},{},{:.12g}\n", csv_text(layer.name), to_string(component), action, count,
                         energy_j);
    };
    for (std::size_t a = 0; a < kActions; ++a) {
      const ActionInfo& action = info(static_cast<Action>(a));
      line(action.component, action.name, layer.work.actions[a], layer.energy.action_j[a]);
    }
    for (std::size_t c = 0; c < kComponents; ++c) {
      const auto component = static_cast<Component>(c);
      if (component == Component::kDram) continue;
      line(component, "clock_cycles", layer.work.cycles, layer.energy.clock_j[c]);
      line(component, "leakage_cycles", layer.work.cycles, layer.energy.leakage_j[c]);
    }
  }
  return csv;
}

}  // namespace bitbalance::report
