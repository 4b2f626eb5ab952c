#include "testbench/run/system/system.h"

#include <fmt/format.h>

#include <chrono>
#include <stdexcept>

#include "base/process/main_stack.h"
#include "hw/port/clock_period.h"
#include "testbench/run/scenario_memory.h"

namespace bitbalance::runner {
namespace {

constexpr int kTickCycles = 20'000;  ///< between two looks at progress and keyboard

}  // namespace

System::System(const sc_core::sc_module_name& name, const Scenario& scenario, SystemLevels levels,
               std::uint64_t memory_bytes)
    : sc_module(name),
      memory(make_memory(scenario, memory_bytes)),
      period_(port::clock_period(scenario.accelerator)) {
  if (levels.rtl) rtl_ = std::make_unique<RtlDevice>("rtl", scenario, period_);
  if (levels.tlm) tlm_ = std::make_unique<TlmDevice>("tlm", scenario);
  if (!rtl_ || !tlm_) {
    device(rtl_ ? Level::kRtl : Level::kTlm).mem().bind(memory->target());
    return;
  }
  switch_ = std::make_unique<MemorySwitch>("memory_switch");
  rtl_->mem().bind(switch_->accelerators);
  tlm_->mem().bind(switch_->accelerators);
  switch_->memory.bind(memory->target());
}

Device& System::device(Level level) {
  if (level == Level::kRtl) return *rtl_;
  return *tlm_;
}

std::string System::run(Level level, const ProgramRegions& regions, const std::function<void()>& tick) {
  if (switch_) switch_->select(level == Level::kRtl ? 0 : 1);
  Device& chosen = device(level);
  chosen.run_clock(true);
  chosen.driver.submit(regions);
  while (!chosen.driver.idle()) {
    const auto start = std::chrono::steady_clock::now();
    sc_core::sc_start(kTickCycles * period_);
    tell_main_stack();
    simulate_s_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    tick();
  }
  chosen.run_clock(false);
  const ProgramOutcome& outcome = chosen.driver.outcome();
  if (outcome.fault == ProgramFault::kNone) return {};
  const std::string& reason = chosen.fault_reason();
  return fmt::format("the accelerator stopped at command {}: {}{}{}", outcome.command,
                     to_string(outcome.fault), reason.empty() ? "" : "; ", reason);
}

void System::set_observer(ExecutionObserver* observer) {
  for (Device* const device : devices()) device->set_observer(observer);
}

std::vector<LayerProfile> System::profile() {
  std::vector<LayerProfile> sum;
  for (Device* const device : devices()) {
    const std::vector<LayerProfile>& layers = device->profile().layers();
    if (layers.size() > sum.size()) sum.resize(layers.size());
    for (std::size_t i = 0; i < layers.size(); ++i) sum[i] += layers[i];
  }
  return sum;
}

void System::clear_profile() {
  for (Device* const device : devices()) device->profile().clear();
}

std::vector<Device*> System::devices() {
  std::vector<Device*> all;
  if (rtl_) all.push_back(rtl_.get());
  if (tlm_) all.push_back(tlm_.get());
  return all;
}

void System::poke(std::uint64_t address, const std::vector<std::uint8_t>& bytes) {
  // A payload's data pointer is not const; nobody writes through that of a write.
  auto* const data =
      const_cast<std::uint8_t*>(bytes.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  debug_access(tlm::TLM_WRITE_COMMAND, address, data, bytes.size());
}

std::vector<std::uint8_t> System::peek(std::uint64_t address, std::size_t count) {
  std::vector<std::uint8_t> bytes(count);
  debug_access(tlm::TLM_READ_COMMAND, address, bytes.data(), count);
  return bytes;
}

void System::debug_access(tlm::tlm_command command, std::uint64_t address, std::uint8_t* bytes,
                          std::size_t count) {
  tlm::tlm_generic_payload transaction;
  transaction.set_command(command);
  transaction.set_address(address);
  transaction.set_data_ptr(bytes);
  transaction.set_data_length(static_cast<unsigned>(count));
  transaction.set_streaming_width(static_cast<unsigned>(count));
  if (memory->debug_access(transaction) != count) {
    throw std::logic_error("the test bench reads or writes beyond the end of the memory");
  }
}

}  // namespace bitbalance::runner
