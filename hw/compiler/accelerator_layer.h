// One layer of a program: which layers of the network it is, and the convolution that the mapper sees in
// them.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "hw/compiler/blocks/convolution.h"
#include "hw/compiler/mapper.h"

namespace bitbalance::compiler {

/// A layer of the network, and those next to it that a convolution takes in.
struct AcceleratorLayer {
  std::size_t number = 0;  ///< of the network's layer
  const QuantizedLayer* layer = nullptr;
  const QuantizedLayer* pool = nullptr;    ///< nullptr: none
  const QuantizedLayer* lookup = nullptr;  ///< a layer of its own behind them; nullptr: none

  const QuantizedLayer& last() const {
    return lookup != nullptr ? *lookup : pool != nullptr ? *pool : *layer;
  }
};

/// Precondition of what follows: a convolution.
Convolution describe(const QuantizedNetwork& network, const AcceleratorLayer& layers,
                     const AcceleratorConfig& config, int batch);

/// All that the choice of a mapping depends on, for one accelerator and batch.
using ConvolutionKey = std::array<int, 23>;
ConvolutionKey key_of(const Convolution& c);

/// As layers.csv has it: "conv+maxpool".
std::string op_name(const Convolution& c, const QuantizedNetwork& network, const AcceleratorLayer& layers);

/// With what follows from what the user says: several images have all rows and columns of each, several conv
/// groups all their output channels.
LayerMapping completed(LayerMapping user, const Convolution& c);

/// Throws ConfigError, naming the layer, for a block that its convolution does not have.
void check_user_mapping(const LayerMapping& mapping, const Convolution& c);

/// Throws std::invalid_argument, naming the layer, where the accelerator cannot read its weights or widths.
void check_format(const QuantizedNetwork& network, const QuantizedLayer& layer,
                  const AcceleratorConfig& config);

}  // namespace bitbalance::compiler
