// Figures and names of the tests: DDR3-1600K without refresh, so that times can be worked out by hand, and
// variations.
#pragma once

#include "tests/support/names.h"
#include "tlm/dram/config.h"
#include "tlm/dram/device.h"

namespace bitbalance::dram::test {

inline constexpr int kNoRefresh = 1'000'000;  ///< clocks, later than any of these tests

// Commands by short names, for tables of them.
inline constexpr CommandKind kAct = CommandKind::kActivate, kPre = CommandKind::kPrecharge,
                             kPreAll = CommandKind::kPrechargeAll, kRd = CommandKind::kRead,
                             kWr = CommandKind::kWrite, kRdAuto = CommandKind::kReadPrecharge,
                             kWrAuto = CommandKind::kWritePrecharge, kRef = CommandKind::kRefresh,
                             kMasked = CommandKind::kMaskedWrite, kRefBank = CommandKind::kRefreshBank,
                             kDown = CommandKind::kPowerDown, kUp = CommandKind::kPowerUp,
                             kSelf = CommandKind::kSelfRefresh, kSelfExit = CommandKind::kSelfRefreshExit;

/// Of two devices; every figure is of its own size.
inline constexpr DevicePower kPower = {2, 60, 30, 10, 40, 20, 140, 130, 200, 5};

/// Clocks of 1.25 ns; one channel, one rank, eight banks, 128 bursts of 64 bytes per row.
inline Config ddr3() {
  Config c;
  c.name = "test";
  c.geometry = {1, 1, 1, 8, 65536, 1024, 64, 8};
  Timing& t = c.timing;
  t.cl = 11;
  t.cwl = 8;
  t.rcd = 11;
  t.rp = 11;
  t.rp_ab = 11;
  t.ras = 28;
  t.rc = 39;
  t.rrd_s = t.rrd_l = 5;
  t.faw = 24;
  t.ccd_s = t.ccd_l = 4;
  t.rtp = 6;
  t.wr = 12;
  t.wtr_s = t.wtr_l = 6;
  t.rtw = 9;
  t.rfc = 208;
  t.refi = kNoRefresh;
  c.controller.address_map = "row bank column";
  return c;
}

/// Two ranks of four bank groups; every figure is of its own size, so that no constraint hides another.
inline Config two_ranks() {
  Config c;
  c.name = "test";
  c.geometry = {1, 2, 4, 4, 65536, 1024, 64, 8};
  Timing& t = c.timing;
  t.cl = 17;
  t.cwl = 12;
  t.rcd = 17;
  t.rp = 17;
  t.rp_ab = 19;
  t.ras = 39;
  t.rc = 60;
  t.rrd_s = 4;
  t.rrd_l = 6;
  t.faw = 26;
  t.ccd_s = 4;
  t.ccd_l = 6;
  t.rtp = 9;
  t.wr = 18;
  t.wtr_s = 3;
  t.wtr_l = 8;
  t.rtw = 11;
  t.rtrs = 2;
  t.ppd = 3;
  t.rfc = 420;
  t.refi = 9360;
  t.ccd_mw = 23;
  t.rfc_pb = 200;
  t.cke = 5;
  t.xp = 7;
  t.ckesr = 8;
  t.xs = 430;
  c.controller.address_map = "rank row bank column bank_group";
  return c;
}

}  // namespace bitbalance::dram::test
