#include "hw/timeline/weights/weight_statistics.h"

#include <algorithm>

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
    RowGroupTokens rows(steps);
    for (int channel = begin; channel < end; ++channel) {
      count_tokens(layer.weights.data() + static_cast<std::size_t>(channel) * filter + first, steps,
                   layer.token_form, tokens.data());
      rows.add(tokens.data());
    }
    groups.push_back(rows.steps(rule, rule.limit(rows.most(), layer.nnzb)));
    begin = end;
  }
  return groups;
}

}  // namespace bitbalance::timeline
