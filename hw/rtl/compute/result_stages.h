// What passes the stages of multiply and clamp, in the post-processor and in the vector unit: one item per
// edge at most. Nothing holds one of them alone.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "hw/isa/config.h"

namespace bitbalance::rtl {

/// `Item` has a member `valid`; where it is false, nothing else is looked at.
template <class Item>
class ResultStages {
 public:
  static constexpr std::size_t kMost = 2 * PipelineConfig::kMostStages - 1;

  explicit ResultStages(const PipelineConfig& pipeline)
      : count_(1 + static_cast<std::size_t>(pipeline.result_delay())) {}

  Item& first() { return items_.front(); }
  Item& last() { return items_[count_ - 1]; }
  const Item& last() const { return items_[count_ - 1]; }
  const Item* begin() const { return items_.data(); }
  const Item* end() const { return begin() + count_; }
  bool empty() const {
    return std::none_of(begin(), end(), [](const Item& item) { return item.valid; });
  }
  void clear() {
    for (Item& item : items_) item.valid = false;
  }
  /// From stage to stage. The first one is empty after it.
  void hand_on() {
    for (std::size_t i = count_ - 1; i > 0; --i) {
      if (items_[i - 1].valid) {
        items_[i] = items_[i - 1];
      } else {
        items_[i].valid = false;
      }
    }
    items_.front().valid = false;
  }

 private:
  const std::size_t count_;
  std::array<Item, kMost> items_;
};

}  // namespace bitbalance::rtl
