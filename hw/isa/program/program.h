// What the mapper makes of a network: commands, the places of tensors and constants in DRAM, and, once it is
// written, the constants region as the accelerator reads it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hw/isa/command/command.h"
#include "quant/ir/quantized_network.h"

namespace bitbalance::isa {

/// A tensor of the network in Region::kData, planar, elements of bits / 8 bytes, little-endian; images
/// `image_pitch` apart.
struct TensorPlacement {
  int tensor = -1;  ///< index into QuantizedNetwork::tensors
  std::uint32_t offset = 0;
  std::uint32_t image_pitch = 0;
};

/// A layer as the accelerator executes it: a layer of the network, possibly with the pooling and the
/// look-up that follow it fused in.
struct ProgramLayer {
  std::string name;
  std::string op;                   ///< "conv", "conv+maxpool", "fc+lookup", "maxpool", "add", "lrn"...
  std::vector<int> network_layers;  ///< indices into QuantizedNetwork::layers, in order
  int input = -1, operand = -1, output = -1;  ///< tensor indices
  std::int64_t macs = 0;                      ///< of one image
  bool on_host = false;  ///< not in the commands: the driver computes it when the program has ended
};

/// What one load of weights, parameters or a table brings on chip, aligned to kDramAlignment in
/// Region::kConstants.
struct ConstantsBlob {
  enum class Kind : std::uint8_t {
    kWeights,      ///< rows of packed weights: a row for each output channel, of these input channels
    kParameters,   ///< an entry for each output channel
    kReciprocals,  ///< of average pooling: the last `channels`
    kTable,        ///< of the layer's function
  };
  Kind kind = Kind::kWeights;
  std::uint32_t offset = 0;  ///< bytes in Region::kConstants
  int layer = -1;            ///< index into QuantizedNetwork::layers
  // Of a convolution.
  int group = 0, groups = 1;                  ///< conv groups
  int channel = 0, channels = 1;              ///< output channels, of each conv group
  int input_channel = 0, input_channels = 1;  ///< of each conv group
};

struct Program {
  int batch = 1;
  std::uint32_t constants_bytes = 0;    ///< header (64 bytes), commands, blobs
  std::vector<ConstantsBlob> blobs;     ///< by offset
  std::vector<std::uint8_t> constants;  ///< the image of Region::kConstants; empty until write_constants()
  std::uint32_t data_bytes = 0;
  std::vector<Command> commands;
  int first_layer = 0;  ///< number that commands give to layers[0]: layers of the programs before
  std::vector<ProgramLayer> layers;      ///< those of the commands, then those on the host
  std::vector<TensorPlacement> tensors;  ///< those in DRAM: input, layers' outputs, what these are slices of
};

}  // namespace bitbalance::isa
