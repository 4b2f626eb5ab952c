#include "hw/isa/config.h"

#include <fmt/format.h>

#include <boost/crc.hpp>

#include "base/text/config_error.h"

#include "base/bits.h"

namespace bitbalance::isa {
namespace {

void require(bool ok, const char* name, double value, const char* accepted) {
  bitbalance::require(ok, "accelerator", name, value, accepted);
}

}  // namespace

void check(const AcceleratorConfig& c) {
  require(c.rows >= 1 && c.rows <= AcceleratorConfig::kMaxRows, "rows", c.rows, "1 to 256");
  require(c.columns >= 1 && c.columns <= AcceleratorConfig::kMaxColumns, "columns", c.columns, "1 to 256");
  require(c.pe.shift >= 1 && c.pe.shift <= PeConfig::kLargestPosition, "shift", c.pe.shift, "1 to 15");
  require(c.pipeline.pe >= 1 && c.pipeline.pe <= PipelineConfig::kMostPeStages, "pe", c.pipeline.pe,
          "1 or 2");
  const auto require_stages = [](const char* name, int stages) {
    require(stages >= 1 && stages <= PipelineConfig::kMostStages, name, stages, "1 to 4");
  };
  require_stages("activation_read", c.pipeline.activation_read);
  require_stages("multiply", c.pipeline.multiply);
  require_stages("clamp", c.pipeline.clamp);
  require(c.accumulator_bits_8 >= 16 && c.accumulator_bits_8 <= 32, "accumulator_bits_8",
          c.accumulator_bits_8, "16 to 32");
  require(c.accumulator_bits_16 >= 24 && c.accumulator_bits_16 <= 48, "accumulator_bits_16",
          c.accumulator_bits_16, "24 to 48");
  require(c.weight_bank_bytes >= 64 && c.weight_bank_bytes <= (1 << 24) && c.weight_bank_bytes % 8 == 0,
          "weight_bank_bytes", c.weight_bank_bytes, "64 to 16777216, a multiple of 8");
  require(c.activation_buffer_bytes >= 2 * c.columns && c.activation_buffer_bytes <= (1 << 28) &&
              c.activation_buffer_bytes % 2 == 0,
          "activation_buffer_bytes", c.activation_buffer_bytes,
          "an even number from 2 x columns to 268435456");
  require(c.output_buffer_bytes >= 2 * c.columns && c.output_buffer_bytes <= (1 << 28) &&
              c.output_buffer_bytes % 2 == 0,
          "output_buffer_bytes", c.output_buffer_bytes, "an even number from 2 x columns to 268435456");
  require(c.parameter_buffer_bytes >= 64 && c.parameter_buffer_bytes <= (1 << 20) &&
              c.parameter_buffer_bytes % AcceleratorConfig::kParameterBytes == 0,
          "parameter_buffer_bytes", c.parameter_buffer_bytes, "64 to 1048576, a multiple of 16");
  require(c.lookup_tables >= 0 && c.lookup_tables <= AcceleratorConfig::kMaxTables, "lookup_tables",
          c.lookup_tables, "0 to 2");
  require(c.queue_depth >= 1 && c.queue_depth <= AcceleratorConfig::kMaxQueueDepth, "queue_depth",
          c.queue_depth, "1 to 64");
  require(c.clock_hz >= AcceleratorConfig::kLeastClockHz && c.clock_hz <= AcceleratorConfig::kMostClockHz,
          "clock_hz", c.clock_hz, "1e3 to 1e11");
  require(is_power_of_two(c.dram.burst_bytes) && c.dram.burst_bytes >= 16 &&
              c.dram.burst_bytes <= DramInterfaceConfig::kMostBurstBytes,
          "burst_bytes", c.dram.burst_bytes, "16, 32, 64, 128 or 256");
  require(c.dram.max_outstanding >= 1 && c.dram.max_outstanding <= 64, "max_outstanding",
          c.dram.max_outstanding, "1 to 64");
}

std::uint32_t config_hash(const AcceleratorConfig& c) {
  std::string text = fmt::format(
      "rows={} columns={} acc8={} acc16={} wrap={} mapping={} form={} storage={} weight={} activation={} "
      "output={} parameter={} tables={}",
      c.rows, c.columns, c.accumulator_bits_8, c.accumulator_bits_16, c.allow_wrap,
      to_string(c.column_mapping), to_string(c.token_form), to_string(c.weight_storage), c.weight_bank_bytes,
      c.activation_buffer_bytes, c.output_buffer_bytes, c.parameter_buffer_bytes, c.lookup_tables);
  // Settings that came later are in the text only when they are not the default, so that programs made before
  // keep their hash.
  if (c.pe.lanes != PeLanes::kAdaptive) text += fmt::format(" lanes={}", to_string(c.pe.lanes));
  if (c.pe.shift != PeConfig::kLargestPosition) text += fmt::format(" shift={}", c.pe.shift);
  if (rule_of(c.synchronization).tile_has_limit) text += " limit=tile";
  boost::crc_32_type crc;
  crc.process_bytes(text.data(), text.size());
  return crc.checksum();
}

const char* to_string(PeLanes value) {
  switch (value) {
    case PeLanes::kAdaptive:
      return "adaptive";
    case PeLanes::kNarrow:
      return "2x8";
  }
  return "?";
}
const char* to_string(ColumnMapping value) {
  switch (value) {
    case ColumnMapping::kFlattened:
      return "flattened";
    case ColumnMapping::kRow:
      return "row";
  }
  return "?";
}
const char* to_string(SramPorts value) {
  switch (value) {
    case SramPorts::kShared:
      return "shared";
    case SramPorts::kMixed:
      return "mixed";
    case SramPorts::kTwoPort:
      return "two_port";
    case SramPorts::kPerUnit:
      return "per_unit";
  }
  return "?";
}
const char* to_string(WeightStorage value) {
  switch (value) {
    case WeightStorage::kDense:
      return "dense";
    case WeightStorage::kTokens:
      return "tokens";
  }
  return "?";
}

}  // namespace bitbalance::isa
