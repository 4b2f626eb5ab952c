// What the mapper hands to a driver: the constants region (header, commands, weights, parameters) as one
// image, the size of the data region, and where each tensor and layer is to be found in them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hw/core/command.h"
#include "quant/quantized_network.h"

namespace bitbalance {

/// A tensor of the network in Region::kData, planar, elements of bits / 8 bytes, little-endian; images
/// `image_pitch` apart.
struct TensorPlacement {
  int tensor = -1;  ///< index into QuantizedNetwork::tensors
  std::uint32_t offset = 0;
  std::uint32_t image_pitch = 0;
};

/// A layer as the accelerator executes it: a layer of the network, possibly with the pooling that follows it
/// fused in.
struct ProgramLayer {
  std::string name;
  std::string op;                             ///< "conv", "conv+maxpool", "fc", "maxpool", "add", "lrn"...
  std::vector<int> network_layers;            ///< indices into QuantizedNetwork::layers, in order
  int input = -1, operand = -1, output = -1;  ///< tensor indices
  std::int64_t macs = 0;                      ///< of one image
  bool on_host = false;  ///< not in the commands: the driver computes it when the program has ended
};

struct Program {
  int batch = 1;
  std::vector<std::uint8_t> constants;  ///< the image of Region::kConstants; the header is its first 64 bytes
  std::uint32_t data_bytes = 0;
  std::vector<Command> commands;  ///< decoded form of what `constants` holds
  int first_layer = 0;            ///< number that commands give to layers[0]: layers of the programs before
  std::vector<ProgramLayer> layers;      ///< those of the commands, then those on the host
  std::vector<TensorPlacement> tensors;  ///< those in DRAM: input, layers' outputs, what these are slices of
};

}  // namespace bitbalance
