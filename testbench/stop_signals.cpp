#include "testbench/stop_signals.h"

#include "quant/interruption.h"

namespace bitbalance {
namespace {

void note(int signal) {
  interrupting_signal.store(signal, std::memory_order_relaxed);
}

}  // namespace

StopSignals::StopSignals() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    before_[i] = std::signal(kSignals[i], SIG_IGN);
    if (before_[i] != SIG_IGN && kSignals[i] != SIGPIPE) std::signal(kSignals[i], note);
  }
}

StopSignals::~StopSignals() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) std::signal(kSignals[i], before_[i]);
}

}  // namespace bitbalance
