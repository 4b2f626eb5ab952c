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
  requests_.resize(static_cast<std::size_t>(target_count_));
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
  const sc_core::sc_time time = sc_core::sc_time_stamp() + delay;
  if (phase == tlm::BEGIN_REQ) {
    const std::uint64_t address = transaction.get_address();
    const Range* range = decode(transaction);
    if (range == nullptr) {
      transaction.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
      tell(time, initiator, range, transaction);
      return tlm::TLM_COMPLETED;
    }
    const int port = port_of(*range, initiator);
    Pending& pending = pending_[&transaction] = {initiator, port, range, address, time};
    transaction.set_address(address - range->base);
    Phases& requests = requests_to(port);
    const bool is_shared = range->ports == 1 && initiators.size() > 1;
    if ((is_shared && delay != sc_core::SC_ZERO_TIME) || !requests.can_begin(time)) {
      hold(requests, transaction, time);
      return tlm::TLM_ACCEPTED;
    }
    requests.active = &transaction;
    pending.at_target = true;
  }
  const auto found = pending_.find(&transaction);
  if (found == pending_.end()) return tlm::TLM_ACCEPTED;  // ignorable phases
  const bool ends = phase == tlm::END_RESP;
  if (ends) end(responses_to(initiator), transaction, time);
  const tlm::tlm_sync_enum answer =
      found->second.at_target ? call_target(found->second, transaction, phase, delay) : tlm::TLM_ACCEPTED;
  if (answer == tlm::TLM_COMPLETED || ends) finish(transaction);
  return answer;
}

tlm::tlm_sync_enum AddressRouter::call_target(Pending& pending, tlm::tlm_generic_payload& transaction,
                                              tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  const int initiator = pending.initiator, port = pending.port;  // it may be gone after the call
  const tlm::tlm_sync_enum answer = targets_[port]->nb_transport_fw(transaction, phase, delay);
  const sc_core::sc_time time = sc_core::sc_time_stamp() + delay;
  Phases& requests = requests_to(port);
  if (answer == tlm::TLM_COMPLETED) {
    end(requests, transaction, requests.free_from);  // which takes no time
  } else if (answer == tlm::TLM_UPDATED && (phase == tlm::END_REQ || phase == tlm::BEGIN_RESP)) {
    end(requests, transaction, time);
    if (phase == tlm::BEGIN_RESP) hold(responses_to(initiator), transaction, time);
    phase = tlm::END_REQ;
  }
  return answer;
}

tlm::tlm_sync_enum AddressRouter::nb_transport_bw(int /*port*/, tlm::tlm_generic_payload& transaction,
                                                  tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  const auto found = pending_.find(&transaction);
  if (found == pending_.end()) return tlm::TLM_ACCEPTED;  // ignorable phases
  const int initiator = found->second.initiator;
  const sc_core::sc_time time = sc_core::sc_time_stamp() + delay;
  const bool begins = phase == tlm::BEGIN_RESP;
  const bool ends_request =
      (begins || phase == tlm::END_REQ) && end(requests_to(found->second.port), transaction, time);
  if (!begins) return initiators[initiator]->nb_transport_bw(transaction, phase, delay);
  Phases& responses = responses_to(initiator);
  if (delay != sc_core::SC_ZERO_TIME || !responses.can_begin(sc_core::sc_time_stamp())) {
    hold(responses, transaction, time);
    if (ends_request) {
      tlm::tlm_phase end_req = tlm::END_REQ;
      sc_core::sc_time same = delay;
      initiators[initiator]->nb_transport_bw(transaction, end_req, same);
    }
    return tlm::TLM_ACCEPTED;
  }
  responses.active = &transaction;
  const tlm::tlm_sync_enum answer = initiators[initiator]->nb_transport_bw(transaction, phase, delay);
  if (answer == tlm::TLM_COMPLETED || phase == tlm::END_RESP) {
    end(responses, transaction, sc_core::sc_time_stamp() + delay);
    finish(transaction);
  }
  return answer;
}

void AddressRouter::hold(Phases& phases, tlm::tlm_generic_payload& transaction,
                         const sc_core::sc_time& time) {
  if (transaction.has_mm()) transaction.acquire();
  const auto later =
      std::upper_bound(phases.held.begin(), phases.held.end(), time,
                       [](const sc_core::sc_time& t, const Phases::Held& phase) { return t < phase.time; });
  phases.held.insert(later, {&transaction, time});
  send_held_event_.notify(sc_core::SC_ZERO_TIME);
}

bool AddressRouter::end(Phases& phases, const tlm::tlm_generic_payload& transaction,
                        const sc_core::sc_time& time) {
  if (phases.active != &transaction) return false;
  phases.active = nullptr;
  phases.free_from = time;
  if (!phases.held.empty()) send_held_event_.notify(sc_core::SC_ZERO_TIME);
  return true;
}

void AddressRouter::send_held() {
  const sc_core::sc_time& now = sc_core::sc_time_stamp();
  sc_core::sc_time next = sc_core::sc_max_time();
  const auto send_all = [&](const std::vector<Phases>& all, auto send_first) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      while (all[i].active == nullptr && !all[i].held.empty()) {
        const sc_core::sc_time begin = std::max(all[i].held.front().time, all[i].free_from);
        if (begin > now) {
          next = std::min(next, begin);
          break;
        }
        (this->*send_first)(static_cast<int>(i));
      }
    }
  };
  send_all(requests_, &AddressRouter::send_first_request);
  send_all(responses_, &AddressRouter::send_first_response);
  if (next != sc_core::sc_max_time()) send_held_event_.notify(next - now);
}

void AddressRouter::send_first_request(int port) {
  Phases& requests = requests_to(port);
  tlm::tlm_generic_payload& transaction = *requests.held.front().transaction;
  requests.held.pop_front();
  if (transaction.has_mm()) transaction.release();  // the initiator's reference is left, as in a new request
  requests.active = &transaction;
  Pending& pending = pending_.at(&transaction);
  pending.at_target = true;
  const int initiator = pending.initiator;
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay;
  const tlm::tlm_sync_enum answer = call_target(pending, transaction, phase, delay);
  // The initiator was told TLM_ACCEPTED: what the target returned comes on the backward path.
  if (answer == tlm::TLM_COMPLETED && pending_.count(&transaction) != 0) {
    pending.at_target = false;
    hold(responses_to(initiator), transaction, sc_core::sc_time_stamp() + delay);
    phase = tlm::END_REQ;
    delay = sc_core::SC_ZERO_TIME;
  }
  if (answer != tlm::TLM_ACCEPTED) initiators[initiator]->nb_transport_bw(transaction, phase, delay);
}

void AddressRouter::send_first_response(int initiator) {
  Phases& responses = responses_to(initiator);
  tlm::tlm_generic_payload& transaction = *responses.held.front().transaction;
  responses.held.pop_front();
  responses.active = &transaction;
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
