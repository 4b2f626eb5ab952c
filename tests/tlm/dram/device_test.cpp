// Every timing constraint of the device is tight: one clock early the command is refused, on the clock it is
// allowed; and it is that constraint and no other: one clock more of it is one clock more to wait.
#include "tlm/dram/device.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/tlm/dram/presets.h"

using namespace bitbalance::dram;
using namespace bitbalance::dram::test;

namespace {

/// Banks of two_ranks(): two of the same group, one of another group, one of the other rank.
constexpr int kBank = 0, kSameGroup = 1, kOtherGroup = 4, kThird = 8, kFourth = 12, kOtherRank = 16;

struct Issued {
  CommandKind kind;
  int bank;
  Cycle cycle;
};

struct Row {
  const char* name;
  int Timing::*clocks;          ///< the constraint
  std::vector<Issued> history;  ///< what was issued
  CommandKind next;
  int bank;
  Cycle first;  ///< clock at which `next` is allowed first
};

Location place(const Config& config, int bank, int row = 0) {
  Location at;
  at.bank = bank;
  at.group = bank / config.geometry.banks;
  at.rank = at.group / config.geometry.bank_groups;
  at.row = row;
  return at;
}

Device after(const Config& config, const std::vector<Issued>& history) {
  Device device(config);
  for (const Issued& i : history) device.issue({i.kind, place(config, i.bank)}, i.cycle);
  return device;
}

void check_tight(const Config& config, const Row& row) {
  const std::string name =
      std::string(row.name) + ", then " + to_string(row.next) + " " + std::to_string(row.bank);
  CAPTURE(name);
  const Command next{row.next, place(config, row.bank)};
  const Device device = after(config, row.history);
  CHECK(device.earliest(next) == row.first);
  Device early = device;
  CHECK_THROWS_AS(early.issue(next, row.first - 1), std::logic_error);
  Device in_time = device;
  CHECK_NOTHROW(in_time.issue(next, row.first));

  Config longer = config;
  ++(longer.timing.*row.clocks);
  CHECK(after(longer, row.history).earliest(next) == row.first + 1);
}

}  // namespace

TEST_CASE("each timing constraint is tight") {
  using T = Timing;
  const std::vector<Issued> two_open = {{kAct, kBank, 100}, {kAct, kOtherGroup, 104}};
  const std::vector<Issued> pair_open = {{kAct, kBank, 100}, {kAct, kSameGroup, 106}};
  const std::vector<Issued> ranks_open = {{kAct, kBank, 100}, {kAct, kOtherRank, 101}};
  const auto then = [](std::vector<Issued> history, const Issued& more) {
    history.push_back(more);
    return history;
  };
  const std::vector<Row> rows = {
      {"tRCD", &T::rcd, {{kAct, kBank, 100}}, kRd, kBank, 100 + 17},
      {"tRCD", &T::rcd, {{kAct, kBank, 100}}, kWr, kBank, 100 + 17},
      {"tRAS", &T::ras, {{kAct, kBank, 100}}, kPre, kBank, 100 + 39},
      {"tRAS", &T::ras, {{kAct, kBank, 100}}, kPreAll, kBank, 100 + 39},
      {"tRC", &T::rc, {{kAct, kBank, 100}, {kPre, kBank, 139}}, kAct, kBank, 100 + 60},
      {"tRP", &T::rp, {{kAct, kBank, 100}, {kPre, kBank, 150}}, kAct, kBank, 150 + 17},
      {"tRP", &T::rp, {{kAct, kBank, 100}, {kPre, kBank, 150}}, kRef, kBank, 150 + 17},
      {"tRPab", &T::rp_ab, {{kAct, kBank, 100}, {kPreAll, kBank, 150}}, kAct, kBank, 150 + 19},
      {"tRPab", &T::rp_ab, {{kAct, kBank, 100}, {kPreAll, kBank, 150}}, kRef, kBank, 150 + 19},
      {"tRRD_S", &T::rrd_s, {{kAct, kBank, 100}}, kAct, kOtherGroup, 100 + 4},
      {"tRRD_L", &T::rrd_l, {{kAct, kBank, 100}}, kAct, kSameGroup, 100 + 6},
      {"tFAW",
       &T::faw,
       {{kAct, kBank, 100}, {kAct, kOtherGroup, 104}, {kAct, kThird, 108}, {kAct, kFourth, 112}},
       kAct,
       kSameGroup,
       100 + 26},
      {"tCCD_S", &T::ccd_s, then(two_open, {kRd, kBank, 130}), kRd, kOtherGroup, 130 + 4},
      {"tCCD_S", &T::ccd_s, then(two_open, {kWr, kBank, 130}), kWr, kOtherGroup, 130 + 4},
      {"tCCD_L", &T::ccd_l, then(pair_open, {kRd, kBank, 130}), kRd, kSameGroup, 130 + 6},
      {"tCCD_L", &T::ccd_l, then(pair_open, {kWr, kBank, 130}), kWr, kSameGroup, 130 + 6},
      {"tRTP", &T::rtp, {{kAct, kBank, 100}, {kRd, kBank, 135}}, kPre, kBank, 135 + 9},
      {"tRTP", &T::rtp, {{kAct, kBank, 100}, {kRd, kBank, 135}}, kPreAll, kBank, 135 + 9},
      // The data of a write ends CWL + BL / 2 = 16 clocks after it.
      {"tWR", &T::wr, {{kAct, kBank, 100}, {kWr, kBank, 120}}, kPre, kBank, 120 + 16 + 18},
      {"CWL", &T::cwl, {{kAct, kBank, 100}, {kWr, kBank, 120}}, kPre, kBank, 120 + 16 + 18},
      {"tDQSS", &T::dqss, {{kAct, kBank, 100}, {kWr, kBank, 120}}, kPre, kBank, 120 + 16 + 18},
      {"tWTR_S", &T::wtr_s, then(two_open, {kWr, kBank, 130}), kRd, kOtherGroup, 130 + 16 + 3},
      {"tWTR_L", &T::wtr_l, then(pair_open, {kWr, kBank, 130}), kRd, kSameGroup, 130 + 16 + 8},
      {"tRTW", &T::rtw, then(two_open, {kRd, kBank, 130}), kWr, kOtherGroup, 130 + 11},
      {"tRTW", &T::rtw, then(ranks_open, {kRd, kBank, 130}), kWr, kOtherRank, 130 + 11},
      {"tRTRS", &T::rtrs, then(ranks_open, {kRd, kBank, 130}), kRd, kOtherRank, 130 + 4 + 2},
      {"tRTRS", &T::rtrs, then(ranks_open, {kWr, kBank, 130}), kWr, kOtherRank, 130 + 4 + 2},
      // Read data may begin, CL = 17 clocks after its command, 2 clocks after the end of the write's.
      {"tRTRS", &T::rtrs, then(ranks_open, {kWr, kBank, 130}), kRd, kOtherRank, 130 + 16 + 2 - 17},
      {"tPPD", &T::ppd, then(two_open, {kPre, kBank, 150}), kPre, kOtherGroup, 150 + 3},
      {"tRFC", &T::rfc, {{kRef, kBank, 200}}, kAct, kOtherGroup, 200 + 420},
      {"tRFC", &T::rfc, {{kRef, kBank, 200}}, kRef, kBank, 200 + 420},
      // Auto-precharge begins by itself, tRTP or tWR after the data, but not before tRAS.
      {"RDA, tRTP", &T::rtp, {{kAct, kBank, 100}, {kRdAuto, kBank, 150}}, kAct, kBank, 150 + 9 + 17},
      {"RDA, tRP", &T::rp, {{kAct, kBank, 100}, {kRdAuto, kBank, 150}}, kAct, kBank, 150 + 9 + 17},
      {"WRA, tWR", &T::wr, {{kAct, kBank, 100}, {kWrAuto, kBank, 120}}, kAct, kBank, 120 + 16 + 18 + 17},
      {"tCCDMW", &T::ccd_mw, then(pair_open, {kWr, kBank, 130}), kMasked, kBank, 130 + 23},
      {"tCCDMW", &T::ccd_mw, then(pair_open, {kMasked, kBank, 130}), kMasked, kBank, 130 + 23},
      {"tCCD_L", &T::ccd_l, then(pair_open, {kMasked, kBank, 130}), kWr, kBank, 130 + 6},
      {"tCCD_L", &T::ccd_l, then(pair_open, {kWr, kBank, 130}), kMasked, kSameGroup, 130 + 6},
      {"tWR", &T::wr, {{kAct, kBank, 100}, {kMasked, kBank, 120}}, kPre, kBank, 120 + 16 + 18},
      {"tRFCpb", &T::rfc_pb, {{kRefBank, kBank, 200}}, kAct, kBank, 200 + 200},
      {"tRFCpb", &T::rfc_pb, {{kRefBank, kBank, 200}}, kRefBank, kOtherGroup, 200 + 200},
      {"tRFCpb", &T::rfc_pb, {{kRefBank, kBank, 200}}, kRef, kBank, 200 + 200},
      {"tRFCpb", &T::rfc_pb, {{kRefBank, kBank, 200}}, kPreAll, kBank, 200 + 200},
      {"tRRD_S, REFpb", &T::rrd_s, {{kRefBank, kBank, 200}}, kAct, kOtherGroup, 200 + 4},
      {"tRRD_L, REFpb", &T::rrd_l, {{kAct, kBank, 200}}, kRefBank, kSameGroup, 200 + 6},
      {"tRP, REFpb", &T::rp, {{kAct, kBank, 100}, {kPre, kBank, 150}}, kRefBank, kBank, 150 + 17},
      {"tFAW, REFpb",
       &T::faw,
       {{kAct, kBank, 100}, {kAct, kOtherGroup, 104}, {kRefBank, kThird, 108}, {kAct, kFourth, 112}},
       kAct,
       kSameGroup,
       100 + 26},
      {"tXP", &T::xp, {{kDown, kBank, 200}, {kUp, kBank, 250}}, kAct, kOtherGroup, 250 + 7},
      {"tXP", &T::xp, {{kDown, kBank, 200}, {kUp, kBank, 250}}, kRef, kBank, 250 + 7},
      {"tCKE", &T::cke, {{kDown, kBank, 200}}, kUp, kBank, 200 + 5},
      {"tXS", &T::xs, {{kSelf, kBank, 200}, {kSelfExit, kBank, 300}}, kAct, kBank, 300 + 430},
      {"tCKESR", &T::ckesr, {{kSelf, kBank, 200}}, kSelfExit, kBank, 200 + 8},
      {"PDE, tRAS", &T::ras, {{kAct, kBank, 100}}, kDown, kBank, 100 + 39},
      {"PDE, tRFC", &T::rfc, {{kRef, kBank, 200}}, kDown, kBank, 200 + 420},
      // The data of a read ends CL + BL / 2 = 21 clocks after it, later than it may be precharged.
      {"PDE, CL", &T::cl, {{kAct, kBank, 100}, {kRd, kBank, 135}}, kDown, kBank, 135 + 21 + 1},
      {"PDE, tWR", &T::wr, {{kAct, kBank, 100}, {kWr, kBank, 120}}, kDown, kBank, 120 + 16 + 18},
      {"SRE, tRPab", &T::rp_ab, {{kAct, kBank, 100}, {kPreAll, kBank, 150}}, kSelf, kBank, 150 + 19},
      {"SRE, tWR", &T::wr, {{kAct, kBank, 100}, {kWrAuto, kBank, 120}}, kSelf, kBank, 120 + 16 + 18 + 17},
  };
  for (const Row& row : rows) check_tight(two_ranks(), row);

  Config late_data = two_ranks();
  late_data.timing.cl = 40;  // the data of a read ends after its bank is at rest
  late_data.timing.rtw = 60;
  check_tight(late_data,
              {"SRE, CL", &T::cl, {{kAct, kBank, 100}, {kRdAuto, kBank, 150}}, kSelf, kBank, 150 + 44 + 1});

  Config short_cycle = two_ranks();
  short_cycle.timing.rc = 56;
  check_tight(
      short_cycle,
      {"RDA, tRAS", &T::ras, {{kAct, kBank, 100}, {kRdAuto, kBank, 117}}, kAct, kBank, 100 + 39 + 17});
}

TEST_CASE("another rank shares buses, and nothing else") {
  const Config c = two_ranks();
  CHECK(after(c, {{kAct, kBank, 100}}).earliest({kAct, place(c, kOtherRank)}) == 101);
  CHECK(after(c, {{kRef, kBank, 200}}).earliest({kAct, place(c, kOtherRank)}) == 201);
  CHECK(after(c, {{kAct, kBank, 100}, {kAct, kOtherRank, 101}, {kPre, kBank, 150}})
            .earliest({kPre, place(c, kOtherRank)}) == 151);
}

TEST_CASE("a row must be open to be read or written, and closed to be opened") {
  const Config c = two_ranks();
  const Device closed(c);
  CHECK(closed.earliest({kRd, place(c, kBank)}) == kNever);
  CHECK(closed.earliest({kWr, place(c, kBank)}) == kNever);
  CHECK(closed.earliest({kPre, place(c, kBank)}) == kNever);
  Device open = after(c, {{kAct, kBank, 100}});
  CHECK(open.earliest({kAct, place(c, kBank, 1)}) == kNever);
  CHECK(open.earliest({kRd, place(c, kBank, 1)}) == kNever);
  CHECK(open.earliest({kRef, place(c, kBank)}) == kNever);
  CHECK_THROWS_AS(open.issue({kRef, place(c, kBank)}, 1'000'000), std::logic_error);
  CHECK(after(c, {{kAct, kBank, 100}, {kRdAuto, kBank, 150}}).earliest({kRd, place(c, kBank)}) == kNever);
}

TEST_CASE("a rank that sleeps takes nothing but its own way to wake up") {
  const Config c = two_ranks();
  const Device down = after(c, {{kAct, kBank, 100}, {kDown, kBank, 200}});
  const Device self = after(c, {{kSelf, kBank, 200}});
  for (const CommandKind kind : {kAct, kPre, kPreAll, kRd, kWr, kRef, kRefBank, kDown, kSelf}) {
    CHECK(down.earliest({kind, place(c, kBank)}) == kNever);
    CHECK(self.earliest({kind, place(c, kBank)}) == kNever);
  }
  CHECK(down.earliest({kSelfExit, place(c, kBank)}) == kNever);
  CHECK(self.earliest({kUp, place(c, kBank)}) == kNever);
  CHECK(down.open_row(kBank) == 0);  // power-down keeps rows open
  CHECK(down.earliest({kAct, place(c, kOtherRank)}) == 201);
  CHECK(Device(c).earliest({kUp, place(c, kBank)}) == kNever);
  CHECK(after(c, {{kAct, kBank, 100}}).earliest({kSelf, place(c, kBank)}) == kNever);
  CHECK(after(c, {{kAct, kBank, 100}}).earliest({kRefBank, place(c, kBank)}) == kNever);
}

TEST_CASE("data ends with the burst, after CL and CWL and their further delays") {
  Config c = two_ranks();
  CHECK(Device(c).read_data_end(130) == 130 + 17 + 4);
  CHECK(Device(c).write_data_end(130) == 130 + 12 + 4);
  c.timing.dqsck = 6;
  c.timing.dqss = 1;
  CHECK(Device(c).read_data_end(130) == 130 + 17 + 6 + 4);
  CHECK(Device(c).write_data_end(130) == 130 + 12 + 1 + 4);
}

TEST_CASE("the command bus carries one command at a time, and timings count from its last clock") {
  Config c = two_ranks();
  CHECK(after(c, {{kAct, kBank, 100}}).earliest({kRef, place(c, kOtherRank)}) == 101);
  c.commands = {4, 2, 4, 2};
  // An activate whose last clock is 100; the other rank's takes clocks 101 to 104, its refresh 101 to 102.
  const Device device = after(c, {{kAct, kBank, 100}});
  CHECK(device.earliest({kAct, place(c, kOtherRank)}) == 104);
  CHECK(device.earliest({kRef, place(c, kOtherRank)}) == 102);
  CHECK(device.earliest({kRd, place(c, kBank)}) == 100 + 17);
  // Begins no earlier than asked.
  CHECK(device.earliest({kRef, place(c, kOtherRank)}, 200) == 201);
}
