#include "testbench/explore/sweep/point/point_result.h"

#include <limits>
#include <numeric>

#include "base/quotient.h"
#include "base/text/outside_text.h"

namespace bitbalance::explore {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// A member function of the report's costs.
template <double (CostReport::*Figure)() const>
double of_cost(const RunReport& report) {
  return report.cost ? (*report.cost.*Figure)() : kNone;
}

double dram_bytes_per_frame(const RunReport& report) {
  const auto add = [](std::int64_t sum, const LayerReport& layer) { return sum + layer.dram_bytes(); };
  const std::int64_t bytes =
      std::accumulate(report.layers.begin(), report.layers.end(), std::int64_t{0}, add);
  return quotient(static_cast<double>(bytes), report.frames);
}

}  // namespace

const std::array<Metric, kMetrics>& metrics() {
  static const std::array<Metric, kMetrics> all = {{
      {"frames", "frames", "", Better::kNeither, MetricSource::kTimeline,
       [](const RunReport& r) { return static_cast<double>(r.frames); }},
      {"cycles", "cycles of all frames", "", Better::kLess, MetricSource::kTimeline,
       [](const RunReport& r) { return static_cast<double>(r.cycles()); }},
      {"frames_per_s", "frame rate", "frames/s", Better::kMore, MetricSource::kTimeline,
       [](const RunReport& r) { return r.frames_per_s(); }},
      {"dram_bytes_per_frame", "DRAM traffic per frame", "B", Better::kLess, MetricSource::kTimeline,
       dram_bytes_per_frame},
      {"core_j_per_frame", "energy per frame, core", "J", Better::kLess, MetricSource::kTechnology,
       of_cost<&CostReport::core_j_per_frame>},
      {"dram_j_per_frame", "energy per frame, DRAM", "J", Better::kLess, MetricSource::kTechnology,
       of_cost<&CostReport::dram_j_per_frame>},
      {"frames_per_j", "frames per joule, core and DRAM", "frames/J", Better::kMore,
       MetricSource::kTechnology, of_cost<&CostReport::frames_per_j>},
      {"frames_per_j_core", "frames per joule, core", "frames/J", Better::kMore, MetricSource::kTechnology,
       of_cost<&CostReport::frames_per_j_core>},
      {"area_mm2", "area of the core", "mm\u00b2", Better::kLess, MetricSource::kTechnology,
       [](const RunReport& r) { return r.cost ? r.cost->area.total_mm2() : kNone; }},
      {"frames_per_s_per_mm2", "frame rate per area", "frames/s/mm\u00b2", Better::kMore,
       MetricSource::kTechnology, of_cost<&CostReport::frames_per_s_per_mm2>},
      {"accuracy", "accuracy", "%", Better::kMore, MetricSource::kTruth,
       [](const RunReport& r) { return r.accuracy ? r.accuracy->quantized : kNone; }},
  }};
  return all;
}

const char* to_string(Better better) {
  switch (better) {
    case Better::kNeither:
      return "neither";
    case Better::kMore:
      return "more";
    case Better::kLess:
      return "less";
  }
  return "?";
}

const char* to_string(PointVerdict verdict) {
  switch (verdict) {
    case PointVerdict::kPass:
      return "pass";
    case PointVerdict::kFail:
      return "fail";
    case PointVerdict::kRefused:
      return "refused";
  }
  return "?";
}

PointResult result_of(const RunReport& report) {
  PointResult result;
  result.level = report.scenario.run.level;
  result.network = report.network;
  if (!report.passed()) {
    result.verdict = PointVerdict::kFail;
    result.message = report.fault.empty() ? "outputs, accounts or levels disagree" : one_line(report.fault);
  }
  for (std::size_t i = 0; i < kMetrics; ++i) result.figures[i] = metrics()[i].of(report);
  return result;
}

PointResult refused(const std::string& why, Level level) {
  PointResult result;
  result.level = level;
  result.verdict = PointVerdict::kRefused;
  result.message = one_line(why);
  result.figures.fill(kNone);
  return result;
}

}  // namespace bitbalance::explore
