// Request and response phases at the router: one at a time to each target and initiator, in their times.
#include <tlm_utils/peq_with_get.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <catch2/catch.hpp>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/support/child.h"
#include "tests/support/expected_warnings.h"
#include "tlm/adapter/address_router.h"
#include "tlm/check/protocol_checker.h"

using namespace bitbalance::adapter;
using bitbalance::checker::ProtocolChecker;
using bitbalance::checker::ProtocolRule;
using sc_core::sc_time;

namespace {

TLM_DECLARE_EXTENDED_PHASE(split_phase);

/// How a target answers after its latency.
enum class AnswerWay {
  kEndReq,     ///< END_REQ at once, BEGIN_RESP when it is time
  kReturn,     ///< BEGIN_RESP on the return path, annotated
  kNoEndReq,   ///< BEGIN_RESP when it is time, which ends the request phase
  kAnnotated,  ///< END_REQ at once, BEGIN_RESP half of the latency ahead of its time
  kIgnorable,  ///< an ignorable phase on the return path, and then as kNoEndReq
  kInTurn,     ///< kNoEndReq and TLM_COMPLETED, annotated, in turn
  kBlocking,   ///< b_transport only, which the socket makes of nb_transport
};
constexpr AnswerWay kWays[] = {AnswerWay::kEndReq,    AnswerWay::kReturn,    AnswerWay::kNoEndReq,
                               AnswerWay::kAnnotated, AnswerWay::kIgnorable, AnswerWay::kInTurn};

struct SlowTarget : sc_core::sc_module {
  tlm_utils::simple_target_socket<SlowTarget> socket{"socket"};
  tlm_utils::peq_with_get<tlm::tlm_generic_payload> answers{"answers"};
  const sc_time latency;
  const AnswerWay way;
  int requests = 0;
  int ended = 0;  ///< END_RESP seen, or completed

  SlowTarget(const sc_core::sc_module_name& name, const sc_time& time, AnswerWay how)
      : sc_module(name), latency(time), way(how) {
    if (way == AnswerWay::kBlocking) {
      socket.register_b_transport(this, &SlowTarget::b_transport);
    } else {
      socket.register_nb_transport_fw(this, &SlowTarget::nb_transport_fw);
    }
    SC_HAS_PROCESS(SlowTarget);
    SC_METHOD(respond);
    sensitive << answers.get_event();
    dont_initialize();
  }
  sc_time ahead() const { return way == AnswerWay::kAnnotated ? latency / 2 : sc_core::SC_ZERO_TIME; }
  void end(tlm::tlm_generic_payload& payload) {
    ++ended;
    payload.release();
  }
  void b_transport(tlm::tlm_generic_payload& payload, sc_time& delay) {
    ++ended;
    delay += latency;
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_time& delay) {
    if (phase == tlm::END_RESP) {
      end(payload);
      return tlm::TLM_COMPLETED;
    }
    if (way == AnswerWay::kInTurn && ++requests % 2 == 0) {
      b_transport(payload, delay);
      return tlm::TLM_COMPLETED;
    }
    payload.acquire();
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    if (way == AnswerWay::kReturn) {
      delay += latency;
      phase = tlm::BEGIN_RESP;
      return tlm::TLM_UPDATED;
    }
    answers.notify(payload, delay + latency - ahead());
    if (way == AnswerWay::kEndReq || way == AnswerWay::kAnnotated) {
      phase = tlm::END_REQ;
      return tlm::TLM_UPDATED;
    }
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    if (way != AnswerWay::kIgnorable) return tlm::TLM_ACCEPTED;
    phase = split_phase;
    return tlm::TLM_UPDATED;
  }
  void respond() {
    while (tlm::tlm_generic_payload* const payload = answers.get_next_transaction()) {
      tlm::tlm_phase phase = tlm::BEGIN_RESP;
      sc_time delay = ahead();
      payload->set_response_status(tlm::TLM_OK_RESPONSE);
      const tlm::tlm_sync_enum status = socket->nb_transport_bw(*payload, phase, delay);
      if (status == tlm::TLM_COMPLETED || phase == tlm::END_RESP) end(*payload);
    }
  }
};

/// Reads from both targets in turn, each `lead` ahead of time, and ends each response `response_time` after
/// its beginning. Deletes a transaction when nobody has a reference.
struct ManyReads : sc_core::sc_module, tlm::tlm_mm_interface {
  tlm_utils::simple_initiator_socket<ManyReads> socket{"socket"};
  tlm_utils::peq_with_get<tlm::tlm_generic_payload> ends{"ends"};
  const sc_time response_time, lead;
  sc_time begin;  ///< of the first read's call
  int reads = 6;
  const tlm::tlm_generic_payload* requesting = nullptr;  ///< its request phase is not over
  sc_core::sc_event request_end;
  std::uint32_t word = 0;
  std::multiset<double> expected, seen;  ///< times of answers, ns, if a response takes no time
  std::size_t ended = 0;
  const SlowTarget &near, &far;

  ManyReads(const sc_core::sc_module_name& name, const sc_time& time, const sc_time& ahead,
            const SlowTarget& target, const SlowTarget& other)
      : sc_module(name), response_time(time), lead(ahead), near(target), far(other) {
    socket.register_nb_transport_bw(this, &ManyReads::nb_transport_bw);
    SC_HAS_PROCESS(ManyReads);
    SC_THREAD(send);
    SC_METHOD(end);
    sensitive << ends.get_event();
    dont_initialize();
  }
  void free(tlm::tlm_generic_payload* payload) override {
    payload->reset();
    delete payload;
  }
  void send() {
    if (begin != sc_core::SC_ZERO_TIME) wait(begin);
    for (int i = 0; i < reads; ++i) {
      const SlowTarget& target = i % 2 == 0 ? near : far;
      auto* const payload = new tlm::tlm_generic_payload(this);
      payload->acquire();
      payload->set_read();
      payload->set_address(&target == &near ? 0x1000 : 0x2000);
      payload->set_data_ptr(reinterpret_cast<unsigned char*>(&word));
      payload->set_data_length(4);
      payload->set_streaming_width(4);
      expected.insert((sc_core::sc_time_stamp() + lead + target.latency) / sc_time(1, sc_core::SC_NS));
      requesting = payload;
      tlm::tlm_phase phase = tlm::BEGIN_REQ;
      sc_time delay = lead;
      const tlm::tlm_sync_enum status = socket->nb_transport_fw(*payload, phase, delay);
      if (status == tlm::TLM_COMPLETED) {
        requesting = nullptr;
        answer(*payload, delay);
      } else if (status == tlm::TLM_UPDATED && phase == tlm::END_REQ) {
        requesting = nullptr;
        wait(delay);
      } else {
        wait(request_end);
      }
      wait(1, sc_core::SC_NS);
    }
  }
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_time& delay) {
    if (phase != tlm::END_REQ && phase != tlm::BEGIN_RESP) return tlm::TLM_ACCEPTED;
    if (&payload == requesting) {
      requesting = nullptr;
      request_end.notify(delay);
    }
    if (phase == tlm::END_REQ) return tlm::TLM_ACCEPTED;
    if (response_time != sc_core::SC_ZERO_TIME) {
      ends.notify(payload, delay + response_time);
      return tlm::TLM_ACCEPTED;
    }
    answer(payload, delay);
    return tlm::TLM_COMPLETED;
  }
  void answer(tlm::tlm_generic_payload& payload, const sc_time& delay) {
    seen.insert((sc_core::sc_time_stamp() + delay) / sc_time(1, sc_core::SC_NS));
    ++ended;
    payload.release();
  }
  void end() {
    while (tlm::tlm_generic_payload* const payload = ends.get_next_transaction()) {
      tlm::tlm_phase phase = tlm::END_RESP;
      sc_time delay;
      ++ended;
      socket->nb_transport_fw(*payload, phase, delay);
      payload->release();
    }
  }
};

/// What goes wrong, and how many responses the initiators and the targets saw end. One initiator alone is
/// answered in time. `is_watched`: checkers stand behind the initiators, too; without them those in front of
/// the targets are the first.
std::string read_many(int initiators, AnswerWay near_way, double near_ns, AnswerWay far_way,
                      double response_ns, bool is_watched = true) {
  return bitbalance::test::in_child([&] {
    const bitbalance::test::ExpectedWarnings any;
    SlowTarget near("near", sc_time(near_ns, sc_core::SC_NS), near_way);
    SlowTarget far("far", sc_time(4, sc_core::SC_NS), far_way);
    ProtocolChecker near_checker("near_checker"), far_checker("far_checker");
    near_checker.initiator.bind(near.socket);
    far_checker.initiator.bind(far.socket);
    AddressRouter bus("bus");
    bus.attach("near", 0x1000, 0x100, near_checker.target);
    bus.attach("far", 0x2000, 0x100, far_checker.target);
    std::vector<std::unique_ptr<ProtocolChecker>> checkers;
    std::vector<std::unique_ptr<ManyReads>> readers;
    for (int i = 0; i < initiators; ++i) {
      const std::string number = std::to_string(i);
      readers.push_back(std::make_unique<ManyReads>(("reads" + number).c_str(),
                                                    sc_time(response_ns, sc_core::SC_NS),
                                                    sc_time(2.0 * i, sc_core::SC_NS), near, far));
      if (!is_watched) {
        readers.back()->socket.bind(bus.initiators);
        continue;
      }
      checkers.push_back(std::make_unique<ProtocolChecker>(("checker" + number).c_str()));
      readers.back()->socket.bind(checkers.back()->target);
      checkers.back()->initiator.bind(bus.initiators);
    }
    sc_core::sc_start(sc_time(2, sc_core::SC_US));
    std::size_t ended = 0;
    std::string violations;
    for (const ProtocolChecker* const checker : {&near_checker, &far_checker}) {
      for (const ProtocolChecker::Violation& violation : checker->violations()) {
        // The targets themselves do not wait for the end of a response.
        if (violation.rule != ProtocolRule::kResponseExclusion) violations += violation.text + "\n";
      }
    }
    for (const auto& checker : checkers) violations += checker->text();
    for (const auto& reader : readers) ended += reader->ended;
    const bool in_time = initiators > 1 || response_ns > 0 || readers[0]->seen == readers[0]->expected;
    return std::to_string(ended) + " of " + std::to_string(near.ended + far.ended) +
           (in_time ? "" : ", late") + violations;
  });
}

}  // namespace

TEST_CASE("responses of several targets reach an initiator one after the other, in their times") {
  for (const AnswerWay near : kWays) {
    for (const AnswerWay far : kWays) {
      for (const double near_ns : {3.0, 40.0}) {
        for (const double response_ns : {0.0, 1.5, 7.0}) {
          CAPTURE(static_cast<int>(near), static_cast<int>(far), near_ns, response_ns);
          CHECK(read_many(1, near, near_ns, far, response_ns) == "6 of 6");
        }
      }
    }
  }
}

TEST_CASE("a target that several initiators use with nb_transport sees one request phase at a time") {
  for (const AnswerWay near : kWays) {
    for (const AnswerWay far : {AnswerWay::kInTurn, AnswerWay::kBlocking}) {
      for (const double response_ns : {0.0, 7.0}) {
        for (const bool is_watched : {true, false}) {
          CAPTURE(static_cast<int>(near), static_cast<int>(far), response_ns, is_watched);
          CHECK(read_many(3, near, 40.0, far, response_ns, is_watched) == "18 of 18");
        }
      }
    }
  }
}

TEST_CASE("a request that lies ahead of time keeps out no earlier one of another initiator") {
  for (const AnswerWay way : kWays) {
    for (const double latency_ns : {0.0, 3.0, 40.0}) {
      CAPTURE(static_cast<int>(way), latency_ns);
      CHECK(bitbalance::test::in_child([&] {
              SlowTarget target("target", sc_time(latency_ns, sc_core::SC_NS), way);
              ProtocolChecker checker("checker");
              checker.initiator.bind(target.socket);
              AddressRouter bus("bus");
              bus.attach("target", 0x1000, 0x100, checker.target);
              const sc_time lead(100, sc_core::SC_NS);
              ManyReads ahead("ahead", sc_core::SC_ZERO_TIME, lead, target, target);
              ManyReads present("present", sc_core::SC_ZERO_TIME, sc_core::SC_ZERO_TIME, target, target);
              ahead.reads = present.reads = 1;
              present.begin = lead / 10;
              ahead.socket.bind(bus.initiators);
              present.socket.bind(bus.initiators);
              sc_core::sc_start(sc_time(1, sc_core::SC_US));
              std::string times = checker.text();
              for (const ManyReads* const reader : {&present, &ahead}) {
                for (const double time : reader->seen)
                  times +=
                      reader->seen == reader->expected ? "in time " : "at " + std::to_string(time) + " ns ";
              }
              return times;
            }) == "in time in time ");
    }
  }
}
