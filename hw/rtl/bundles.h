// The bundles of wires between units, in the order that data flows.
#pragma once

#include <array>
#include <cstdint>

#include "hw/isa/command/command.h"
#include "hw/isa/config.h"
#include "hw/isa/program/region_map.h"
#include "hw/rtl/buffer/command_stamp.h"
#include "hw/rtl/names.h"
#include "hw/rtl/wires.h"

namespace bitbalance::rtl {

/// Values of rows, columns or lanes.
template <class T>
using RowWires = Wires<T, AcceleratorConfig::kMaxRows>;
template <class T>
using ColumnWires = Wires<T, AcceleratorConfig::kMaxColumns>;
template <class T>
using LaneWires = Wires<T, AcceleratorConfig::kMaxLanes>;

/// Wires that a number of rows, columns or lanes takes, and the number of one of them.
inline constexpr int kRowCountBits = index_bits(AcceleratorConfig::kMaxRows + 1),
                     kColumnCountBits = index_bits(AcceleratorConfig::kMaxColumns + 1),
                     kLaneCountBits = index_bits(AcceleratorConfig::kMaxLanes + 1),
                     kRowBits = index_bits(AcceleratorConfig::kMaxRows),
                     kLaneBits = index_bits(AcceleratorConfig::kMaxLanes);

/// Controller -> engine. `body` of the variant is what the engine's opcodes allow.
struct IssuedCommand : Command {
  RegionMap regions;  ///< of the running program
  CommandStamp stamp{};
};

/// Unit -> memory port: one burst. Reads: `bytes` is the aligned burst; writes carry `data`.
struct MemoryRequest {
  std::uint64_t address = 0;
  std::uint16_t bytes = 0;
  std::array<std::uint8_t, DramInterfaceConfig::kMostBurstBytes> data{};
};

/// Memory port -> unit, in the order of the requests of that channel.
struct MemoryResponse {
  bool error = false;
  std::uint16_t bytes = 0;
  std::array<std::uint8_t, DramInterfaceConfig::kMostBurstBytes> data{};  ///< reads only
};

/// Tile sequencer -> weight encoder and activation buffer: one per tile.
struct Tile {
  std::uint16_t layer = 0;
  std::uint32_t index = 0;  ///< tile number within its layer, for waveforms and the observer
  bool last_of_command = false;
  Width width = Width::k8;
  bool input_signed = false;
  bool clear = true;            ///< first chunk: the accumulators start at zero
  bool drain = true;            ///< last chunk: the accumulators go to the shadow registers
  std::uint16_t rows = 0;       ///< used rows
  std::uint16_t lanes = 0;      ///< active lanes = output pixels
  std::uint16_t conflicts = 1;  ///< cycles the reads of one step take, >= 1
  std::uint32_t steps = 0;
  std::uint32_t weight_address = 0;  ///< ring address of row 0's stream, the same in every bank
  std::uint8_t weight_bits = 8;
  std::uint8_t nnzb = 7;
  // Walk of the steps: for channel, for kernel row, for kernel column.
  std::uint32_t channel_offset = 0;  ///< of the conv group, elements
  std::uint16_t channels = 1;
  std::uint8_t kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
  std::uint16_t plane_rows = 1, plane_columns = 1;
  LaneWires<std::uint32_t> base;  ///< address of offset 0, elements
  LaneWires<std::uint16_t> turn;  ///< read cycle within a step, < conflicts
  CommandStamp stamp{};
};

/// Tile sequencer -> post-processor: where a drained tile goes. One a draining tile, in the order in which
/// tiles drain. A command that does not drain (last_chunk = false) sends exactly one, for its last tile: rows
/// = 0, last_of_command = true. Its beat is the zero-lane DrainBeat below, so that completions keep the order
/// of commands.
struct DrainTarget {
  std::uint16_t layer = 0;
  bool last_of_command = false;  ///< the command completes with this tile's last beat
  std::uint16_t rows = 0;
  std::uint16_t lanes = 0;
  std::uint16_t parameter = 0;       ///< entry of row 0
  LaneWires<std::uint32_t> address;  ///< output element of row 0, or kDropped
  LaneWires<bool> first_of_pool;     ///< writes instead of taking the maximum
  std::uint32_t row_pitch = 0;       ///< elements between output channels
  Compute command;  ///< a copy: width, signedness, clipping, operand and pooling of the results
  CommandStamp stamp{};
  static constexpr std::uint32_t kDropped = 0xffffffff;  ///< pixel that fused pooling's floor leaves out
};

/// A token as it travels: bit 7 valid, bit 6 negative, bit 5 last of its weight, bits 4..0 position.
using TokenBits = std::uint8_t;
inline constexpr TokenBits kTokenValid = 0x80, kTokenNegative = 0x40, kTokenLast = 0x20,
                           kTokenPosition = 0x1f;

/// Weight encoder -> PE array: one per slot; a row without a token has a null slot.
struct TokenSlot {
  bool first_of_step = false;  ///< the array takes the next activation vector
  bool first_of_tile = false;
  bool last_of_tile = false;
  bool last_of_command = false;
  bool bubble = false;  ///< no slot: a cycle that only the activation reads need
  Width width = Width::k8;
  bool clear = false, drain = false;
  std::uint16_t rows = 0, lanes = 0;
  std::uint16_t layer = 0;
  std::uint32_t tile = 0;
  RowWires<TokenBits> token;
};

/// Weight encoder -> activation buffer: read the next step of the tile walk.
struct StepFetch {
  bool first_of_tile = false;  ///< take the next Tile
};

/// Activation buffer -> PE array, lanes sign- or zero-extended.
struct ActivationVector {
  LaneWires<std::int16_t> lane;
};

/// PE array -> tile sequencer: the last slot of a command has been performed, the engine can accept the next
/// one.
struct LastSlot {};

/// PE array -> post-processor: at most `columns` accumulators of one row, row after row, lanes ascending. A
/// command that does not drain sends one beat with lanes = 0 and last_of_tile = true, after its last slot and
/// behind all earlier beats.
struct DrainBeat {
  std::uint16_t row = 0;
  std::uint16_t first_lane = 0;
  std::uint16_t lanes = 0;
  bool last_of_tile = false;
  ColumnWires<std::int64_t> value;
};

}  // namespace bitbalance::rtl
