// NonMaxSuppression: of boxes that lie on each other the one that scores best, class by class.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <vector>

#include "quant/host/operators/families.h"

namespace bitbalance::host {
namespace {

struct Box {
  float top = 0, left = 0, bottom = 0, right = 0;

  float area() const { return (bottom - top) * (right - left); }
};

/// Two corners in any order (y, x, y, x), or the middle and the extents (x, y, width, height).
Box box_of(const float* of, bool is_center) {
  if (is_center) {
    const float width = of[2] / 2, height = of[3] / 2;
    return {of[1] - height, of[0] - width, of[1] + height, of[0] + width};
  }
  return {std::min(of[0], of[2]), std::min(of[1], of[3]), std::max(of[0], of[2]), std::max(of[1], of[3])};
}

/// Is their intersection more than this share of their union? In single precision, as onnxruntime has it.
bool overlap(const Box& a, const Box& b, float threshold) {
  const float width = std::min(a.right, b.right) - std::max(a.left, b.left);
  const float height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  if (width <= 0 || height <= 0) return false;
  const float both = width * height, either = a.area() + b.area() - both;
  return a.area() > 0 && b.area() > 0 && either > 0 && both / either > threshold;
}

/// Best first; of equal scores the one of lower index.
std::vector<std::int64_t> candidates_of(const float* scores, std::int64_t boxes,
                                        const std::vector<float>& threshold) {
  std::vector<std::int64_t> found;
  for (std::int64_t i = 0; i < boxes; ++i)
    if (threshold.empty() || scores[i] > threshold[0]) found.push_back(i);
  std::stable_sort(found.begin(), found.end(),
                   [scores](std::int64_t a, std::int64_t b) { return scores[a] > scores[b]; });
  return found;
}

/// Rows (image, class, box) of what is chosen, one class after the other, best first. There are as many rows
/// as there can be: those behind the last one are -1.
HostTensor non_max_suppression(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView &boxes = operands.at(0), &scores = operands.at(1);
  if (boxes.dims.size() != 3 || scores.dims.size() != 3 || boxes.dims[2] != 4 ||
      boxes.dims[0] != scores.dims[0] || boxes.dims[1] != scores.dims[2]) {
    throw std::invalid_argument(
        fmt::format("boxes {} with scores {}; accepted: images x boxes x 4, images x classes x boxes",
                    to_string(boxes.dims), to_string(scores.dims)));
  }
  const std::int64_t images = boxes.dims[0], classes = scores.dims[1], count = boxes.dims[1];
  const std::int64_t most = std::clamp<std::int64_t>(op.attributes.integer("max_output_boxes_per_class", 0),
                                                     0, std::max<std::int64_t>(count, 0));
  const bool is_center = op.attributes.integer("center_point_box", 0) != 0;
  const float share = op.attributes.number("iou_threshold", 0);
  if (!(share >= 0 && share <= 1))
    throw std::invalid_argument(fmt::format("iou_threshold is {}; accepted: 0 to 1", share));
  std::vector<float> threshold;
  if (const auto given = op.attributes.numbers.find("score_threshold"); given != op.attributes.numbers.end())
    threshold = given->second;
  const bool is_outline = has_outline(operands);
  HostTensor result = HostTensor::result({checked_count({images, classes, most}), 3}, is_outline);
  if (is_outline) return result;
  std::fill(result.values.begin(), result.values.end(), -1.0F);
  auto row = result.values.begin();
  for (std::int64_t image = 0; image < images; ++image) {
    std::vector<Box> all;
    for (std::int64_t i = 0; i < count; ++i)
      all.push_back(box_of(boxes.values + (image * count + i) * 4, is_center));
    for (std::int64_t of = 0; of < classes; ++of) {
      std::vector<std::int64_t> chosen;
      for (const std::int64_t i :
           candidates_of(scores.values + (image * classes + of) * count, count, threshold)) {
        if (static_cast<std::int64_t>(chosen.size()) == most) break;
        const auto hides = [&](std::int64_t other) { return overlap(all[i], all[other], share); };
        if (std::none_of(chosen.begin(), chosen.end(), hides)) chosen.push_back(i);
      }
      for (const std::int64_t i : chosen)
        for (const std::int64_t part : {image, of, i}) *row++ = static_cast<float>(part);
    }
  }
  return result;
}

}  // namespace

HostFunctions suppression_operators() {
  return {{"NonMaxSuppression", non_max_suppression}};
}

}  // namespace bitbalance::host
