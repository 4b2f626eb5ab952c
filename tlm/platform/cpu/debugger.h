// Who halts a hart and looks into it, and what a hart shows to whoever does.
#pragma once

#include <cstdint>
#include <vector>

#include "tlm/platform/cpu/names.h"

namespace bitbalance::cpu {

class DebugTarget {
 public:
  static constexpr unsigned kPc = 32;  ///< after x0 to x31

  virtual ~DebugTarget() = default;

  virtual std::uint64_t debug_register(unsigned index) const = 0;
  virtual void set_debug_register(unsigned index, std::uint64_t value) = 0;
  /// By debug transport, in no time; returns as many bytes as exist.
  virtual std::vector<std::uint8_t> debug_read(std::uint64_t address, std::size_t bytes) = 0;
  /// Whether all bytes exist.
  virtual bool debug_write(std::uint64_t address, const std::vector<std::uint8_t>& bytes) = 0;
  virtual void set_breakpoint(std::uint64_t address, bool there) = 0;
};

class Debugger {
 public:
  enum class Resume { kContinue, kStep };

  virtual ~Debugger() = default;

  /// Before the first instruction, at a breakpoint, after a step or when interrupted() said so. Simulated
  /// time stands still until it returns.
  virtual Resume halted(DebugTarget& target) = 0;
  /// Looked at once per quantum; while the hart sleeps, every 10 us of simulated time.
  virtual bool interrupted() = 0;
  /// False: interrupted() never will be true.
  virtual bool is_attached() const = 0;
};

}  // namespace bitbalance::cpu
