#include "hw/compiler/block_tables.h"

#include <algorithm>
#include <iterator>

namespace bitbalance::compiler {
namespace {

constexpr int AcceleratorConfig::*kSizes[] = {
    &AcceleratorConfig::weight_bank_bytes, &AcceleratorConfig::activation_buffer_bytes,
    &AcceleratorConfig::output_buffer_bytes, &AcceleratorConfig::parameter_buffer_bytes};

bool covers(const AcceleratorConfig& largest, const AcceleratorConfig& config) {
  return std::all_of(std::begin(kSizes), std::end(kSizes),
                     [&](const auto size) { return config.*size <= largest.*size; });
}

}  // namespace

std::vector<std::int64_t> blocks_key(const AcceleratorConfig& c, const MapperOptions& o) {
  const auto number = [](auto value) { return static_cast<std::int64_t>(value); };
  // These name every member: with one more they do not compile. Do blocks depend on it, or else programs
  // (ProgramMemo::key_of())?
  const auto& [rows, columns, pe, pipeline, sums_8, sums_16, wrap, synchronization, mapping, form, storage,
               weights, activations, outputs, parameters, tables, ports, queue, clock, dram] = c;
  const auto& [lanes, shift] = pe;
  const auto& [pe_stages, read_stages, multiply_stages, clamp_stages] = pipeline;
  const auto& [batch, barrier, fuse, memory, objective, effort, energy, mappings] = o;
  return {rows,
          columns,
          number(lanes),
          shift,
          read_stages,
          sums_8,
          sums_16,
          number(wrap),
          number(synchronization),
          number(mapping),
          number(form),
          number(storage),
          tables,
          batch,
          number(fuse)};
}

BlockTable& BlockTables::of(const AcceleratorLayer& layer, const Convolution& conv,
                            const LayerMapping& user) {
  const int number = user.layer.empty() ? kAnyLayer : static_cast<int>(layer.number);
  std::unique_ptr<BlockTable>& table = tables_[{key_of(conv), number}];
  if (!table) table = std::make_unique<BlockTable>(conv, user, rates_);
  return *table;
}

std::shared_ptr<BlockTables> BlockTablesMemo::get(const AcceleratorConfig& config,
                                                  const MapperOptions& options,
                                                  const std::vector<double>& rates) {
  // Neither what a user says of blocks nor the only rate of effort fast is in the key.
  if (!options.mappings.empty() || options.effort == MappingEffort::kFast)
    return std::make_shared<BlockTables>(config, rates);
  const std::shared_ptr<Kept> kept =
      kept_.get(blocks_key(config, options), [] { return std::make_shared<Kept>(); });
  const bool fits = kept->tables && covers(kept->tables->largest(), config);
  if (!fits || kept->uses == kMostUses) {
    AcceleratorConfig largest = config;
    if (kept->tables && !fits)
      for (const auto size : kSizes) largest.*size = std::max(largest.*size, kept->tables->largest().*size);
    kept->tables = std::make_shared<BlockTables>(largest, rates);
    kept->uses = 0;
  }
  ++kept->uses;
  return kept->tables;
}

}  // namespace bitbalance::compiler
