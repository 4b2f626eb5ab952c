// Whole programs on the running accelerator with the Verilog PE array in the place of ours: the same bits,
// cycles, activities and events.
#include <catch2/catch.hpp>

#include "Varray_sc_130x66.h"
#include "Varray_sc_8x8.h"
#include "Varray_sc_two_stages.h"
#include "tests/hw/rtl/program_bench.h"
#include "tests/hw/verilog/verilated_pe_array.h"
#include "tests/support/child.h"
#include "tests/support/program_interpreter.h"
#include "tests/support/random/random_case.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::rtl::test;

namespace {

/// The network of a random case, on an array of a Verilog one's shape.
std::string run_on(int rows, int columns, std::uint64_t seed, const rtl::PeArraySubstitute& pe_array) {
  return in_child([&] {
    CaseLimits limits;
    limits.large_arrays = rows > 8;
    RandomCase c = make_random_case(seed, limits);
    set_array(c.config, rows, columns);
    if (rows > 8) c.config.pipeline.pe = 1;  // there is none with two stages
    c.config.accumulator_bits_8 = 32;
    c.config.accumulator_bits_16 = 48;
    MapperOptions mapper;
    mapper.batch = static_cast<int>(c.images.size());
    c.mapped = fit_buffers(c.network, c.config, mapper).front();
    BenchOptions options;
    options.pe_array = pe_array;
    const BenchResult result = run_program(c.mapped.program, c.config,
                                           place_images(c.mapped.program, c.network, c.images, 0), options);
    std::string text = std::to_string(result.cycles) + " cycles, fault " + to_string(result.fault) + "\n";
    for (const LayerProfile& layer : result.profile.layers()) {
      for (const ActivityCycles& activity : layer.activity)
        for (const std::int64_t cycles : activity) text += std::to_string(cycles) + " ";
      for (int e = 0; e < kEvents; ++e) text += std::to_string(layer.events[static_cast<Event>(e)]) + " ";
      text += "\n";
    }
    return text.append(result.data.begin(), result.data.end());
  });
}

std::unique_ptr<rtl::PeArrayPorts> verilated(const char* name, const AcceleratorConfig& config,
                                             Profile& profile) {
  if (config.rows == 130)
    return std::make_unique<VerilatedPeArray<Varray_sc_130x66, 130, 66>>(name, config, profile);
  if (config.pipeline.pe == 1)
    return std::make_unique<VerilatedPeArray<Varray_sc_8x8, 8, 8>>(name, config, profile);
  return std::make_unique<VerilatedPeArray<Varray_sc_two_stages, 8, 8>>(name, config, profile);
}

void check_seeds(int rows, int columns, std::uint64_t last) {
  for (std::uint64_t seed = 1; seed <= last; ++seed) {
    CAPTURE(seed);
    const std::string ours = run_on(rows, columns, seed, {});
    REQUIRE(ours.find(" cycles, fault none\n") != std::string::npos);
    CHECK(run_on(rows, columns, seed, verilated) == ours);
  }
}

}  // namespace

TEST_CASE("the accelerator with the Verilog array gives the same bits, cycles and accounts") {
  check_seeds(8, 8, 20);
}

TEST_CASE("the same with a Verilog array whose rows and lanes take 8 bits") {
  check_seeds(130, 66, 8);
}
