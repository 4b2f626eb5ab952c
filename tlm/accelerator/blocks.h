// The blocks of data that units of the transaction-level accelerator hand to one another, in the order that
// data flows. Pointers stay valid for the call that delivers the block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hw/isa/channel_timing.h"
#include "hw/isa/command.h"
#include "hw/timeline/weight_statistics.h"
#include "tlm/accelerator/packing.h"
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
  int index = 0;  ///< of the row groups of the command, conv group by conv group
  int rows = 0;
  std::uint32_t address = 0;  ///< ring address, the same in every bank
  std::uint32_t row_bytes = 0;
  const WeightBanks* banks = nullptr;  ///< filled in by the buffer
  RowGroupSteps* counts = nullptr;     ///< filled in by the encoder
};

/// Weight encoder -> PE array: a row group's weights, as the sums of their tokens. Stay valid until the
/// encoder takes the next command.
struct WeightTile {
  int index = 0;  ///< of the row groups of a command, conv group by conv group
  int rows = 0;
  const PackedWeights* weights = nullptr;
  const std::uint32_t* row_sums = nullptr;  ///< [row]: of a row's weights, modulo 2^32
};

/// Tile sequencer -> activation buffer: a command's pixels, once its weights are on their way.
struct PixelBlock {
  const Command* command = nullptr;
};

/// Activation buffer -> PE array: what the lanes read in all steps. Stays valid until the buffer takes the
/// next PixelBlock.
struct ActivationBlock {
  const Command* command = nullptr;
  const ActivationLayout* layout = nullptr;
  const std::uint32_t* low = nullptr;
  const std::uint32_t* high = nullptr;  ///< of 16-bit activations, as in pack_wide(); otherwise null
};

/// Some lines of the output pixels of a conv group: line i is row i % rows of image i / rows. All lines of
/// the pooling windows that it touches.
struct PixelStrip {
  const Compute* compute = nullptr;
  int conv_group = 0;
  int begin = 0, end = 0;
  std::size_t image_pitch = 0, line_pitch = 0;  ///< lanes between images and lines; some hold no pixel

  /// Place of the first pixel, relative to that of line 0.
  std::size_t first_place() const { return place(begin); }
  /// Lane of the first pixel of a line.
  std::size_t first_lane(int line) const { return place(line) - place(begin); }
  std::size_t lanes() const { return first_lane(end - 1) + compute->columns; }

 private:
  std::size_t place(int line) const {
    const int rows = compute->rows;
    return static_cast<std::size_t>(line / rows) * image_pitch +
           static_cast<std::size_t>(line % rows) * line_pitch;
  }
};

/// PE array -> post-processor: the accumulators of some output channels. Comes from any thread, several at
/// the same time.
struct SumTile {
  const PixelStrip* pixels = nullptr;
  int first_channel = 0;  ///< output channel of row 0, within the conv group
  int rows = 0;
  std::size_t pitch = 0;
  const std::uint32_t* narrow = nullptr;  ///< [row][pitch]: of 8-bit lanes, modulo 2^32; otherwise null
  const std::int64_t* wide = nullptr;     ///< [row][pitch]: of 16-bit lanes; otherwise null
};

/// Post-processor -> output buffer: results, or a request for the operands that stand in their places. Comes
/// from any thread.
struct ResultTile {
  const PixelStrip* pixels = nullptr;
  bool is_request = false;
  int first_channel = 0;
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
