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
  std::string op;                             ///< "conv", "conv+maxpool", "maxpool", "avgpool", "add"
  std::vector<int> network_layers;            ///< indices into QuantizedNetwork::layers, in order
  int input = -1, operand = -1, output = -1;  ///< tensor indices
  std::int64_t macs = 0;                      ///< of one image
  bool on_host = false;
};

struct Program {
  int batch = 1;
  std::vector<std::uint8_t> constants;  ///< the image of Region::kConstants; the header is its first 64 bytes
  std::uint32_t data_bytes = 0;
  std::vector<Command> commands;  ///< decoded form of what `constants` holds
  std::vector<ProgramLayer> layers;
  std::vector<TensorPlacement> tensors;  ///< those that exist in DRAM: input and every layer's output
};

}  // namespace bitbalance
