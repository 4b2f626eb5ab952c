// Each rule of the base protocol has a peer that breaks exactly that rule; right peers break none.
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "tests/support/expected_warnings.h"
#include "tests/support/names.h"
#include "tlm/check/protocol_checker.h"

using namespace bitbalance;
using namespace bitbalance::test;
using sc_core::SC_NS;
using sc_core::sc_time;
using Payload = tlm::tlm_generic_payload;
using Rule = ProtocolRule;

namespace {

DECLARE_EXTENDED_PHASE(internal_phase);

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

struct Row {
  const char* what;
  std::vector<Rule> broken;
  std::function<void(Peers&)> act;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      // Right ones.
      {"four phases",
       {},
       [](Peers& b) {
         b.forward(b.payload, tlm::BEGIN_REQ, 1);
         b.backward(b.payload, tlm::END_REQ, 2);
         b.respond(b.payload, 3);
         b.forward(b.payload, tlm::END_RESP, 3);
       }},
      {"two transactions, the later answered first, at a changed address",
       {},
       [](Peers& b) {
         b.forward(b.payload, tlm::BEGIN_REQ);
         b.backward(b.payload, tlm::END_REQ);
         b.forward(b.other, tlm::BEGIN_REQ);
         b.other.set_address(77);
         b.on_answer = [](Payload&, tlm::tlm_phase& phase, sc_time&) {
           phase = tlm::END_RESP;
           return tlm::TLM_UPDATED;
         };
         b.respond(b.other);
         b.respond(b.payload);
       }},
      {"early completion, early end of request, early response",
       {},
       [](Peers& b) {
         b.returns(tlm::TLM_COMPLETED, tlm::BEGIN_REQ, 5);
         b.forward(b.payload, tlm::BEGIN_REQ);
         b.payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
         b.returns(tlm::TLM_UPDATED, tlm::END_REQ);
         b.forward(b.payload, tlm::BEGIN_REQ);
         b.returns(tlm::TLM_UPDATED, tlm::BEGIN_RESP, 5);
         b.forward(b.other, tlm::BEGIN_REQ);
         b.forward(b.other, tlm::END_RESP, 5);
         b.on_answer = [](Payload&, tlm::tlm_phase&, sc_time&) { return tlm::TLM_COMPLETED; };
         b.respond(b.payload);
       }},
      {"blocking call with byte enables, without a memory manager",
       {},
       [](Peers& b) {
         b.unmanaged.set_byte_enable_ptr(b.enables);
         b.unmanaged.set_byte_enable_length(2);
         b.blocking(b.unmanaged, 3);
       }},
      {"an ignorable phase", {}, [](Peers& b) { b.forward(b.payload, internal_phase); }},
      {"direct and debug access, invalidation",
       {},
       [](Peers& b) {
         tlm::tlm_dmi dmi;
         CHECK(b.out->get_direct_mem_ptr(b.payload, dmi));
         CHECK(b.out->transport_dbg(b.payload) == 4);
         b.in->invalidate_direct_mem_ptr(0, 3);
       }},
      // Wrong requests.
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
      // Wrong phases.
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
      // Wrong changes.
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
      // The other interfaces.
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
  return all;
}

}  // namespace

TEST_CASE("each wrong peer breaks its rule and no other, right ones break none") {
  const ExpectedWarnings any;
  std::vector<std::unique_ptr<Peers>> benches;
  for (std::size_t i = 0; i < rows().size(); ++i)
    benches.push_back(std::make_unique<Peers>(("peers" + std::to_string(i)).c_str()));
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  for (std::size_t i = 0; i < rows().size(); ++i) {
    INFO(rows()[i].what);
    rows()[i].act(*benches[i]);
    INFO(benches[i]->checker.text());
    std::vector<Rule> broken;
    for (const auto& violation : benches[i]->checker.violations()) broken.push_back(violation.rule);
    CHECK(broken == rows()[i].broken);
  }
}

TEST_CASE("every rule has a peer that breaks it") {
  for (int r = 0; r <= static_cast<int>(Rule::kDebug); ++r) {
    const auto rule = static_cast<Rule>(r);
    INFO(to_string(rule));
    CHECK(std::any_of(rows().begin(), rows().end(),
                      [&](const Row& row) { return row.broken == std::vector<Rule>{rule}; }));
  }
}

TEST_CASE("an interconnect that sends a transaction on again is found by the checker behind it") {
  const ExpectedWarnings any;
  Peers peers("peers");
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  peers.interconnect.on_way_back = [&peers](Payload& p) {
    sc_time delay;
    p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    peers.interconnect.out->b_transport(p, delay);
  };
  peers.blocking(peers.payload);
  REQUIRE_FALSE(peers.inner.violations().empty());
  CHECK(peers.inner.violations().front().rule == Rule::kReuse);
}
