// Forked processes that work in parallel on what this one has prepared, and send messages back. None outlives
// the pool, nor this process.
#pragma once

#include <sys/types.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "testbench/run/names.h"

namespace bitbalance::runner {

/// A worker threw, or ended otherwise than by returning.
class WorkerFailure : public std::runtime_error {
 public:
  WorkerFailure(int which, const std::string& what) : std::runtime_error(what), worker(which) {}
  const int worker;
};

class ProcessPool {
 public:
  using Send = std::function<void(const std::string& message)>;

  /// `body(worker, send)` runs in each of `count` processes, worker = 0 .. count - 1. Throws
  /// std::runtime_error when the system gives fewer.
  ProcessPool(int count, const std::function<void(int worker, const Send& send)>& body);
  /// Kills those that still run.
  ~ProcessPool();
  ProcessPool(const ProcessPool&) = delete;
  ProcessPool& operator=(const ProcessPool&) = delete;

  /// Until all have ended: hands over their messages, those of a worker in its order, and calls `tick` at
  /// least ten times a second; both may throw. Throws WorkerFailure.
  void gather(const std::function<void(int worker, const std::string& message)>& receive,
              const std::function<void()>& tick);

 private:
  struct Worker {
    pid_t process = 0;
    int pipe = -1;         ///< its messages; -1: it has ended
    std::string received;  ///< part of a message
  };

  void start(int worker, const std::function<void(int worker, const Send& send)>& body);
  void read_from(int worker, const std::function<void(int worker, const std::string& message)>& receive);
  void end(int worker);
  void kill_all();

  std::vector<Worker> workers_;
};

}  // namespace bitbalance::runner
