// Operators that put elements at other places or ask for extents.
#include <cmath>

#include "tests/quant/onnx/reference/reference_call.h"

namespace bitbalance::test::onnx_reference {
namespace {

Tensor pad(const Call& call) {
  const Tensor& x = call.in(0);
  const std::size_t rank = x.dims.size();
  const Dims pads = call.opset() < 11 ? call.list("pads") : call.list("pads", std::size_t{1});
  const double value = call.opset() < 11 ? call.number("value", 0) : call.has(2) ? call.in(2).values[0] : 0;
  const std::string mode = call.word("mode", "constant");
  Dims dims = x.dims;
  for (std::size_t d = 0; d < rank; ++d) dims[d] += pads[d] + pads[rank + d];
  return tabulate(dims, [&](Dims at) {
    for (std::size_t d = 0; d < rank; ++d) {
      std::int64_t& i = at[d];
      i -= pads[d];
      const std::int64_t last = x.dims[d] - 1;
      if (i >= 0 && i <= last) continue;
      if (mode == "constant") return value;
      if (mode == "edge") i = i < 0 ? 0 : last;
      if (mode == "wrap") i = (i % (last + 1) + last + 1) % (last + 1);
      if (mode == "reflect") i = i < 0 ? -i : 2 * last - i;
    }
    return element(x, at);
  });
}

/// As Python slices.
Tensor slice(const Call& call) {
  const Tensor& x = call.in(0);
  const bool old = call.opset() < 10;
  const Dims starts = old ? call.list("starts") : call.list("starts", std::size_t{1});
  const Dims ends = old ? call.list("ends") : call.list("ends", std::size_t{2});
  const Dims axes = old ? call.list("axes") : call.list("axes", std::size_t{3});
  const Dims steps = old ? Dims() : call.list("steps", std::size_t{4});
  std::vector<Dims> picked(x.dims.size());
  for (std::size_t d = 0; d < x.dims.size(); ++d) {
    picked[d].resize(x.dims[d]);
    std::iota(picked[d].begin(), picked[d].end(), 0);
  }
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t d = axes.empty() ? i : Call::normal(axes[i], x.dims.size());
    const std::int64_t n = x.dims[d], step = steps.empty() ? 1 : steps[i];
    picked[d].clear();
    const auto from_end = [n](std::int64_t at) { return at < 0 ? at + n : at; };
    std::int64_t at = std::max<std::int64_t>(from_end(starts[i]), step > 0 ? 0 : -1);
    if (step < 0) at = std::min(at, n - 1);
    for (const std::int64_t end = from_end(ends[i]);
         step > 0 ? at < std::min(end, n) : at > std::max<std::int64_t>(end, -1); at += step)
      picked[d].push_back(at);
  }
  Dims dims;
  for (const Dims& p : picked) dims.push_back(static_cast<std::int64_t>(p.size()));
  return tabulate(dims, [&](Dims at) {
    for (std::size_t d = 0; d < at.size(); ++d) at[d] = picked[d][at[d]];
    return element(x, at);
  });
}

/// The same elements under other extents.
Tensor view(const Call& call) {
  Tensor result = call.in(0);
  const Dims in = result.dims;
  Dims& dims = result.dims;
  if (call.op() == "Flatten") {
    const std::int64_t axis = call.integer("axis", 1);
    const auto cut = in.begin() + (axis < 0 ? axis + static_cast<std::int64_t>(in.size()) : axis);
    dims = {volume({in.begin(), cut}), volume({cut, in.end()})};
  } else if (call.op() == "Reshape") {
    dims = call.list("shape", std::size_t{1});
    for (std::size_t d = 0; d < dims.size(); ++d)
      if (dims[d] == 0 && call.integer("allowzero", 0) == 0) dims[d] = in[d];
    const auto rest = std::find(dims.begin(), dims.end(), -1);
    if (rest != dims.end()) *rest = volume(in) / -volume(dims);
  } else if (call.op() == "Squeeze") {
    const Dims axes = call.opset() < 13 ? call.list("axes") : call.list("axes", std::size_t{1});
    std::vector<bool> gone(in.size(), false);
    for (const std::int64_t axis : axes) gone[Call::normal(axis, in.size())] = true;
    dims.clear();
    for (std::size_t d = 0; d < in.size(); ++d)
      if (axes.empty() ? in[d] != 1 : !gone[d]) dims.push_back(in[d]);
  } else {  // Unsqueeze
    Dims axes = call.opset() < 13 ? call.list("axes") : call.list("axes", std::size_t{1});
    for (std::int64_t& axis : axes)
      axis = static_cast<std::int64_t>(Call::normal(axis, in.size() + axes.size()));
    std::sort(axes.begin(), axes.end());
    for (const std::int64_t axis : axes) dims.insert(dims.begin() + axis, 1);
  }
  return result;
}

Tensor transpose(const Call& call) {
  const Tensor& x = call.in(0);
  Dims perm = call.list("perm");
  if (perm.empty())
    for (std::size_t d = x.dims.size(); d-- > 0;) perm.push_back(static_cast<std::int64_t>(d));
  Dims dims;
  for (const std::int64_t axis : perm) dims.push_back(x.dims[axis]);
  return tabulate(dims, [&](const Dims& at) {
    Dims from(at.size());
    for (std::size_t d = 0; d < at.size(); ++d) from[perm[d]] = at[d];
    return element(x, from);
  });
}

Tensor concat(const Call& call) {
  const std::size_t axis = call.axis(0);
  Dims dims = call.in(0).dims;
  dims[axis] = 0;
  for (const Tensor* part : call.inputs()) dims[axis] += part->dims[axis];
  return tabulate(dims, [&](Dims at) {
    std::size_t i = 0;
    for (; at[axis] >= call.in(i).dims[axis]; ++i) at[axis] -= call.in(i).dims[axis];
    return element(call.in(i), at);
  });
}

Tensor gather(const Call& call) {
  const Tensor &x = call.in(0), &indices = call.in(1);
  const std::size_t axis = call.axis(0), more = indices.dims.size();
  Dims dims(x.dims.begin(), x.dims.begin() + static_cast<std::ptrdiff_t>(axis));
  dims.insert(dims.end(), indices.dims.begin(), indices.dims.end());
  dims.insert(dims.end(), x.dims.begin() + static_cast<std::ptrdiff_t>(axis) + 1, x.dims.end());
  return tabulate(dims, [&](const Dims& at) {
    const auto first = at.begin() + static_cast<std::ptrdiff_t>(axis);
    const auto last = first + static_cast<std::ptrdiff_t>(more);
    auto index = static_cast<std::int64_t>(element(indices, {first, last}));
    if (index < 0) index += x.dims[axis];
    Dims from(at.begin(), first);
    from.push_back(index);
    from.insert(from.end(), last, at.end());
    return element(x, from);
  });
}

Tensor repeat(const Call& call) {
  const Tensor& x = call.in(0);
  if (call.op() == "Expand") {
    return tabulate(joint(x.dims, call.list("shape", std::size_t{1})),
                    [&](const Dims& at) { return spread(x, at); });
  }
  const Dims repeats = call.list("repeats", std::size_t{1});
  Dims dims = x.dims;
  for (std::size_t d = 0; d < dims.size(); ++d) dims[d] *= repeats[d];
  return tabulate(dims, [&](Dims at) {
    for (std::size_t d = 0; d < at.size(); ++d) at[d] %= x.dims[d];
    return element(x, at);
  });
}

Tensor move_blocks(const Call& call) {
  const Tensor& x = call.in(0);
  const std::int64_t b = call.integer("blocksize", 1);
  const std::int64_t n = x.dims[0], c = x.dims[1], h = x.dims[2], w = x.dims[3];
  if (call.op() == "SpaceToDepth") {
    return tabulate({n, c * b * b, h / b, w / b}, [&](const Dims& at) {
      const std::int64_t block = at[1] / c;
      return element(x, {at[0], at[1] % c, at[2] * b + block / b, at[3] * b + block % b});
    });
  }
  const std::int64_t channels = c / (b * b);
  const bool blocks_first = call.word("mode", "DCR") == "DCR";
  return tabulate({n, channels, h * b, w * b}, [&](const Dims& at) {
    const std::int64_t block = at[2] % b * b + at[3] % b;
    return element(
        x, {at[0], blocks_first ? block * channels + at[1] : at[1] * b * b + block, at[2] / b, at[3] / b});
  });
}

Tensor shape(const Call& call) {
  const Dims& in = call.in(0).dims;
  const auto rank = static_cast<std::int64_t>(in.size());
  if (call.op() == "Size") return {{}, {static_cast<double>(volume(in))}};
  const auto bound = [&](std::int64_t at) {
    return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  const std::int64_t start = bound(call.integer("start", 0)), end = bound(call.integer("end", rank));
  Tensor result{{std::max<std::int64_t>(0, end - start)}, {}};
  for (std::int64_t d = start; d < end; ++d) result.values.push_back(static_cast<double>(in[d]));
  return result;
}

Tensor range(const Call& call) {
  Tensor result{{0}, {}};
  const double start = call.in(0).values[0], limit = call.in(1).values[0], delta = call.in(2).values[0];
  result.dims[0] = std::max<std::int64_t>(0, static_cast<std::int64_t>(std::ceil((limit - start) / delta)));
  for (std::int64_t i = 0; i < result.dims[0]; ++i)
    result.values.push_back(start + static_cast<double>(i) * delta);
  return result;
}

}  // namespace

std::vector<Tensor> split(const Call& call) {
  const Tensor& x = call.in(0);
  const std::size_t axis = call.axis(0);
  Dims parts = call.opset() < 13 ? call.list("split") : call.list("split", std::size_t{1});
  if (parts.empty()) parts.assign(call.outputs(), x.dims[axis] / call.outputs());
  std::vector<Tensor> results;
  std::int64_t start = 0;
  for (const std::int64_t part : parts) {
    Dims dims = x.dims;
    dims[axis] = part;
    results.push_back(tabulate(dims, [&](Dims at) {
      at[axis] += start;
      return element(x, at);
    }));
    start += part;
  }
  return results;
}

const References& movements() {
  static const References table = {
      {"Concat", concat},       {"DepthToSpace", move_blocks},
      {"Expand", repeat},       {"Flatten", view},
      {"Gather", gather},       {"Pad", pad},
      {"Range", range},         {"Reshape", view},
      {"Shape", shape},         {"Size", shape},
      {"Slice", slice},         {"SpaceToDepth", move_blocks},
      {"Squeeze", view},        {"Tile", repeat},
      {"Transpose", transpose}, {"Unsqueeze", view},
  };
  return table;
}

}  // namespace bitbalance::test::onnx_reference
