// All that defines a timed DRAM and its controller, as plain values in clocks of the DRAM. SystemC-free; the
// scenario's `memory` section fills it.
#pragma once

#include <cstdint>
#include <string>

#include "tlm/dram/names.h"

namespace bitbalance::dram {

/// A number of rising edges of the DRAM's clock; edge 0 is the start of the simulation.
using Cycle = std::int64_t;

/// Every figure is a power of two.
struct Geometry {
  int channels = 1;      ///< each with command bus, data bus and controller of its own
  int ranks = 1;         ///< of a channel
  int bank_groups = 1;   ///< of a rank
  int banks = 8;         ///< of a bank group
  int rows = 65536;      ///< of a bank
  int columns = 1024;    ///< of a row, each `width_bits` wide
  int width_bits = 64;   ///< of a channel's data bus
  int burst_length = 8;  ///< transfers of a burst (BL), two a clock

  int banks_per_rank() const { return bank_groups * banks; }
  int all_banks() const { return ranks * banks_per_rank(); }
  int burst_clocks() const { return burst_length / 2; }
  std::int64_t burst_bytes() const { return std::int64_t{burst_length} * width_bits / 8; }
  int bursts_per_row() const { return columns / burst_length; }
  /// Of all channels.
  std::int64_t capacity_bytes() const {
    return std::int64_t{channels} * all_banks() * rows * bursts_per_row() * burst_bytes();
  }
};

/// JEDEC's parameters, in clocks: `rcd` is tRCD. _s: to another bank group, _l: within one.
struct Timing {
  int cl = 0;     ///< read command to its data
  int cwl = 0;    ///< write command to its data
  int dqsck = 0;  ///< further delay of read data (LPDDR)
  int dqss = 0;   ///< further delay of write data (LPDDR)
  int rcd = 0;    ///< activate to read or write
  int rp = 0;     ///< precharge of a bank to activate
  int rp_ab = 0;  ///< precharge of all banks to activate or refresh
  int ras = 0;    ///< activate to precharge
  int rc = 0;     ///< activate to activate, same bank
  int rrd_s = 0;  ///< activate to activate, other bank
  int rrd_l = 0;
  int faw = 0;    ///< window with at most four activates
  int ccd_s = 0;  ///< read to read, write to write
  int ccd_l = 0;
  int rtp = 0;    ///< read to precharge
  int wr = 0;     ///< end of write data to precharge
  int wtr_s = 0;  ///< end of write data to read
  int wtr_l = 0;
  int rtw = 0;     ///< read to write, any bank: the data bus turns around
  int rtrs = 0;    ///< gap on the data bus between two ranks
  int ppd = 0;     ///< precharge to precharge, other bank
  int rfc = 0;     ///< refresh of all banks to activate or refresh
  int refi = 0;    ///< between two refreshes of a rank, on average
  int ccd_mw = 0;  ///< write to masked write, same bank (LPDDR4); 0: writes are masked at no cost
  int rfc_pb = 0;  ///< refresh of a bank to activate or refresh (LPDDR)
  int cke = 0;     ///< least stay in power-down
  int xp = 0;      ///< end of power-down to any command
  int ckesr = 0;   ///< least stay in self-refresh
  int xs = 0;      ///< end of self-refresh to any command
};

/// How long a command holds the command bus. Timings count from a command's last clock.
struct CommandClocks {
  int activate = 1;
  int precharge = 1;
  int column = 1;  ///< read or write
  int refresh = 1;
};

enum class PagePolicy {
  kOpen,    ///< a row stays open until another one is wanted or a refresh is due
  kClosed,  ///< the last queued burst of a row closes it
};
enum class SchedulerPolicy {
  kFrFcfs,  ///< first ready, then first come
  kFcfs,    ///< first come
};

/// How reads and writes take turns where both keep coming.
enum class TurnPolicy {
  kTurns,       ///< write_high - write_low bursts of each
  kWatermarks,  ///< writes above write_high, until no more than write_low are left, however many come
};
enum class RefreshPolicy {
  kAllBanks,  ///< all banks of a rank at once, each tREFI
  kPerBank,   ///< one bank after another, each tREFI / banks
};

struct ControllerConfig {
  SchedulerPolicy scheduler = SchedulerPolicy::kFrFcfs;
  PagePolicy page_policy = PagePolicy::kOpen;
  int read_queue = 32;   ///< bursts, of a channel
  int write_queue = 32;  ///< bursts, of a channel
  int write_high = 24;   ///< more queued writes than these go first ...
  int write_low = 8;     ///< ... until no more than these are left
  TurnPolicy turns = TurnPolicy::kTurns;
  int row_hit_limit = 16;     ///< bursts of a row ahead of an older one that wants another row of the bank
  bool posted_writes = true;  ///< a write is answered in its queue; else at the end of its data
  RefreshPolicy refresh = RefreshPolicy::kAllBanks;
  int power_down_after = 0;    ///< clocks without a burst, then ranks power down; 0: never
  int self_refresh_after = 0;  ///< the same to self-refresh
  /// From rank, bank_group, bank, row, column and channel to an address of a burst, most significant first;
  /// a field may be cut: "column:3" is the next 3 bits of it.
  std::string address_map = "rank row bank bank_group column channel";
  std::int64_t request_latency_ps = 0;   ///< from a request to the queues
  std::int64_t response_latency_ps = 0;  ///< from the end of the data to the answer
};

/// Of one device in each state that datasheets give a current for, in mW: sum of supply voltages x currents.
struct DevicePower {
  int devices = 0;   ///< of a rank, in lockstep; 0: nothing is known, and no energy is reported
  double idd0 = 0;   ///< activated and precharged each tRC
  double idd2n = 0;  ///< all banks closed
  double idd2p = 0;  ///< the same, in power-down
  double idd3n = 0;  ///< banks open
  double idd3p = 0;  ///< the same, in power-down
  double idd4r = 0;  ///< reads without a pause
  double idd4w = 0;  ///< writes without a pause
  double idd5 = 0;   ///< refreshes each tRFC
  double idd6 = 0;   ///< self-refresh
};

struct Config {
  std::string name;
  /// Of the clock, in ps; a fraction, so that 1200 MHz does not drift.
  std::int64_t tck_ps_numerator = 1250;
  std::int64_t tck_ps_denominator = 1;
  Geometry geometry;
  Timing timing;
  CommandClocks commands;
  ControllerConfig controller;
  DevicePower power;

  double tck_s() const {
    return 1e-12 * static_cast<double>(tck_ps_numerator) / static_cast<double>(tck_ps_denominator);
  }
  /// All data buses without a pause.
  double peak_bytes_per_s() const {
    return static_cast<double>(geometry.channels) * geometry.width_bits / 8 * 2 / tck_s();
  }
};

const char* to_string(PagePolicy policy);
const char* to_string(SchedulerPolicy policy);
const char* to_string(TurnPolicy policy);
const char* to_string(RefreshPolicy policy);

/// The shortest tREFI, in clocks, that refreshes of this policy leave time for others with.
int least_refi(const Config& config);

/// Throws ConfigError, with JEDEC's name, where parameters are out of range or contradict one another: the
/// values, and what is accepted.
void check(const Config& config);
/// Throws ConfigError where the DRAM is smaller than what it is to keep.
void check_capacity(const Config& config, std::uint64_t bytes);

}  // namespace bitbalance::dram
