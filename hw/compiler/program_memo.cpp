#include "hw/compiler/program_memo.h"

#include "base/text/enum_index.h"

namespace bitbalance::compiler {

bool ProgramMemo::is_comparable(const MapperOptions& options) {
  return options.mappings.empty() &&
         (options.effort == MappingEffort::kFast || !asks_energy(options.objective));
}

std::vector<std::int64_t> ProgramMemo::key_of(const AcceleratorConfig& c, const MapperOptions& o) {
  const auto number = [](auto value) { return static_cast<std::int64_t>(value); };
  // These name every member: with one more they do not compile. Does the mapper read it?
  const auto& [rows, columns, pe, pipeline, sums_8, sums_16, wrap, synchronization, mapping, form, storage,
               weights, activations, outputs, parameters, tables, ports, queue, clock, dram] = c;
  const auto& [lanes, shift] = pe;
  const auto& [pe_stages, read_stages, multiply_stages, clamp_stages] = pipeline;
  const auto& [burst, outstanding, nb_transport] = dram;
  const auto& [batch, barrier, fuse, memory, objective, effort, energy, mappings] = o;
  std::vector<std::int64_t> key = {rows,
                                   columns,
                                   number(lanes),
                                   shift,
                                   sums_8,
                                   sums_16,
                                   number(wrap),
                                   number(synchronization),
                                   number(mapping),
                                   number(form),
                                   number(storage),
                                   weights,
                                   activations,
                                   outputs,
                                   parameters,
                                   tables,
                                   batch,
                                   number(barrier),
                                   number(fuse),
                                   number(effort),
                                   memory.bytes_per_cycle_numerator,
                                   memory.bytes_per_cycle_denominator};
  if (effort != MappingEffort::kFast) {  // the timeline reads these
    key.insert(key.end(), {number(objective), memory.latency_cycles, queue, burst, outstanding,
                           number(nb_transport), pe_stages, read_stages, multiply_stages, clamp_stages});
  }
  return key;
}

}  // namespace bitbalance::compiler
