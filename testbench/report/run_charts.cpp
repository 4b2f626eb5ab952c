#include "testbench/report/run_charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>

#include "base/text/outside_text.h"
#include "hw/isa/account/activity.h"
#include "testbench/report/page/page_color.h"

namespace bitbalance::report {
namespace {

using Json = nlohmann::ordered_json;

/// A layer of the accelerator.
struct Layer {
  std::string name;
  double cycles = 0, macs = 0, utilization = 0;
  double bytes = 0;                            ///< on the busiest bus
  std::array<double, kActivities> activity{};  ///< cycles of the compute engine

  double macs_per_cycle() const { return macs / cycles; }
  double macs_per_byte() const { return macs / bytes; }
  /// Its rate if every lane held a slot in every cycle.
  double roof() const { return macs_per_cycle() / utilization; }
};

std::vector<Layer> layers_of(const Json& summary) {
  std::vector<Layer> layers;
  for (const Json& json : summary.at("layers")) {
    if (json.at("on_host").get<bool>()) continue;
    Layer& layer = layers.emplace_back();
    layer.name = json.at("name");
    layer.cycles = json.at("cycles");
    layer.macs = json.at("macs");
    if (json.at("utilization").is_number()) layer.utilization = json.at("utilization");
    layer.bytes = json.at("bus_bytes");
    const Json& compute = json.at("engines").at("compute");
    for (std::size_t a = 0; a < kActivities; ++a)
      layer.activity[a] = compute.at(to_string(static_cast<Activity>(a)));
  }
  return layers;
}

XyChart roofline(const std::vector<Layer>& layers, double bandwidth, const std::string& title) {
  XyChart chart;
  chart.title = title + ": roofline";
  chart.x_label = "MAC per byte of the busiest DRAM bus";
  chart.y_label = "MAC per cycle";
  chart.logarithmic_x = chart.logarithmic_y = true;
  XyChart::Series points;
  points.name = "layers";
  points.line = false;
  points.color = page_color("point");
  double lowest = INFINITY, highest = 0, left = INFINITY, right = 0;
  for (const Layer& layer : layers) {
    if (layer.macs == 0 || layer.utilization == 0 || layer.bytes == 0) continue;
    points.points.push_back({layer.macs_per_byte(), layer.macs_per_cycle(), layer.name});
    lowest = std::min(lowest, layer.roof());
    highest = std::max(highest, layer.roof());
    left = std::min(left, layer.macs_per_byte());
    right = std::max(right, layer.macs_per_byte());
  }
  if (points.points.empty()) return chart;
  left = std::min(left, highest / bandwidth) / 2;
  right = std::max(right, highest / bandwidth) * 2;
  const auto line = [&](const std::string& name, const XyChart::Point& from, const XyChart::Point& to) {
    chart.series.push_back({name, {from, to}, true, false, page_color("roof")});
  };
  line(fmt::format("DRAM, {:.4g} B/cycle", bandwidth), {left, left * bandwidth, ""},
       {highest / bandwidth, highest, ""});
  line(fmt::format("highest roof, {:.4g} MAC/cycle", highest), {highest / bandwidth, highest, ""},
       {right, highest, ""});
  if (lowest < 0.999 * highest) {
    line(fmt::format("lowest roof, {:.4g} MAC/cycle", lowest), {lowest / bandwidth, lowest, ""},
         {right, lowest, ""});
  }
  chart.series.push_back(points);
  return chart;
}

BarChart stalls(const std::vector<Layer>& layers, const std::string& title) {
  BarChart chart;
  chart.title = title + ": cycles of the compute engine";
  chart.y_label = "share of the layer's cycles, %";
  chart.stacked = true;
  for (const Layer& layer : layers) chart.categories.push_back(layer.name);
  for (std::size_t a = 0; a < kActivities; ++a) {
    BarChart::Series series;
    series.name = to_string(static_cast<Activity>(a));
    series.color = page_color(series.name);
    std::replace(series.name.begin(), series.name.end(), '_', ' ');
    for (const Layer& layer : layers) series.values.push_back(100 * layer.activity[a] / layer.cycles);
    const bool occurs =
        std::any_of(series.values.begin(), series.values.end(), [](double value) { return value > 0; });
    if (occurs) chart.series.push_back(std::move(series));
  }
  return chart;
}

}  // namespace

RunCharts run_charts(const std::filesystem::path& summary) {
  const std::string file = one_line(summary.string());
  std::ifstream stream(summary, std::ios::binary);
  if (!stream || std::filesystem::is_directory(summary)) {
    throw std::invalid_argument(
        fmt::format("{}: {}; accepted: summary.json of a run", file, unreadable(summary)));
  }
  try {
    const Json json = Json::parse(stream);
    const std::vector<Layer> layers = layers_of(json);
    if (layers.empty())
      throw std::invalid_argument(file + ": no layer on the accelerator; accepted: a run that has one");
    const std::string title =
        json.at("scenario").get<std::string>() + ", " + json.at("level").get<std::string>();
    return {roofline(layers, json.at("memory").at("peak_bytes_per_cycle"), title), stalls(layers, title)};
  } catch (const Json::exception& error) {
    throw std::invalid_argument(
        fmt::format("{}: {}; accepted: summary.json of a run", file, one_line(error.what())));
  }
}

}  // namespace bitbalance::report
