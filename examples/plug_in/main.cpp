// The accelerator in a platform of one's own: one convolution is mapped to a program, a processor starts it
// through `csr`, and the results are read back from a memory that the accelerator reached through `mem`.
// plug_in [rtl | tlm] [no_dmi] [blocking] [quantum]
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

#include "examples/plug_in/platform.h"
#include "hw/compiler/mapper.h"
#include "hw/isa/registers.h"
#include "hw/rtl/accelerator.h"
#include "tlm/accelerator/accelerator.h"

namespace {

using namespace bitbalance;
using namespace bitbalance::compiler;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint64_t kDramBase = 0x8000'0000;
constexpr std::size_t kDramBytes = 1 << 20;
constexpr std::uint64_t kConstantsBase = kDramBase;         // the program: commands, weights, parameters
constexpr std::uint64_t kDataBase = kDramBase + (1 << 19);  // activations: input and results

constexpr Shape kInput{4, 16, 16};
constexpr Shape kOutput{8, 14, 14};
constexpr int kKernel = 3;
constexpr int kShift = 2;

int weight(int m, int c, int r, int s) {
  return (m * 7 + c * 5 + r * 3 + s) % 9 - 4;  // -4 to 4: at most two ones in each magnitude
}
int activation(int c, int y, int x) {
  return (c * 31 + y * 5 + x * 3) % 16;
}

/// One 3x3 convolution with unsigned 8-bit activations: y = clamp((sum + 2) >> 2).
QuantizedNetwork one_convolution() {
  QuantizedNetwork network;
  network.tensors = {{"input", kInput, 8, false, 1.0}, {"output", kOutput, 8, true, 1.0}};
  network.input = 0;
  network.output = 1;
  QuantizedLayer layer;
  layer.name = "conv";
  layer.input = 0;
  layer.output = 1;
  layer.window.kernel_h = layer.window.kernel_w = kKernel;
  layer.weight_bits = 8;
  layer.nnzb = 2;
  for (int m = 0; m < kOutput.channels; ++m) {
    for (int c = 0; c < kInput.channels; ++c) {
      for (int r = 0; r < kKernel; ++r) {
        for (int s = 0; s < kKernel; ++s)
          layer.weights.push_back(static_cast<std::int16_t>(weight(m, c, r, s)));
      }
    }
  }
  layer.bias.assign(kOutput.channels, 0);
  layer.rescale.assign(kOutput.channels, Rescale{1, kShift});
  network.layers = {layer};
  validate(network);
  return network;
}

int expected(int m, int y, int x) {
  int sum = 0;
  for (int c = 0; c < kInput.channels; ++c) {
    for (int r = 0; r < kKernel; ++r) {
      for (int s = 0; s < kKernel; ++s) sum += weight(m, c, r, s) * activation(c, y + r, x + s);
    }
  }
  return std::clamp((sum + (1 << (kShift - 1))) >> kShift, -128, 127);
}

std::uint64_t address_of(const Program& program, int tensor) {
  const auto place = std::find_if(program.tensors.begin(), program.tensors.end(),
                                  [tensor](const TensorPlacement& p) { return p.tensor == tensor; });
  return kDataBase + place->offset;
}

/// The driver: what firmware does to run a program.
void run_program(example::Cpu& cpu, const Program& program) {
  const auto set = [&cpu](Register r, std::uint64_t value) {
    cpu.write_register(offset_of(r), static_cast<std::uint32_t>(value));
  };
  set(Register::kConstantsBaseLo, kConstantsBase);
  set(Register::kConstantsBaseHi, kConstantsBase >> 32);
  set(Register::kConstantsBytes, program.constants.size());
  set(Register::kDataBaseLo, kDataBase);
  set(Register::kDataBaseHi, kDataBase >> 32);
  set(Register::kDataBytes, program.data_bytes);
  set(Register::kIrqEnable, kIrqDone | kIrqError);
  set(Register::kControl, kControlStart);
  cpu.wait_for_irq();
  const std::uint32_t error = cpu.read_register(offset_of(Register::kError));
  if (error != 0) throw std::runtime_error(fmt::format("the accelerator stopped with ERROR {:#x}", error));
  set(Register::kIrqStatus, kIrqDone | kIrqError);
}

/// Software of the processor; returns the number of wrong results.
int compute(example::Cpu& cpu, const Program& program) {
  Bytes image;
  for (int c = 0; c < kInput.channels; ++c) {
    for (int y = 0; y < kInput.height; ++y) {
      for (int x = 0; x < kInput.width; ++x) image.push_back(static_cast<std::uint8_t>(activation(c, y, x)));
    }
  }
  cpu.write(kConstantsBase, program.constants);
  cpu.write(address_of(program, 0), image);
  run_program(cpu, program);

  const Bytes results = cpu.read(address_of(program, 1), static_cast<std::size_t>(kOutput.elements()));
  int wrong = 0;
  std::size_t at = 0;
  for (int m = 0; m < kOutput.channels; ++m) {
    for (int y = 0; y < kOutput.height; ++y) {
      for (int x = 0; x < kOutput.width; ++x)
        wrong += static_cast<int>(static_cast<std::int8_t>(results[at++]) != expected(m, y, x));
    }
  }
  fmt::print("{} results, {} wrong, {} cycles\n", results.size(), wrong,
             cpu.read_register(offset_of(Register::kCyclesLo)));
  return wrong;
}

/// The platform around an accelerator of either level; returns the number of wrong results.
template <class Accelerator>
int simulate(Accelerator& accelerator, const Program& program) {
  sc_core::sc_signal<bool> irq("irq");
  example::Dram dram("dram", kDramBase, kDramBytes);
  int wrong = -1;
  example::Cpu cpu("cpu", [&](example::Cpu& self) { wrong = compute(self, program); });

  accelerator.irq(irq);
  accelerator.mem.bind(dram.accelerator_port);
  cpu.csr.bind(accelerator.csr);
  cpu.mem.bind(dram.cpu_port);
  cpu.irq(irq);
  sc_core::sc_start();
  return wrong;
}

}  // namespace

int sc_main(int argc, char* argv[]) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto given = [&](const char* argument) {
    return std::find(arguments.begin(), arguments.end(), argument) != arguments.end();
  };
  constexpr const char* kKnown[] = {"tlm", "blocking", "no_dmi", "quantum"};
  for (const std::string& argument : arguments) {
    if (std::find(std::begin(kKnown), std::end(kKnown), argument) != std::end(kKnown)) continue;
    fmt::print(stderr, "{}; accepted: tlm, blocking, no_dmi, quantum\n", argument);
    return 2;
  }
  AcceleratorConfig config;  // the default, with a smaller array
  config.rows = 8;
  config.columns = 16;
  config.dram.use_nb_transport = !given("blocking");
  const Program program = build_program(one_convolution(), config, MapperOptions{}).program;

  int wrong = 0;
  if (given("tlm")) {
    port::AcceleratorOptions options;
    options.use_dmi = !given("no_dmi");
    if (given("quantum")) tlm::tlm_global_quantum::instance().set(sc_core::sc_time(1, sc_core::SC_US));
    tlm_level::Accelerator accelerator("accelerator", config, options);
    wrong = simulate(accelerator, program);
  } else {
    sc_core::sc_clock clock("clock", 1, sc_core::SC_NS);
    sc_core::sc_signal<bool> reset("reset");  // never
    rtl::Accelerator accelerator("accelerator", config);
    accelerator.clk(clock);
    accelerator.rst(reset);
    wrong = simulate(accelerator, program);
  }
  return wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
