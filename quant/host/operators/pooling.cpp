// Poolings over windows of any number of dimensions: those that are no layers of the accelerator. A window is
// a box, so that one dimension is pooled after the other.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>

#include "quant/host/operators/families.h"

namespace bitbalance::host {
namespace {

/// One dimension: tap k of output i is element stride * i + dilation * k - begin.
struct Line {
  std::int64_t input = 1, kernel = 1, stride = 1, dilation = 1, begin = 0, end = 0, output = 1;

  std::int64_t span() const { return dilation * (kernel - 1) + 1; }
  /// The first tap of an output that lies at `low` or after it; as many as the kernel has: none.
  std::int64_t tap_from(std::int64_t at, std::int64_t low) const {
    const std::int64_t distance = low + begin - stride * at;
    return distance <= 0 ? 0 : std::min(kernel, (distance + dilation - 1) / dilation);
  }
  /// How many taps of an output lie in `low` .. `high`, without that.
  std::int64_t taps_within(std::int64_t at, std::int64_t low, std::int64_t high) const {
    return std::max<std::int64_t>(0, tap_from(at, high) - tap_from(at, low));
  }
};

/// As many outputs as padding and ceil_mode make; since operator set 22 a window that would begin in the
/// padding at the end is none.
void count_outputs(const HostOperator& op, Line& line) {
  const std::string automatic = op.attributes.word("auto_pad", "NOTSET");
  const bool is_ceil = op.attributes.integer("ceil_mode", 0) != 0;
  if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
    line.output = (line.input + line.stride - 1) / line.stride;
    const std::int64_t total =
        std::max<std::int64_t>(0, (line.output - 1) * line.stride + line.span() - line.input);
    line.begin = automatic == "SAME_UPPER" ? total / 2 : total - total / 2;
    line.end = total - line.begin;
  }
  if (automatic == "VALID") line.begin = line.end = 0;
  const std::int64_t slack = line.input + line.begin + line.end - line.span();
  if (slack < 0) {
    throw std::invalid_argument(
        fmt::format("a window of {} does not fit into {} and its padding", line.span(), line.input));
  }
  if (is_ceil && automatic != "NOTSET" && slack % line.stride != 0) {
    throw std::invalid_argument("ceil_mode adds windows to those of auto_pad; accepted: ceil_mode with pads");
  }
  if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") return;
  line.output = (slack + (is_ceil ? line.stride - 1 : 0)) / line.stride + 1;
  constexpr std::int64_t kDropsWindows = 22;
  if (is_ceil && op.opset >= kDropsWindows && (line.output - 1) * line.stride >= line.input + line.begin)
    --line.output;
}

void check_windows(const Line& line) {
  bool sees_all = (line.output - 1) * line.stride - line.begin < line.input;
  for (std::int64_t at = 0; sees_all && at < line.output && at * line.stride < line.begin; ++at)
    sees_all = line.taps_within(at, 0, line.input) != 0;
  if (!sees_all) {
    throw std::invalid_argument(
        "a window lies in the padding altogether; accepted: every window on at least one element");
  }
}

std::vector<Line> lines_of(const HostOperator& op, const Dims& dims) {
  const std::size_t rank = dims.size() < 3 ? 0 : dims.size() - 2;
  const std::vector<std::int64_t> kernel = op.attributes.list("kernel_shape");
  if (rank == 0 || kernel.size() != rank) {
    throw std::invalid_argument(
        fmt::format("a kernel of {} over {}; accepted: an extent for each dimension "
                    "of space, one or more",
                    to_string(kernel), to_string(dims)));
  }
  const auto read = [&](const char* name, std::size_t count, std::int64_t fallback, std::int64_t least) {
    std::vector<std::int64_t> list = op.attributes.list(name);
    if (list.empty()) list.assign(count, fallback);
    check_range(name, list, least);
    if (list.size() != count) {
      throw std::invalid_argument(
          fmt::format("{} is {}; accepted: {} numbers", name, to_string(list), count));
    }
    return list;
  };
  check_range("kernel_shape", kernel, 1);
  const std::vector<std::int64_t> strides = read("strides", rank, 1, 1);
  const std::vector<std::int64_t> dilations = read("dilations", rank, 1, 1);
  const std::vector<std::int64_t> pads = read("pads", 2 * rank, 0, 0);
  std::vector<Line> lines;
  for (std::size_t d = 0; d < rank; ++d) {
    Line line = {dims[d + 2], kernel[d], strides[d], dilations[d], pads[d], pads[rank + d], 1};
    count_outputs(op, line);
    check_windows(line);
    lines.push_back(line);
  }
  return lines;
}

Dims pooled(const Dims& dims, const std::vector<Line>& lines) {
  Dims result = dims;
  for (std::size_t d = 0; d < lines.size(); ++d) result[d + 2] = lines[d].output;
  return result;
}

using Values = std::vector<double>;
using Take = double (*)(double, double);

/// One dimension of `dims`, which becomes that of the result.
Values pool_axis(const Values& x, Dims& dims, std::size_t axis, const Line& line, double start, Take take) {
  const std::int64_t outer = element_count(dims, 0, axis), inner = element_count(dims, axis + 1);
  Values result(static_cast<std::size_t>(outer * line.output * inner), start);
  for (std::int64_t o = 0; o < outer; ++o) {
    for (std::int64_t at = 0; at < line.output; ++at) {
      double* to = &result[static_cast<std::size_t>((o * line.output + at) * inner)];
      const std::int64_t end = line.tap_from(at, line.input);
      for (std::int64_t k = line.tap_from(at, 0); k < end; ++k) {
        const std::int64_t from = line.stride * at + line.dilation * k - line.begin;
        const double* row = &x[static_cast<std::size_t>((o * line.input + from) * inner)];
        std::transform(row, row + inner, to, to, [take](double a, double b) { return take(b, a); });
      }
    }
  }
  dims[axis] = line.output;
  return result;
}

Values pool(const HostView& x, const std::vector<Line>& lines, double start, Take take,
            const std::function<double(double)>& before) {
  Values values(x.values, x.values + x.size());
  for (double& value : values) value = before(value);
  Dims dims = x.dims;
  for (std::size_t d = 0; d < lines.size(); ++d)
    values = pool_axis(values, dims, d + 2, lines[d], start, take);
  return values;
}

HostTensor max_pool(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView& x = operands.at(0);
  const std::vector<Line> lines = lines_of(op, x.dims);
  HostTensor result = HostTensor::result(pooled(x.dims, lines), x.is_outline());
  if (result.values.empty()) return result;
  const Values values = pool(
      x, lines, -std::numeric_limits<double>::infinity(), [](double a, double b) { return std::max(a, b); },
      [](double value) { return value; });
  result.values.assign(values.begin(), values.end());
  return result;
}

/// Padding counts if asked for; what ceil_mode adds after it never does.
HostTensor average_pool(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView& x = operands.at(0);
  const std::vector<Line> lines = lines_of(op, x.dims);
  const bool counts_padding = op.attributes.integer("count_include_pad", 0) != 0;
  HostTensor result = HostTensor::result(pooled(x.dims, lines), x.is_outline());
  if (result.values.empty()) return result;
  const Values sums = pool(
      x, lines, 0, [](double a, double b) { return a + b; }, [](double value) { return value; });
  Odometer at(result.dims, {});
  for (std::size_t i = 0; i < sums.size(); ++i, at.next()) {
    std::int64_t count = 1;
    for (std::size_t d = 0; d < lines.size(); ++d) {
      const Line& line = lines[d];
      count *= counts_padding ? line.taps_within(at.position()[d + 2], -line.begin, line.input + line.end)
                              : line.taps_within(at.position()[d + 2], 0, line.input);
    }
    result.values[i] = static_cast<float>(sums[i] / static_cast<double>(count));
  }
  return result;
}

/// (sum of |x|^p)^(1/p).
HostTensor lp_pool(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView& x = operands.at(0);
  const std::vector<Line> lines = lines_of(op, x.dims);
  const auto p = static_cast<double>(op.attributes.integer("p", 2));
  if (p < 1) throw std::invalid_argument(fmt::format("p is {}; accepted: from 1", p));
  HostTensor result = HostTensor::result(pooled(x.dims, lines), x.is_outline());
  if (result.values.empty()) return result;
  const Values sums = pool(
      x, lines, 0, [](double a, double b) { return a + b; },
      [p](double value) { return std::pow(std::abs(value), p); });
  std::transform(sums.begin(), sums.end(), result.values.begin(),
                 [p](double sum) { return static_cast<float>(std::pow(sum, 1 / p)); });
  return result;
}

}  // namespace

HostFunctions pooling_operators() {
  return {{"AveragePool", average_pool}, {"LpPool", lp_pool}, {"MaxPool", max_pool}};
}

}  // namespace bitbalance::host
