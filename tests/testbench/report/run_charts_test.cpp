// Charts of a stored run, and what is refused as one.
#include "testbench/report/run_charts.h"

#include <catch2/catch.hpp>

#include "base/text/enum_index.h"
#include "hw/isa/account/activity.h"
#include "tests/support/names.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;

std::string layer(const std::string& name, int cycles, int macs, double utilization, int bytes) {
  std::string activity;
  for (int a = 0; a < kActivities; ++a) {
    const bool is_drain = static_cast<Activity>(a) == Activity::kDrainWait;
    activity += std::string(a == 0 ? "" : ",") + '"' + to_string(static_cast<Activity>(a)) + "\":" +
                std::to_string(a == 0     ? cycles - 25
                               : is_drain ? 25
                                          : 0);
  }
  return R"({"name":")" + name + R"(","on_host":false,"cycles":)" + std::to_string(cycles) + R"(,"macs":)" +
         std::to_string(macs) + R"(,"utilization":)" + std::to_string(utilization) + R"(,"bus_bytes":)" +
         std::to_string(bytes) + R"(,"engines":{"compute":{)" + activity + "}}}";
}

std::string summary(const std::string& layers) {
  return R"({"scenario":"s","level":"tlm","memory":{"peak_bytes_per_cycle":2},"layers":[)" + layers + "]}";
}

TEST_CASE("the roofline has the layers' rates, the memory's slope and the roofs, and stalls are shares") {
  const TemporaryFolder folder;
  const RunCharts charts = run_charts(folder.write(
      "summary.json", summary(layer("a", 100, 1000, 0.5, 50) + "," + layer("b", 100, 3000, 1.0, 500))));
  const std::vector<XyChart::Series>& series = charts.roofline.series;
  REQUIRE(series.size() == 4);
  const std::vector<XyChart::Point>& layers = series.back().points;
  REQUIRE(layers.size() == 2);
  CHECK(layers[0].label == "a");
  CHECK(layers[0].x == Approx(20));
  CHECK(layers[0].y == Approx(10));
  CHECK(series[0].points[1].x == Approx(15));  // 30 MAC per cycle need 2 bytes of 15 each
  CHECK(series[0].points[0].y == Approx(2 * series[0].points[0].x));
  CHECK(series[1].points[0].y == Approx(30));
  CHECK(series[2].points[0].y == Approx(20));
  REQUIRE(charts.stalls.series.size() == 2);
  CHECK(charts.stalls.series[1].name == "drain wait");
  CHECK(charts.stalls.series[1].color == "#c9a227");  // as on the page
  CHECK(charts.stalls.series[1].values == std::vector<double>{25, 25});
  CHECK_THAT(draw_svg({charts.roofline}).svg, Contains("</svg>"));
  CHECK_THAT(draw_svg({charts.stalls}).svg, Contains("</svg>"));
}

TEST_CASE("what is not a run's summary is refused by name") {
  const TemporaryFolder folder;
  const auto refusal = [&](const std::string& text) {
    try {
      run_charts(folder.write("summary.json", text));
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK_THAT(refusal("{"), Contains("summary.json: ") && Contains("accepted: summary.json of a run"));
  CHECK_THAT(refusal("{}"), Contains("accepted: summary.json of a run"));
  CHECK_THAT(refusal(R"({"layers":5})"), Contains("accepted: summary.json of a run"));
  CHECK_THAT(refusal(summary("")), Contains("no layer on the accelerator"));
  CHECK_THROWS_WITH(run_charts(folder.path() / "none.json"), Contains("none.json: no such file"));
}

}  // namespace
}  // namespace bitbalance::test
