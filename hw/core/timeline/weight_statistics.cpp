#include "hw/core/timeline/weight_statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <numeric>
#include <stdexcept>
#include <tuple>

#include "hw/core/dma_walk.h"
#include "hw/core/vector_clones.h"

namespace bitbalance {
namespace {

/// Number of tokens of each weight, at most `most`.
BITBALANCE_VECTOR_CLONES
void count_tokens(const std::uint32_t* ones, std::size_t count, std::uint32_t most, std::uint8_t* tokens) {
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t n = ones[i] - (ones[i] >> 1 & 0x55555555);
    n = (n & 0x33333333) + (n >> 2 & 0x33333333);
    n = (n + (n >> 4)) & 0x0f0f0f0f;
    n = (n + (n >> 8) + (n >> 16)) & 0x1f;  // a weight has 16 positions
    tokens[i] = static_cast<std::uint8_t>(std::min(n, most));
  }
}

/// Streams of a row group in the constants: one a row, `row_bytes` apart.
struct Streams {
  std::uint32_t offset = 0;
  int rows = 0;
  std::uint32_t row_bytes = 0;
};

/// Reads the codes of a row's stream.
void unpack_stream(const std::uint8_t* stream, int bits, std::vector<std::uint64_t>& codes) {
  const auto word_at = [stream](std::size_t word) {
    std::uint64_t value = 0;
    std::memcpy(&value, stream + 8 * word, sizeof value);
    return value;
  };
  const auto width = static_cast<std::size_t>(bits);
  for (std::size_t step = 0; step < codes.size(); ++step) {
    const std::size_t bit = step * width;
    const std::size_t shift = bit % 64;
    codes[step] = word_at(bit / 64) >> shift;
    if (shift + width > 64) codes[step] |= word_at(bit / 64 + 1) << (64 - shift);
  }
}

RowGroupSteps scan(const std::vector<std::uint8_t>& constants, const Streams& streams, const Compute& c,
                   const AcceleratorConfig& config) {
  const WeightFormat format(c.weight_bits, c.nnzb, config.token_form, config.weight_storage);
  const auto steps = static_cast<std::size_t>(c.steps());
  std::vector<std::uint64_t> codes(steps);
  std::vector<std::uint32_t> ones(steps), negatives(steps);
  std::vector<std::uint8_t> tokens(steps), slots(steps, 1);
  std::int64_t all_tokens = 0;
  for (int row = 0; row < streams.rows; ++row) {
    unpack_stream(&constants[streams.offset + static_cast<std::uint32_t>(row) * streams.row_bytes],
                  format.bits(), codes);
    format.unpack(codes.data(), static_cast<int>(steps), ones.data(), negatives.data());
    count_tokens(ones.data(), steps, c.nnzb, tokens.data());
    all_tokens += std::accumulate(tokens.begin(), tokens.end(), std::int64_t{0});
    for (std::size_t s = 0; s < steps; ++s) slots[s] = std::max(slots[s], tokens[s]);
  }
  if (config.synchronization == Synchronization::kBalanced) return {c.steps(), c.nnzb, all_tokens};
  return {std::move(slots), all_tokens};
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

WeightStatistics::WeightStatistics(const Program& program, const AcceleratorConfig& config)
    : first_group_(program.commands.size()) {
  // What each ring address of the weight buffer holds at this point of the program.
  std::map<std::uint32_t, Streams> resident;
  std::map<std::tuple<std::uint32_t, int, int, int, std::uint32_t>, std::uint32_t> scanned;
  const auto bank_bytes = static_cast<std::uint32_t>(config.weight_bank_bytes);
  for (std::size_t i = 0; i < program.commands.size(); ++i) {
    if (const auto* load = std::get_if<LoadWeights>(&program.commands[i].body)) {
      std::uint32_t offset = load->dram_offset;
      for (std::uint32_t g = 0; g < load->groups; ++g) {
        const int rows = rows_of_group(*load, g);
        resident[(load->base + g * load->row_bytes) % bank_bytes] = {offset, rows, load->row_bytes};
        offset += static_cast<std::uint32_t>(rows) * load->row_bytes;
      }
    }
    const auto* compute = std::get_if<Compute>(&program.commands[i].body);
    if (compute == nullptr) continue;
    const WeightFormat format(compute->weight_bits, compute->nnzb, config.token_form, config.weight_storage);
    const std::uint32_t stream_bytes = row_bytes(static_cast<std::uint32_t>(compute->steps()), format);
    const int row_groups = compute->row_groups(config.rows);
    const int groups = compute->conv_groups * row_groups;
    const auto streams_of = [&](int group) {
      const auto address = static_cast<std::uint32_t>(
          (compute->weight_base + static_cast<std::uint64_t>(group) * stream_bytes) % bank_bytes);
      const int rows = std::min(config.rows, compute->output_channels - group % row_groups * config.rows);
      const auto streams = resident.find(address);
      if (streams == resident.end() || streams->second.row_bytes != stream_bytes ||
          streams->second.rows < rows) {
        throw std::invalid_argument(fmt::format(
            "command {}: no load brings {} streams of {} bytes to address {} of the weight buffer", i, rows,
            stream_bytes, address));
      }
      return Streams{streams->second.offset, rows, stream_bytes};
    };
    const auto key =
        std::make_tuple(streams_of(0).offset, compute->steps(), int{compute->weight_bits}, int{compute->nnzb},
                        std::uint32_t{compute->conv_groups} << 16 | compute->output_channels);
    const auto [first, is_new] = scanned.try_emplace(key, static_cast<std::uint32_t>(groups_.size()));
    first_group_[i] = first->second;
    if (!is_new) continue;
    for (int g = 0; g < groups; ++g)
      groups_.push_back(scan(program.constants, streams_of(g), *compute, config));
  }
}

}  // namespace bitbalance
