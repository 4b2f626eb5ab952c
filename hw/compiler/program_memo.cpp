#include "hw/compiler/program_memo.h"

#include "base/text/enum_index.h"

namespace bitbalance::compiler {

bool ProgramMemo::is_comparable(const MapperOptions& options) {
  return options.mappings.empty() &&
         (options.effort == MappingEffort::kFast || !asks_energy(options.objective));
}

std::vector<std::int64_t> ProgramMemo::key_of(const AcceleratorConfig& c, const MapperOptions& o) {
  const auto number = [](auto value) { return static_cast<std::int64_t>(value); };
  std::vector<std::int64_t> key = blocks_key(c, o);
  key.insert(key.end(), {c.weight_bank_bytes, c.activation_buffer_bytes, c.output_buffer_bytes,
                         c.parameter_buffer_bytes, number(o.barrier), number(o.effort),
                         o.memory.bytes_per_cycle_numerator, o.memory.bytes_per_cycle_denominator});
  if (o.effort != MappingEffort::kFast) {  // the timeline reads these
    const auto& [burst, outstanding, nb_transport] = c.dram;
    key.insert(key.end(), {number(o.objective), o.memory.latency_cycles, c.queue_depth, burst, outstanding,
                           number(nb_transport), c.pipeline.pe, c.pipeline.multiply, c.pipeline.clamp});
  }
  return key;
}

}  // namespace bitbalance::compiler
