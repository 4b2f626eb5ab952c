#include "testbench/scenario/dram_settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <regex>

#include "base/text/number.h"
#include "hw/cost/technology.h"
#include "hw/isa/config_settings.h"

namespace bitbalance::scenario {
namespace {

enum class Use { kAlways, kWithGroups, kWithoutGroups };

/// A parameter of the datasheet and where its clocks go.
struct TimeKey {
  Setting setting;
  int dram::Timing::*clocks;
  const char* fallback = nullptr;  ///< without one it must be given
  Use use = Use::kAlways;
  int dram::Timing::*also = nullptr;  ///< without bank groups: its other half
  DramTime::Rounding rounding = DramTime::Rounding::kUp;
};

constexpr const char* kAsBefore = "as the one before";
using T = dram::Timing;
constexpr std::array<TimeKey, kDramTimes> kTimes = {{
    {{"CL", "read latency: read to its data (LPDDR: RL)"}, &T::cl},
    {{"CWL", "write latency: write to its data (LPDDR: WL)"}, &T::cwl},
    {{"tDQSCK", "further delay of read data (LPDDR)"}, &T::dqsck, "0 nCK"},
    {{"tDQSS", "further delay of write data (LPDDR)"}, &T::dqss, "0 nCK"},
    {{"tRCD", "activate to read or write"}, &T::rcd},
    {{"tRP", "precharge of a bank to activate (LPDDR: tRPpb)"}, &T::rp},
    {{"tRPab", "precharge of all banks to activate or refresh; default: tRP"}, &T::rp_ab, kAsBefore},
    {{"tRAS", "activate to precharge"}, &T::ras},
    {{"tRC", "activate to activate, same bank"}, &T::rc},
    {{"tRRD", "activate to activate, other bank"}, &T::rrd_s, nullptr, Use::kWithoutGroups, &T::rrd_l},
    {{"tRRD_S", "activate to activate, other bank group"}, &T::rrd_s, nullptr, Use::kWithGroups},
    {{"tRRD_L", "activate to activate, same bank group"}, &T::rrd_l, nullptr, Use::kWithGroups},
    {{"tFAW", "window with at most four activates"}, &T::faw},
    {{"tCCD", "read to read, write to write"}, &T::ccd_s, nullptr, Use::kWithoutGroups, &T::ccd_l},
    {{"tCCD_S", "read to read, write to write, other bank group"}, &T::ccd_s, nullptr, Use::kWithGroups},
    {{"tCCD_L", "read to read, write to write, same bank group"}, &T::ccd_l, nullptr, Use::kWithGroups},
    {{"tRTP", "read to precharge"}, &T::rtp},
    {{"tWR", "end of write data to precharge"}, &T::wr},
    {{"tWTR", "end of write data to read"}, &T::wtr_s, nullptr, Use::kWithoutGroups, &T::wtr_l},
    {{"tWTR_S", "end of write data to read, other bank group"}, &T::wtr_s, nullptr, Use::kWithGroups},
    {{"tWTR_L", "end of write data to read, same bank group"}, &T::wtr_l, nullptr, Use::kWithGroups},
    {{"tRTW", "read to write: the data bus turns around"}, &T::rtw},
    {{"tRTRS", "gap on the data bus between two ranks"}, &T::rtrs, "0 nCK"},
    {{"tPPD", "precharge to precharge, other bank (LPDDR)"}, &T::ppd, "0 nCK"},
    {{"tRFC", "refresh of all banks (DDR4: tRFC1, LPDDR4: tRFCab)"}, &T::rfc},
    {{"tREFI", "between two refreshes, at most: rounded down"},
     &T::refi,
     nullptr,
     Use::kAlways,
     nullptr,
     DramTime::Rounding::kDown},
    {{"tCCDMW", "write to masked write, same bank (LPDDR4); 0 nCK: parts of a burst are written at no cost"},
     &T::ccd_mw,
     "0 nCK"},
    {{"tRFCpb", "refresh of one bank (LPDDR)"}, &T::rfc_pb, "0 nCK"},
    {{"tXP", "end of power-down to any command"}, &T::xp, "0 nCK"},
    {{"tCKE", "least stay in power-down"}, &T::cke, "0 nCK"},
    {{"tCKESR", "least stay in self-refresh (LPDDR: tSR); default: tCKE"}, &T::ckesr, kAsBefore},
    {{"tXS", "end of self-refresh to any command (LPDDR: tXSR)"}, &T::xs, "0 nCK"},
}};

const char* condition_of(Use use) {
  return use == Use::kWithGroups ? "with bank_groups above 1" : "with bank_groups 1";
}

bool is_used(const TimeKey& key, int bank_groups) {
  return key.use == Use::kAlways || (key.use == Use::kWithGroups) == (bank_groups > 1);
}

void show_geometry(SettingsVisitor& v, dram::Geometry& g) {
  v.integer({"channels", "each with buses and a controller of its own"}, g.channels);
  v.integer({"ranks", "of a channel"}, g.ranks);
  v.integer({"bank_groups", "of a rank; 1: the standard has none"}, g.bank_groups);
  v.integer({"banks", "of a bank group"}, g.banks);
  v.required();
  v.integer({"rows", "of a bank"}, g.rows);
  v.required();
  v.integer({"columns", "of a row, each width_bits wide"}, g.columns);
  v.required();
  v.integer({"width_bits", "of a channel's data bus"}, g.width_bits);
  v.required();
  v.integer({"BL", "burst length: transfers of a burst, two per clock"}, g.burst_length);
  v.required();
}

/// Clock period in ns; 0 where it is not given.
Rational show_period(SettingsVisitor& v, DramSettings& s) {
  v.text({"tCK", "clock period; a fraction where it has no end: 5/6 ns", "a time like 1.25 ns"}, s.tck);
  v.required();
  const auto period = parse_dram_time(s.tck);
  v.rule(period && period->clocks == 0, "tCK", fmt::format("'{}'; accepted: a time like 1.25 ns", s.tck));
  if (!period) return {};
  const Rational ps = 1000 * period->ns;
  s.config.tck_ps_numerator = ps.numerator();
  s.config.tck_ps_denominator = ps.denominator();
  return period->ns;
}

void show_time(SettingsVisitor& v, DramSettings& s, std::size_t which, const Rational& tck_ns) {
  constexpr const char* kForm = "a time like 15 ns, 4 nCK or max(4 nCK, 7.5 ns)";
  const TimeKey& key = kTimes[which];
  std::string& text = s.times[which];
  if (text.empty() && key.fallback != nullptr)
    text = key.fallback == kAsBefore ? s.times[which - 1] : key.fallback;
  v.text({key.setting.key, key.setting.meaning, kForm}, text);
  if (key.fallback == nullptr) v.required();
  const auto time = parse_dram_time(text);
  v.rule(time.has_value(), key.setting.key, fmt::format("'{}'; accepted: {}", text, kForm));
  if (!time || tck_ns == 0) return;  // something is missing
  constexpr std::int64_t kLargest = std::numeric_limits<int>::max();
  const int clocks = static_cast<int>(std::min(kLargest, time->to_clocks(tck_ns, key.rounding)));
  s.config.timing.*key.clocks = clocks;
  if (key.also != nullptr) s.config.timing.*key.also = clocks;
}

void show_times(SettingsVisitor& v, DramSettings& s) {
  const Rational tck_ns = show_period(v, s);
  for (std::size_t i = 0; i < kTimes.size(); ++i) {
    v.only_if(is_used(kTimes[i], s.config.geometry.bank_groups), condition_of(kTimes[i].use),
              [&] { show_time(v, s, i, tck_ns); });
  }
}

void show_commands(SettingsVisitor& v, dram::CommandClocks& c) {
  v.integer({"activate", "ACT (LPDDR4: ACT-1 and ACT-2)"}, c.activate);
  v.integer({"precharge", "PRE"}, c.precharge);
  v.integer({"column", "RD or WR (LPDDR4: with CAS-2)"}, c.column);
  v.integer({"refresh", "REF"}, c.refresh);
}

void show_power(SettingsVisitor& v, dram::DevicePower& p) {
  v.integer({"devices", "of a rank, in lockstep; 0: no energy is reported"}, p.devices);
  const auto milliwatts = [&](const char* key, const char* meaning, double& value) {
    v.real({key, meaning}, value, 0, 1e6);
  };
  milliwatts("IDD0", "mW of a device: activated and precharged each tRC", p.idd0);
  milliwatts("IDD2N", "all banks closed", p.idd2n);
  milliwatts("IDD2P", "the same, in power-down", p.idd2p);
  milliwatts("IDD3N", "banks open", p.idd3n);
  milliwatts("IDD3P", "the same, in power-down", p.idd3p);
  milliwatts("IDD4R", "reads without a pause", p.idd4r);
  milliwatts("IDD4W", "writes without a pause", p.idd4w);
  milliwatts("IDD5", "refreshes each tRFC", p.idd5);
  milliwatts("IDD6", "self-refresh", p.idd6);
}

void show_controller(SettingsVisitor& v, dram::ControllerConfig& c) {
  using dram::PagePolicy, dram::RefreshPolicy, dram::SchedulerPolicy, dram::TurnPolicy;
  v.choice({"scheduler", "fr_fcfs: what is ready first, then what came first"}, c.scheduler,
           names_of({SchedulerPolicy::kFrFcfs, SchedulerPolicy::kFcfs}));
  v.choice({"page_policy", "closed: the last queued burst of a row closes it"}, c.page_policy,
           names_of({PagePolicy::kOpen, PagePolicy::kClosed}));
  v.text({"address_map", "fields of an address from the most significant bit; column:3 is 3 bits of it"},
         c.address_map);
  v.choice({"refresh", "per_bank: one bank after another, while the others work (LPDDR)"}, c.refresh,
           names_of({RefreshPolicy::kAllBanks, RefreshPolicy::kPerBank}));
  v.boolean({"posted_writes", "true: a write is answered in its queue; false: at the end of its data"},
            c.posted_writes);
  v.integer({"power_down_after", "clocks without a burst until ranks power down; 0: never"},
            c.power_down_after);
  v.integer({"self_refresh_after", "clocks without a burst until ranks refresh themselves; 0: never"},
            c.self_refresh_after);
  v.integer({"read_queue", "bursts, of a channel"}, c.read_queue);
  v.integer({"write_queue", "bursts, of a channel"}, c.write_queue);
  v.integer({"write_high", "more queued writes than these go first ..."}, c.write_high);
  v.integer({"write_low", "... until no more than these are left"}, c.write_low);
  v.choice({"turns",
            "turns: write_high - write_low bursts of each direction; watermarks: writes go on to write_low"},
           c.turns, names_of({TurnPolicy::kTurns, TurnPolicy::kWatermarks}));
  v.integer({"row_hit_limit", "bursts of a row ahead of an older one of another row of the bank"},
            c.row_hit_limit);
  constexpr int kPsPerNs = 1000;
  std::int64_t request_ns = c.request_latency_ps / kPsPerNs, response_ns = c.response_latency_ps / kPsPerNs;
  v.integer({"request_latency_ns", "from a request to the queues"}, request_ns, 0, 1'000'000);
  v.integer({"response_latency_ns", "from the end of the data to the answer"}, response_ns, 0, 1'000'000);
  c.request_latency_ps = request_ns * kPsPerNs;
  c.response_latency_ps = response_ns * kPsPerNs;
}

}  // namespace

std::int64_t DramTime::to_clocks(const Rational& tck_ns, Rounding rounding) const {
  // Both have parts of nine digits at most: the products are exact.
  const std::int64_t dividend = ns.numerator() * tck_ns.denominator();
  const std::int64_t divisor = ns.denominator() * tck_ns.numerator();
  const std::int64_t up = rounding == Rounding::kUp ? divisor - 1 : 0;
  return std::max<std::int64_t>(clocks, (dividend + up) / divisor);
}

std::optional<DramTime> parse_dram_time(const std::string& text) {
  static const std::regex clock_form(R"((\d{1,9}) nCK)"), ns_form(R"(([\d./]+) ns)"),
      larger_form(R"(max\((\d{1,9}) nCK, ([\d./]+) ns\))");
  std::smatch match;
  DramTime time;
  if (std::regex_match(text, match, clock_form)) {
    const auto clocks = whole_number(match[1].str(), 0);
    if (!clocks) return std::nullopt;
    time.clocks = *clocks;
    return time;
  }
  const bool is_larger = std::regex_match(text, match, larger_form);
  if (is_larger) {
    const auto clocks = whole_number(match[1].str(), 0);
    if (!clocks) return std::nullopt;
    time.clocks = *clocks;
  }
  if (!is_larger && !std::regex_match(text, match, ns_form)) return std::nullopt;
  const auto ns = parse_rational(match[is_larger ? 2 : 1]);
  if (!ns) return std::nullopt;
  time.ns = *ns;
  return time;
}

void show_dram(SettingsVisitor& v, DramSettings& s) {
  dram::Config& config = s.config;
  v.text({"name", "in reports"}, config.name);
  v.required();
  static const std::string type =
      fmt::format("standard, as technology.dram.type names it: {}", fmt::join(dram_type_names(), ", "));
  v.text({"type", type.c_str()}, s.type);
  v.required();
  show_geometry(v, config.geometry);
  show_times(v, s);
  v.section({"command_clocks", "how long a command holds the command bus"},
            [&] { show_commands(v, config.commands); });
  v.section({"power", "mW of a device in each state of a datasheet: sum of supply voltages x currents"},
            [&] { show_power(v, config.power); });
  v.section({"controller", "queues, order and address map"}, [&] { show_controller(v, config.controller); });
  v.checked([&] { check(config); });
}

}  // namespace bitbalance::scenario
