// The blocks of data that units of the transaction-level accelerator hand to one another, in the order that
// data flows. Plain pointers stay valid for the call that delivers the block; what threads go on to read is
// shared, and changes no more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "hw/isa/command/command.h"
#include "hw/isa/transfer/channel_timing.h"
#include "hw/timeline/weights/row_group_steps.h"
#include "tlm/accelerator/buffer/weight_banks.h"
#include "tlm/accelerator/datapath/packing.h"
#include "tlm/accelerator/datapath/products.h"
#include "tlm/accelerator/datapath/result_rule.h"

namespace bitbalance::tlm_level {

/// Controller -> unit: perform this command, which the engine pops at an edge.
struct CommandBlock {
  const Command* command = nullptr;
  Edge popped = 0;
  std::vector<RowGroupSteps>* steps = nullptr;  ///< compute: filled in with the command's row groups
};

/// DRAM interface -> buffer: all bytes that a load command fetched, in the order of its runs.
struct LoadBlock {
  const Command* command = nullptr;
  const std::uint8_t* bytes = nullptr;
};

/// Output buffer -> DRAM interface: all bytes that a store command writes, in the order of its runs.
struct StoreBlock {
  const Command* command = nullptr;
  Edge popped = 0;
  std::vector<std::uint8_t> bytes;
};

/// Compute sequencer -> weight buffer -> weight encoder: the streams of one row group.
struct StreamBlock {
  const Command* command = nullptr;
  int rows = 0;
  std::uint32_t address = 0;  ///< ring address, the same in every bank
  std::uint32_t row_bytes = 0;
  const WeightBanks* banks = nullptr;  ///< filled in by the buffer
  RowGroupSteps* counts = nullptr;     ///< filled in by the encoder
};

/// Weight encoder -> PE array: a row group's weights, conv group by conv group.
struct WeightBlock {
  Products::RowGroup group;
};

/// Compute sequencer -> activation buffer: a command's pixels, once its weights are on their way.
struct PixelBlock {
  const Command* command = nullptr;
};

/// Activation buffer -> PE array: what the lanes read in all steps.
struct ActivationBlock {
  const Command* command = nullptr;
  std::shared_ptr<const PackedActivations> activations;
};

/// PE array -> post-processor: the sums of a command, for threads to compute.
struct SumBlock {
  std::shared_ptr<const Products> products;
};

/// Post-processor -> output buffer: the sums, and how results are made of them.
struct ResultBlock {
  std::shared_ptr<const Products> products;
  std::shared_ptr<const ResultRule> rule;
};

/// Vector unit <-> output buffer: `count` consecutive elements.
struct ElementBlock {
  bool is_request = false;
  Width width = Width::k8;
  bool is_signed = false;
  std::uint32_t address = 0;
  std::uint32_t count = 0;
  std::int32_t* value = nullptr;
};

}  // namespace bitbalance::tlm_level
