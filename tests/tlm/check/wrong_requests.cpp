// Requests that are wrong in themselves, and phases and times that are wrong after the ones before.
#include <systemc>

#include "tests/tlm/check/peers.h"

namespace bitbalance::test {

std::vector<PeerCase> wrong_requests() {
  return {
      {"no data",
       {Rule::kDataPointer},
       [](Peers& b) {
         b.payload.set_data_ptr(nullptr);
         b.blocking(b.payload);
       }},
      {"no length",
       {Rule::kDataLength},
       [](Peers& b) {
         b.payload.set_data_length(0);
         b.blocking(b.payload);
       }},
      {"no streaming width",
       {Rule::kStreamingWidth},
       [](Peers& b) {
         b.payload.set_streaming_width(0);
         b.blocking(b.payload);
       }},
      {"half a byte enable",
       {Rule::kByteEnables},
       [](Peers& b) {
         b.enables[1] = 0x0f;
         b.payload.set_byte_enable_ptr(b.enables);
         b.payload.set_byte_enable_length(2);
         b.blocking(b.payload);
       }},
      {"byte enables of length 0",
       {Rule::kByteEnables},
       [](Peers& b) {
         b.payload.set_byte_enable_ptr(b.enables);
         b.payload.set_byte_enable_length(0);
         b.blocking(b.payload);
       }},
      {"a request with an answer",
       {Rule::kRequestStatus},
       [](Peers& b) {
         b.payload.set_response_status(tlm::TLM_OK_RESPONSE);
         b.blocking(b.payload);
       }},
      {"a request with a DMI hint",
       {Rule::kDmiHint},
       [](Peers& b) {
         b.payload.set_dmi_allowed(true);
         b.blocking(b.payload);
       }},
      {"no memory manager", {Rule::kMemoryManager}, [](Peers& b) { b.forward(b.unmanaged, tlm::BEGIN_REQ); }},
      {"no reference",
       {Rule::kMemoryManager},
       [](Peers& b) {
         b.other.release();
         b.forward(b.other, tlm::BEGIN_REQ);
       }},
      {"a payload with options",
       {Rule::kOption},
       [](Peers& b) {
         b.payload.set_gp_option(tlm::TLM_FULL_PAYLOAD);
         b.blocking(b.payload);
       }},
      {"two references to a new request",
       {Rule::kReferenceCount},
       [](Peers& b) {
         b.payload.acquire();
         b.forward(b.payload, tlm::BEGIN_REQ);
       }},
      {"a blocking call without a reference",
       {Rule::kMemoryManager},
       [](Peers& b) {
         b.other.release();
         b.blocking(b.other);
       }},
      {"a blocking call from a method",
       {Rule::kCaller},
       [](Peers& b) {
         sc_core::sc_spawn_options method;
         method.spawn_method();
         sc_core::sc_spawn([&b] { b.blocking(b.payload); }, "method", &method);
         sc_core::sc_start(sc_core::SC_ZERO_TIME);
       }},
      {"sent again before it was answered",
       {Rule::kReuse},
       [](Peers& b) {
         b.forward(b.payload, tlm::BEGIN_REQ);
         b.backward(b.payload, tlm::END_REQ);
         b.forward(b.payload, tlm::BEGIN_REQ);
       }},
  };
}

std::vector<PeerCase> wrong_phases() {
  return {
      {"END_RESP before BEGIN_RESP",
       {Rule::kPhaseOrder},
       [](Peers& b) {
         b.forward(b.payload, tlm::BEGIN_REQ);
         b.forward(b.payload, tlm::END_RESP);
       }},
      {"END_REQ twice",
       {Rule::kPhaseOrder},
       [](Peers& b) {
         b.forward(b.payload, tlm::BEGIN_REQ);
         b.backward(b.payload, tlm::END_REQ);
         b.backward(b.payload, tlm::END_REQ);
       }},
      {"an answer to nothing", {Rule::kPhaseOrder}, [](Peers& b) { b.respond(b.payload); }},
      {"an answer after the end",
       {Rule::kPhaseOrder},
       [](Peers& b) {
         b.returns(tlm::TLM_COMPLETED, tlm::BEGIN_REQ);
         b.forward(b.payload, tlm::BEGIN_REQ);
         b.respond(b.payload);
       }},
      {"the target's phase from the initiator",
       {Rule::kPhaseOrder},
       [](Peers& b) { b.forward(b.payload, tlm::END_REQ); }},
      {"the initiator's phase from the target",
       {Rule::kPhaseOrder},
       [](Peers& b) {
         b.forward(b.payload, tlm::BEGIN_REQ);
         b.backward(b.payload, tlm::BEGIN_REQ);
       }},
      {"two requests at a time",
       {Rule::kRequestExclusion},
       [](Peers& b) {
         b.forward(b.payload, tlm::BEGIN_REQ);
         b.forward(b.other, tlm::BEGIN_REQ);
       }},
      {"a request before the time of END_REQ",
       {Rule::kRequestExclusion},
       [](Peers& b) {
         b.returns(tlm::TLM_UPDATED, tlm::END_REQ, 5);
         b.forward(b.payload, tlm::BEGIN_REQ);
         b.forward(b.other, tlm::BEGIN_REQ, 4);
       }},
      {"two responses at a time",
       {Rule::kResponseExclusion},
       [](Peers& b) {
         b.forward(b.payload, tlm::BEGIN_REQ);
         b.backward(b.payload, tlm::END_REQ);
         b.forward(b.other, tlm::BEGIN_REQ);
         b.respond(b.payload);
         b.respond(b.other);
       }},
      {"updated without a new phase",
       {Rule::kReturnValue},
       [](Peers& b) {
         b.returns(tlm::TLM_UPDATED, tlm::BEGIN_REQ);
         b.forward(b.payload, tlm::BEGIN_REQ);
       }},
      {"completed by the initiator in the request phase",
       {Rule::kReturnValue},
       [](Peers& b) {
         b.on_answer = [](Payload&, tlm::tlm_phase&, sc_time&) { return tlm::TLM_COMPLETED; };
         b.forward(b.payload, tlm::BEGIN_REQ);
         b.backward(b.payload, tlm::END_REQ);
       }},
      {"accepted, and a phase changed",
       {Rule::kAccepted},
       [](Peers& b) {
         b.returns(tlm::TLM_ACCEPTED, tlm::END_REQ);
         b.forward(b.payload, tlm::BEGIN_REQ);
       }},
      {"accepted, and a status set",
       {Rule::kAccepted},
       [](Peers& b) {
         b.on_request = [](Payload& p, tlm::tlm_phase&, sc_time&) {
           p.set_response_status(tlm::TLM_OK_RESPONSE);
           return tlm::TLM_ACCEPTED;
         };
         b.forward(b.payload, tlm::BEGIN_REQ);
       }},
      {"accepted by the initiator, and a delay changed",
       {Rule::kAccepted},
       [](Peers& b) {
         b.on_answer = [](Payload&, tlm::tlm_phase&, sc_time& delay) {
           delay = sc_time(1, SC_NS);
           return tlm::TLM_ACCEPTED;
         };
         b.forward(b.payload, tlm::BEGIN_REQ);
         b.respond(b.payload);
       }},
      {"an answer before the request",
       {Rule::kTiming},
       [](Peers& b) {
         b.forward(b.payload, tlm::BEGIN_REQ, 5);
         b.respond(b.payload, 4);
       }},
      {"completed before the request",
       {Rule::kTiming},
       [](Peers& b) {
         b.returns(tlm::TLM_COMPLETED, tlm::BEGIN_REQ, 4);
         b.forward(b.payload, tlm::BEGIN_REQ, 5);
       }},
      {"a blocking call back in time",
       {Rule::kTiming},
       [](Peers& b) {
         b.on_blocking = [](Payload& p, sc_time& delay) {
           p.set_response_status(tlm::TLM_OK_RESPONSE);
           delay = sc_core::SC_ZERO_TIME;
         };
         b.blocking(b.payload, 1);
       }},
  };
}

}  // namespace bitbalance::test
