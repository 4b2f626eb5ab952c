#include "hw/compiler/program_memo.h"

#include "base/enum_index.h"

namespace bitbalance::compiler {

bool ProgramMemo::is_comparable(const MapperOptions& options) {
  const bool by_energy =
      options.objective == MappingObjective::kEnergy || options.objective == MappingObjective::kEdp;
  return options.mappings.empty() && (options.effort == MappingEffort::kFast || !by_energy);
}

std::vector<std::int64_t> ProgramMemo::key_of(const AcceleratorConfig& c, const MapperOptions& o) {
  const auto number = [](auto value) { return static_cast<std::int64_t>(value); };
  const IdealMemoryTiming& memory = o.memory;
  // A field that is missing here would give the program of another machine.
  static_assert(sizeof(AcceleratorConfig) == 80 && sizeof(DramInterfaceConfig) == 12,
                "a field more: does the mapper read it?");
  std::vector<std::int64_t> key = {c.rows,
                                   c.columns,
                                   c.accumulator_bits_8,
                                   c.accumulator_bits_16,
                                   number(c.allow_wrap),
                                   number(c.synchronization),
                                   number(c.column_mapping),
                                   number(c.token_form),
                                   number(c.weight_storage),
                                   c.weight_bank_bytes,
                                   c.activation_buffer_bytes,
                                   c.output_buffer_bytes,
                                   c.parameter_buffer_bytes,
                                   c.lookup_tables,
                                   o.batch,
                                   number(o.barrier),
                                   number(o.fuse_pooling),
                                   number(o.effort),
                                   memory.bytes_per_cycle_numerator,
                                   memory.bytes_per_cycle_denominator};
  if (o.effort != MappingEffort::kFast) {  // the timeline reads these
    key.insert(key.end(), {number(o.objective), memory.latency_cycles, c.queue_depth, c.dram.burst_bytes,
                           c.dram.max_outstanding, number(c.dram.use_nb_transport)});
  }
  return key;
}

}  // namespace bitbalance::compiler
