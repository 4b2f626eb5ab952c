// Threads beside the caller's, as many as the machine gives: a process limit makes work slower, not
// impossible.
#pragma once

#include <algorithm>
#include <exception>
#include <thread>
#include <vector>

namespace bitbalance {

/// `wanted`; 0: one for each processor.
inline int threads_of(int wanted) {
  return wanted > 0 ? wanted : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

/// Joins its threads when it goes; what they do must end by then.
class Threads {
 public:
  Threads() = default;
  ~Threads() {
    for (std::thread& thread : threads_) thread.join();
  }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  /// Up to `count` threads that call `work`; ends quietly at the first that cannot be created.
  template <typename Work>
  void start(int count, const Work& work) {
    try {
      threads_.reserve(static_cast<std::size_t>(std::max(count, 0)));
      for (int i = 0; i < count; ++i) threads_.emplace_back(work);
    } catch (const std::exception&) {  // no thread (std::system_error) or no memory for one
    }
  }
  int count() const { return static_cast<int>(threads_.size()); }

 private:
  std::vector<std::thread> threads_;
};

}  // namespace bitbalance
