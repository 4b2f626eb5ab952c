#include "testbench/workload.h"

#include <fmt/format.h>

#include "quant/calibration.h"
#include "quant/evaluator.h"
#include "quant/network.h"
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

int image_count(const NetworkSettings& settings, const ImageSet& set) {
  if (settings.count > set.count) {
    throw SettingsError(fmt::format("network.count: {}; accepted: 0 to {}, the images of {}", settings.count,
                                    set.count, settings.images.string()));
  }
  return settings.count == 0 ? set.count : settings.count;
}

}  // namespace

Workload prepare_workload(const Scenario& scenario, const std::function<void(double)>& progress) {
  const NetworkSettings& settings = scenario.network;
  const ImageSet set =
      settings.labels.empty() ? read_images(settings.images) : read_images(settings.images, settings.labels);
  const int count = image_count(settings, set);
  const ImageSet samples = read_images(settings.calibration_images);
  const Network network = import_onnx(settings.model);
  check_shape(settings.images, set, network.shape(network.input));
  check_shape(settings.calibration_images, samples, network.shape(network.input));

  const Calibration calibration = calibrate(network, float_images(samples, 0, samples.count),
                                            {scenario.quantization.calibration_percentile});
  Workload workload;
  workload.network = quantize(network, calibration, scenario.quantization.options);
  workload.labels = set.labels;
  if (!set.labels.empty()) workload.labels.resize(static_cast<std::size_t>(count));

  Evaluator evaluator(network);
  const QuantizedTensor& input = workload.network.tensors[workload.network.input];
  for (int i = 0; i < count; ++i) {
    const std::vector<float> image = float_images(set, i, 1).front();
    workload.images.push_back(quantize_values(input, image));
    if (!workload.labels.empty()) workload.float_predictions.push_back(argmax(evaluator.run(image)));
    progress(static_cast<double>(i + 1) / count);
  }
  return workload;
}

}  // namespace bitbalance
