#include "tlm/accelerator/weight_encoder.h"

#include <algorithm>
#include <limits>

#include "hw/core/vector_clones.h"

namespace bitbalance::tlm_level {
namespace {

/// Steps decoded at a time.
constexpr int kBatch = 64;
/// Words of decoded weights that are kept for the commands to come: 64 MB.
constexpr std::size_t kMostHeldWords = std::size_t{16} << 20;

constexpr std::uint32_t pair(std::int32_t even, std::int32_t odd) {
  return static_cast<std::uint16_t>(even) | std::uint32_t{static_cast<std::uint16_t>(odd)} << 16;
}
constexpr std::int32_t within_16_bits(std::int32_t weight) {
  constexpr std::int32_t kLargest = std::numeric_limits<std::int16_t>::max();
  return weight > kLargest ? kLargest : weight < -kLargest ? -kLargest : weight;
}

/// The tokens that a PE performs: leading ones first, at most `nnzb`.
TokenMask performed(TokenMask mask, int nnzb) {
  std::uint32_t kept = 0;
  for (int i = 0; i < nnzb && mask.ones != 0; ++i) {
    const std::uint32_t leading = 0x80000000u >> __builtin_clz(mask.ones);
    kept |= leading;
    mask.ones ^= leading;
  }
  return {kept, mask.negatives & kept};
}

/// Values and numbers of tokens; returns the largest number. The bits of a mask are counted by halves: vector
/// units have no instruction for it that every machine knows.
BITBALANCE_VECTOR_CLONES
std::uint32_t evaluate(const std::uint32_t* ones, const std::uint32_t* negatives, int count,
                       std::int32_t* values, std::uint32_t* tokens) {
  std::uint32_t most = 0;
  for (int i = 0; i < count; ++i) {
    values[i] = value({ones[i], negatives[i]});
    std::uint32_t bits = ones[i];
    bits -= bits >> 1 & 0x55555555u;
    bits = (bits & 0x33333333u) + (bits >> 2 & 0x33333333u);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0fu;
    tokens[i] = bits * 0x01010101u >> 24;
    most = std::max(most, tokens[i]);
  }
  return most;
}

}  // namespace

WeightEncoder::WeightEncoder(const sc_core::sc_module_name& name, const AcceleratorConfig& config)
    : sc_module(name), streams("streams", [this](StreamBlock& block) { encode(block); }), config_(config) {}

void WeightEncoder::encode(StreamBlock& block) {
  Entry& entry = entry_of(block);
  *block.counts = entry.counts;
  WeightTile tile;
  tile.command = block.command;
  tile.row_group = block.row_group;
  tile.rows = block.rows;
  tile.pairs = (std::get<Compute>(block.command->body).steps() + 1) / 2;
  tile.weights = entry.weights.data();
  tile.excess = entry.excess.empty() ? nullptr : entry.excess.data();
  tiles.send(tile);
}

WeightEncoder::Entry& WeightEncoder::entry_of(const StreamBlock& block) {
  const auto& command = std::get<Compute>(block.command->body);
  if (block.command != command_ && held_words_ > kMostHeldWords) {
    entries_.clear();
    held_words_ = 0;
  }
  command_ = block.command;
  const Key key{block.address, static_cast<std::uint32_t>(block.rows),
                static_cast<std::uint32_t>(command.steps()), command.weight_bits, command.nnzb};
  const auto [place, is_new] = entries_.try_emplace(key);
  Entry& entry = place->second;
  const std::uint64_t load = block.banks->last_load(block.address, block.row_bytes);
  if (!is_new && entry.load == load) return entry;
  held_words_ -= entry.weights.size();
  decode(block, entry);
  entry.load = load;
  held_words_ += entry.weights.size();
  return entry;
}

void WeightEncoder::decode(const StreamBlock& block, Entry& entry) {
  const auto& command = std::get<Compute>(block.command->body);
  const WeightFormat format(command.weight_bits, command.nnzb, config_.token_form, config_.weight_storage);
  const int steps = command.steps();
  std::vector<std::uint8_t> slots(static_cast<std::size_t>(steps), 1);
  entry.weights.resize(static_cast<std::size_t>(block.rows) * static_cast<std::size_t>((steps + 1) / 2));
  entry.excess.clear();
  std::int64_t tokens = 0;
  for (int row = 0; row < block.rows; ++row) {
    tokens += decode_row(block, row, format, slots);
    pack(row, steps, entry);
  }
  entry.counts = config_.synchronization == Synchronization::kBalanced
                     ? RowGroupSteps(steps, command.nnzb, tokens)
                     : RowGroupSteps(std::move(slots), tokens);
}

std::int64_t WeightEncoder::decode_row(const StreamBlock& block, int row, const WeightFormat& format,
                                       std::vector<std::uint8_t>& slots) {
  const auto& command = std::get<Compute>(block.command->body);
  const int steps = command.steps();
  words_.assign(block.row_bytes / WeightBanks::kWordBytes + 1, 0);
  block.banks->read(row, block.address, reinterpret_cast<std::uint8_t*>(words_.data()), block.row_bytes);
  values_.resize(static_cast<std::size_t>(steps));
  std::int64_t total = 0;
  std::array<std::uint64_t, kBatch> code{};
  std::array<std::uint32_t, kBatch> ones{}, negatives{}, tokens{};
  std::uint64_t bit = 0;
  for (int first = 0; first < steps; first += kBatch) {
    const int count = std::min(kBatch, steps - first);
    for (int i = 0; i < count; ++i, bit += static_cast<std::uint64_t>(format.bits())) {
      const std::uint64_t* const word = words_.data() + bit / 64;
      const unsigned shift = bit % 64;
      // In two shifts: a word as a whole is none of the next one's.
      code[static_cast<std::size_t>(i)] = word[0] >> shift | word[1] << 1 << (63 - shift);
    }
    format.unpack(code.data(), count, ones.data(), negatives.data());
    std::int32_t* const values = values_.data() + first;
    const std::uint32_t most = evaluate(ones.data(), negatives.data(), count, values, tokens.data());
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      if (most > command.nnzb && tokens[i] > command.nnzb) {
        values[i] = value(performed({ones[i], negatives[i]}, command.nnzb));
        tokens[i] = command.nnzb;
      }
      total += tokens[i];
      std::uint8_t& busiest = slots[static_cast<std::size_t>(first) + i];
      busiest = std::max(busiest, static_cast<std::uint8_t>(tokens[i]));
    }
  }
  return total;
}

void WeightEncoder::pack(int row, int steps, Entry& entry) const {
  const std::size_t pairs = static_cast<std::size_t>((steps + 1) / 2);
  const std::size_t begin = static_cast<std::size_t>(row) * pairs;
  const auto value_of = [&](std::size_t step) {
    return step < static_cast<std::size_t>(steps) ? values_[step] : 0;
  };
  const bool fit =
      std::all_of(values_.begin(), values_.end(), [](std::int32_t w) { return within_16_bits(w) == w; });
  if (!fit) entry.excess.resize(entry.weights.size());
  for (std::size_t i = 0; i < pairs; ++i) {
    const std::int32_t even = value_of(2 * i), odd = value_of(2 * i + 1);
    entry.weights[begin + i] = pair(within_16_bits(even), within_16_bits(odd));
    if (!fit) entry.excess[begin + i] = pair(even - within_16_bits(even), odd - within_16_bits(odd));
  }
}

}  // namespace bitbalance::tlm_level
