// RoiAlign and MaxRoiPool: a grid of means, or of maxima, for each of some regions of images.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "quant/host/operators/families.h"

namespace bitbalance::host {
namespace {

struct Pooling {
  std::int64_t height = 1, width = 1;  ///< of the grid
  std::int64_t samples = 0;            ///< along each side of a cell; 0: as many as it has elements
  float scale = 1;                     ///< elements of an image for each unit of a region
  bool has_half_pixel = true;          ///< elements lie half a unit from the corner
};

Pooling read_pooling(const HostOperator& op) {
  Pooling pooling;
  pooling.height = op.attributes.integer("output_height", 1);
  pooling.width = op.attributes.integer("output_width", 1);
  pooling.samples = op.attributes.integer("sampling_ratio", 0);
  pooling.scale = op.attributes.number("spatial_scale", 1);
  check_range("output extents", {pooling.height, pooling.width}, 1);
  constexpr std::int64_t kMostSamples = 1024;
  if (pooling.samples < 0 || pooling.samples > kMostSamples) {
    throw std::invalid_argument(
        fmt::format("sampling_ratio is {}; accepted: 0 to {}", pooling.samples, kMostSamples));
  }
  const std::string coordinates = op.attributes.word("coordinate_transformation_mode", "half_pixel");
  if (coordinates != "half_pixel" && coordinates != "output_half_pixel") {
    throw std::invalid_argument(fmt::format(
        "coordinate_transformation_mode is '{}'; accepted: half_pixel, output_half_pixel", coordinates));
  }
  pooling.has_half_pixel = coordinates == "half_pixel";
  // Of a maximum the standard's text and onnxruntime's code say different things.
  if (const std::string mode = op.attributes.word("mode", "avg"); mode != "avg")
    throw std::invalid_argument(fmt::format("mode is '{}'; accepted: avg", mode));
  return pooling;
}

/// One side of a region: where samples lie, cell after cell.
struct Side {
  std::int64_t each = 1;  ///< samples of a cell
  std::vector<float> places;
};

Side side_of(const Pooling& pooling, float first, float last, std::int64_t cells) {
  constexpr float kMostSamples = 1024;
  const float offset = pooling.has_half_pixel ? 0.5F : 0;
  const float start = first * pooling.scale - offset;
  float length = last * pooling.scale - offset - start;
  if (!pooling.has_half_pixel) length = std::max(length, 1.0F);
  const float cell = length / static_cast<float>(cells);
  if (!std::isfinite(start) || !(cell <= kMostSamples)) {
    throw std::invalid_argument(fmt::format("a region from {} to {}; accepted: cells of up to {} elements",
                                            first, last, kMostSamples));
  }
  Side side;
  side.each =
      pooling.samples > 0 ? pooling.samples : static_cast<std::int64_t>(std::ceil(std::max(cell, 0.0F)));
  for (std::int64_t i = 0; i < cells * side.each; ++i) {
    const std::int64_t at = i / side.each, within = i % side.each;
    side.places.push_back(start + static_cast<float>(at) * cell +
                          (static_cast<float>(within) + 0.5F) * cell / static_cast<float>(side.each));
  }
  return side;
}

/// Two neighbours and the share of the second; outside by more than one element there is nothing.
struct Between {
  bool is_inside = false;
  std::int64_t low = 0, high = 0;
  float share = 0;
};

Between between(float place, std::int64_t extent) {
  Between found;
  found.is_inside = place >= -1 && place <= static_cast<float>(extent);
  if (!found.is_inside) return found;
  const float inside = std::clamp(place, 0.0F, static_cast<float>(extent - 1));
  found.low = static_cast<std::int64_t>(inside);
  found.high = std::min(found.low + 1, extent - 1);
  found.share = inside - static_cast<float>(found.low);
  return found;
}

float sample(const float* plane, std::int64_t width, const Between& y, const Between& x) {
  if (!y.is_inside || !x.is_inside) return 0;
  const auto row = [&](std::int64_t r) {
    return plane[r * width + x.low] * (1 - x.share) + plane[r * width + x.high] * x.share;
  };
  return row(y.low) * (1 - y.share) + row(y.high) * y.share;
}

/// Images [n][c][h][w], regions [r][x1, y1, x2, y2], and of each the index of its image.
HostTensor roi_align(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView &images = operands.at(0), &regions = operands.at(1), &indices = operands.at(2);
  const Pooling pooling = read_pooling(op);
  const bool fits = images.dims.size() == 4 && regions.dims.size() == 2 && regions.dims[1] == 4 &&
                    indices.dims == Dims{regions.dims[0]} && checked_count(images.dims) > 0;
  if (!fits) {
    throw std::invalid_argument(fmt::format("regions of {} with {} indices in images of {}",
                                            to_string(regions.dims), to_string(indices.dims),
                                            to_string(images.dims)));
  }
  const std::int64_t channels = images.dims[1], height = images.dims[2], width = images.dims[3];
  HostTensor result =
      HostTensor::result({regions.dims[0], channels, pooling.height, pooling.width}, has_outline(operands));
  if (result.values.empty()) return result;
  auto to = result.values.begin();
  for (std::int64_t r = 0; r < regions.dims[0]; ++r) {
    const std::int64_t n = to_integer(indices.values[r]);
    if (n < 0 || n >= images.dims[0])
      throw std::invalid_argument(fmt::format("index {} of {} images", n, images.dims[0]));
    const float* corners = regions.values + r * 4;
    const Side rows = side_of(pooling, corners[1], corners[3], pooling.height);
    const Side columns = side_of(pooling, corners[0], corners[2], pooling.width);
    const auto count = static_cast<float>(std::max<std::int64_t>(1, rows.each * columns.each));
    for (std::int64_t c = 0; c < channels; ++c) {
      const float* plane = images.values + (n * channels + c) * height * width;
      for (std::int64_t cell = 0; cell < pooling.height * pooling.width; ++cell, ++to) {
        const std::int64_t top = cell / pooling.width * rows.each;
        const std::int64_t left = cell % pooling.width * columns.each;
        float sum = 0;
        for (std::int64_t y = top; y < top + rows.each; ++y) {
          for (std::int64_t x = left; x < left + columns.each; ++x)
            sum += sample(plane, width, between(rows.places[y], height), between(columns.places[x], width));
        }
        *to = sum / count;
      }
    }
  }
  return result;
}

/// Elements of a cell along one side.
struct Span {
  std::int64_t first = 0, end = 0;
};

/// Corners are rounded to elements, both of which belong to the region.
std::vector<Span> spans_of(float first, float last, float scale, std::int64_t cells, std::int64_t extent) {
  constexpr float kMost = 1 << 24;
  const float low = std::round(first * scale), high = std::round(last * scale);
  if (!(std::abs(low) <= kMost) || !(std::abs(high) <= kMost)) {
    throw std::invalid_argument(
        fmt::format("a region from {} to {}; accepted: corners up to {} elements", first, last, kMost));
  }
  const std::int64_t start = to_integer(low);
  const std::int64_t length = std::max<std::int64_t>(to_integer(high) - start + 1, 1);
  const auto inside = [&](std::int64_t place) { return std::clamp<std::int64_t>(place, 0, extent); };
  std::vector<Span> spans;
  for (std::int64_t i = 0; i < cells; ++i) {
    spans.push_back(
        {inside(start + i * length / cells), inside(start + ((i + 1) * length + cells - 1) / cells)});
  }
  return spans;
}

/// 0 of no elements.
float largest(const float* plane, std::int64_t width, const Span& rows, const Span& columns) {
  if (rows.first >= rows.end || columns.first >= columns.end) return 0;
  float most = -std::numeric_limits<float>::infinity();
  for (std::int64_t y = rows.first; y < rows.end; ++y) {
    const float* row = plane + y * width;
    most = std::max(most, *std::max_element(row + columns.first, row + columns.end));
  }
  return most;
}

/// Images [n][c][h][w], regions [r][index of an image, x1, y1, x2, y2]. The standard does not say which
/// elements a cell has: those that Fast R-CNN takes, and onnxruntime.
HostTensor max_roi_pool(const HostOperator& op, const std::vector<HostView>& operands) {
  constexpr std::int64_t kColumns = 5;
  const HostView &images = operands.at(0), &regions = operands.at(1);
  const std::vector<std::int64_t> grid = op.attributes.list("pooled_shape");
  if (grid.size() != 2)
    throw std::invalid_argument(fmt::format("pooled_shape is {}; accepted: two extents", to_string(grid)));
  check_range("pooled_shape", grid, 1);
  const bool fits = images.dims.size() == 4 && regions.dims.size() == 2 && regions.dims[1] == kColumns &&
                    checked_count(images.dims) > 0;
  if (!fits) {
    throw std::invalid_argument(
        fmt::format("regions of {} in images of {}", to_string(regions.dims), to_string(images.dims)));
  }
  const std::int64_t channels = images.dims[1], height = images.dims[2], width = images.dims[3];
  HostTensor result =
      HostTensor::result({regions.dims[0], channels, grid[0], grid[1]}, has_outline(operands));
  if (result.values.empty()) return result;
  const float scale = op.attributes.number("spatial_scale", 1);
  auto to = result.values.begin();
  for (std::int64_t r = 0; r < regions.dims[0]; ++r) {
    const float* region = regions.values + r * kColumns;
    const std::int64_t n = to_integer(region[0]);
    if (n < 0 || n >= images.dims[0])
      throw std::invalid_argument(fmt::format("index {} of {} images", n, images.dims[0]));
    const std::vector<Span> rows = spans_of(region[2], region[4], scale, grid[0], height);
    const std::vector<Span> columns = spans_of(region[1], region[3], scale, grid[1], width);
    for (std::int64_t c = 0; c < channels; ++c) {
      const float* plane = images.values + (n * channels + c) * height * width;
      for (const Span& of_rows : rows)
        for (const Span& of_columns : columns) *to++ = largest(plane, width, of_rows, of_columns);
    }
  }
  return result;
}

}  // namespace

HostFunctions region_operators() {
  return {{"MaxRoiPool", max_roi_pool}, {"RoiAlign", roi_align}};
}

}  // namespace bitbalance::host
