// Each rule of the base protocol has a peer that breaks exactly that rule; right peers break none.
#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "tests/support/expected_warnings.h"
#include "tests/tlm/check/peers.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

DECLARE_EXTENDED_PHASE(internal_phase);

std::vector<PeerCase> right_peers() {
  return {
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
      {"ignorable phases on the return paths",
       {},
       [](Peers& b) {
         b.returns(tlm::TLM_UPDATED, internal_phase);
         b.forward(b.payload, tlm::BEGIN_REQ, 1);
         const auto answer = [](Payload&, tlm::tlm_phase& phase, sc_time&) {
           phase = internal_phase;
           return tlm::TLM_UPDATED;
         };
         b.on_answer = answer;
         b.backward(b.payload, tlm::END_REQ, 1);
         b.respond(b.payload, 2);
         b.on_request = answer;
         b.forward(b.payload, tlm::END_RESP, 2);
       }},
      {"phases that are returned to ignorable ones",
       {},
       [](Peers& b) {
         b.forward(b.payload, tlm::BEGIN_REQ);
         b.on_request = [](Payload&, tlm::tlm_phase& phase, sc_time&) {
           phase = tlm::END_REQ;
           return tlm::TLM_UPDATED;
         };
         b.forward(b.payload, internal_phase);
         b.respond(b.payload);
         b.on_answer = [](Payload&, tlm::tlm_phase& phase, sc_time&) {
           phase = tlm::END_RESP;
           return tlm::TLM_UPDATED;
         };
         b.backward(b.payload, internal_phase);
         b.payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
         b.forward(b.payload, tlm::BEGIN_REQ);
       }},
      {"direct and debug access, invalidation",
       {},
       [](Peers& b) {
         tlm::tlm_dmi dmi;
         CHECK(b.out->get_direct_mem_ptr(b.payload, dmi));
         CHECK(b.out->transport_dbg(b.payload) == 4);
         b.in->invalidate_direct_mem_ptr(0, 3);
       }},
  };
}

const std::vector<PeerCase>& cases() {
  static const std::vector<PeerCase> all = [] {
    std::vector<PeerCase> joined = right_peers();
    for (const std::vector<PeerCase>& wrong :
         {wrong_requests(), wrong_phases(), wrong_changes(), wrong_direct_calls()})
      joined.insert(joined.end(), wrong.begin(), wrong.end());
    return joined;
  }();
  return all;
}

}  // namespace

TEST_CASE("each wrong peer breaks its rule and no other, right ones break none") {
  const ExpectedWarnings any;
  std::vector<std::unique_ptr<Peers>> benches;
  for (std::size_t i = 0; i < cases().size(); ++i)
    benches.push_back(std::make_unique<Peers>(("peers" + std::to_string(i)).c_str()));
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  for (std::size_t i = 0; i < cases().size(); ++i) {
    INFO(cases()[i].what);
    cases()[i].act(*benches[i]);
    INFO(benches[i]->checker.text());
    std::vector<Rule> broken;
    for (const auto& violation : benches[i]->checker.violations()) broken.push_back(violation.rule);
    CHECK(broken == cases()[i].broken);
  }
}

TEST_CASE("every rule has a peer that breaks it") {
  for (int r = 0; r <= static_cast<int>(Rule::kDebug); ++r) {
    const auto rule = static_cast<Rule>(r);
    INFO(to_string(rule));
    CHECK(std::any_of(cases().begin(), cases().end(),
                      [&](const PeerCase& c) { return c.broken == std::vector<Rule>{rule}; }));
  }
}

TEST_CASE("a transaction whose process was killed leaves nothing behind") {
  Peers peers("peers");
  bool waits = true;
  peers.interconnect.on_way_back = [&waits](Payload&) {
    if (waits) sc_core::wait(sc_time(100, SC_NS));
  };
  const auto send = [&peers] { peers.blocking(peers.payload); };
  sc_core::sc_process_handle first = sc_core::sc_spawn(send);
  sc_core::sc_spawn([&] {
    sc_core::wait(sc_time(10, SC_NS));
    first.kill();
    waits = false;
    peers.payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    send();
  });
  sc_core::sc_start(sc_time(20, SC_NS));
  CHECK(peers.payload.is_response_ok());
  CHECK(peers.checker.violations().empty());
  CHECK(peers.inner.violations().empty());
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
