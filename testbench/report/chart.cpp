#include "testbench/report/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "base/bits.h"
#include "base/process/child_process.h"

namespace bitbalance::report {
namespace {

constexpr int kPanelWidth = 640;  ///< pixels, legend included
constexpr int kPanelHeight = 320;
constexpr double kGroupWidth = 0.8;  ///< of the distance between two categories

/// Distinguishable also by most colour-blind readers; series beyond the last begin again.
const char* color(std::size_t series) {
  static constexpr std::array<const char*, 11> kColors = {"#4477aa", "#ee6677", "#228833", "#ccbb44",
                                                          "#66ccee", "#aa3377", "#bbbbbb", "#222255",
                                                          "#997700", "#ee99aa", "#225555"};
  return kColors[series % kColors.size()];
}

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\n') continue;
    result += c == '\'' ? "''" : std::string(1, c);
  }
  return result + "'";
}

std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{:.9g}", value) : "NaN";
}

std::string join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", \\\n  ") + part;
  return text;
}

std::string head(const std::string& title, const std::string& x_label, const std::string& y_label) {
  return fmt::format("reset\nset title {}\nset xlabel {}\nset ylabel {}\n", quoted(title), quoted(x_label),
                     quoted(y_label)) +
         "set border 3\nset tics nomirror out\nset grid ytics linecolor '#dddddd'\n"
         "set key outside right top Left reverse samplen 1\nset style fill solid\n";
}

/// A data block: one line a point, columns as gnuplot's `using` counts them.
std::string block(const std::string& name, const std::vector<std::string>& lines) {
  std::string text = "$" + name + " << EOD\n";
  for (const std::string& line : lines) text += line + "\n";
  return text + "EOD\n";
}

bool has_values(const BarChart& chart) {
  return std::any_of(chart.series.begin(), chart.series.end(), [](const BarChart::Series& series) {
    return std::any_of(series.values.begin(), series.values.end(), [](double v) { return std::isfinite(v); });
  });
}

std::string script(const BarChart& chart) {
  std::string text = head(chart.title, "", chart.y_label);
  std::vector<std::string> tics;
  for (std::size_t c = 0; c < chart.categories.size(); ++c)
    tics.push_back(fmt::format("{} {}", quoted(chart.categories[c]), c));
  text += fmt::format("set xtics ({})\nset xrange [-0.5:{}]\n", join(tics),
                      static_cast<double>(chart.categories.size()) - 0.5);
  if (chart.categories.size() > 5) text += "set xtics rotate by 30 right\n";
  // Without a single value gnuplot finds no range and fails.
  if (chart.logarithmic) text += "set logscale y\n";
  if (!has_values(chart)) {
    text += "set yrange [1:10]\n";
  } else if (!chart.logarithmic) {
    text += "set yrange [0:*]\n";
  }

  const std::size_t count = chart.series.size();
  const double width = chart.stacked ? kGroupWidth : kGroupWidth / static_cast<double>(count);
  std::vector<double> base(chart.categories.size(), 0);
  std::vector<std::string> plots;
  for (std::size_t s = 0; s < count; ++s) {
    const BarChart::Series& series = chart.series[s];
    if (series.values.size() != chart.categories.size()) {
      throw std::invalid_argument(fmt::format("chart '{}', series '{}': {} values for {} categories",
                                              chart.title, series.name, series.values.size(),
                                              chart.categories.size()));
    }
    const double shift = chart.stacked ? 0 : (static_cast<double>(s) + 0.5) * width - kGroupWidth / 2;
    std::vector<std::string> lines;
    for (std::size_t c = 0; c < base.size(); ++c) {
      if (chart.stacked) base[c] += std::isfinite(series.values[c]) ? series.values[c] : 0;
      lines.push_back(fmt::format("{:.6g} {}", static_cast<double>(c) + shift,
                                  number(chart.stacked ? base[c] : series.values[c])));
    }
    const std::string name = fmt::format("bars{}", s);
    text += block(name, lines);
    plots.push_back(
        fmt::format("${} using 1:2 with boxes linecolor '{}' title {}", name, color(s), quoted(series.name)));
  }
  // Stacks are drawn from the top, each bar in front of the sums above it.
  if (chart.stacked) std::reverse(plots.begin(), plots.end());
  return text + fmt::format("set boxwidth {:.6g}\nplot {}\n", width, join(plots));
}

std::string script(const XyChart& chart) {
  std::string text = head(chart.title, chart.x_label, chart.y_label);
  text += "set grid xtics ytics linecolor '#dddddd'\n";
  if (chart.logarithmic_x) text += "set logscale x\n";
  if (chart.logarithmic_y) text += "set logscale y\n";
  std::vector<std::string> plots;
  for (std::size_t s = 0; s < chart.series.size(); ++s) {
    const XyChart::Series& series = chart.series[s];
    std::vector<std::string> lines;
    for (const XyChart::Point& point : series.points) {
      lines.push_back(number(point.x) + " " + number(point.y));
      if (!point.label.empty() && std::isfinite(point.x) && std::isfinite(point.y)) {
        text += fmt::format("set label {} at {}, {} offset 0.6, 0.4 textcolor '{}'\n", quoted(point.label),
                            number(point.x), number(point.y), color(s));
      }
    }
    const std::string name = fmt::format("series{}", s);
    text += block(name, lines);
    const char* style = series.line ? (series.dots ? "linespoints" : "lines") : "points";
    plots.push_back(fmt::format("${} using 1:2 with {} linecolor '{}' linewidth 2{} title {}", name, style,
                                color(s), series.dots ? " pointtype 7 pointsize 0.6" : "",
                                quoted(series.name)));
  }
  return text + "set offsets graph 0.05, graph 0.1, graph 0.05, 0\nplot " + join(plots) + "\n";
}

}  // namespace

std::string gnuplot_script(const std::vector<Chart>& charts, int columns) {
  if (charts.empty() || columns < 1) throw std::invalid_argument("a picture without a chart");
  const int rows = ceil_div(static_cast<int>(charts.size()), columns);
  std::string text =
      fmt::format("set terminal svg noenhanced size {}, {} font 'sans-serif,12' background '#ffffff'\n",
                  columns * kPanelWidth, rows * kPanelHeight);
  text += fmt::format("set multiplot layout {}, {}\n", rows, columns);
  for (const Chart& chart : charts) text += std::visit([](const auto& kind) { return script(kind); }, chart);
  return text + "unset multiplot\n";
}

Picture draw_svg(const std::vector<Chart>& charts, int columns) {
  const std::string script = gnuplot_script(charts, columns);
  const auto not_drawn = [](const std::string& why) { return Picture{"", "chart     not drawn: " + why}; };
  try {
    // -d: not the user's own gnuplot settings.
    const std::optional<ChildOutput> result = run_child({"gnuplot", "-d"}, script);
    if (!result) return not_drawn("gnuplot is missing (Debian package gnuplot-nox)");
    if (result->exit_code != 0) return not_drawn(fmt::format("gnuplot ended with {}", result->end()));
    if (result->out.find("</svg>") == std::string::npos) return not_drawn("gnuplot's picture is not whole");
    return {result->out, ""};
  } catch (const std::system_error& error) {
    return not_drawn(fmt::format("gnuplot: {}", error.what()));
  }
}

}  // namespace bitbalance::report
