// Another program that reads what this one writes, while both run. No shell; what it prints is dropped.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file/byte_sink.h"

namespace bitbalance {

class ChildInput : public ByteSink {
 public:
  /// Starts `command` (program, searched in PATH, and arguments). nullptr when it is not installed; throws
  /// std::system_error when the system refuses anything else.
  static std::unique_ptr<ChildInput> start(const std::vector<std::string>& command);
  /// Without close(): the program is killed.
  ~ChildInput() override;
  ChildInput(const ChildInput&) = delete;
  ChildInput& operator=(const ChildInput&) = delete;

  /// Throws std::runtime_error naming the program when it no longer reads.
  void write(std::string_view bytes) override;
  /// Ends its input and waits for its end. Throws std::runtime_error unless its exit code is 0.
  void close() override;

 private:
  ChildInput(std::string name, int input);
  int wait();

  std::string name_;
  pid_t child_ = 0;  ///< 0: none, or has ended
  int input_ = -1;   ///< a socket: writing to it raises no signal
};

}  // namespace bitbalance
