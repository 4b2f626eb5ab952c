#include "testbench/report/run_charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/text/enum_index.h"
#include "base/text/outside_text.h"
#include "hw/isa/account/events.h"

namespace bitbalance::report {
namespace {

using Json = nlohmann::json;

/// Of activities, in their order; the same as on the page of a run (page/page.css).
constexpr std::array<const char*, kActivities> kColors = {"#2a78c2", "#e07b39", "#c9a227", "#7bb4e3",
                                                          "#c0504d", "#8d6cab", "#b39bc8", "#d1a3c4",
                                                          "#6f7fae", "#c9ced6"};

/// A layer of the accelerator.
struct Layer {
  std::string name;
  double cycles = 0, macs = 0, bytes = 0, utilization = 0;
  std::array<double, kActivities> activity{};  ///< cycles of the compute engine

  double macs_a_cycle() const { return macs / cycles; }
  double macs_a_byte() const { return macs / bytes; }
  /// Its rate if every lane held a slot in every cycle.
  double roof() const { return macs_a_cycle() / utilization; }
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
    for (const auto& [kind, bytes] : json.at("dram_bytes").items()) layer.bytes += bytes.get<double>();
    const Json& compute = json.at("engines").at("compute");
    for (std::size_t a = 0; a < kActivities; ++a)
      layer.activity[a] = compute.at(to_string(static_cast<Activity>(a)));
  }
  return layers;
}

XyChart roofline(const std::vector<Layer>& layers, double bandwidth, const std::string& title) {
  XyChart chart;
  chart.title = title + ": roofline";
  chart.x_label = "MAC per byte of DRAM";
  chart.y_label = "MAC per cycle";
  chart.logarithmic_x = chart.logarithmic_y = true;
  XyChart::Series points;
  points.name = "layers";
  points.line = false;
  points.color = kColors.front();
  double lowest = INFINITY, highest = 0, left = INFINITY, right = 0;
  for (const Layer& layer : layers) {
    if (layer.macs == 0 || layer.utilization == 0) continue;
    points.points.push_back({layer.macs_a_byte(), layer.macs_a_cycle(), layer.name});
    lowest = std::min(lowest, layer.roof());
    highest = std::max(highest, layer.roof());
    left = std::min(left, layer.macs_a_byte());
    right = std::max(right, layer.macs_a_byte());
  }
  if (points.points.empty()) return chart;
  left = std::min(left, highest / bandwidth) / 2;
  right = std::max(right, highest / bandwidth) * 2;
  const auto line = [&](const std::string& name, const XyChart::Point& from, const XyChart::Point& to) {
    chart.series.push_back({name, {from, to}, true, false, "#1b1f27"});
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
    std::replace(series.name.begin(), series.name.end(), '_', ' ');
    series.color = kColors[a];
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
