// Labelled test images in the IDX format of MNIST, and the accuracy over them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/shape.h"
#include "quant/eval/names.h"

namespace bitbalance::eval {

struct ImageSet {
  int count = 0;
  int height = 0;
  int width = 0;
  int channels = 1;
  std::vector<std::uint8_t> pixels;  ///< [image][channel][y][x]
  std::vector<std::uint8_t> labels;  ///< one per image; empty without a label file

  Shape shape() const { return {channels, height, width}; }
};

/// Reads uncompressed idx3-ubyte images [image][y][x] (or idx4-ubyte [image][channel][y][x]). Throws
/// std::invalid_argument naming the file for a missing or truncated file and a wrong magic number.
ImageSet read_images(const std::filesystem::path& images);

/// The same with the labels of an idx1-ubyte file, whose count must be the images'.
ImageSet read_images(const std::filesystem::path& images, const std::filesystem::path& labels);

/// What a network takes for a pixel: (pixel / 255 - mean) / deviation.
struct PixelScale {
  double mean = 0;
  double deviation = 1;
};

/// Images first .. first + count - 1 as a network takes them, planar. Throws std::invalid_argument when the
/// set holds fewer.
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
double accuracy(const std::vector<int>& predictions, const std::vector<std::uint8_t>& labels);

}  // namespace bitbalance::eval
