// Images at places, in the middle of others, put together of windows; determinants.
#include <cmath>

#include "tests/quant/onnx/reference/reference_call.h"

namespace bitbalance::test::onnx_reference {
namespace {

/// One dimension of an image, read beyond its ends as the node says.
struct Line {
  std::string padding;
  bool is_aligned;
  std::int64_t extent;

  double least() const { return is_aligned ? 0 : -0.5; }
  double most() const { return static_cast<double>(extent) - (is_aligned ? 1 : 0.5); }

  /// Mirrored at the ends until it is between them.
  double reflect(double x) const {
    if (least() >= most()) return 0;
    while (x < least() || x > most()) x = x < least() ? 2 * least() - x : 2 * most() - x;
    return x;
  }
  /// -1: nothing.
  std::int64_t index(std::int64_t i) const {
    if (i >= 0 && i < extent) return i;
    if (padding == "zeros") return -1;
    if (padding == "border") return i < 0 ? 0 : extent - 1;
    return static_cast<std::int64_t>(reflect(static_cast<double>(i)));
  }
  double place(double normal, const std::string& mode) const {
    const auto n = static_cast<double>(extent);
    double x = is_aligned ? (normal + 1) / 2 * (n - 1) : ((normal + 1) * n - 1) / 2;
    if (mode == "nearest") x = std::nearbyint(x);
    if (x >= least() && x <= most()) return x;
    const bool is_cubic = mode == "cubic" || mode == "bicubic";
    if (padding == "border" && !is_cubic) return std::min(n - 1, std::max(0.0, x));
    return padding == "reflection" ? reflect(x) : x;
  }
};

/// Keys' kernel with a = -0.75.
double cubic(double distance) {
  const double a = -0.75, d = std::fabs(distance);
  if (d < 1) return (a + 2) * d * d * d - (a + 3) * d * d + 1;
  return d < 2 ? a * d * d * d - 5 * a * d * d + 8 * a * d - 4 * a : 0;
}

double weight(const std::string& mode, double distance) {
  if (mode == "nearest") return std::fabs(distance) < 0.5 ? 1 : 0;
  if (mode == "linear" || mode == "bilinear") return std::max(0.0, 1 - std::fabs(distance));
  return cubic(distance);
}

Tensor grid_sample(const Call& call) {
  const Tensor &x = call.in(0), &grid = call.in(1);
  const std::size_t rank = x.dims.size() - 2;
  const std::string mode = call.word("mode", "linear"), padding = call.word("padding_mode", "zeros");
  Dims dims = {x.dims[0], x.dims[1]};
  dims.insert(dims.end(), grid.dims.begin() + 1, grid.dims.end() - 1);
  return tabulate(dims, [&](const Dims& to) {
    Dims at = {to[0]};
    at.insert(at.end(), to.begin() + 2, to.end());
    at.push_back(0);
    std::vector<Line> lines;
    std::vector<double> places;
    for (std::size_t d = 0; d < rank; ++d) {
      lines.push_back({padding, call.integer("align_corners", 0) != 0, x.dims[d + 2]});
      at.back() = static_cast<std::int64_t>(rank - 1 - d);
      places.push_back(lines[d].place(element(grid, at), mode));
    }
    double sum = 0;
    tabulate(Dims(rank, 6), [&](const Dims& tap) {
      double share = 1;
      Dims from = {to[0], to[1]};
      for (std::size_t d = 0; d < rank && share != 0; ++d) {
        const std::int64_t i = static_cast<std::int64_t>(std::floor(places[d])) + tap[d] - 2;
        share *= weight(mode, places[d] - static_cast<double>(i));
        const std::int64_t index = lines[d].index(i);
        if (index < 0) share = 0;
        from.push_back(std::max<std::int64_t>(index, 0));
      }
      if (share != 0) sum += share * element(x, from);
      return 0.0;
    });
    return sum;
  });
}

/// Means of samples, each of which the elements around it share by their distance.
Tensor roi_align(const Call& call) {
  const Tensor &x = call.in(0), &regions = call.in(1);
  const bool is_shifted =
      call.opset() >= 16 && call.word("coordinate_transformation_mode", "half_pixel") == "half_pixel";
  const std::int64_t height = call.integer("output_height", 1), width = call.integer("output_width", 1);
  const double scale = call.number("spatial_scale", 1);
  const std::int64_t ratio = call.integer("sampling_ratio", 0);
  return tabulate({regions.dims[0], x.dims[1], height, width}, [&](const Dims& at) {
    std::vector<double> places[2];
    for (std::size_t d = 0; d < 2; ++d) {  // down, then across
      const auto side = static_cast<std::int64_t>(1 - d);
      const double first = element(regions, {at[0], side}) * scale - (is_shifted ? 0.5 : 0);
      double length = element(regions, {at[0], side + 2}) * scale - (is_shifted ? 0.5 : 0) - first;
      if (!is_shifted) length = std::max(length, 1.0);
      const double cell = length / static_cast<double>(d == 0 ? height : width);
      const std::int64_t samples = ratio > 0 ? ratio : static_cast<std::int64_t>(std::ceil(cell));
      for (std::int64_t i = 0; i < samples; ++i) {
        const double within = (static_cast<double>(i) + 0.5) / static_cast<double>(samples);
        places[d].push_back(first + cell * (static_cast<double>(at[d + 2]) + within));
      }
    }
    double sum = 0;
    const auto image = static_cast<std::int64_t>(call.in(2).values[at[0]]);
    const auto clipped = [&](double place, std::int64_t extent) {
      return std::min(std::max(place, 0.0), static_cast<double>(extent - 1));
    };
    for (const double y : places[0]) {
      for (const double i : places[1]) {
        const bool is_outside =
            y < -1 || i < -1 || y > static_cast<double>(x.dims[2]) || i > static_cast<double>(x.dims[3]);
        if (is_outside) continue;
        for (std::int64_t r = 0; r < x.dims[2]; ++r) {
          for (std::int64_t c = 0; c < x.dims[3]; ++c) {
            sum += weight("linear", clipped(y, x.dims[2]) - static_cast<double>(r)) *
                   weight("linear", clipped(i, x.dims[3]) - static_cast<double>(c)) *
                   element(x, {image, at[1], r, c});
          }
        }
      }
    }
    return sum / std::max<double>(1, static_cast<double>(places[0].size() * places[1].size()));
  });
}

/// The largest of a cell's elements: rows and columns that share something with it.
Tensor max_roi_pool(const Call& call) {
  const Tensor &x = call.in(0), &regions = call.in(1);
  const Dims grid = call.list("pooled_shape");
  const double scale = call.number("spatial_scale", 1);
  return tabulate({regions.dims[0], x.dims[1], grid[0], grid[1]}, [&](const Dims& at) {
    const auto image = static_cast<std::int64_t>(element(regions, {at[0], 0}));
    const auto has = [&](std::size_t d, std::int64_t place) {  // 0: down, 1: across
      const auto side = static_cast<std::int64_t>(2 - d);
      const double first = std::round(element(regions, {at[0], side}) * scale);
      const double last = std::round(element(regions, {at[0], side + 2}) * scale);
      const double length = std::max(last - first + 1, 1.0);
      const double cells = static_cast<double>(grid[d]), cell = static_cast<double>(at[d + 2]);
      const double from = (static_cast<double>(place) - first) * cells;  // in shares of an element
      return from + cells > cell * length && from < (cell + 1) * length;
    };
    double most = 0;
    bool is_first = true;
    for (std::int64_t r = 0; r < x.dims[2]; ++r) {
      for (std::int64_t c = 0; c < x.dims[3]; ++c) {
        if (!has(0, r) || !has(1, c)) continue;
        const double value = element(x, {image, at[1], r, c});
        most = is_first ? value : std::max(most, value);
        is_first = false;
      }
    }
    return most;
  });
}

Tensor center_crop_pad(const Call& call) {
  const Tensor& x = call.in(0);
  Dims dims = x.dims, axes = call.list("axes"), first(x.dims.size(), 0);
  if (axes.empty()) {
    axes.resize(x.dims.size());
    std::iota(axes.begin(), axes.end(), 0);
  }
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t d = Call::normal(axes[i], x.dims.size());
    dims[d] = static_cast<std::int64_t>(call.in(1).values[i]);
    first[d] = dims[d] < x.dims[d] ? (x.dims[d] - dims[d]) / 2 : -((dims[d] - x.dims[d]) / 2);
  }
  return tabulate(dims, [&](Dims at) {
    for (std::size_t d = 0; d < at.size(); ++d) {
      at[d] += first[d];
      if (at[d] < 0 || at[d] >= x.dims[d]) return 0.0;
    }
    return element(x, at);
  });
}

Tensor columns_to_image(const Call& call) {
  const Tensor& x = call.in(0);
  const Dims image = call.list("", std::size_t{1}), block = call.list("", std::size_t{2});
  const std::size_t rank = image.size();
  const Dims strides = call.list("strides", Dims(rank, 1)), dilations = call.list("dilations", Dims(rank, 1));
  const Dims pads = call.list("pads", Dims(2 * rank, 0));
  Dims counts;
  for (std::size_t d = 0; d < rank; ++d)
    counts.push_back((image[d] + pads[d] + pads[rank + d] - dilations[d] * (block[d] - 1) - 1) / strides[d] +
                     1);
  Dims dims = {x.dims[0], x.dims[1] / volume(block)};
  dims.insert(dims.end(), image.begin(), image.end());
  Tensor result = tabulate(dims, [](const Dims& /*at*/) { return 0.0; });
  const Tensor numbers = tabulate(dims, [n = 0.0](const Dims& /*at*/) mutable { return n++; });
  Dims all = {dims[0], dims[1]};
  all.insert(all.end(), block.begin(), block.end());
  all.insert(all.end(), counts.begin(), counts.end());
  tabulate(all, [&](const Dims& at) {
    Dims to = {at[0], at[1]};
    std::int64_t tap = at[1], window = 0;
    for (std::size_t d = 0; d < rank; ++d) {
      const std::int64_t k = at[2 + d], i = at[2 + rank + d];
      tap = tap * block[d] + k;
      window = window * counts[d] + i;
      to.push_back(i * strides[d] + k * dilations[d] - pads[d]);
      if (to.back() < 0 || to.back() >= image[d]) return 0.0;
    }
    result.values[static_cast<std::size_t>(element(numbers, to))] += element(x, {at[0], tap, window});
    return 0.0;
  });
  return result;
}

/// Along the first row.
double expanded(const std::vector<std::vector<double>>& rows) {
  if (rows.empty()) return 1;
  double sum = 0, sign = 1;
  for (std::size_t c = 0; c < rows.size(); ++c, sign = -sign) {
    std::vector<std::vector<double>> rest(rows.begin() + 1, rows.end());
    for (auto& row : rest) row.erase(row.begin() + static_cast<std::ptrdiff_t>(c));
    sum += sign * rows[0][c] * expanded(rest);
  }
  return sum;
}

Tensor determinant(const Call& call) {
  const Tensor& x = call.in(0);
  return tabulate({x.dims.begin(), x.dims.end() - 2}, [&](const Dims& at) {
    const std::int64_t n = x.dims.back();
    std::vector<std::vector<double>> rows(n);
    for (std::int64_t r = 0; r < n; ++r) {
      for (std::int64_t c = 0; c < n; ++c) {
        Dims from = at;
        from.insert(from.end(), {r, c});
        rows[r].push_back(element(x, from));
      }
    }
    return expanded(rows);
  });
}

/// Rows of -1 behind those that are chosen.
Tensor non_max_suppression(const Call& call) {
  const Tensor &boxes = call.in(0), &scores = call.in(1);
  const std::int64_t count = boxes.dims[1], classes = scores.dims[1];
  const auto most = std::min<std::int64_t>(count, static_cast<std::int64_t>(call.in(2).values[0]));
  const auto corners = [&](std::int64_t image, std::int64_t i) {
    std::vector<double> b;
    for (std::int64_t k = 0; k < 4; ++k) b.push_back(element(boxes, {image, i, k}));
    if (call.integer("center_point_box", 0) != 0)
      return std::vector<double>{b[1] - b[3] / 2, b[0] - b[2] / 2, b[1] + b[3] / 2, b[0] + b[2] / 2};
    return std::vector<double>{std::min(b[0], b[2]), std::min(b[1], b[3]), std::max(b[0], b[2]),
                               std::max(b[1], b[3])};
  };
  const auto area = [](const std::vector<double>& b) {
    return std::max(0.0, b[2] - b[0]) * std::max(0.0, b[3] - b[1]);
  };
  Tensor result{{boxes.dims[0] * classes * most, 3}, {}};
  for (std::int64_t image = 0; image < boxes.dims[0]; ++image) {
    for (std::int64_t c = 0; c < classes; ++c) {
      std::vector<bool> is_gone(static_cast<std::size_t>(count));
      for (std::int64_t taken = 0; taken < most; ++taken) {
        std::int64_t best = -1;
        for (std::int64_t i = 0; i < count; ++i) {
          const double score = element(scores, {image, c, i});
          const bool is_good = !call.has(4) || score > call.in(4).values[0];
          if (!is_gone[i] && is_good && (best < 0 || score > element(scores, {image, c, best}))) best = i;
        }
        if (best < 0) break;
        for (const std::int64_t part : {image, c, best}) result.values.push_back(static_cast<double>(part));
        const std::vector<double> a = corners(image, best);
        for (std::int64_t i = 0; i < count; ++i) {
          const std::vector<double> b = corners(image, i);
          const double both =
              area({std::max(a[0], b[0]), std::max(a[1], b[1]), std::min(a[2], b[2]), std::min(a[3], b[3])});
          const double threshold = call.has(3) ? call.in(3).values[0] : 0;
          if (i == best || both > threshold * (area(a) + area(b) - both)) is_gone[i] = true;
        }
      }
    }
  }
  result.values.resize(static_cast<std::size_t>(result.dims[0] * 3), -1);
  return result;
}

}  // namespace

const References& samples() {
  static const References table = {
      {"CenterCropPad", center_crop_pad},
      {"Col2Im", columns_to_image},
      {"Det", determinant},
      {"GridSample", grid_sample},
      {"MaxRoiPool", max_roi_pool},
      {"RoiAlign", roi_align},
      {"NonMaxSuppression", non_max_suppression},
  };
  return table;
}

}  // namespace bitbalance::test::onnx_reference
