#include "hw/timeline/weights/row_group_steps.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace bitbalance::timeline {

RowGroupSteps::RowGroupSteps(const SynchronizationRule& rule, std::vector<std::uint8_t> busiest, int limit,
                             std::int64_t tokens)
    : steps_(static_cast<std::int64_t>(busiest.size())), tokens_(tokens), sequence_(std::move(busiest)) {
  std::array<std::uint8_t, kMaxTokens + 1> slots{};  // by tokens of the busiest row
  for (int t = 0; t <= kMaxTokens; ++t) slots[t] = static_cast<std::uint8_t>(rule.slots(t, limit));
  std::array<std::int64_t, kMaxTokens + 1> histogram{};  // of the steps' slots
  for (std::uint8_t& step : sequence_) {
    step = slots[step];
    ++histogram[step];
    slots_ += step;
  }
  last_ = sequence_.back();
  if (histogram[last_] == steps_) sequence_ = {};
  --histogram[last_];
  for (int c = 0; c <= kMaxTokens; ++c) {
    for (int s = 1; s <= kMaxTokens; ++s) {
      cycles_[c] += histogram[s] * std::max(s, c);
    }
  }
}

void RowGroupTokens::add(const std::uint8_t* tokens) {
  sum_ += std::accumulate(tokens, tokens + busiest_.size(), std::int64_t{0});
  std::transform(busiest_.begin(), busiest_.end(), tokens, busiest_.begin(),
                 [](std::uint8_t one, std::uint8_t other) { return std::max(one, other); });
}

int RowGroupTokens::most() const {
  return *std::max_element(busiest_.begin(), busiest_.end());
}

RowGroupSteps RowGroupTokens::steps(const SynchronizationRule& rule, int limit) {
  return RowGroupSteps(rule, std::move(busiest_), limit, sum_);
}

RowGroupSteps row_group_steps(const SynchronizationRule& rule, const std::vector<std::uint8_t>& tokens,
                              std::size_t steps, int limit) {
  RowGroupTokens rows(steps);
  for (std::size_t first = 0; first < tokens.size(); first += steps) rows.add(tokens.data() + first);
  return rows.steps(rule, limit);
}

}  // namespace bitbalance::timeline
