// What a clock cycle of the whole accelerator costs, beside that of a bare sc_clock in the same run. Each
// measurement elaborates in a process of its own.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <ctime>
#include <random>
#include <sstream>
#include <systemc>

#include "benchmarks/busy_network.h"
#include "hw/compiler/mapper.h"
#include "tests/hw/rtl/program_bench.h"
#include "tests/support/child.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

struct Measurement {
  double seconds = 0;
  double cycles = 0;
  double peak_rss_bytes = 0;
};

template <class Body>
Measurement measure_in_child(const Body& body) {
  std::istringstream text(test::in_child([&] {
    const Measurement m = body();
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return std::to_string(m.seconds) + " " + std::to_string(m.cycles) + " " +
           std::to_string(usage.ru_maxrss * 1024);
  }));
  Measurement m;
  if (!(text >> m.seconds >> m.cycles >> m.peak_rss_bytes)) throw std::runtime_error(text.str());
  return m;
}

Measurement bare_clock() {
  return measure_in_child([] {
    constexpr int kCycles = 2'000'000;
    sc_core::sc_clock clock("clock", 1, sc_core::SC_NS);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    const double start = cpu_seconds();
    sc_core::sc_start(kCycles, sc_core::SC_NS);
    return Measurement{cpu_seconds() - start, kCycles, 0};
  });
}

Measurement accelerator(Width width, Synchronization synchronization) {
  return measure_in_child([&] {
    const QuantizedNetwork network = busy_network(width);
    AcceleratorConfig config;
    config.synchronization = synchronization;
    const Program program = build_program(network, config, {}).program;
    std::vector<std::uint8_t> data(program.data_bytes);
    std::mt19937 random(2);
    for (auto& byte : data) byte = static_cast<std::uint8_t>(random());
    const auto result = rtl::test::run_program(program, config, data);
    return Measurement{result.simulate_cpu_s, static_cast<double>(result.cycles), 0};
  });
}

void report(benchmark::State& state, const Measurement& m, double bare_ns) {
  state.SetIterationTime(m.seconds);
  const double ns = m.seconds / m.cycles * 1e9;
  state.counters["ns_per_cycle"] = ns;
  state.counters["cycles_per_s"] = m.cycles / m.seconds;
  state.counters["peak_rss_MB"] = m.peak_rss_bytes / 1e6;
  if (bare_ns > 0) state.counters["x_bare_clock"] = ns / bare_ns;
}

void bare_sc_clock(benchmark::State& state) {
  for (auto _ : state) report(state, bare_clock(), 0);
}

/// Arguments: activation bits, group_max.
void accelerator_32x32(benchmark::State& state) {
  for (auto _ : state) {
    const Measurement bare = bare_clock();
    report(state,
           accelerator(width_of(static_cast<int>(state.range(0))),
                       state.range(1) != 0 ? Synchronization::kGroupMax : Synchronization::kBalanced),
           bare.seconds / bare.cycles * 1e9);
  }
}

BENCHMARK(bare_sc_clock)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(accelerator_32x32)
    ->ArgNames({"bits", "group_max"})
    ->Args({8, 0})
    ->Args({8, 1})
    ->Args({16, 0})
    ->UseManualTime()
    ->Iterations(1)
    ->Repetitions(3)
    ->Unit(benchmark::kMillisecond);

}  // namespace

int sc_main(int argc, char* argv[]) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
