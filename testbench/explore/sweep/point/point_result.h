// What is kept of a design point: a verdict and a row of figures. One table names the figures for the
// database, for CSV and for whoever looks for the best.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "testbench/explore/names.h"
#include "testbench/report/run_report.h"

namespace bitbalance::explore {

/// What a scenario must have for a figure of it to exist.
enum class MetricSource {
  kTimeline,    ///< nothing more
  kTechnology,  ///< energy and area
  kTruth,       ///< a level that computes data, and what the images show
};

/// Which of two designs a figure alone makes the better one.
enum class Better { kNeither, kMore, kLess };
const char* to_string(Better better);

struct Metric {
  const char* name;   ///< with its unit; docs/sweep.md says what it means
  const char* title;  ///< for readers of a page, with `unit` beside it
  const char* unit;   ///< "%": a share of 1
  Better better;
  MetricSource source;
  double (*of)(const RunReport& report);  ///< NaN: there is none
};

inline constexpr std::size_t kMetrics = 11;
/// In the order of the columns.
const std::array<Metric, kMetrics>& metrics();

enum class PointVerdict {
  kPass,
  kFail,     ///< the accelerator computes something else than the golden model, or hangs
  kRefused,  ///< the accelerator cannot execute the network, or there is none of such settings and files
};
const char* to_string(PointVerdict verdict);

struct PointResult {
  PointVerdict verdict = PointVerdict::kPass;
  std::string message;  ///< why, if it did not pass
  Level level = Level::kAnalytic;
  std::string network;                     ///< name of the model; empty if refused
  std::array<double, kMetrics> figures{};  ///< NaN: there is none
};

PointResult result_of(const RunReport& report);
PointResult refused(const std::string& why, Level level);

}  // namespace bitbalance::explore
