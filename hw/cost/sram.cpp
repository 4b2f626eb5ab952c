#include "hw/cost/sram.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text/config_error.h"

namespace bitbalance::cost {
namespace {

int narrowest(const std::vector<SramPoint>& points) {
  return std::min_element(points.begin(), points.end(),
                          [](const auto& a, const auto& b) { return a.bits < b.bits; })
      ->bits;
}

[[noreturn]] void refuse(const std::string& found, const char* accepted) {
  throw ConfigError("technology", "points", found, accepted);
}

void check_points(const std::vector<SramPoint>& points) {
  if (points.empty()) refuse("nothing", "3 macros or more");
  const int narrow = narrowest(points);
  int narrow_points = 0, wide_points = 0;
  for (const SramPoint& point : points) {
    const std::string name = fmt::format("{} bytes, {} bits", point.bytes, point.bits);
    if (!(point.bytes > 0 && point.bits > 0 && point.read_pj > 0 && point.write_pj > 0 &&
          point.area_mm2 > 0 && point.leakage_mw > 0))
      refuse(name, "positive figures only");
    const auto same = std::count_if(points.begin(), points.end(), [&](const SramPoint& other) {
      return other.bytes == point.bytes && (other.bits == narrow) == (point.bits == narrow);
    });
    if (same > 1) refuse(name, "one narrow and one wider macro of a capacity");
    if (point.bits == narrow) {
      ++narrow_points;
      continue;
    }
    const auto twin = std::find_if(points.begin(), points.end(), [&](const SramPoint& other) {
      return other.bytes == point.bytes && other.bits == narrow;
    });
    if (twin == points.end()) refuse(name, "a wider macro beside a narrow one of the same capacity");
    // Otherwise figures would fall below 0 for still narrower macros.
    const double wider = static_cast<double>(point.bits) / narrow;
    if (point.read_pj > wider * twin->read_pj || point.write_pj > wider * twin->write_pj ||
        point.area_mm2 > wider * twin->area_mm2 || point.leakage_mw > wider * twin->leakage_mw)
      refuse(name, "figures that grow no faster than the width");
    ++wide_points;
  }
  if (narrow_points < 2)
    refuse(fmt::format("{} of the narrowest width", narrow_points), "2 capacities or more");
  if (wide_points < 1) refuse("one width", "at least one wider macro");
}

}  // namespace

std::array<double, 4> SramModel::figures(const SramPoint& p) {
  return {p.read_pj, p.write_pj, p.area_mm2, p.leakage_mw};
}

void check(const SramTable& table) {
  check_points(table.points);
  for (const SramMacros& macros : table.more_ports) {
    const auto alike = std::count_if(table.more_ports.begin(), table.more_ports.end(),
                                     [&](const SramMacros& other) { return other.ports == macros.ports; });
    if (macros.ports.reads < 1 || macros.ports.writes < 1 || alike > 1) {
      refuse(fmt::format("{} read and {} write ports", macros.ports.reads, macros.ports.writes),
             "each number of ports once, both 1 or more");
    }
    check_points(macros.points);
  }
}

SramModel::SramModel(const std::vector<SramPoint>& table) : narrow_bits_(narrowest(table)) {
  std::vector<SramPoint> points = table;
  std::sort(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.bytes < b.bytes; });
  for (const SramPoint& point : points) {
    if (point.bits != narrow_bits_) continue;
    Sample sample{std::log(point.bytes), figures(point)};
    for (double& value : sample.value) value = std::log(value);
    capacity_.push_back(sample);
  }
  for (const SramPoint& point : points) {
    if (point.bits == narrow_bits_) continue;
    const auto twin = std::find_if(points.begin(), points.end(), [&](const SramPoint& other) {
      return other.bytes == point.bytes && other.bits == narrow_bits_;
    });
    const std::array<double, 4> wide = figures(point), narrow = figures(*twin);
    Sample sample{std::log(point.bytes), {}};
    for (std::size_t i = 0; i < wide.size(); ++i)
      sample.value[i] = (wide[i] / narrow[i] - 1) / (point.bits / narrow_bits_ - 1);
    slope_.push_back(sample);
  }
}

std::array<double, 4> SramModel::between(const std::vector<Sample>& samples, double log_bytes,
                                         bool extrapolate) {
  if (samples.size() == 1) return samples.front().value;
  const double clamped =
      extrapolate ? log_bytes : std::clamp(log_bytes, samples.front().log_bytes, samples.back().log_bytes);
  std::size_t upper = 1;
  while (upper + 1 < samples.size() && samples[upper].log_bytes < clamped) ++upper;
  const Sample& low = samples[upper - 1];
  const Sample& high = samples[upper];
  const double share = (clamped - low.log_bytes) / (high.log_bytes - low.log_bytes);
  std::array<double, 4> result{};
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = low.value[i] + share * (high.value[i] - low.value[i]);
  return result;
}

SramFigures SramModel::bank(double bytes, int bits) const {
  std::array<double, 4> result = between(capacity_, std::log(bytes), true);
  const std::array<double, 4> slope = between(slope_, std::log(bytes), false);
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = std::exp(result[i]) * (1 + slope[i] * (bits / narrow_bits_ - 1));
  return {result[0], result[1], result[2], result[3]};
}

}  // namespace bitbalance::cost
