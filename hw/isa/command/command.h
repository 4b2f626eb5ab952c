// The 64-byte commands of the accelerator: what the mapper writes to DRAM and the controller fetches.
// command_fields.h has their bytes. A record's last four bytes are a CRC-32 of the others, seeded with
// its index, so that a damaged, missing or reordered command is refused before it acts.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <variant>

#include "base/bits.h"
#include "hw/isa/names.h"
#include "hw/isa/width.h"

namespace bitbalance::isa {

inline constexpr int kCommandBytes = 64;
using CommandBytes = std::array<std::uint8_t, kCommandBytes>;

/// Bytes that whatever a program places in DRAM is aligned to. Loads of constants from elsewhere are refused:
/// no word of weights and no entry may straddle two bursts.
inline constexpr std::uint32_t kDramAlignment = 64;

/// The units that execute commands, each in the order of its queue.
enum class Engine : std::uint8_t { kLoad, kCompute, kVector, kStore };
inline constexpr int kEngines = 4;
const char* to_string(Engine engine);

/// Set of engines, as a bit mask: dependence flags as in TVM's VTA.
using EngineMask = std::uint8_t;
constexpr EngineMask engine_bit(Engine e) {
  return static_cast<EngineMask>(1u << static_cast<unsigned>(e));
}
/// The first engine of the set whose flag is not there, if there is one. `has_flag(engine)`: whether it is.
template <class HasFlag>
std::optional<Engine> first_missing(EngineMask wait, HasFlag&& has_flag) {
  for (int e = 0; e < kEngines; ++e) {
    const auto engine = static_cast<Engine>(e);
    if ((wait & engine_bit(engine)) != 0 && !has_flag(engine)) return engine;
  }
  return std::nullopt;
}

enum class Opcode : std::uint8_t {
  kEnd = 1,               ///< controller: wait until all engines are idle, then done
  kBarrier = 2,           ///< controller: wait until all engines are idle, then go on
  kLoadWeights = 16,      ///< load: DRAM -> weight buffer
  kLoadParameters = 17,   ///< load: DRAM -> parameter buffer
  kLoadActivations = 18,  ///< load: DRAM -> activation buffer, padded and split by stride phase
  kLoadOutputs =
      19,           ///< load: DRAM -> output buffer, padded: residual operands and inputs of vector commands
  kLoadTable = 20,  ///< load: DRAM -> table of a function, in every lane
  kCompute = 32,    ///< compute: convolution tiles, drained into the output buffer
  kPool = 48,       ///< vector: max or average pooling inside the output buffer
  kAdd = 49,        ///< vector: elementwise sum inside the output buffer
  kLookup = 50,     ///< vector: the function of each element, inside the output buffer
  kStore = 64,      ///< store: output buffer -> DRAM
};

/// The two base registers that a command's 32-bit DRAM offset counts from.
enum class Region : std::uint8_t {
  kConstants,  ///< header, commands, weights, parameters: read only
  kData,       ///< activations: the only place a store may touch
};

/// What every record starts with.
struct CommandHeader {
  EngineMask wait = 0;      ///< consume one flag from each of these engines before starting
  EngineMask signal = 0;    ///< give one flag to each of these engines when done
  std::uint16_t layer = 0;  ///< index into Program::layers, for the accounts
  bool layer_end = false;   ///< the store that completes its layer
};

/// Contiguous copy into every used bank of the weight buffer. The DRAM blob holds, for each group in order,
/// `rows` rows of `row_bytes`; row r of group g goes to bank r, ring address (base + g * row_bytes) mod bank
/// size.
struct LoadWeights {
  std::uint32_t dram_offset = 0;  ///< in Region::kConstants, aligned to kDramAlignment
  std::uint32_t base = 0;         ///< ring address in bytes, a multiple of 8
  std::uint32_t row_bytes = 0;    ///< a multiple of 8
  std::uint16_t groups = 0;       ///< row groups: conv groups x ceil(output channels of a group / rows)
  std::uint16_t rows = 0;         ///< rows of every group but the last of each conv group, 1..256
  std::uint16_t last_rows = 0;    ///< rows of the last row group of a conv group, 1..256
  std::uint16_t groups_per_conv_group = 1;
};

/// `entries` 16-byte entries (bias int64, multiplier uint16, shift uint8, 5 unused) to entry `base` on. No
/// wrap.
struct LoadParameters {
  std::uint32_t dram_offset = 0;  ///< in Region::kConstants, aligned to kDramAlignment
  std::uint16_t base = 0;
  std::uint16_t entries = 0;
};

/// Of images, channels, rows and columns of a slice, and of parameter entries: fields of 16 bits.
inline constexpr int kMostExtent = UINT16_MAX;

/// A slice of a planar tensor in DRAM. Where it takes full-width rows, those of a channel are one run of
/// bytes.
struct TensorSlice {
  std::uint32_t dram_offset = 0;    ///< bytes in Region::kData to the first element of the slice
  std::uint32_t image_pitch = 0;    ///< bytes in DRAM
  std::uint32_t channel_pitch = 0;  ///< bytes in DRAM
  std::uint16_t images = 1;
  std::uint16_t channels = 1;
  std::uint16_t rows = 1;     ///< rows that exist in DRAM
  std::uint16_t columns = 1;  ///< elements of a row
  Width width = Width::k8;    ///< of its elements
  /// Bytes in DRAM between the end of a row and the next one: what the slice leaves out of the tensor's
  /// width.
  std::uint32_t row_gap = 0;
};

/// Slice -> activation or output buffer. In the buffer: element (n, c, py, px, y, x) stands at base + n *
/// image_stride +
/// (((c * stride_h + py) * stride_w + px) * plane_rows + y) * plane_columns + x, where padded coordinate
/// iy = y * stride_h + py, and plane_rows = ceil(padded rows / stride_h). kLoadOutputs has strides of 1.
struct LoadTensor {
  TensorSlice slice;
  std::uint32_t base = 0;          ///< elements
  std::uint32_t image_stride = 0;  ///< elements
  std::uint8_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  std::uint8_t stride_h = 1, stride_w = 1;
  std::int16_t pad_value = 0;

  int padded_rows() const { return slice.rows + pad_top + pad_bottom; }
  int padded_columns() const { return slice.columns + pad_left + pad_right; }
  int plane_rows() const { return ceil_div(padded_rows(), stride_h); }
  int plane_columns() const { return ceil_div(padded_columns(), stride_w); }
  /// Elements of one channel in the buffer, all phases.
  int channel_stride() const { return stride_h * stride_w * plane_rows() * plane_columns(); }
};

/// A function's table (lookup_table.h) to place `table` of every lane.
struct LoadTable {
  std::uint32_t dram_offset = 0;  ///< in Region::kConstants, aligned to kDramAlignment
  std::uint8_t table = 0;
  Width width = Width::k8;  ///< k16: 257 points; k8: 256 bytes
};

/// The array walks: for conv group, for row group, for pixel tile; a tile takes channels * kernel_h *
/// kernel_w steps.
struct Compute {
  std::uint32_t activation_base = 0;  ///< elements
  std::uint32_t activation_image_stride = 0;
  std::uint32_t weight_base = 0;  ///< ring address in bytes
  std::uint32_t output_base = 0;  ///< elements
  std::uint32_t output_image_stride = 0;
  std::uint16_t parameter_base = 0;  ///< entry of the first output channel
  std::uint16_t channels = 1;        ///< input channels of this chunk, of one conv group
  std::uint16_t conv_groups = 1;
  std::uint16_t output_channels = 1;  ///< of one conv group
  std::uint16_t plane_rows = 1;       ///< of a stride phase in the activation buffer
  std::uint16_t plane_columns = 1;
  std::uint16_t images = 1;
  std::uint16_t rows = 1;     ///< output rows of the block, before pooling
  std::uint16_t columns = 1;  ///< output width, before pooling
  std::uint8_t kernel_h = 1, kernel_w = 1;
  std::uint8_t stride_h = 1, stride_w = 1;      ///< 1..15
  std::uint8_t dilation_h = 1, dilation_w = 1;  ///< 1..15
  std::uint8_t pool_h = 1, pool_w = 1;          ///< 1..15; > 1: fused non-overlapping max pooling
  std::uint8_t weight_bits = 8;                 ///< 2..16
  std::uint8_t nnzb = 7;                        ///< 1..15
  std::int16_t clip_low = -128, clip_high = 127;
  std::uint16_t operand_multiplier = 0;
  std::uint8_t operand_shift = 0;
  Width width = Width::k8;     ///< of activations and lanes
  bool input_signed = false;   ///< 8-bit activations: sign- or zero-extended to the 9-bit lane
  bool output_signed = false;  ///< 8-bit results: how pooling compares them
  bool first_chunk = true;     ///< clear the accumulators at the first slot
  bool last_chunk = true;      ///< drain at the last slot
  bool operand = false;        ///< add the element that stands at the result's place in the output buffer;
                               ///< not with fused pooling
  bool operand_signed = false;
  bool lookup = false;     ///< results, clipped, are what the table has for them
  std::uint8_t table = 0;  ///< which one

  std::int64_t steps() const { return std::int64_t{channels} * kernel_h * kernel_w; }
  /// Of a conv group.
  int row_groups(int array_rows) const { return ceil_div(int{output_channels}, array_rows); }
  std::int64_t row_groups_in_all(int array_rows) const {
    return std::int64_t{conv_groups} * row_groups(array_rows);
  }
  /// Rows that a row group of a conv group uses: the last one may have fewer than the array.
  int rows_of_group(int row_group, int array_rows) const {
    return std::min(array_rows, output_channels - row_group * array_rows);
  }
  /// Elements of one input channel in the activation buffer, all phases.
  std::int64_t channel_stride() const {
    return std::int64_t{stride_h} * stride_w * plane_rows * plane_columns;
  }
  /// Results: outputs, or pooling windows of them that are whole.
  int result_rows() const { return rows / pool_h; }
  int result_columns() const { return columns / pool_w; }
  /// Of one output channel of one image.
  std::int64_t result_plane() const { return std::int64_t{result_rows()} * result_columns(); }
};

/// Pooling of padded planes in the output buffer, [image][channel][y][x].
struct Pool {
  std::uint32_t input_base = 0, input_image_stride = 0;
  std::uint32_t output_base = 0, output_image_stride = 0;
  std::uint16_t images = 1, channels = 1;
  std::uint16_t input_rows = 1, input_columns = 1;  ///< padded
  std::uint16_t output_rows = 1, output_columns = 1;
  std::uint8_t kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1;
  bool average = false;
  bool single_divisor = false;  ///< average: entry [0] for every window (no padding, or padding counts)
  std::uint16_t valid_row_begin = 0,
                valid_row_end = 0;  ///< average: rows and columns of the padded input that are
  std::uint16_t valid_column_begin = 0, valid_column_end = 0;  ///< not padding: begin <= i < end
  std::uint16_t parameter_base = 0;  ///< average: entry [n - 1] rescales a sum of n valid elements
  std::int16_t clip_low = -128, clip_high = 127;
  Width width = Width::k8;  ///< of input and output
  bool is_signed = false;   ///< the input

  /// Parameter entries that it reads.
  int divisors() const { return !average ? 0 : single_divisor ? 1 : kernel_h * kernel_w; }
};

/// output[i] = clamp(rescale(input[i]) + rescale(operand[i])), i < elements; output_base may equal an
/// input's.
struct Add {
  std::uint32_t input_base = 0, operand_base = 0, output_base = 0;
  std::uint32_t elements = 0;
  std::uint16_t input_multiplier = 0, operand_multiplier = 0;
  std::uint8_t input_shift = 0, operand_shift = 0;
  std::int16_t clip_low = -128, clip_high = 127;
  Width width = Width::k8;
  bool input_signed = false, operand_signed = false;
};

/// output[i] = what the table has for input[i], i < elements; output_base may equal input_base.
struct Lookup {
  std::uint32_t input_base = 0, output_base = 0;
  std::uint32_t elements = 0;
  std::uint8_t table = 0;
  Width width = Width::k8;
};

/// Output buffer -> slice; planes of the buffer are rows x columns without padding.
struct Store {
  TensorSlice slice;
  std::uint32_t base = 0;          ///< elements
  std::uint32_t image_stride = 0;  ///< elements
};

struct End {};
struct Barrier {};
struct LoadActivations : LoadTensor {};
struct LoadOutputs : LoadTensor {};

struct Command {
  CommandHeader header;
  std::variant<End, Barrier, LoadWeights, LoadParameters, LoadActivations, LoadOutputs, LoadTable, Compute,
               Pool, Add, Lookup, Store>
      body;
};

Opcode opcode_of(const Command& command);
/// As docs/commands.md has it: "LoadWeights".
const char* name_of(const Command& command);
/// The engine whose queue takes the command. The controller itself executes kEnd and kBarrier: they have
/// none.
bool has_engine(const Command& command);
Engine engine_of(const Command& command);

/// `index`: position in the program, part of the CRC.
CommandBytes encode(const Command& command, std::uint32_t index);

enum class ProgramFault : std::uint8_t {
  kNone = 0,
  kBadMagic = 1,
  kBadVersion = 2,
  kWrongConfiguration = 3,
  kHeaderCrc = 4,
  kCommandCrc = 5,
  kBadOpcode = 6,
  kBadField = 7,           ///< a field outside its range or a buffer's capacity
  kStoreOutsideData = 8,   ///< a store that leaves the data window
  kLoadOutsideRegion = 9,  ///< a load that leaves its region
  kMemoryError = 10,       ///< the memory answered with an error status
  kTimeout = 11,           ///< the watchdog saw no progress
  kMisalignedRegion = 12,  ///< a base register that is not a multiple of kRegionAlignment
};
const char* to_string(ProgramFault fault);

struct DecodedCommand {
  Command command;
  ProgramFault fault = ProgramFault::kNone;
};
DecodedCommand decode(const CommandBytes& bytes, std::uint32_t index);

/// First record of a program.
struct ProgramHeader {
  static constexpr std::uint32_t kMagic = 0x4c414242;  // "BBAL", little-endian
  static constexpr std::uint32_t kVersion = 1;
  std::uint32_t config_hash = 0;
  std::uint32_t commands = 0;         ///< records after the header, kEnd included
  std::uint32_t constants_bytes = 0;  ///< size of the constants region, header included
  std::uint32_t data_bytes = 0;       ///< size of the data region
};
CommandBytes encode(const ProgramHeader& header);

struct DecodedHeader {
  ProgramHeader header;
  ProgramFault fault = ProgramFault::kNone;
};
/// Checks magic, version, CRC and that the header's configuration hash equals `expected_hash`, in that order.
DecodedHeader decode_header(const CommandBytes& bytes, std::uint32_t expected_hash);

}  // namespace bitbalance::isa
