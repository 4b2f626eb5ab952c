// Bytes that are written where no exception may pass, as within a simulation kernel: what does not arrive is
// told later.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/file/byte_sink.h"

namespace bitbalance {

class DeferredSink {
 public:
  explicit DeferredSink(std::unique_ptr<ByteSink> sink) : sink_(std::move(sink)) {}

  void write(std::string_view bytes) noexcept;
  /// Both throw std::runtime_error when any of it did not arrive.
  void check() const;
  void close();

 private:
  std::unique_ptr<ByteSink> sink_;
  std::string failure_;  ///< the first
};

}  // namespace bitbalance
