#include "tlm/memory/ideal_memory.h"

#include "base/text/config_error.h"
#include "base/text/enum_index.h"
#include "hw/port/dmi_timing.h"

namespace bitbalance::memory {
namespace {

__extension__ using Wide = unsigned __int128;  // bytes x denominator x period

template <class Value>
void require(bool condition, const char* parameter, const Value& value, const char* accepted) {
  bitbalance::require(condition, "ideal memory", parameter, value, accepted);
}

}  // namespace

void check(const IdealMemoryConfig& config) {
  require(config.bytes > 0, "bytes", config.bytes, "at least 1");
  require(config.latency_cycles <= 1'000'000, "latency_cycles", config.latency_cycles, "0..1000000");
  constexpr std::uint32_t kMost = 999'999'999;  // as in a scenario
  require(config.bytes_per_cycle_numerator >= 1 && config.bytes_per_cycle_numerator <= kMost,
          "bytes_per_cycle_numerator", config.bytes_per_cycle_numerator, "1..999999999");
  require(config.bytes_per_cycle_denominator >= 1 && config.bytes_per_cycle_denominator <= kMost,
          "bytes_per_cycle_denominator", config.bytes_per_cycle_denominator, "1..999999999");
  const sc_core::sc_time longest(1, sc_core::SC_MS);  // of the slowest clock of a scenario
  const std::uint64_t period = config.clock_period.value();
  require(period >= 1 && config.clock_period <= longest, "clock_period", config.clock_period.to_string(),
          "above 0, up to 1 ms");
  constexpr std::uint64_t kLongestByte = 1'000'000'000'000'000;  // a burst then fits 64 bits
  require(Wide{period} * config.bytes_per_cycle_denominator <=
              Wide{kLongestByte} * config.bytes_per_cycle_numerator,
          "clock_period", period, "at most 10^15 time units per byte");
}

IdealMemory::IdealMemory(const sc_core::sc_module_name& name, const IdealMemoryConfig& config)
    : MemoryModel(name), socket("socket"), config_((check(config), config)), array_(config.bytes) {
  socket.register_nb_transport_fw(this, &IdealMemory::nb_transport_fw);
  socket.register_b_transport(this, &IdealMemory::b_transport);
  socket.register_transport_dbg(this, &IdealMemory::transport_dbg);
  socket.register_get_direct_mem_ptr(this, &IdealMemory::get_direct_mem_ptr);
}

void IdealMemory::b_transport(int port, tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  const tlm::tlm_response_status status = array_.access(transaction);
  const bool moves = status == tlm::TLM_OK_RESPONSE && transaction.get_command() != tlm::TLM_IGNORE_COMMAND;
  const std::uint64_t bytes = moves ? transaction.get_data_length() : 0;
  transaction.set_response_status(status);
  transaction.set_dmi_allowed(config_.allow_dmi && status == tlm::TLM_OK_RESPONSE);

  const std::uint64_t now = sc_core::sc_time_stamp().value();
  const std::uint64_t period = config_.clock_period.value();
  ChannelEnd& end = ends_[static_cast<std::size_t>(port)][enum_index(channel_of(transaction))];
  const std::uint64_t request = now + delay.value();
  if (request > end.whole) end = {request, 0};
  const std::uint64_t numerator = config_.bytes_per_cycle_numerator;
  const Wide duration = Wide{bytes} * config_.bytes_per_cycle_denominator * period + end.fraction;
  end.whole += static_cast<std::uint64_t>(duration / numerator);
  end.fraction = static_cast<std::uint64_t>(duration % numerator);
  // The fraction is dropped only here: a clock edge is strictly later than the exact time if and only if it
  // is strictly later than its whole part.
  delay = sc_core::sc_time::from_value(end.whole + config_.latency_cycles * period - now);
}

tlm::tlm_sync_enum IdealMemory::nb_transport_fw(int port, tlm::tlm_generic_payload& transaction,
                                                tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  if (phase != tlm::BEGIN_REQ) return tlm::TLM_ACCEPTED;  // ignorable phases
  b_transport(port, transaction, delay);
  return tlm::TLM_COMPLETED;
}

bool IdealMemory::get_direct_mem_ptr(int /*port*/, tlm::tlm_generic_payload& transaction, tlm::tlm_dmi& dmi) {
  if (!array_.direct_access(transaction, dmi) || !config_.allow_dmi) return false;
  dmi.allow_read_write();
  const sc_core::sc_time latency = config_.clock_period * config_.latency_cycles;
  dmi.set_read_latency(latency);
  dmi.set_write_latency(latency);
  if (auto* exact = transaction.get_extension<DmiTimingExtension>()) {
    exact->given = true;
    exact->timing = {config_.latency_cycles, config_.bytes_per_cycle_numerator,
                     config_.bytes_per_cycle_denominator};
    exact->clock_period = config_.clock_period;
  }
  return true;
}

}  // namespace bitbalance::memory
