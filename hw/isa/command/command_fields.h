// Each command once: opcode, engine, name, and its fields in the order of their bits, with the values that a
// command which acts may hold. Whoever writes, reads, checks or prints commands walks through these
// descriptions with a callable `field(Field, value)`.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>

#include "hw/isa/command/command.h"
#include "quant/ir/rescale.h"
#include "quant/ir/window_limits.h"

namespace bitbalance::isa {

/// Accepted values, whatever the accelerator; command_check.cpp has the bounds that depend on it.
struct FieldRange {
  std::int64_t low = std::numeric_limits<std::int64_t>::min();
  std::int64_t high = std::numeric_limits<std::int64_t>::max();
  std::int64_t multiple_of = 1;

  constexpr bool holds(std::int64_t value) const {
    return low <= value && value <= high && value % multiple_of == 0;
  }
};
constexpr FieldRange between(std::int64_t low, std::int64_t high) {
  return {low, high, 1};
}
constexpr FieldRange at_least(std::int64_t low) {
  return {low, FieldRange{}.high, 1};
}
constexpr FieldRange multiples_of(std::int64_t unit, std::int64_t low = 0) {
  return {low, FieldRange{}.high, unit};
}

struct Field {
  static constexpr int kNibble = 4;

  /// `own_bits`: its width, if not that of the value's type.
  constexpr explicit Field(const char* its_name, const FieldRange& its_range = {}, int own_bits = 0,
                           int its_bias = 0)
      : name(its_name), range(its_range), bits(own_bits), bias(its_bias) {}

  const char* name;
  FieldRange range;
  int bits;
  int bias;                    ///< the record holds value - bias
  bool holds_engines = false;  ///< an EngineMask
  bool zero_is_full = false;   ///< a 0 in the record stands for 2^bits
};

/// A set of engines.
constexpr Field engines_field(const char* name) {
  Field field(name, {}, kEngines);
  field.holds_engines = true;
  return field;
}

/// A number of things, 1 to 256, in a byte: 256 of them are stored as 0.
constexpr Field count_field(const char* name) {
  Field field(name, between(1, 256), 8);
  field.zero_is_full = true;
  return field;
}

/// Width in the record.
template <class T>
constexpr int bits_of(const Field& field) {
  if (field.bits != 0) return field.bits;
  return std::is_same_v<std::remove_const_t<T>, bool> ? 1 : 8 * static_cast<int>(sizeof(T));
}

/// The places of fields, one behind the other: a field of a byte or more begins at a byte, a shorter one at
/// the next bit.
class FieldPlaces {
 public:
  explicit FieldPlaces(int first_byte) : next_(8 * first_byte) {}
  /// First bit of the next field, which has `bits`.
  int next(int bits) {
    if (bits >= 8) next_ = static_cast<int>(align_up(next_, 8));
    const int place = next_;
    next_ += bits;
    return place;
  }

 private:
  int next_;
};

// A record: opcode, the command's header, its body, CRC. Bytes.
inline constexpr int kHeaderBegin = 1;
inline constexpr int kBodyBegin = 8;
inline constexpr int kCrcBegin = 60;

inline constexpr FieldRange kStrideRange = between(1, kMostStride);
inline constexpr FieldRange kShiftRange = between(0, kLargestRescaleShift);  ///< of a rescaling
inline constexpr int kShiftBits = 6;                                         ///< where a byte is too many
inline constexpr Field kTableField("table", {}, 1);
inline constexpr Field kWideField("wide", {}, 1);

/// Bytes 1 to 7.
template <class Header, class Visitor>
void describe_header(Header& h, Visitor&& field) {
  field(engines_field("wait"), h.wait);
  field(engines_field("signal"), h.signal);
  field(Field{"layer"}, h.layer);
  field(Field{"layer_end"}, h.layer_end);
}

/// The first record of a program; the magic number is in front, the version behind it.
template <class Header, class Visitor>
void describe_program(Header& h, Visitor&& field) {
  field(Field{"config_hash"}, h.config_hash);
  field(Field{"commands"}, h.commands);
  field(Field{"constants_bytes"}, h.constants_bytes);
  field(Field{"data_bytes"}, h.data_bytes);
}

/// All but row_gap, which comes last in its record: earlier programs have a 0 there.
template <class Slice, class Visitor>
void describe_slice(Slice& s, Visitor&& field) {
  field(Field{"dram_offset"}, s.dram_offset);
  field(Field{"image_pitch"}, s.image_pitch);
  field(Field{"channel_pitch"}, s.channel_pitch);
  field(Field{"images", at_least(1)}, s.images);
  field(Field{"channels", at_least(1)}, s.channels);
  field(Field{"rows", at_least(1)}, s.rows);
  field(Field{"columns", at_least(1)}, s.columns);
  field(kWideField, s.width);
}

template <class Load, class Visitor>
void describe_tensor(Load& b, const FieldRange& stride, Visitor&& field) {
  describe_slice(b.slice, field);
  field(Field{"base"}, b.base);
  field(Field{"image_stride"}, b.image_stride);
  field(Field{"pad_top"}, b.pad_top);
  field(Field{"pad_left"}, b.pad_left);
  field(Field{"pad_bottom"}, b.pad_bottom);
  field(Field{"pad_right"}, b.pad_right);
  field(Field{"stride_h", stride}, b.stride_h);
  field(Field{"stride_w", stride}, b.stride_w);
  field(Field{"pad_value"}, b.pad_value);
  field(Field{"row_gap"}, b.slice.row_gap);
}

/// Of the commands whose body is `Body`. fields(): of bytes 8 to 59.
template <class Body>
struct CommandDescription;

template <>
struct CommandDescription<End> {
  static constexpr Opcode kOpcode = Opcode::kEnd;
  static constexpr std::optional<Engine> kEngine = std::nullopt;
  static constexpr const char* kName = "End";
  template <class Body, class Visitor>
  static void fields(Body& /*body*/, Visitor&& /*field*/) {}
};

template <>
struct CommandDescription<Barrier> {
  static constexpr Opcode kOpcode = Opcode::kBarrier;
  static constexpr std::optional<Engine> kEngine = std::nullopt;
  static constexpr const char* kName = "Barrier";
  template <class Body, class Visitor>
  static void fields(Body& /*body*/, Visitor&& /*field*/) {}
};

template <>
struct CommandDescription<LoadWeights> {
  static constexpr Opcode kOpcode = Opcode::kLoadWeights;
  static constexpr std::optional<Engine> kEngine = Engine::kLoad;
  static constexpr const char* kName = "LoadWeights";
  template <class Body, class Visitor>
  static void fields(Body& b, Visitor&& field) {
    field(Field{"dram_offset"}, b.dram_offset);
    field(Field{"base", multiples_of(8)}, b.base);
    field(Field{"row_bytes", multiples_of(8, 8)}, b.row_bytes);
    field(Field{"groups", at_least(1)}, b.groups);
    field(Field{"groups_per_conv_group", at_least(1)}, b.groups_per_conv_group);
    field(count_field("rows"), b.rows);
    field(count_field("last_rows"), b.last_rows);
  }
};

template <>
struct CommandDescription<LoadParameters> {
  static constexpr Opcode kOpcode = Opcode::kLoadParameters;
  static constexpr std::optional<Engine> kEngine = Engine::kLoad;
  static constexpr const char* kName = "LoadParameters";
  template <class Body, class Visitor>
  static void fields(Body& b, Visitor&& field) {
    field(Field{"dram_offset"}, b.dram_offset);
    field(Field{"base"}, b.base);
    field(Field{"entries", at_least(1)}, b.entries);
  }
};

template <>
struct CommandDescription<LoadActivations> {
  static constexpr Opcode kOpcode = Opcode::kLoadActivations;
  static constexpr std::optional<Engine> kEngine = Engine::kLoad;
  static constexpr const char* kName = "LoadActivations";
  template <class Body, class Visitor>
  static void fields(Body& b, Visitor&& field) {
    describe_tensor(b, kStrideRange, field);
  }
};

template <>
struct CommandDescription<LoadOutputs> {
  static constexpr Opcode kOpcode = Opcode::kLoadOutputs;
  static constexpr std::optional<Engine> kEngine = Engine::kLoad;
  static constexpr const char* kName = "LoadOutputs";
  template <class Body, class Visitor>
  static void fields(Body& b, Visitor&& field) {
    describe_tensor(b, between(1, 1), field);
  }
};

template <>
struct CommandDescription<LoadTable> {
  static constexpr Opcode kOpcode = Opcode::kLoadTable;
  static constexpr std::optional<Engine> kEngine = Engine::kLoad;
  static constexpr const char* kName = "LoadTable";
  template <class Body, class Visitor>
  static void fields(Body& b, Visitor&& field) {
    field(Field{"dram_offset"}, b.dram_offset);
    field(kTableField, b.table);
    field(kWideField, b.width);
  }
};

template <>
struct CommandDescription<Compute> {
  static constexpr Opcode kOpcode = Opcode::kCompute;
  static constexpr std::optional<Engine> kEngine = Engine::kCompute;
  static constexpr const char* kName = "Compute";
  template <class Body, class Visitor>
  static void fields(Body& b, Visitor&& field) {
    field(Field{"activation_base"}, b.activation_base);
    field(Field{"activation_image_stride"}, b.activation_image_stride);
    field(Field{"weight_base", multiples_of(8)}, b.weight_base);
    field(Field{"output_base"}, b.output_base);
    field(Field{"output_image_stride"}, b.output_image_stride);
    field(Field{"parameter_base"}, b.parameter_base);
    field(Field{"channels", at_least(1)}, b.channels);
    field(Field{"conv_groups", at_least(1)}, b.conv_groups);
    field(Field{"output_channels", at_least(1)}, b.output_channels);
    field(Field{"plane_rows"}, b.plane_rows);
    field(Field{"plane_columns"}, b.plane_columns);
    field(Field{"images", at_least(1)}, b.images);
    field(Field{"rows", at_least(1)}, b.rows);
    field(Field{"columns", at_least(1)}, b.columns);
    field(Field{"kernel_h", at_least(1)}, b.kernel_h);
    field(Field{"kernel_w", at_least(1)}, b.kernel_w);
    field(Field{"stride_h", kStrideRange, Field::kNibble}, b.stride_h);
    field(Field{"stride_w", kStrideRange, Field::kNibble}, b.stride_w);
    field(Field{"dilation_h", kStrideRange, Field::kNibble}, b.dilation_h);
    field(Field{"dilation_w", kStrideRange, Field::kNibble}, b.dilation_w);
    field(Field{"pool_h", kStrideRange, Field::kNibble}, b.pool_h);
    field(Field{"pool_w", kStrideRange, Field::kNibble}, b.pool_w);
    field(Field{"weight_bits", between(2, 16), Field::kNibble, 1}, b.weight_bits);
    field(Field{"nnzb", at_least(1), Field::kNibble}, b.nnzb);
    field(Field{"clip_low"}, b.clip_low);
    field(Field{"clip_high"}, b.clip_high);
    field(Field{"operand_multiplier"}, b.operand_multiplier);
    field(Field{"operand_shift", kShiftRange, kShiftBits}, b.operand_shift);
    field(kWideField, b.width);
    field(Field{"input_signed"}, b.input_signed);
    field(Field{"output_signed"}, b.output_signed);
    field(Field{"first_chunk"}, b.first_chunk);
    field(Field{"last_chunk"}, b.last_chunk);
    field(Field{"operand"}, b.operand);
    field(Field{"operand_signed"}, b.operand_signed);
    field(Field{"lookup"}, b.lookup);
    field(kTableField, b.table);
  }
};

template <>
struct CommandDescription<Pool> {
  static constexpr Opcode kOpcode = Opcode::kPool;
  static constexpr std::optional<Engine> kEngine = Engine::kVector;
  static constexpr const char* kName = "Pool";
  template <class Body, class Visitor>
  static void fields(Body& b, Visitor&& field) {
    field(Field{"input_base"}, b.input_base);
    field(Field{"input_image_stride"}, b.input_image_stride);
    field(Field{"output_base"}, b.output_base);
    field(Field{"output_image_stride"}, b.output_image_stride);
    field(Field{"images", at_least(1)}, b.images);
    field(Field{"channels", at_least(1)}, b.channels);
    field(Field{"input_rows"}, b.input_rows);
    field(Field{"input_columns"}, b.input_columns);
    field(Field{"output_rows", at_least(1)}, b.output_rows);
    field(Field{"output_columns", at_least(1)}, b.output_columns);
    field(Field{"kernel_h", at_least(1)}, b.kernel_h);
    field(Field{"kernel_w", at_least(1)}, b.kernel_w);
    field(Field{"stride_h", at_least(1)}, b.stride_h);
    field(Field{"stride_w", at_least(1)}, b.stride_w);
    field(Field{"valid_row_begin"}, b.valid_row_begin);
    field(Field{"valid_row_end"}, b.valid_row_end);
    field(Field{"valid_column_begin"}, b.valid_column_begin);
    field(Field{"valid_column_end"}, b.valid_column_end);
    field(Field{"parameter_base"}, b.parameter_base);
    field(Field{"clip_low"}, b.clip_low);
    field(Field{"clip_high"}, b.clip_high);
    field(Field{"average"}, b.average);
    field(Field{"single_divisor"}, b.single_divisor);
    field(kWideField, b.width);
    field(Field{"is_signed"}, b.is_signed);
  }
};

template <>
struct CommandDescription<Add> {
  static constexpr Opcode kOpcode = Opcode::kAdd;
  static constexpr std::optional<Engine> kEngine = Engine::kVector;
  static constexpr const char* kName = "Add";
  template <class Body, class Visitor>
  static void fields(Body& b, Visitor&& field) {
    field(Field{"input_base"}, b.input_base);
    field(Field{"operand_base"}, b.operand_base);
    field(Field{"output_base"}, b.output_base);
    field(Field{"elements", at_least(1)}, b.elements);
    field(Field{"input_multiplier"}, b.input_multiplier);
    field(Field{"operand_multiplier"}, b.operand_multiplier);
    field(Field{"input_shift", kShiftRange}, b.input_shift);
    field(Field{"operand_shift", kShiftRange}, b.operand_shift);
    field(Field{"clip_low"}, b.clip_low);
    field(Field{"clip_high"}, b.clip_high);
    field(kWideField, b.width);
    field(Field{"input_signed"}, b.input_signed);
    field(Field{"operand_signed"}, b.operand_signed);
  }
};

template <>
struct CommandDescription<Lookup> {
  static constexpr Opcode kOpcode = Opcode::kLookup;
  static constexpr std::optional<Engine> kEngine = Engine::kVector;
  static constexpr const char* kName = "Lookup";
  template <class Body, class Visitor>
  static void fields(Body& b, Visitor&& field) {
    field(Field{"input_base"}, b.input_base);
    field(Field{"output_base"}, b.output_base);
    field(Field{"elements", at_least(1)}, b.elements);
    field(kTableField, b.table);
    field(kWideField, b.width);
  }
};

template <>
struct CommandDescription<Store> {
  static constexpr Opcode kOpcode = Opcode::kStore;
  static constexpr std::optional<Engine> kEngine = Engine::kStore;
  static constexpr const char* kName = "Store";
  template <class Body, class Visitor>
  static void fields(Body& b, Visitor&& field) {
    describe_slice(b.slice, field);
    field(Field{"base"}, b.base);
    field(Field{"image_stride"}, b.image_stride);
    field(Field{"row_gap"}, b.slice.row_gap);
  }
};

/// Calls `visit` with a default body of each kind of command, in the order of Command's variant.
template <class Visitor, class... Bodies>
void visit_each(const std::variant<Bodies...>& /*body*/, const Visitor& visit) {
  (visit(Bodies{}), ...);
}
template <class Visitor>
void for_each_body(const Visitor& visit) {
  visit_each(Command{}.body, visit);
}

}  // namespace bitbalance::isa
