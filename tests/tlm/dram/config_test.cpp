// Parameters that contradict themselves are refused by name; addresses go where the map says.
#include "tlm/dram/config.h"

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "tests/tlm/dram/random_dram.h"
#include "tlm/dram/address_map.h"
#include "tlm/dram/clock.h"

using namespace bitbalance::dram;
using namespace bitbalance::dram::test;
using Catch::Matchers::Contains;

namespace {

std::string error(const std::function<void(Config&)>& change, Config config = two_ranks()) {
  change(config);
  try {
    check(config);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "accepted";
}

using Fields = std::map<std::string, std::uint64_t>;  ///< bits of an address by the names in the map

/// Bits of each field, and where its parts go, as the page has it: read from the map's end, bit by bit.
Fields fields_of(std::uint64_t address, const Geometry& g, const std::string& map) {
  std::map<std::string, int> widths = {
      {"channel", bits_of(g.channels)}, {"rank", bits_of(g.ranks)}, {"bank_group", bits_of(g.bank_groups)},
      {"bank", bits_of(g.banks)},       {"row", bits_of(g.rows)},   {"column", bits_of(g.bursts_per_row())}};
  std::istringstream words(map);
  std::vector<std::string> names;  // of each bit, most significant first
  for (std::string word; words >> word;) {
    const auto colon = word.find(':');
    const std::string name = word.substr(0, colon);
    int& left = widths[name];
    const int width = colon == std::string::npos ? left : std::stoi(word.substr(colon + 1));
    left -= width;
    names.insert(names.end(), static_cast<std::size_t>(width), name);
  }
  address /= static_cast<std::uint64_t>(g.burst_bytes());
  Fields fields;
  std::map<std::string, int> taken;
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    fields[*name] += (address % 2) << taken[*name]++;
    address /= 2;
  }
  return fields;
}

}  // namespace

TEST_CASE("the figures of the tests are accepted") {
  CHECK_NOTHROW(check(ddr3()));
  CHECK_NOTHROW(check(two_ranks()));
}

TEST_CASE("parameters that contradict one another are refused by name and value") {
  using C = Config;
  CHECK(error([](C& c) { c.timing.ras = 16; }) ==
        "DRAM: tRAS = 16 clocks: accepted: at least tRCD (17 clocks)");
  CHECK(error([](C& c) { c.timing.rc = 55; }) ==
        "DRAM: tRC = 55 clocks: accepted: at least tRAS + tRP (56 clocks)");
  CHECK(error([](C& c) { c.timing.rp_ab = 16; }) ==
        "DRAM: tRPab = 16 clocks: accepted: at least tRP (17 clocks)");
  CHECK(error([](C& c) { c.timing.rrd_l = 3; }) ==
        "DRAM: tRRD_L = 3 clocks: accepted: at least tRRD_S (4 clocks)");
  CHECK(error([](C& c) { c.timing.faw = 5; }) ==
        "DRAM: tFAW = 5 clocks: accepted: at least tRRD_L (6 clocks)");
  CHECK(error([](C& c) { c.timing.faw = 4; }, ddr3()) ==
        "DRAM: tFAW = 4 clocks: accepted: at least tRRD (5 clocks)");
  CHECK(error([](C& c) { c.timing.ccd_s = 3; }) ==
        "DRAM: tCCD_S = 3 clocks: accepted: at least BL / 2 (4 clocks)");
  CHECK(error([](C& c) { c.timing.ccd_l = 3; }) ==
        "DRAM: tCCD_L = 3 clocks: accepted: at least tCCD_S (4 clocks)");
  CHECK(error([](C& c) { c.timing.wtr_l = 2; }) ==
        "DRAM: tWTR_L = 2 clocks: accepted: at least tWTR_S (3 clocks)");
  CHECK(error([](C& c) { c.timing.rtw = 8; }) ==
        "DRAM: tRTW = 8 clocks: accepted: at least CL + tDQSCK + BL / 2 - CWL - tDQSS (9 clocks)");
  CHECK(error([](C& c) { c.timing.refi = 500; }) ==
        "DRAM: tREFI = 500 clocks: accepted: at least tRFC + tRPab + tRAS + tRCD + precharge + refresh + "
        "2 (activate + column) of the command bus (501 clocks)");
}

TEST_CASE("zero and negative parameters are refused") {
  using T = Timing;
  for (int T::*member :
       {&T::cl, &T::cwl, &T::rcd, &T::rp, &T::rp_ab, &T::ras, &T::rc, &T::rrd_s, &T::rrd_l, &T::faw,
        &T::ccd_s, &T::ccd_l, &T::rtp, &T::wr, &T::wtr_s, &T::wtr_l, &T::rtw, &T::rfc, &T::refi}) {
    for (const int value : {0, -1})
      CHECK_THAT(error([&](Config& c) { c.timing.*member = value; }),
                 Contains("accepted: 1 to 1000000 clocks"));
  }
  for (int T::*member :
       {&T::dqsck, &T::dqss, &T::rtrs, &T::ppd, &T::ccd_mw, &T::rfc_pb, &T::cke, &T::xp, &T::ckesr, &T::xs})
    CHECK_THAT(error([&](Config& c) { c.timing.*member = -1; }), Contains("accepted: 0 to 1000000 clocks"));
  CHECK_THAT(error([](Config& c) { c.tck_ps_numerator = 0; }), Contains("tCK = 0"));
  CHECK_THAT(error([](Config& c) { c.commands.column = 0; }), Contains("column = 0 clocks"));
}

TEST_CASE("an option that the device cannot give is refused") {
  using C = Config;
  CHECK(error([](C& c) { c.timing.ccd_mw = 5; }) ==
        "DRAM: tCCDMW = 5 clocks: accepted: at least tCCD_L (6 clocks)");
  CHECK(error([](C& c) { c.controller.refresh = RefreshPolicy::kPerBank; }) == "accepted");
  CHECK(error([](C& c) {
          c.controller.refresh = RefreshPolicy::kPerBank;
          c.timing.rfc_pb = 0;
        }) == "DRAM: tRFCpb = 0 clocks: accepted: at least 1, with refresh per_bank");
  CHECK(error([](C& c) {
          c.controller.refresh = RefreshPolicy::kPerBank;
          c.timing.refi = 4373;
        }) ==
        "DRAM: tREFI = 4373 clocks: accepted: at least banks x (tRFCpb + tRP + tRAS + tRCD) + precharge + "
        "refresh + 2 (activate + column) of the command bus (4374 clocks), with refresh per_bank");
  CHECK(error([](C& c) {
          c.controller.refresh = RefreshPolicy::kPerBank;
          c.geometry.ranks = 4;
          c.commands = {1, 1, 16, 6};
          c.timing.rfc_pb = 1;
          c.timing.refi = 2559;
        }) ==
        "DRAM: tREFI = 2559 clocks: accepted: at least 64 refreshes with a precharge and two other commands "
        "after each (2560 clocks)");
  CHECK(error([](C& c) { c.controller.power_down_after = -1; }) ==
        "DRAM: power_down_after = -1: accepted: 0 (never) to 1000000000 clocks");
  CHECK(error([](C& c) {
          c.controller.power_down_after = 1;
          c.timing.xp = 0;
        }) == "DRAM: tXP = 0 clocks: accepted: at least 1, with power_down_after");
  CHECK(error([](C& c) {
          c.controller.self_refresh_after = 1;
          c.timing.xs = 0;
        }) == "DRAM: tXS = 0 clocks: accepted: at least 1, with self_refresh_after");
}

TEST_CASE("powers that would make an energy negative are refused") {
  const auto power = [&](double DevicePower::*member, double value) {
    return error([&](Config& c) {
      c.power = kPower;
      c.power.*member = value;
    });
  };
  CHECK(power(&DevicePower::idd0, 60) == "accepted");
  CHECK(power(&DevicePower::idd2n, 9) == "DRAM: IDD2N = 9 mW: accepted: IDD2P to 1000000 mW");
  CHECK(power(&DevicePower::idd3n, 29) == "DRAM: IDD3N = 29 mW: accepted: IDD2N and IDD3P to 1000000 mW");
  CHECK_THAT(power(&DevicePower::idd0, 36), Contains("IDD0 = 36 mW"));
  CHECK_THAT(power(&DevicePower::idd4r, 39), Contains("IDD4R = 39 mW: accepted: IDD3N"));
  CHECK_THAT(power(&DevicePower::idd4w, 39), Contains("IDD4W = 39 mW: accepted: IDD3N"));
  CHECK_THAT(power(&DevicePower::idd5, 29), Contains("IDD5 = 29 mW: accepted: IDD2N"));
  CHECK_THAT(power(&DevicePower::idd6, -1), Contains("IDD6 = -1 mW: accepted: 0"));
  CHECK_THAT(error([](Config& c) { c.power.devices = -1; }), Contains("devices = -1"));
}

TEST_CASE("a geometry that does not come out even is refused") {
  using C = Config;
  CHECK(error([](C& c) { c.geometry.columns = 4; }) ==
        "DRAM: BL = 8: accepted: a divisor of the 4 columns of a row");
  CHECK_THAT(error([](C& c) { c.geometry.rows = 1000; }), Contains("rows = 1000: accepted: a power of two"));
  CHECK_THAT(error([](C& c) { c.geometry.channels = 0; }), Contains("channels = 0"));
  CHECK_THAT(error([](C& c) { c.geometry.banks = 64; }),
             Contains("ranks x bank_groups x banks of 64 at most"));
  CHECK_THAT(error([](C& c) { c.geometry.burst_length = 6; }), Contains("BL = 6: accepted: a power of two"));
}

TEST_CASE("watermarks that cross are refused") {
  CHECK_THAT(error([](Config& c) { c.controller.write_low = 24; }), Contains("write_low = 24"));
  CHECK_THAT(error([](Config& c) { c.controller.write_high = 33; }),
             Contains("write_high = 33: accepted: 1 to write_queue"));
  CHECK_THAT(error([](Config& c) { c.controller.read_queue = 0; }), Contains("read_queue = 0"));
}

TEST_CASE("an address map names every bit once") {
  const auto map = [](const char* text) {
    return error([&](Config& c) { c.controller.address_map = text; });
  };
  CHECK(map("rank row bank column bank_group channel") == "accepted");
  CHECK(map("row column:4 rank bank column:3 bank_group") == "accepted");
  CHECK_THAT(map("row bank column bank_group"), Contains("accepted: 1 more bits of rank"));
  CHECK_THAT(map("rank row bank column:3 bank_group"), Contains("accepted: 4 more bits of column"));
  CHECK_THAT(map("rank row bank column:9 bank_group"), Contains("accepted: column:1 to column:7"));
  CHECK_THAT(map("rank row bank column:x bank_group"), Contains("accepted: column:1 to column:7"));
  CHECK_THAT(map("rank line bank column bank_group"),
             Contains("accepted: channel, rank, bank_group, bank, row, column"));
}

TEST_CASE("an address map puts fields where it says") {
  Config c = two_ranks();
  c.geometry.channels = 2;
  const AddressMap map(c.geometry, "rank row column:4 bank_group channel bank column:3");
  // Bytes of a burst: 6 bits; column 3, bank 2, channel 1, group 2, column 4, row 16, rank 1.
  const std::uint64_t address = std::uint64_t{1} << 34 | std::uint64_t{0x1234} << 18 | 9ull << 14 |
                                2ull << 12 | 1ull << 11 | 3ull << 9 | 5ull << 6 | 17;
  const Location at = map.locate(address);
  CHECK(at.rank == 1);
  CHECK(at.row == 0x1234);
  CHECK(at.column == (9 << 3 | 5));
  CHECK(at.group == 4 + 2);  // of rank 1
  CHECK(at.bank == (4 + 2) * 4 + 3);
  CHECK(at.channel == 1);
}

TEST_CASE("an address map is one to one") {
  Config c = two_ranks();
  c.geometry.rows = 4;
  c.geometry.columns = 32;
  const AddressMap map(c.geometry, "row:1 rank column:1 bank row:1 bank_group column:1");
  std::set<std::tuple<int, int, int>> places;
  const auto bursts = static_cast<std::uint64_t>(c.geometry.capacity_bytes() / c.geometry.burst_bytes());
  for (std::uint64_t i = 0; i < bursts; ++i) {
    const Location at = map.locate(i * 64);
    places.emplace(at.bank, at.row, at.column);
  }
  CHECK(bursts == 2 * 4 * 4 * 4 * 4);
  CHECK(places.size() == bursts);
}

TEST_CASE("an address map of any geometry puts fields where its text says, and is one to one") {
  int most_groups = 0, most_banks = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    bitbalance::test::RandomDraw draw(seed);
    Config c = ddr3();
    Geometry& g = c.geometry;
    g.burst_length = 2 << draw.uniform(0, 4);
    draw_geometry(draw, g, 0);
    if (seed % 2 == 0) {  // small enough to look at every burst
      g.rows = 1 << draw.uniform(0, 3);
      g.columns = g.burst_length << draw.uniform(0, 3);
    }
    most_groups = std::max(most_groups, g.bank_groups);
    most_banks = std::max(most_banks, g.banks);
    const std::string text = draw_address_map(draw, g);
    CAPTURE(seed, text, g.channels, g.ranks, g.bank_groups, g.banks, g.rows, g.columns, g.burst_length);
    const AddressMap map(g, text);
    const std::int64_t bursts = g.capacity_bytes() / g.burst_bytes();
    const bool has_all = bursts <= 4096;
    std::set<std::tuple<int, int, int, int>> places;
    std::set<std::int64_t> numbers;
    for (std::int64_t i = 0; i < (has_all ? bursts : 200); ++i) {
      std::uniform_int_distribution<std::int64_t> any(0, bursts - 1);
      const std::int64_t number = has_all ? i : any(draw.engine());
      const std::uint64_t offset =
          static_cast<std::uint64_t>(draw.uniform(0, static_cast<int>(g.burst_bytes()) - 1));
      const std::uint64_t address = static_cast<std::uint64_t>(number * g.burst_bytes()) + offset;
      const Location at = map.locate(address);
      Fields fields = fields_of(address, g, text);
      const auto field = [&](const char* name) { return static_cast<int>(fields[name]); };
      const int group = field("rank") * g.bank_groups + field("bank_group");
      REQUIRE(at.channel == field("channel"));
      REQUIRE(at.rank == field("rank"));
      REQUIRE(at.group == group);
      REQUIRE(at.bank == group * g.banks + field("bank"));
      REQUIRE(at.row == field("row"));
      REQUIRE(at.column == field("column"));
      const bool is_within = at.channel < g.channels && at.rank < g.ranks && at.bank < g.all_banks() &&
                             at.row < g.rows && at.column < g.bursts_per_row();
      REQUIRE(is_within);
      places.emplace(at.channel, at.bank, at.row, at.column);
      numbers.insert(number);
    }
    REQUIRE(places.size() == numbers.size());
  }
  CHECK(most_groups == 8);
  CHECK(most_banks == 16);
}

TEST_CASE("the clock's edges lie at the first unit of time at or after their exact times, without drift") {
  Config c = ddr3();
  c.tck_ps_numerator = 2500;  // 1200 MHz: 833 1/3 ps
  c.tck_ps_denominator = 3;
  const Clock clock(c, 1);
  CHECK(clock.time_of(1) == 834);
  CHECK(clock.time_of(3) == 2500);
  CHECK(clock.time_of(3'000'000'000) == 2'500'000'000'000);
  CHECK(clock.after(2499) == 3);
  CHECK(clock.after(2500) == 4);  // strictly later
  CHECK(clock.last(2500) == 3);
  CHECK(clock.last(2499) == 2);
  for (Cycle edge = 0; edge < 10'000; ++edge) REQUIRE(clock.after(clock.time_of(edge)) == edge + 1);
}
