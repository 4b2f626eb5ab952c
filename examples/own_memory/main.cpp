// The network of a scenario on an accelerator whose `mem` socket is bound to a memory of one's own. One
// batch; every output is held against the golden model. own_memory SCENARIO [rtl | tlm]
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <systemc>

#include "examples/own_memory/memory.h"
#include "hw/compiler/mapper.h"
#include "hw/port/clock_period.h"
#include "hw/rtl/accelerator.h"
#include "testbench/golden/compare.h"
#include "testbench/golden/golden.h"
#include "testbench/run/system/driver.h"
#include "testbench/scenario/scenario.h"
#include "testbench/scenario/workload.h"
#include "tlm/accelerator/accelerator.h"

namespace {

using namespace bitbalance;
using namespace bitbalance::runner;
using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kMemoryBytes = std::size_t{16} << 20;
constexpr std::uint64_t kDataBase = std::uint64_t{8} << 20;

/// The test bench's way into the memory: transport_dbg, in no time.
void debug_access(example::OwnMemory& memory, tlm::tlm_command command, std::uint64_t address, Bytes& bytes) {
  tlm::tlm_generic_payload payload;
  payload.set_command(command);
  payload.set_address(address);
  payload.set_data_ptr(bytes.data());
  payload.set_data_length(static_cast<unsigned>(bytes.size()));
  payload.set_streaming_width(static_cast<unsigned>(bytes.size()));
  if (memory.socket.get_base_export()->transport_dbg(payload) != bytes.size())
    throw std::runtime_error("the network does not fit the memory");
}

std::uint64_t address_of(const Program& program, int tensor, int image) {
  const auto place = std::find_if(program.tensors.begin(), program.tensors.end(),
                                  [tensor](const TensorPlacement& p) { return p.tensor == tensor; });
  return kDataBase + place->offset + std::uint64_t{place->image_pitch} * static_cast<std::uint64_t>(image);
}

/// Results of one batch that differ from the golden model's.
int wrong_results(example::OwnMemory& memory, const Workload& workload, const Program& program) {
  const QuantizedNetwork& network = workload.network;
  const QuantizedTensor& output = network.tensors[network.output];
  GoldenModel golden(network);
  int wrong = 0;
  for (int image = 0; image < program.batch; ++image) {
    Bytes bytes(image_bytes(output));
    debug_access(memory, tlm::TLM_READ_COMMAND, address_of(program, network.output, image), bytes);
    const Plane found = unpack(output, bytes.data());
    const auto& tensors = golden.run(workload.images[image]);
    const Plane& expected = tensors[network.output];
    for (std::size_t i = 0; i < found.size(); ++i) wrong += found[i] == expected[i] ? 0 : 1;
  }
  return wrong;
}

/// Binds the accelerator, of either level, and runs one batch.
template <class Accelerator>
bool simulate(Accelerator& accelerator, const Workload& workload, const Program& program) {
  sc_core::sc_signal<bool> irq("irq");
  example::OwnMemory memory("memory", kMemoryBytes);
  Driver driver("driver");
  accelerator.mem.bind(memory.socket);  // this line is all that another memory takes
  accelerator.irq(irq);
  driver.csr.bind(accelerator.csr);
  driver.irq(irq);

  const QuantizedNetwork& network = workload.network;
  Bytes constants = program.constants;
  debug_access(memory, tlm::TLM_WRITE_COMMAND, 0, constants);
  for (int image = 0; image < program.batch; ++image) {
    Bytes bytes = pack(network.tensors[network.input], workload.images[image]);
    debug_access(memory, tlm::TLM_WRITE_COMMAND, address_of(program, network.input, image), bytes);
  }
  driver.submit({0, static_cast<std::uint32_t>(program.constants.size()), kDataBase, program.data_bytes});
  while (!driver.idle()) sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_MS));

  const int wrong = wrong_results(memory, workload, program);
  fmt::print("{} images, {} results wrong, {} cycles\n", program.batch, wrong, driver.outcome().cycles);
  return driver.outcome().fault == ProgramFault::kNone && wrong == 0;
}

bool run_scenario(const std::string& file, bool clocked) {
  const Scenario scenario = load_scenario(file);
  const Workload workload = prepare_workload(scenario, [](double) {});
  MapperOptions options;
  options.batch = std::min(scenario.network.batch, static_cast<int>(workload.images.size()));
  const Program program = build_program(workload.network, scenario.accelerator, options).program;
  if (program.constants.size() > kDataBase) throw std::runtime_error("the network does not fit the memory");

  if (!clocked) {
    tlm_level::Accelerator accelerator("accelerator", scenario.accelerator);
    return simulate(accelerator, workload, program);
  }
  sc_core::sc_clock clock("clock", port::clock_period(scenario.accelerator));
  sc_core::sc_signal<bool> reset("reset");
  rtl::Accelerator accelerator("accelerator", scenario.accelerator);
  accelerator.clk(clock);
  accelerator.rst(reset);
  return simulate(accelerator, workload, program);
}

}  // namespace

int sc_main(int argc, char* argv[]) {
  const std::string level = argc > 2 ? argv[2] : "tlm";
  if (argc < 2 || (level != "rtl" && level != "tlm")) {
    fmt::print(stderr, "usage: own_memory SCENARIO [rtl | tlm]\n");
    return EXIT_FAILURE;
  }
  try {
    return run_scenario(argv[1], level == "rtl") ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& error) {
    fmt::print(stderr, "own_memory: {}\n", error.what());
    return EXIT_FAILURE;
  }
}
