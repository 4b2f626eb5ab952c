#include "testbench/scenario/workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "quant/eval/evaluator.h"
#include "quant/ir/integer_values.h"
#include "quant/ir/network_zoo.h"
#include "quant/ir/quantized_file.h"
#include "quant/method/calibration.h"
#include "quant/method/quantizer.h"
#include "quant/onnx/import.h"
#include "testbench/scenario/settings.h"

namespace bitbalance::scenario {
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

  int count_in_file() const { return set_.count; }

  std::vector<float> image(int index) const {
    if (settings_.synthetic()) return synthetic_image(shape_, settings_.image_seed + index);
    return float_images(set_, index, 1, settings_.pixels).front();
  }

  /// Of the images of the run; none without a file.
  std::vector<std::uint8_t> labels(int classes) const {
    if (set_.labels.empty()) return {};
    std::vector<std::uint8_t> labels(set_.labels.begin(), set_.labels.begin() + count());
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] < classes) continue;
      throw SettingsError(fmt::format("{}: label {} is {}; accepted: 0 to {}, the network's outputs",
                                      settings_.labels.string(), i, labels[i], classes - 1));
    }
    return labels;
  }

  /// The images that choose the scales; of synthetic ones the one before the first.
  std::vector<std::vector<float>> calibration() const {
    if (settings_.calibration_images.empty()) return {synthetic_image(shape_, settings_.image_seed - 1)};
    const ImageSet samples = read_images(settings_.calibration_images);
    check_shape(settings_.calibration_images, samples, shape_);
    return float_images(samples, 0, samples.count, settings_.pixels);
  }

 private:
  const NetworkSettings& settings_;
  Shape shape_;
  ImageSet set_;
};

Task task_of(const NetworkSettings& settings, const Images& images, const Shape& output) {
  Task task;
  task.classes = static_cast<int>(output.elements());
  task.labels = images.labels(task.classes);
  if (settings.texts.empty()) return task;
  task.text = read_text_task(settings.texts, settings.dictionary);
  if (static_cast<int>(task.text->texts.size()) != images.count_in_file()) {
    throw SettingsError(fmt::format("{}: {} lines of text; accepted: {}, the images of {}",
                                    settings.texts.string(), task.text->texts.size(), images.count_in_file(),
                                    settings.images.string()));
  }
  task.classes = static_cast<int>(task.text->characters.size()) + 1;  // and the blank
  if (output.width != task.classes) {
    throw SettingsError(
        fmt::format("{}: {} characters and the blank; accepted: {}, the classes of the "
                    "network's output",
                    settings.dictionary.string(), task.text->characters.size(), output.width));
  }
  return task;
}

Network load_network(const NetworkSettings& settings) {
  return settings.builtin.empty() ? import_onnx(settings.model, settings.input_shape)
                                  : zoo_network(settings.builtin, settings.zoo);
}

/// The network of `network.quantized`, for an accelerator of its token form.
QuantizedNetwork load_quantized(const std::filesystem::path& file, TokenForm form) {
  QuantizedNetwork network = read_quantized(file);
  for (const QuantizedLayer& layer : network.layers) {
    if (layer.op != LayerOp::kConv || layer.token_form == form) continue;
    throw SettingsError(fmt::format("{}: weights of token form {}; accepted: {}, as accelerator.token_form",
                                    file.string(), to_string(layer.token_form), to_string(form)));
  }
  return network;
}

/// The two networks of a scenario, of which one can be missing, until `quantized` is asked for.
class Networks {
 public:
  explicit Networks(const Scenario& scenario) : scenario_(scenario) {
    const NetworkSettings& settings = scenario.network;
    if (settings.quantized.empty() || !settings.model.empty()) float_ = load_network(settings);
    if (settings.quantized.empty()) return;
    quantized_ = load_quantized(settings.quantized, scenario.accelerator.token_form);
    if (!float_) return;
    if (input_shape() != quantized_->tensors[quantized_->input].shape) {
      throw SettingsError(fmt::format("{}: takes other images than {}", settings.quantized.string(),
                                      settings.model.string()));
    }
    const std::int64_t outputs = quantized_->tensors[quantized_->output].shape.elements();
    if (output_shape().elements() != outputs) {
      throw SettingsError(fmt::format("{}: {} outputs; accepted: {}, those of {}",
                                      settings.quantized.string(), outputs, output_shape().elements(),
                                      settings.model.string()));
    }
  }

  const std::optional<Network>& floats() const { return float_; }
  Shape input_shape() const {
    return float_ ? float_->shape(float_->input) : quantized_->tensors[quantized_->input].shape;
  }

  Shape output_shape() const {
    return float_ ? float_->shape(float_->output) : quantized_->tensors[quantized_->output].shape;
  }

  /// Read, or made from the float network, which is gone then.
  QuantizedNetwork take_quantized(const Images& images) {
    if (quantized_) return std::move(*quantized_);
    const std::vector<std::vector<float>> samples = images.calibration();
    QuantizationSettings settings = scenario_.quantization;
    settings.options.threads = scenario_.run.threads;
    const Calibration calibration = calibrate(*float_, samples, settings.calibration());
    return quantize(std::move(*float_), calibration, settings.options, samples);
  }

 private:
  const Scenario& scenario_;
  std::optional<Network> float_;
  std::optional<QuantizedNetwork> quantized_;
};

}  // namespace

Samples load_samples(const Scenario& scenario, int most_images) {
  Samples samples;
  samples.network = load_network(scenario.network);
  const Images images(scenario.network, samples.network.shape(samples.network.input));
  samples.calibration = images.calibration();
  const int count = std::min(images.count(), most_images);
  for (int i = 0; i < count; ++i) samples.images.push_back(images.image(i));
  samples.task = task_of(scenario.network, images, samples.network.shape(samples.network.output));
  return samples;
}

TimingWorkload prepare_timing_workload(const Scenario& scenario) {
  Networks networks(scenario);
  const Images images(scenario.network, networks.input_shape());
  return {networks.take_quantized(images), images.count()};
}

Workload prepare_workload(const Scenario& scenario, const std::function<void(double)>& progress) {
  progress(0);
  Networks networks(scenario);
  const Images images(scenario.network, networks.input_shape());
  const int count = images.count();
  Workload workload;
  workload.task = task_of(scenario.network, images, networks.output_shape());

  std::vector<std::vector<float>> floats(count);
  for (int i = 0; i < count; ++i) floats[i] = images.image(i);
  if (networks.floats() && workload.task.has_truth()) {
    workload.float_decisions = workload.task.decide(
        count, [&](int i) { return Evaluator(*networks.floats()).run(floats[i]); }, scenario.run.threads,
        progress);
  }
  workload.network = networks.take_quantized(images);
  progress(1);
  const QuantizedTensor& input = workload.network.tensors[workload.network.input];
  for (const std::vector<float>& image : floats) workload.images.push_back(quantize_values(input, image));
  return workload;
}

}  // namespace bitbalance::scenario
