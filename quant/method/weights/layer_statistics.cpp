#include "quant/method/weights/layer_statistics.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/bits.h"
#include "base/process/parallel.h"

namespace bitbalance::method {
namespace {

constexpr int kWindowsOfProduct = 4096;  // at least, where there are as many
constexpr int kWindowsOfBlock = 1024;    // that one thread gathers at once
constexpr int kPanel = 64;               // rows of a moment matrix that one thread computes at once

// Eigen cuts products to the size of the caches that it finds; with fixed sizes, sums are in the same order
// on every machine.
void fix_summation_order() {
  constexpr int kLevel1 = 32 << 10;
  constexpr int kLevel2 = 256 << 10;
  constexpr int kLevel3 = 2 << 20;
  Eigen::setCpuCacheSizes(kLevel1, kLevel2, kLevel3);
}

}  // namespace

LayerStatistics::LayerStatistics(const ConvolutionShape& shape, const MomentsWanted& wanted, int threads)
    : shape_(shape), wanted_(wanted), threads_(threads) {
  fix_summation_order();
  const int depth = static_cast<int>(shape.depth());
  for (int group = 0; group < shape.groups; ++group) {
    for (int first = 0; first < depth; first += kLargestPart) {
      const int size = std::min(kLargestPart, depth - first);
      InputMoments& part = sums_.emplace_back();
      part.group = group;
      part.first = first;
      part.mean = part.target_mean = Eigen::VectorXd::Zero(size);
      if (wanted.squares) part.square = Eigen::MatrixXd::Zero(size, size);
      if (wanted.squares && wanted.targets) part.cross = Eigen::MatrixXd::Zero(size, size);
    }
  }
}

void LayerStatistics::add(std::vector<float> input, std::vector<float> target) {
  inputs_.push_back(std::move(input));
  if (wanted_.targets) targets_.push_back(std::move(target));
  if (static_cast<std::int64_t>(inputs_.size()) * shape_.pixels() >= kWindowsOfProduct) flush();
}

// Of each group.
void LayerStatistics::gather(const Images& images, std::vector<Matrix>& groups) const {
  const int pixels = shape_.pixels();
  const int blocks = ceil_div(pixels, kWindowsOfBlock);
  const auto count = static_cast<int>(images.size());
  groups.resize(shape_.groups);
  for (Matrix& matrix : groups) matrix.resize(static_cast<int>(shape_.depth()), count * pixels);
  parallel_for(shape_.groups * count * blocks, threads_, [&](int i) {
    const int group = i / (count * blocks), image = i / blocks % count;
    const int first = i % blocks * kWindowsOfBlock;
    Matrix& matrix = groups[group];
    eval::gather_rows(shape_, images[image].data(), group, first, std::min(kWindowsOfBlock, pixels - first),
                      matrix.data() + image * pixels + first, matrix.cols());
  });
}

void LayerStatistics::flush() {
  if (inputs_.empty()) return;
  gather(inputs_, input_windows_);
  if (wanted_.targets) gather(targets_, target_windows_);
  windows_ += static_cast<std::int64_t>(inputs_.size()) * shape_.pixels();

  struct Panel {
    InputMoments* part;
    int first;
  };
  std::vector<Panel> panels;
  for (InputMoments& part : sums_)
    for (int first = 0; first < part.size(); first += kPanel) panels.push_back({&part, first});
  parallel_for(static_cast<int>(panels.size()), threads_, [&](int i) {
    InputMoments& part = *panels[i].part;
    const int first = panels[i].first;
    const int rows = std::min(kPanel, part.size() - first);
    const auto all = input_windows_[part.group].middleRows(part.first, part.size());
    const auto own = all.middleRows(first, rows);
    const auto own_target =
        (wanted_.targets ? target_windows_ : input_windows_)[part.group].middleRows(part.first + first, rows);
    part.mean.segment(first, rows) += own.cast<double>().rowwise().sum();
    part.target_mean.segment(first, rows) += own_target.template cast<double>().rowwise().sum();
    if (part.square.size() != 0) {
      const int width = first + rows;  // the lower triangle
      const Matrix product = own * all.topRows(width).transpose();
      part.square.block(first, 0, rows, width) += product.cast<double>();
    }
    if (part.cross.size() != 0) {
      const Matrix product = own_target * all.transpose();
      part.cross.middleRows(first, rows) += product.cast<double>();
    }
  });
  inputs_.clear();
  targets_.clear();
}

std::vector<InputMoments> LayerStatistics::moments() {
  flush();
  if (windows_ == 0) throw std::invalid_argument("statistics of no image; accepted: at least one");
  const double share = 1.0 / static_cast<double>(windows_);
  for (InputMoments& part : sums_) {
    part.windows = windows_;
    part.mean *= share;
    part.target_mean *= share;
    part.cross *= share;
    part.square *= share;
    part.square.triangularView<Eigen::StrictlyUpper>() = part.square.transpose();
  }
  windows_ = 0;
  return std::move(sums_);
}

}  // namespace bitbalance::method
