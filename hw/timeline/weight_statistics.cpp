#include "hw/timeline/weight_statistics.h"

#include <algorithm>
#include <numeric>

#include "base/interruption.h"
#include "base/vector_clones.h"

namespace bitbalance::timeline {
namespace {

/// Number of tokens of each weight.
BITBALANCE_VECTOR_CLONES
void count_tokens(const std::int16_t* weights, std::size_t count, TokenForm form, std::uint8_t* tokens) {
  const bool digits = form == TokenForm::kSignedDigit;
  for (std::size_t i = 0; i < count; ++i) {
    const auto magnitude = static_cast<std::uint32_t>(weights[i] < 0 ? -weights[i] : weights[i]);
    // As token_mask() has it.
    std::uint32_t n = digits ? (3 * magnitude ^ magnitude) >> 1 : magnitude;
    n -= n >> 1 & 0x55555555;
    n = (n & 0x33333333) + (n >> 2 & 0x33333333);
    n = (n + (n >> 4)) & 0x0f0f0f0f;
    n = (n + (n >> 8) + (n >> 16)) & 0x1f;  // a weight has 16 positions
    tokens[i] = static_cast<std::uint8_t>(n);
  }
}

}  // namespace

RowGroupSteps::RowGroupSteps(std::int64_t steps, int slots, std::int64_t tokens)
    : steps_(steps), tokens_(tokens), slots_(steps * slots), last_(slots) {
  for (int c = 0; c <= kMaxTokens; ++c)
    cycles_[static_cast<std::size_t>(c)] = (steps - 1) * std::max(slots, c);
}

RowGroupSteps::RowGroupSteps(std::vector<std::uint8_t> slots, std::int64_t tokens)
    : steps_(static_cast<std::int64_t>(slots.size())),
      tokens_(tokens),
      last_(slots.back()),
      sequence_(std::move(slots)) {
  std::array<std::int64_t, kMaxTokens + 1> histogram{};
  for (const std::uint8_t s : sequence_) {
    ++histogram[s];
    slots_ += s;
  }
  --histogram[static_cast<std::size_t>(last_)];
  for (int c = 0; c <= kMaxTokens; ++c) {
    for (int s = 1; s <= kMaxTokens; ++s) {
      cycles_[static_cast<std::size_t>(c)] += histogram[static_cast<std::size_t>(s)] * std::max(s, c);
    }
  }
}

const RowGroupSteps* WeightStatistics::groups_of(const ConstantsBlob& blob, const AcceleratorConfig& config) {
  const Cut cut{config.rows, config.synchronization, blob.input_channel, blob.input_channels};
  if (blob.layer != last_.layer || cut != last_.cut) {  // a layer's blobs follow each other
    auto& cuts = layers_[static_cast<std::size_t>(blob.layer)];
    auto known = cuts.find(cut);
    if (known == cuts.end()) known = cuts.emplace(cut, scan(blob, config)).first;
    const QuantizedLayer& layer = network_.layers[static_cast<std::size_t>(blob.layer)];
    const int channels = static_cast<int>(layer.bias.size()) / layer.groups;
    last_ = {blob.layer, cut, ceil_div(channels, config.rows), known->second.data()};
  }
  return last_.groups + (blob.group * last_.row_groups + blob.channel / config.rows);
}

WeightStatistics::Groups WeightStatistics::scan(const ConstantsBlob& blob,
                                                const AcceleratorConfig& config) const {
  const QuantizedLayer& layer = network_.layers[static_cast<std::size_t>(blob.layer)];
  const std::size_t filter = layer.weights.size() / layer.bias.size();
  const auto area = static_cast<std::size_t>(layer.window.area());
  const std::size_t first = static_cast<std::size_t>(blob.input_channel) * area;
  const std::size_t steps = static_cast<std::size_t>(blob.input_channels) * area;
  const int channels = static_cast<int>(layer.bias.size()) / layer.groups;

  Groups groups;
  std::vector<std::uint8_t> tokens(steps);
  for (int begin = 0; begin < channels * layer.groups;) {
    throw_if_interrupted();
    const int end = std::min(begin + config.rows, (begin / channels + 1) * channels);
    std::vector<std::uint8_t> slots(steps, 1);
    std::int64_t all_tokens = 0;
    for (int channel = begin; channel < end; ++channel) {
      count_tokens(layer.weights.data() + static_cast<std::size_t>(channel) * filter + first, steps,
                   layer.token_form, tokens.data());
      all_tokens += std::accumulate(tokens.begin(), tokens.end(), std::int64_t{0});
      for (std::size_t s = 0; s < steps; ++s) slots[s] = std::max(slots[s], tokens[s]);
    }
    if (config.synchronization == Synchronization::kBalanced) {
      groups.emplace_back(static_cast<std::int64_t>(steps), layer.nnzb, all_tokens);
    } else {
      groups.emplace_back(std::move(slots), all_tokens);
    }
    begin = end;
  }
  return groups;
}

}  // namespace bitbalance::timeline
