#include "hw/port/csr_port.h"

#include <algorithm>
#include <utility>

namespace bitbalance::port {
namespace {

constexpr unsigned kWordBytes = 4;

bool byte_enables_are_valid(const tlm::tlm_generic_payload& transaction) {
  const unsigned char* enables = transaction.get_byte_enable_ptr();
  if (enables == nullptr) return true;
  const unsigned length = transaction.get_byte_enable_length();
  return length != 0 &&
         std::all_of(enables, enables + std::min(length, kWordBytes), [](unsigned char enable) {
           return enable == TLM_BYTE_ENABLED || enable == TLM_BYTE_DISABLED;
         });
}

std::uint32_t enabled_bits(const tlm::tlm_generic_payload& transaction) {
  const unsigned char* enables = transaction.get_byte_enable_ptr();
  if (enables == nullptr) return 0xffffffff;
  std::uint32_t bits = 0;
  for (unsigned i = 0; i < kWordBytes; ++i) {
    if (enables[i % transaction.get_byte_enable_length()] == TLM_BYTE_ENABLED) bits |= 0xffu << (8 * i);
  }
  return bits;
}

std::uint8_t byte_of(std::uint32_t value, std::uint64_t i) {
  return static_cast<std::uint8_t>(value >> (8 * i));
}

}  // namespace

CsrPort::CsrPort(const sc_core::sc_module_name& name, std::function<RegisterFile()> registers,
                 std::function<void()> written, bool is_tolerant)
    : sc_module(name),
      socket("socket"),
      registers_(std::move(registers)),
      written_(std::move(written)),
      is_tolerant_(is_tolerant) {
  socket.register_b_transport(this, &CsrPort::b_transport);
  socket.register_transport_dbg(this, &CsrPort::transport_dbg);
}

void CsrPort::apply_due_writes(RegisterFile& file) {
  while (!writes_.empty() && writes_.front().time < sc_core::sc_time_stamp()) {
    file.write(writes_.front().target, writes_.front().value, writes_.front().bits);
    writes_.pop_front();
  }
}

RegisterFile CsrPort::bus_view() const {
  RegisterFile file = registers_();
  for (const Write& write : writes_) {
    if (write.time > sc_core::sc_time_stamp()) break;
    file.write(write.target, write.value, write.bits);
  }
  return file;
}

void CsrPort::b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  transaction.set_dmi_allowed(false);
  if (transaction.is_read()) arrive(delay);
  transaction.set_response_status(access(transaction, delay));
  if (transaction.is_write() && transaction.is_response_ok()) settle();
}

void CsrPort::settle() {
  // The line; an interrupt controller's output; a processor's input.
  constexpr int kDeltas = 3;
  if (sc_core::sc_get_current_process_handle().proc_kind() != sc_core::SC_THREAD_PROC_) return;
  for (int i = 0; i < kDeltas; ++i) sc_core::wait(sc_core::SC_ZERO_TIME);
}

void CsrPort::arrive(sc_core::sc_time& delay) {
  if (sc_core::sc_get_status() != sc_core::SC_RUNNING) return;
  if (delay != sc_core::SC_ZERO_TIME) sc_core::wait(delay);
  delay = sc_core::SC_ZERO_TIME;
  // The processes of an edge run one delta cycle after the clock's, which may be woken together with this
  // one.
  for (int i = 0; i < 2; ++i) sc_core::wait(sc_core::SC_ZERO_TIME);
}

bool CsrPort::has_width(const tlm::tlm_generic_payload& transaction) {
  if (transaction.get_streaming_width() != 0) return transaction.get_streaming_width() >= kWordBytes;
  if (!is_tolerant_ && !has_warned_) {
    has_warned_ = true;
    SC_REPORT_WARNING(name(),
                      "a streaming width of 0 is refused; accepted with AcceleratorOptions::tolerant_csr");
  }
  return is_tolerant_;
}

tlm::tlm_response_status CsrPort::access(tlm::tlm_generic_payload& transaction,
                                         const sc_core::sc_time& delay) {
  if (transaction.get_command() == tlm::TLM_IGNORE_COMMAND) return tlm::TLM_OK_RESPONSE;
  const std::optional<Register> target = register_at(transaction.get_address());
  if (!target) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (transaction.get_data_length() != kWordBytes || !has_width(transaction))
    return tlm::TLM_BURST_ERROR_RESPONSE;
  if (!byte_enables_are_valid(transaction)) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  if (transaction.get_data_ptr() == nullptr) return tlm::TLM_GENERIC_ERROR_RESPONSE;

  const RegisterAccess access = info(*target).access;
  const std::uint32_t bits = enabled_bits(transaction);
  unsigned char* data = transaction.get_data_ptr();
  if (transaction.is_read()) {
    if (access == RegisterAccess::kWriteOnly) return tlm::TLM_COMMAND_ERROR_RESPONSE;
    const std::uint32_t value = bus_view().read(*target);
    for (unsigned i = 0; i < kWordBytes; ++i) {
      if (byte_of(bits, i) != 0) data[i] = byte_of(value, i);
    }
    return tlm::TLM_OK_RESPONSE;
  }
  if (access == RegisterAccess::kReadOnly) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  std::uint32_t value = 0;
  for (unsigned i = 0; i < kWordBytes; ++i) value |= std::uint32_t{data[i]} << (8 * i);
  // Temporally decoupled initiators may be ahead of one another: keep the order of the times.
  const sc_core::sc_time time = sc_core::sc_time_stamp() + delay;
  const auto after =
      std::upper_bound(writes_.begin(), writes_.end(), time,
                       [](const sc_core::sc_time& t, const Write& write) { return t < write.time; });
  writes_.insert(after, {time, sc_core::sc_delta_count(), *target, value, bits});
  if (written_) written_();
  return tlm::TLM_OK_RESPONSE;
}

unsigned CsrPort::transport_dbg(tlm::tlm_generic_payload& transaction) {
  if (!transaction.is_read() || transaction.get_data_ptr() == nullptr) return 0;
  const RegisterFile file = bus_view();
  const std::uint64_t address = transaction.get_address();
  unsigned count = 0;
  for (; count < transaction.get_data_length() && address + count < kRegisterWindowBytes; ++count) {
    const std::uint64_t at = address + count;
    const std::optional<Register> target = register_at(at - at % kWordBytes);
    transaction.get_data_ptr()[count] = target ? byte_of(file.read(*target), at % kWordBytes) : 0;
  }
  return count;
}

}  // namespace bitbalance::port
