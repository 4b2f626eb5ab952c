#include "tlm/adapter/address_router.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text/config_error.h"

namespace bitbalance::adapter {

AddressRouter::AddressRouter(const sc_core::sc_module_name& name) : sc_module(name) {
  initiators.register_b_transport(this, &AddressRouter::b_transport);
  initiators.register_nb_transport_fw(this, &AddressRouter::nb_transport_fw);
  initiators.register_get_direct_mem_ptr(this, &AddressRouter::get_direct_mem_ptr);
  initiators.register_transport_dbg(this, &AddressRouter::transport_dbg);
  targets_.register_nb_transport_bw(this, &AddressRouter::nb_transport_bw);
  targets_.register_invalidate_direct_mem_ptr(this, &AddressRouter::invalidate_direct_mem_ptr);
  SC_HAS_PROCESS(AddressRouter);
  SC_METHOD(send_held);
  sensitive << send_held_event_;
  dont_initialize();
}

void AddressRouter::end_of_elaboration() {
  const auto count = static_cast<int>(initiators.size());
  for (const Range& range : ranges_) {
    require(range.ports == 1 || range.ports >= count, fmt::format("{}, target {}", name(), range.name),
            "ports", range.ports, fmt::format("1, or one for each of {} initiators", count));
  }
  responses_.resize(initiators.size());
}

std::vector<std::string> AddressRouter::targets() const {
  std::vector<std::string> names;
  for (const Range& range : ranges_) names.push_back(range.name);
  return names;
}

void AddressRouter::add(const Range& range) {
  const std::string subject = fmt::format("{}, target {}", name(), range.name);
  require(range.bytes > 0, subject, "bytes", range.bytes, "1 or more");
  require(range.last() >= range.base, subject, "base", fmt::format("{:#x}", range.base),
          fmt::format("an address with {:#x} bytes from there on", range.bytes));
  for (const Range& other : ranges_) {
    require(range.last() < other.base || other.last() < range.base, subject, "base",
            fmt::format("{:#x}", range.base),
            fmt::format("outside of {}, which has {:#x} to {:#x}", other.name, other.base, other.last()));
  }
  ranges_.push_back(range);
}

const AddressRouter::Range* AddressRouter::decode(std::uint64_t address, std::uint64_t bytes) const {
  const auto found = std::find_if(ranges_.begin(), ranges_.end(), [&](const Range& range) {
    return address >= range.base && address - range.base < range.bytes &&
           bytes <= range.bytes - (address - range.base);
  });
  return found == ranges_.end() ? nullptr : &*found;
}

const AddressRouter::Range* AddressRouter::decode(const tlm::tlm_generic_payload& transaction) const {
  // Data longer than the streaming width go to the same addresses again.
  const unsigned length = transaction.get_data_length(), width = transaction.get_streaming_width();
  return decode(transaction.get_address(), width == 0 ? length : std::min(length, width));
}

void AddressRouter::tell(const sc_core::sc_time& time, int initiator, const Range* range,
                         const tlm::tlm_generic_payload& transaction) {
  last_address_ = transaction.get_address();
  last_initiator_ = initiator;
  last_write_ = transaction.is_write();
  if (observer_) observer_(time, initiator, range == nullptr ? "nobody" : range->name, transaction);
}

void AddressRouter::trace(sc_core::sc_trace_file* file) const {
  const std::string prefix = std::string(name()) + ".";
  sc_core::sc_trace(file, last_address_, prefix + "address");
  sc_core::sc_trace(file, last_initiator_, prefix + "initiator");
  sc_core::sc_trace(file, last_write_, prefix + "write");
}

void AddressRouter::b_transport(int initiator, tlm::tlm_generic_payload& transaction,
                                sc_core::sc_time& delay) {
  const std::uint64_t address = transaction.get_address();
  const sc_core::sc_time time = sc_core::sc_time_stamp() + delay;
  const Range* range = decode(transaction);
  if (range == nullptr) {
    transaction.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
  } else {
    transaction.set_address(address - range->base);
    targets_[port_of(*range, initiator)]->b_transport(transaction, delay);
    transaction.set_address(address);
  }
  tell(time, initiator, range, transaction);
}

tlm::tlm_sync_enum AddressRouter::nb_transport_fw(int initiator, tlm::tlm_generic_payload& transaction,
                                                  tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  if (phase == tlm::BEGIN_REQ) {
    const std::uint64_t address = transaction.get_address();
    const sc_core::sc_time time = sc_core::sc_time_stamp() + delay;
    const Range* range = decode(transaction);
    if (range == nullptr) {
      transaction.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
      tell(time, initiator, range, transaction);
      return tlm::TLM_COMPLETED;
    }
    pending_[&transaction] = {initiator, range, address, time};
    transaction.set_address(address - range->base);
  }
  const auto found = pending_.find(&transaction);
  if (found == pending_.end()) return tlm::TLM_ACCEPTED;  // ignorable phases
  const bool ends = phase == tlm::END_RESP;
  if (ends) end_response(initiator, sc_core::sc_time_stamp() + delay);
  const tlm::tlm_sync_enum answer =
      targets_[port_of(*found->second.range, initiator)]->nb_transport_fw(transaction, phase, delay);
  if (answer == tlm::TLM_COMPLETED || ends) {
    finish(transaction);
  } else if (answer == tlm::TLM_UPDATED) {
    found->second.in_request_phase = false;
    if (phase == tlm::BEGIN_RESP) {
      hold(initiator, transaction, sc_core::sc_time_stamp() + delay);
      phase = tlm::END_REQ;
    }
  }
  return answer;
}

tlm::tlm_sync_enum AddressRouter::nb_transport_bw(int /*port*/, tlm::tlm_generic_payload& transaction,
                                                  tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  const auto found = pending_.find(&transaction);
  if (found == pending_.end()) return tlm::TLM_ACCEPTED;  // ignorable phases
  Pending& pending = found->second;
  const int initiator = pending.initiator;
  if (phase == tlm::END_REQ) pending.in_request_phase = false;
  if (phase != tlm::BEGIN_RESP) return initiators[initiator]->nb_transport_bw(transaction, phase, delay);
  Responses& responses = responses_to(initiator);
  if (delay != sc_core::SC_ZERO_TIME || !responses.can_begin(sc_core::sc_time_stamp())) {
    hold(initiator, transaction, sc_core::sc_time_stamp() + delay);
    if (pending.in_request_phase) {  // which BEGIN_RESP ends, too
      pending.in_request_phase = false;
      tlm::tlm_phase end = tlm::END_REQ;
      sc_core::sc_time same = delay;
      initiators[initiator]->nb_transport_bw(transaction, end, same);
    }
    return tlm::TLM_ACCEPTED;
  }
  responses.responding = &transaction;
  const tlm::tlm_sync_enum answer = initiators[initiator]->nb_transport_bw(transaction, phase, delay);
  if (answer == tlm::TLM_COMPLETED || phase == tlm::END_RESP) {
    end_response(initiator, sc_core::sc_time_stamp() + delay);
    finish(transaction);
  }
  return answer;
}

void AddressRouter::hold(int initiator, tlm::tlm_generic_payload& transaction, const sc_core::sc_time& time) {
  if (transaction.has_mm()) transaction.acquire();
  std::deque<Responses::Held>& held = responses_to(initiator).held;
  const auto later = std::upper_bound(
      held.begin(), held.end(), time,
      [](const sc_core::sc_time& t, const Responses::Held& response) { return t < response.time; });
  held.insert(later, {&transaction, time});
  send_held_event_.notify(sc_core::SC_ZERO_TIME);
}

void AddressRouter::end_response(int initiator, const sc_core::sc_time& time) {
  Responses& responses = responses_to(initiator);
  responses.responding = nullptr;
  responses.free_from = time;
  if (!responses.held.empty()) send_held_event_.notify(sc_core::SC_ZERO_TIME);
}

void AddressRouter::send_held() {
  const sc_core::sc_time& now = sc_core::sc_time_stamp();
  sc_core::sc_time next = sc_core::sc_max_time();
  for (std::size_t i = 0; i < responses_.size(); ++i) {
    const Responses& responses = responses_[i];
    while (responses.responding == nullptr && !responses.held.empty()) {
      const sc_core::sc_time begin = std::max(responses.held.front().time, responses.free_from);
      if (begin > now) {
        next = std::min(next, begin);
        break;
      }
      send_first_held(static_cast<int>(i));
    }
  }
  if (next != sc_core::sc_max_time()) send_held_event_.notify(next - now);
}

void AddressRouter::send_first_held(int initiator) {
  Responses& responses = responses_to(initiator);
  tlm::tlm_generic_payload& transaction = *responses.held.front().transaction;
  responses.held.pop_front();
  responses.responding = &transaction;
  tlm::tlm_phase phase = tlm::BEGIN_RESP;
  sc_core::sc_time delay;
  const tlm::tlm_sync_enum answer = initiators[initiator]->nb_transport_bw(transaction, phase, delay);
  if (answer == tlm::TLM_COMPLETED || phase == tlm::END_RESP) {
    phase = tlm::END_RESP;  // the target was told TLM_ACCEPTED
    nb_transport_fw(initiator, transaction, phase, delay);
  }
  if (transaction.has_mm()) transaction.release();
}

void AddressRouter::finish(tlm::tlm_generic_payload& transaction) {
  const auto found = pending_.find(&transaction);
  if (found == pending_.end())
    return;  // the initiator ended it by nb_transport_fw from within nb_transport_bw
  const Pending pending = found->second;
  pending_.erase(found);
  transaction.set_address(pending.address);
  tell(pending.time, pending.initiator, pending.range, transaction);
}

bool AddressRouter::get_direct_mem_ptr(int initiator, tlm::tlm_generic_payload& transaction,
                                       tlm::tlm_dmi& dmi) {
  const std::uint64_t address = transaction.get_address();
  const Range* range = decode(address, 1);
  if (range == nullptr) {
    dmi.set_start_address(address);
    dmi.set_end_address(address);
    return false;
  }
  transaction.set_address(address - range->base);
  const bool granted = targets_[port_of(*range, initiator)]->get_direct_mem_ptr(transaction, dmi);
  transaction.set_address(address);
  dmi.set_start_address(range->base + dmi.get_start_address());
  dmi.set_end_address(range->base + std::min(dmi.get_end_address(), sc_dt::uint64{range->bytes - 1}));
  return granted;
}

void AddressRouter::invalidate_direct_mem_ptr(int port, sc_dt::uint64 first, sc_dt::uint64 last) {
  for (const Range& range : ranges_) {
    if (port < range.first_port || port >= range.first_port + range.ports) continue;
    if (first >= range.bytes) continue;  // of the target, but of no address here
    const sc_dt::uint64 end = range.base + std::min(last, sc_dt::uint64{range.bytes - 1});
    for (unsigned i = 0; i < initiators.size(); ++i)
      initiators[static_cast<int>(i)]->invalidate_direct_mem_ptr(range.base + first, end);
  }
}

unsigned AddressRouter::transport_dbg(int initiator, tlm::tlm_generic_payload& transaction) {
  const std::uint64_t address = transaction.get_address();
  const unsigned length = transaction.get_data_length();
  const Range* range = decode(address, 1);
  if (range == nullptr) return 0;
  // The target may have more than the bus shows.
  const std::uint64_t offset = address - range->base;
  transaction.set_data_length(static_cast<unsigned>(std::min<std::uint64_t>(length, range->bytes - offset)));
  transaction.set_address(offset);
  const unsigned count = targets_[port_of(*range, initiator)]->transport_dbg(transaction);
  transaction.set_address(address);
  transaction.set_data_length(length);
  return count;
}

}  // namespace bitbalance::adapter
