#include "testbench/run/system/driver.h"

#include <fmt/format.h>

#include <stdexcept>

namespace bitbalance::runner {

Driver::Driver(const sc_core::sc_module_name& name) : sc_module(name), csr("csr") {
  SC_HAS_PROCESS(Driver);
  SC_THREAD(run);
}

void Driver::submit(const ProgramRegions& regions) {
  regions_ = regions;
  submitted_ = true;
  submission_.notify(sc_core::SC_ZERO_TIME);
}

void Driver::run() {
  while (true) {
    while (!submitted_) wait(submission_);
    write_pair(Register::kConstantsBaseLo, Register::kConstantsBaseHi, regions_.constants_base);
    write(Register::kConstantsBytes, regions_.constants_bytes);
    write_pair(Register::kDataBaseLo, Register::kDataBaseHi, regions_.data_base);
    write(Register::kDataBytes, regions_.data_bytes);
    write(Register::kIrqEnable, kIrqDone | kIrqError);
    // A program that was stopped is reported at once; something of it may still be under way.
    while ((read(Register::kStatus) & kStatusIdle) == 0) wait(10, sc_core::SC_NS);
    write(Register::kControl, kControlStart);

    while (!irq.read()) wait(irq.posedge_event());
    const std::uint32_t error = read(Register::kError);
    outcome_.fault = static_cast<ProgramFault>(field_of(Register::kError, "code").value_in(error));
    outcome_.command = field_of(Register::kError, "command").value_in(error);
    outcome_.cycles = read(Register::kCyclesLo);
    outcome_.cycles |= std::uint64_t{read(Register::kCyclesHi)} << 32;
    write(Register::kIrqStatus, kIrqDone | kIrqError);
    while (irq.read()) wait(irq.negedge_event());
    submitted_ = false;
    sc_core::sc_pause();
  }
}

void Driver::write_pair(Register lo, Register hi, std::uint64_t value) {
  write(lo, static_cast<std::uint32_t>(value));
  write(hi, static_cast<std::uint32_t>(value >> 32));
}

std::uint32_t Driver::access(Register target, std::uint32_t value, tlm::tlm_command command) {
  tlm::tlm_generic_payload transaction;
  transaction.set_command(command);
  transaction.set_address(offset_of(target));
  transaction.set_data_ptr(reinterpret_cast<unsigned char*>(&value));  // both sides are little-endian hosts
  transaction.set_data_length(sizeof value);
  transaction.set_streaming_width(sizeof value);
  sc_core::sc_time delay;
  csr->b_transport(transaction, delay);
  wait(delay);
  if (!transaction.is_response_ok()) {
    throw std::runtime_error(
        fmt::format("register {}: {}", info(target).name, transaction.get_response_string()));
  }
  return value;
}

}  // namespace bitbalance::runner
