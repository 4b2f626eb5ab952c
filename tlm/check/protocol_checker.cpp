#include "tlm/check/protocol_checker.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text/enum_index.h"

namespace bitbalance::checker {
namespace {

sc_core::sc_time now() {
  return sc_core::sc_time_stamp();
}

/// Whether `next` may follow `phase`.
bool follows(tlm::tlm_phase_enum phase, tlm::tlm_phase_enum next) {
  switch (next) {
    case tlm::END_REQ:
      return phase == tlm::BEGIN_REQ;
    case tlm::BEGIN_RESP:
      return phase == tlm::BEGIN_REQ || phase == tlm::END_REQ;
    case tlm::END_RESP:
      return phase == tlm::BEGIN_RESP;
    default:
      return false;
  }
}

tlm::tlm_phase_enum to_enum(const tlm::tlm_phase& phase) {
  return static_cast<tlm::tlm_phase_enum>(static_cast<unsigned>(phase));
}

bool is_ignorable(const tlm::tlm_phase& phase) {
  return phase > tlm::END_RESP;
}

}  // namespace

const char* to_string(ProtocolRule rule) {
  constexpr const char* kNames[] = {"data pointer",
                                    "data length",
                                    "streaming width",
                                    "byte enables",
                                    "request status",
                                    "dmi hint",
                                    "option",
                                    "memory manager",
                                    "reference count",
                                    "reuse",
                                    "caller",
                                    "phase order",
                                    "request exclusion",
                                    "response exclusion",
                                    "return value",
                                    "accepted",
                                    "timing",
                                    "attributes",
                                    "write data",
                                    "read data",
                                    "extensions",
                                    "response status",
                                    "way",
                                    "dmi request",
                                    "dmi descriptor",
                                    "invalidation",
                                    "debug"};
  return kNames[enum_index(rule)];
}

ProtocolChecker::Request::Request(const Payload& payload)
    : command(payload.get_command()),
      data_ptr(payload.get_data_ptr()),
      length(payload.get_data_length()),
      enable_ptr(payload.get_byte_enable_ptr()),
      enable_length(payload.get_byte_enable_length()),
      streaming_width(payload.get_streaming_width()),
      option(payload.get_gp_option()),
      has_manager(payload.has_mm()) {
  if (payload.is_write() && data_ptr != nullptr) write_data.assign(data_ptr, data_ptr + length);
  if (enable_ptr != nullptr) enables.assign(enable_ptr, enable_ptr + enable_length);
  for (unsigned i = 0; i < tlm::max_num_extensions(); ++i) extensions.push_back(payload.get_extension(i));
}

ProtocolChecker::ProtocolChecker(const sc_core::sc_module_name& name) : sc_module(name) {
  target.bind(*this);
  initiator.bind(*this);
}

std::string ProtocolChecker::text() const {
  std::string all;
  for (const Violation& violation : violations_) all += violation.text + "\n";
  return all;
}

void ProtocolChecker::report(ProtocolRule rule, const std::string& found) {
  violations_.push_back({rule, fmt::format("{}: {} at {}", to_string(rule), found, now().to_string())});
  SC_REPORT_WARNING(name(), violations_.back().text.c_str());
}

void ProtocolChecker::check_request(const Payload& payload) {
  ++requests_;
  set_out(payload);
  check(payload.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE, ProtocolRule::kRequestStatus,
        "not TLM_INCOMPLETE_RESPONSE");
  check(!payload.is_dmi_allowed(), ProtocolRule::kDmiHint, "set in a request");
  check(payload.get_gp_option() == tlm::TLM_MIN_PAYLOAD, ProtocolRule::kOption, "not TLM_MIN_PAYLOAD");
  if (payload.get_command() == tlm::TLM_IGNORE_COMMAND) return;
  check(payload.get_data_ptr() != nullptr, ProtocolRule::kDataPointer, "null");
  check(payload.get_data_length() > 0, ProtocolRule::kDataLength, "0");
  check(payload.get_streaming_width() > 0, ProtocolRule::kStreamingWidth, "0");
  const unsigned char* const enables = payload.get_byte_enable_ptr();
  if (enables == nullptr) return;
  check(payload.get_byte_enable_length() > 0, ProtocolRule::kByteEnables, "none");
  check(std::all_of(enables, enables + payload.get_byte_enable_length(),
                    [](unsigned char e) { return e == TLM_BYTE_ENABLED || e == TLM_BYTE_DISABLED; }),
        ProtocolRule::kByteEnables, "neither 0x00 nor 0xff");
}

void ProtocolChecker::set_out(const Payload& payload) {
  Journey& journey = Journey::of(payload);
  const bool is_under_way = flights_.count(&payload) != 0;
  check(!is_under_way, ProtocolRule::kReuse, "the transaction is under way");
  if (is_under_way) {
    journey.drop(this);
  } else {
    check(!journey.is_answered(), ProtocolRule::kReuse, "its answer before is still on its way back");
  }
  if (payload.has_mm()) {
    check(payload.get_ref_count() > 0, ProtocolRule::kMemoryManager, "no reference held");
    check(!journey.is_new() || payload.get_ref_count() <= 1, ProtocolRule::kReferenceCount,
          "more than 1 in a new request");
  }
  journey.begin(this);
}

void ProtocolChecker::check_unchanged(const Payload& payload, const Request& request) {
  const bool same =
      payload.get_command() == request.command && payload.get_data_ptr() == request.data_ptr &&
      payload.get_data_length() == request.length && payload.get_byte_enable_ptr() == request.enable_ptr &&
      payload.get_byte_enable_length() == request.enable_length &&
      payload.get_streaming_width() == request.streaming_width && payload.get_gp_option() == request.option &&
      std::equal(request.enables.begin(), request.enables.end(), request.enable_ptr);
  check(same, ProtocolRule::kAttributes, "changed on the way");
  check(std::equal(request.write_data.begin(), request.write_data.end(), request.data_ptr),
        ProtocolRule::kWriteData, "changed on the way");
  for (unsigned i = 0; i < request.extensions.size(); ++i) {
    check(request.extensions[i] == nullptr || payload.get_extension(i) == request.extensions[i],
          ProtocolRule::kExtensions, "replaced or removed on the way");
  }
  if (request.has_manager) return;
  check(!payload.has_mm(), ProtocolRule::kExtensions, "a memory manager is left");
  for (unsigned i = 0; i < tlm::max_num_extensions(); ++i) {
    const bool is_new = i >= request.extensions.size() || request.extensions[i] == nullptr;
    check(!is_new || payload.get_extension(i) == nullptr, ProtocolRule::kExtensions,
          "one is left without a memory manager");
  }
}

void ProtocolChecker::check_response(const Payload& payload, const Request& request) {
  check_unchanged(payload, request);
  check(payload.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE, ProtocolRule::kResponseStatus,
        "TLM_INCOMPLETE_RESPONSE in a response");
  switch (Journey::answer(payload, this)) {
    case Journey::Fault::kNone:
      break;
    case Journey::Fault::kWay:
      return report(ProtocolRule::kWay, "the answer did not come back on the way of the request");
    case Journey::Fault::kStatus:
      return report(ProtocolRule::kResponseStatus, "an error became TLM_OK_RESPONSE on the way back");
    case Journey::Fault::kData:
      return report(ProtocolRule::kReadData, "changed on the way back");
  }
}

void ProtocolChecker::begin(const Payload& payload, const sc_core::sc_time& time) {
  check_request(payload);
  check(payload.has_mm(), ProtocolRule::kMemoryManager, "none");
  check(requesting_ == nullptr, ProtocolRule::kRequestExclusion, "BEGIN_REQ before the END_REQ of another");
  check(time >= request_end_, ProtocolRule::kRequestExclusion, "BEGIN_REQ before the time of END_REQ");
  requesting_ = &payload;
  flights_.insert_or_assign(&payload, Flight{Request(payload), tlm::BEGIN_REQ, time});
}

void ProtocolChecker::advance(const Payload& payload, tlm::tlm_phase_enum phase,
                              const sc_core::sc_time& time) {
  const auto found = flights_.find(&payload);
  if (found == flights_.end() || !follows(found->second.phase, phase)) {
    return report(ProtocolRule::kPhaseOrder,
                  fmt::format("{} {}", tlm::tlm_phase(phase).get_name(),
                              found == flights_.end()
                                  ? "of a transaction that is not under way"
                                  : std::string("after ") + tlm::tlm_phase(found->second.phase).get_name()));
  }
  Flight& flight = found->second;
  check(time >= flight.time, ProtocolRule::kTiming, "before the phase that it follows");
  if (requesting_ == &payload) {
    requesting_ = nullptr;
    request_end_ = time;
  }
  if (phase == tlm::BEGIN_RESP) {
    check_response(payload, flight.request);
    check(responding_ == nullptr, ProtocolRule::kResponseExclusion, "BEGIN_RESP before END_RESP of another");
    responding_ = &payload;
    flight.status = payload.get_response_status();
  } else {
    check_unchanged(payload, flight.request);
  }
  flight.phase = phase;
  flight.time = time;
  if (phase != tlm::END_RESP) return;
  check(payload.get_response_status() == flight.status, ProtocolRule::kResponseStatus,
        "changed after BEGIN_RESP");
  end(payload);
}

void ProtocolChecker::complete(const Payload& payload, const sc_core::sc_time& time) {
  const auto found = flights_.find(&payload);
  if (found == flights_.end()) {
    return report(ProtocolRule::kReturnValue, "TLM_COMPLETED of a transaction that has ended");
  }
  const Flight& flight = found->second;
  check(time >= flight.time, ProtocolRule::kTiming, "completed before the phase before");
  if (flight.phase == tlm::BEGIN_RESP) {
    check_unchanged(payload, flight.request);
    check(payload.get_response_status() == flight.status, ProtocolRule::kResponseStatus,
          "changed after BEGIN_RESP");
  } else {
    check_response(payload, flight.request);
  }
  end(payload);
}

void ProtocolChecker::end(const Payload& payload) {
  if (requesting_ == &payload) requesting_ = nullptr;
  if (responding_ == &payload) responding_ = nullptr;
  flights_.erase(&payload);
}

void ProtocolChecker::check_accepted(unsigned before, const tlm::tlm_phase& phase,
                                     const sc_core::sc_time& delay_before, const sc_core::sc_time& delay) {
  check(phase == before && delay == delay_before, ProtocolRule::kAccepted, "phase or delay changed");
}

tlm::tlm_sync_enum ProtocolChecker::nb_transport_fw(Payload& payload, tlm::tlm_phase& phase,
                                                    sc_core::sc_time& delay) {
  const tlm::tlm_phase sent = phase;
  const sc_core::sc_time sent_delay = delay;
  if (sent == tlm::BEGIN_REQ) {
    begin(payload, now() + delay);
  } else if (sent == tlm::END_RESP) {
    advance(payload, tlm::END_RESP, now() + delay);
  } else if (!is_ignorable(sent)) {
    report(ProtocolRule::kPhaseOrder, fmt::format("{} on the forward path", phase.get_name()));
  }
  if (payload.has_mm()) payload.acquire();  // to look at it after the call
  const tlm::tlm_sync_enum status = initiator->nb_transport_fw(payload, phase, delay);
  if (status == tlm::TLM_ACCEPTED) {
    check_accepted(sent, phase, sent_delay, delay);
    const auto flight = flights_.find(&payload);
    check(sent != tlm::BEGIN_REQ || flight == flights_.end() || flight->second.phase == tlm::BEGIN_RESP ||
              payload.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE,
          ProtocolRule::kAccepted, "response status set");
  } else if (sent == tlm::BEGIN_REQ && status == tlm::TLM_COMPLETED) {
    complete(payload, now() + delay);
  } else if (status == tlm::TLM_UPDATED && !is_ignorable(phase)) {
    const bool may_tell = sent == tlm::BEGIN_REQ || is_ignorable(sent);
    if (may_tell && (phase == tlm::END_REQ || phase == tlm::BEGIN_RESP)) {
      advance(payload, to_enum(phase), now() + delay);
    } else {
      report(ProtocolRule::kReturnValue, fmt::format("TLM_UPDATED with {}", phase.get_name()));
    }
  }
  if (payload.has_mm()) payload.release();
  return status;
}

tlm::tlm_sync_enum ProtocolChecker::nb_transport_bw(Payload& payload, tlm::tlm_phase& phase,
                                                    sc_core::sc_time& delay) {
  const tlm::tlm_phase sent = phase;
  const sc_core::sc_time sent_delay = delay;
  if (sent == tlm::END_REQ || sent == tlm::BEGIN_RESP) {
    advance(payload, to_enum(sent), now() + delay);
  } else if (!is_ignorable(sent)) {
    report(ProtocolRule::kPhaseOrder, fmt::format("{} on the backward path", phase.get_name()));
  }
  if (payload.has_mm()) payload.acquire();
  const tlm::tlm_sync_enum status = target->nb_transport_bw(payload, phase, delay);
  if (status == tlm::TLM_ACCEPTED) {
    check_accepted(sent, phase, sent_delay, delay);
  } else if (sent == tlm::BEGIN_RESP && status == tlm::TLM_COMPLETED) {
    if (flights_.count(&payload) != 0) complete(payload, now() + delay);
  } else if ((sent == tlm::BEGIN_RESP || is_ignorable(sent)) && phase == tlm::END_RESP) {
    advance(payload, tlm::END_RESP, now() + delay);
  } else if (!is_ignorable(phase)) {
    report(ProtocolRule::kReturnValue,
           fmt::format("{} with {}", status == tlm::TLM_UPDATED ? "TLM_UPDATED" : "TLM_COMPLETED",
                       phase.get_name()));
  }
  if (payload.has_mm()) payload.release();
  return status;
}

void ProtocolChecker::b_transport(Payload& payload, sc_core::sc_time& delay) {
  check(sc_core::sc_get_current_process_handle().proc_kind() != sc_core::SC_METHOD_PROC_,
        ProtocolRule::kCaller, "b_transport from a method process");
  check_request(payload);
  const sc_core::sc_time time = now() + delay;
  const Request request(payload);
  flights_.insert_or_assign(&payload, Flight{request, tlm::BEGIN_REQ, time});
  try {
    initiator->b_transport(payload, delay);
  } catch (...) {  // its process is ended
    flights_.erase(&payload);
    Journey::abandon(payload, this);
    throw;
  }
  flights_.erase(&payload);
  check(now() + delay >= time, ProtocolRule::kTiming, "b_transport returned a time before its call");
  check_response(payload, request);
}

bool ProtocolChecker::get_direct_mem_ptr(Payload& payload, tlm::tlm_dmi& dmi) {
  const std::uint64_t address = payload.get_address();  // an interconnect may change it
  check(dmi.get_dmi_ptr() == nullptr && dmi.is_none_allowed() && dmi.get_start_address() == 0 &&
            dmi.get_end_address() == ~std::uint64_t{0} && dmi.get_read_latency() == sc_core::SC_ZERO_TIME &&
            dmi.get_write_latency() == sc_core::SC_ZERO_TIME,
        ProtocolRule::kDmiRequest, "the descriptor is not as after init()");
  const bool granted = initiator->get_direct_mem_ptr(payload, dmi);
  if (!granted) return false;
  check(dmi.get_dmi_ptr() != nullptr, ProtocolRule::kDmiDescriptor, "no pointer");
  check(dmi.is_read_allowed() || dmi.is_write_allowed(), ProtocolRule::kDmiDescriptor, "no access");
  check(dmi.get_start_address() <= address && address <= dmi.get_end_address(), ProtocolRule::kDmiDescriptor,
        "the range does not hold the address");
  return true;
}

unsigned ProtocolChecker::transport_dbg(Payload& payload) {
  check(payload.get_data_length() == 0 || payload.get_data_ptr() != nullptr, ProtocolRule::kDebug, "no data");
  const Request request(payload);
  const unsigned count = initiator->transport_dbg(payload);
  check(count <= request.length, ProtocolRule::kDebug, "more bytes than asked for");
  check(payload.get_command() == request.command && payload.get_data_ptr() == request.data_ptr &&
            payload.get_data_length() == request.length,
        ProtocolRule::kDebug, "attributes changed");
  return count;
}

void ProtocolChecker::invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) {
  check(start <= end, ProtocolRule::kInvalidation, "the end lies before the start");
  target->invalidate_direct_mem_ptr(start, end);
}

}  // namespace bitbalance::checker
