// Masked writes, writes that are not posted, refreshes by bank, power-down, self-refresh and energy: worked
// out by hand from the clocks of ddr3(), in the comment beside each figure.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/tlm/dram/channel_bench.h"
#include "tlm/dram/figures/energy.h"

using namespace bitbalance::dram;
using namespace bitbalance::dram::test;

namespace {

/// One read of bank 0: ACT at 0, RD at tRCD = 11, data to 11 + CL + BL / 2 = 26.
ChannelBench after_a_read(const Config& config) {
  ChannelBench bench(config);
  bench.add(0);
  bench.run();
  return bench;
}

/// The same, then a read of the same row at `second`.
ChannelBench after_two_reads(const Config& config, Cycle second) {
  ChannelBench bench = after_a_read(config);
  bench.add(1, false, second);
  bench.run();
  return bench;
}

/// Powers down at 26 + 20 = 46 after a read.
Config sleepy() {
  Config c = ddr3();
  c.timing.cke = 3;
  c.timing.xp = 5;
  c.timing.ckesr = 4;
  c.timing.xs = 300;
  c.controller.power_down_after = 20;
  return c;
}

}  // namespace

TEST_CASE("a write of part of a burst waits for tCCDMW where it is a command of its own") {
  for (const int ccd_mw : {0, 16}) {
    Config c = ddr3();
    c.timing.ccd_mw = ccd_mw;
    ChannelBench bench(c);
    for (std::uint64_t i = 0; i < 8; ++i) bench.add(i, true, 0, 63);
    bench.run();
    const CommandKind kind = ccd_mw == 0 ? CommandKind::kWrite : CommandKind::kMaskedWrite;
    CHECK(bench.cycles(kind).size() == 8);
    CHECK(bench.last(kind) == 11 + 7 * (ccd_mw == 0 ? 4 : 16));
    CHECK(bench.channel.counts(bench.last(kind)).masked_bursts == (ccd_mw == 0 ? 0 : 8));
  }
  // Whole bursts, and bursts of other banks, fill the time between: bank 1 is opened at tRRD = 5.
  Config c = ddr3();
  c.timing.ccd_mw = 16;
  ChannelBench bench(c);
  for (std::uint64_t i = 0; i < 8; ++i) {
    bench.add(i, true, 0, 1);
    bench.add(kRow + i, true);
  }
  bench.run();
  // The second of bank 0, allowed at 27, comes tCCD = 4 after a write at 24.
  CHECK(bench.last(CommandKind::kMaskedWrite) == 28 + 6 * 16);
  CHECK(bench.last(CommandKind::kWrite) < 11 + 7 * 16);
}

TEST_CASE("a command that has begun on the command bus is not taken back for a burst that comes") {
  Config c = ddr3();
  c.commands = {4, 2, 4, 2};
  using Cycles = std::vector<Cycle>;
  {
    ChannelBench bench(c);
    bench.add(0);
    bench.run(2);
    bench.add(kRow, false, 2);
    bench.run();
    // ACT of bank 0 from 0 to 3, of bank 1 tRRD = 5 later; each read after tRCD = 11.
    CHECK(bench.cycles(CommandKind::kActivate) == Cycles{3, 8});
    CHECK(bench.cycles(kRd) == Cycles{14, 19});
  }
  {
    ChannelBench bench(c);
    bench.add(0, true);
    bench.run(2);
    bench.add(kRow, false, 2);
    bench.run();
    // The turn changes behind it: the write comes tRTW = 9 after the read.
    CHECK(bench.cycles(CommandKind::kActivate) == Cycles{3, 8});
    CHECK(bench.cycles(kRd) == Cycles{19});
    CHECK(bench.cycles(CommandKind::kWrite) == Cycles{28});
  }
  {
    ChannelBench bench(c);
    bench.add(0, true);
    bench.run(2);
    bench.add(0, false, 2);  // answered from the queue
    bench.run();
    CHECK(bench.cycles(CommandKind::kActivate) == Cycles{3});
  }
}

TEST_CASE("of two commands that can begin, a read goes before an activate that would end earlier") {
  Config c = ddr3();
  c.commands = {3, 1, 4, 1};
  ChannelBench bench(c);
  for (std::uint64_t row = 0; row < 3; ++row) bench.add(row * kRow);
  bench.run();
  // ACT from 0 to 2 and, tRRD = 5 later, to 7. At 10 the first read can begin, tRCD before it ends, and so
  // can the third activate; the second read, a clock later than that one.
  CHECK(bench.cycles(kRd) == std::vector<Cycle>{13, 20, 27});
  CHECK(bench.cycles(kAct) == std::vector<Cycle>{2, 7, 16});
}

TEST_CASE("more banks than can be opened between two refreshes are read all the same") {
  Config c = ddr3();
  c.geometry.ranks = 8;
  c.commands = {11, 15, 12, 14};
  c.timing.rcd = 19;
  c.timing.rfc = 200;
  c.timing.refi = 700;
  c.controller.read_queue = 128;
  c.controller.address_map = "row rank bank column";
  ChannelBench bench(c);
  for (std::uint64_t row = 0; row < 128; ++row) bench.add(row * kRow);
  bench.run(100'000);
  CHECK(bench.channel.next() == kNever);
  CHECK(bench.cycles(kRd).size() == 128);
}

TEST_CASE("a command with auto-precharge that has begun closes its row before a burst that comes") {
  Config c = ddr3();
  c.commands = {4, 2, 4, 2};
  c.controller.page_policy = PagePolicy::kClosed;
  // ACT ends at 3, the read tRCD later at 14: it begins at 11.
  for (const bool in_time : {true, false}) {
    CAPTURE(in_time);
    ChannelBench bench(c);
    const Cycle arrives = in_time ? 11 : 12;
    bench.add(0);
    bench.run(arrives);
    bench.add(1, false, arrives);
    bench.run();
    CHECK(bench.cycles(CommandKind::kActivate).size() == (in_time ? 1 : 2));
    CHECK(bench.cycles(CommandKind::kReadPrecharge).size() == (in_time ? 1 : 2));
  }
}

TEST_CASE("writes that fill their queue while a write is on the command bus count for the watermarks") {
  Config c = ddr3();
  c.commands = {4, 2, 4, 2};
  c.controller.turns = TurnPolicy::kWatermarks;
  c.controller.write_high = 2;
  c.controller.write_low = 1;
  ChannelBench bench(c);
  bench.add(0, true);
  bench.add(1, true);
  // The first write ends at 14; the third write comes on its way, and reads come after it.
  bench.run(13);
  bench.add(2, true, 13);
  for (int i = 0; i < 4; ++i) bench.add(kRow + i, false, 14);
  bench.run();
  CHECK(bench.cycles(CommandKind::kWrite)[1] < bench.cycles(kRd)[0]);
}

TEST_CASE("a read that a queued write covers in part goes to the device, ahead of that write") {
  for (const std::uint32_t missing : {0, 1}) {
    CAPTURE(missing);
    ChannelBench bench(ddr3());
    bench.add(kRow, false);
    bench.add(0, true, 0, missing);
    bench.add(0);
    bench.run();
    CHECK(bench.cycles(kRd).size() == 1 + missing);
    CHECK(bench.cycles(CommandKind::kWrite).size() == 1);
    CHECK(bench.cycles(CommandKind::kWrite)[0] > bench.last(kRd));
    CHECK(bench.channel.counts(bench.last(CommandKind::kWrite)).forwarded_bursts == 1 - missing);
  }
}

TEST_CASE("a write that is not posted is answered at the end of its data") {
  Config c = ddr3();
  c.controller.posted_writes = false;
  ChannelBench bench(c);
  bench.add(0, true);
  bench.add(1, true);
  CHECK(bench.channel.completions().empty());
  bench.run();
  const auto& completions = bench.channel.completions();
  REQUIRE(completions.size() == 2);
  CHECK(completions[0].cycle == 11 + 8 + 4);  // tRCD, CWL, BL / 2
  CHECK(completions[1].cycle == 11 + 4 + 8 + 4);
}

TEST_CASE("with watermarks writes go on until write_low, however many come") {
  for (const TurnPolicy turns : {TurnPolicy::kTurns, TurnPolicy::kWatermarks}) {
    Config c = ddr3();  // write_high 24, write_low 8, queues of 32
    c.controller.turns = turns;
    ChannelBench bench(c);
    for (std::uint64_t i = 0; i < 100; ++i) {
      bench.add(i);                   // bank 0
      bench.add(7 * kRow + i, true);  // bank 7
    }
    bench.run();
    // The writes that wait for a place keep the queue full: 16 after 16 reads in turns, or all but the last 8
    // at once.
    const auto reads = bench.cycles(kRd), writes = bench.cycles(CommandKind::kWrite);
    const std::size_t before = turns == TurnPolicy::kTurns ? 16 : 0;
    const auto written =
        std::count_if(writes.begin(), writes.end(), [&](Cycle cycle) { return cycle < reads[before]; });
    CHECK(written == (turns == TurnPolicy::kTurns ? 16 : 92));
  }
}

TEST_CASE("a refresh of one bank leaves the others their stream") {
  Config c = ddr3();
  c.timing.refi = 8000;  // a bank each 1000
  c.timing.rfc_pb = 100;
  c.controller.refresh = RefreshPolicy::kPerBank;
  ChannelBench bench(c);
  for (std::uint64_t i = 0; i < 400; ++i) bench.add(i);
  bench.run();
  // Bank 0, whose row has been read: precharged when due, refreshed tRP = 11 later, in the place of a read on
  // the command bus, which comes a clock later. A refresh of all banks would have cost 236 clocks.
  CHECK(bench.cycles(CommandKind::kPrecharge) == std::vector<Cycle>{1000});
  CHECK(bench.cycles(CommandKind::kRefreshBank) == std::vector<Cycle>{1011});
  CHECK(bench.last(kRd) == 11 + 399 * 4 + 1);
  const Counts counts = bench.channel.counts(bench.last(kRd));
  CHECK(counts.bank_refreshes == 1);
  CHECK(counts.refreshes == 0);
  CHECK(counts.refreshing == 11 + 100);

  // Banks take turns: bank 1 at 2000. What wants it waits for the end, 100 later.
  bench.add(kRow, false, 2005);
  bench.run();
  CHECK(bench.cycles(CommandKind::kRefreshBank).back() == 2011);
  CHECK(bench.cycles(CommandKind::kActivate).back() == 2111);
}

TEST_CASE("while the refresh of one bank waits, the others are used until their own turns come") {
  Config c = ddr3();
  c.timing.wr = 600;
  c.timing.rfc_pb = 10;
  c.timing.refi = 488;  // a bank each 61; the least is 486
  c.controller.refresh = RefreshPolicy::kPerBank;
  for (int bank = 1; bank < 8; ++bank) {
    CAPTURE(bank);
    const Cycle turn = 61 * (bank + 1);
    const auto after_read_at = [&](Cycle now) {
      ChannelBench bench(c);
      // WR at 11, data to 23: bank 0, whose turn is at 61, is precharged at 623 and refreshed at 634 only.
      bench.add(0, true);
      bench.run();
      bench.add(static_cast<std::uint64_t>(bank) * kRow, false, now);
      bench.run();
      return bench;
    };
    const ChannelBench in_time = after_read_at(turn - 1 - 11);
    CHECK(in_time.cycles(kAct) == std::vector<Cycle>{0, turn - 1 - 11});
    CHECK(in_time.cycles(kRd) == std::vector<Cycle>{turn - 1});

    // The row that was opened is closed unused, for the refresh.
    const ChannelBench late = after_read_at(turn - 11);
    CHECK(late.cycles(kAct).size() == 3);
    CHECK(late.cycles(kAct)[1] == turn - 11);
    const auto refresh = std::find_if(late.log.begin(), late.log.end(), [bank](const auto& issued) {
      return issued.kind == kRefBank && issued.bank == bank;
    });
    REQUIRE(refresh != late.log.end());
    CHECK(refresh->cycle > 634);
    CHECK(late.last(kAct) > refresh->cycle);
  }
}

TEST_CASE("an idle rank powers down, wakes up for bursts and refreshes, and keeps its rows open") {
  Config c = sleepy();
  c.timing.refi = 1000;
  // Up at 100, read tXP = 5 later without a new activate, data to 105 + 15 = 120.
  ChannelBench bench = after_two_reads(c, 100);
  CHECK(bench.cycles(CommandKind::kPowerUp) == std::vector<Cycle>{100});
  CHECK(bench.cycles(kRd) == std::vector<Cycle>{11, 105});
  // Down at 140.
  const Counts early = bench.channel.counts(200);
  CHECK(early.power_downs == 2);
  CHECK(early.states.active_power_down == (100 - 46) + (200 - 140));
  CHECK(early.states.precharge_standby == 0);
  // Up at 1000 for the refresh: precharged at 1005, refreshed at 1016, down at 1224 with its banks closed.
  const Counts counts = bench.channel.counts(1500);
  CHECK(counts.power_downs == 3);
  CHECK(counts.refreshes == 1);
  CHECK(counts.states.active_power_down == (100 - 46) + (1000 - 140));
  CHECK(counts.states.precharge_standby == 1224 - 1005);
  CHECK(counts.states.precharge_power_down == 1500 - 1224);
  CHECK(counts.states.self_refresh == 0);
}

TEST_CASE("a rank stays in power-down for tCKE at least") {
  Config c = sleepy();
  c.timing.cke = 30;
  CHECK(after_two_reads(c, 50).cycles(CommandKind::kPowerUp) == std::vector<Cycle>{46 + 30});
}

TEST_CASE("a rank that is idle for long refreshes itself") {
  for (const int power_down_after : {0, 20}) {
    Config c = sleepy();
    c.controller.power_down_after = power_down_after;
    c.controller.self_refresh_after = 50;
    c.timing.refi = 1000;
    ChannelBench bench = after_a_read(c);
    // From 26 + 50 = 76 on: out of power-down where it is in, tXP = 5; rows closed, then tRP = 11.
    const Cycle asleep = 76 + (power_down_after == 0 ? 0 : 5) + 11;
    const Counts counts = bench.channel.counts(5000);
    CHECK(counts.self_refreshes == 1);
    CHECK(counts.refreshes == 0);
    CHECK(counts.states.self_refresh == 5000 - asleep);
    // Out at 5000; a refresh tXS = 300 later, tRFC = 208, tRCD = 11.
    bench.add(0, false, 5000);
    bench.run();
    CHECK(bench.cycles(CommandKind::kSelfRefreshExit) == std::vector<Cycle>{5000});
    CHECK(bench.cycles(CommandKind::kRefresh) == std::vector<Cycle>{5300});
    CHECK(bench.last(kRd) == 5300 + 208 + 11);
  }
}

TEST_CASE("energy follows from powers, commands and states") {
  Config c = sleepy();
  c.timing.refi = 1000;
  c.power = kPower;
  ChannelBench bench = after_two_reads(c, 100);
  constexpr double kUnit = 2 * 1e-3 * 1.25e-9;  // J per mW and clock, two devices
  const auto early = energy(c, bench.channel.counts(200), 200);
  // tRC = 39, tRAS = 28; two reads of four clocks; 114 clocks in power-down, 86 with a row open.
  CHECK(early.activate_j == Approx(kUnit * (60 * 39 - 40 * 28 - 30 * 11)));
  CHECK(early.read_j == Approx(kUnit * 2 * 4 * (140 - 40)));
  CHECK(early.write_j == 0);
  CHECK(early.background_j == Approx(kUnit * (86 * 40 + 114 * 20)));
  CHECK(early.refresh_j == 0);
  const auto later = energy(c, bench.channel.counts(1500), 1500);
  CHECK(later.refresh_j == Approx(kUnit * 208 * (200 - 30)));
  // Of 1500 clocks 914 in active power-down, 219 closed, 276 in precharge power-down.
  CHECK(later.background_j == Approx(kUnit * (91 * 40 + 914 * 20 + 219 * 30 + 276 * 10)));

  // Writes; a bank's refresh takes its share; nothing is known of no device.
  Counts counts;
  counts.write_bursts = 3;
  counts.bank_refreshes = 8;
  counts.states.self_refresh = 1000;
  CHECK(energy(c, counts, 1000).write_j == Approx(kUnit * 3 * 4 * (130 - 40)));
  CHECK(energy(c, counts, 1000).refresh_j == Approx(kUnit * 208 * (200 - 30)));
  CHECK(energy(c, counts, 1000).background_j == Approx(kUnit * 1000 * 5));
  c.power.devices = 0;
  CHECK(energy(c, counts, 1000).total_j() == 0);
}
