// A user's wish to stop (Ctrl-C and its kin), noted by a signal handler and asked for wherever work takes
// long.
#pragma once

#include <atomic>
#include <stdexcept>

namespace bitbalance {

/// The user stopped the program; nothing is left behind.
class Interrupted : public std::runtime_error {
 public:
  explicit Interrupted(int which) : std::runtime_error("interrupted"), signal(which) {}
  const int signal;
};

inline std::atomic<int> interrupting_signal{0};  ///< 0: none
static_assert(std::atomic<int>::is_always_lock_free, "written by a signal handler");

inline void throw_if_interrupted() {
  const int signal = interrupting_signal.load(std::memory_order_relaxed);
  if (signal != 0) throw Interrupted(signal);
}

}  // namespace bitbalance
