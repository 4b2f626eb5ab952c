#include "hw/timeline/weights/weight_statistics.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/bits.h"
#include "base/process/interruption.h"
#include "base/vector_clones.h"

namespace bitbalance::timeline {
namespace {

/// Number of tokens of each weight.
BITBALANCE_VECTOR_CLONES
void count_tokens(const std::int16_t* weights, std::size_t count, TokenForm form, std::uint8_t* tokens) {
  for (std::size_t i = 0; i < count; ++i)
    tokens[i] = static_cast<std::uint8_t>(count_ones(token_mask(weights[i], form).ones));
}

}  // namespace

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

RowGroupSteps row_group_steps(const SynchronizationRule& rule, const std::vector<std::uint8_t>& tokens,
                              std::size_t steps, int limit) {
  const std::int64_t total = std::accumulate(tokens.begin(), tokens.end(), std::int64_t{0});
  std::vector<std::uint8_t> busiest(steps);
  for (auto row = tokens.begin(); row != tokens.end(); row += static_cast<std::ptrdiff_t>(steps)) {
    std::transform(busiest.begin(), busiest.end(), row, busiest.begin(),
                   [](std::uint8_t one, std::uint8_t other) { return std::max(one, other); });
  }
  return RowGroupSteps(rule, std::move(busiest), limit, total);
}

const RowGroupSteps* WeightStatistics::groups_of(const ConstantsBlob& blob, const AcceleratorConfig& config) {
  const Cut cut{config.rows, config.synchronization, blob.input_channel, blob.input_channels};
  if (blob.layer != last_.layer || cut != last_.cut) {  // a layer's blobs follow each other
    auto& cuts = layers_[blob.layer];
    auto known = cuts.find(cut);
    if (known == cuts.end()) known = cuts.emplace(cut, scan(blob, config)).first;
    const QuantizedLayer& layer = network_.layers[blob.layer];
    const int channels = static_cast<int>(layer.bias.size()) / layer.groups;
    last_ = {blob.layer, cut, ceil_div(channels, config.rows), known->second.data()};
  }
  return last_.groups + (blob.group * last_.row_groups + blob.channel / config.rows);
}

WeightStatistics::Groups WeightStatistics::scan(const ConstantsBlob& blob,
                                                const AcceleratorConfig& config) const {
  const QuantizedLayer& layer = network_.layers[blob.layer];
  const std::size_t filter = layer.weights.size() / layer.bias.size();
  const auto area = static_cast<std::size_t>(layer.window.area());
  const std::size_t first = static_cast<std::size_t>(blob.input_channel) * area;
  const std::size_t steps = static_cast<std::size_t>(blob.input_channels) * area;
  const int channels = static_cast<int>(layer.bias.size()) / layer.groups;

  const SynchronizationRule& rule = rule_of(config.synchronization);
  Groups groups;
  std::vector<std::uint8_t> tokens(steps);
  for (int begin = 0; begin < channels * layer.groups;) {
    throw_if_interrupted();
    const int end = std::min(begin + config.rows, (begin / channels + 1) * channels);
    std::vector<std::uint8_t> busiest(steps);
    std::int64_t all_tokens = 0;
    for (int channel = begin; channel < end; ++channel) {
      count_tokens(layer.weights.data() + static_cast<std::size_t>(channel) * filter + first, steps,
                   layer.token_form, tokens.data());
      all_tokens += std::accumulate(tokens.begin(), tokens.end(), std::int64_t{0});
      for (std::size_t s = 0; s < steps; ++s) busiest[s] = std::max(busiest[s], tokens[s]);
    }
    const int limit = rule.limit(*std::max_element(busiest.begin(), busiest.end()), layer.nnzb);
    groups.emplace_back(rule, std::move(busiest), limit, all_tokens);
    begin = end;
  }
  return groups;
}

}  // namespace bitbalance::timeline
