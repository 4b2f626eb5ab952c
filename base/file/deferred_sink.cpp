#include "base/file/deferred_sink.h"

#include <stdexcept>

#include "base/process/main_stack.h"

namespace bitbalance {

void DeferredSink::write(std::string_view bytes) noexcept {
  if (!failure_.empty()) return;
  tell_main_stack();
  try {
    sink_->write(bytes);
  } catch (const std::exception& error) {
    failure_ = error.what();
  }
}

void DeferredSink::check() const {
  if (!failure_.empty()) throw std::runtime_error(failure_);
}

void DeferredSink::close() {
  check();
  sink_->close();
}

}  // namespace bitbalance
