// A user's wish to stop (Ctrl-C and its kin), noted by a signal handler. Whatever takes long asks for it.
#pragma once

#include <atomic>
#include <stdexcept>

namespace bitbalance {

/// The user stopped the program; nothing is left behind.
class Interrupted : public std::runtime_error {
 public:
  Interrupted() : std::runtime_error("interrupted") {}
};

inline std::atomic<int> interrupting_signal{0};  ///< 0: none
static_assert(std::atomic<int>::is_always_lock_free, "written by a signal handler");

inline void throw_if_interrupted() {
  if (interrupting_signal.load(std::memory_order_relaxed) != 0) throw Interrupted();
}

}  // namespace bitbalance
