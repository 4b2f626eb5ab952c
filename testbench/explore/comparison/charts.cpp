#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/quotient.h"
#include "testbench/explore/comparison/component_groups.h"
#include "testbench/explore/comparison/report.h"
#include "testbench/report/page/page_color.h"

namespace bitbalance::explore {
namespace {

/// Those with their own weights.
std::vector<const DesignFigures*> own(const NetworkComparison& comparison) {
  std::vector<const DesignFigures*> designs;
  for (const DesignFigures& design : comparison.designs)
    if (design.weights == own_weights(design.design)) designs.push_back(&design);
  return designs;
}

/// What the networks are compared on, each once: not every design has figures of every network.
std::vector<std::string> names_of_designs(const std::vector<NetworkComparison>& comparisons) {
  std::vector<std::string> names;
  for (const NetworkComparison& comparison : comparisons) {
    for (const DesignFigures* design : own(comparison)) {
      if (std::find(names.begin(), names.end(), design->design) == names.end())
        names.push_back(design->design);
    }
  }
  return names;
}

std::string title(const NetworkComparison& comparison, const std::string& what) {
  return comparison.scenario + ": " + what + (comparison.synthetic_weights ? " (synthetic weights)" : "");
}

constexpr std::size_t kNetworkColors = 8;  ///< of the pages

/// A figure of each design over the same figure of ours, for all networks; a gap where there is none.
BarChart merit(const std::vector<NetworkComparison>& comparisons, const char* figure,
               double (DesignFigures::*value)() const) {
  BarChart chart;
  chart.title = std::string(figure) + ", " + to_string(comparisons.front().rule);
  chart.y_label = std::string(figure) + " / " + kOurs + "'s";
  chart.line_at = 1;
  chart.categories = names_of_designs(comparisons);
  for (std::size_t n = 0; n < comparisons.size(); ++n) {
    const NetworkComparison& comparison = comparisons[n];
    BarChart::Series& series = chart.series.emplace_back();
    series.name = comparison.scenario;
    series.color = page_color(fmt::format("network-{}", n % kNetworkColors + 1));
    const double ours = (comparison.of(kOurs, WeightSet::kLimited).*value)();
    const std::vector<const DesignFigures*> designs = own(comparison);
    for (const std::string& name : chart.categories) {
      const auto design = std::find_if(designs.begin(), designs.end(),
                                       [&](const DesignFigures* one) { return one->design == name; });
      series.values.push_back(design == designs.end() ? std::numeric_limits<double>::quiet_NaN()
                                                      : quotient(((*design)->*value)(), ours));
    }
  }
  return chart;
}

struct Part {
  const char* name;
  const char* color;  ///< of the pages
};

/// A bar per design, `parts` on top of each other.
template <class Value>
BarChart stacks(const NetworkComparison& comparison, const std::string& what, const std::string& y_label,
                const std::vector<Part>& parts, Value value) {
  BarChart chart;
  chart.stacked = true;
  chart.title = title(comparison, what);
  chart.y_label = y_label;
  chart.series.resize(parts.size());
  for (std::size_t p = 0; p < parts.size(); ++p) chart.series[p].color = page_color(parts[p].color);
  for (const DesignFigures* design : own(comparison)) {
    chart.categories.push_back(design->design);
    for (std::size_t p = 0; p < parts.size(); ++p) {
      chart.series[p].name = parts[p].name;
      chart.series[p].values.push_back(value(*design, p));
    }
  }
  return chart;
}

}  // namespace

std::vector<Chart> charts(const std::vector<NetworkComparison>& comparisons) {
  std::vector<Chart> result = {
      merit(comparisons, "frame/s", &DesignFigures::frames_per_s),
      merit(comparisons, "frame/J", &DesignFigures::frames_per_j),
      merit(comparisons, "frame/s/mm2", &DesignFigures::frames_per_s_per_mm2),
  };
  std::vector<Part> groups;
  for (const ComponentGroup& group : component_groups()) groups.push_back({group.name, group.color});
  result.emplace_back(
      stacks(comparisons.front(), "area", "area [mm2]", groups,
             [](const DesignFigures& d, std::size_t p) { return component_groups()[p].area_mm2(d); }));
  for (const NetworkComparison& comparison : comparisons) {
    std::vector<Part> parts = groups;
    parts.push_back({"DRAM", "unit-dram"});
    result.emplace_back(stacks(
        comparison, "energy per frame", "energy [uJ]", parts, [&](const DesignFigures& d, std::size_t p) {
          const double joules = p < groups.size() ? component_groups()[p].energy_j(d) : d.dram_j();
          return kMicrojoulesPerJoule * joules / static_cast<double>(d.frames);
        }));
    result.emplace_back(stacks(comparison, "cycles per frame", "kcycles",
                               {{"terms", "array-terms"},
                                {"empty", "array-empty"},
                                {"waiting", "array-waiting"},
                                {"unused", "array-unused"},
                                {"not computing", "array-not_computing"}},
                               [](const DesignFigures& d, std::size_t p) {
                                 const std::array<double, 5> cycles = {
                                     d.array.terms, d.array.empty, d.array.waiting, d.array.unused,
                                     std::max(0.0, static_cast<double>(d.cycles) - d.array.sum())};
                                 return cycles[p] / 1000 / static_cast<double>(d.frames);
                               }));
  }
  return result;
}

}  // namespace bitbalance::explore
