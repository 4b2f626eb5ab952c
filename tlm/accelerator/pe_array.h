// The processing elements: multiplies the weights of the row groups it holds with the activations of a
// command's pixels. A sum of shifted activations over a weight's tokens is a product, and sums may be taken
// in any order, so the bits are those of the clocked array. The products go on beside the simulation.
#pragma once

#include <cstdint>
#include <systemc>
#include <vector>

#include "hw/isa/config.h"
#include "tlm/accelerator/block_sockets.h"
#include "tlm/accelerator/blocks.h"
#include "tlm/accelerator/worker_pool.h"

namespace bitbalance::tlm_level {

class PeArray : public sc_core::sc_module {
 public:
  BlockInput<WeightTile> weights;
  BlockInput<ActivationBlock> activations;
  BlockOutput<SumTile> sums{"sums"};

  PeArray(const sc_core::sc_module_name& name, const AcceleratorConfig& config, WorkerPool& workers);

 private:
  /// What a thread computes at a time: kRowBlock output channels of a row group for some lines of pixels.
  struct Part {
    std::size_t group = 0;  ///< of groups_
    int first_row = 0;
    PixelStrip pixels;
  };

  void hold(WeightTile& tile);
  void perform(ActivationBlock& block);
  void cut();
  void perform(const Part& part);
  /// `o`: without weights.
  void add_products(const Part& part, DotOperands& o) const;
  /// 16-bit activations: the low halves are those of `o`, whose sums are scratch.
  void add_products(const Part& part, DotOperands& o, const std::uint32_t* high, std::int64_t* wide) const;
  /// Adds what the chunks before have left, and leaves the sums to those to come.
  template <class Sum>
  void exchange_partial(const SumTile& tile, Sum* sum);

  const AcceleratorConfig config_;
  WorkerPool& workers_;
  std::vector<WeightTile> groups_;  ///< of a command, by conv group
  // Of the command under way: it may be forgotten before its products are done.
  Compute compute_;
  ActivationBlock activations_;
  std::vector<Part> parts_;
  std::vector<std::int64_t> partial_;  ///< [row][pixel]: accumulators between the chunks of a tile
};

}  // namespace bitbalance::tlm_level
