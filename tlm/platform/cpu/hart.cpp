#include "tlm/platform/cpu/hart.h"

#include <algorithm>
#include <utility>

namespace bitbalance::cpu {
namespace {

// Bits of mip and mie, and with them numbers in mcause: privileged specification, "Machine Interrupt
// Registers".
constexpr std::uint64_t kSoftware = 1u << 3;
constexpr std::uint64_t kTimer = 1u << 7;
constexpr std::uint64_t kExternal = 1u << 11;
constexpr std::uint64_t kPriority[] = {kExternal, kSoftware, kTimer};
constexpr std::uint64_t kIsInterrupt = std::uint64_t{1} << 63;

constexpr std::uint64_t kMie = 1u << 3;
constexpr std::uint64_t kMpie = 1u << 7;
constexpr std::uint64_t kMppMachine = 3u << 11;

constexpr std::uint64_t kWfiBytes = 4;
constexpr double kLookUs = 10;  // between looks for the debugger in sleep

constexpr std::size_t kStackBytes = std::size_t{1} << 20;  // the emulator translates on it

std::uint64_t number_of(std::uint64_t bit) {
  std::uint64_t number = 0;
  while ((bit >> number & 1) == 0) ++number;
  return number;
}

}  // namespace

Hart::Hart(const sc_core::sc_module_name& name, const HartConfig& config)
    : sc_module(name), config_(config), emulator_(*this) {
  SC_HAS_PROCESS(Hart);
  SC_THREAD(run);
  set_stack_size(kStackBytes);
  bus.register_invalidate_direct_mem_ptr(this, &Hart::take_back);
}

void Hart::map_regions() {
  for (const HartConfig::Region& region : config_.regions) {
    tlm::tlm_dmi dmi;
    transaction_.set_read();
    transaction_.set_address(region.base);
    const bool granted = bus->get_direct_mem_ptr(transaction_, dmi) && dmi.is_read_allowed() &&
                         dmi.get_start_address() <= region.base &&
                         dmi.get_end_address() >= region.base + region.bytes - 1;
    if (granted) {
      std::uint8_t* const memory = dmi.get_dmi_ptr() + (region.base - dmi.get_start_address());
      emulator_.map_memory(region.base, region.bytes, memory, dmi.is_write_allowed());
    } else {
      emulator_.map_device(region.base, region.bytes);
    }
  }
}

void Hart::take_back(sc_dt::uint64 first, sc_dt::uint64 last) {
  taken_back_.emplace_back(first, last);
}

void Hart::run() {
  map_regions();
  constexpr unsigned kA1 = 11;
  emulator_.set_pc(config_.reset_address);
  emulator_.set_x(kA1, config_.boot_argument);
  keeper_.reset();
  renew_budget();
  bool is_stepping = debugger_ != nullptr && halt();
  while (true) {
    for (const auto& [first, last] : std::exchange(taken_back_, {})) emulator_.unmap_memory(first, last);
    const Stop stop = is_stepping ? emulator_.step() : emulator_.run();
    account();
    if (stop == Stop::kException) {
      const Exception& exception = emulator_.exception();
      take_trap(exception.cause, exception.value, exception.pc);
    } else if (stop == Stop::kWfi) {
      sleep();
    } else if (const std::uint64_t interrupt = deliverable()) {
      ++interrupts_taken_;
      take_trap(kIsInterrupt | number_of(interrupt), 0, emulator_.pc());
    }
    if (is_stepping || stop == Stop::kBreakpoint || std::exchange(halt_, false)) is_stepping = halt();
    renew_budget();
  }
}

bool Hart::halt() {
  const bool is_step = debugger_->halted(*this) == Debugger::Resume::kStep;
  emulator_.pass_breakpoint();
  return is_step;
}

void Hart::sleep() {
  sync();
  const sc_core::sc_event_or_list changes = software_interrupt.value_changed_event() |
                                            timer_interrupt.value_changed_event() |
                                            external_interrupt.value_changed_event();
  while ((pending() & emulator_.csr(Csr::kMie)) == 0) {
    if (debugger_ == nullptr || !debugger_->is_attached()) {
      wait(changes);
    } else if (debugger_->interrupted()) {
      halt_ = true;
      emulator_.set_pc(emulator_.pc() - kWfiBytes);  // it sleeps on once resumed
      break;
    } else {
      wait(sc_core::sc_time(kLookUs, sc_core::SC_US), changes);
    }
  }
  keeper_.reset();
}

void Hart::take_trap(std::uint64_t cause, std::uint64_t value, std::uint64_t pc) {
  const std::uint64_t status = emulator_.csr(Csr::kMstatus);
  const std::uint64_t saved = (status & kMie) != 0 ? kMpie : 0;
  emulator_.set_csr(Csr::kMstatus, (status & ~(kMie | kMpie)) | saved | kMppMachine);
  emulator_.set_csr(Csr::kMepc, pc);
  emulator_.set_csr(Csr::kMcause, cause);
  emulator_.set_csr(Csr::kMtval, value);
  const std::uint64_t vector = emulator_.csr(Csr::kMtvec);
  const std::uint64_t base = vector & ~std::uint64_t{3};
  const bool vectored = (vector & 3) == 1 && (cause & kIsInterrupt) != 0;
  emulator_.set_pc(vectored ? base + 4 * (cause & ~kIsInterrupt) : base);
}

std::uint64_t Hart::pending() const {
  return (software_interrupt.read() ? kSoftware : 0) | (timer_interrupt.read() ? kTimer : 0) |
         (external_interrupt.read() ? kExternal : 0);
}

std::uint64_t Hart::deliverable() const {
  const std::uint64_t lines = pending();
  if (lines == 0 || (emulator_.csr(Csr::kMstatus) & kMie) == 0) return 0;
  const std::uint64_t enabled = lines & emulator_.csr(Csr::kMie);
  const auto first = std::find_if(std::begin(kPriority), std::end(kPriority),
                                  [enabled](std::uint64_t bit) { return (enabled & bit) != 0; });
  return first == std::end(kPriority) ? 0 : *first;
}

bool Hart::budget_used() {
  account();
  if (keeper_.need_sync()) keeper_.sync();
  // What lowers a line may be on its way: registers act when the kernel reaches the time of the write.
  if (deliverable() != 0) sync();
  halt_ = debugger_ != nullptr && debugger_->interrupted();
  const bool stop = deliverable() != 0 || halt_ || !taken_back_.empty();
  renew_budget();
  return stop;
}

bool Hart::access(bool is_store, std::uint64_t address, unsigned bytes, std::uint64_t& value) {
  account();
  transaction_.set_command(is_store ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  transaction_.set_address(address);
  transaction_.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
  transaction_.set_data_length(bytes);
  transaction_.set_streaming_width(bytes);
  transaction_.set_byte_enable_ptr(nullptr);
  transaction_.set_dmi_allowed(false);
  transaction_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  sc_core::sc_time delay = keeper_.get_local_time() + config_.access_latency;
  bus->b_transport(transaction_, delay);
  keeper_.set(delay);
  if (keeper_.need_sync()) keeper_.sync();
  renew_budget();
  return transaction_.is_response_ok();
}

std::uint64_t Hart::debug_register(unsigned index) const {
  return index == kPc ? emulator_.pc() : emulator_.x(index);
}

void Hart::set_debug_register(unsigned index, std::uint64_t value) {
  if (index == kPc) {
    emulator_.set_pc(value);
  } else if (index != 0) {
    emulator_.set_x(index, value);
  }
}

std::vector<std::uint8_t> Hart::debug_read(std::uint64_t address, std::size_t bytes) {
  std::vector<std::uint8_t> data(bytes);
  tlm::tlm_generic_payload transaction;
  transaction.set_read();
  transaction.set_address(address);
  transaction.set_data_ptr(data.data());
  transaction.set_data_length(static_cast<unsigned>(bytes));
  data.resize(bus->transport_dbg(transaction));
  return data;
}

bool Hart::debug_write(std::uint64_t address, const std::vector<std::uint8_t>& bytes) {
  std::vector<std::uint8_t> data = bytes;  // a payload's data pointer is not const
  tlm::tlm_generic_payload transaction;
  transaction.set_write();
  transaction.set_address(address);
  transaction.set_data_ptr(data.data());
  transaction.set_data_length(static_cast<unsigned>(data.size()));
  const bool all = bus->transport_dbg(transaction) == data.size();
  emulator_.forget_code(address, data.size());
  return all;
}

void Hart::account() {
  const std::uint64_t ran = emulator_.instructions() - accounted_;
  accounted_ += ran;
  keeper_.inc(sc_core::sc_time::from_value(config_.period.value() * ran));
}

void Hart::sync() {
  keeper_.sync();
  wait(sc_core::SC_ZERO_TIME);  // what was due at this time, and changed a line, has changed it
  wait(sc_core::SC_ZERO_TIME);
}

void Hart::renew_budget() {
  // With a line high, the next block may be the first that lets the interrupt through.
  const sc_core::sc_time quantum = tlm::tlm_global_quantum::instance().get();
  const sc_core::sc_time left =
      quantum > keeper_.get_local_time() ? quantum - keeper_.get_local_time() : sc_core::SC_ZERO_TIME;
  const bool look = pending() != 0 || !taken_back_.empty();
  const std::uint64_t instructions = look ? 0 : left.value() / config_.period.value();
  emulator_.set_budget(static_cast<std::int64_t>(instructions));
}

}  // namespace bitbalance::cpu
