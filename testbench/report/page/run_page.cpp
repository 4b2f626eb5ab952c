#include "testbench/report/page/run_page.h"

#include <nlohmann/json.hpp>

#include "testbench/report/page/html_page.h"
#include "testbench/report/page/page_files.h"

namespace bitbalance::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostWindows = 1000;  ///< more points than a chart has pixels

/// Joules of each component by window.
Json json_of(const PowerSeries& power) {
  constexpr double kJoulePerPicojoule = 1e-12;
  Json energy = Json::object();
  for (std::size_t c = 0; c < kComponents; ++c) {
    Json& windows = energy[to_string(static_cast<Component>(c))] = Json::array();
    for (const PowerSeries::Window& window : power.windows)
      windows.push_back(static_cast<double>(window[c]) * kJoulePerPicojoule);
  }
  Json cycles = Json::array();
  for (std::size_t w = 0; w < power.windows.size(); ++w) cycles.push_back(power.cycles_of(w));
  return {{"window_cycles", power.window_cycles}, {"cycles", cycles}, {"energy_j", energy}};
}

}  // namespace

std::string run_page(const std::string& scenario, const std::string& summary, const std::string& effective,
                     const std::optional<PowerSeries>& power) {
  Json data = {{"summary", Json::parse(summary)}, {"effective", effective}};
  if (power) data["power"] = json_of(power->merged(kMostWindows));
  return html_page(scenario, {page_run_script()}, data.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace bitbalance::report
