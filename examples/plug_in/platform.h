// A platform that knows nothing of the accelerator's inside: a memory and a processor, as a virtual platform
// would bring them.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

namespace example {

/// Memory with one port for the processor and one for the accelerator: b_transport with a fixed delay, which
/// is all that a target must implement, and DMI, which makes the transaction level fast.
class Dram : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Dram> cpu_port{"cpu_port"};
  tlm_utils::simple_target_socket<Dram> accelerator_port{"accelerator_port"};

  Dram(const sc_core::sc_module_name& name, std::uint64_t base, std::size_t bytes)
      : sc_module(name), base_(base), bytes_(bytes) {
    cpu_port.register_b_transport(this, &Dram::b_transport);
    accelerator_port.register_b_transport(this, &Dram::b_transport);
    accelerator_port.register_get_direct_mem_ptr(this, &Dram::get_direct_mem_ptr);
  }

 private:
  void b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
    const std::uint64_t at = transaction.get_address() - base_;
    const std::size_t length = transaction.get_data_length();
    if (at > bytes_.size() || length > bytes_.size() - at) {
      transaction.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
      return;
    }
    if (transaction.is_write()) {
      std::memcpy(&bytes_[at], transaction.get_data_ptr(), length);
    } else {
      std::memcpy(transaction.get_data_ptr(), &bytes_[at], length);
    }
    delay += latency_;
    transaction.set_dmi_allowed(true);
    transaction.set_response_status(tlm::TLM_OK_RESPONSE);
  }
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& /*transaction*/, tlm::tlm_dmi& dmi) {
    dmi.set_dmi_ptr(bytes_.data());
    dmi.set_start_address(base_);
    dmi.set_end_address(base_ + bytes_.size() - 1);
    dmi.set_read_latency(latency_);
    dmi.set_write_latency(latency_);
    dmi.allow_read_write();
    return true;
  }

  const sc_core::sc_time latency_{40, sc_core::SC_NS};
  std::uint64_t base_;
  std::vector<std::uint8_t> bytes_;
};

/// Runs one function as its software.
class Cpu : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Cpu> mem{"mem"};
  tlm_utils::simple_initiator_socket<Cpu> csr{"csr"};
  sc_core::sc_in<bool> irq{"irq"};

  Cpu(const sc_core::sc_module_name& name, std::function<void(Cpu&)> software)
      : sc_module(name), software_(std::move(software)) {
    SC_HAS_PROCESS(Cpu);
    SC_THREAD(run);
  }

  void write(std::uint64_t address, std::vector<std::uint8_t> bytes) {
    access(mem, tlm::TLM_WRITE_COMMAND, address, bytes.data(), bytes.size());
  }
  std::vector<std::uint8_t> read(std::uint64_t address, std::size_t length) {
    std::vector<std::uint8_t> bytes(length);
    access(mem, tlm::TLM_READ_COMMAND, address, bytes.data(), length);
    return bytes;
  }
  void write_register(std::uint32_t offset, std::uint32_t value) {
    access(csr, tlm::TLM_WRITE_COMMAND, offset, reinterpret_cast<std::uint8_t*>(&value), sizeof value);
  }
  std::uint32_t read_register(std::uint32_t offset) {
    std::uint32_t value = 0;
    access(csr, tlm::TLM_READ_COMMAND, offset, reinterpret_cast<std::uint8_t*>(&value), sizeof value);
    return value;
  }
  void wait_for_irq() {
    while (!irq.read()) wait(irq.posedge_event());
  }

 private:
  void run() {
    software_(*this);
    sc_core::sc_stop();
  }
  void access(tlm_utils::simple_initiator_socket<Cpu>& socket, tlm::tlm_command command,
              std::uint64_t address, std::uint8_t* data, std::size_t length) {
    tlm::tlm_generic_payload transaction;
    transaction.set_command(command);
    transaction.set_address(address);
    transaction.set_data_ptr(data);
    transaction.set_data_length(static_cast<unsigned>(length));
    transaction.set_streaming_width(static_cast<unsigned>(length));
    sc_core::sc_time delay;
    socket->b_transport(transaction, delay);
    wait(delay);
    if (!transaction.is_response_ok()) throw std::runtime_error(transaction.get_response_string());
  }

  std::function<void(Cpu&)> software_;
};

}  // namespace example
