// Attributes, data and status that somebody changes on the way, and wrong calls beside transport.
#include "tests/tlm/check/peers.h"

namespace bitbalance::test {

std::vector<PeerCase> wrong_changes() {
  return {
      {"another length",
       {Rule::kAttributes},
       [](Peers& b) {
         b.forward(b.payload, tlm::BEGIN_REQ);
         b.payload.set_data_length(2);
         b.respond(b.payload);
       }},
      {"another command",
       {Rule::kAttributes},
       [](Peers& b) {
         b.on_blocking = [](Payload& p, sc_time&) {
           p.set_read();
           p.set_response_status(tlm::TLM_OK_RESPONSE);
         };
         b.blocking(b.payload);
       }},
      {"other byte enables",
       {Rule::kAttributes},
       [](Peers& b) {
         b.payload.set_byte_enable_ptr(b.enables);
         b.payload.set_byte_enable_length(2);
         b.forward(b.payload, tlm::BEGIN_REQ);
         b.enables[0] = TLM_BYTE_DISABLED;
         b.respond(b.payload);
       }},
      {"other data of a write",
       {Rule::kWriteData},
       [](Peers& b) {
         b.forward(b.payload, tlm::BEGIN_REQ);
         b.data[2] = 99;
         b.respond(b.payload);
       }},
      {"an extension replaced",
       {Rule::kExtensions},
       [](Peers& b) {
         b.forward(b.payload, tlm::BEGIN_REQ);
         b.payload.set_extension(&b.another_note);
         b.respond(b.payload);
       }},
      {"an extension left without a manager",
       {Rule::kExtensions},
       [](Peers& b) {
         b.on_blocking = [&b](Payload& p, sc_time&) {
           p.set_extension(&b.note);
           p.set_response_status(tlm::TLM_OK_RESPONSE);
         };
         b.blocking(b.unmanaged);
         b.unmanaged.clear_extension(&b.note);
       }},
      {"a manager left where none was",
       {Rule::kExtensions},
       [](Peers& b) {
         b.on_blocking = [&b](Payload& p, sc_time&) {
           p.set_mm(&b.manager);
           p.set_response_status(tlm::TLM_OK_RESPONSE);
         };
         b.blocking(b.unmanaged);
       }},
      {"an answer that one checker never sees",
       {Rule::kWay},
       [](Peers& b) {
         b.forward(b.payload, tlm::BEGIN_REQ);
         b.payload.set_response_status(tlm::TLM_OK_RESPONSE);
         tlm::tlm_phase phase = tlm::BEGIN_RESP;
         sc_time delay;
         b.interconnect.in->nb_transport_bw(b.payload, phase, delay);
       }},
      {"an interconnect that changes what was read",
       {Rule::kReadData},
       [](Peers& b) {
         b.payload.set_read();
         b.interconnect.on_way_back = [](Payload& p) { ++*p.get_data_ptr(); };
         b.forward(b.payload, tlm::BEGIN_REQ);
         b.respond(b.payload);
       }},
      {"an interconnect that hides an error",
       {Rule::kResponseStatus},
       [](Peers& b) {
         b.on_blocking = [](Payload& p, sc_time&) { p.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE); };
         b.interconnect.on_way_back = [](Payload& p) { p.set_response_status(tlm::TLM_OK_RESPONSE); };
         b.blocking(b.payload);
       }},
      {"no status in a response",
       {Rule::kResponseStatus},
       [](Peers& b) {
         b.forward(b.payload, tlm::BEGIN_REQ);
         b.backward(b.payload, tlm::BEGIN_RESP);
       }},
      {"no status after a blocking call",
       {Rule::kResponseStatus},
       [](Peers& b) {
         b.on_blocking = [](Payload&, sc_time&) {};
         b.blocking(b.payload);
       }},
      {"completed without a status",
       {Rule::kResponseStatus},
       [](Peers& b) {
         b.returns(tlm::TLM_COMPLETED, tlm::BEGIN_REQ, 0, tlm::TLM_INCOMPLETE_RESPONSE);
         b.forward(b.payload, tlm::BEGIN_REQ);
       }},
      {"a status changed within the response",
       {Rule::kResponseStatus},
       [](Peers& b) {
         b.forward(b.payload, tlm::BEGIN_REQ);
         b.respond(b.payload);
         b.payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
         b.forward(b.payload, tlm::END_RESP);
       }},
  };
}

std::vector<PeerCase> wrong_direct_calls() {
  return {
      {"DMI elsewhere",
       {Rule::kDmiDescriptor},
       [](Peers& b) {
         tlm::tlm_dmi dmi;
         b.payload.set_address(4);
         b.out->get_direct_mem_ptr(b.payload, dmi);
       }},
      {"DMI without a pointer",
       {Rule::kDmiDescriptor},
       [](Peers& b) {
         b.on_dmi = [](tlm::tlm_dmi& dmi) {
           dmi.allow_read();
           return true;
         };
         tlm::tlm_dmi dmi;
         b.out->get_direct_mem_ptr(b.payload, dmi);
       }},
      {"a DMI descriptor that has been used",
       {Rule::kDmiRequest},
       [](Peers& b) {
         tlm::tlm_dmi dmi;
         dmi.set_end_address(3);
         b.out->get_direct_mem_ptr(b.payload, dmi);
       }},
      {"a debug call without data",
       {Rule::kDebug},
       [](Peers& b) {
         b.payload.set_data_ptr(nullptr);
         b.out->transport_dbg(b.payload);
       }},
      {"an invalidation backwards",
       {Rule::kInvalidation},
       [](Peers& b) { b.in->invalidate_direct_mem_ptr(3, 2); }},
      {"more debug bytes than asked for",
       {Rule::kDebug},
       [](Peers& b) {
         b.on_debug = [](Payload&) { return 5u; };
         b.out->transport_dbg(b.payload);
       }},
  };
}

}  // namespace bitbalance::test
