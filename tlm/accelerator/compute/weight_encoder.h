// Turns the streams of a row group into weights: each the sum of the tokens that an encoder row would send,
// and counts the slots that they take. Stands between weight buffer and PE array.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <systemc>
#include <unordered_map>
#include <vector>

#include "hw/isa/config.h"
#include "hw/isa/weight/tokens.h"
#include "tlm/accelerator/block_port.h"
#include "tlm/accelerator/blocks.h"
#include "tlm/accelerator/datapath/worker_pool.h"

namespace bitbalance::tlm_level {

class WeightEncoder : public sc_core::sc_module, public Takes<StreamBlock> {
 public:
  BlockPort<WeightBlock> groups{"groups"};

  WeightEncoder(const sc_core::sc_module_name& name, const AcceleratorConfig& config, WorkerPool& workers);

 private:
  /// What decoding depends on, but for the bytes: rows, channels, taps of the kernel, weight_bits, nnzb, word
  /// format.
  using Shape = std::array<std::uint32_t, 6>;
  /// A decoded row group. The next frame uses the same ones again.
  struct Entry {
    Shape shape{};
    std::vector<std::uint8_t> stored;  ///< [row][row_bytes]: what has been decoded
    std::shared_ptr<const RowGroupWeights> weights;
    RowGroupSteps counts;
  };
  /// An entry, and the last load that wrote its bytes into the ring.
  struct Recent {
    std::uint64_t load = 0;
    Entry* entry = nullptr;
  };

  void take(StreamBlock& block) override;
  Entry& entry_of(const StreamBlock& block);
  Entry& entry_of_bytes(const StreamBlock& block, const Shape& shape);
  void decode(const StreamBlock& block, Entry& entry);

  const AcceleratorConfig config_;
  WorkerPool& workers_;
  /// By some of their bytes; entries with different bytes may share a key.
  std::unordered_multimap<std::uint64_t, Entry> entries_;
  std::map<std::pair<std::uint32_t, Shape>, Recent> recent_;  ///< by ring address
  std::size_t held_bytes_ = 0;                                ///< of all entries
  std::vector<std::int32_t> values_;  ///< of a row group that is decoded, [row][step]; kept for their memory
  std::vector<std::uint8_t> tokens_;  ///< the same
};

}  // namespace bitbalance::tlm_level
