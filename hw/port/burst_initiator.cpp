#include "hw/port/burst_initiator.h"

#include <fmt/format.h>

#include <cstring>
#include <stdexcept>

#include "base/text/enum_index.h"

namespace bitbalance::port {
namespace {

/// Whether the phase is none of the base protocol's; IEEE 1666-2011, 15.2.5.
bool is_ignorable(const tlm::tlm_phase& phase) {
  return phase > tlm::END_RESP;
}

}  // namespace

BurstInitiator::Transaction::Transaction(tlm::tlm_mm_interface* manager) : tlm_generic_payload(manager) {
  set_extension(&extension);
}

BurstInitiator::Transaction::~Transaction() {
  clear_extension(&extension);
}

BurstInitiator::BurstInitiator(const DramInterfaceConfig& config, const AcceleratorOptions& options)
    : socket("socket"),
      use_nb_transport_(config.use_nb_transport),
      response_end_(options.response_end),
      is_tolerant_(options.tolerant_memory) {
  socket.register_nb_transport_bw(this, &BurstInitiator::nb_transport_bw);
  socket.register_invalidate_direct_mem_ptr(this, &BurstInitiator::invalidate_direct_mem_ptr);
  for (int c = 0; c < kMemoryChannels && !use_nb_transport_; ++c) {
    auto& caller = callers_[c];
    caller = std::make_unique<Caller>();
    sc_core::sc_spawn([this, &caller] { call_blocking(*caller); },
                      fmt::format("call_{}", to_string(static_cast<MemoryChannel>(c))).c_str());
  }
  if (use_nb_transport_ && response_end_ == ResponseEnd::kForward) {
    response_ends_ = std::make_unique<tlm_utils::peq_with_get<Transaction>>("response_ends");
    sc_core::sc_spawn_options spawn;
    spawn.spawn_method();
    spawn.dont_initialize();
    spawn.set_sensitivity(&response_ends_->get_event());
    sc_core::sc_spawn([this] { send_response_ends(); }, "send_response_ends", &spawn);
  }
  const int outstanding = kMemoryChannels * (use_nb_transport_ ? config.max_outstanding : 1);
  for (int i = 0; i < outstanding; ++i) {
    all_.push_back(std::make_unique<Transaction>(this));
    pool_.push_back(all_.back().get());
  }
}

BurstInitiator::~BurstInitiator() = default;

BurstInitiator::Transaction& BurstInitiator::prepare(MemoryChannel channel, const BurstRequest& request) {
  if (pool_.empty()) {  // a target that keeps references longer than the protocol needs
    all_.push_back(std::make_unique<Transaction>(this));
    pool_.push_back(all_.back().get());
  }
  Transaction& transaction = *pool_.back();
  pool_.pop_back();
  transaction.acquire();
  transaction.extension.channel = channel;
  transaction.request = request;
  transaction.answered = transaction.failed = transaction.forgotten = false;
  const bool write = channel == MemoryChannel::kWrite;
  transaction.set_command(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  transaction.set_address(request.address);
  transaction.set_data_ptr(transaction.data.data());
  transaction.set_data_length(request.bytes);
  transaction.set_streaming_width(request.bytes);
  transaction.set_byte_enable_ptr(nullptr);
  transaction.set_byte_enable_length(0);
  transaction.set_dmi_allowed(false);
  transaction.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  if (write) std::memcpy(transaction.data.data(), request.data, request.bytes);
  return transaction;
}

void BurstInitiator::send(Transaction& transaction, const sc_core::sc_time& ahead) {
  if (!violation_.empty()) {
    transaction.answer_time = sc_core::sc_time_stamp().value();
    fail(transaction, violation_);
    violation_.clear();
    return;
  }
  if (!use_nb_transport_) {
    Caller& caller = *callers_[enum_index(transaction.extension.channel)];
    caller.transaction = &transaction;
    caller.ahead = ahead;
    caller.wake.notify();
    return;
  }
  sendable_from_ = 0;
  requesting_ = &transaction;
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  // The answer may come within the call. Then the transaction may be in the pool afterwards, but nobody can
  // have asked for it again: requests are sent one after the other.
  const tlm::tlm_sync_enum status = begin_request(transaction, phase, delay);
  const bool tells_nothing =
      status == tlm::TLM_ACCEPTED || (status == tlm::TLM_UPDATED && is_ignorable(phase));
  if (!tells_nothing && !transaction.answered) {
    if (requesting_ == &transaction) requesting_ = nullptr;
    const std::uint64_t time = (sc_core::sc_time_stamp() + delay).value();
    if (status == tlm::TLM_COMPLETED) {
      answer(transaction, time);
    } else if (phase == tlm::END_REQ || phase == tlm::BEGIN_RESP) {
      if (delay != sc_core::SC_ZERO_TIME) end_request_phase(time);
      if (phase == tlm::BEGIN_RESP) {
        phase = tlm::END_RESP;
        socket->nb_transport_fw(transaction, phase, delay);
        answer(transaction, time);
      }
    } else {
      break_off(transaction, fmt::format("BEGIN_REQ was answered by phase {}", phase.get_name()));
    }
  }
}

tlm::tlm_sync_enum BurstInitiator::begin_request(Transaction& transaction, tlm::tlm_phase& phase,
                                                 sc_core::sc_time& delay) {
  if (has_answered_) return socket->nb_transport_fw(transaction, phase, delay);
  try {
    const tlm::tlm_sync_enum status = socket->nb_transport_fw(transaction, phase, delay);
    has_answered_ = true;
    return status;
  } catch (const sc_core::sc_report& report) {
    // The library's sockets throw it for a target that has registered no nb_transport_fw.
    const std::string text = report.get_msg();
    if (report.get_severity() < sc_core::SC_ERROR || text.find("callback") == std::string::npos) throw;
    throw std::runtime_error(
        fmt::format("{}: the target has no nb_transport_fw: {}; accepted with b_transport alone: "
                    "dram.use_nb_transport = false in the accelerator's configuration",
                    socket.get_base_port().name(), text));
  }
}

void BurstInitiator::call_blocking(Caller& caller) {
  while (true) {
    sc_core::wait(caller.wake);
    while (caller.transaction != nullptr) {  // an answer may let the channel send the next one at once
      Transaction& transaction = *caller.transaction;
      caller.transaction = nullptr;
      sc_core::sc_time delay = caller.ahead;
      socket->b_transport(transaction, delay);
      answer(transaction, (sc_core::sc_time_stamp() + delay).value());
    }
  }
}

tlm::tlm_sync_enum BurstInitiator::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                   sc_core::sc_time& delay) {
  if (is_ignorable(phase)) return tlm::TLM_ACCEPTED;
  auto* const transaction = dynamic_cast<Transaction*>(&payload);
  if (transaction == nullptr) {
    violation_ = fmt::format("{} of a transaction that is not the initiator's", phase.get_name());
    return tlm::TLM_ACCEPTED;
  }
  const bool in_request_phase = requesting_ == transaction;
  const bool is_answer = phase == tlm::BEGIN_RESP;
  if (transaction->answered || (phase == tlm::END_REQ ? !in_request_phase : !is_answer)) {
    break_off(*transaction, fmt::format("{} out of order", phase.get_name()));
    return is_answer ? tlm::TLM_COMPLETED : tlm::TLM_ACCEPTED;
  }
  const std::uint64_t time = (sc_core::sc_time_stamp() + delay).value();
  if (in_request_phase) end_request_phase(time);
  // There is room for every answer: the response phase ends when it has begun.
  const tlm::tlm_sync_enum status = is_answer ? end_response(*transaction, phase, delay) : tlm::TLM_ACCEPTED;
  if (is_answer) answer(*transaction, time);
  if (in_request_phase) request_phase_ended();
  return status;
}

tlm::tlm_sync_enum BurstInitiator::end_response(Transaction& transaction, tlm::tlm_phase& phase,
                                                const sc_core::sc_time& delay) {
  switch (response_end_) {
    case ResponseEnd::kUpdated:
      phase = tlm::END_RESP;
      return tlm::TLM_UPDATED;
    case ResponseEnd::kCompleted:
      return tlm::TLM_COMPLETED;
    case ResponseEnd::kForward:
      transaction.acquire();
      response_ends_->notify(transaction, delay);
      break;
  }
  return tlm::TLM_ACCEPTED;
}

void BurstInitiator::send_response_ends() {
  while (Transaction* const transaction = response_ends_->get_next_transaction()) {
    tlm::tlm_phase phase = tlm::END_RESP;
    sc_core::sc_time delay;
    socket->nb_transport_fw(*transaction, phase, delay);
    transaction->release();
  }
}

void BurstInitiator::end_request_phase(std::uint64_t time) {
  requesting_ = nullptr;
  sendable_from_ = time + 1;
}

void BurstInitiator::answer(Transaction& transaction, std::uint64_t time) {
  transaction.answer_time = time;
  const bool has_status = transaction.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE;
  if (!has_status && !is_tolerant_ && !has_warned_) {
    has_warned_ = true;
    SC_REPORT_WARNING(
        socket.get_base_port().name(),
        "the target sets no response status; accepted with AcceleratorOptions::tolerant_memory");
  }
  if (!transaction.is_response_ok() && (has_status || !is_tolerant_))
    return fail(transaction, transaction.get_response_string());
  transaction.answered = true;
  answered(transaction);
}

void BurstInitiator::fail(Transaction& transaction, const std::string& reason) {
  std::string& first = errors_[enum_index(transaction.extension.channel)];
  if (first.empty() && !transaction.forgotten) first = fmt::format("{}: {}", describe(transaction), reason);
  transaction.answered = transaction.failed = true;
  answered(transaction);
}

void BurstInitiator::break_off(Transaction& transaction, const std::string& violation) {
  const std::string text = "the target broke the base protocol: " + violation;
  if (transaction.answered) {
    violation_ = fmt::format("{} ({})", text, describe(transaction));
    return;
  }
  transaction.acquire();  // for good: the target may go on with it
  transaction.answer_time = sc_core::sc_time_stamp().value();
  if (requesting_ == &transaction) {
    requesting_ = nullptr;
    request_phase_ended();
  }
  fail(transaction, text);
}

std::string BurstInitiator::describe(const Transaction& transaction) {
  constexpr const char* kNames[] = {"the controller's fetch", "the load engine's read",
                                    "the store engine's write"};
  const BurstRequest& request = transaction.request;
  return fmt::format("{} of {} bytes at {:#x}", kNames[static_cast<int>(transaction.extension.channel)],
                     request.bytes, request.address);
}

std::string BurstInitiator::errors() const {
  std::string text;
  for (const std::string& error : errors_) {
    if (!error.empty()) text += (text.empty() ? "" : "; ") + error;
  }
  return text;
}

void BurstInitiator::free(tlm::tlm_generic_payload* payload) {
  payload->reset();  // extensions that others attached for the transaction's life
  pool_.push_back(static_cast<Transaction*>(payload));
}

}  // namespace bitbalance::port
