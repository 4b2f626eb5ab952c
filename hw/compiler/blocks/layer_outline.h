// What a layer cannot do before another has ended, as far as it can be said without lowering. With it, the
// least time of a program is more than the sum of its layers' slots.
#pragma once

#include <cstdint>

#include "hw/compiler/blocks/convolution.h"
#include "hw/compiler/blocks/layer_estimate.h"

namespace bitbalance::compiler {

/// Of one layer's commands; transfers count bytes that the memory moves. What is 0 is not known, and may be
/// more.
struct LayerOutline {
  LayerDemand demand;                    ///< of all its commands
  std::int64_t tiles = 0;                ///< of its last block's pixels
  std::int64_t last_compute_cycles = 0;  ///< of the blocks with the last pixels
  std::int64_t first_weight_bytes = 0;
  std::int64_t first_input_bytes = 0, last_input_bytes = 0;  ///< of the blocks with the first and last pixels
  std::int64_t last_store_bytes = 0;
  // Transfers that nothing is computed beside: two blocks do not fit side by side.
  std::int64_t lone_loads = 0, lone_load_bytes = 0;
  std::int64_t lone_stores = 0, lone_store_bytes = 0;

  bool has_array = false;           ///< it is a convolution
  bool is_loaded_at_once = false;   ///< the first load of activations brings all pixels and channels
  bool reads_all_channels = false;  ///< so does that of the last pixels
  int input_rows_end = 0, input_columns_end = 0;  ///< of the last pixels that it reads
  int last_row = 0, last_column = 0;              ///< first of the result's that the last store writes
};

/// But for the cycles of the array in it.
LayerOutline outline_of(const Convolution& conv, const LayerMapping& mapping);

}  // namespace bitbalance::compiler
