// Operators that move elements and compute nothing.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "quant/host/operators/families.h"

namespace bitbalance::host {
namespace {

/// Element `first` of the input, then by `strides` along the dimensions of the result.
HostTensor gather_strided(const HostView& x, Dims dims, std::int64_t first,
                          std::vector<std::int64_t> strides) {
  HostTensor result = HostTensor::result(std::move(dims), x.is_outline());
  Odometer at(result.dims, {std::move(strides)});
  for (float& value : result.values) {
    value = x.values[first + at.offset(0)];
    at.next();
  }
  return result;
}

HostTensor transpose(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView& x = operands.at(0);
  std::vector<std::int64_t> order = op.attributes.list("perm");
  if (order.empty())
    for (std::size_t d = x.dims.size(); d-- > 0;) order.push_back(static_cast<std::int64_t>(d));
  if (order.size() != x.dims.size())
    throw std::invalid_argument(fmt::format("perm {} of {}", to_string(order), to_string(x.dims)));
  const std::vector<std::int64_t> strides = row_major_strides(x.dims);
  Dims dims;
  std::vector<std::int64_t> steps;
  std::vector<bool> is_moved(x.dims.size(), false);
  for (const std::int64_t axis : order) {
    const std::size_t from = normal_axis(axis, x.dims.size());
    if (axis < 0 || is_moved[from])
      throw std::invalid_argument(fmt::format("perm {}; accepted: each dimension once", to_string(order)));
    is_moved[from] = true;
    dims.push_back(x.dims[from]);
    steps.push_back(strides[from]);
  }
  return gather_strided(x, dims, 0, steps);
}

/// To a shape that names every extent; the importer resolves 0 and -1.
HostTensor reshape(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView& x = operands.at(0);
  const Dims dims = op.attributes.list("shape");
  if (checked_count(dims) != x.size()) {
    throw std::invalid_argument(
        fmt::format("shape {} for the {} elements of {}", to_string(dims), x.size(), to_string(x.dims)));
  }
  if (x.is_outline()) return HostTensor::result(dims, true);
  return {dims, {x.values, x.values + x.size()}};
}

HostTensor slice(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView& x = operands.at(0);
  const std::vector<std::int64_t> starts = op.attributes.list("starts");
  const std::vector<std::int64_t> ends = op.attributes.list("ends");
  std::vector<std::int64_t> axes = op.attributes.list("axes");
  std::vector<std::int64_t> steps = op.attributes.list("steps");
  if (axes.empty()) {
    axes.resize(starts.size());
    std::iota(axes.begin(), axes.end(), 0);
  }
  if (steps.empty()) steps.assign(starts.size(), 1);
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size()) {
    throw std::invalid_argument(fmt::format("{} starts, {} ends, {} axes and {} steps", starts.size(),
                                            ends.size(), axes.size(), steps.size()));
  }
  Dims dims = x.dims;
  std::vector<std::int64_t> strides = row_major_strides(x.dims);
  std::vector<bool> is_cut(x.dims.size(), false);
  std::int64_t first = 0;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t axis = normal_axis(axes[i], x.dims.size());
    const std::int64_t extent = x.dims[axis];
    if (is_cut[axis])
      throw std::invalid_argument(fmt::format("axes are {}; accepted: each once", to_string(axes)));
    is_cut[axis] = true;
    if (steps[i] == 0) throw std::invalid_argument("a step of 0; accepted: any other");
    const bool down = steps[i] < 0;
    const auto bound = [&](std::int64_t at) {
      if (at < 0) at += extent;
      return std::clamp<std::int64_t>(at, down ? -1 : 0, down ? extent - 1 : extent);
    };
    const std::int64_t start = bound(std::max<std::int64_t>(starts[i], -extent));
    // An end below the first element, as -1 below it would mean the last.
    const std::int64_t end = ends[i] < -extent ? (down ? -1 : 0) : bound(ends[i]);
    const std::int64_t span = down ? start - end : end - start;
    const std::int64_t longest = std::max<std::int64_t>(1, extent);  // a longer step leaves one element too
    const std::int64_t signed_step = std::clamp(steps[i], -longest, longest);
    const std::int64_t step = std::abs(signed_step);
    dims[axis] = std::max<std::int64_t>(0, (span + step - 1) / step);
    first += start * strides[axis];
    strides[axis] *= signed_step;
  }
  return gather_strided(x, dims, first, strides);
}

HostTensor concat(const HostOperator& op, const std::vector<HostView>& operands) {
  const std::size_t axis = normal_axis(op.attributes.integer("axis", 0), operands.at(0).dims.size());
  Dims dims = operands.at(0).dims;
  dims[axis] = 0;
  for (const HostView& part : operands) {
    Dims rest = part.dims;
    if (rest.size() != dims.size() || (rest[axis] = dims[axis], rest) != dims) {
      throw std::invalid_argument(fmt::format("parts of {} and {} along axis {}",
                                              to_string(operands.at(0).dims), to_string(part.dims), axis));
    }
    dims[axis] += part.dims[axis];
    checked_count(dims);
  }
  const bool is_outline = has_outline(operands);
  HostTensor result = HostTensor::result(dims, is_outline);
  if (is_outline) return result;
  auto to = result.values.begin();
  const std::int64_t outer = element_count(dims, 0, axis);
  for (std::int64_t o = 0; o < outer; ++o) {
    for (const HostView& part : operands) {
      const std::int64_t run = element_count(part.dims, axis);
      to = std::copy_n(part.values + o * run, run, to);
    }
  }
  return result;
}

HostTensor expand(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView& x = operands.at(0);
  const Dims dims = broadcast(x.dims, op.attributes.list("shape"));
  return gather_strided(x, dims, 0, broadcast_strides(x.dims, dims));
}

HostTensor tile(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView& x = operands.at(0);
  const std::vector<std::int64_t> repeats = op.attributes.list("repeats");
  if (repeats.size() != x.dims.size())
    throw std::invalid_argument(fmt::format("{} repeats of {}", repeats.size(), to_string(x.dims)));
  check_range("repeats", repeats, 0);
  Dims dims = x.dims;
  for (std::size_t d = 0; d < dims.size(); ++d) dims[d] *= repeats[d];
  HostTensor result = HostTensor::result(dims, x.is_outline());
  const std::vector<std::int64_t> strides = row_major_strides(x.dims);
  Odometer at(dims, {});
  for (float& value : result.values) {
    std::int64_t from = 0;
    for (std::size_t d = 0; d < dims.size(); ++d) from += at.position()[d] % x.dims[d] * strides[d];
    value = x.values[from];
    at.next();
  }
  return result;
}

/// The element that padding repeats at index `at` of an extent; -1: the constant.
std::int64_t padded_from(std::int64_t at, std::int64_t extent, const std::string& mode) {
  if (at >= 0 && at < extent) return at;
  if (mode == "edge") return at < 0 ? 0 : extent - 1;
  if (mode == "reflect") return at < 0 ? -at : 2 * (extent - 1) - at;
  if (mode == "wrap") return (at % extent + extent) % extent;
  return -1;
}

HostTensor pad(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView& x = operands.at(0);
  const std::vector<std::int64_t> pads = op.attributes.list("pads");
  const std::string mode = op.attributes.word("mode", "constant");
  const float constant = op.attributes.number("value", 0);
  const std::size_t rank = x.dims.size();
  if (pads.size() != 2 * rank)
    throw std::invalid_argument(fmt::format("{} pads of {}", pads.size(), to_string(x.dims)));
  if (mode != "constant" && mode != "edge" && mode != "reflect" && mode != "wrap")
    throw std::invalid_argument(fmt::format("mode is '{}'; accepted: constant, edge, reflect, wrap", mode));
  check_range("pads", pads, -kMostElements);
  Dims dims = x.dims;
  for (std::size_t d = 0; d < rank; ++d) {
    dims[d] += pads[d] + pads[rank + d];
    if (mode == "reflect" && std::max(pads[d], pads[rank + d]) >= x.dims[d]) {
      throw std::invalid_argument(fmt::format("reflects {} at an extent of {}; accepted: pads below it",
                                              std::max(pads[d], pads[rank + d]), x.dims[d]));
    }
    if (mode == "wrap" && std::min(pads[d], pads[rank + d]) < 0)  // of what is cut, or of all?
      throw std::invalid_argument(fmt::format("wraps with pads {}; accepted: from 0", to_string(pads)));
    if ((mode == "edge" || mode == "wrap") && x.dims[d] < 1)
      throw std::invalid_argument(fmt::format("{} has nothing to repeat", to_string(x.dims)));
  }
  if (x.is_outline()) return HostTensor::result(dims, true);
  HostTensor result(dims);
  const std::vector<std::int64_t> strides = row_major_strides(x.dims);
  Odometer at(dims, {});
  for (float& value : result.values) {
    std::int64_t from = 0;
    bool outside = x.values == nullptr;  // nothing to pad
    for (std::size_t d = 0; d < rank; ++d) {
      const std::int64_t index = padded_from(at.position()[d] - pads[d], x.dims[d], mode);
      outside = outside || index < 0;
      from += index * strides[d];
    }
    value = outside ? constant : x.values[from];
    at.next();
  }
  return result;
}

/// Views the image as [n][b or c][...] blocks, permutes them, and views the result as an image again.
HostTensor move_blocks(const HostView& x, const Dims& blocks, const std::vector<std::int64_t>& order,
                       const Dims& result) {
  HostOperator permute;
  permute.attributes.integers["perm"] = order;
  return {result, transpose(permute, {HostView(blocks, x.values)}).values};
}

std::int64_t block_size(const HostOperator& op, const HostView& x) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int16_t>::max();
  const std::int64_t size = op.attributes.integer("blocksize", 0);
  if (x.dims.size() != 4 || size < 1 || size > kMost) {
    throw std::invalid_argument(fmt::format("blocks of {} in {}; accepted: 1 to {}, in four dimensions", size,
                                            to_string(x.dims), kMost));
  }
  return size;
}

void check_blocks(std::int64_t extent, std::int64_t block) {
  if (extent % block != 0)
    throw std::invalid_argument(fmt::format("an extent of {}; accepted: multiples of {}", extent, block));
}

HostTensor depth_to_space(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView& x = operands.at(0);
  const std::int64_t b = block_size(op, x);
  check_blocks(x.dims[1], b * b);
  const std::int64_t n = x.dims[0], c = x.dims[1] / (b * b), h = x.dims[2], w = x.dims[3];
  const Dims result = {n, c, h * b, w * b};
  if (op.attributes.word("mode", "DCR") == "CRD")
    return move_blocks(x, {n, c, b, b, h, w}, {0, 1, 4, 2, 5, 3}, result);
  return move_blocks(x, {n, b, b, c, h, w}, {0, 3, 4, 1, 5, 2}, result);
}

HostTensor space_to_depth(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView& x = operands.at(0);
  const std::int64_t b = block_size(op, x);
  check_blocks(x.dims[2], b);
  check_blocks(x.dims[3], b);
  const std::int64_t n = x.dims[0], c = x.dims[1], h = x.dims[2] / b, w = x.dims[3] / b;
  return move_blocks(x, {n, c, h, b, w, b}, {0, 3, 5, 1, 2, 4}, {n, c * b * b, h, w});
}

}  // namespace

HostFunctions movement_operators() {
  return {
      {"Concat", concat},       {"DepthToSpace", depth_to_space},
      {"Expand", expand},       {"Pad", pad},
      {"Reshape", reshape},     {"Slice", slice},
      {"Tile", tile},           {"SpaceToDepth", space_to_depth},
      {"Transpose", transpose},
  };
}

}  // namespace bitbalance::host
