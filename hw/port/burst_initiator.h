// The base-protocol side of the `mem` socket, the same at every level that has one: makes TLM-2.0
// transactions of bursts (nb_transport with several outstanding, or one blocking call a channel) and an error
// of every answer that the protocol does not allow. When bursts leave and when answers count is the level's.
#pragma once

#include <tlm_utils/peq_with_get.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

#include "hw/isa/config.h"
#include "hw/isa/transfer/burst_request.h"
#include "hw/port/accelerator_options.h"
#include "hw/port/memory_channel_extension.h"

namespace bitbalance::port {

/// A base of the module that has the socket, after sc_module.
class BurstInitiator : public tlm::tlm_mm_interface {
 public:
  tlm_utils::simple_initiator_socket<BurstInitiator> socket;

  ~BurstInitiator() override;

  /// The first error that each channel was answered with since forget_errors(), in words; empty: none.
  std::string errors() const;
  void forget_errors() { errors_ = {}; }

 protected:
  /// Payload, data and account of one burst. Comes from a pool and goes back when nobody holds a reference.
  struct Transaction : tlm::tlm_generic_payload {
    explicit Transaction(tlm::tlm_mm_interface* manager);
    ~Transaction() override;
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    MemoryChannelExtension extension;
    std::array<std::uint8_t, DramInterfaceConfig::kMostBurstBytes> data{};
    BurstRequest request;  ///< the payload's own attributes may be changed on their way
    bool answered = true;
    bool failed = false;            ///< the answer is an error
    bool forgotten = false;         ///< by a reset: its answer goes to nobody
    std::uint64_t answer_time = 0;  ///< time units
  };

  BurstInitiator(const DramInterfaceConfig& config, const AcceleratorOptions& options);

  /// A transaction for the burst, with the only reference to it (IEEE 1666-2011, 14.5 t); whoever asks for it
  /// releases it, and not before it is answered.
  Transaction& prepare(MemoryChannel channel, const BurstRequest& request);
  /// Its answer may come within this call. Precondition: can_send(); with b_transport: the channel has no
  /// other transaction without an answer. `ahead`, b_transport only: how far the request lies in the future.
  void send(Transaction& transaction, const sc_core::sc_time& ahead = sc_core::SC_ZERO_TIME);
  /// The base protocol's exclusion rule: one request phase at a time.
  bool can_send() const {
    return requesting_ == nullptr && sc_core::sc_time_stamp().value() >= sendable_from_;
  }
  /// A request phase that a call must end. Without one: from what time on the next request can be sent.
  bool is_requesting() const { return requesting_ != nullptr; }
  std::uint64_t sendable_from() const { return sendable_from_; }

  virtual void answered(Transaction& /*transaction*/) {}
  /// A request phase has ended by a call of the target's.
  virtual void request_phase_ended() {}
  /// A target takes back what it granted by DMI; both addresses included.
  virtual void revoke_direct_memory(std::uint64_t /*first*/, std::uint64_t /*last*/) {}
  /// For messages: "the load engine's read of 64 bytes at 0x1000".
  static std::string describe(const Transaction& transaction);

  const bool use_nb_transport_;

 private:
  /// b_transport only: the channel's thread and what it is to send.
  struct Caller {
    sc_core::sc_event wake;
    Transaction* transaction = nullptr;
    sc_core::sc_time ahead;
  };

  void call_blocking(Caller& caller);
  tlm::tlm_sync_enum begin_request(Transaction& transaction, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  /// What nb_transport_bw returns to BEGIN_RESP.
  tlm::tlm_sync_enum end_response(Transaction& transaction, tlm::tlm_phase& phase,
                                  const sc_core::sc_time& delay);
  void send_response_ends();
  void answer(Transaction& transaction, std::uint64_t time);
  /// A call that the protocol does not allow: ends the transaction in an error, or the next one if this has
  /// been answered.
  void break_off(Transaction& transaction, const std::string& violation);
  void fail(Transaction& transaction, const std::string& reason);
  void end_request_phase(std::uint64_t time);
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  void invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) {
    revoke_direct_memory(first, last);
  }
  void free(tlm::tlm_generic_payload* payload) override;

  const ResponseEnd response_end_;
  const bool is_tolerant_;
  bool has_warned_ = false;    ///< of an answer without a status
  bool has_answered_ = false;  ///< the target, to any call
  std::array<std::unique_ptr<Caller>, kMemoryChannels> callers_;
  /// ResponseEnd::kForward: answered, and END_RESP is still to be sent.
  std::unique_ptr<tlm_utils::peq_with_get<Transaction>> response_ends_;
  std::vector<std::unique_ptr<Transaction>> all_;
  std::vector<Transaction*> pool_;
  Transaction* requesting_ = nullptr;  ///< BEGIN_REQ sent, END_REQ not yet seen
  std::uint64_t sendable_from_ = 0;    ///< time units: later than an END_REQ that took time
  std::string violation_;              ///< of no transaction under way; the next one ends in it
  std::array<std::string, kMemoryChannels> errors_;
};

}  // namespace bitbalance::port
