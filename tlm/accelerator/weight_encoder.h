// Turns the streams of a row group into weights: each the sum of the tokens that an encoder row would send,
// and counts the slots that they take. Stands between weight buffer and PE array.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <systemc>
#include <vector>

#include "hw/core/config.h"
#include "hw/core/tokens.h"
#include "tlm/accelerator/block_sockets.h"
#include "tlm/accelerator/blocks.h"

namespace bitbalance::tlm_level {

class WeightEncoder : public sc_core::sc_module {
 public:
  BlockInput<StreamBlock> streams;
  BlockOutput<WeightTile> tiles{"tiles"};

  WeightEncoder(const sc_core::sc_module_name& name, const AcceleratorConfig& config);

 private:
  /// What decoding depends on, but for the bytes: address, rows, steps, weight_bits, nnzb.
  using Key = std::array<std::uint32_t, 5>;
  /// A decoded row group. Commands that go over the rows of an image use the same ones again.
  struct Entry {
    std::uint64_t load = 0;  ///< the last that wrote these bytes
    std::vector<std::uint32_t> weights, excess;
    RowGroupSteps counts;
  };

  void encode(StreamBlock& block);
  Entry& entry_of(const StreamBlock& block);
  void decode(const StreamBlock& block, Entry& entry);
  /// One row; returns its tokens. `slots`: of the busiest row so far, by step.
  std::int64_t decode_row(const StreamBlock& block, int row, const WeightFormat& format,
                          std::vector<std::uint8_t>& slots);
  void pack(int row, int steps, Entry& entry) const;

  const AcceleratorConfig config_;
  std::map<Key, Entry> entries_;
  std::size_t held_words_ = 0;        ///< of all entries
  const Command* command_ = nullptr;  ///< the last one, whose entries must stay
  std::vector<std::uint64_t> words_;  ///< of the row being decoded, and one more
  std::vector<std::int32_t> values_;  ///< of that row, by step
};

}  // namespace bitbalance::tlm_level
