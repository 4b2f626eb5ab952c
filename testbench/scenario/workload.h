// What a run has in hand before the first clock edge: the integer network, the images in its integers, and
// what the float network makes of them.
#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "quant/eval/images/image_set.h"
#include "quant/ir/network.h"
#include "quant/ir/quantized_network.h"
#include "testbench/golden/accuracy.h"
#include "testbench/golden/golden.h"
#include "testbench/scenario/cache/network_cache.h"
#include "testbench/scenario/scenario.h"

namespace bitbalance::scenario {

struct Workload {
  QuantizedNetwork network;
  std::vector<Plane> images;  ///< integers of the network's input tensor
  Task task = {};
  Decisions float_decisions = {};  ///< the float network's, on each image; empty when the truth is unknown
};

/// A scenario's float network and images.
struct Samples {
  Network network;
  std::vector<std::vector<float>> calibration;  ///< what scales are chosen on
  std::vector<std::vector<float>> images;
  Task task;
};

/// What time and energy depend on: no image.
struct TimingWorkload {
  QuantizedNetwork network;
  int images = 0;
};

/// An image of the scenario, number `index`, as elements of the network's input. Throws SettingsError, naming
/// file and image, for whole numbers beyond them that only the host reads: they may be indices.
Plane input_codes(const Scenario& scenario, const QuantizedNetwork& network, const std::vector<float>& image,
                  int index);

/// Is it said what the images show, so that there is an accuracy?
bool has_truth(const NetworkSettings& settings);

/// No more than `most_images`. Precondition: the scenario has a float network. Throws as prepare_workload().
Samples load_samples(const Scenario& scenario, int most_images = std::numeric_limits<int>::max());

/// Imports, calibrates and quantizes, or takes the network that was quantized before, for this run or, with a
/// cache, for an earlier one. `progress` is told the share of the work done, 0..1. Throws
/// std::invalid_argument for everything that is wrong with the files or does not fit together.
Workload prepare_workload(const Scenario& scenario, const std::function<void(double)>& progress,
                          const NetworkCache* cache = nullptr);

/// Images of a run on synthetic ones: `count`, or without it a batch.
inline int synthetic_count(const NetworkSettings& settings) {
  return settings.count == 0 ? settings.batch : settings.count;
}

/// The same network, without quantizing or classifying an image.
TimingWorkload prepare_timing_workload(const Scenario& scenario, const NetworkCache* cache = nullptr);

}  // namespace bitbalance::scenario
