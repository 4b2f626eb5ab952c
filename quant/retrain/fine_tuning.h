// The training loop: stochastic gradient descent over labelled images, quantized forward, straight-through
// backward.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "quant/eval/images/image_set.h"
#include "quant/retrain/trainable_network.h"

namespace bitbalance::retrain {

struct FineTuningOptions {
  int epochs = 4;
  int batch = 128;
  /// Of a cosine schedule that ends at 0, after a linear warm-up of 5 % of the steps.
  double peak_rate = 0.01;
  double weight_decay = 1e-4;
  int shift = 2;       ///< images are moved at random by up to as many pixels in each direction
  bool mirror = true;  ///< and mirrored with a probability of 1/2
  /// Share of the loss that is the distance from the float network's probabilities, 0..1.
  double distillation = 0.5;
  std::int64_t seed = 1;  ///< of the order of images and their changes
};

/// Told at the end of each epoch: its number from 1 and the mean loss over its images.
using EpochCallback = std::function<void(int epoch, double loss)>;
/// Told the share of the work done, 0..1.
using StepCallback = std::function<void(double share)>;

/// Changes the parameters of `network`. Same options, images, build and number of threads: same bytes. Throws
/// std::invalid_argument for options out of range and labels outside the network's classes.
void fine_tune(TrainableNetwork& network, const ImageSet& images, const FineTuningOptions& options,
               const EpochCallback& epoch_done, const StepCallback& progress);

/// Share of images whose largest output is that of the label.
double accuracy_of(const TrainableNetwork& network, const ImageSet& images, bool quantized);

}  // namespace bitbalance::retrain
