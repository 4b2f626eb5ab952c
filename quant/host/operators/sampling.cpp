// GridSample: elements at places that another tensor names, interpolated.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "quant/host/operators/families.h"

namespace bitbalance::host {
namespace {

enum class Beyond { kZeros, kBorder, kReflection };

/// How one image is read.
struct Sampling {
  std::string mode;  ///< nearest, linear or cubic
  Beyond beyond = Beyond::kZeros;
  bool aligns_corners = false;

  /// Where reflection turns round.
  double least() const { return aligns_corners ? 0 : -0.5; }
  double most(std::int64_t extent) const { return static_cast<double>(extent) - (aligns_corners ? 1 : 0.5); }
};

Sampling read_sampling(const HostOperator& op) {
  Sampling sampling;
  sampling.mode = op.attributes.word("mode", "linear");
  if (sampling.mode == "bilinear") sampling.mode = "linear";  // until operator set 20
  if (sampling.mode == "bicubic") sampling.mode = "cubic";
  const std::string padding = op.attributes.word("padding_mode", "zeros");
  const bool has_mode = sampling.mode == "nearest" || sampling.mode == "linear" || sampling.mode == "cubic";
  if (!has_mode || (padding != "zeros" && padding != "border" && padding != "reflection")) {
    throw std::invalid_argument(
        fmt::format("mode '{}', padding_mode '{}'; accepted: nearest, linear, cubic; "
                    "zeros, border, reflection",
                    sampling.mode, padding));
  }
  sampling.beyond = padding == "zeros"    ? Beyond::kZeros
                    : padding == "border" ? Beyond::kBorder
                                          : Beyond::kReflection;
  sampling.aligns_corners = op.attributes.integer("align_corners", 0) != 0;
  return sampling;
}

double reflected(const Sampling& sampling, double x, std::int64_t extent) {
  const double least = sampling.least(), most = sampling.most(extent), range = most - least;
  if (range <= 0) return 0;
  const double beyond = std::fmod(std::abs(x - least), 2 * range);
  return beyond <= range ? least + beyond : most - (beyond - range);
}

/// -1 .. 1 as a place in the image, brought back into it where the padding says how.
double place_of(const Sampling& sampling, float normal, std::int64_t extent) {
  constexpr double kFar = 1e6;  // of extents: where all is alike, and remainders mean nothing
  const auto size = static_cast<double>(extent);
  double x =
      sampling.aligns_corners ? (double{normal} + 1) / 2 * (size - 1) : ((double{normal} + 1) * size - 1) / 2;
  x = std::isnan(x) ? -1 : std::clamp(x, -kFar * size, kFar * size);
  if (sampling.mode == "nearest") x = std::nearbyint(x);  // halves to even
  if (x >= sampling.least() && x <= sampling.most(extent)) return x;
  // The taps of cubic ones are brought back alone: so PyTorch and onnxruntime, unlike ONNX's reference.
  if (sampling.beyond == Beyond::kBorder && sampling.mode != "cubic") return std::clamp(x, 0.0, size - 1);
  return sampling.beyond == Beyond::kReflection ? reflected(sampling, x, extent) : x;
}

struct Tap {
  std::int64_t at;  ///< -1: outside, a zero
  double weight;
};

std::int64_t element_at(const Sampling& sampling, std::int64_t at, std::int64_t extent) {
  if (at >= 0 && at < extent) return at;
  if (sampling.beyond == Beyond::kZeros) return -1;
  if (sampling.beyond == Beyond::kBorder) return std::clamp<std::int64_t>(at, 0, extent - 1);
  const auto back = static_cast<std::int64_t>(reflected(sampling, static_cast<double>(at), extent));
  return std::clamp<std::int64_t>(back, 0, extent - 1);
}

std::vector<Tap> taps_of(const Sampling& sampling, double x, std::int64_t extent) {
  constexpr double kCubic = -0.75;
  const auto first = static_cast<std::int64_t>(std::floor(x));
  const double t = x - std::floor(x);
  std::vector<Tap> taps;
  const auto add = [&](std::int64_t at, double weight) {
    taps.push_back({element_at(sampling, at, extent), weight});
  };
  if (sampling.mode == "nearest") {
    add(first, 1);
  } else if (sampling.mode == "linear") {
    add(first, 1 - t);
    add(first + 1, t);
  } else {
    const auto near = [](double d) { return ((kCubic + 2) * d - (kCubic + 3)) * d * d + 1; };
    const auto far = [](double d) { return ((kCubic * d - 5 * kCubic) * d + 8 * kCubic) * d - 4 * kCubic; };
    const double weights[] = {far(1 + t), near(t), near(1 - t), far(2 - t)};
    for (std::int64_t i = 0; i < 4; ++i) add(first - 1 + i, weights[i]);
  }
  return taps;
}

/// The sum of elements of `plane` times weights, dimension `d` and those after it.
double interpolate(const float* plane, const Dims& strides, const std::vector<std::vector<Tap>>& taps,
                   std::size_t d) {
  if (d == taps.size()) return *plane;
  double sum = 0;
  for (const Tap& tap : taps[d]) {
    if (tap.at >= 0 && tap.weight != 0) {
      sum += tap.weight * interpolate(plane + tap.at * strides[d], strides, taps, d + 1);
    }
  }
  return sum;
}

/// Images [n][c][...], places [n][...][one for each dimension, the last one first].
HostTensor grid_sample(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView &x = operands.at(0), &grid = operands.at(1);
  const Sampling sampling = read_sampling(op);
  const std::size_t rank = x.dims.size() < 3 ? 0 : x.dims.size() - 2;
  if (rank == 0 || grid.dims.size() != x.dims.size() || grid.dims[0] != x.dims[0] ||
      grid.dims.back() != static_cast<std::int64_t>(rank) || checked_count(x.dims) == 0) {
    throw std::invalid_argument(
        fmt::format("places of {} in images of {}", to_string(grid.dims), to_string(x.dims)));
  }
  Dims dims = {x.dims[0], x.dims[1]};
  dims.insert(dims.end(), grid.dims.begin() + 1, grid.dims.end() - 1);
  HostTensor result = HostTensor::result(dims, has_outline(operands));
  if (result.values.empty()) return result;
  const Dims extents(x.dims.begin() + 2, x.dims.end()), strides = row_major_strides(extents);
  const std::int64_t plane = element_count(extents), count = element_count(dims, 2), channels = x.dims[1];
  std::vector<std::vector<Tap>> taps(rank);
  for (std::int64_t n = 0; n < x.dims[0]; ++n) {
    for (std::int64_t i = 0; i < count; ++i) {
      const float* place = grid.values + (n * count + i) * static_cast<std::int64_t>(rank);
      for (std::size_t d = 0; d < rank; ++d)
        taps[d] = taps_of(sampling, place_of(sampling, place[rank - 1 - d], extents[d]), extents[d]);
      for (std::int64_t c = 0; c < channels; ++c) {
        result.values[(n * channels + c) * count + i] =
            static_cast<float>(interpolate(x.values + (n * channels + c) * plane, strides, taps, 0));
      }
    }
  }
  return result;
}

}  // namespace

HostFunctions sampling_operators() {
  return {{"GridSample", grid_sample}};
}

}  // namespace bitbalance::host
