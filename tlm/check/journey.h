// What several checkers on the way of one transaction know together: which of them the request has passed,
// and the answer as the first of them saw it. Beside the checker.
#pragma once

#include <cstdint>
#include <tlm>
#include <vector>

namespace bitbalance::checker {

class Journey {
 public:
  enum class Fault : std::uint8_t {
    kNone,
    kWay,     ///< the answer did not come back through the checkers in the reverse order of the request
    kStatus,  ///< an error became TLM_OK_RESPONSE on the way
    kData,    ///< data of a read changed on the way
  };

  /// The journey of a transaction that is under way, or a new one.
  static Journey& of(const tlm::tlm_generic_payload& payload);
  /// Forgets a checker that ends to exist.
  static void forget(const void* checker);

  /// No checker has seen the request.
  bool is_new() const { return way_.empty(); }
  /// The answer is still on its way back.
  bool is_answered() const { return answered_; }
  void begin(const void* checker);
  /// The request that `checker` saw is dropped.
  void drop(const void* checker);
  /// The same of a transaction that nobody will answer: its process is ended.
  static void abandon(const tlm::tlm_generic_payload& payload, const void* checker);
  /// The answer passes the checker. The journey ends at the first one of the way: then it exists no more.
  static Fault answer(const tlm::tlm_generic_payload& payload, const void* checker);

 private:
  std::vector<const void*> way_;
  bool answered_ = false, is_ok_ = false;
  std::vector<unsigned char> data_;  ///< of a read
};

/// A member of a checker: when that ends, its journeys do.
class JourneyEnd {
 public:
  explicit JourneyEnd(const void* checker) : checker_(checker) {}
  ~JourneyEnd() { Journey::forget(checker_); }
  JourneyEnd(const JourneyEnd&) = delete;
  JourneyEnd& operator=(const JourneyEnd&) = delete;

 private:
  const void* const checker_;
};

}  // namespace bitbalance::checker
