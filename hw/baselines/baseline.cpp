#include "hw/baselines/baseline.h"

#include <fmt/format.h>

#include <stdexcept>

namespace bitbalance::baselines {
namespace {

void require(bool ok, const Baseline& baseline, const char* name, int value, const char* accepted) {
  if (!ok) {
    throw std::invalid_argument(
        fmt::format("{}: {} = {}: accepted: {}", to_string(baseline.kind), name, value, accepted));
  }
}

}  // namespace

const char* to_string(BaselineKind kind) {
  switch (kind) {
    case BaselineKind::kDense:
      return "dense";
    case BaselineKind::kStripes:
      return "stripes";
    case BaselineKind::kPragmatic:
      return "pragmatic";
    case BaselineKind::kLaconic:
      return "laconic";
    case BaselineKind::kBitlet:
      return "bitlet";
    case BaselineKind::kBitWave:
      return "bitwave";
    case BaselineKind::kBitVert:
      return "bitvert";
    case BaselineKind::kCount:
      break;
  }
  return "?";
}

void check(const Baseline& b) {
  constexpr int kMostLanes = 256;
  require(b.lanes >= 1 && b.lanes <= kMostLanes, b, "lanes", b.lanes, "1 to 256");
  require(b.kind != BaselineKind::kBitlet || b.lanes == kBitletPairs, b, "lanes", b.lanes, "64");
  require(b.kind != BaselineKind::kBitVert || b.lanes % 2 == 0, b, "lanes", b.lanes, "an even number");
  require(b.rows >= 1 && b.rows <= kMostRowsOrColumns, b, "rows", b.rows, "1 to 256");
  require(b.least_step_cycles >= 1, b, "least_step_cycles", b.least_step_cycles, "1 or more");
  require(b.columns >= 1 && b.columns <= kMostRowsOrColumns, b, "columns", b.columns, "1 to 256");
}

}  // namespace bitbalance::baselines
