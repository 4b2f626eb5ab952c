#include "quant/host/host_tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace bitbalance::host {

std::int64_t element_count(const Dims& dims, std::size_t first, std::size_t end) {
  std::int64_t count = 1;
  for (std::size_t d = first; d < std::min(end, dims.size()); ++d) count *= dims[d];
  return count;
}

std::int64_t checked_count(const Dims& dims) {
  std::int64_t count = 1;
  for (const std::int64_t extent : dims) {
    if (extent < 0 || extent > kMostElements ||
        (count *= std::max<std::int64_t>(extent, 1)) > kMostElements) {
      throw std::invalid_argument(
          fmt::format("a tensor of {}; accepted: no negative extent, at most {} elements", to_string(dims),
                      kMostElements));
    }
  }
  return std::count(dims.begin(), dims.end(), 0) == 0 ? count : 0;
}

void check_range(const char* what, const std::vector<std::int64_t>& values, std::int64_t least) {
  for (const std::int64_t value : values) {
    if (value < least || value > kMostElements) {
      throw std::invalid_argument(
          fmt::format("{} is {}; accepted: {} to {}", what, to_string(values), least, kMostElements));
    }
  }
}

std::int64_t to_integer(float x) {
  constexpr float kMost = 1e18F;
  return std::isnan(x) ? 0 : std::llround(std::clamp(x, -kMost, kMost));
}

std::string to_string(const Dims& dims) {
  return fmt::format("[{}]", fmt::join(dims, ", "));
}

std::size_t normal_axis(std::int64_t axis, std::size_t rank) {
  const auto count = static_cast<std::int64_t>(rank);
  if (axis < -count || axis >= count)
    throw std::invalid_argument(fmt::format("axis {} of {} dimensions", axis, rank));
  return static_cast<std::size_t>(axis < 0 ? axis + count : axis);
}

HostTensor::HostTensor(Dims extents) : dims(std::move(extents)), values(checked_count(dims)) {}

HostTensor HostTensor::result(Dims extents, bool is_outline) {
  if (!is_outline) return HostTensor(std::move(extents));
  checked_count(extents);
  return {std::move(extents), {}};
}

HostTensor::HostTensor(Dims extents, std::vector<float> elements)
    : dims(std::move(extents)), values(std::move(elements)) {}

bool has_outline(const std::vector<HostView>& operands) {
  return std::any_of(operands.begin(), operands.end(),
                     [](const HostView& operand) { return operand.is_outline(); });
}

Dims broadcast(const Dims& a, const Dims& b) {
  Dims result = a.size() >= b.size() ? a : b;
  const Dims& shorter = a.size() >= b.size() ? b : a;
  const std::size_t lead = result.size() - shorter.size();
  for (std::size_t d = 0; d < shorter.size(); ++d) {
    std::int64_t& extent = result[lead + d];
    if (extent != shorter[d] && extent != 1 && shorter[d] != 1) {
      throw std::invalid_argument(
          fmt::format("{} and {} cannot be broadcast together", to_string(a), to_string(b)));
    }
    if (extent == 1) extent = shorter[d];
  }
  return result;
}

std::vector<std::int64_t> broadcast_strides(const Dims& from, const Dims& to) {
  if (broadcast(from, to) != to) {
    throw std::invalid_argument(fmt::format("{} cannot be broadcast to {}", to_string(from), to_string(to)));
  }
  std::vector<std::int64_t> strides(to.size(), 0);
  const std::size_t lead = to.size() - from.size();
  std::int64_t step = 1;
  for (std::size_t d = from.size(); d-- > 0;) {
    if (from[d] != 1) strides[lead + d] = step;
    step *= from[d];
  }
  return strides;
}

std::vector<std::int64_t> row_major_strides(const Dims& dims) {
  std::vector<std::int64_t> strides(dims.size(), 1);
  for (std::size_t d = dims.size(); d-- > 1;) strides[d - 1] = strides[d] * dims[d];
  return strides;
}

void Odometer::next() {
  for (std::size_t d = dims_.size(); d-- > 0;) {
    ++at_[d];
    for (std::size_t t = 0; t < strides_.size(); ++t) offsets_[t] += strides_[t][d];
    if (at_[d] < dims_[d]) return;
    for (std::size_t t = 0; t < strides_.size(); ++t) offsets_[t] -= strides_[t][d] * dims_[d];
    at_[d] = 0;
  }
}

}  // namespace bitbalance::host
