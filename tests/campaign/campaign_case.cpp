#include "tests/campaign/campaign_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <sstream>
#include <utility>

#include "hw/timeline/timeline.h"
#include "testbench/run/timing/program_timing.h"
#include "tests/hw/rtl/program_bench.h"
#include "tests/support/golden_check.h"
#include "tests/support/program_interpreter.h"
#include "tests/support/random/random_case.h"
#include "tests/tlm/accelerator/level_bench.h"
#include "tests/tlm/dram/random_dram.h"

namespace bitbalance::test {
namespace {

using tlm_level::test::Level;
using tlm_level::test::LevelOptions;
using tlm_level::test::LevelResult;
using tlm_level::test::Memory;

constexpr std::int64_t kWatchdogCycles = 2'000'000;

/// Of a clocked run: one in fifty has more, and a few have billions (small buffers on a large array load all
/// weights anew for every pixel).
constexpr std::int64_t kMostClocked = 5'000'000;
constexpr std::int64_t kMostStalled = 1'000'000;  ///< before stalls multiply them

/// Everything that a seed draws.
struct Drawn {
  RandomCase c;
  std::vector<std::uint8_t> data;  ///< of the data region, ahead of the run
  LevelOptions levels;
  bool stalls = false;  ///< of the clocked units; `bench` then
  rtl::test::BenchOptions bench;
};

CaseLimits draw_limits(RandomDraw& draw, std::uint64_t seed) {
  constexpr CaseLimits kLarger{6, 25, 40, 4}, kNarrow{4, 15, 2, 3};
  CaseLimits limits = draw.pick({CaseLimits{}, CaseLimits{}, kLarger, kNarrow});
  if (RandomDraw(seed ^ 0xa88a).chance(0.2)) {  // apart: other cases are what they would be anyway
    limits.large_arrays = true;
    limits.max_size = std::max(limits.max_size, 25);
  }
  limits.odd_settings = RandomDraw(seed ^ 0x0dd5).chance(0.3);
  return limits;
}

void draw_memory(RandomDraw& draw, std::uint64_t seed, Drawn& d) {
  LevelOptions& levels = d.levels;
  levels.seed = seed;
  levels.accelerator.watchdog_cycles = kWatchdogCycles;
  levels.accelerator.threads = RandomDraw(seed ^ 0x74ad).chance(0.2) ? 0 : 1;  // as many cases as processors
  levels.memory = draw.pick({Memory::kIdeal, Memory::kHashed, Memory::kTimed});
  levels.latency_cycles = draw.pick({0U, 1U, 5U, 20U, 50U, 123U, 300U});
  using Rate = std::pair<std::uint32_t, std::uint32_t>;
  std::tie(levels.bytes_per_cycle_numerator, levels.bytes_per_cycle_denominator) =
      draw.pick({Rate{64, 5}, Rate{512, 1}, Rate{37, 29}, Rate{1, 1}, Rate{7, 3}, Rate{1000, 999}});
  levels.dram = dram::test::random_dram(draw);
  levels.dram.power = dram::test::kPower;
  levels.gated_clock = draw.chance(0.3);
  levels.order = draw.chance(0.3) ? seed : 0;
}

void draw_stalls(RandomDraw& draw, std::uint64_t seed, Drawn& d) {
  d.stalls = draw.chance(0.25);
  d.bench.seed = seed;
  d.bench.watchdog_cycles = kWatchdogCycles;
  d.bench.random_memory = draw.chance(0.5);
  d.bench.stall_percent = static_cast<unsigned>(draw.pick({5, 30, 60, 80}));
  if (!d.stalls) return;
  d.levels.memory = Memory::kIdeal;  // what the bench without stalls has
  d.levels.latency_cycles = d.bench.latency_cycles;
  d.levels.bytes_per_cycle_numerator = d.bench.bytes_per_cycle_numerator;
  d.levels.bytes_per_cycle_denominator = d.bench.bytes_per_cycle_denominator;
}

Drawn draw_case(std::uint64_t seed) {
  RandomDraw draw(~seed);  // not the numbers that the network is drawn by
  Drawn d;
  d.c = make_random_case(seed, draw_limits(draw, seed));
  d.data = place_images(d.c.mapped.program, d.c.network, d.c.images, 0xa5);
  d.c.config.dram.max_outstanding = draw.pick({1, 2, 3, 5, 16, 64});
  d.c.config.dram.use_nb_transport = draw.chance(0.85);
  draw_memory(draw, seed, d);
  draw_stalls(draw, seed, d);
  return d;
}

template <class Result>
std::string fault_or_mismatch(const RandomCase& c, const Result& result) {
  if (result.fault == ProgramFault::kTimeout)
    return fmt::format("hang: no progress at command {}", result.fault_command);
  if (result.fault != ProgramFault::kNone)
    return fmt::format("{} at command {}", to_string(result.fault), result.fault_command);
  return first_mismatch(c, result.data);
}

std::string first_other_line(const std::string& found, const std::string& expected) {
  std::istringstream lines(found), others(expected);
  std::string line, other, section = "cycles";
  while (std::getline(others, other)) {
    std::getline(lines, line);
    if (line != other) return fmt::format("{}: '{}', tlm has '{}'", section, line, other);
    if (!other.empty() && other.front() != ' ') section = other;
  }
  return "more lines than tlm has";
}

constexpr const char* kOk = "ok ";

bool is_ok(const std::string& outcome) {
  return outcome.rfind(kOk, 0) == 0;
}

/// Cycles in the first line, the accounts below it.
template <class Result>
std::string ok(const Result& result) {
  return fmt::format("{}{}\n{}", kOk, result.cycles, accounts(result));
}

std::int64_t cycles_of(const std::string& outcome) {
  return std::stoll(outcome.substr(std::strlen(kOk)));
}

/// The accounts at a level, or a finding.
std::string run_level_of(Level level, const Drawn& d) {
  const LevelResult result =
      tlm_level::test::run_level(level, d.c.mapped.program, d.c.config, d.data, d.levels);
  const std::string wrong = fault_or_mismatch(d.c, result);
  return wrong.empty() ? ok(result) : wrong;
}

/// Without data: by closed forms under the ideal memory, burst by burst under the timed one.
std::string analyze_case(const Drawn& d) {
  const Program& program = d.c.mapped.program;
  WeightStatistics weights(d.c.network);
  Analysis analysis;
  LevelResult result;
  if (d.levels.memory == Memory::kTimed) {
    MemorySettings memory;
    memory.model = MemoryKind::kTimed;
    memory.dram.config = d.levels.dram;
    ProgramTiming timing(d.c.config, memory, tlm_level::test::memory_bytes(program));
    analysis = timing.analyze(program, tlm_level::test::regions_of(program), weights);
    result.memory = timing.statistics();
  } else {
    const IdealMemoryTiming timing{d.levels.latency_cycles, d.levels.bytes_per_cycle_numerator,
                                   d.levels.bytes_per_cycle_denominator};
    analysis = analyze(program, d.c.config, timing, weights);
  }
  result.cycles = analysis.cycles;
  result.profile = analysis.profile;
  return ok(result);
}

std::string stalled_run(const Drawn& d) {
  return fault_or_mismatch(d.c, rtl::test::run_program(d.c.mapped.program, d.c.config, d.data, d.bench));
}

}  // namespace

std::string check_case(std::uint64_t seed, const Isolated& isolated) {
  const Drawn d = draw_case(seed);
  const std::string tlm = isolated([&] { return run_level_of(Level::kTlm, d); });
  if (!is_ok(tlm)) return tlm;
  if (d.levels.memory != Memory::kHashed) {
    const std::string analytic = analyze_case(d);
    if (analytic != tlm) return "analytic, " + first_other_line(analytic, tlm);
  }
  if (cycles_of(tlm) > (d.stalls ? kMostStalled : kMostClocked)) return kTooLong;
  if (d.stalls) return isolated([&] { return stalled_run(d); });
  const std::string rtl = isolated([&] { return run_level_of(Level::kRtl, d); });
  if (!is_ok(rtl)) return rtl;
  return rtl == tlm ? "" : "rtl, " + first_other_line(rtl, tlm);
}

}  // namespace bitbalance::test
