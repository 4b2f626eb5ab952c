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
#include "base/text/outside_text.h"

namespace bitbalance::report {
namespace {

constexpr int kPanelWidth = 640;  ///< pixels, legend included
constexpr int kPanelHeight = 320;
constexpr int kSingleWidth = 900, kSingleHeight = 480;
constexpr int kCategoryWidth = 15;   ///< of a single chart, at least
constexpr int kMarginWidth = 280;    ///< axis and legend
constexpr int kMarginHeight = 90;    ///< title and axis
constexpr double kGroupWidth = 0.8;  ///< of the distance between two categories

/// Distinguishable also by most colour-blind readers; series beyond the last begin again.
const char* color(std::size_t series) {
  static constexpr std::array<const char*, 11> kColors = {"#4477aa", "#ee6677", "#228833", "#ccbb44",
                                                          "#66ccee", "#aa3377", "#bbbbbb", "#222255",
                                                          "#997700", "#ee99aa", "#225555"};
  return kColors[series % kColors.size()];
}

std::string color(const std::string& wanted, std::size_t series) {
  return wanted.empty() ? color(series) : wanted;
}

/// As tables show it: XML has no control characters.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : one_line(text)) result += c == '\'' ? "''" : std::string(1, c);
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

/// A data block: one line per point, columns as gnuplot's `using` counts them.
std::string block(const std::string& name, const std::vector<std::string>& lines) {
  std::string text = "$" + name + " << EOD\n";
  for (const std::string& line : lines) text += line + "\n";
  return text + "EOD\n";
}

/// A command that draws nothing but the axes where nothing is given.
std::string plot_of(const std::vector<std::string>& plots) {
  return "plot " + (plots.empty() ? "NaN notitle" : join(plots)) + "\n";
}

std::string script(const BarChart& chart) {
  std::string text = head(chart.title, "", chart.y_label);
  std::vector<std::string> tics;
  for (std::size_t c = 0; c < chart.categories.size(); ++c)
    tics.push_back(fmt::format("{} {}", quoted(chart.categories[c]), c));
  text += fmt::format("set xtics ({})\nset xrange [-0.5:{}]\n", join(tics),
                      static_cast<double>(std::max<std::size_t>(chart.categories.size(), 1)) - 0.5);
  if (chart.categories.size() > 5)
    text += fmt::format("set xtics rotate by {} right\n", chart.categories.size() > 20 ? 60 : 30);
  // Without a single value gnuplot finds no range and fails.
  if (chart.logarithmic) text += "set logscale y\n";
  if (!has_values(chart)) {
    text += "set yrange [1:10]\n";
  } else if (!chart.logarithmic) {
    text += "set yrange [0:*]\n";
  }

  const std::size_t count = chart.series.size();
  const double width =
      chart.stacked ? kGroupWidth : kGroupWidth / static_cast<double>(std::max<std::size_t>(count, 1));
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
    plots.push_back(fmt::format("${} using 1:2 with boxes linecolor '{}' {}", name, color(series.color, s),
                                series.name.empty() ? "notitle" : "title " + quoted(series.name)));
  }
  // Stacks are drawn from the top, each bar in front of the sums above it.
  if (chart.stacked) std::reverse(plots.begin(), plots.end());
  if (chart.line_at)
    plots.push_back(fmt::format("{:.9g} with lines dashtype 2 linecolor '#444444' notitle", *chart.line_at));
  return text + fmt::format("set boxwidth {:.6g}\n", width) + plot_of(plots);
}

/// What an axis shows: a range in its own units, or of their logarithms.
class Axis {
 public:
  Axis(const XyChart& chart, double XyChart::Point::*coordinate, bool logarithmic)
      : logarithmic_(logarithmic) {
    for (const XyChart::Series& series : chart.series) {
      for (const XyChart::Point& point : series.points) {
        if (!shows(point.*coordinate)) continue;
        low_ = std::min(low_, along(point.*coordinate));
        high_ = std::max(high_, along(point.*coordinate));
      }
    }
    if (low_ > high_) low_ = 0, high_ = 1;
    const double span = high_ > low_ ? high_ - low_ : std::max(1.0, std::abs(high_));
    low_ -= 0.06 * span;
    high_ += 0.1 * span;
    if (!logarithmic_) return;  // else whole decades: only these have numbers
    low_ = std::floor(low_);
    high_ = std::ceil(high_);
  }
  bool shows(double value) const { return std::isfinite(value) && (!logarithmic_ || value > 0); }
  /// 0 to 1.
  double place(double value) const { return (along(value) - low_) / (high_ - low_); }
  std::string range() const {
    return logarithmic_ ? fmt::format("[{:.6g}:{:.6g}]", std::pow(10, low_), std::pow(10, high_))
                        : fmt::format("[{:.6g}:{:.6g}]", low_, high_);
  }

 private:
  double along(double value) const { return logarithmic_ ? std::log10(value) : value; }

  bool logarithmic_;
  double low_ = INFINITY, high_ = -INFINITY;
};

/// Finds room for the labels of points: right of, left of, above or below them; on a line only where there is
/// no other.
class Labels {
 public:
  Labels(double width, double height) : width_(width), height_(height) {}

  /// A point, at pixels from the lower left; labels keep off it.
  void add_point(double x, double y) { taken_.push_back(box_at(x, y)); }
  /// A line between two points, which labels avoid.
  void add_line(double x0, double y0, double x1, double y1) {
    constexpr double kStep = 4;
    const int steps = static_cast<int>(std::ceil(std::hypot(x1 - x0, y1 - y0) / kStep));
    for (int i = 1; i < steps; ++i)
      lines_.push_back(box_at(x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps));
  }
  /// gnuplot's offset and justification for the label of the point there; empty: there is no room.
  std::string place(const std::string& label, double x, double y) {
    const double w = kCharacter * static_cast<double>(label.size());
    struct Side {
      Box box;
      const char* words;
    };
    constexpr double kHalf = 7, kFar = 3 * kHalf;  // of a line of text, which is 12 high
    const Side sides[] = {{{x + 6, y - kHalf, x + 6 + w, y + kHalf}, "left offset 0.8, 0"},
                          {{x - 6 - w, y - kHalf, x - 6, y + kHalf}, "right offset -0.8, 0"},
                          {{x - w / 2, y + kHalf, x + w / 2, y + kFar}, "center offset 0, 0.8"},
                          {{x - w / 2, y - kFar, x + w / 2, y - kHalf}, "center offset 0, -0.8"}};
    const Side* best = nullptr;
    for (const Side& side : sides) {
      if (side.box.left < 0 || side.box.right > width_ || side.box.low < 0 || side.box.high > height_)
        continue;
      if (side.box.meets_any(taken_)) continue;
      const bool is_clear = !side.box.meets_any(lines_);
      if (best == nullptr || is_clear) best = &side;
      if (is_clear) break;
    }
    if (best == nullptr) return "";
    taken_.push_back(best->box);
    return best->words;
  }

 private:
  static constexpr double kCharacter = 6.5;  ///< width in pixels
  struct Box {
    double left, low, right, high;
    bool meets(const Box& o) const {
      return left < o.right && o.left < right && low < o.high && o.low < high;
    }
    bool meets_any(const std::vector<Box>& boxes) const {
      return std::any_of(boxes.begin(), boxes.end(), [this](const Box& box) { return meets(box); });
    }
  };
  static Box box_at(double x, double y) { return {x - 4, y - 4, x + 4, y + 4}; }

  double width_, height_;
  std::vector<Box> taken_, lines_;
};

/// `width`, `height`: of the area between the axes, about.
std::string script(const XyChart& chart, double width, double height) {
  std::string text = head(chart.title, chart.x_label, chart.y_label);
  text += "set grid xtics ytics linecolor '#dddddd'\n";
  if (chart.logarithmic_x) text += "set logscale x\n";
  if (chart.logarithmic_y) text += "set logscale y\n";
  const Axis x(chart, &XyChart::Point::x, chart.logarithmic_x);
  const Axis y(chart, &XyChart::Point::y, chart.logarithmic_y);
  text += fmt::format("set xrange {}\nset yrange {}\n", x.range(), y.range());
  const auto is_shown = [&](const XyChart::Point& point) { return x.shows(point.x) && y.shows(point.y); };
  Labels labels(width, height);
  for (const XyChart::Series& series : chart.series) {
    const XyChart::Point* before = nullptr;
    for (const XyChart::Point& point : series.points) {
      if (!is_shown(point)) continue;
      if (series.dots) labels.add_point(width * x.place(point.x), height * y.place(point.y));
      if (series.line && before != nullptr) {
        labels.add_line(width * x.place(before->x), height * y.place(before->y), width * x.place(point.x),
                        height * y.place(point.y));
      }
      before = &point;
    }
  }
  std::vector<std::string> plots;
  for (std::size_t s = 0; s < chart.series.size(); ++s) {
    const XyChart::Series& series = chart.series[s];
    std::vector<std::string> lines;
    for (const XyChart::Point& point : series.points) {
      lines.push_back(number(point.x) + " " + number(point.y));
      if (point.label.empty() || !is_shown(point)) continue;
      const std::string place =
          labels.place(point.label, width * x.place(point.x), height * y.place(point.y));
      if (!place.empty()) {
        text += fmt::format("set label {} at {}, {} {} textcolor '#1b1f27'\n", quoted(point.label),
                            number(point.x), number(point.y), place);
      }
    }
    const std::string name = fmt::format("series{}", s);
    text += block(name, lines);
    const char* style = series.line ? (series.dots ? "linespoints" : "lines") : "points";
    plots.push_back(fmt::format("${} using 1:2 with {} linecolor '{}' linewidth 2{} title {}", name, style,
                                color(series.color, s), series.dots ? " pointtype 7 pointsize 0.6" : "",
                                quoted(series.name)));
  }
  return text + plot_of(plots);
}

/// In pixels.
struct Size {
  int width = kPanelWidth, height = kPanelHeight;
};

Size size_of(const std::vector<Chart>& charts) {
  if (charts.size() != 1) return {};
  Size size{kSingleWidth, kSingleHeight};
  if (const auto* bars = std::get_if<BarChart>(&charts.front())) {
    size.width =
        std::max(size.width, kMarginWidth + kCategoryWidth * static_cast<int>(bars->categories.size()));
  }
  return size;
}

}  // namespace

bool has_values(const Chart& chart) {
  const auto any = [](const auto& series, const auto& has) {
    return std::any_of(series.begin(), series.end(), has);
  };
  if (const auto* bars = std::get_if<BarChart>(&chart)) {
    return any(bars->series, [&](const BarChart::Series& series) {
      return any(series.values, [](double value) { return std::isfinite(value); });
    });
  }
  return any(std::get<XyChart>(chart).series, [&](const XyChart::Series& series) {
    return any(series.points,
               [](const XyChart::Point& point) { return std::isfinite(point.x) && std::isfinite(point.y); });
  });
}

std::string gnuplot_script(const std::vector<Chart>& charts, int columns) {
  const Size size = size_of(charts);
  if (charts.empty() || columns < 1) throw std::invalid_argument("a picture without a chart");
  const int rows = ceil_div(static_cast<int>(charts.size()), columns);
  std::string text =
      fmt::format("set terminal svg noenhanced size {}, {} font 'sans-serif,12' background '#ffffff'\n",
                  columns * size.width, rows * size.height);
  text += fmt::format("set multiplot layout {}, {}\n", rows, columns);
  for (const Chart& chart : charts) {
    const auto* xy = std::get_if<XyChart>(&chart);
    text += xy != nullptr ? script(*xy, size.width - kMarginWidth, size.height - kMarginHeight)
                          : script(std::get<BarChart>(chart));
  }
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
