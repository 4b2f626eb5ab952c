#include "testbench/run/stored_timing.h"

#include <fmt/format.h>

#include <cstring>
#include <map>
#include <stdexcept>
#include <utility>
#include <variant>
#include <vector>

#include "base/text/enum_index.h"
#include "hw/isa/command/command_check.h"
#include "hw/isa/weight/row_stream.h"
#include "hw/timeline/timeline.h"
#include "tlm/accelerator/datapath/weight_decoding.h"

namespace bitbalance::runner {
namespace {

/// The rows of a load of weights, as the encoders will find them.
std::vector<RowGroupSteps> decode_groups(const LoadWeights& load, const Compute& compute,
                                         const std::vector<std::uint8_t>& constants,
                                         const AcceleratorConfig& config) {
  const RowStream stream(compute.weight_bits, compute.nnzb, config);
  const auto steps = static_cast<std::size_t>(compute.steps());
  std::vector<RowGroupSteps> groups;
  const std::uint8_t* stored = constants.data() + load.dram_offset;
  for (int group = 0; group < load.groups; ++group) {
    const bool is_last = (group + 1) % load.groups_per_conv_group == 0;
    const std::size_t rows = is_last ? load.last_rows : load.rows;
    std::uint64_t first_word = 0;
    std::memcpy(&first_word, stored, sizeof first_word);
    const int limit = stream.limit_in(first_word);
    std::vector<std::int32_t> values(steps);
    std::vector<std::uint8_t> tokens(rows * steps);
    for (std::size_t row = 0; row < rows; ++row, stored += load.row_bytes)
      tlm_level::decode_row(stored, stream, steps, limit, values.data(), &tokens[row * steps]);
    groups.push_back(row_group_steps(rule_of(config.synchronization), tokens, steps, limit));
  }
  return groups;
}

/// The row groups of each load, by where its weights lie. A load is decoded for the first command that
/// computes with what it brings: that one knows what the bits mean.
class StoredRowGroups final : public RowGroups {
 public:
  StoredRowGroups(const stored::StoredProgram& program, const std::vector<Command>& commands) {
    std::map<std::uint32_t, const LoadWeights*> resident;  // by ring address
    for (std::size_t i = 0; i < commands.size(); ++i) {
      if (const auto* load = std::get_if<LoadWeights>(&commands[i].body)) {
        resident[load->base] = load;
        by_offset_[load->dram_offset];
      }
      const auto* compute = std::get_if<Compute>(&commands[i].body);
      if (compute == nullptr) continue;
      const auto found = resident.find(compute->weight_base);
      if (found == resident.end()) continue;  // which the timeline refuses
      const LoadWeights& load = *found->second;
      const RowStream stream(compute->weight_bits, compute->nnzb, program.accelerator);
      const std::int64_t groups = compute->row_groups_in_all(program.accelerator.rows);
      if (stream.bytes(compute->steps()) != load.row_bytes || groups > load.groups) {
        throw std::invalid_argument(
            fmt::format("constants.bin: command {}: computes with {} groups of rows of {} bytes, of which a "
                        "load brought {} "
                        "of {}; accepted at level analytic: as many",
                        i, groups, stream.bytes(compute->steps()), load.groups, load.row_bytes));
      }
      std::vector<RowGroupSteps>& known = by_offset_[load.dram_offset];
      if (known.empty()) known = decode_groups(load, *compute, program.constants, program.accelerator);
    }
  }

  /// One blob per load, as far as a timeline wants to know it.
  std::vector<ConstantsBlob> blobs() const {
    std::vector<ConstantsBlob> blobs;
    for (const auto& [offset, groups] : by_offset_) {
      ConstantsBlob blob;
      blob.offset = offset;
      blobs.push_back(blob);
    }
    return blobs;
  }
  const RowGroupSteps* groups_of(const ConstantsBlob& blob, const AcceleratorConfig& /*config*/) override {
    return by_offset_.at(blob.offset).data();
  }

 private:
  std::map<std::uint32_t, std::vector<RowGroupSteps>> by_offset_;
};

}  // namespace

StoredTiming time_stored(const stored::StoredProgram& program) {
  Program timed;
  timed.commands = commands_of(program);
  RegionMap regions;
  regions.bytes[enum_index(Region::kConstants)] = program.constants.size();
  regions.bytes[enum_index(Region::kData)] = program.data_bytes;
  for (std::size_t i = 0; i < timed.commands.size(); ++i) {
    const ProgramFault fault = check(timed.commands[i], program.accelerator, regions);
    if (fault != ProgramFault::kNone)
      return {0, fmt::format("the accelerator refuses command {}: {}", i, to_string(fault))};
  }
  StoredRowGroups groups(program, timed.commands);
  timed.blobs = groups.blobs();
  const IdealMemoryTiming memory{program.latency_cycles, program.bytes_per_cycle_numerator,
                                 program.bytes_per_cycle_denominator};
  return {analyze(timed, program.accelerator, memory, groups).cycles, {}};
}

}  // namespace bitbalance::runner
