#include "tlm/dram/timed_memory.h"

#include <algorithm>

#include "hw/port/memory_channel_extension.h"

namespace bitbalance::dram {
namespace {

std::int64_t units_per_ps() {
  const auto units = static_cast<std::int64_t>(sc_core::sc_time(1, sc_core::SC_PS).value());
  if (units == 0) throw std::invalid_argument("DRAM: the simulator's time resolution is coarser than 1 ps");
  return units;
}

std::uint64_t now_units() {
  return sc_core::sc_time_stamp().value();
}

void notify_at(sc_core::sc_event& event, std::uint64_t time) {
  event.notify(sc_core::sc_time::from_value(time - now_units()));
}

}  // namespace

TimedMemory::TimedMemory(const sc_core::sc_module_name& name, const Config& config, std::uint64_t bytes)
    : MemoryModel(name), socket("socket"), dram_(config, units_per_ps(), *this), array_(bytes) {
  SC_HAS_PROCESS(TimedMemory);
  check_capacity(config, bytes);
  socket.register_nb_transport_fw(this, &TimedMemory::nb_transport_fw);
  socket.register_b_transport(this, &TimedMemory::b_transport);
  socket.register_transport_dbg(this, &TimedMemory::transport_dbg);
  SC_METHOD(on_clock);
  sensitive << clock_event_;
  dont_initialize();
  SC_METHOD(on_answer);
  sensitive << answer_event_;
  dont_initialize();
}

TimedMemory::AccessIndex TimedMemory::request(int from, tlm::tlm_generic_payload& payload, Time time) {
  if (free_.empty()) {
    free_.push_back(static_cast<AccessIndex>(accesses_.size()));
    accesses_.emplace_back();
  }
  const AccessIndex index = free_.back();
  free_.pop_back();
  Access& a = access(index);
  a.payload = &payload;
  a.port = from;
  a.is_blocking = false;
  Dram::Request request;
  request.time = time;
  request.initiator = from;
  const auto* extension = payload.get_extension<MemoryChannelExtension>();
  request.channel = extension == nullptr ? 0 : static_cast<int>(extension->channel);
  request.address = payload.get_address();
  request.bytes = std::min(payload.get_data_length(), payload.get_streaming_width());
  request.is_write = payload.is_write();
  request.byte_enables = payload.get_byte_enable_ptr();
  request.byte_enable_length = payload.get_byte_enable_length();
  dram_.request(index, request);
  plan();
  return index;
}

tlm::tlm_sync_enum TimedMemory::nb_transport_fw(int from, tlm::tlm_generic_payload& payload,
                                                tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  const Time time = now_units() + delay.value();
  if (phase == tlm::END_RESP) {
    if (port(from).responding != &payload) {
      SC_REPORT_ERROR(name(), "END_RESP without BEGIN_RESP");
      return tlm::TLM_COMPLETED;
    }
    end_response(from, time);
    plan_answers();
    return tlm::TLM_COMPLETED;
  }
  if (phase != tlm::BEGIN_REQ) return tlm::TLM_ACCEPTED;  // ignorable phases
  if (!payload.has_mm()) {
    SC_REPORT_ERROR(name(), "transaction without a memory manager");
    payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
    return tlm::TLM_COMPLETED;
  }
  payload.acquire();
  request(from, payload, time);
  phase = tlm::END_REQ;
  return tlm::TLM_UPDATED;
}

void TimedMemory::b_transport(int from, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const AccessIndex index = request(from, payload, now_units() + delay.value());
  access(index).is_blocking = true;
  wait_for_answer(index);
  delay = sc_core::SC_ZERO_TIME;
  free_.push_back(index);
}

/// If the process is killed or reset, payload and data go with its stack; the access goes on without them.
void TimedMemory::wait_for_answer(AccessIndex index) {
  Access& a = access(index);
  if (!a.answered) a.answered = std::make_unique<sc_core::sc_event>();
  try {
    wait(*a.answered);
  } catch (...) {
    a.payload = nullptr;
    if (!a.is_blocking) free_.push_back(index);  // ended at the time of its answer
    throw;
  }
}

void TimedMemory::plan() {
  const Cycle next = dram_.next();
  if (next == planned_) return;
  planned_ = next;
  clock_event_.cancel();
  if (next != kNever) notify_at(clock_event_, dram_.time_of(next));
}

void TimedMemory::on_clock() {
  const Cycle now = planned_;
  planned_ = kNever;
  dram_.step(now);
  plan();
}

bool TimedMemory::arrived(AccessIndex index) {
  if (access(index).payload == nullptr) return false;
  tlm::tlm_generic_payload& payload = *access(index).payload;
  payload.set_response_status(array_.access(payload));
  return payload.is_response_ok() && payload.get_command() != tlm::TLM_IGNORE_COMMAND;
}

void TimedMemory::answered(AccessIndex index, Time time) {
  answers_.push({time, answer_count_++, index});
  plan_answers();
}

void TimedMemory::plan_answers() {
  constexpr Time kNone = ~Time{0};
  Time next = answers_.empty() ? kNone : answers_.top().time;
  for (const Port& p : ports_) {
    if (!p.ready.empty() && p.responding == nullptr)
      next = std::min(next, std::max(p.free_from, now_units()));
  }
  if (next == kNone) return;
  answer_event_.cancel();
  notify_at(answer_event_, next);
}

void TimedMemory::on_answer() {
  while (!answers_.empty() && answers_.top().time <= now_units()) {
    const AccessIndex index = answers_.top().access;
    answers_.pop();
    Access& a = access(index);
    if (a.payload == nullptr) {
      free_.push_back(index);
    } else if (a.is_blocking) {
      a.is_blocking = false;
      a.answered->notify();
    } else {
      port(a.port).ready.push_back(index);
    }
  }
  for (std::size_t p = 0; p < ports_.size(); ++p) respond(static_cast<int>(p));
  plan_answers();
}

/// Sends what is ready, one response phase at a time.
void TimedMemory::respond(int index) {
  Port& p = port(index);
  while (!p.ready.empty() && p.responding == nullptr && p.free_from <= now_units()) {
    const AccessIndex first = p.ready.front();
    p.ready.pop_front();
    p.responding = access(first).payload;
    free_.push_back(first);
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay;
    const tlm::tlm_sync_enum status = socket[index]->nb_transport_bw(*p.responding, phase, delay);
    if (status == tlm::TLM_COMPLETED || (status == tlm::TLM_UPDATED && phase == tlm::END_RESP)) {
      if (p.responding == nullptr) {  // by a call of the initiator's, from within this one
        SC_REPORT_ERROR(name(), "a response was ended twice");
        continue;
      }
      end_response(index, now_units() + delay.value());
    }
  }
}

void TimedMemory::end_response(int index, Time time) {
  Port& p = port(index);
  p.responding->release();
  p.responding = nullptr;
  p.free_from = time;
}

}  // namespace bitbalance::dram
