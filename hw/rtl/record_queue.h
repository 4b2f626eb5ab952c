// Commands on their way through the controller: fetched, waiting in front of an engine, or issued to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hw/isa/command/command.h"
#include "hw/rtl/names.h"

namespace bitbalance::rtl {

struct CommandRecord {
  Command command;
  std::uint32_t index = 0;
};

/// First in, first out, of fixed capacity.
class RecordQueue {
 public:
  explicit RecordQueue(std::size_t capacity) : records_(capacity) {}
  bool empty() const { return count_ == 0; }
  bool full() const { return count_ == records_.size(); }
  const CommandRecord& front() const { return records_[head_]; }
  void push(const CommandRecord& record) { records_[(head_ + count_++) % records_.size()] = record; }
  void pop() {
    if (++head_ == records_.size()) head_ = 0;
    --count_;
  }
  const CommandRecord& back() const { return records_[(head_ + count_ - 1) % records_.size()]; }
  void pop_back() { --count_; }
  void clear() { head_ = count_ = 0; }
  const std::uint32_t& count() const { return count_; }

 private:
  std::vector<CommandRecord> records_;
  std::uint32_t head_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace bitbalance::rtl
