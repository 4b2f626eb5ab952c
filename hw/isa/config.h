// Every parameter of the accelerator, with its unit and range: the plain struct that the mapper, the modules
// and the cost model are built from. Defaults are the documented design (docs/architecture.md), not the
// authors' unpublished one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "hw/isa/weight/synchronization.h"
#include "hw/isa/width.h"
#include "quant/ir/token_form.h"

namespace bitbalance::isa {

/// How output pixels are dealt to columns.
enum class ColumnMapping {
  kFlattened,  ///< pixels of all rows and images of a block follow each other
  kRow,        ///< a tile never crosses an image row
};

/// How weights lie in DRAM and in the weight buffer.
enum class WeightStorage {
  kDense,   ///< sign and magnitude in weight_bits bits
  kTokens,  ///< sign(s), positions and count in a fixed number of bits (tokens.h)
};

/// What the lanes of a PE take.
enum class PeLanes {
  kAdaptive,  ///< two activations of 8 bits or one of 16
  kNarrow,    ///< two of 8 bits only
};

struct PeConfig {
  static constexpr int kLargestPosition = 15;

  PeLanes lanes = PeLanes::kAdaptive;
  int shift = kLargestPosition;  ///< largest position of a token, 1..15

  bool serves(Width width) const { return lanes == PeLanes::kAdaptive || width == Width::k8; }
  /// The most weight bits whose tokens are all within the shift; at most 16.
  int most_weight_bits(TokenForm form) const { return shift + (form == TokenForm::kBinary ? 2 : 1); }
};

/// What ports the memories on chip are made with. Timing is that of kPerUnit with any: docs/pipeline.md
/// counts the cycles that it leaves out.
enum class SramPorts {
  kShared,   ///< one per macro, whoever reads or writes
  kMixed,    ///< one where units rarely meet, one that reads and one that writes elsewhere
  kTwoPort,  ///< one that reads and one that writes
  kPerUnit,  ///< one for each unit that can read, and for each that can write, in the same cycle
};

/// Clock cycles that long paths are cut into; each cut is a register. docs/units has a table of stages per
/// unit. By default no stage is longer than 40 FO4, 1 GHz at 65 nm: docs/pipeline.md.
struct PipelineConfig {
  static constexpr int kMostPeStages = 2;
  static constexpr int kMostStages = 4;  ///< of the others

  int pe = 1;               ///< 2: a register between shifter and adder of a PE
  int activation_read = 3;  ///< base + offset, to the banks, bank, to the lanes
  /// Of post-processor and vector unit: bias, multiplier, rounding.
  int multiply = 3;
  /// Of both: shift, operand or pooled value, limits, write.
  int clamp = 4;

  /// Cycles by which the cuts of multiply and clamp delay a result.
  int result_delay() const { return multiply + clamp - 2; }
};

/// Parameters of the DRAM interface and of its use of the `mem` socket.
struct DramInterfaceConfig {
  static constexpr int kMostBurstBytes = 256;

  int burst_bytes = 64;  ///< size and alignment of a load's reads; a power of two, 16..256
  /// Per channel (command, read, write), 1..64. 8 could not hide 50 cycles at 12.8 B/cycle.
  int max_outstanding = 16;
  bool use_nb_transport = true;  ///< false: b_transport only, one transaction at a time per channel
};

/// The accelerator. Sizes are bytes unless the name says otherwise. check() tells the valid ranges.
struct AcceleratorConfig {
  int rows = 32;     ///< PE rows = output channels of a tile, 1..256
  int columns = 32;  ///< PE columns, 1..256; output pixels of a tile (twice as many with 8-bit lanes)
  PeConfig pe;
  PipelineConfig pipeline;
  int accumulator_bits_8 = 32;   ///< accumulator of an 8-bit lane, 16..32
  int accumulator_bits_16 = 48;  ///< accumulator of a 16-bit lane, 24..48
  bool allow_wrap = false;       ///< accept layers whose sums could overflow an accumulator; they wrap

  Synchronization synchronization = Synchronization::kBalanced;
  ColumnMapping column_mapping = ColumnMapping::kFlattened;
  TokenForm token_form = TokenForm::kBinary;
  WeightStorage weight_storage = WeightStorage::kDense;

  int weight_bank_bytes = 16 * 1024;         ///< one bank per row, a ring; a multiple of 8
  int activation_buffer_bytes = 256 * 1024;  ///< all 2 x columns byte-wide banks together
  int output_buffer_bytes = 64 * 1024;
  int parameter_buffer_bytes = 8 * 1024;  ///< 16 bytes an entry (bias, multiplier, shift)

  /// Functions whose tables are on chip at a time, 0..2; each lane has copies of them. 2: the next layer's is
  /// loaded while one is asked. 0, as the paper's accelerator: the host computes functions.
  int lookup_tables = 2;

  SramPorts sram_ports = SramPorts::kMixed;
  int queue_depth = 8;    ///< commands waiting in front of each engine, 1..64
  double clock_hz = 1e9;  ///< kLeastClockHz..kMostClockHz

  DramInterfaceConfig dram;

  /// Whether PEs and encoders take a layer's activations and the tokens of its weights.
  bool serves(Width width, int weight_bits) const {
    return pe.serves(width) && weight_bits <= pe.most_weight_bits(token_form);
  }
  /// Activations the array consumes a step: 2 x columns at 8 bit, columns at 16 bit.
  int lanes(Width width) const { return width == Width::k16 ? columns : 2 * columns; }
  /// Banks of the activation buffer as words of one activation: as many as lanes.
  int activation_banks(Width width) const { return lanes(width); }
  /// Elements the activation and output buffers hold.
  std::int64_t activation_elements(Width width) const {
    return activation_buffer_bytes / element_bytes(width);
  }
  std::int64_t output_elements(Width width) const { return output_buffer_bytes / element_bytes(width); }
  int parameter_entries() const { return parameter_buffer_bytes / kParameterBytes; }
  /// The load engine's staging buffer: every outstanding burst, and a line of the array.
  std::uint32_t staging_bytes() const {
    return static_cast<std::uint32_t>(dram.max_outstanding * dram.burst_bytes + 2 * columns);
  }
  int accumulator_bits(Width width) const {
    return width == Width::k16 ? accumulator_bits_16 : accumulator_bits_8;
  }

  /// Command records requested or fetched and not yet dispatched, at most.
  static constexpr std::uint32_t kPrefetch = 8;
  /// Commands of an engine issued and not completed, at most. Compute: one between first and last slot,
  /// others whose results are still on their way.
  static constexpr std::size_t kMaxInFlight = 16;
  static constexpr int kParameterBytes = 16;
  static constexpr int kMaxTables = 2;
  static constexpr int kMaxQueueDepth = 64;
  static constexpr double kLeastClockHz = 1e3, kMostClockHz = 1e11;
  static constexpr int kMaxRows = 256;
  static constexpr int kMaxColumns = 256;
  static constexpr int kMaxLanes = 2 * kMaxColumns;
};

/// Throws ConfigError.
void check(const AcceleratorConfig& config);

/// Fingerprint of everything a program depends on; a program made for another fingerprint is refused.
std::uint32_t config_hash(const AcceleratorConfig& config);

const char* to_string(PeLanes value);
const char* to_string(ColumnMapping value);
const char* to_string(SramPorts value);
const char* to_string(WeightStorage value);

}  // namespace bitbalance::isa
