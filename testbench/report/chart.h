// Charts of results: plain structs in, SVG out. gnuplot draws, as a child process; where it cannot,
// there is no chart and everything else still works.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "testbench/report/names.h"

namespace bitbalance::report {

/// Bars side by side or stacked, `values` of a series one per category. A value that is not finite leaves a
/// gap.
struct BarChart {
  struct Series {
    std::string name;  ///< in the legend; empty: not there
    std::vector<double> values;
    std::string color = {};  ///< "#rrggbb", for what has a colour in other pictures, too; empty: the next one
  };
  std::string title;
  std::string y_label;  ///< with the unit
  std::vector<std::string> categories;
  std::vector<Series> series;
  bool stacked = false;
  bool logarithmic = false;            ///< not with `stacked`
  std::optional<double> line_at = {};  ///< a line across, such as that of equality
};

struct XyChart {
  struct Point {
    double x = 0;
    double y = 0;
    std::string label;  ///< beside the point, if there is room: labels do not overlap
  };
  struct Series {
    std::string name;  ///< in the legend
    std::vector<Point> points;
    bool line = true;        ///< joins the points in their order
    bool dots = true;        ///< marks each point
    std::string color = {};  ///< as of a BarChart
  };
  std::string title;
  std::string x_label, y_label;  ///< with their units
  std::vector<Series> series;
  bool logarithmic_x = false;
  bool logarithmic_y = false;
};

using Chart = std::variant<BarChart, XyChart>;

/// Is there a value to draw? Without one a chart has its axes alone.
bool has_values(const Chart& chart);

/// The gnuplot script that writes one SVG to stdout: `charts` from left to right, `columns` of them per row.
/// A single one is larger, and as wide as its categories need.
/// Throws std::invalid_argument for a series that does not fit its categories.
std::string gnuplot_script(const std::vector<Chart>& charts, int columns = 1);

struct Picture {
  std::string svg;  ///< empty: not drawn
  std::string why;  ///< it was not, a line for the user: gnuplot is missing, fails, or cannot be started
};

/// Equal bytes for equal charts and gnuplots. Throws std::invalid_argument as gnuplot_script() does.
Picture draw_svg(const std::vector<Chart>& charts, int columns = 1);

}  // namespace bitbalance::report
