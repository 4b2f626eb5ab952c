// Where bytes go: a file, or another program.
#pragma once

#include <string_view>

namespace bitbalance {

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  /// Both throw std::runtime_error with the system's reason when the bytes do not arrive.
  virtual void write(std::string_view bytes) = 0;
  /// Tells, at the latest, what did not.
  virtual void close() = 0;
};

}  // namespace bitbalance
