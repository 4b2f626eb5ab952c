#include "testbench/run/process/stop_signals.h"

#include "base/process/interruption.h"

namespace bitbalance::runner {
namespace {

void note(int signal) {
  interrupting_signal.store(signal, std::memory_order_relaxed);
}

}  // namespace

StopSignals::StopSignals() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], nullptr, &before_[i]);
    if (before_[i].sa_handler == SIG_IGN) continue;
    struct sigaction meanwhile {};
    meanwhile.sa_handler = kSignals[i] == SIGPIPE ? SIG_IGN : note;
    meanwhile.sa_flags = SA_RESTART;
    ::sigaction(kSignals[i], &meanwhile, nullptr);
  }
}

StopSignals::~StopSignals() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
}

}  // namespace bitbalance::runner
