// Random traffic on random memories: no constraint is broken, no row is opened in vain, no burst is lost, the
// counts are those of the commands.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "tests/tlm/dram/channel_bench.h"
#include "tests/tlm/dram/command_checker.h"
#include "tests/tlm/dram/random_dram.h"

using namespace bitbalance::dram;
using namespace bitbalance::dram::test;
using bitbalance::test::RandomDraw;

namespace {

struct Seen {
  std::map<CommandKind, std::int64_t> commands;
  std::string wrong;
};

/// Bursts in runs and at random, with pauses; returns when the last one came.
Cycle add_traffic(ChannelBench& bench, RandomDraw& draw, int bursts, std::map<bool, std::int64_t>& added) {
  Cycle now = 0;
  const bool rarely = draw.chance(0.3);
  for (int i = 0; i < bursts; ++i) {
    if (draw.chance(0.3)) now += draw.uniform(0, 40);
    if (draw.chance(rarely ? 0.2 : 0.005)) now += draw.uniform(0, 6000);
    bench.run(now);
    const bool is_write = draw.chance(0.4);
    const std::uint64_t number = draw.chance(0.5) ? draw.uniform(0, 4095) : draw.uniform(0, (1 << 22) - 1);
    const bool has_begun = bench.next_has_begun(now);
    bench.add(number, is_write, now, draw.chance(0.3) ? 1 : 0);
    if (has_begun) CHECK(bench.channel.next() == now);
    ++added[is_write];
  }
  return now;
}

Seen check_seed(std::uint64_t seed) {
  RandomDraw draw(seed);
  Config c = random_dram(draw);
  c.geometry.channels = 1;
  if (c.geometry.bank_groups == 1) c.controller.address_map = "row bank column";
  ChannelBench bench(c);
  CommandChecker checker(c);
  Seen seen;
  bench.channel.observe([&](const Command& command, Cycle cycle) {
    checker.note(command, cycle);
    ++seen.commands[command.kind];
  });
  std::map<bool, std::int64_t> added;
  const Cycle last = add_traffic(bench, draw, 700, added);
  bench.run();
  const Cycle end = std::max(last, bench.log.empty() ? 0 : bench.log.back().cycle) + draw.uniform(0, 10'000);
  const Counts counts = bench.channel.counts(end);
  seen.wrong = checker.text();
  CHECK(bench.channel.completions().size() == bench.count);
  CHECK(counts.read_bursts + counts.forwarded_bursts == added[false]);
  CHECK(counts.write_bursts == added[true]);
  CHECK(counts.busy <= end);
  CHECK(counts.refreshing <= end * c.geometry.all_banks());
  CHECK(counts.row_hits + counts.row_misses + counts.row_conflicts ==
        counts.read_bursts + counts.write_bursts);
  using Kind = CommandKind;
  CHECK(counts.activates == seen.commands[Kind::kActivate]);
  CHECK(counts.refreshes == seen.commands[Kind::kRefresh]);
  CHECK(counts.bank_refreshes == seen.commands[Kind::kRefreshBank]);
  CHECK(counts.power_downs == seen.commands[Kind::kPowerDown]);
  CHECK(counts.self_refreshes == seen.commands[Kind::kSelfRefresh]);
  CHECK(counts.masked_bursts ==
        seen.commands[Kind::kMaskedWrite] + seen.commands[Kind::kMaskedWritePrecharge]);
  const StateClocks& s = counts.states;
  for (const Cycle clocks :
       {s.precharge_standby, s.precharge_power_down, s.active_power_down, s.self_refresh})
    CHECK(clocks >= 0);
  CHECK(s.precharge_standby + s.precharge_power_down + s.active_power_down + s.self_refresh <=
        end * c.geometry.ranks);
  return seen;
}

}  // namespace

TEST_CASE(
    "random traffic breaks no constraint, opens no row in vain, loses no burst and leaves the queues empty") {
  // The device throws at a command that comes too early; the checker holds each pair of commands by itself.
  Seen all;
  for (std::uint64_t seed = 0; seed < 80; ++seed) {
    CAPTURE(seed);
    const Seen seen = check_seed(seed);
    REQUIRE(seen.wrong == "");
    for (const auto& [kind, count] : seen.commands) all.commands[kind] += count;
  }
  for (int kind = 0; kind <= static_cast<int>(CommandKind::kSelfRefreshExit); ++kind) {
    INFO(to_string(static_cast<CommandKind>(kind)));
    CHECK(all.commands[static_cast<CommandKind>(kind)] > 0);
  }
}

TEST_CASE("the checker sees each command that comes a clock early") {
  // The same traffic against constraints that are a clock longer than those of the device.
  using T = Timing;
  const std::vector<std::pair<const char*, int T::*>> all = {
      {"tRCD", &T::rcd},     {"tRP", &T::rp},       {"tRAS", &T::ras},      {"tRC", &T::rc},
      {"tRRD_S", &T::rrd_s}, {"tRRD_L", &T::rrd_l}, {"tFAW", &T::faw},      {"tCCD_S", &T::ccd_s},
      {"tCCD_L", &T::ccd_l}, {"tRTP", &T::rtp},     {"tWR", &T::wr},        {"tWTR_S", &T::wtr_s},
      {"tWTR_L", &T::wtr_l}, {"tRTW", &T::rtw},     {"tRTRS", &T::rtrs},    {"tPPD", &T::ppd},
      {"tRPab", &T::rp_ab},  {"tRFC", &T::rfc},     {"tRFCpb", &T::rfc_pb}, {"tCCDMW", &T::ccd_mw},
      {"tXP", &T::xp},       {"tXS", &T::xs}};
  for (const auto& [name, clocks] : all) {
    CAPTURE(name);
    bool seen = false;
    for (std::uint64_t seed = 0; seed < 10 && !seen; ++seed) {
      Config c = two_ranks();
      c.controller.refresh = seed % 2 == 0 ? RefreshPolicy::kAllBanks : RefreshPolicy::kPerBank;
      c.controller.power_down_after = 20;
      c.controller.self_refresh_after = 2000;
      c.controller.address_map = "row bank rank column bank_group";
      ChannelBench bench(c);
      Config longer = c;
      ++(longer.timing.*clocks);
      CommandChecker checker(longer);
      bench.channel.observe([&](const Command& command, Cycle cycle) { checker.note(command, cycle); });
      RandomDraw draw(seed);
      std::map<bool, std::int64_t> added;
      add_traffic(bench, draw, 1500, added);
      bench.run();
      seen = !checker.text().empty();
    }
    CHECK(seen);
  }
}
