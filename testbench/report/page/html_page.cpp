#include "testbench/report/page/html_page.h"

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "testbench/report/page/page_files.h"

namespace bitbalance::report {
namespace {

using Json = nlohmann::ordered_json;

/// `text` with `from` replaced everywhere.
std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

/// Text between tags.
std::string html_text(const std::string& text) {
  return replaced(replaced(text, "&", "&amp;"), "<", "&lt;");
}

/// JSON inside <script>: "<" only occurs in strings, and there it may be spelled by its number.
std::string html_json(const Json& json) {
  return replaced(json.dump(-1, ' ', false, Json::error_handler_t::replace), "<", "\\u003c");
}

/// The shell with its places filled, each once and from left to right, so that what is put in is not
/// searched.
std::string html_page(const std::string& title, std::string_view page_script, const Json& data) {
  const std::string heading = html_text(title), json = html_json(data);
  const std::pair<std::string_view, std::string_view> places[] = {{"@TITLE@", heading},
                                                                  {"@STYLE@", page_style()},
                                                                  {"@DATA@", json},
                                                                  {"@CHART_LIBRARY@", page_chart_library()},
                                                                  {"@SHARED_SCRIPT@", page_shared_script()},
                                                                  {"@PAGE_SCRIPT@", page_script}};
  std::string page;
  std::string_view rest = page_shell();
  for (const auto& [place, content] : places) {
    const std::size_t at = rest.find(place);
    page.append(rest.substr(0, at)).append(content);
    rest.remove_prefix(at + place.size());
  }
  return page.append(rest);
}

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
  return html_page(scenario, page_run_script(), data);
}

}  // namespace bitbalance::report
