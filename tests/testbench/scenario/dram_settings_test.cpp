// The timed memory's presets: JEDEC's times become clocks exactly, and what contradicts itself is refused
// with file, line, key, value and what is accepted.
#include "testbench/scenario/dram_settings.h"

#include <catch2/catch.hpp>

#include "testbench/scenario/scenario.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;

const std::filesystem::path kShipped = std::filesystem::path(BITBALANCE_SOURCE_DIR) / "scenarios";

Scenario with_memory(const std::string& preset, const std::vector<std::string>& settings = {}) {
  std::vector<SettingOverride> overrides = {{"memory=" + (kShipped / "memory" / preset).string(), ""}};
  for (const std::string& setting : settings) overrides.push_back({setting, ""});
  return load_scenario(kShipped / "lenet.yaml", overrides);
}

/// What is wrong with a preset after one line of it has been changed.
std::string error_of(const std::string& preset, const std::string& from, const std::string& to) {
  const TemporaryFolder folder;
  std::string text = text_of(kShipped / "memory" / preset);
  const auto at = text.find("\n" + from);
  REQUIRE(at != std::string::npos);
  text.replace(at + 1, text.find_first_of("#\n", at + 1) - at - 1, to + " ");
  const auto file = folder.write("m.yaml", text);
  try {
    load_scenario(kShipped / "lenet.yaml", {{"memory=" + file.string(), ""}});
  } catch (const SettingsError& error) {
    std::string message = error.what();
    CHECK(message.find('\n') == std::string::npos);
    const auto name = message.find("m.yaml:");
    return name == std::string::npos ? message : message.substr(message.find(' ', name) + 1);
  }
  return "accepted";
}

TEST_CASE("times are read as datasheets write them") {
  const auto clocks = [](const char* text, const Rational& tck, DramTime::Rounding rounding) {
    return parse_dram_time(text)->to_clocks(tck, rounding);
  };
  constexpr auto kUp = DramTime::Rounding::kUp;
  const Rational ddr4{5, 6};
  CHECK(clocks("4 nCK", ddr4, kUp) == 4);
  CHECK(clocks("15 ns", ddr4, kUp) == 18);     // exactly 18: a rounded 0.833 would make it 19
  CHECK(clocks("14.16 ns", ddr4, kUp) == 17);  // 16.99
  CHECK(clocks("max(4 nCK, 3.3 ns)", ddr4, kUp) == 4);
  CHECK(clocks("max(4 nCK, 4.9 ns)", ddr4, kUp) == 6);
  CHECK(clocks("3904 ns", {5, 8}, DramTime::Rounding::kDown) == 6246);  // 6246.4
  for (const char* text :
       {"", "4", "4 ck", "ns", "-4 nCK", "-15 ns", "0 ns", "4.5 nCK", "max(4 nCK 7.5 ns)", "15ns"})
    CHECK_FALSE(parse_dram_time(text));
}

TEST_CASE("the presets have the clocks of their standards") {
  const auto check_timing = [](const dram::Timing& found, const dram::Timing& t) {
    CHECK(std::vector{found.cl,     found.cwl,   found.dqsck, found.dqss,  found.rcd,   found.rp,
                      found.rp_ab,  found.ras,   found.rc,    found.rrd_s, found.rrd_l, found.faw,
                      found.ccd_s,  found.ccd_l, found.rtp,   found.wr,    found.wtr_s, found.wtr_l,
                      found.rtw,    found.rtrs,  found.ppd,   found.rfc,   found.refi,  found.ccd_mw,
                      found.rfc_pb, found.cke,   found.xp,    found.ckesr, found.xs} ==
          std::vector{t.cl,    t.cwl, t.dqsck, t.dqss,   t.rcd,    t.rp,  t.rp_ab, t.ras,   t.rc,  t.rrd_s,
                      t.rrd_l, t.faw, t.ccd_s, t.ccd_l,  t.rtp,    t.wr,  t.wtr_s, t.wtr_l, t.rtw, t.rtrs,
                      t.ppd,   t.rfc, t.refi,  t.ccd_mw, t.rfc_pb, t.cke, t.xp,    t.ckesr, t.xs});
  };
  const auto config = [](const char* preset) { return with_memory(preset).memory.dram.config; };
  //                                        CL CWL DQSCK/S RCD RP RPab RAS RC RRD FAW CCD RTP WR WTR RTW RTRS
  //                                        PPD RFC REFI CCDMW RFCpb CKE XP CKESR XS
  check_timing(config("ddr3-1600.yaml").timing, {11, 8, 0, 0, 11, 11, 11,  28,   39, 5, 5, 24, 4, 4,  6,
                                                 12, 6, 6, 9, 0,  0,  208, 6240, 0,  0, 4, 5,  5, 512});
  check_timing(config("ddr4-2400.yaml").timing, {17, 12, 0, 0,  17, 17, 17,  39,   56, 4, 6, 26, 4, 6,  9,
                                                 18, 3,  9, 11, 0,  0,  420, 9360, 0,  0, 6, 8,  7, 768});
  check_timing(config("lpddr4-3200.yaml").timing,
               {28, 14, 6,  1,  29, 29, 34,  68,   97, 16,  16, 64, 8,  8,  12,
                29, 16, 16, 30, 0,  4,  448, 6246, 32, 224, 12, 12, 24, 460});
  CHECK(config("ddr3-1600.yaml").peak_bytes_per_s() == Approx(12.8e9));
  CHECK(config("ddr4-2400.yaml").peak_bytes_per_s() == Approx(19.2e9));
  CHECK(config("lpddr4-3200.yaml").peak_bytes_per_s() == Approx(25.6e9));
  CHECK(config("ddr3-1600.yaml").geometry.capacity_bytes() == std::int64_t{4} << 30);
  CHECK(config("ddr4-2400.yaml").geometry.capacity_bytes() == std::int64_t{8} << 30);
  CHECK(config("lpddr4-3200.yaml").geometry.capacity_bytes() == std::int64_t{4} << 30);
}

TEST_CASE("an idle controller's options and powers come from the preset and overrides") {
  const Scenario s = with_memory(
      "lpddr4-3200.yaml", {"memory.controller.refresh=per_bank", "memory.controller.posted_writes=false",
                           "memory.controller.power_down_after=100", "memory.power.IDD6=1.5"});
  const dram::Config& c = s.memory.dram.config;
  CHECK(c.controller.refresh == dram::RefreshPolicy::kPerBank);
  CHECK_FALSE(c.controller.posted_writes);
  CHECK(c.controller.power_down_after == 100);
  CHECK(c.controller.self_refresh_after == 0);
  CHECK(c.power.devices == 1);
  CHECK(c.power.idd4r == 471.55);
  CHECK(c.power.idd6 == 1.5);
  const TemporaryFolder folder;
  const Scenario again = load_scenario(folder.write("effective.yaml", to_yaml(s)));
  CHECK(to_yaml(again) == to_yaml(s));
  CHECK_THAT(error_of("ddr4-2400.yaml", "  IDD4R:", "  IDD4R: 50"), Contains("IDD4R: 50 mW"));
}

TEST_CASE("bytes per second give the same memory to a clock of any speed") {
  MemorySettings memory;
  CHECK(memory.rate(2e9) == Rational(64, 5));
  memory.bytes_per_second = 12.8e9;
  CHECK(memory.rate(1e9) == Rational(64, 5));
  CHECK(memory.rate(2e9) == Rational(32, 5));
  CHECK(memory.rate(333'333'333) ==
        Rational(38'400'000, 1'000'000));  // numbers of more digits than a memory takes
  CHECK(memory.peak_bytes_per_cycle(2e9) == 6.4);
  CHECK(memory.ideal_timing(2e9).bytes_per_cycle_numerator == 32);
  memory.bytes_per_second = 1e-3;
  CHECK(memory.rate(2e9) == Rational(1, 1'000'000));
}

TEST_CASE("of bytes per second and bytes per cycle the one that wins over the other counts") {
  const TemporaryFolder folder;
  folder.write("rate.yaml", "model: ideal\nbytes_per_second: 3e9\n");
  const auto rate = [&](const std::string& memory, const std::vector<std::string>& settings) {
    const auto file = folder.write("s.yaml", "network: {builtin: alexnet}\nmemory: {" + memory + "}\n");
    std::vector<SettingOverride> overrides;
    for (const std::string& setting : settings) overrides.push_back({setting, ""});
    return load_scenario(file, overrides).memory.rate(1e9);
  };
  CHECK(rate("bytes_per_second: 2e9", {}) == 2);
  CHECK(rate("bytes_per_second: 2e9", {"memory.bytes_per_cycle=7"}) == 7);
  CHECK(rate("bytes_per_cycle: 7", {"memory.bytes_per_second=2e9"}) == 2);
  CHECK(rate("bytes_per_cycle: 7, bytes_per_second: 2e9", {}) == 2);
  CHECK(rate("include: rate.yaml, bytes_per_cycle: 7", {}) == 7);
  CHECK(rate("", {"memory.bytes_per_second=2e9", "memory.bytes_per_cycle=7"}) == 7);
  CHECK(rate("", {"memory.bytes_per_cycle=7", "memory.bytes_per_second=2e9"}) == 2);
}

TEST_CASE("a preset takes overrides, and what is written means the same") {
  const Scenario s =
      with_memory("ddr4-2400.yaml", {"memory.tRCD=20 ns", "memory.controller.page_policy=closed"});
  CHECK(s.memory.dram.config.timing.rcd == 24);
  CHECK(s.memory.dram.config.controller.page_policy == dram::PagePolicy::kClosed);
  CHECK(s.memory.peak_bytes_per_cycle(1e9) == Approx(19.2));
  const TemporaryFolder folder;
  const Scenario again = load_scenario(folder.write("effective.yaml", to_yaml(s)));
  CHECK(to_yaml(again) == to_yaml(s));
  CHECK(again.memory.dram.config.timing.rcd == 24);
}

TEST_CASE("a preset that contradicts itself is refused by name") {
  const char* const ddr4 = "ddr4-2400.yaml";
  CHECK(error_of(ddr4, "tRAS:", "tRAS: 12.5 ns") ==
        "memory.tRAS: 15 clocks; accepted: at least tRCD (17 clocks)");
  CHECK(error_of(ddr4, "tRC:", "tRC: 45 ns") ==
        "memory.tRC: 54 clocks; accepted: at least tRAS + tRP (56 clocks)");
  CHECK(error_of(ddr4, "tFAW:", "tFAW: 5 nCK") ==
        "memory.tFAW: 5 clocks; accepted: at least tRRD_L (6 clocks)");
  CHECK(error_of("ddr3-1600.yaml", "tFAW:", "tFAW: 4 nCK") ==
        "memory.tFAW: 4 clocks; accepted: at least tRRD (5 clocks)");
  CHECK(error_of(ddr4, "tRCD:", "tRCD: 0 nCK") == "memory.tRCD: 0 clocks; accepted: 1 to 1000000 clocks");
  CHECK(error_of(ddr4, "tREFI:", "tREFI: 300 ns") ==
        "memory.tREFI: 360 clocks; accepted: at least tRFC + tRPab + tRAS + tRCD + precharge + refresh + "
        "2 (activate + column) of the command bus (499 clocks)");
  CHECK(error_of(ddr4, "columns:", "columns: 4") ==
        "memory.BL: 8; accepted: a divisor of the 4 columns of a row");
  CHECK_THAT(error_of(ddr4, "tRCD:", "tRCD: 999999999 ns"), Contains("accepted: 1 to 1000000 clocks"));
  CHECK(error_of(ddr4, "rows:", "rows: -2") == "memory.rows: -2; accepted: a power of two, 1 to 16777216");
  CHECK_THAT(error_of(ddr4, "  address_map:", "  address_map: row bank"),
             Contains("address_map: 'row bank'; accepted:"));
}

TEST_CASE("a preset's keys and times must be known") {
  const char* const ddr4 = "ddr4-2400.yaml";
  constexpr const char* kTime = "accepted: a time like 15 ns, 4 nCK or max(4 nCK, 7.5 ns)";
  CHECK(error_of(ddr4, "tRP:", "tRP: -14 ns") == "memory.tRP: '-14 ns'; " + std::string(kTime));
  CHECK(error_of(ddr4, "tRP:", "tRP: 14.16") == "memory.tRP: '14.16'; " + std::string(kTime));
  CHECK(error_of(ddr4, "tCK:", "tCK: 0 ns") == "memory.tCK: '0 ns'; accepted: a time like 1.25 ns");
  CHECK(error_of(ddr4, "tCK:", "tCK: 1 nCK") == "memory.tCK: '1 nCK'; accepted: a time like 1.25 ns");
  CHECK_THAT(error_of(ddr4, "tRAS:", "tRAZ: 32 ns"), Contains("tRAZ: unknown key"));
  CHECK_THAT(error_of(ddr4, "tRAS:", ""), Contains("tRAS is missing"));
  // Without bank groups there is one figure instead of two.
  CHECK_THAT(error_of(ddr4, "bank_groups:", "bank_groups: 1"),
             Contains("tRRD_S: unknown key (known with bank_groups above 1)"));
}

}  // namespace
}  // namespace bitbalance::test
