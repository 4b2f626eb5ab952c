// The blocks of data that units of the transaction-level accelerator hand to one another, in the order that
// data flows. Pointers stay valid for the call that delivers the block.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "hw/core/command.h"
#include "hw/core/config.h"
#include "hw/core/timeline/channel_timing.h"
#include "hw/core/timeline/weight_statistics.h"
#include "tlm/accelerator/weight_banks.h"

namespace bitbalance::tlm_level {

/// Controller -> unit: perform this command, which the engine pops at an edge.
struct CommandBlock {
  const Command* command = nullptr;
  Edge popped = 0;
  std::vector<RowGroupSteps>* steps = nullptr;  ///< compute: filled in with the command's row groups
};

/// DRAM interface -> buffer: all bytes that a load command fetched, in the order of its runs.
struct LoadBlock {
  const Command* command = nullptr;
  const std::uint8_t* bytes = nullptr;
};

/// Output buffer -> DRAM interface: all bytes that a store command writes, in the order of its runs.
struct StoreBlock {
  const Command* command = nullptr;
  Edge popped = 0;
  std::vector<std::uint8_t> bytes;
};

/// Tile sequencer -> weight buffer -> weight encoder: the streams of one row group.
struct StreamBlock {
  const Command* command = nullptr;
  int row_group = 0;  ///< within the conv group
  int rows = 0;
  std::uint32_t address = 0;  ///< ring address, the same in every bank
  std::uint32_t row_bytes = 0;
  const WeightBanks* banks = nullptr;  ///< filled in by the buffer
  RowGroupSteps* counts = nullptr;     ///< filled in by the encoder
};

/// Weight encoder -> PE array: a row group's weights, as the sums of their tokens; two steps a word, the even
/// one's in the low half. Stay valid until the encoder takes the next command.
struct WeightTile {
  const Command* command = nullptr;
  int row_group = 0;
  int rows = 0;
  int pairs = 0;
  const std::uint32_t* weights = nullptr;  ///< [row][pairs]
  /// What is beyond 16 bits of each weight, null where nothing is: only codes that no mapper writes.
  const std::uint32_t* excess = nullptr;
};

/// Tile sequencer -> activation buffer: which pixels the lanes take, and where their results go.
struct LaneTile {
  const Command* command = nullptr;
  int conv_group = 0;
  int lanes = 0;
  std::array<std::uint32_t, AcceleratorConfig::kMaxLanes> base{};  ///< element of offset 0, first channel
  /// Element of the conv group's first output channel, or kDropped.
  std::array<std::uint32_t, AcceleratorConfig::kMaxLanes> address{};
  std::array<bool, AcceleratorConfig::kMaxLanes> first_of_pool{};  ///< writes instead of taking the maximum
  static constexpr std::uint32_t kDropped = 0xffffffff;  ///< pixel that fused pooling's floor leaves out
};

/// Activation buffer -> PE array: what the lanes read in all steps, two steps side by side.
struct ActivationTile {
  const LaneTile* pixels = nullptr;
  std::size_t lane_pitch = 0;  ///< lanes rounded up to whole vectors
  /// [steps / 2][lane_pitch]: low half the even step's activation, high half the odd one's. 16-bit
  /// activations in two parts, value = 256 * high + low with low in 0..255; otherwise `high` is null.
  const std::uint32_t* low = nullptr;
  const std::uint32_t* high = nullptr;
};

/// PE array -> post-processor: the accumulators of one row group and pixel tile.
struct SumTile {
  const LaneTile* pixels = nullptr;
  int first_channel = 0;  ///< output channel of row 0, within the conv group
  int rows = 0;
  std::size_t pitch = 0;
  const std::int64_t* sum = nullptr;  ///< [row][pitch]
};

/// Post-processor -> output buffer: results, or a request for the operands that stand in their places.
struct ResultTile {
  const LaneTile* pixels = nullptr;
  bool is_request = false;
  std::uint32_t row_offset = 0;  ///< elements from the conv group's first channel to row 0
  std::uint32_t row_pitch = 0;   ///< elements between rows
  int rows = 0;
  std::size_t pitch = 0;
  std::int32_t* value = nullptr;  ///< [row][pitch]
};

/// Vector part of the post-processor <-> output buffer: `count` consecutive elements.
struct ElementBlock {
  bool is_request = false;
  bool wide = false, is_signed = false;
  std::uint32_t address = 0;
  std::uint32_t count = 0;
  std::int32_t* value = nullptr;
};

}  // namespace bitbalance::tlm_level
