#include "testbench/scenario/workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/text/split.h"
#include "quant/eval/evaluator.h"
#include "quant/eval/images/image_source.h"
#include "quant/eval/images/label_file.h"
#include "quant/eval/images/picture_folder.h"
#include "quant/ir/file/quantized_file.h"
#include "quant/ir/integer_values.h"
#include "quant/ir/network_zoo.h"
#include "quant/method/calibration.h"
#include "quant/method/quantizer.h"
#include "quant/onnx/import.h"
#include "testbench/scenario/cache/network_key.h"
#include "testbench/scenario/settings/settings.h"

namespace bitbalance::scenario {
namespace {

void check_scale(const std::filesystem::path& file, const ImageSet& set, const PixelScale& scale) {
  for (const auto& [key, values] :
       {std::pair{"pixel_mean", &scale.mean}, std::pair{"pixel_deviation", &scale.deviation}}) {
    if (values->size() == 1 || values->size() == static_cast<std::size_t>(set.channels)) continue;
    throw SettingsError(fmt::format("network.{}: {} values; accepted: 1, or {}, the channels of {}", key,
                                    values->size(), set.channels, file.string()));
  }
}

/// Images of a file, or synthetic ones.
class Images {
 public:
  /// `type`: of the network's input, ONNX's number.
  Images(const NetworkSettings& settings, const Shape& shape, int type)
      : settings_(settings), shape_(shape), type_(type), pixels_(settings.pixels) {
    if (!ir::is_real_type(type)) pixels_.white = 1;
    if (settings.synthetic()) return;
    const bool are_named = !settings.class_names.empty();
    const std::vector<std::string> names =
        are_named ? read_class_names(settings.class_names) : std::vector<std::string>();
    FoundImages found = read(settings.images, settings.count, names);
    set_ = std::move(found.set);
    there_are_ = found.there_are;
    if (settings.labels.empty()) return;
    if (!set_.labels.empty()) {
      throw SettingsError(
          fmt::format("{}: labels of images that have a folder per class; accepted: one of both",
                      settings.labels.string()));
    }
    set_.labels = read_labels(settings.labels, names);
    if (set_.labels.size() != static_cast<std::size_t>(there_are_)) {
      throw SettingsError(fmt::format("{}: holds {} labels for the {} images of {}", settings.labels.string(),
                                      set_.labels.size(), there_are_, settings.images.string()));
    }
    set_.labels.resize(static_cast<std::size_t>(set_.count));
  }

  int count() const {
    if (settings_.synthetic()) return synthetic_count(settings_);
    if (settings_.count > there_are_) {
      throw SettingsError(fmt::format("network.count: {}; accepted: 0 to {}, the images of {}",
                                      settings_.count, there_are_, settings_.images.string()));
    }
    return settings_.count == 0 ? set_.count : settings_.count;
  }

  int there_are() const { return there_are_; }

  std::vector<float> image(int index) const {
    if (settings_.synthetic()) return synthetic(settings_.image_seed + index);
    return float_images(set_, index, 1, pixels_).front();
  }

  /// Of the images of the run; none without a file.
  std::vector<int> labels(int classes) const {
    if (set_.labels.empty()) return {};
    std::vector<int> labels(set_.labels.begin(), set_.labels.begin() + count());
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] < classes) continue;
      const std::filesystem::path& place = settings_.labels.empty() ? settings_.images : settings_.labels;
      throw SettingsError(fmt::format("{}: label {} is {}; accepted: 0 to {}, the network's outputs",
                                      place.string(), i, labels[i], classes - 1));
    }
    return labels;
  }

  /// The images that choose the scales; of synthetic ones the one before the first.
  std::vector<std::vector<float>> calibration() const {
    if (settings_.calibration_images.empty()) return {synthetic(settings_.image_seed - 1)};
    const ImageSet samples = read(settings_.calibration_images, 0, {}).set;
    return float_images(samples, 0, samples.count, pixels_);
  }

 private:
  /// Of bytes for a network of bytes, else of their shares of 255.
  std::vector<float> synthetic(std::int64_t seed) const {
    std::vector<float> image = synthetic_image(shape_, seed);
    if (type_ == ir::kUint8)
      for (float& value : image) value = std::round(value * 255);
    return image;
  }

  FoundImages read(const std::filesystem::path& place, int count,
                   const std::vector<std::string>& names) const {
    const ImageFormat format = {settings_.layout, number_format(settings_.raw), settings_.resize};
    FoundImages found = find_images(place, format, shape_, count, names);
    check_scale(place, found.set, pixels_);
    return found;
  }

  const NetworkSettings& settings_;
  Shape shape_;
  int type_;
  PixelScale pixels_;
  ImageSet set_;
  int there_are_ = 0;  ///< images where those of `set_` are from
};

Task task_of(const NetworkSettings& settings, const Images& images, const Shape& output) {
  Task task;
  task.classes = static_cast<int>(output.elements());
  task.labels = images.labels(task.classes);
  if (settings.texts.empty()) return task;
  task.text = read_text_task(settings.texts, settings.dictionary);
  if (static_cast<int>(task.text->texts.size()) != images.there_are()) {
    throw SettingsError(fmt::format("{}: {} lines of text; accepted: {}, the images of {}",
                                    settings.texts.string(), task.text->texts.size(), images.there_are(),
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

std::vector<std::string> output_names(const std::string& list) {
  return list.empty() ? std::vector<std::string>() : split(list, ',');
}

Network load_network(const NetworkSettings& settings, int threads) {
  if (settings.builtin.empty()) {
    return import_onnx(settings.model,
                       {settings.input_shape, output_names(settings.outputs), settings.fixed_inputs});
  }
  ZooOptions zoo = settings.zoo;
  zoo.threads = threads;
  return zoo_network(settings.builtin, zoo);
}

/// The network of `network.quantized`, for an accelerator of its token form. What its outputs do not need is
/// computed all the same.
QuantizedNetwork load_quantized(const std::filesystem::path& file, const std::string& outputs,
                                TokenForm form) {
  QuantizedNetwork network = read_quantized(file);
  if (!outputs.empty()) {
    try {
      std::vector<std::string> known;
      for (const Output& output : network.outputs) known.push_back(output.name);
      std::vector<Output> chosen;
      for (const std::size_t place : places_of_outputs(known, output_names(outputs)))
        chosen.push_back(network.outputs[place]);
      network.outputs = std::move(chosen);
    } catch (const std::invalid_argument& error) {
      throw SettingsError(fmt::format("{}: {}", file.string(), error.what()));
    }
    network.output = network.outputs.front().tensor;
  }
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
  Networks(const Scenario& scenario, const NetworkCache* cache) : scenario_(scenario), cache_(cache) {
    const NetworkSettings& settings = scenario.network;
    if (settings.quantized.empty() && cache_ != nullptr) {
      key_ = network_key(scenario);
      if (key_) quantized_ = cache_->find(*key_);
      if (quantized_) return;
    }
    if (settings.quantized.empty() || !settings.model.empty())
      float_ = load_network(settings, scenario.run.threads);
    if (settings.quantized.empty()) return;
    quantized_ = load_quantized(settings.quantized, settings.outputs, scenario.accelerator.token_form);
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

  /// nullptr: the scenario has none. Precondition: take_quantized() was not called.
  const Network* floats() {
    const NetworkSettings& settings = scenario_.network;
    if (!float_ && settings.quantized.empty()) float_ = load_network(settings, scenario_.run.threads);
    return float_ ? &*float_ : nullptr;
  }
  Shape input_shape() const {
    return float_ ? float_->shape(float_->input) : quantized_->tensors[quantized_->input].shape;
  }

  int input_type() const { return float_ ? float_->input_type : quantized_->input_type; }

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
    QuantizedNetwork network = quantize(std::move(*float_), calibration, settings.options, samples);
    if (key_) cache_->store(*key_, network);
    return network;
  }

 private:
  const Scenario& scenario_;
  const NetworkCache* cache_;       ///< nullptr: none
  std::optional<std::string> key_;  ///< of the quantized network in it; none: it is not kept
  std::optional<Network> float_;
  std::optional<QuantizedNetwork> quantized_;
};

}  // namespace

Plane input_codes(const Scenario& scenario, const QuantizedNetwork& network, const std::vector<float>& image,
                  int index) {
  const QuantizedTensor& input = network.tensors[network.input];
  const bool is_read = std::any_of(network.layers.begin(), network.layers.end(), [&](const auto& layer) {
    return !on_host(layer.op) && (layer.input == network.input || layer.operand == network.input);
  });
  if (!is_read && input.scale == 1) {
    const ir::IntegerRange codes = range_of(input);
    const auto beyond = std::find_if(image.begin(), image.end(), [&](float value) {
      return value < static_cast<float>(codes.low) || value > static_cast<float>(codes.high);
    });
    if (beyond != image.end()) {
      throw SettingsError(fmt::format(
          "{}: image {} has {}; accepted: {} to {}, of whole numbers that no layer of the accelerator reads",
          scenario.network.images.string(), index, *beyond, codes.low, codes.high));
    }
  }
  return quantize_values(input, image);
}

bool has_truth(const NetworkSettings& settings) {
  return !settings.labels.empty() || !settings.texts.empty() || has_class_folders(settings.images);
}

Samples load_samples(const Scenario& scenario, int most_images) {
  Samples samples;
  samples.network = load_network(scenario.network, scenario.run.threads);
  const Images images(scenario.network, samples.network.shape(samples.network.input),
                      samples.network.input_type);
  samples.calibration = images.calibration();
  const int count = std::min(images.count(), most_images);
  for (int i = 0; i < count; ++i) samples.images.push_back(images.image(i));
  samples.task = task_of(scenario.network, images, samples.network.shape(samples.network.output));
  return samples;
}

TimingWorkload prepare_timing_workload(const Scenario& scenario, const NetworkCache* cache) {
  Networks networks(scenario, cache);
  const Images images(scenario.network, networks.input_shape(), networks.input_type());
  return {networks.take_quantized(images), images.count()};
}

Workload prepare_workload(const Scenario& scenario, const std::function<void(double)>& progress,
                          const NetworkCache* cache) {
  progress(0);
  Networks networks(scenario, cache);
  const Images images(scenario.network, networks.input_shape(), networks.input_type());
  const int count = images.count();
  Workload workload;
  workload.task = task_of(scenario.network, images, networks.output_shape());

  std::vector<std::vector<float>> floats(count);
  for (int i = 0; i < count; ++i) floats[i] = images.image(i);
  if (const Network* const network = workload.task.has_truth() ? networks.floats() : nullptr) {
    workload.float_decisions = workload.task.decide(
        count, [&](int i) { return Evaluator(*network).run(floats[i]); }, scenario.run.threads, progress);
  }
  workload.network = networks.take_quantized(images);
  progress(1);
  for (int i = 0; i < count; ++i)
    workload.images.push_back(input_codes(scenario, workload.network, floats[i], i));
  return workload;
}

}  // namespace bitbalance::scenario
