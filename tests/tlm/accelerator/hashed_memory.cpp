#include "tests/tlm/accelerator/hashed_memory.h"

namespace bitbalance::tlm_level::test {
namespace {

/// Half of the delays are whole nanoseconds: answers that coincide with clock edges are the hard ones.
sc_core::sc_time delay_from(std::uint64_t hash, std::uint64_t most_ns) {
  const std::uint64_t ns = sc_core::sc_time(1, sc_core::SC_NS).value();
  const std::uint64_t delay = (hash >> 8) % (most_ns * ns);
  return sc_core::sc_time::from_value((hash & 1) == 0 ? delay : delay / ns * ns);
}

}  // namespace

HashedMemory::HashedMemory(const sc_core::sc_module_name& name, std::uint64_t bytes, std::uint64_t seed)
    : sc_module(name), socket("socket"), array_(bytes), seed_(seed) {
  SC_HAS_PROCESS(HashedMemory);
  socket.register_nb_transport_fw(this, &HashedMemory::nb_transport_fw);
  socket.register_b_transport(this, &HashedMemory::b_transport);
  SC_METHOD(end_requests);
  sensitive << requests_.get_event();
  dont_initialize();
  SC_METHOD(respond);
  sensitive << responses_.get_event();
  dont_initialize();
}

std::uint64_t HashedMemory::hash(const tlm::tlm_generic_payload& transaction) const {
  std::uint64_t h = seed_;
  for (const std::uint64_t part : {transaction.get_address(), sc_core::sc_time_stamp().value()}) {
    h = (h ^ part) * 0x9e3779b97f4a7c15u;
    h ^= h >> 29;
  }
  return h * 0xbf58476d1ce4e5b9u >> 3;
}

bool HashedMemory::is_faulty(const tlm::tlm_generic_payload& transaction) const {
  const std::uint64_t address = transaction.get_address();
  return address < error_end_ && address + transaction.get_data_length() > error_begin_;
}

void HashedMemory::perform(tlm::tlm_generic_payload& transaction) {
  transaction.set_response_status(is_faulty(transaction) ? tlm::TLM_GENERIC_ERROR_RESPONSE
                                                         : array_.access(transaction));
}

void HashedMemory::b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  const std::uint64_t h = hash(transaction);
  perform(transaction);
  if ((h & 2) != 0) {
    wait(delay_from(h, 100));
  } else {
    delay += delay_from(h, 100);
  }
}

tlm::tlm_sync_enum HashedMemory::nb_transport_fw(tlm::tlm_generic_payload& transaction, tlm::tlm_phase& phase,
                                                 sc_core::sc_time& delay) {
  if (phase != tlm::BEGIN_REQ) return tlm::TLM_ACCEPTED;
  const std::uint64_t h = hash(transaction);
  if (is_silent_ && is_faulty(transaction)) {
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
  }
  const sc_core::sc_time latency = delay_from(h >> 20, 100);
  switch (h >> 4 & 3) {
    case 0:
      perform(transaction);  // writes and reads of one place never race: dependence flags keep them apart
      delay += latency;
      return tlm::TLM_COMPLETED;
    case 1:
      perform(transaction);
      phase = tlm::BEGIN_RESP;
      delay += latency;
      return tlm::TLM_UPDATED;
    case 2:
      phase = tlm::END_REQ;
      delay += delay_from(h >> 10, 5);
      transaction.acquire();
      responses_.notify(transaction, delay + latency);
      return tlm::TLM_UPDATED;
    default:
      transaction.acquire();
      requests_.notify(transaction, delay_from(h >> 10, 5));
      transaction.acquire();
      responses_.notify(transaction, delay_from(h >> 10, 5) + latency + sc_core::sc_time(1, sc_core::SC_PS));
      return tlm::TLM_ACCEPTED;
  }
}

void HashedMemory::end_requests() {
  while (tlm::tlm_generic_payload* transaction = requests_.get_next_transaction()) {
    tlm::tlm_phase phase = tlm::END_REQ;
    sc_core::sc_time delay;
    socket->nb_transport_bw(*transaction, phase, delay);
    transaction->release();
  }
}

void HashedMemory::respond() {
  while (tlm::tlm_generic_payload* transaction = responses_.get_next_transaction()) {
    perform(*transaction);
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay;
    socket->nb_transport_bw(*transaction, phase, delay);
    transaction->release();
  }
}

}  // namespace bitbalance::tlm_level::test
