// Resize and Upsample: interpolation along every dimension, one dimension after the other.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "quant/host/operators/families.h"

namespace bitbalance::host {
namespace {

/// How one dimension is resized.
struct Resizing {
  std::int64_t input = 1, output = 1;
  float scale = 1;  ///< output / input as the model says, before rounding
  float roi_start = 0, roi_end = 1;
  std::string coordinates, mode, nearest;
  double cubic_a = -0.75;
  bool exclude_outside = false;
  bool antialias = false;  ///< where the image shrinks, the filter is wider by as much
  float extrapolation = 0;
};

/// Where output element `at` lies in the input. In single precision, as onnxruntime has it: rounding to the
/// nearest element meets the same ties.
float position(const Resizing& r, std::int64_t at) {
  const auto x = static_cast<float>(at);
  const auto input = static_cast<float>(r.input);
  const auto output = static_cast<float>(r.output);
  if (r.coordinates == "asymmetric") return x / r.scale;
  if (r.coordinates == "align_corners") return r.output == 1 ? 0 : x * (input - 1) / (output - 1);
  if (r.coordinates == "pytorch_half_pixel") return r.output == 1 ? 0 : (x + 0.5F) / r.scale - 0.5F;
  if (r.coordinates == "tf_half_pixel_for_nn") return (x + 0.5F) / r.scale;
  if (r.coordinates == "tf_crop_and_resize") {
    const float step = r.output == 1 ? 0 : x * (r.roi_end - r.roi_start) * (input - 1) / (output - 1);
    const float start = r.output == 1 ? 0.5F * (r.roi_start + r.roi_end) : r.roi_start;
    return start * (input - 1) + step;
  }
  const float half_pixel = (x + 0.5F) / r.scale - 0.5F;
  if (r.coordinates != "half_pixel_symmetric") return half_pixel;
  // What rounding has cut off lies on both sides.
  return input / 2 * (1 - output / (r.scale * input)) + half_pixel;
}

/// How many elements `scale` makes of an extent. In single precision, as ONNX's shape inference and
/// onnxruntime have it: 0.7 of 10 are 7 there, and 6 in double precision.
std::int64_t scaled(std::int64_t extent, float scale) {
  const float result = std::floor(static_cast<float>(extent) * scale);
  if (!(result >= 1 && result <= static_cast<float>(kMostElements)))
    throw std::invalid_argument(fmt::format("an extent of {} times {}; accepted: from 1", extent, scale));
  return static_cast<std::int64_t>(result);
}

/// Input elements first, first + 1, ... with weights; indices outside repeat the edge.
struct Taps {
  std::int64_t first = 0;
  std::vector<double> weights;
};

Taps nearest_tap(const Resizing& r, double x) {
  double chosen = std::floor(x);
  const double fraction = x - chosen;
  if (r.nearest == "ceil") chosen = std::ceil(x);
  if (r.nearest == "round_prefer_floor" && fraction > 0.5) ++chosen;
  if (r.nearest == "round_prefer_ceil" && fraction >= 0.5) ++chosen;
  return {static_cast<std::int64_t>(chosen), {1}};
}

/// Weight of an element at a distance, by the cubic convolution of a parameter (Keys, 1981).
double cubic(double a, double d) {
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d <= 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

/// Those on which the filter, stretched to cover what one element of the result stands for, is not 0.
Taps wide_taps(const Resizing& r, double x) {
  const double scale = r.scale, reach = (r.mode == "cubic" ? 2 : 1) / scale;
  const auto filter = [&](double d) {
    return r.mode == "cubic" ? cubic(r.cubic_a, d) : std::max(0.0, 1 - d);
  };
  Taps result = {static_cast<std::int64_t>(std::ceil(x - reach)), {}};
  const auto last = static_cast<std::int64_t>(std::floor(x + reach));
  for (std::int64_t at = result.first; at <= last; ++at)
    result.weights.push_back(filter(std::abs(static_cast<double>(at) - x) * scale));
  const double sum = std::accumulate(result.weights.begin(), result.weights.end(), 0.0);
  for (double& weight : result.weights) weight /= sum;
  return result;
}

Taps taps(const Resizing& r, double x) {
  if (r.mode == "nearest") return nearest_tap(r, x);
  const double base = std::floor(x);
  const double t = x - base;
  const auto first = static_cast<std::int64_t>(base);
  Taps result = {first, {1 - t, t}};
  if (r.antialias && r.scale < 1) {
    result = wide_taps(r, x);
  } else if (r.mode == "cubic") {
    const auto weight = [&](double distance) { return cubic(r.cubic_a, distance); };
    result = {first - 1, {weight(1 + t), weight(t), weight(1 - t), weight(2 - t)}};
  }
  if (r.exclude_outside) {
    for (std::size_t i = 0; i < result.weights.size(); ++i) {
      const std::int64_t at = result.first + static_cast<std::int64_t>(i);
      if (at < 0 || at >= r.input) result.weights[i] = 0;
    }
    const double sum = std::accumulate(result.weights.begin(), result.weights.end(), 0.0);
    for (double& weight : result.weights) weight /= sum;
  }
  return result;
}

HostTensor resize_axis(const HostTensor& x, std::size_t axis, const Resizing& r) {
  const double reach = r.antialias && r.scale < 1 ? 4 / r.scale : 4;  // of taps
  Dims dims = x.dims;
  dims[axis] = r.output;
  HostTensor result(dims);
  const std::int64_t outer = element_count(dims, 0, axis), inner = element_count(dims, axis + 1);
  for (std::int64_t at = 0; at < r.output; ++at) {
    const double where = position(r, at);
    const bool outside =
        r.coordinates == "tf_crop_and_resize" && (where < 0 || where > static_cast<double>(r.input - 1));
    // Beyond the edge everything is the edge.
    const Taps source = taps(r, std::clamp(where, -reach, static_cast<double>(r.input - 1) + reach));
    for (std::int64_t o = 0; o < outer; ++o) {
      for (std::int64_t i = 0; i < inner; ++i) {
        double sum = 0;
        for (std::size_t k = 0; k < source.weights.size(); ++k) {
          const std::int64_t from =
              std::clamp<std::int64_t>(source.first + static_cast<std::int64_t>(k), 0, r.input - 1);
          sum += source.weights[k] * x.values[(o * r.input + from) * inner + i];
        }
        result.values[(o * r.output + at) * inner + i] = outside ? r.extrapolation : static_cast<float>(sum);
      }
    }
  }
  return result;
}

void check_word(const char* attribute, const std::string& word, const std::vector<std::string>& accepted) {
  if (std::find(accepted.begin(), accepted.end(), word) == accepted.end()) {
    throw std::invalid_argument(
        fmt::format("{} is '{}'; accepted: {}", attribute, word, fmt::join(accepted, ", ")));
  }
}

/// What all dimensions share. Operator set 10 has scales alone, and no choice of coordinates: asymmetric and,
/// for nearest, floor.
Resizing read_mode(const HostOperator& op) {
  constexpr std::int64_t kChoice = 11;
  const HostAttributes& attributes = op.attributes;
  const bool chooses = op.opset >= kChoice && op.type == "Resize";
  Resizing base;
  base.mode = attributes.word("mode", "nearest");
  base.coordinates = chooses ? attributes.word("coordinate_transformation_mode", "half_pixel") : "asymmetric";
  base.nearest = chooses ? attributes.word("nearest_mode", "round_prefer_floor") : "floor";
  base.cubic_a = attributes.number("cubic_coeff_a", -0.75F);
  base.exclude_outside = attributes.integer("exclude_outside", 0) != 0;
  base.antialias = attributes.integer("antialias", 0) != 0;
  base.extrapolation = attributes.number("extrapolation_value", 0);
  check_word("mode", base.mode, {"nearest", "linear", "cubic"});
  check_word("coordinate_transformation_mode", base.coordinates,
             {"half_pixel", "half_pixel_symmetric", "asymmetric", "align_corners", "pytorch_half_pixel",
              "tf_half_pixel_for_nn", "tf_crop_and_resize"});
  check_word("nearest_mode", base.nearest, {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"});
  return base;
}

/// Where a dimension of a cropped image begins and ends.
void read_roi(const HostAttributes& attributes, std::size_t axis, std::size_t rank, Resizing& r) {
  const auto roi = attributes.numbers.find("roi");
  if (roi == attributes.numbers.end() || roi->second.size() != 2 * rank)
    throw std::invalid_argument("tf_crop_and_resize without a roi");
  r.roi_start = roi->second[axis];
  r.roi_end = roi->second[rank + axis];
  constexpr auto kMost = static_cast<float>(kMostElements);  // times an extent it is finite
  if (!(std::abs(r.roi_start) <= kMost && std::abs(r.roi_end) <= kMost)) {
    throw std::invalid_argument(
        fmt::format("a roi from {} to {}; accepted: within {}", r.roi_start, r.roi_end, kMost));
  }
}

/// Refuses what the standard, its own tests and onnxruntime do not agree about.
void check_agreement(const HostOperator& op, const Resizing& r, bool is_same_size) {
  constexpr std::int64_t kChoice = 11;
  if (is_same_size && r.scale != 1 && r.coordinates != "tf_crop_and_resize") {
    throw std::invalid_argument(fmt::format(
        "an extent of {} times {} leaves the image as large as it is; accepted: another size or 1", r.input,
        r.scale));
  }
  if (op.opset < kChoice && r.scale < 1 && r.mode == "nearest") {
    throw std::invalid_argument(fmt::format(
        "the nearest elements of an extent of {} times {}; accepted before operator set {}: scales from 1",
        r.input, r.scale, kChoice));
  }
}

/// Every dimension of `input`.
std::vector<Resizing> read_resizings(const HostOperator& op, const Dims& input) {
  const HostAttributes& attributes = op.attributes;
  const std::size_t rank = input.size();
  const auto scales = attributes.numbers.find("scales");
  const std::vector<std::int64_t> sizes = attributes.list("sizes");
  const bool has_scales = scales != attributes.numbers.end() && !scales->second.empty();
  if ((has_scales ? scales->second.size() : sizes.size()) != rank || (has_scales && !sizes.empty())) {
    throw std::invalid_argument(fmt::format("{} scales and {} sizes for {} dimensions; accepted: one of both",
                                            has_scales ? scales->second.size() : 0, sizes.size(), rank));
  }
  check_range("sizes", sizes, 1);
  std::vector<Resizing> resizings(rank, read_mode(op));
  for (std::size_t axis = 0; axis < rank; ++axis) {
    Resizing& r = resizings[axis];
    r.input = input[axis];
    if (r.input < 1) throw std::invalid_argument(fmt::format("an extent of {}; accepted: from 1", r.input));
    r.output = has_scales ? scaled(r.input, scales->second[axis]) : sizes[axis];
    r.scale = has_scales ? scales->second[axis] : static_cast<float>(r.output) / static_cast<float>(r.input);
    if (op.type == "Upsample" && r.scale < 1)
      throw std::invalid_argument(fmt::format("a scale of {}; accepted: from 1", r.scale));
    const bool needs_whole =
        has_scales && (r.coordinates == "align_corners" || r.coordinates == "tf_crop_and_resize");
    if (needs_whole && static_cast<float>(r.input) * r.scale != static_cast<float>(r.output)) {
      throw std::invalid_argument(fmt::format(
          "{} of an extent of {} times {}, which the standard's text and its tests read differently; "
          "accepted: sizes, or a whole extent",
          r.coordinates, r.input, r.scale));
    }
    if (r.coordinates != "tf_crop_and_resize") continue;
    read_roi(attributes, axis, rank, r);
    // The standard scales the region, its shape inference the whole extent.
    if (has_scales && r.roi_end - r.roi_start != 1)
      throw std::invalid_argument("a region resized by scales; accepted: by sizes");
  }
  const bool is_same_size =
      std::all_of(resizings.begin(), resizings.end(), [](const Resizing& r) { return r.output == r.input; });
  for (const Resizing& r : resizings) check_agreement(op, r, is_same_size);
  return resizings;
}

HostTensor resize(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView& x = operands.at(0);
  const std::vector<Resizing> resizings = read_resizings(op, x.dims);
  Dims dims;
  for (const Resizing& r : resizings) dims.push_back(r.output);
  if (x.is_outline()) return HostTensor::result(dims, true);
  checked_count(dims);
  HostTensor result(x.dims, {x.values, x.values + x.size()});
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    const Resizing& r = resizings[axis];
    if (r.scale != 1 || r.coordinates == "tf_crop_and_resize") result = resize_axis(result, axis, r);
  }
  return result;
}

}  // namespace

HostFunctions resize_operators() {
  return {{"Resize", resize}, {"Upsample", resize}};
}

}  // namespace bitbalance::host
