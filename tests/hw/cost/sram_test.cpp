#include <catch2/catch.hpp>
#include <cmath>

#include "hw/cost/sram.h"
#include "tests/hw/cost/shipped.h"

namespace bitbalance::test {
namespace {

/// Figures that follow bytes^0.5 and grow by a quarter of the width.
SramTable simple_table() {
  SramTable table;
  table.points = {{1024, 64, 2, 4, 0.01, 1},
                  {4096, 64, 4, 8, 0.02, 2},
                  {16384, 64, 8, 16, 0.04, 4},
                  {4096, 128, 5, 10, 0.025, 2.5}};
  return table;
}

TEST_CASE("macros of the table are met exactly") {
  const SramTable table = shipped_technology().sram;
  std::vector<std::vector<SramPoint>> kinds = {table.points};
  for (const SramMacros& macros : table.more_ports) kinds.push_back(macros.points);
  REQUIRE(kinds.size() == 4);
  for (const std::vector<SramPoint>& points : kinds) {
    const SramModel model(points);
    for (const SramPoint& point : points) {
      const SramFigures figures = model.bank(point.bytes, point.bits);
      CHECK(figures.read_pj == Approx(point.read_pj));
      CHECK(figures.write_pj == Approx(point.write_pj));
      CHECK(figures.area_mm2 == Approx(point.area_mm2));
      CHECK(figures.leakage_mw == Approx(point.leakage_mw));
    }
  }
}

TEST_CASE("figures follow a power of the capacity between macros and beyond them") {
  const SramModel model(simple_table().points);
  for (const double bytes : {256.0, 2048.0, 8192.0, 262144.0}) {
    CHECK(model.bank(bytes, 64).read_pj == Approx(2 * std::sqrt(bytes / 1024)));
    CHECK(model.bank(bytes, 64).area_mm2 == Approx(0.01 * std::sqrt(bytes / 1024)));
  }
}

TEST_CASE("figures are affine in the width") {
  const SramModel model(simple_table().points);
  for (const int bits : {8, 32, 256}) {
    CHECK(model.bank(1024, bits).read_pj == Approx(2 * (1 + 0.25 * (bits / 64.0 - 1))));
    CHECK(model.bank(16384, bits).write_pj == Approx(16 * (1 + 0.25 * (bits / 64.0 - 1))));
  }
}

TEST_CASE("more bytes and more bits never cost less in the shipped table") {
  const SramModel model(shipped_technology().sram.points);
  for (int bytes = 256; bytes <= 1 << 20; bytes *= 2) {
    for (int bits = 8; bits <= 512; bits *= 2) {
      const SramFigures small = model.bank(bytes, bits), more = model.bank(2.0 * bytes, bits),
                        wider = model.bank(bytes, 2 * bits);
      CHECK(small.read_pj > 0);
      CHECK(small.write_pj > 0);
      CHECK(more.area_mm2 > small.area_mm2);
      CHECK(more.leakage_mw > small.leakage_mw);
      CHECK(wider.read_pj >= small.read_pj);
      CHECK(wider.area_mm2 >= small.area_mm2);
    }
  }
}

TEST_CASE("tables that do not fix a figure for every size and width are refused") {
  CHECK_NOTHROW(check(simple_table()));
  const auto refused = [](const SramTable& table) { CHECK_THROWS_AS(check(table), std::invalid_argument); };
  SramTable table;
  refused(table);
  table = simple_table();
  table.points.pop_back();  // one width
  refused(table);
  table = simple_table();
  table.points.push_back({8192, 128, 5, 10, 0.025, 2.5});  // no narrow twin
  refused(table);
  table = simple_table();
  table.points.push_back(table.points.front());
  refused(table);
  table = simple_table();
  table.points.back().read_pj = 8.1;  // faster than the width
  refused(table);
  table = simple_table();
  table.points.front().leakage_mw = 0;
  refused(table);
  table = simple_table();
  table.more_ports = {{{1, 1}, table.points}, {{1, 1}, table.points}};
  refused(table);
  table.more_ports = {{{1, 0}, table.points}};
  refused(table);
  table.more_ports = {{{1, 1}, {table.points.front()}}};
  refused(table);
}

}  // namespace
}  // namespace bitbalance::test
