// The golden model: what a quantized network must compute, in plain integers. It is the judge of every
// level of the accelerator and therefore shares no arithmetic with hw/. Long sums are taken from several
// taps and channels at a time, and channels by several threads, which changes no sum.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "quant/ir/quantized_network.h"
#include "testbench/golden/names.h"

namespace bitbalance::golden {

struct GoldenOptions {
  /// Width of the two's complement sums (accumulator + bias) of layers with 8- and 16-bit inputs, 2..63.
  /// 0: as wide as they need to be.
  int wrap_bits_8 = 0;
  int wrap_bits_16 = 0;
  int threads = 1;  ///< that share the output channels of big convolutions; 0: one for each processor
};

/// The elements of one tensor of one image, in the planar order of Shape.
using Plane = std::vector<std::int32_t>;

/// Executes one image at a time and keeps every tensor of it.
class GoldenModel {
 public:
  /// Keeps a reference: `network` must outlive the model.
  explicit GoldenModel(const QuantizedNetwork& network, const GoldenOptions& options = {});

  /// All tensors, indexed like QuantizedNetwork::tensors, for the input tensor's elements; a tensor without a
  /// writer is empty. Valid until the next run. Throws std::invalid_argument when the image's size is not the
  /// input's. `progress`: told the share of the work done, 0..1; may throw to give up.
  const std::vector<Plane>& run(const Plane& image, const std::function<void(double)>& progress = {});

 private:
  void convolve(const QuantizedLayer& layer);
  std::int64_t dot_product(const QuantizedLayer& layer, int channel, std::int64_t largest) const;
  void convolve_blocks(const QuantizedLayer& layer, int most,
                       const std::function<void(int, int, std::int64_t*)>& add_products);
  void finish(const QuantizedLayer& layer, int channel, const std::int64_t* sums);
  void pool(const QuantizedLayer& layer);
  void add(const QuantizedLayer& layer);
  void look_up(const QuantizedLayer& layer);
  void run_on_host(const QuantizedLayer& layer);
  void copy_to_parent(int tensor);
  double work(const QuantizedLayer& layer) const;

  const QuantizedNetwork& network_;
  GoldenOptions options_;
  std::vector<Plane> tensors_;
};

}  // namespace bitbalance::golden
