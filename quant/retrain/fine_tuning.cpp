#include "quant/retrain/fine_tuning.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "base/text/config_error.h"

namespace bitbalance::retrain {
namespace {

namespace functional = torch::nn::functional;

/// Images [n][channels][height][width] as the network takes them: bytes / 255.
torch::Tensor images_tensor(const ImageSet& set) {
  const std::vector<std::int64_t> extents = {set.count, set.channels, set.height, set.width};
  if (!set.values.empty())
    return torch::tensor(at::ArrayRef<float>(set.values.data(), set.values.size())).reshape(extents);
  const torch::Tensor bytes =
      torch::tensor(at::ArrayRef<std::uint8_t>(set.pixels.data(), set.pixels.size()), torch::kUInt8);
  return bytes.reshape(extents).to(torch::kFloat32) / 255.0;
}

torch::Tensor labels_tensor(const ImageSet& set) {
  return torch::tensor(at::ArrayRef<int>(set.labels.data(), set.labels.size()), torch::kInt32)
      .to(torch::kInt64);
}

/// Each image mirrored and moved on its own.
torch::Tensor augmented(torch::Tensor images, const FineTuningOptions& options, at::Generator& generator) {
  const std::int64_t count = images.size(0);
  if (options.mirror) {
    const torch::Tensor mirrored = torch::rand({count}, generator) < 0.5;
    images = torch::where(mirrored.reshape({count, 1, 1, 1}), images.flip(3), images);
  }
  if (options.shift == 0) return images;
  const int reach = options.shift;
  const torch::Tensor padded = torch::constant_pad_nd(images, {reach, reach, reach, reach}, 0);
  const torch::Tensor top = torch::randint(2 * reach + 1, {count, 1}, generator);
  const torch::Tensor left = torch::randint(2 * reach + 1, {count, 1}, generator);
  const torch::Tensor rows = (top + torch::arange(images.size(2))).reshape({count, 1, -1, 1});
  const torch::Tensor columns = (left + torch::arange(images.size(3))).reshape({count, 1, 1, -1});
  const torch::Tensor channel = torch::arange(images.size(1)).reshape({1, -1, 1, 1});
  const torch::Tensor image = torch::arange(count).reshape({count, 1, 1, 1});
  return padded.index({image, channel, rows, columns});
}

double rate_at(double share, double peak) {
  constexpr double kWarmUp = 0.05;
  if (share < kWarmUp) return peak * share / kWarmUp;
  return peak * 0.5 * (1 + std::cos(M_PI * (share - kWarmUp) / (1 - kWarmUp)));
}

torch::Tensor loss_of(const torch::Tensor& logits, const torch::Tensor& labels, const torch::Tensor& teacher,
                      double distillation) {
  torch::Tensor hard = functional::cross_entropy(logits, labels);
  if (distillation == 0) return hard;
  const torch::Tensor soft = -(teacher * functional::log_softmax(logits, 1)).sum(1).mean();
  return hard * (1 - distillation) + soft * distillation;
}

void check(const TrainableNetwork& network, const ImageSet& images, const FineTuningOptions& options) {
  const auto require_data = [](bool holds, const std::string& message) {
    if (!holds) throw std::invalid_argument(message);
  };
  require(options.epochs >= 1, "training", "epochs", options.epochs, "1 or more");
  require(options.batch >= 1 && options.batch <= images.count, "training", "batch", options.batch,
          fmt::format("1 to {}, the number of images", images.count));
  require(options.peak_rate > 0, "training", "rate", options.peak_rate, "above 0");
  require(options.distillation >= 0 && options.distillation <= 1, "training", "distillation",
          options.distillation, "0 to 1");
  require_data(!images.labels.empty(), "training needs labels");
  const Network float_network = network.network();
  const Shape& input = float_network.shape(float_network.input);
  require_data(images.shape() == input,
               fmt::format("training images are {}x{}x{}; the network takes {}x{}x{}", images.channels,
                           images.height, images.width, input.channels, input.height, input.width));
  const std::int64_t classes = float_network.shape(float_network.output).elements();
  const int largest = *std::max_element(images.labels.begin(), images.labels.end());
  require_data(largest < classes,
               fmt::format("label {} in the training data; accepted: 0..{}", largest, classes - 1));
}

}  // namespace

void fine_tune(TrainableNetwork& network, const ImageSet& images, const FineTuningOptions& options,
               const EpochCallback& epoch_done, const StepCallback& progress) {
  check(network, images, options);
  const TrainableNetwork teacher(network.network(), network.quantized());
  const torch::Tensor all_images = images_tensor(images);
  const torch::Tensor all_labels = labels_tensor(images);
  at::Generator generator = at::detail::createCPUGenerator(static_cast<std::uint64_t>(options.seed));
  torch::optim::SGD optimizer(network.parameters(), torch::optim::SGDOptions(options.peak_rate)
                                                        .momentum(0.9)
                                                        .nesterov(true)
                                                        .weight_decay(options.weight_decay));
  const int steps = images.count / options.batch;  // the incomplete last batch is dropped
  const double all_steps = static_cast<double>(steps) * options.epochs;
  int done = 0;
  for (int epoch = 1; epoch <= options.epochs; ++epoch) {
    const torch::Tensor order = torch::randperm(images.count, generator);
    double loss_sum = 0;
    for (int step = 0; step < steps; ++step) {
      const torch::Tensor chosen = order.narrow(0, std::int64_t{step} * options.batch, options.batch);
      const torch::Tensor inputs = augmented(all_images.index({chosen}), options, generator);
      torch::Tensor targets;
      if (options.distillation > 0) {
        const torch::NoGradGuard no_gradient;
        targets = functional::softmax(teacher.forward(inputs, false), 1);
      }
      for (auto& group : optimizer.param_groups()) {
        static_cast<torch::optim::SGDOptions&>(group.options())
            .lr(rate_at(done / all_steps, options.peak_rate));
      }
      const torch::Tensor loss =
          loss_of(network.forward(inputs, true), all_labels.index({chosen}), targets, options.distillation);
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
      loss_sum += loss.item<double>();
      progress(++done / all_steps);
    }
    epoch_done(epoch, loss_sum / steps);
  }
}

double accuracy_of(const TrainableNetwork& network, const ImageSet& images, bool quantized) {
  const torch::NoGradGuard no_gradient;
  constexpr std::int64_t kBatch = 500;
  const torch::Tensor all_images = images_tensor(images);
  const torch::Tensor all_labels = labels_tensor(images);
  std::int64_t correct = 0;
  for (std::int64_t first = 0; first < images.count; first += kBatch) {
    const std::int64_t count = std::min(kBatch, images.count - first);
    const torch::Tensor logits = network.forward(all_images.narrow(0, first, count), quantized);
    correct += (logits.argmax(1) == all_labels.narrow(0, first, count)).sum().item<std::int64_t>();
  }
  return static_cast<double>(correct) / images.count;
}

}  // namespace bitbalance::retrain
