// Random traffic on random memories: no constraint is broken, no row is opened in vain, no burst and no
// refresh is lost, and all figures but those of row hits are computed anew from the commands.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <deque>
#include <map>

#include "base/text/config_error.h"
#include "tests/tlm/dram/channel_bench.h"
#include "tests/tlm/dram/command_checker.h"
#include "tests/tlm/dram/figures_checker.h"
#include "tests/tlm/dram/random_dram.h"
#include "tests/tlm/dram/refresh_checker.h"

using namespace bitbalance::dram;
using namespace bitbalance::dram::test;
using bitbalance::test::RandomDraw;

namespace {

struct Seen {
  std::map<CommandKind, std::int64_t> commands;
  std::int64_t forwarded = 0;
  std::string wrong;
};

/// A channel under all that watches it.
struct Watched {
  explicit Watched(const Config& config)
      : bench(config), commands(config), refreshes(config), figures(config) {
    bench.channel.observe([this](const Command& command, Cycle cycle) {
      commands.note(command, cycle);
      figures.note(command, cycle, refreshes.due(command.at.rank));
      refreshes.note(command, cycle);
      ++seen[command.kind];
    });
  }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  void add(std::uint64_t number, bool is_write, Cycle now, std::uint32_t missing) {
    bench.run(now);
    const bool has_begun = bench.next_has_begun(now);
    const std::uint32_t before = bench.count;
    bench.add(number, is_write, now, missing);
    CHECK(bench.count == before + 1);
    if (has_begun) CHECK(bench.channel.next() == now);
    Burst burst;
    burst.at = bench.map.locate(number * bench.burst_bytes);
    burst.bytes = static_cast<std::uint32_t>(bench.burst_bytes) - missing;
    burst.is_write = is_write;
    figures.added(burst, now);
  }

  ChannelBench bench;
  CommandChecker commands;
  RefreshChecker refreshes;
  FiguresChecker figures;
  std::map<CommandKind, std::int64_t> seen;
};

/// Bursts in runs, at random and again and again, with pauses or all at once; returns when the last one came.
Cycle add_traffic(const Config& config, std::deque<Watched>& channels, RandomDraw& draw, int bursts) {
  const Geometry& g = config.geometry;
  const AddressMap map(g, config.controller.address_map);
  const std::int64_t all = g.capacity_bytes() / g.burst_bytes();
  const auto below = [&](std::int64_t limit) {
    return std::uniform_int_distribution<std::int64_t>(0, std::min(limit, all) - 1)(draw.engine());
  };
  std::vector<std::int64_t> again;
  for (int i = 0; i < 4; ++i) again.push_back(below(all));
  Cycle now = 0;
  const bool rarely = draw.chance(0.3);
  const double pauses = draw.pick({0.0, 0.3, 0.3, 0.3});
  for (int i = 0; i < bursts; ++i) {
    if (draw.chance(pauses)) now += draw.uniform(0, 40);
    if (draw.chance(rarely ? 0.2 : 0.005)) now += draw.uniform(0, 6000);
    const bool is_write = draw.chance(0.4);
    const std::int64_t number = draw.chance(0.1) ? draw.pick(again) : below(draw.chance(0.5) ? 4096 : all);
    const Location at = map.locate(static_cast<std::uint64_t>(number * g.burst_bytes()));
    channels[static_cast<std::size_t>(at.channel)].add(static_cast<std::uint64_t>(number), is_write, now,
                                                       draw.chance(0.3) ? 1 : 0);
  }
  return now;
}

void check_figures(const Config& config, const Counts& counts, const std::vector<Figures>& sums, Cycle end) {
  Figures expected = expected_figures(config, sums, end);
  for (const Statistic& s : statistics(config, counts, end)) {
    const std::string name = s.name;
    if (name.rfind("row_", 0) == 0) continue;
    INFO(name);
    REQUIRE(expected.count(name) == 1);
    const double value = expected[name];
    if (std::holds_alternative<std::int64_t>(s.value)) {
      CHECK(s.number() == value);
    } else if (std::isnan(value)) {
      CHECK(std::isnan(s.number()));
    } else {
      CHECK(s.number() == Approx(value).epsilon(1e-9));
    }
    expected.erase(name);
  }
  CHECK(expected.empty());
  CHECK(counts.row_hits + counts.row_misses + counts.row_conflicts ==
        counts.read_bursts + counts.write_bursts);
}

/// Clocks for the bursts that wait when the last one comes, whatever the memory.
constexpr Cycle kLongest = 10'000'000;

/// With the least tREFI that is accepted.
void refresh_often(Config& config) {
  for (int step = config.timing.refi / 2; step > 0; step /= 2) {
    Config oftener = config;
    oftener.timing.refi -= step;
    try {
      check(oftener);
      config = oftener;
    } catch (const bitbalance::ConfigError&) {
      // too often
    }
  }
}

Seen check_seed(std::uint64_t seed) {
  RandomDraw draw(seed);
  Config c = random_dram(draw);
  // A written row holds its bank's refresh up while those of others come due.
  if (draw.chance(0.2)) c.timing.wr = draw.uniform(31, 1000);
  std::deque<Watched> channels;
  for (int i = 0; i < c.geometry.channels; ++i) channels.emplace_back(c);
  Cycle end = add_traffic(c, channels, draw, 700);
  for (Watched& channel : channels) {
    channel.bench.run(end + kLongest);
    REQUIRE(channel.bench.channel.next() == kNever);
    if (!channel.bench.log.empty()) end = std::max(end, channel.bench.log.back().cycle);
  }
  end += draw.uniform(1, 10'000);
  Seen seen;
  Counts counts;
  std::vector<Figures> sums;
  for (Watched& channel : channels) {
    counts += channel.bench.channel.counts(end);
    channel.refreshes.finish(end);
    sums.push_back(channel.figures.sums(end));
    seen.wrong += channel.commands.text() + channel.refreshes.text();
    CHECK(channel.bench.channel.completions().size() == channel.bench.count);
    for (const auto& [kind, count] : channel.seen) seen.commands[kind] += count;
  }
  seen.forwarded = counts.forwarded_bursts;
  check_figures(c, counts, sums, end);
  return seen;
}

}  // namespace

TEST_CASE(
    "random traffic breaks no constraint, opens no row in vain, loses no burst and leaves the queues empty") {
  // The device throws at a command that comes too early; the checker holds each pair of commands by itself.
  Seen all;
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    CAPTURE(seed);
    const Seen seen = check_seed(seed);
    REQUIRE(seen.wrong == "");
    for (const auto& [kind, count] : seen.commands) all.commands[kind] += count;
    all.forwarded += seen.forwarded;
  }
  CHECK(all.forwarded > 200);
  for (int kind = 0; kind <= static_cast<int>(CommandKind::kSelfRefreshExit); ++kind) {
    INFO(to_string(static_cast<CommandKind>(kind)));
    CHECK(all.commands[static_cast<CommandKind>(kind)] > 0);
  }
}

TEST_CASE("full queues leave random memories that refresh as often as they can") {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    CAPTURE(seed);
    RandomDraw draw(seed);
    Config c = random_dram(draw);
    c.controller.read_queue = 1024;
    refresh_often(c);
    ChannelBench bench(c);
    const auto all = static_cast<std::uint64_t>(c.geometry.capacity_bytes() / c.geometry.burst_bytes());
    for (int i = 0; i < 300; ++i) {
      const std::uint64_t number = std::uniform_int_distribution<std::uint64_t>(0, all - 1)(draw.engine());
      if (bench.map.locate(number * bench.burst_bytes).channel == 0) bench.add(number);
    }
    bench.run(kLongest);
    CHECK(bench.channel.next() == kNever);
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
      Config longer = c;
      ++(longer.timing.*clocks);
      CommandChecker checker(longer);
      std::deque<Watched> channels;
      channels.emplace_back(c);
      ChannelBench& bench = channels.front().bench;
      bench.channel.observe([&](const Command& command, Cycle cycle) { checker.note(command, cycle); });
      RandomDraw draw(seed);
      add_traffic(c, channels, draw, 1500);
      bench.run();
      seen = !checker.text().empty();
    }
    CHECK(seen);
  }
}
