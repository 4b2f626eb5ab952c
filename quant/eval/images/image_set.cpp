#include "quant/eval/images/image_set.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "quant/eval/images/label_file.h"
#include "quant/eval/images/refusal.h"

namespace bitbalance::eval {
namespace {

constexpr double kLargestValue = 1e9;

/// Element (image, channel, y, x) of the file is element_at(that) there, counted in planar order.
template <class Number, class Read>
std::vector<Number> planar(const ImageSet& set, ImageLayout layout, const Read& read) {
  const std::int64_t pixels = std::int64_t{set.height} * set.width, all = set.count * set.shape().elements();
  const bool channels_last = layout == ImageLayout::kNhwc;
  std::vector<Number> numbers(static_cast<std::size_t>(all));
  std::size_t to = 0;
  for (std::int64_t image = 0; image < set.count; ++image) {
    const std::int64_t first = image * set.shape().elements();
    for (std::int64_t channel = 0; channel < set.channels; ++channel) {
      for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
        numbers[to++] =
            read(first + (channels_last ? pixel * set.channels + channel : channel * pixels + pixel));
      }
    }
  }
  return numbers;
}

/// One value for all channels, or one for each.
double of_channel(const std::vector<double>& values, int channel) {
  return values.size() == 1 ? values.front() : values[static_cast<std::size_t>(channel)];
}

/// All extents between the image and the rows.
int channels_of(const std::filesystem::path& images, const std::vector<int>& extents) {
  std::int64_t channels = 1;
  for (std::size_t d = 1; d + 2 < extents.size(); ++d) {
    channels *= extents[d];
    if (channels > kLargestExtent) {
      refuse(images, fmt::format("extents between image and rows of {} or more elements; accepted: up to {}",
                                 channels, kLargestExtent));
    }
  }
  return static_cast<int>(channels);
}

ImageSet images_of(Array array, const std::filesystem::path& images, ImageLayout layout) {
  const std::vector<int>& e = array.extents;
  ImageSet set;
  set.count = e[0];
  const bool channels_last = layout == ImageLayout::kNhwc;
  const std::size_t rank = e.size();
  if (rank < 2 || (rank > 4 && channels_last)) {
    refuse(images,
           fmt::format("{} extents; accepted{}: 2 (image, channel), 3 (image, y, x), or 4{} (with "
                       "channels)",
                       rank, channels_last ? " in the layout nhwc" : "", channels_last ? "" : " and more"));
  }
  if (rank == 2) {
    set.channels = e[1];
    set.height = set.width = 1;
  } else if (rank == 4 && channels_last) {
    set.channels = e[3];
    set.height = e[1];
    set.width = e[2];
  } else {
    set.channels = channels_of(images, e);
    set.height = e[rank - 2];
    set.width = e[rank - 1];
  }
  if (array.format.is_byte()) {
    const bool is_planar = layout == ImageLayout::kNchw || set.channels == 1;
    set.pixels = is_planar ? std::move(array.data) : planar<std::uint8_t>(set, layout, [&](std::int64_t at) {
      return array.data[static_cast<std::size_t>(at)];
    });
    return set;
  }
  set.values = planar<float>(set, layout, [&](std::int64_t at) {
    const double value = array.value(at);
    if (!(std::abs(value) <= kLargestValue)) {
      refuse(images, fmt::format("a value of image {} is {}; accepted: -1e9 to 1e9",
                                 at / set.shape().elements(), value));
    }
    return static_cast<float>(value);
  });
  return set;
}

}  // namespace

const char* to_string(ImageLayout layout) {
  switch (layout) {
    case ImageLayout::kNchw:
      return "nchw";
    case ImageLayout::kNhwc:
      return "nhwc";
  }
  return "?";
}

ImageSet read_images(const std::filesystem::path& images, ImageLayout layout) {
  return images_of(read_array(images), images, layout);
}

ImageSet read_raw_images(const std::filesystem::path& images, const NumberFormat& format, const Shape& shape,
                         ImageLayout layout) {
  const std::vector<int> extents = layout == ImageLayout::kNchw
                                       ? std::vector<int>{shape.channels, shape.height, shape.width}
                                       : std::vector<int>{shape.height, shape.width, shape.channels};
  return images_of(read_raw_array(images, format, extents), images, layout);
}

ImageSet read_images(const std::filesystem::path& images, const std::filesystem::path& labels) {
  ImageSet set = read_images(images);
  set.labels = read_labels(labels);
  if (set.labels.size() != static_cast<std::size_t>(set.count)) {
    refuse(labels, fmt::format("holds {} labels for the {} images of {}", set.labels.size(), set.count,
                               images.string()));
  }
  return set;
}

std::vector<std::vector<float>> float_images(const ImageSet& set, int first, int count,
                                             const PixelScale& scale) {
  if (first < 0 || count < 0 || count > set.count - first) {
    throw std::invalid_argument(fmt::format("images {} to {} asked for; the set holds 0 to {}", first,
                                            first + count - 1, set.count - 1));
  }
  for (const std::vector<double>* values : {&scale.mean, &scale.deviation}) {
    if (values->size() == 1 || values->size() == static_cast<std::size_t>(set.channels)) continue;
    throw std::invalid_argument(
        fmt::format("{} means or deviations of channels; accepted: 1, or {}, as many as there are channels",
                    values->size(), set.channels));
  }
  const auto size = static_cast<std::size_t>(set.shape().elements());
  const std::size_t plane = size / static_cast<std::size_t>(set.channels);
  std::vector<std::vector<float>> images(count, std::vector<float>(size));
  for (int i = 0; i < count; ++i) {
    const std::size_t start = static_cast<std::size_t>(first + i) * size;
    for (int channel = 0; channel < set.channels; ++channel) {
      const double mean = of_channel(scale.mean, channel), deviation = of_channel(scale.deviation, channel);
      for (std::size_t at = channel * plane; at < (channel + 1) * plane; ++at) {
        const float value = set.values.empty() ? static_cast<float>(set.pixels[start + at]) / scale.white
                                               : set.values[start + at];
        images[i][at] = static_cast<float>((value - mean) / deviation);
      }
    }
  }
  return images;
}

double accuracy(const std::vector<int>& predictions, const std::vector<int>& labels) {
  if (predictions.empty() || predictions.size() > labels.size()) {
    throw std::invalid_argument(
        fmt::format("accuracy of {} predictions over {} labels", predictions.size(), labels.size()));
  }
  std::size_t right = 0;
  for (std::size_t i = 0; i < predictions.size(); ++i) right += predictions[i] == labels[i] ? 1 : 0;
  return static_cast<double>(right) / static_cast<double>(predictions.size());
}

}  // namespace bitbalance::eval
