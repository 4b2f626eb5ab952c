#include "tlm/accelerator/compute/weight_encoder.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <utility>

#include "tlm/accelerator/datapath/weight_decoding.h"

namespace bitbalance::tlm_level {
namespace {

/// Bytes of entries that are kept for the commands to come: 128 MB, twice what the convolutions of a large
/// network take.
constexpr std::size_t kMostHeldBytes = std::size_t{128} << 20;

/// A few bytes of every row, mixed.
std::uint64_t sample(const WeightBanks& banks, const StreamBlock& block) {
  std::uint64_t mixed = 0;
  std::array<std::uint64_t, 4> words{};
  const auto count = std::min<std::uint32_t>(sizeof words, block.row_bytes);
  const std::uint32_t middle = block.row_bytes / 2 / WeightBanks::kWordBytes * WeightBanks::kWordBytes;
  for (int row = 0; row < block.rows; ++row) {
    const std::uint32_t from = std::min(middle, block.row_bytes - count);
    banks.read(row, (block.address + from) % banks.bank_bytes(),
               reinterpret_cast<std::uint8_t*>(words.data()), count);
    for (const std::uint64_t word : words) mixed = (mixed ^ word ^ mixed >> 29) * 0x9e3779b97f4a7c15u;
  }
  return mixed;
}

}  // namespace

WeightEncoder::WeightEncoder(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
                             WorkerPool& workers)
    : sc_module(name), config_(config), workers_(workers) {}

void WeightEncoder::take(StreamBlock& block) {
  const Entry& entry = entry_of(block);
  *block.counts = entry.counts;
  WeightBlock weights{{block.rows, entry.weights}};
  groups->take(weights);
}

WeightEncoder::Entry& WeightEncoder::entry_of(const StreamBlock& block) {
  const auto& command = std::get<Compute>(block.command->body);
  if (held_bytes_ > kMostHeldBytes) {
    entries_.clear();
    recent_.clear();
    held_bytes_ = 0;
  }
  const Shape shape{static_cast<std::uint32_t>(block.rows),
                    command.channels,
                    std::uint32_t{command.kernel_h} * command.kernel_w,
                    command.weight_bits,
                    command.nnzb,
                    static_cast<std::uint32_t>(word_format(command))};
  Recent& recent = recent_[{block.address, shape}];
  const std::uint64_t load = block.banks->last_load(block.address, block.row_bytes);
  if (recent.entry == nullptr || recent.load != load) recent = {load, &entry_of_bytes(block, shape)};
  return *recent.entry;
}

WeightEncoder::Entry& WeightEncoder::entry_of_bytes(const StreamBlock& block, const Shape& shape) {
  const std::uint64_t key = sample(*block.banks, block);
  const auto [begin, end] = entries_.equal_range(key);
  const auto known = std::find_if(begin, end, [&](const auto& place) {
    const Entry& entry = place.second;
    if (entry.shape != shape) return false;
    for (int row = 0; row < block.rows; ++row) {
      const std::uint8_t* const bytes = entry.stored.data() + static_cast<std::size_t>(row) * block.row_bytes;
      if (!block.banks->holds(row, block.address, bytes, block.row_bytes)) return false;
    }
    return true;
  });
  if (known != end) return known->second;
  Entry& entry = entries_.emplace(key, Entry{})->second;
  entry.shape = shape;
  decode(block, entry);
  const PackedWeights& words = entry.weights->words;
  held_bytes_ += entry.stored.size() + words.size() * words.front().size() * sizeof(std::uint32_t);
  return entry;
}

void WeightEncoder::decode(const StreamBlock& block, Entry& entry) {
  const auto& command = std::get<Compute>(block.command->body);
  const auto rows = static_cast<std::size_t>(block.rows), steps = static_cast<std::size_t>(command.steps());
  entry.stored.resize(rows * block.row_bytes);
  for (int row = 0; row < block.rows; ++row) {
    block.banks->read(row, block.address,
                      entry.stored.data() + static_cast<std::size_t>(row) * block.row_bytes, block.row_bytes);
  }
  values_.resize(rows * steps);
  tokens_.resize(rows * steps);
  const RowStream stream(command.weight_bits, command.nnzb, config_);
  std::uint64_t first_word = 0;
  std::memcpy(&first_word, entry.stored.data(), sizeof first_word);
  const int limit = stream.limit_in(first_word);
  workers_.run(block.rows, [&](int row) {
    const std::size_t at = static_cast<std::size_t>(row);
    decode_row(entry.stored.data() + at * block.row_bytes, stream, steps, limit, &values_[at * steps],
               &tokens_[at * steps]);
  });
  entry.counts = row_group_steps(rule_of(config_.synchronization), tokens_, steps, limit);
  RowGroupWeights weights;
  for (std::size_t row = 0; row < rows; ++row) {
    std::uint32_t sum = 0;
    for (std::size_t step = 0; step < steps; ++step)
      sum += static_cast<std::uint32_t>(values_[row * steps + step]);
    weights.row_sums.push_back(sum);
  }
  weights.words = pack_weights(values_, block.rows, command.channels, command.kernel_h * command.kernel_w,
                               word_format(command));
  entry.weights = std::make_shared<const RowGroupWeights>(std::move(weights));
}

}  // namespace bitbalance::tlm_level
