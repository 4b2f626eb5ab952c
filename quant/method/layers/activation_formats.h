// What the codes of each tensor must hold: signs, reach and least step, by what calibration saw and by what
// the layers do with it.
#pragma once

#include <optional>
#include <vector>

#include "quant/ir/network.h"
#include "quant/ir/quantized_network.h"
#include "quant/method/calibration.h"
#include "quant/method/layers/fusion.h"

namespace bitbalance::method {

/// Tensors are those of the float network, by index.
class ActivationFormats {
 public:
  /// Keeps references to the network and its calibration. `bits`: 8 or 16. Throws std::invalid_argument for
  /// an input without a finite calibrated range.
  ActivationFormats(const Network& network, const Calibration& calibration,
                    const std::vector<FusedLayer>& layers, int bits);

  bool is_signed(int tensor) const { return bits_ == 16 || !non_negative_[tensor]; }

  /// Name, shape, bits and sign of a tensor; no scale yet.
  QuantizedTensor format(int tensor) const;

  /// Throws std::invalid_argument where calibration saw nothing, or infinity.
  const ValueRange& calibrated(int tensor) const;

  /// The step at which the codes of `format` reach all that calibration saw, but at least least_scale(). 0:
  /// calibration saw nothing but zeros. Throws as calibrated().
  double scale(int tensor, const QuantizedTensor& format) const;

  /// Of a tensor whose codes max pooling hands on: that bound of the pooling is reached, too. Else 0.
  double least_scale(int tensor) const { return least_scale_[tensor]; }

  /// Of integers of the file (`type`, of ir::) that the accelerator does not read: 16 bits, whatever
  /// calibration saw, unless 8 hold all of their type.
  void widen(QuantizedTensor& format, int tensor, int type) const;

  /// Are they integers (`type`, of ir::) of which codes of steps of 1 reach all that calibration saw?
  bool keeps_integers(const QuantizedTensor& format, int tensor, int type) const;

  /// Bits and scale of the network's input. What the accelerator does not read keeps its whole numbers, which
  /// may be indices: integers of the file, and real numbers where calibration saw such. Throws
  /// std::invalid_argument for integers that codes do not reach so. `asked`: the scale, if it is given.
  void settle_input(QuantizedTensor& format, std::optional<double> asked) const;

 private:
  bool reaches(const QuantizedTensor& format, int tensor) const;
  void find_signs(const std::vector<FusedLayer>& layers);
  bool is_non_negative(const FusedLayer& layer) const;
  bool host_is_non_negative(const Node& node) const;
  void find_least_scales(const std::vector<FusedLayer>& layers);
  void find_readers(const std::vector<FusedLayer>& layers);

  const Network& network_;
  const Calibration& calibration_;
  int bits_;
  std::vector<bool> non_negative_;
  std::vector<double> least_scale_;
  std::vector<bool> is_read_;  ///< by the accelerator
};

}  // namespace bitbalance::method
