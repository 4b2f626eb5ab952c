// An initiator and a target that speak the base protocol as a test says, right or wrong, and the checkers
// between them; and the tables of what they do.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <functional>
#include <systemc>
#include <vector>

#include "tests/support/names.h"
#include "tlm/check/protocol_checker.h"

namespace bitbalance::test {

using sc_core::SC_NS;
using sc_core::sc_time;
using Payload = tlm::tlm_generic_payload;
using Rule = ProtocolRule;

struct Note : tlm::tlm_extension<Note> {
  tlm_extension_base* clone() const override { return new Note; }
  void copy_from(const tlm_extension_base&) override {}
};

/// Never frees: payloads are members.
struct Manager : tlm::tlm_mm_interface {
  void free(Payload*) override {}
};

/// An interconnect that passes everything on; the test may write down what it does to an answer.
struct Interconnect : sc_core::sc_module {
  tlm_utils::simple_target_socket<Interconnect> in{"in"};
  tlm_utils::simple_initiator_socket<Interconnect> out{"out"};
  std::function<void(Payload&)> on_way_back = [](Payload&) {};

  explicit Interconnect(const sc_core::sc_module_name& name) : sc_module(name) {
    in.register_nb_transport_fw(this, &Interconnect::nb_transport_fw);
    in.register_b_transport(this, &Interconnect::b_transport);
    in.register_get_direct_mem_ptr(this, &Interconnect::get_direct_mem_ptr);
    in.register_transport_dbg(this, &Interconnect::transport_dbg);
    out.register_nb_transport_bw(this, &Interconnect::nb_transport_bw);
    out.register_invalidate_direct_mem_ptr(this, &Interconnect::invalidate);
  }
  tlm::tlm_sync_enum nb_transport_fw(Payload& p, tlm::tlm_phase& phase, sc_time& delay) {
    return out->nb_transport_fw(p, phase, delay);
  }
  tlm::tlm_sync_enum nb_transport_bw(Payload& p, tlm::tlm_phase& phase, sc_time& delay) {
    if (phase == tlm::BEGIN_RESP) on_way_back(p);
    return in->nb_transport_bw(p, phase, delay);
  }
  void b_transport(Payload& p, sc_time& delay) {
    out->b_transport(p, delay);
    on_way_back(p);
  }
  bool get_direct_mem_ptr(Payload& p, tlm::tlm_dmi& dmi) { return out->get_direct_mem_ptr(p, dmi); }
  unsigned transport_dbg(Payload& p) { return out->transport_dbg(p); }
  void invalidate(sc_dt::uint64 start, sc_dt::uint64 end) { in->invalidate_direct_mem_ptr(start, end); }
};

/// An initiator and a target whose behaviour the test writes down, and between them the checker, an
/// interconnect and a second checker.
struct Peers : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<Peers> out{"out"};
  tlm_utils::simple_target_socket<Peers> in{"in"};
  ProtocolChecker checker{"checker"};
  Interconnect interconnect{"interconnect"};
  ProtocolChecker inner{"inner"};

  Manager manager;
  Payload payload{&manager}, other{&manager}, unmanaged;
  unsigned char data[4] = {1, 2, 3, 4};
  unsigned char enables[2] = {TLM_BYTE_ENABLED, TLM_BYTE_DISABLED};
  Note note, another_note;
  std::function<tlm::tlm_sync_enum(Payload&, tlm::tlm_phase&, sc_time&)> on_request, on_answer;
  std::function<void(Payload&, sc_time&)> on_blocking;
  std::function<bool(tlm::tlm_dmi&)> on_dmi;
  std::function<unsigned(Payload&)> on_debug;

  explicit Peers(const sc_core::sc_module_name& name) : sc_module(name) {
    out.register_nb_transport_bw(this, &Peers::nb_transport_bw);
    in.register_nb_transport_fw(this, &Peers::nb_transport_fw);
    in.register_b_transport(this, &Peers::b_transport);
    in.register_get_direct_mem_ptr(this, &Peers::get_direct_mem_ptr);
    in.register_transport_dbg(this, &Peers::transport_dbg);
    out.bind(checker.target);
    checker.initiator.bind(interconnect.in);
    interconnect.out.bind(inner.target);
    inner.initiator.bind(in);
    for (Payload* p : {&payload, &other, &unmanaged}) {
      if (p->has_mm()) p->acquire();
      p->set_write();
      p->set_data_ptr(data);
      p->set_data_length(4);
      p->set_streaming_width(4);
    }
    payload.set_extension(&note);
    on_request = [](Payload&, tlm::tlm_phase&, sc_time&) { return tlm::TLM_ACCEPTED; };
    on_answer = [](Payload&, tlm::tlm_phase&, sc_time&) { return tlm::TLM_ACCEPTED; };
    on_blocking = [](Payload& p, sc_time&) { p.set_response_status(tlm::TLM_OK_RESPONSE); };
    on_dmi = [this](tlm::tlm_dmi& dmi) {
      dmi.set_dmi_ptr(data);
      dmi.set_start_address(0);
      dmi.set_end_address(3);
      dmi.allow_read();
      return true;
    };
    on_debug = [](Payload& p) { return p.get_data_length(); };
  }
  ~Peers() override { payload.clear_extension(&note); }

  tlm::tlm_sync_enum nb_transport_fw(Payload& p, tlm::tlm_phase& phase, sc_time& delay) {
    return on_request(p, phase, delay);
  }
  tlm::tlm_sync_enum nb_transport_bw(Payload& p, tlm::tlm_phase& phase, sc_time& delay) {
    return on_answer(p, phase, delay);
  }
  void b_transport(Payload& p, sc_time& delay) { on_blocking(p, delay); }
  bool get_direct_mem_ptr(Payload&, tlm::tlm_dmi& dmi) { return on_dmi(dmi); }
  unsigned transport_dbg(Payload& p) { return on_debug(p); }

  // Calls; a delay in ns.
  tlm::tlm_sync_enum forward(Payload& p, tlm::tlm_phase phase, double ns = 0) {
    sc_time delay(ns, SC_NS);
    return out->nb_transport_fw(p, phase, delay);
  }
  tlm::tlm_sync_enum backward(Payload& p, tlm::tlm_phase phase, double ns = 0) {
    sc_time delay(ns, SC_NS);
    return in->nb_transport_bw(p, phase, delay);
  }
  void blocking(Payload& p, double ns = 0) {
    sc_time delay(ns, SC_NS);
    out->b_transport(p, delay);
  }
  void respond(Payload& p, double ns = 0) {
    p.set_response_status(tlm::TLM_OK_RESPONSE);
    backward(p, tlm::BEGIN_RESP, ns);
  }
  /// The target's next return value.
  void returns(tlm::tlm_sync_enum status, tlm::tlm_phase phase, double ns = 0,
               tlm::tlm_response_status response = tlm::TLM_OK_RESPONSE) {
    on_request = [=](Payload& p, tlm::tlm_phase& returned, sc_time& delay) {
      if (returned != tlm::BEGIN_REQ) return tlm::TLM_COMPLETED;
      if (status == tlm::TLM_COMPLETED || phase == tlm::BEGIN_RESP) p.set_response_status(response);
      returned = phase;
      delay = sc_time(ns, SC_NS);
      return status;
    };
  }
};

/// What two peers do, and the rules that this breaks: none or one.
struct PeerCase {
  const char* what;
  std::vector<Rule> broken;
  std::function<void(Peers&)> act;
};

std::vector<PeerCase> wrong_requests();
std::vector<PeerCase> wrong_phases();
std::vector<PeerCase> wrong_changes();
/// Of the interfaces beside transport.
std::vector<PeerCase> wrong_direct_calls();

}  // namespace bitbalance::test
