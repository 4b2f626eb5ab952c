#include <algorithm>

#include "base/quotient.h"
#include "testbench/explore/comparison/component_groups.h"
#include "testbench/explore/comparison/report.h"

namespace bitbalance::explore {
namespace {

constexpr double kMicro = 1e6;

/// Those with their own weights.
std::vector<const DesignFigures*> own(const NetworkComparison& comparison) {
  std::vector<const DesignFigures*> designs;
  for (const DesignFigures& design : comparison.designs)
    if (design.weights == own_weights(design.design)) designs.push_back(&design);
  return designs;
}

std::string title(const NetworkComparison& comparison, const std::string& what) {
  return comparison.scenario + ": " + what + (comparison.synthetic_weights ? " (synthetic weights)" : "");
}

// A colour has one meaning in all pictures of a comparison: that of a network, of a part, or of what the
// array does.
constexpr std::array<const char*, 5> kNetworkColors = {"#66707f", "#997700", "#d1a3c4", "#225555", "#ccbb44"};
constexpr std::array<const char*, 5> kPartColors = {"#2a78c2", "#7bb4e3", "#4a9b6e", "#b8bec9", "#c0504d"};
constexpr std::array<const char*, 5> kCycleColors = {"#47506b", "#ee99aa", "#e07b39", "#d9d9d9", "#8d6cab"};

/// A figure of each design over the same figure of ours, for all networks.
BarChart merit(const std::vector<NetworkComparison>& comparisons, const char* figure,
               double (DesignFigures::*value)() const) {
  BarChart chart;
  chart.title = std::string(figure) + ", " + to_string(comparisons.front().rule);
  chart.y_label = std::string(figure) + " / " + kOurs + "'s";
  chart.line_at = 1;
  for (std::size_t n = 0; n < comparisons.size(); ++n) {
    const NetworkComparison& comparison = comparisons[n];
    BarChart::Series& series = chart.series.emplace_back();
    series.name = comparison.scenario;
    series.color = kNetworkColors[n % kNetworkColors.size()];
    const double ours = (comparison.of(kOurs, WeightSet::kLimited).*value)();
    for (const DesignFigures* design : own(comparison)) {
      if (n == 0) chart.categories.push_back(design->design);
      series.values.push_back(quotient((design->*value)(), ours));
    }
  }
  return chart;
}

/// A bar a design, `parts` on top of each other.
template <class Value>
BarChart stacks(const NetworkComparison& comparison, const std::string& what, const std::string& y_label,
                const std::vector<std::string>& parts, const std::array<const char*, 5>& colors,
                Value value) {
  BarChart chart;
  chart.stacked = true;
  chart.title = title(comparison, what);
  chart.y_label = y_label;
  chart.series.resize(parts.size());
  for (std::size_t p = 0; p < parts.size(); ++p) chart.series[p].color = colors[p];
  for (const DesignFigures* design : own(comparison)) {
    chart.categories.push_back(design->design);
    for (std::size_t p = 0; p < parts.size(); ++p) {
      chart.series[p].name = parts[p];
      chart.series[p].values.push_back(value(*design, p));
    }
  }
  return chart;
}

std::vector<std::string> group_names() {
  std::vector<std::string> names;
  for (const ComponentGroup& group : component_groups()) names.emplace_back(group.name);
  return names;
}

}  // namespace

std::vector<Chart> charts(const std::vector<NetworkComparison>& comparisons) {
  std::vector<Chart> result = {
      merit(comparisons, "frame/s", &DesignFigures::frames_per_s),
      merit(comparisons, "frame/J", &DesignFigures::frames_per_j),
      merit(comparisons, "frame/s/mm2", &DesignFigures::frames_per_s_per_mm2),
  };
  const std::vector<std::string> groups = group_names();
  result.emplace_back(
      stacks(comparisons.front(), "area", "area [mm2]", groups, kPartColors,
             [](const DesignFigures& d, std::size_t p) { return component_groups()[p].area_mm2(d); }));
  for (const NetworkComparison& comparison : comparisons) {
    std::vector<std::string> parts = groups;
    parts.emplace_back("DRAM");
    result.emplace_back(stacks(comparison, "energy per frame", "energy [uJ]", parts, kPartColors,
                               [&](const DesignFigures& d, std::size_t p) {
                                 const double joules =
                                     p < groups.size() ? component_groups()[p].energy_j(d) : d.dram_j();
                                 return kMicro * joules / static_cast<double>(d.frames);
                               }));
    result.emplace_back(stacks(
        comparison, "cycles per frame", "kcycles", {"terms", "empty", "waiting", "unused", "not computing"},
        kCycleColors, [](const DesignFigures& d, std::size_t p) {
          const std::array<double, 5> cycles = {d.array.terms, d.array.empty, d.array.waiting, d.array.unused,
                                                std::max(0.0, static_cast<double>(d.cycles) - d.array.sum())};
          return cycles[p] / 1000 / static_cast<double>(d.frames);
        }));
  }
  return result;
}

}  // namespace bitbalance::explore
