#include "quant/eval/image_set.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <stdexcept>

#include "base/checked.h"
#include "base/outside_text.h"

namespace bitbalance::eval {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& problem) {
  throw std::invalid_argument(one_line(file.string() + ": " + problem));
}

struct IdxFile {
  std::vector<int> extents;
  std::vector<std::uint8_t> data;
};

// Layout: two zero bytes, element type (8: unsigned byte), number of dimensions, then each extent and the
// data; numbers are big-endian 32 bit (yann.lecun.com/exdb/mnist).
IdxFile read_idx(const std::filesystem::path& file, unsigned least_dimensions, unsigned most_dimensions) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream || std::filesystem::is_directory(file)) fail(file, unreadable(file) + "; accepted: an IDX file");
  const auto read_word = [&] {
    std::array<char, 4> bytes{};
    if (!stream.read(bytes.data(), bytes.size())) fail(file, "is truncated inside the IDX header");
    std::uint32_t word = 0;
    for (const char byte : bytes) word = word << 8 | static_cast<std::uint8_t>(byte);
    return word;
  };
  const std::uint32_t magic = read_word();
  const std::uint32_t first_accepted = 0x800 + least_dimensions;
  const std::uint32_t last_accepted = 0x800 + most_dimensions;
  if (magic < first_accepted || magic > last_accepted) {
    fail(file,
         fmt::format("magic number 0x{:08x} is not that of an uncompressed IDX file of bytes; accepted: {}",
                     magic,
                     first_accepted == last_accepted
                         ? fmt::format("0x{:08x}", first_accepted)
                         : fmt::format("0x{:08x} to 0x{:08x}", first_accepted, last_accepted)));
  }
  IdxFile idx;
  std::int64_t expected = 1;
  for (unsigned i = 0; i < magic - 0x800; ++i) {
    const std::uint32_t extent = read_word();
    constexpr std::int64_t kLargestFile = std::int64_t{1} << 33;  // bytes
    if (extent < 1 || extent > kLargestExtent)
      fail(file, fmt::format("extent {} is {}; accepted: 1 to {}", i, extent, kLargestExtent));
    idx.extents.push_back(static_cast<int>(extent));
    expected *= extent;
    if (expected > kLargestFile) fail(file, "the header asks for more than 8 GiB of data");
  }
  const auto start = stream.tellg();
  stream.seekg(0, std::ios::end);
  const auto found = static_cast<std::int64_t>(stream.tellg() - start);
  if (found != expected) {
    fail(file, fmt::format("{}: {} bytes of data found, the header asks for {}",
                           found < expected ? "is truncated" : "is too long", found, expected));
  }
  stream.seekg(start);
  idx.data.resize(static_cast<std::size_t>(expected));
  stream.read(reinterpret_cast<char*>(idx.data.data()), static_cast<std::streamsize>(expected));
  return idx;
}

}  // namespace

ImageSet read_images(const std::filesystem::path& images) {
  IdxFile idx = read_idx(images, 3, 4);
  ImageSet set;
  const bool has_channels = idx.extents.size() == 4;
  set.count = idx.extents[0];
  set.channels = has_channels ? idx.extents[1] : 1;
  set.height = idx.extents[has_channels ? 2 : 1];
  set.width = idx.extents[has_channels ? 3 : 2];
  set.pixels = std::move(idx.data);
  return set;
}

ImageSet read_images(const std::filesystem::path& images, const std::filesystem::path& labels) {
  ImageSet set = read_images(images);
  set.labels = read_idx(labels, 1, 1).data;
  if (set.labels.size() != static_cast<std::size_t>(set.count)) {
    fail(labels, fmt::format("holds {} labels for the {} images of {}", set.labels.size(), set.count,
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
  const auto size = static_cast<std::size_t>(set.shape().elements());
  std::vector<std::vector<float>> images(count, std::vector<float>(size));
  for (int i = 0; i < count; ++i) {
    const std::uint8_t* pixels = &set.pixels[(first + i) * size];
    std::transform(pixels, pixels + size, images[i].begin(), [&](std::uint8_t pixel) {
      return static_cast<float>((static_cast<float>(pixel) / 255.0F - scale.mean) / scale.deviation);
    });
  }
  return images;
}

double accuracy(const std::vector<int>& predictions, const std::vector<std::uint8_t>& labels) {
  if (predictions.empty() || predictions.size() > labels.size()) {
    throw std::invalid_argument(
        fmt::format("accuracy of {} predictions over {} labels", predictions.size(), labels.size()));
  }
  std::size_t right = 0;
  for (std::size_t i = 0; i < predictions.size(); ++i) right += predictions[i] == labels[i] ? 1 : 0;
  return static_cast<double>(right) / static_cast<double>(predictions.size());
}

}  // namespace bitbalance::eval
