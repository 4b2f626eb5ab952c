// What a clock cycle of the whole accelerator costs with our PE array and with the Verilog one in its place,
// 32x32, in one run. Each measurement elaborates in a process of its own.
#include <benchmark/benchmark.h>

#include <random>
#include <sstream>
#include <stdexcept>
#include <string>

#include "Varray_sc_32x32.h"
#include "benchmarks/busy_network.h"
#include "hw/compiler/mapper.h"
#include "tests/hw/rtl/program_bench.h"
#include "tests/hw/verilog/verilated_pe_array.h"
#include "tests/support/child.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

std::unique_ptr<rtl::PeArrayPorts> verilated(const char* name, const AcceleratorConfig& config,
                                             Profile& profile) {
  return std::make_unique<rtl::test::VerilatedPeArray<Varray_sc_32x32, 32, 32>>(name, config, profile);
}

/// Nanoseconds per cycle, and the cycles.
std::pair<double, double> measure(const rtl::PeArraySubstitute& pe_array) {
  std::istringstream text(in_child([&] {
    const AcceleratorConfig config;
    const Program program = build_program(busy_network(Width::k8), config, {}).program;
    std::vector<std::uint8_t> data(program.data_bytes);
    std::mt19937 random(2);
    for (auto& byte : data) byte = static_cast<std::uint8_t>(random());
    rtl::test::BenchOptions options;
    options.pe_array = pe_array;
    const auto result = rtl::test::run_program(program, config, data, options);
    return std::to_string(result.simulate_cpu_s) + " " + std::to_string(result.cycles);
  }));
  double seconds = 0, cycles = 0;
  if (!(text >> seconds >> cycles)) throw std::runtime_error(text.str());
  return {seconds / cycles * 1e9, cycles};
}

void accelerator_32x32(benchmark::State& state) {
  for (auto _ : state) {
    const auto [ours_ns, ours_cycles] = measure({});
    const auto [verilog_ns, verilog_cycles] = measure(verilated);
    state.SetIterationTime((ours_ns * ours_cycles + verilog_ns * verilog_cycles) / 1e9);
    state.counters["ours_ns_per_cycle"] = ours_ns;
    state.counters["verilog_ns_per_cycle"] = verilog_ns;
    state.counters["ratio"] = verilog_ns / ours_ns;
  }
}
BENCHMARK(accelerator_32x32)->UseManualTime()->Iterations(1)->Repetitions(3)->Unit(benchmark::kMillisecond);

}  // namespace

int sc_main(int argc, char* argv[]) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
