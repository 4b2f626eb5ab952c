// Watches a TLM-2.0 connection: bound inline between an initiator and a target, it passes every call on
// unchanged and names each rule of the base protocol (IEEE 1666-2011, clauses 11, 14 and 15) that a side
// breaks. Several on the way of the same transactions know more: what an interconnect between them does. For
// tests, and for platforms whose other components are not trusted.
#pragma once

#include <cstdint>
#include <string>
#include <systemc>
#include <tlm>
#include <unordered_map>
#include <vector>

#include "tlm/check/journey.h"

namespace bitbalance::checker {

enum class ProtocolRule : std::uint8_t {
  // Of a request.
  kDataPointer,     ///< not null, unless the command is TLM_IGNORE_COMMAND
  kDataLength,      ///< at least 1
  kStreamingWidth,  ///< at least 1
  kByteEnables,     ///< at least one, each 0x00 or 0xff
  kRequestStatus,   ///< TLM_INCOMPLETE_RESPONSE
  kDmiHint,         ///< false
  kOption,          ///< TLM_MIN_PAYLOAD; other values are for DMI and debug alone
  kMemoryManager,   ///< nb_transport: there is one; with one, a reference is held
  kReferenceCount,  ///< with a memory manager: 1 where the request sets out, at the first checker
  kReuse,           ///< not while the same object is under way, or its answer on its way back
  kCaller,          ///< b_transport: not from a method process
  // Of phases.
  kPhaseOrder,         ///< BEGIN_REQ, END_REQ (or none), BEGIN_RESP, END_RESP, each on its own path
  kRequestExclusion,   ///< one transaction between BEGIN_REQ and END_REQ
  kResponseExclusion,  ///< one transaction between BEGIN_RESP and END_RESP
  kReturnValue,        ///< TLM_UPDATED with the phase that may follow; TLM_COMPLETED where it may end
  kAccepted,           ///< TLM_ACCEPTED: phase, delay and transaction unchanged
  kTiming,             ///< no phase before the one that it follows; b_transport: never back in time
  // Of the object.
  kAttributes,  ///< unchanged but for address, read data, response status, DMI hint
  kWriteData,   ///< unchanged
  kReadData,    ///< unchanged between two checkers on the way back
  kExtensions,  ///< those of the request stay; without a memory manager, no other one and no manager is left
  kResponseStatus,  ///< not TLM_INCOMPLETE_RESPONSE; unchanged after BEGIN_RESP; no error becomes a success
  kWay,             ///< the answer passes the checkers in the reverse order of the request
  // Of the other interfaces.
  kDmiRequest,     ///< the descriptor is as after init()
  kDmiDescriptor,  ///< a pointer, an access, and a range that holds the address asked for
  kInvalidation,   ///< a range
  kDebug,          ///< data for its length; no more bytes than asked for, no attribute changed
};
const char* to_string(ProtocolRule rule);

class ProtocolChecker : public sc_core::sc_module,
                        private tlm::tlm_fw_transport_if<>,
                        private tlm::tlm_bw_transport_if<> {
 public:
  tlm::tlm_target_socket<32> target{"target"};           ///< the initiator's side
  tlm::tlm_initiator_socket<32> initiator{"initiator"};  ///< the target's side

  struct Violation {
    ProtocolRule rule;
    std::string text;  ///< rule, what was found, time
  };

  /// Each violation is reported as a SystemC warning, too.
  explicit ProtocolChecker(const sc_core::sc_module_name& name);

  const std::vector<Violation>& violations() const { return violations_; }
  /// All in words, a line each; empty: none.
  std::string text() const;
  /// Requests passed on so far, blocking or not.
  std::uint64_t requests() const { return requests_; }

 private:
  using Payload = tlm::tlm_generic_payload;

  /// What must stay as the initiator set it.
  struct Request {
    explicit Request(const Payload& payload);
    tlm::tlm_command command;
    const unsigned char* data_ptr;
    unsigned length;
    const unsigned char* enable_ptr;
    unsigned enable_length;
    unsigned streaming_width;
    tlm::tlm_gp_option option;
    bool has_manager;
    std::vector<unsigned char> write_data, enables;
    std::vector<tlm::tlm_extension_base*> extensions;
  };
  struct Flight {
    Request request;
    tlm::tlm_phase_enum phase;
    sc_core::sc_time time;  ///< of that phase, delay included
    tlm::tlm_response_status status = tlm::TLM_INCOMPLETE_RESPONSE;
  };

  tlm::tlm_sync_enum nb_transport_fw(Payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  tlm::tlm_sync_enum nb_transport_bw(Payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  void b_transport(Payload& payload, sc_core::sc_time& delay) override;
  bool get_direct_mem_ptr(Payload& payload, tlm::tlm_dmi& dmi) override;
  unsigned transport_dbg(Payload& payload) override;
  void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) override;

  void report(ProtocolRule rule, const std::string& found);
  void check(bool holds, ProtocolRule rule, const char* found) {
    if (!holds) report(rule, found);
  }
  void check_request(const Payload& payload);
  void set_out(const Payload& payload);
  void check_unchanged(const Payload& payload, const Request& request);
  void check_response(const Payload& payload, const Request& request);
  void begin(const Payload& payload, const sc_core::sc_time& time);
  /// A phase of a transaction, whichever side it comes from.
  void advance(const Payload& payload, tlm::tlm_phase_enum phase, const sc_core::sc_time& time);
  /// It ends without END_RESP.
  void complete(const Payload& payload, const sc_core::sc_time& time);
  void end(const Payload& payload);
  void check_accepted(unsigned before, const tlm::tlm_phase& phase, const sc_core::sc_time& delay_before,
                      const sc_core::sc_time& delay);

  const JourneyEnd journey_end_{this};
  std::vector<Violation> violations_;
  std::unordered_map<const Payload*, Flight> flights_;
  const Payload* requesting_ = nullptr;
  const Payload* responding_ = nullptr;
  sc_core::sc_time request_end_;  ///< of the last request phase
  std::uint64_t requests_ = 0;
};

}  // namespace bitbalance::checker
