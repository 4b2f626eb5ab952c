// Labelled test images in files of others (IDX, NPY, NPZ, raw), and the accuracy over them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/shape.h"
#include "quant/eval/images/array_file.h"
#include "quant/eval/names.h"

namespace bitbalance::eval {

struct ImageSet {
  int count = 0;
  int height = 0;
  int width = 0;
  int channels = 1;
  std::vector<std::uint8_t> pixels;  ///< [image][channel][y][x], of a file of bytes
  std::vector<float> values;         ///< the same of a file of other numbers; one of the two is empty
  std::vector<int> labels;           ///< classes, one per image; empty without a label file

  Shape shape() const { return {channels, height, width}; }
};

/// Order of the extents of a file with four: images first, and channels ...
enum class ImageLayout {
  kNchw,  ///< ... ahead of rows and columns, as PyTorch has them
  kNhwc,  ///< ... last, as TensorFlow and image files have them
};
const char* to_string(ImageLayout layout);

/// Reads images of an array file (array_file.h): [image][y][x], or with channels as `layout` says; with two
/// extents [image][channel], with more than four [image]...[y][x], where all between are channels. Throws
/// std::invalid_argument naming the file for what read_array() refuses, other extents, and numbers that are
/// not finite or beyond +-1e9.
ImageSet read_images(const std::filesystem::path& images, ImageLayout layout = ImageLayout::kNchw);

/// The same of a file of numbers without a header (read_raw_array), images of `shape`.
ImageSet read_raw_images(const std::filesystem::path& images, const NumberFormat& format, const Shape& shape,
                         ImageLayout layout);

/// The same with the labels of their file (label_file.h), which must be as many.
ImageSet read_images(const std::filesystem::path& images, const std::filesystem::path& labels);

/// What a network takes for a pixel: (pixel / white - mean) / deviation; of numbers that are no bytes
/// (value - mean) / deviation. One mean and deviation for all channels, or one for each.
struct PixelScale {
  std::vector<double> mean = {0};
  std::vector<double> deviation = {1};
  float white = 255;  ///< 1 for a network of integers: it takes the bytes themselves
};

/// Images first .. first + count - 1 as a network takes them, planar. Throws std::invalid_argument when the
/// set holds fewer, or other channels than the scale.
std::vector<std::vector<float>> float_images(const ImageSet& set, int first, int count,
                                             const PixelScale& scale = {});

/// Index of the largest element, the first of equals: the class a classifier predicts.
template <typename T>
int argmax(const std::vector<T>& scores) {
  return static_cast<int>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

/// argmax of each run of `classes` elements: what a network decides that tells one thing after the other.
template <typename T>
std::vector<int> decisions(const std::vector<T>& scores, int classes) {
  std::vector<int> best;
  for (auto run = scores.begin(); run + classes <= scores.end(); run += classes)
    best.push_back(static_cast<int>(std::max_element(run, run + classes) - run));
  return best;
}

/// Share of predictions equal to the label at the same index, 0..1. Throws std::invalid_argument when there
/// are more predictions than labels, or none.
double accuracy(const std::vector<int>& predictions, const std::vector<int>& labels);

}  // namespace bitbalance::eval
