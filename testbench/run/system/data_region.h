// The tensors of a batch in the memory's data region, as the host sees them: images in, results out, layers
// that the host computes between programs.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/isa/program/program.h"
#include "quant/ir/quantized_network.h"
#include "testbench/golden/golden.h"
#include "testbench/run/system/system.h"

namespace bitbalance::runner {

class DataRegion {
 public:
  /// Keeps references. `base`: address of the region.
  DataRegion(System& system, const QuantizedNetwork& network, std::uint64_t base)
      : system_(system), network_(network), base_(base) {}

  /// A batch of images from `first` on. All else gets a pattern, so that what is never stored differs.
  void load_images(const Program& program, const std::vector<Plane>& images, int first);
  void run_on_host(const Program& program, const ProgramLayer& layer);
  /// What a layer on the host makes of an image's tensors in memory.
  Plane host_result(const Program& program, const ProgramLayer& layer, int image);
  /// The same as real numbers that are not quantized.
  std::vector<float> host_values(const Program& program, const ProgramLayer& layer, int image);

  Plane read(const Program& program, int tensor, int image);
  /// Gives an image of a tensor the pattern.
  void poison(const Program& program, int tensor, int image);
  void write(const Program& program, int tensor, int image, const Plane& elements);

 private:
  const QuantizedLayer& network_layer(const ProgramLayer& on_host) const {
    return network_.layers[on_host.network_layers.front()];
  }
  /// An image's tensors that a layer on the host reads.
  std::vector<Plane> host_inputs(const Program& program, const ProgramLayer& layer, int image);
  std::uint64_t address(const Program& program, int tensor, int image) const;

  System& system_;
  const QuantizedNetwork& network_;
  std::uint64_t base_;
};

}  // namespace bitbalance::runner
