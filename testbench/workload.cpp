#include "testbench/workload.h"

#include <fmt/format.h>

#include <algorithm>

#include "quant/calibration.h"
#include "quant/evaluator.h"
#include "quant/network_zoo.h"
#include "quant/onnx_import.h"
#include "quant/quantizer.h"
#include "testbench/settings.h"

namespace bitbalance {
namespace {

void check_shape(const std::filesystem::path& file, const ImageSet& set, const Shape& input) {
  if (set.shape().elements() == input.elements() && (set.shape() == input || input.height * input.width == 1))
    return;
  throw SettingsError(fmt::format("{}: images of {} x {} x {}; accepted: {} x {} x {}, the network's input",
                                  file.string(), set.channels, set.height, set.width, input.channels,
                                  input.height, input.width));
}

/// Images of a file, or synthetic ones.
class Images {
 public:
  Images(const NetworkSettings& settings, const Shape& shape) : settings_(settings), shape_(shape) {
    if (settings.synthetic()) return;
    set_ = settings.labels.empty() ? read_images(settings.images)
                                   : read_images(settings.images, settings.labels);
    check_shape(settings.images, set_, shape);
  }

  int count() const {
    if (settings_.synthetic()) return settings_.count == 0 ? settings_.batch : settings_.count;
    if (settings_.count > set_.count) {
      throw SettingsError(fmt::format("network.count: {}; accepted: 0 to {}, the images of {}",
                                      settings_.count, set_.count, settings_.images.string()));
    }
    return settings_.count == 0 ? set_.count : settings_.count;
  }

  std::vector<float> image(int index) const {
    if (settings_.synthetic()) return synthetic_image(shape_, settings_.image_seed + index);
    return float_images(set_, index, 1).front();
  }

  const std::vector<std::uint8_t>& labels() const { return set_.labels; }

  /// The images that choose the scales; of synthetic ones the one before the first.
  std::vector<std::vector<float>> calibration() const {
    if (settings_.calibration_images.empty()) return {synthetic_image(shape_, settings_.image_seed - 1)};
    const ImageSet samples = read_images(settings_.calibration_images);
    check_shape(settings_.calibration_images, samples, shape_);
    return float_images(samples, 0, samples.count);
  }

 private:
  const NetworkSettings& settings_;
  Shape shape_;
  ImageSet set_;
};

}  // namespace

FloatWorkload prepare_floats(const Scenario& scenario, int most_images) {
  const NetworkSettings& settings = scenario.network;
  FloatWorkload floats;
  floats.network =
      settings.builtin.empty() ? import_onnx(settings.model) : zoo_network(settings.builtin, settings.zoo);
  const Images images(settings, floats.network.shape(floats.network.input));
  const int count = std::min(images.count(), most_images);
  for (int i = 0; i < count; ++i) floats.images.push_back(images.image(i));
  floats.labels = images.labels();
  if (!floats.labels.empty()) floats.labels.resize(static_cast<std::size_t>(count));
  floats.samples = images.calibration();
  floats.calibration = calibrate(floats.network, floats.samples, scenario.quantization.calibration());
  return floats;
}

TimingWorkload prepare_timing_workload(const Scenario& scenario) {
  FloatWorkload floats = prepare_floats(scenario);
  return {
      quantize(std::move(floats.network), floats.calibration, scenario.quantization.options, floats.samples),
      static_cast<int>(floats.images.size())};
}

Workload prepare_workload(const Scenario& scenario, const std::function<void(double)>& progress) {
  FloatWorkload floats = prepare_floats(scenario);
  Workload workload;
  workload.labels = floats.labels;
  if (!workload.labels.empty()) {
    Evaluator evaluator(floats.network);
    for (const std::vector<float>& image : floats.images) {
      workload.float_predictions.push_back(argmax(evaluator.run(image)));
      progress(static_cast<double>(workload.float_predictions.size()) /
               static_cast<double>(floats.images.size()));
    }
  }
  workload.network =
      quantize(std::move(floats.network), floats.calibration, scenario.quantization.options, floats.samples);
  const QuantizedTensor& input = workload.network.tensors[workload.network.input];
  for (const std::vector<float>& image : floats.images)
    workload.images.push_back(quantize_values(input, image));
  return workload;
}

}  // namespace bitbalance
