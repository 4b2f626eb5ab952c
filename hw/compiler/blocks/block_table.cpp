#include "hw/compiler/blocks/block_table.h"

#include <algorithm>
#include <utility>

namespace bitbalance::compiler {
namespace {

Convolution on(const AcceleratorConfig& config, Convolution conv) {
  conv.config = &config;
  return conv;
}

BlockDemand smaller(const BlockDemand& a, const BlockDemand& b) {
  return {std::min(a.tiles, b.tiles),           std::min(a.computes, b.computes),
          std::min(a.loads, b.loads),           std::min(a.stores, b.stores),
          std::min(a.read_bytes, b.read_bytes), std::min(a.write_bytes, b.write_bytes)};
}

}  // namespace

BlockTable::BlockTable(const Convolution& conv, LayerMapping user, std::vector<double> rates)
    : config_(*conv.config),
      conv_(on(config_, conv)),
      user_(std::move(user)),
      rates_(std::move(rates)),
      sizes_(conv_, user_, Extent::kEvenParts),
      full_width_(entries_of(sizes_.full_width())) {}

BlockTable::Answers& BlockTable::Entries::answers_on(const Convolution& conv) {
  const auto steps_up_to = [](const std::vector<std::int64_t>& steps, std::int64_t size) {
    return std::upper_bound(steps.begin(), steps.end(), size) - steps.begin();
  };
  const AcceleratorConfig& config = *conv.config;
  return answers[{config.activation_elements(conv.width), config.weight_bank_bytes,
                  steps_up_to(output_steps, config.output_elements(conv.width)),
                  steps_up_to(parameter_steps, config.parameter_entries())}];
}

BlockTable::Entries BlockTable::entries_of(const std::vector<int>& widths) const {
  Entries entries;
  sizes_.for_blocks(widths, [&](const LayerMapping& block, const SpatialCut& space) {
    const BlockNeeds needs = block_needs(conv_, block);
    const bool has_all_channels = block.channels >= conv_.in_channels;
    const bool may_have_chunks = is_one_tile(conv_, block);
    if (!may_have_chunks && !(has_all_channels && fits(conv_, needs))) return;
    entries.output_steps.push_back(needs.output_elements);
    entries.output_steps.push_back(2 * needs.output_elements);
    entries.parameter_steps.push_back(needs.parameter_entries);
    Entry& entry = entries.list.emplace_back();
    entry.block = block;
    entry.space = space;
    entry.needs = needs;
    entry.may_have_chunks = may_have_chunks;
    // With chunks, all that they cost depends on the buffers.
    if (!has_all_channels) return;
    for (const LoopOrder order : sizes_.orders(block)) entry.orders[entry.order_count++].order = order;
  });
  for (std::vector<std::int64_t>* const steps : {&entries.output_steps, &entries.parameter_steps}) {
    std::sort(steps->begin(), steps->end());
    steps->erase(std::unique(steps->begin(), steps->end()), steps->end());
  }
  return entries;
}

const Estimate& BlockTable::estimate_of(Entry& entry, std::size_t order, const Convolution& conv) {
  Ordered& ordered = entry.orders[order];
  entry.block.order = ordered.order;
  if (!ordered.estimate) ordered.estimate = estimate(conv, entry.block, entry.space, entry.needs);
  return *ordered.estimate;
}

const BlockDemand& BlockTable::least_of(Entry& entry, const Convolution& conv) {
  if (entry.least) return *entry.least;
  for (std::size_t i = 0; i < entry.order_count; ++i) {
    const Estimate& e = estimate_of(entry, i, conv);
    const BlockDemand least{entry.space.tiles, e.blocks, e.loads, e.blocks, e.read_bytes, e.write_bytes};
    entry.least = entry.least ? smaller(*entry.least, least) : least;
  }
  return *entry.least;
}

bool BlockTable::has_room(const AcceleratorConfig& buffers, const LayerMapping& block) const {
  const Convolution conv = on(buffers, conv_);
  return fits(conv, block_needs(conv, block));
}

bool BlockTable::fits_in_full_width(const AcceleratorConfig& buffers) {
  const Convolution conv = on(buffers, conv_);
  std::optional<bool>& answer = full_width_.answers_on(conv).fits_whole;
  if (!answer) {
    // The smallest blocks are the last ones.
    answer = std::any_of(full_width_.list.rbegin(), full_width_.list.rend(), [&](const Entry& entry) {
      return entry.order_count > 0 && fits(conv, entry.needs);
    });
  }
  return *answer;
}

std::optional<BlockDemand> BlockTable::least(const AcceleratorConfig& buffers) {
  const Convolution conv = on(buffers, conv_);
  auto& answer = full_width_.answers_on(conv).least;
  if (!answer) answer = least_of(full_width_.list, conv);
  return *answer;
}

std::optional<BlockDemand> BlockTable::least_of(std::vector<Entry>& entries, const Convolution& conv) const {
  std::optional<BlockDemand> least;
  bool any_fits = false;
  for (Entry& entry : entries) {
    if (entry.order_count == 0) return {};
    const bool fits_whole = fits(conv, entry.needs);
    any_fits = any_fits || fits_whole;
    // With fewer input channels it asks for no less.
    if (!fits_whole && !entry.may_have_chunks) continue;
    const BlockDemand& one = least_of(entry, conv_);
    least = least ? smaller(*least, one) : one;
  }
  return any_fits ? least : std::nullopt;
}

const BlockDemand& BlockTable::demand(const AcceleratorConfig& buffers, const LayerMapping& m) {
  // With chunks, activations may have to be loaded again. Else no size of a buffer counts.
  const bool is_whole = m.channels >= conv_.in_channels;
  const bool loads_once = is_whole || activations_resident(on(buffers, conv_), m);
  return demands_.get(key_of(m, loads_once), [&] { return demand_of(on(buffers, conv_), m); });
}

const LayerOutline& BlockTable::outline(const AcceleratorConfig& buffers, const LayerMapping& m) {
  return outlines_.get(key_of(m, buffers.activation_buffer_bytes, buffers.output_buffer_bytes),
                       [&] { return outline_of(on(buffers, conv_), m); });
}

const std::vector<std::uint32_t>& BlockTable::best(const AcceleratorConfig& buffers) {
  const Convolution conv = on(buffers, conv_);
  const std::vector<std::uint32_t>& best = best_of(full_width_, conv);
  if (!best.empty()) return best;
  // Columns that two blocks share are loaded twice: the width is cut where it must be.
  if (cut_widths_.list.empty()) cut_widths_ = entries_of(sizes_.cut_widths());
  return best_of(cut_widths_, conv);
}

const std::vector<std::uint32_t>& BlockTable::best_of(Entries& entries, const Convolution& conv) {
  std::optional<std::vector<std::uint32_t>>& answer = entries.answers_on(conv).best;
  if (answer) return *answer;
  std::vector<LayerMapping> blocks;
  std::vector<Cost> least;
  for_fitting(entries.list, conv, [&](const LayerMapping& block, const Cost* costs) {
    if (blocks.empty()) {
      blocks.assign(rates_.size(), block);
      least.assign(costs, costs + rates_.size());
      return;
    }
    for (std::size_t i = 0; i < rates_.size(); ++i) {
      if (!(costs[i] < least[i])) continue;
      least[i] = costs[i];
      blocks[i] = block;
    }
  });
  answer.emplace();
  for (const LayerMapping& block : blocks) answer->push_back(number_of(block));
  return *answer;
}

std::uint32_t BlockTable::number_of(const LayerMapping& block) {
  const auto known = std::find_if(blocks_.begin(), blocks_.end(),
                                  [&](const LayerMapping& other) { return key_of(other) == key_of(block); });
  const auto number = static_cast<std::uint32_t>(known - blocks_.begin());
  if (known == blocks_.end()) blocks_.push_back(block);
  return number;
}

template <class Take>
void BlockTable::for_fitting(std::vector<Entry>& entries, const Convolution& conv, const Take& take) {
  for (Entry& entry : entries) {
    const bool fits_whole = entry.order_count > 0 && fits(conv, entry.needs);
    for (std::size_t i = 0; fits_whole && i < entry.order_count; ++i) {
      Estimate e = estimate_of(entry, i, conv_);
      e.set_overlaps(conv, entry.needs);
      std::size_t& costs =
          entry.orders[i].costs[2 * std::size_t{e.overlaps} + std::size_t{e.weights_overlap}];
      if (costs == kNone) costs = add_costs(e);
      take(entry.block, &costs_[costs]);
    }
    if (entry.may_have_chunks &&
        !(fits_whole && 2 * entry.needs.weight_bank_bytes <= conv.config->weight_bank_bytes))
      for_chunks(entry, conv, take);
  }
}

template <class Take>
void BlockTable::for_chunks(Entry& entry, const Convolution& conv, const Take& take) {
  // Neither depends on the input channels.
  if (entry.needs.parameter_entries > conv.config->parameter_entries() ||
      entry.needs.output_elements > conv.config->output_elements(conv.width)) {
    return;
  }
  LayerMapping block = entry.block;
  for (const Chunks::Choice& choice : chunks_of(entry, conv).choices) {
    block.channels = choice.channels;
    block.order = choice.order;
    take(block, &costs_[choice.costs]);
  }
}

const BlockTable::Chunks& BlockTable::chunks_of(Entry& entry, const Convolution& conv) {
  const AcceleratorConfig& config = *conv.config;
  const std::int64_t activation_elements = config.activation_elements(conv.width);
  const bool two_outputs_fit = 2 * entry.needs.output_elements <= config.output_elements(conv.width);
  const auto known = std::find_if(entry.chunks.begin(), entry.chunks.end(), [&](const Chunks& chunks) {
    return chunks.activation_elements == activation_elements &&
           chunks.weight_bank_bytes == config.weight_bank_bytes && chunks.two_outputs_fit == two_outputs_fit;
  });
  if (known != entry.chunks.end()) return *known;
  Chunks& chunks = entry.chunks.emplace_back();
  chunks.activation_elements = activation_elements;
  chunks.weight_bank_bytes = config.weight_bank_bytes;
  chunks.two_outputs_fit = two_outputs_fit;
  LayerMapping block = entry.block;
  for (const int channels : sizes_.fewest_chunks(conv, entry.block)) {
    if (channels >= conv.in_channels) continue;
    block.channels = channels;
    const BlockNeeds needs = block_needs(conv, block);
    if (!fits(conv, needs)) continue;
    for (const LoopOrder order : sizes_.orders(block)) {
      block.order = order;
      chunks.choices.push_back({channels, order, add_costs(estimate(conv, block, entry.space, needs))});
    }
  }
  return chunks;
}

std::size_t BlockTable::add_costs(const Estimate& estimate) {
  for (const double rate : rates_) costs_.push_back(estimate.cost(rate));
  return costs_.size() - rates_.size();
}

}  // namespace bitbalance::compiler
