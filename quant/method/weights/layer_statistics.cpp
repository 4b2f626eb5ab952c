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

// For each group [input under the window][window].
std::vector<LayerStatistics::Matrix> LayerStatistics::gathered(const Images& images) const {
  const int pixels = shape_.pixels();
  const int depth = static_cast<int>(shape_.depth());
  const int blocks = ceil_div(pixels, kWindowsOfBlock);
  const auto columns = static_cast<int>(images.size()) * blocks;
  std::vector<Matrix> groups(shape_.groups);
  for (Matrix& matrix : groups) matrix.resize(depth, static_cast<int>(images.size()) * pixels);
  parallel_for(shape_.groups * columns, threads_, [&](int i) {
    const int image = i % columns / blocks, first = i % blocks * kWindowsOfBlock;
    const int count = std::min(kWindowsOfBlock, pixels - first);
    std::vector<float> patches;
    gather(shape_, images[image].data(), i / columns, first, count, count, patches);
    groups[i / columns].middleCols(image * pixels + first, count) =
        Eigen::Map<const Matrix>(patches.data(), depth, count);
  });
  return groups;
}

void LayerStatistics::flush() {
  if (inputs_.empty()) return;
  const std::vector<Matrix> inputs = gathered(inputs_);
  const std::vector<Matrix> targets = gathered(targets_);
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
    const auto all = inputs[part.group].middleRows(part.first, part.size());
    const auto own = all.middleRows(first, rows);
    const auto own_target =
        (wanted_.targets ? targets : inputs)[part.group].middleRows(part.first + first, rows);
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
