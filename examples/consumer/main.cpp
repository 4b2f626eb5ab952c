// consumer DIR: runs a program that `bitbalance build` wrote on two accelerators in one simulation, a clocked
// one and a transaction-level one, each with a memory of its own. Knows nothing but the installed package.
#include <tlm_utils/simple_initiator_socket.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

#include "base/bits.h"
#include "hw/isa/registers.h"
#include "hw/port/clock_period.h"
#include "hw/program/stored_program.h"
#include "hw/rtl/accelerator.h"
#include "tlm/accelerator/accelerator.h"
#include "tlm/check/protocol_checker.h"
#include "tlm/memory/ideal_memory.h"

namespace {

namespace isa = bitbalance::isa;
using bitbalance::stored::StoredProgram;
using bitbalance::stored::StoredTensor;
using isa::Register;

constexpr std::uint64_t kAlignment = isa::kRegionAlignment;

bitbalance::memory::IdealMemoryConfig memory_for(const StoredProgram& program, std::uint64_t data_base) {
  bitbalance::memory::IdealMemoryConfig config;
  // The rest of a burst after the data region may be read.
  config.bytes = data_base + bitbalance::align_up(program.data_bytes, kAlignment);
  config.latency_cycles = static_cast<std::uint32_t>(program.latency_cycles);
  config.bytes_per_cycle_numerator = static_cast<std::uint32_t>(program.bytes_per_cycle_numerator);
  config.bytes_per_cycle_denominator = static_cast<std::uint32_t>(program.bytes_per_cycle_denominator);
  return config;
}

/// What a processor does: images in, start, wait, results out.
class Host : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Host, 32> csr{"csr"};
  sc_core::sc_in<bool> irq{"irq"};
  std::uint64_t cycles = 0;
  std::int64_t wrong = -1;

  /// `running`: the hosts that are at work; the last one ends the simulation.
  Host(const sc_core::sc_module_name& name, const StoredProgram& program, int& running)
      : sc_module(name),
        program_(program),
        running_(running),
        data_base_(bitbalance::align_up(program.constants.size(), kAlignment)),
        memory("memory", memory_for(program, data_base_)) {
    SC_HAS_PROCESS(Host);
    SC_THREAD(run);
  }

 private:
  const StoredProgram& program_;
  int& running_;
  const std::uint64_t data_base_;

 public:
  bitbalance::memory::IdealMemory memory;

 private:
  std::uint32_t access(Register target, tlm::tlm_command command, std::uint32_t value) {
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(isa::offset_of(target));
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
    payload.set_data_length(4);
    payload.set_streaming_width(4);
    sc_core::sc_time delay;
    csr->b_transport(payload, delay);
    wait(delay);
    if (!payload.is_response_ok()) SC_REPORT_FATAL(name(), "a register access failed");
    return value;
  }
  void write(Register target, std::uint64_t value) {
    access(target, tlm::TLM_WRITE_COMMAND, static_cast<std::uint32_t>(value));
  }
  std::uint32_t read(Register source) { return access(source, tlm::TLM_READ_COMMAND, 0); }

  auto place(const StoredTensor& tensor, std::int64_t image) {
    return memory.data().begin() + static_cast<std::ptrdiff_t>(data_base_ + tensor.offset) +
           image * tensor.image_pitch;
  }

  void run() {
    std::copy(program_.constants.begin(), program_.constants.end(), memory.data().begin());
    const StoredTensor &input = program_.input_tensor(), &output = program_.output_tensor();
    wrong = 0;
    for (std::int64_t first = 0; first < program_.images; first += program_.batch) {
      for (std::int64_t i = 0; i < program_.batch; ++i) {
        const auto image = program_.inputs.begin() + (first + i) * input.image_bytes();
        std::copy(image, image + input.image_bytes(), place(input, i));
      }
      write(Register::kConstantsBytes, program_.constants.size());
      write(Register::kDataBaseLo, data_base_);
      write(Register::kDataBytes, program_.data_bytes);
      write(Register::kIrqEnable, isa::kIrqDone | isa::kIrqError);
      write(Register::kControl, isa::kControlStart);
      while (!irq.read()) wait(irq.posedge_event());
      if (read(Register::kError) != 0) SC_REPORT_FATAL(name(), "the accelerator stopped");
      cycles += read(Register::kCyclesLo);
      write(Register::kIrqStatus, isa::kIrqDone | isa::kIrqError);
      for (std::int64_t i = 0; i < program_.batch; ++i) {
        const auto expected = program_.expected.begin() + (first + i) * output.image_bytes();
        wrong += std::equal(expected, expected + output.image_bytes(), place(output, i)) ? 0 : 1;
      }
    }
    if (--running_ == 0) sc_core::sc_stop();
  }
};

}  // namespace

int sc_main(int argc, char* argv[]) {
  if (argc != 2) {
    std::cerr << "usage: consumer DIR\n";
    return 2;
  }
  const StoredProgram program = bitbalance::stored::load_program(argv[1]);
  int running = 2;
  sc_core::sc_clock clock("clock", bitbalance::port::clock_period(program.accelerator));
  sc_core::sc_signal<bool> reset("reset"), clocked_irq("clocked_irq"), tlm_irq("tlm_irq");

  bitbalance::rtl::Accelerator clocked("clocked", program.accelerator);
  Host clocked_host("clocked_host", program, running);
  bitbalance::checker::ProtocolChecker checker("checker");
  clocked.clk(clock);
  clocked.rst(reset);
  clocked.irq(clocked_irq);
  clocked.mem.bind(checker.target);
  checker.initiator.bind(clocked_host.memory.socket);
  clocked_host.csr.bind(clocked.csr);
  clocked_host.irq(clocked_irq);

  bitbalance::tlm_level::Accelerator transactions("transactions", program.accelerator);
  Host tlm_host("tlm_host", program, running);
  transactions.irq(tlm_irq);
  transactions.mem.bind(tlm_host.memory.socket);
  tlm_host.csr.bind(transactions.csr);
  tlm_host.irq(tlm_irq);

  sc_core::sc_start();
  std::cout << program.images << " images, rtl: " << clocked_host.wrong << " wrong, " << clocked_host.cycles
            << " cycles; tlm: " << tlm_host.wrong << " wrong, " << tlm_host.cycles << " cycles\n";
  const bool is_right = clocked_host.wrong == 0 && tlm_host.wrong == 0 &&
                        clocked_host.cycles == tlm_host.cycles && clocked_host.cycles != 0 &&
                        checker.violations().empty();
  return is_right ? EXIT_SUCCESS : EXIT_FAILURE;
}
