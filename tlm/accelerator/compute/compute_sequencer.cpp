#include "tlm/accelerator/compute/compute_sequencer.h"

#include "hw/isa/weight/row_stream.h"

namespace bitbalance::tlm_level {

ComputeSequencer::ComputeSequencer(const sc_core::sc_module_name& name, const AcceleratorConfig& config)
    : sc_module(name), config_(config) {}

void ComputeSequencer::take(CommandBlock& block) {
  const auto& compute = std::get<Compute>(block.command->body);
  block.steps->resize(static_cast<std::size_t>(compute.row_groups_in_all(config_.rows)));
  for (int conv_group = 0; conv_group < compute.conv_groups; ++conv_group)
    send_weights(*block.command, conv_group, *block.steps);
  PixelBlock all{block.command};
  pixels->take(all);
}

void ComputeSequencer::send_weights(const Command& command, int conv_group,
                                    std::vector<RowGroupSteps>& steps) {
  const auto& compute = std::get<Compute>(command.body);
  StreamBlock block;
  block.command = &command;
  block.row_bytes = RowStream(compute.weight_bits, compute.nnzb, config_).bytes(compute.steps());
  const int groups = compute.row_groups(config_.rows);
  for (int group = 0; group < groups; ++group) {
    block.rows = compute.rows_of_group(group, config_.rows);
    const int index = conv_group * groups + group;
    const auto stream = static_cast<std::size_t>(index);
    block.address = stream_address(compute, stream, block.row_bytes, config_);
    block.counts = &steps[stream];
    streams->take(block);
  }
}

}  // namespace bitbalance::tlm_level
