// The sustained bandwidth of a channel is exactly what the constraints allow: every figure here is worked out
// by hand from the clocks of ddr3(), in the comment beside it.
#include "tlm/dram/controller/channel.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "tests/tlm/dram/channel_bench.h"

using namespace bitbalance::dram;
using namespace bitbalance::dram::test;

TEST_CASE("streaming reads keep the data bus busy, over row borders, too") {
  ChannelBench bench(ddr3());
  constexpr Cycle kBursts = 4 * kRow;
  for (std::uint64_t i = 0; i < kBursts; ++i) bench.add(i);
  bench.run();
  // ACT at 0, first read after tRCD = 11, then one every tCCD = 4: 64 B / 4 x 1.25 ns = 12.8 GB/s, the peak.
  // The next row's bank is opened while the one before is read.
  CHECK(bench.cycles(kRd).front() == 11);
  CHECK(bench.last(kRd) == 11 + (kBursts - 1) * 4);
  // The data of the last one ends CL + BL / 2 = 15 later.
  CHECK(bench.channel.completions().back().cycle == 11 + (kBursts - 1) * 4 + 15);
  // Busy to the end of the data, as far as that has come.
  CHECK(bench.channel.counts(bench.last(kRd)).busy == bench.last(kRd));
  const Counts counts = bench.channel.counts(bench.channel.completions().back().cycle);
  CHECK(counts.row_hits == kBursts - 4);
  CHECK(counts.row_misses == 4);
  CHECK(counts.busy == 11 + kBursts * 4 + 11);
}

TEST_CASE("streaming writes keep the data bus busy") {
  ChannelBench bench(ddr3());
  constexpr Cycle kBursts = 4 * kRow;
  for (std::uint64_t i = 0; i < kBursts; ++i) bench.add(i, true);
  bench.run();
  CHECK(bench.cycles(kWr).front() == 11);
  CHECK(bench.last(kWr) == 11 + (kBursts - 1) * 4);
}

TEST_CASE("bank groups in turn reach the peak, one group alone tCCD_L") {
  Config c = two_ranks();
  c.timing.refi = kNoRefresh;
  constexpr Cycle kBursts = 256;
  {
    ChannelBench bench(c);  // map: rank row bank column bank_group
    for (std::uint64_t i = 0; i < kBursts; ++i) bench.add(i);
    bench.run();
    // Groups open at 0, 4, 8, 12; reads from tRCD = 17 on: every tCCD_S = 4, as BL / 2.
    CHECK(bench.cycles(kRd).front() == 17);
    CHECK(bench.last(kRd) == 17 + (kBursts - 1) * 4);
  }
  c.controller.address_map = "rank row bank_group bank column";
  ChannelBench bench(c);
  for (std::uint64_t i = 0; i < kRow; ++i) bench.add(i);
  bench.run();
  CHECK(bench.last(kRd) == 17 + (Cycle{kRow} - 1) * 6);  // tCCD_L = 6: two thirds of the peak
}

TEST_CASE("row after row of one bank pays tRTP, tRP and tRCD for each") {
  Config c = ddr3();
  c.controller.address_map = "bank row column";
  ChannelBench bench(c);
  constexpr Cycle kRows = 3;
  for (std::uint64_t i = 0; i < kRows * kRow; ++i) bench.add(i);
  bench.run();
  // Within a row a read every 4; from a row's last read to the next row's first tRTP + tRP + tRCD = 6 + 11
  // + 11.
  CHECK(bench.last(kRd) == 11 + kRows * (Cycle{kRow} - 1) * 4 + (kRows - 1) * 28);
  const Counts counts = bench.channel.counts(bench.last(kRd));
  CHECK(counts.row_conflicts == kRows - 1);
  CHECK(counts.row_misses == 1);
}

TEST_CASE("random rows of one bank come a row cycle apart") {
  for (const PagePolicy policy : {PagePolicy::kOpen, PagePolicy::kClosed}) {
    Config c = ddr3();
    c.controller.page_policy = policy;
    ChannelBench bench(c);
    std::mt19937 random(1);
    constexpr std::uint64_t kBursts = 100;
    for (std::uint64_t i = 0; i < kBursts; ++i) {
      // Neighbours in time never share a row.
      const std::uint64_t row = 2 * (random() % 30'000) + i % 2;
      bench.add(row * kBankRows * kRow + random() % kRow);
    }
    bench.run();
    // Read at tRCD = 11; precharge at tRAS = 28 (tRTP is over at 17); next activate at tRC = 39.
    // 64 B / 39 x 1.25 ns = 1.31 GB/s.
    const auto activates = bench.cycles(kAct);
    REQUIRE(activates.size() == kBursts);
    for (std::size_t i = 0; i < activates.size(); ++i) REQUIRE(activates[i] == static_cast<Cycle>(i) * 39);
  }
}

TEST_CASE("random rows over all banks are bound by tFAW") {
  Config c = ddr3();
  c.controller.page_policy = PagePolicy::kClosed;  // precharges by themselves: no command beside ACT and RDA
  ChannelBench bench(c);
  std::mt19937 random(1);
  constexpr Cycle kWindows = 50;
  for (std::uint64_t i = 0; i < 4 * kWindows; ++i) {
    const std::uint64_t row = random() % 60'000;
    bench.add((row * kBankRows + i % 8) * kRow + random() % kRow);
  }
  bench.run();
  // Activates tRRD = 5 apart at 0, 5, 10, 15; the fifth at tFAW = 24: 4 bursts in 24 clocks, two thirds of
  // the peak: 8.53 GB/s. A bank comes again after 48 clocks, later than tRC = 39. Reads 11 after their
  // activates fall between these: 24 m + {0, 5, 10, 15} and 24 m + {11, 16, 21, 26} have no clock in common.
  const auto activates = bench.cycles(kAct);
  REQUIRE(activates.size() == 4 * kWindows);
  for (Cycle i = 0; i < 4 * kWindows; ++i) REQUIRE(activates[i] == i / 4 * 24 + i % 4 * 5);
  CHECK(bench.last(CommandKind::kReadPrecharge) == (kWindows - 1) * 24 + 15 + 11);
}

TEST_CASE("reads and writes of open rows alternate in turns of the watermarks' distance") {
  ChannelBench bench(ddr3());  // write_high 24, write_low 8: turns of 16
  constexpr Cycle kBursts = 10 * 16;
  for (std::uint64_t i = 0; i < kBursts; ++i) {
    bench.add(i % kRow);                   // bank 0
    bench.add(7 * kRow + i % kRow, true);  // bank 7
  }
  bench.run();
  const auto reads = bench.cycles(kRd), writes = bench.cycles(kWr);
  REQUIRE(reads.size() == kBursts);
  REQUIRE(writes.size() == kBursts);
  // A turn of reads, 15 x tCCD = 60, then tRTW = 9; a turn of writes, 60, then CWL + BL / 2 + tWTR = 18:
  // 32 bursts in 147 clocks, 11.1 GB/s.
  for (std::size_t turn = 1; turn < 9; ++turn) {
    CAPTURE(turn);
    // The first turn of writes opens its bank: ACT one clock after the last read, then tRCD: 12 instead
    // of 9.
    CHECK(reads[16 * turn] - reads[16 * (turn - 1)] == (turn == 1 ? 147 + 3 : 147));
    CHECK(writes[16 * turn] - reads[16 * turn] == 60 + 9);
    CHECK(writes[16 * turn + 15] - writes[16 * turn] == 60);
  }
  CHECK(bench.channel.counts(bench.log.back().cycle).turn_arounds == 2 * 10 - 1);
}

TEST_CASE("writes wait while there is something to read, unless they fill their queue") {
  ChannelBench bench(ddr3());
  for (std::uint64_t i = 0; i < 23; ++i) bench.add(7 * kRow + i, true);
  for (std::uint64_t i = 0; i < 40; ++i) bench.add(i);
  bench.run();
  // The writes came alone and began; the first reads came in the same clock and went first.
  CHECK(bench.last(kRd) < bench.cycles(kWr).front());

  ChannelBench full(ddr3());
  for (std::uint64_t i = 0; i < 25; ++i) full.add(7 * kRow + i, true);
  for (std::uint64_t i = 0; i < 40; ++i) full.add(i);
  full.run();
  const Cycle first_read = full.cycles(kRd).front();
  const auto writes = full.cycles(kWr);
  CHECK(std::count_if(writes.begin(), writes.end(), [&](Cycle c) { return c < first_read; }) == 16);
}

TEST_CASE("writes that may fill their queue go when one more waits for a place") {
  for (const TurnPolicy turns : {TurnPolicy::kTurns, TurnPolicy::kWatermarks}) {
    for (const bool waits : {false, true}) {
      Config c = ddr3();
      c.controller.turns = turns;
      c.controller.write_queue = c.controller.write_high = 8;
      c.controller.write_low = 2;
      ChannelBench bench(c);
      for (std::uint64_t i = 0; i < 40; ++i) bench.add(i);
      for (std::uint64_t i = 0; i < 8; ++i) bench.add(7 * kRow + i, true);
      bench.run(20);
      if (waits) bench.add(7 * kRow + 8, true, 20);
      bench.run();
      CHECK((bench.cycles(kWr).front() < bench.last(kRd)) == waits);
    }
  }
}

TEST_CASE("a bank that was opened for a burst is not closed before that burst has used it") {
  // A read opens row 0 of bank 0 at 0. More writes than write_high come at 5: it is their turn.
  const auto with_writes = [](Config c, std::uint64_t first) {
    ChannelBench bench(c);
    bench.add(0);
    bench.run(5);
    for (std::uint64_t i = 0; i < 25; ++i) bench.add(first + i, true, 5);
    bench.run();
    return bench;
  };
  for (const SchedulerPolicy policy : {SchedulerPolicy::kFrFcfs, SchedulerPolicy::kFcfs}) {
    Config c = ddr3();
    c.controller.scheduler = policy;
    c.controller.turns = TurnPolicy::kWatermarks;
    // They want another row of bank 0: the read goes at tRCD = 11, against their turn. Precharge at tRAS =
    // 28, ACT after tRP = 11, the writes after tRCD = 11.
    ChannelBench bench = with_writes(c, kBankRows * kRow);
    CHECK(bench.cycles(kRd) == std::vector<Cycle>{11});
    CHECK(bench.cycles(CommandKind::kPrecharge) == std::vector<Cycle>{28});
    CHECK(bench.cycles(kAct) == std::vector<Cycle>{0, 39});
    CHECK(bench.cycles(kWr).front() == 50);
    const Counts counts = bench.channel.counts(bench.last(kWr));
    CHECK(counts.row_misses == 1);
    CHECK(counts.row_conflicts == 1);
    CHECK(counts.turn_arounds == 1);
    // They want another bank: the read waits for its turn, until write_low = 8 writes are left. ACT at 5 =
    // tRRD, writes from 16 on; the read CWL + BL / 2 + tWTR = 18 after the 17th of them.
    ChannelBench other = with_writes(c, kRow);
    CHECK(other.cycles(kWr).front() == 16);
    CHECK(other.cycles(kRd) == std::vector<Cycle>{16 + 16 * 4 + 18});
    CHECK(other.cycles(kAct) == std::vector<Cycle>{0, 5});
  }
}

TEST_CASE("a write that its bank was opened for goes ahead of the reads that want another row") {
  ChannelBench bench(ddr3());
  bench.add(0, true);
  bench.run(5);
  for (std::uint64_t i = 0; i < 4; ++i) bench.add(kBankRows * kRow + i, false, 5);
  bench.run();
  // ACT at 0, WR at 11; precharge after CWL + BL / 2 + tWR = 24, ACT and reads 11 later each.
  CHECK(bench.cycles(kWr) == std::vector<Cycle>{11});
  CHECK(bench.cycles(CommandKind::kPrecharge) == std::vector<Cycle>{35});
  CHECK(bench.cycles(kRd).front() == 57);
  CHECK(bench.cycles(kAct).size() == 2);
}

TEST_CASE("a refresh closes a row that its burst has not used, and the burst opens it again") {
  Config c = ddr3();
  c.timing.refi = 1000;
  ChannelBench bench(c);
  bench.add(0, false, 995);
  bench.run();
  // ACT at 995; the read would come at 1006, but the refresh is due at 1000. Precharged at tRAS = 28,
  // refreshed tRP = 11 later, for tRFC = 208; ACT at 1242.
  CHECK(bench.cycles(CommandKind::kPrechargeAll) == std::vector<Cycle>{995 + 28});
  CHECK(bench.cycles(kAct) == std::vector<Cycle>{995, 995 + 28 + 11 + 208});
  CHECK(bench.cycles(kRd) == std::vector<Cycle>{995 + 28 + 11 + 208 + 11});
  CHECK(bench.channel.counts(bench.last(kRd)).row_misses == 1);
}

TEST_CASE("a refresh takes its time from a stream, and no more") {
  Config c = ddr3();
  c.timing.refi = 1000;
  ChannelBench bench(c);
  constexpr Cycle kBursts = 512;
  for (std::uint64_t i = 0; i < kBursts; ++i) bench.add(i);
  bench.run();
  const auto reads = bench.cycles(kRd);
  // Reads at 11 + 4 i up to 999, the last clock ahead of the refresh: 248 of them. All banks are precharged
  // tRTP = 6 later, refreshed after tRP = 11, opened after tRFC = 208, read after tRCD = 11: 999 + 236.
  CHECK(reads[247] == 999);
  CHECK(bench.cycles(CommandKind::kPrechargeAll).front() == 1005);
  CHECK(bench.cycles(CommandKind::kRefresh).front() == 1016);
  CHECK(reads[248] == 1235);
  // The second one is due at 2000: reads at 1235 + 4 i up to 1999, that is 192 of them.
  CHECK(reads[248 + 191] == 1999);
  CHECK(bench.cycles(CommandKind::kRefresh).at(1) == 2016);
  // From due to done: 16 + 208 each, for 8 banks.
  CHECK(bench.channel.counts(bench.last(kRd)).refreshing == 8 * 2 * 224);
}

TEST_CASE("banks wait for one refresh at a time, however late the refreshes are") {
  Config c = ddr3();
  c.timing.refi = 270;
  c.timing.wr = 600;
  ChannelBench bench(c);
  bench.add(0, true);
  bench.run();
  // The row may be closed at 623 only, the refresh that is due at 270 is done at 842. The next ones are due
  // at 540, 810 and 1080: all banks wait without a break.
  for (const Cycle now : {842, 900, 1000, 1050}) {
    CAPTURE(now);
    CHECK(bench.channel.counts(now).refreshing == 8 * (now - 270));
  }
}

TEST_CASE("an idle channel refreshes on time and has no row open afterwards") {
  Config c = ddr3();
  c.timing.refi = 1000;
  ChannelBench bench(c);
  bench.add(0);
  bench.run();
  bench.add(1, false, 5500);  // refreshes were due at 1000, 2000 ... 5000
  bench.run();
  CHECK(bench.cycles(kAct).back() == 5500);
  const Counts counts = bench.channel.counts(bench.last(kRd));
  CHECK(counts.refreshes == 5);
  CHECK(counts.row_misses == 2);
  CHECK(counts.row_hits == 0);

  // In the middle of a refresh: due at 6000, banks open: precharged at 6000, refreshed at 6011, done at 6219.
  bench.add(0, false, 6100);
  bench.run();
  CHECK(bench.cycles(kAct).back() == 6219);
}

TEST_CASE("ready bursts overtake, first come first served does not") {
  for (const SchedulerPolicy policy : {SchedulerPolicy::kFrFcfs, SchedulerPolicy::kFcfs}) {
    Config c = ddr3();
    c.controller.scheduler = policy;
    ChannelBench bench(c);
    bench.add(0);
    bench.add(kBankRows * kRow);  // another row of bank 0
    bench.add(1);                 // the first row again
    bench.run();
    // In order: row 0, row 1, row 0: two conflicts. Reordered: row 0 twice, then row 1.
    const Counts counts = bench.channel.counts(bench.last(kRd));
    CHECK(counts.row_conflicts == (policy == SchedulerPolicy::kFcfs ? 2 : 1));
    // FCFS: reads 39 apart, bound by tRC. FR-FCFS: 11, 15, then tRAS = 28 is later than 15 + tRTP: 28 + 22.
    CHECK(bench.last(kRd) == (policy == SchedulerPolicy::kFcfs ? 11 + 2 * 39 : 28 + 22));
  }
}

TEST_CASE("row hits overtake an older burst of the bank only up to the limit") {
  Config c = ddr3();
  c.controller.row_hit_limit = 4;
  ChannelBench bench(c);
  bench.add(0);
  bench.add(kBankRows * kRow);
  for (std::uint64_t i = 1; i < 20; ++i) bench.add(i);
  bench.run();
  // Four reads of the open row at 11, 15, 19, 23; precharge at tRTP after the last: 29; the other row at 29
  // + 22.
  CHECK(bench.cycles(kRd)[3] == 23);
  CHECK(bench.cycles(CommandKind::kPrecharge).front() == 29);
  CHECK(bench.cycles(kRd)[4] == 51);
}

TEST_CASE("a read finds the data of a queued write") {
  ChannelBench bench(ddr3());
  for (std::uint64_t i = 0; i < 10; ++i) bench.add(i, true);
  bench.add(5);
  REQUIRE(bench.channel.completions().size() == 11);
  CHECK(bench.channel.completions().back().cycle == 0);
  bench.run();
  CHECK(bench.channel.counts(bench.last(kWr)).forwarded_bursts == 1);
  CHECK(bench.cycles(kRd).empty());
}

TEST_CASE("a write is answered when it enters the queue, and waits for its place") {
  ChannelBench bench(ddr3());
  for (std::uint64_t i = 0; i < 40; ++i) bench.add(i, true);
  CHECK(bench.channel.completions().size() == 32);
  bench.run();
  const auto& completions = bench.channel.completions();
  REQUIRE(completions.size() == 40);
  // The first place is free with the first write, tRCD = 11, the next one tCCD = 4 later.
  CHECK(completions[32].cycle == 11);
  CHECK(completions[39].cycle == 11 + 7 * 4);
  CHECK(bench.channel.counts(bench.last(kWr)).write_queue_peak == 32);
}
