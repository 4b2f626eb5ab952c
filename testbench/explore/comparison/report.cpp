#include "testbench/explore/comparison/report.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/quotient.h"
#include "base/text/outside_text.h"
#include "testbench/explore/comparison/component_groups.h"
#include "testbench/report/cost_report.h"
#include "testbench/report/csv.h"
#include "testbench/report/figure.h"
#include "testbench/report/page/html_page.h"
#include "testbench/report/page/page_files.h"

namespace bitbalance::explore {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchema = 1;

double per_frame(double amount, const DesignFigures& d) {
  return amount / static_cast<double>(d.frames);
}

std::string array_size(const DesignFigures& d) {
  return fmt::format("{}x{}x{}", d.rows, d.columns, d.lanes);
}

std::string range_text(const LayerRange& range) {
  return range.least == range.most ? fmt::format("{}", range.most)
                                   : fmt::format("{} to {}", range.least, range.most);
}

std::string heading(const NetworkComparison& c) {
  std::string text = fmt::format(
      "{}: {} frames per batch; {}; activations {} bit; weights {} bit, limited: at most {} non-zero; {}{} "
      "B/cycle; {}, {}",
      one_line(c.scenario), c.designs.front().frames, to_string(c.rule), c.activation_bits,
      range_text(c.weight_bits), range_text(c.nnzb), c.memory.empty() ? "" : one_line(c.memory) + " ",
      c.bytes_per_cycle, c.technology, c.memory.empty() ? c.dram_type : "DRAM energy of " + c.dram_type);
  if (c.synthetic_weights) text += "; synthetic weights";
  if (c.synthetic_images) text += "; synthetic images";
  return text + "\n" + report::clock_note(c.clock_hz, c.highest_clock, c.technology);
}

/// In a CSV file.
std::string cell(double value) {
  return figure(value, "{:.9g}", "");
}

std::string row(const DesignFigures& d) {
  const double array = d.array.sum();
  std::string text = fmt::format(
      "{:<16} {:<8} {:>9} {:>11.0f} {:>9} {:>6} {:>6} {:>6} {:>6}", d.design, to_string(d.weights),
      array_size(d), cycles_per_frame(d.cycles, d.frames), figure(d.frames_per_s(), "{:.4g}"),
      percent(d.pe_utilization()), percent(quotient(d.array.empty, array)),
      percent(quotient(d.array.waiting, array)), percent(quotient(d.array.unused, array)));
  for (const ComponentGroup& group : component_groups())
    text += fmt::format(" {:>8.4g}", kMicrojoulesPerJoule * per_frame(group.energy_j(d), d));
  text += fmt::format(" {:>8.4g}", kMicrojoulesPerJoule * per_frame(d.dram_j(), d));
  for (const ComponentGroup& group : component_groups()) text += fmt::format(" {:>7.3f}", group.area_mm2(d));
  return text + fmt::format(" {:>9} {:>9} {:>9}\n", figure(d.frames_per_j(), "{:.4g}"),
                            figure(d.frames_per_j_core(), "{:.4g}"),
                            figure(d.frames_per_s_per_mm2(), "{:.4g}"));
}

Json energy_json(const DesignFigures& d) {
  Json json;
  for (std::size_t c = 0; c < kComponents; ++c) {
    const ComponentEnergy& energy = d.energy[c];
    json[to_string(static_cast<Component>(c))] = {{"actions", per_frame(energy.actions_j, d)},
                                                  {"clock", per_frame(energy.clock_j, d)},
                                                  {"leakage", per_frame(energy.leakage_j, d)}};
  }
  return json;
}

Json area_json(const DesignFigures& d) {
  Json json;
  for (std::size_t c = 0; c < kComponents; ++c) {
    if (static_cast<Component>(c) == Component::kDram) continue;
    const ComponentArea& area = d.area.component[c];
    json[to_string(static_cast<Component>(c))] = {{"logic", area.logic_mm2}, {"sram", area.sram_mm2}};
  }
  return json;
}

Json design_json(const DesignFigures& d) {
  return {{"design", d.design},
          {"weights", to_string(d.weights)},
          {"own_weights", d.weights == own_weights(d.design)},
          {"rows", d.rows},
          {"columns", d.columns},
          {"lanes", d.lanes},
          {"frames", d.frames},
          {"cycles", d.cycles},
          {"frames_per_s", d.frames_per_s()},
          {"pe_utilization", d.pe_utilization()},
          {"array_cycles",
           {{"terms", d.array.terms},
            {"empty", d.array.empty},
            {"waiting", d.array.waiting},
            {"unused", d.array.unused}}},
          {"dram_bytes", d.dram_bytes},
          {"energy_j_per_frame", {{"core", per_frame(d.core_j(), d)}, {"dram", per_frame(d.dram_j(), d)}}},
          {"energy_j_per_frame_components", energy_json(d)},
          {"area_mm2", d.area.total_mm2()},
          {"area_mm2_components", area_json(d)},
          {"frames_per_j", d.frames_per_j()},
          {"frames_per_j_core", d.frames_per_j_core()},
          {"frames_per_s_per_mm2", d.frames_per_s_per_mm2()}};
}

}  // namespace

std::string comparison_table(const NetworkComparison& comparison) {
  std::string text = heading(comparison);
  text += fmt::format("{:<16} {:<8} {:>9} {:>11} {:>9} {:>6} {:<20} {:<44} {:<31} {:>9} {:>9} {:>9}\n", "",
                      "", "rows x", "", "", "", "| lost array cycles", "| energy per frame [uJ]",
                      "| area [mm2]", "", "frame/J", "frame/s");
  text += fmt::format("{:<16} {:<8} {:>9} {:>11} {:>9} {:>6} {:>6} {:>6} {:>6}", "design", "weights",
                      "columns", "cycles", "frame/s", "busy", "empty", "wait", "unused");
  for (const ComponentGroup& group : component_groups()) text += fmt::format(" {:>8}", group.name);
  text += fmt::format(" {:>8}", "DRAM");
  for (const ComponentGroup& group : component_groups()) text += fmt::format(" {:>7}", group.name);
  text += fmt::format(" {:>9} {:>9} {:>9}\n", "frame/J", "core only", "/mm2");
  for (const bool own : {true, false}) {
    for (const DesignFigures& design : comparison.designs)
      if ((design.weights == own_weights(design.design)) == own) text += row(design);
    if (own) text += "with the other weights:\n";
  }
  return text;
}

std::string comparison_legend() {
  return fmt::format(
      "full      weights before the limit on their ones, limited: after it; each design first has those it "
      "is "
      "made for\n"
      "{:<9} every layer lasts as long as the slowest of array, post-processor, vector unit, DRAM reads and "
      "writes; {} is ours by its full timeline\n"
      "cycles    per frame; busy: share of the PEs' cycles in which they work for themselves\n"
      "lost      empty: PEs work, but lanes have no term to add; wait: PEs wait for slower ones; unused: no "
      "channel or pixel for a PE, or the buffers deliver too slowly\n",
      "time", kOurTimeline);
}

std::string to_csv(const std::vector<NetworkComparison>& comparisons) {
  std::string csv =
      "scenario,rule,synthetic_weights,synthetic_images,design,weights,own_weights,rows,columns,lanes,frames,"
      "cycles,frames_per_s,pe_utilization,array_terms_cycles,array_empty_cycles,array_waiting_cycles,"
      "array_unused_cycles,dram_bytes";
  for (std::size_t c = 0; c < kComponents; ++c)
    csv += fmt::format(",{}_energy_j_per_frame", to_string(static_cast<Component>(c)));
  for (std::size_t c = 0; c < kComponents; ++c) {
    if (static_cast<Component>(c) != Component::kDram)
      csv += fmt::format(",{}_area_mm2", to_string(static_cast<Component>(c)));
  }
  csv += ",core_energy_j_per_frame,area_mm2,frames_per_j,frames_per_j_core,frames_per_s_per_mm2\n";
  for (const NetworkComparison& comparison : comparisons) {
    for (const DesignFigures& d : comparison.designs) {
      csv += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{:.9g},{:.9g},{:.9g},{:.9g},{}",
                         csv_text(comparison.scenario), to_string(comparison.rule),
                         comparison.synthetic_weights, comparison.synthetic_images, d.design,
                         to_string(d.weights), d.weights == own_weights(d.design), d.rows, d.columns, d.lanes,
                         d.frames, d.cycles, cell(d.frames_per_s()), cell(d.pe_utilization()), d.array.terms,
                         d.array.empty, d.array.waiting, d.array.unused, d.dram_bytes);
      for (const ComponentEnergy& energy : d.energy)
        csv += fmt::format(",{:.9g}", per_frame(energy.total_j(), d));
      for (std::size_t c = 0; c < kComponents; ++c) {
        if (static_cast<Component>(c) != Component::kDram)
          csv += fmt::format(",{:.9g}", d.area.component[c].total_mm2());
      }
      csv += fmt::format(",{:.9g},{:.9g},{},{},{}\n", per_frame(d.core_j(), d), d.area.total_mm2(),
                         cell(d.frames_per_j()), cell(d.frames_per_j_core()), cell(d.frames_per_s_per_mm2()));
    }
  }
  return csv;
}

std::string to_json(const std::vector<NetworkComparison>& comparisons, const ProgramFigures& program) {
  Json json = {{"schema", kSchema},
               {"program", {{"version", program.version}, {"revision", program.revision}}},
               {"rule", to_string(comparisons.front().rule)}};
  for (const NetworkComparison& c : comparisons) {
    Json entry = {{"scenario", c.scenario},
                  {"weights", c.synthetic_weights ? "synthetic" : "model"},
                  {"images", c.synthetic_images ? "synthetic" : "file"},
                  {"activation_bits", c.activation_bits},
                  {"weight_bits", c.weight_bits.most},
                  {"least_weight_bits", c.weight_bits.least},
                  {"nnzb", c.nnzb.most},
                  {"least_nnzb", c.nnzb.least},
                  {"memory", c.memory.empty() ? "ideal" : c.memory},
                  {"bytes_per_cycle", c.bytes_per_cycle},
                  {"technology", c.technology},
                  {"technology_name", c.technology_name},
                  {"dram_type", c.dram_type}};
    if (std::isfinite(c.highest_clock.hz)) entry["highest_clock_hz"] = c.highest_clock.hz;
    for (const DesignFigures& design : c.designs) entry["designs"].push_back(design_json(design));
    json["comparisons"].push_back(entry);
  }
  return json.dump(2) + "\n";
}

std::string comparison_page(const std::string& json, const std::vector<Scenario>& scenarios) {
  Json data = {{"comparison", Json::parse(json)}, {"effective", Json::array()}};
  for (const Scenario& scenario : scenarios)
    data["effective"].push_back({{"scenario", scenario.name}, {"text", to_yaml(scenario)}});
  return report::html_page("Comparison of accelerators", {report::page_compare_script()},
                           data.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace bitbalance::explore
