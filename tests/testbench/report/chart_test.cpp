// Charts: what the script asks for, and that gnuplot draws it.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

#include "testbench/report/chart.h"
#include "tests/support/names.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;

BarChart bars() {
  BarChart chart;
  chart.title = "frames' cost";
  chart.y_label = "energy [uJ]";
  chart.categories = {"ours", "dense_16"};
  chart.series = {{"core", {1, 2}}, {"dram", {4, 8}}};
  return chart;
}

XyChart lines() {
  XyChart chart;
  chart.title = "speed";
  chart.x_label = "bandwidth [B/cycle]";
  chart.y_label = "frames/s";
  chart.series = {{"fashion", {{1, 10, "read-bound"}, {2, 20, ""}}}};
  return chart;
}

int count(const std::string& text, const std::string& part) {
  int n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST_CASE("gnuplot draws titles, axes, categories, legends and labels") {
  const std::string svg = draw_svg({bars(), lines()}, 2).svg;
  for (const char* text : {"frames' cost", "energy [uJ]", "ours", "dense_16", "core", "dram", "speed",
                           "bandwidth [B/cycle]", "frames/s", "read-bound", "</svg>"})
    CHECK_THAT(svg, Contains(text));
  CHECK(draw_svg({bars(), lines()}, 2).svg == svg);
}

TEST_CASE("stacked bars are drawn as sums, from the top") {
  BarChart chart = bars();
  chart.stacked = true;
  const std::string script = gnuplot_script({chart});
  CHECK_THAT(script, Contains("$bars1 << EOD\n0 5\n1 10\nEOD"));
  CHECK(script.find("$bars1 using") < script.find("$bars0 using"));
}

TEST_CASE("a series has the colour that it is given, and a line stands where it is asked for") {
  BarChart chart = bars();
  chart.series[1].color = "#123456";
  chart.line_at = 1;
  const std::string script = gnuplot_script({chart});
  CHECK_THAT(script, Contains("$bars1 using 1:2 with boxes linecolor '#123456'"));
  CHECK_THAT(script, Contains("1 with lines dashtype 2"));
  CHECK_THAT(draw_svg({chart}).svg, Contains("</svg>"));
}

TEST_CASE("labels are put where they meet neither each other nor a point, or left out") {
  XyChart chart = lines();
  chart.series = {{"", {}, false, true}};
  for (int i = 0; i < 20; ++i) chart.series[0].points.push_back({1, 1, "same place"});
  chart.series[0].points.push_back({0, 0, ""});
  chart.series[0].points.push_back({2, 2, "far away"});
  const std::string script = gnuplot_script({chart});
  CHECK(count(script, "set label 'same place'") == 4);  // right, left, above, below
  CHECK(count(script, "set label 'far away'") == 1);
}

TEST_CASE("a label is put on a line only where there is no other room") {
  XyChart chart = lines();
  chart.series = {{"level", {{1, 1, "begin"}, {3, 1, "end"}}}, {"steep", {{2, 0, ""}, {2, 2, "top"}}}};
  const std::string script = gnuplot_script({chart});
  CHECK_THAT(script, Contains("'begin' at 1, 1 center offset 0, 0.8"));
  CHECK_THAT(script, Contains("'end' at 3, 1 left offset 0.8, 0"));
  CHECK_THAT(script, Contains("'top' at 2, 2 left offset 0.8, 0"));
  chart.series = {{"", {{1, 1, "a long one in the corner"}, {3, 3, ""}}}};
  CHECK_THAT(gnuplot_script({chart}), Contains("'a long one in the corner' at 1, 1 left offset 0.8, 0"));
}

TEST_CASE("a value that is not finite leaves a gap") {
  BarChart chart = bars();
  chart.series[0].values[1] = std::nan("");
  CHECK_THAT(gnuplot_script({chart}), Contains(" NaN\n"));
  CHECK(draw_svg({chart}).why.empty());
}

TEST_CASE("a chart without a single value is drawn empty") {
  BarChart chart;
  chart.title = "nothing";
  chart.y_label = "frame/J";
  chart.categories = {"a"};
  chart.series = {{"s", {std::numeric_limits<double>::quiet_NaN()}}};
  for (const bool logarithmic : {false, true}) {
    chart.logarithmic = logarithmic;
    CHECK_THAT(draw_svg({chart}).svg, Contains("nothing") && Contains("</svg>"));
  }
}

TEST_CASE("a chart without a series is drawn empty") {
  for (const Chart& chart : {Chart(BarChart()), Chart(XyChart())}) {
    CHECK_FALSE(has_values(chart));
    CHECK(draw_svg({chart}).why.empty());
    CHECK_THAT(draw_svg({chart, lines()}).svg, Contains("read-bound") && Contains("</svg>"));
  }
  CHECK(has_values(bars()));
  CHECK(has_values(lines()));
}

TEST_CASE("names cannot break out of the script") {
  BarChart chart = bars();
  chart.title = "a'; system('false'); '\nplot x";
  CHECK(count(gnuplot_script({chart}), "\nplot ") == 1);
  CHECK_THAT(gnuplot_script({chart}), Contains("set title 'a''; system(''false''); ''\\nplot x'"));
}

TEST_CASE("control characters of names are shown as in tables") {
  BarChart bar = bars();
  XyChart line = lines();
  bar.title = line.series[0].name = bar.categories[0] = bar.series[0].name = "a\x01\n\t\x1b\xc2\x85z & <";
  line.series[0].points[0].label = bar.title;
  const std::string svg = draw_svg({bar, line}, 2).svg;
  CHECK(count(svg, R"(a\x01\n\t\x1b\x85z &amp; &lt;)") == 5);
  CHECK(std::all_of(svg.begin(), svg.end(), [](char c) {
    return c == '\n' || c == '\t' || c == '\r' || static_cast<unsigned char>(c) >= ' ';
  }));
}

TEST_CASE("a series that does not fit is refused by name") {
  BarChart chart = bars();
  chart.series[1].values.pop_back();
  CHECK_THROWS_WITH(gnuplot_script({chart}), Contains("series 'dram': 1 values for 2 categories"));
  CHECK_THROWS_AS(gnuplot_script({}), std::invalid_argument);
}

TEST_CASE("without gnuplot there is no chart, and no error") {
  const char* const variable = std::getenv("PATH");
  const std::string path = variable == nullptr ? "" : variable;
  ::setenv("PATH", "/nonexistent", 1);
  CHECK(draw_svg({bars()}).svg.empty());
  CHECK_THAT(draw_svg({bars()}).why, Contains("not drawn: gnuplot is missing"));
  ::setenv("PATH", path.c_str(), 1);
}

}  // namespace
}  // namespace bitbalance::test
