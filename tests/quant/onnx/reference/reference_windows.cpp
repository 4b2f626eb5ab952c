// Operators that multiply and add, or choose, in windows and along lines.
#include <cmath>

#include "tests/quant/onnx/reference/reference_call.h"

namespace bitbalance::test::onnx_reference {
namespace {

/// Kernel, strides, dilations and pads of all spatial dimensions.
struct Windows {
  Dims kernel, strides, dilations, pads, out;
};

Dims spatial(const Tensor& t) {
  return {t.dims.begin() + 2, t.dims.end()};
}

Dims with_space(std::int64_t batch, std::int64_t channels, const Dims& space) {
  Dims dims = {batch, channels};
  dims.insert(dims.end(), space.begin(), space.end());
  return dims;
}

Windows windows_of(const Call& call, const Dims& in, const Dims& kernel) {
  const std::size_t rank = in.size();
  Windows w{kernel,
            call.list("strides", Dims(rank, 1)),
            call.list("dilations", Dims(rank, 1)),
            call.list("pads", Dims(2 * rank, 0)),
            {}};
  const std::string automatic = call.word("auto_pad", "NOTSET");
  for (std::size_t d = 0; d < rank; ++d) {
    const std::int64_t span = w.dilations[d] * (kernel[d] - 1) + 1;
    if (automatic != "NOTSET") w.pads[d] = w.pads[d + rank] = 0;
    if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
      const std::int64_t out = (in[d] + w.strides[d] - 1) / w.strides[d];
      const std::int64_t total = std::max<std::int64_t>(0, (out - 1) * w.strides[d] + span - in[d]);
      w.pads[d] = automatic == "SAME_UPPER" ? total / 2 : (total + 1) / 2;
      w.pads[d + rank] = total - w.pads[d];
    }
    const double steps =
        static_cast<double>(in[d] + w.pads[d] + w.pads[d + rank] - span) / static_cast<double>(w.strides[d]);
    const bool is_ceil = call.integer("ceil_mode", 0) != 0;
    w.out.push_back(static_cast<std::int64_t>(is_ceil ? std::ceil(steps) : std::floor(steps)) + 1);
    // What begins in the padding at the end is no window any more.
    if (is_ceil && call.opset() >= 22 && (w.out[d] - 1) * w.strides[d] >= in[d] + w.pads[d]) --w.out[d];
  }
  return w;
}

/// f(place, tap) for every tap of the window at an index that lies in the input; how many do not, but in the
/// pads that the node asks for.
template <class Function>
std::int64_t for_taps(const Windows& w, const Dims& in, const Dims& at, Function f) {
  std::int64_t padded = 0;
  const std::size_t rank = in.size();
  tabulate(w.kernel, [&](const Dims& tap) {
    Dims place(rank);
    bool is_inside = true, counts = true;
    for (std::size_t d = 0; d < rank; ++d) {
      place[d] = at[d + 2] * w.strides[d] + tap[d] * w.dilations[d] - w.pads[d];
      is_inside = is_inside && place[d] >= 0 && place[d] < in[d];
      counts = counts && place[d] < in[d] + w.pads[d + rank];
    }
    if (is_inside) {
      f(place, tap);
    } else if (counts) {
      ++padded;
    }
    return 0.0;
  });
  return padded;
}

Tensor conv(const Call& call) {
  const Tensor &x = call.in(0), &weights = call.in(1);
  const Dims in = spatial(x);
  const Windows w = windows_of(call, in, spatial(weights));
  const std::int64_t m = weights.dims[0], each = weights.dims[1], groups = call.integer("group", 1);
  return tabulate(with_space(x.dims[0], m, w.out), [&](const Dims& at) {
    double sum = call.has(2) ? call.in(2).values[at[1]] : 0;
    for_taps(w, in, at, [&](const Dims& place, const Dims& tap) {
      for (std::int64_t c = 0; c < each; ++c) {
        const std::int64_t from = at[1] / (m / groups) * each + c;
        sum += element(x, with_space(at[0], from, place)) * element(weights, with_space(at[1], c, tap));
      }
    });
    return sum;
  });
}

Tensor pool(const Call& call) {
  const Tensor& x = call.in(0);
  const Dims in = spatial(x), ones(in.size(), 1);
  const bool is_global = call.op().rfind("Global", 0) == 0;
  const Windows w = is_global ? Windows{in, ones, ones, Dims(2 * in.size(), 0), ones}
                              : windows_of(call, in, call.list("kernel_shape"));
  const bool is_max = call.op().find("MaxPool") != std::string::npos, is_norm = call.op() == "LpPool";
  const auto p = static_cast<double>(call.integer("p", 2));
  return tabulate(with_space(x.dims[0], x.dims[1], w.out), [&](const Dims& at) {
    double most = -INFINITY, sum = 0;
    std::int64_t count = 0;
    const std::int64_t padded = for_taps(w, in, at, [&](const Dims& place, const Dims& /*tap*/) {
      const double v = element(x, with_space(at[0], at[1], place));
      most = std::max(most, v);
      sum += is_norm ? std::pow(std::fabs(v), p) : v;
      ++count;
    });
    if (is_norm) return std::pow(sum, 1 / p);
    if (call.integer("count_include_pad", 0) != 0) count += padded;
    return is_max ? most : sum / static_cast<double>(count);
  });
}

Tensor conv_transpose(const Call& call) {
  const Tensor &x = call.in(0), &weights = call.in(1);
  const Dims in = spatial(x), kernel = spatial(weights);
  const std::size_t rank = in.size();
  const Dims strides = call.list("strides", Dims(rank, 1)), dilations = call.list("dilations", Dims(rank, 1));
  const Dims extra = call.list("output_padding", Dims(rank, 0)), shape = call.list("output_shape");
  Dims pads = call.list("pads", Dims(2 * rank, 0)), out;
  const std::string automatic = call.word("auto_pad", "NOTSET");
  for (std::size_t d = 0; d < rank; ++d) {
    const std::int64_t full = strides[d] * (in[d] - 1) + extra[d] + (kernel[d] - 1) * dilations[d] + 1;
    const bool is_same = automatic.rfind("SAME", 0) == 0;
    if (is_same || !shape.empty()) {
      out.push_back(shape.empty() ? in[d] * strides[d] : shape[d]);
      const std::int64_t total = std::max<std::int64_t>(0, full - out[d]);
      pads[d] = automatic == "SAME_UPPER" ? total / 2 : total - total / 2;
    } else {
      out.push_back(full - pads[d] - pads[d + rank]);
    }
  }
  const std::int64_t groups = call.integer("group", 1), each = weights.dims[1], inputs = x.dims[1] / groups;
  const Dims dims = with_space(x.dims[0], each * groups, out);
  Tensor result =
      tabulate(dims, [&](const Dims& at) { return call.has(2) ? call.in(2).values[at[1]] : 0.0; });
  tabulate(x.dims, [&](const Dims& at) {
    tabulate({weights.dims.begin() + 1, weights.dims.end()}, [&](const Dims& k) {
      std::int64_t offset = at[0] * each * groups + at[1] / inputs * each + k[0];
      bool is_inside = true;
      for (std::size_t d = 0; d < rank; ++d) {
        const std::int64_t place = at[d + 2] * strides[d] + k[d + 1] * dilations[d] - pads[d];
        is_inside = is_inside && place >= 0 && place < out[d];
        offset = offset * out[d] + place;
      }
      Dims of = k;
      of.insert(of.begin(), at[1]);
      if (is_inside) result.values[offset] += element(x, at) * element(weights, of);
      return 0.0;
    });
    return 0.0;
  });
  return result;
}

Tensor matmul(const Call& call) {
  Tensor a = call.in(0), b = call.in(1);
  const bool row = a.dims.size() == 1, column = b.dims.size() == 1;
  if (row) a.dims.insert(a.dims.begin(), 1);
  if (column) b.dims.push_back(1);
  const std::int64_t inner = a.dims.back();
  Dims dims = joint({a.dims.begin(), a.dims.end() - 2}, {b.dims.begin(), b.dims.end() - 2});
  dims.push_back(a.dims[a.dims.size() - 2]);
  dims.push_back(b.dims.back());
  const std::size_t r = dims.size() - 2;
  Tensor result = tabulate(dims, [&](const Dims& at) {
    double sum = 0;
    for (std::int64_t k = 0; k < inner; ++k) {
      Dims left = at, right = at;
      left[r + 1] = k;
      right[r] = k;
      sum += spread(a, left) * spread(b, right);
    }
    return sum;
  });
  if (column) result.dims.pop_back();
  if (row) result.dims.erase(result.dims.begin() + static_cast<std::ptrdiff_t>(r));
  return result;
}

Tensor gemm(const Call& call) {
  const Tensor &a = call.in(0), &b = call.in(1);
  const bool ta = call.integer("transA", 0) != 0, tb = call.integer("transB", 0) != 0;
  return tabulate({a.dims[ta ? 1 : 0], b.dims[tb ? 0 : 1]}, [&](const Dims& at) {
    double sum = 0;
    for (std::int64_t k = 0; k < a.dims[ta ? 0 : 1]; ++k) {
      const Dims left = ta ? Dims{k, at[0]} : Dims{at[0], k}, right = tb ? Dims{at[1], k} : Dims{k, at[1]};
      sum += element(a, left) * element(b, right);
    }
    return call.number("alpha", 1) * sum +
           (call.has(2) ? call.number("beta", 1) * spread(call.in(2), at) : 0.0);
  });
}

/// What an element at a distance gives to the mean of a filter.
double filtered(const std::string& mode, double distance) {
  const double d = std::fabs(distance), a = -0.75;
  if (mode == "linear") return std::max(0.0, 1 - d);
  if (d < 1) return (a + 2) * d * d * d - (a + 3) * d * d + 1;
  return d < 2 ? a * d * d * d - 5 * a * d * d + 8 * a * d - 4 * a : 0;
}

/// Nearest, linear, and filters as wide as the image shrinks; the position of an output element in the input,
/// one dimension after the other.
Tensor resize(const Call& call) {
  const Tensor& x = call.in(0);
  const bool has_choice = call.opset() >= 11, is_new = call.op() == "Resize" && has_choice;
  std::vector<double> scales;
  Dims dims = x.dims, sizes;
  // Upsample 7 has its scales as an attribute: the caller gives them as an input.
  const std::size_t input = is_new ? 2 : 1;
  if (call.has(input)) scales = call.in(input).values;
  if (is_new && call.has(3)) sizes = call.list("sizes", std::size_t{3});
  for (std::size_t d = 0; d < dims.size(); ++d) {
    if (!sizes.empty()) {
      dims[d] = sizes[d];
      scales.push_back(static_cast<double>(sizes[d]) / static_cast<double>(x.dims[d]));
    } else {
      dims[d] = static_cast<std::int64_t>(
          std::floor(static_cast<float>(x.dims[d]) * static_cast<float>(scales[d])));
    }
  }
  const std::string mode = call.word("mode", "nearest");
  const std::string transform =
      is_new ? call.word("coordinate_transformation_mode", "half_pixel") : "asymmetric";
  const std::string nearest = is_new ? call.word("nearest_mode", "round_prefer_floor") : "floor";
  // In single precision, as the scales are: ties of rounding depend on it.
  const auto position = [&](std::size_t d, std::int64_t at) -> double {
    const auto i = static_cast<float>(at), n = static_cast<float>(x.dims[d]),
               scale = static_cast<float>(scales[d]);
    if (scale == 1) return i;
    if (transform == "asymmetric") return i / scale;
    if (transform == "align_corners")
      return dims[d] == 1 ? 0.0F : i * (n - 1) / static_cast<float>(dims[d] - 1);
    if (transform == "pytorch_half_pixel" && dims[d] == 1) return 0;
    const float half_pixel = (i + 0.5F) / scale - 0.5F, out = static_cast<float>(dims[d]);
    return transform == "half_pixel_symmetric" ? n / 2 * (1 - out / (scale * n)) + half_pixel : half_pixel;
  };
  if (call.integer("antialias", 0) != 0) {
    Tensor result = x;
    for (std::size_t d = 0; d < dims.size(); ++d) {
      const Tensor before = result;
      Dims along = before.dims;
      along[d] = dims[d];
      result = tabulate(along, [&](const Dims& at) {
        const double p = position(d, at[d]), narrow = std::min(1.0, scales[d]);
        double sum = 0, weights = 0;
        for (std::int64_t i = -40; i < 80; ++i) {
          const double weight = filtered(mode, (static_cast<double>(i) - p) * narrow);
          Dims from = at;
          from[d] = std::clamp<std::int64_t>(i, 0, before.dims[d] - 1);
          weights += weight;
          sum += weight * element(before, from);
        }
        return sum / weights;
      });
    }
    return result;
  }
  return tabulate(dims, [&](const Dims& at) {
    double sum = 0;
    for (int corner = 0; corner < (1 << dims.size()); ++corner) {
      double weight = 1;
      Dims from(at.size());
      for (std::size_t d = 0; d < at.size(); ++d) {
        const double p = position(d, at[d]), low = std::floor(p), t = p - low;
        const bool upper = (corner >> d & 1) != 0;
        double chosen = low + (upper ? 1 : 0);
        if (mode == "nearest") {
          weight *= upper ? 0 : 1;
          chosen = nearest == "floor"                ? low
                   : nearest == "ceil"               ? std::ceil(p)
                   : nearest == "round_prefer_floor" ? std::ceil(p - 0.5)
                                                     : std::floor(p + 0.5);
        } else {
          weight *= upper ? t : 1 - t;
        }
        from[d] = std::clamp<std::int64_t>(static_cast<std::int64_t>(chosen), 0, x.dims[d] - 1);
      }
      if (weight != 0) sum += weight * element(x, from);
    }
    return sum;
  });
}

/// Sums of products over all values of all names, without an ellipsis.
Tensor einsum(const Call& call) {
  std::vector<std::string> terms = {""};
  for (const char c : call.word("equation", "")) {
    if (c == ',' || c == '-') terms.emplace_back();
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) terms.back() += c;
  }
  const std::size_t operands = call.inputs().size();
  std::map<char, std::int64_t> extents;
  for (std::size_t t = 0; t < operands; ++t)
    for (std::size_t d = 0; d < terms[t].size(); ++d) extents[terms[t][d]] = call.in(t).dims[d];
  std::string names;
  Dims all, dims;
  for (const auto& [name, extent] : extents) {
    names += name;
    all.push_back(extent);
  }
  for (const char name : terms.back()) dims.push_back(extents.at(name));
  const auto pick = [&](const std::string& term, const Dims& at) {
    Dims own;
    for (const char name : term) own.push_back(at[names.find(name)]);
    return own;
  };
  return tabulate(dims, [&](const Dims& to) {
    double sum = 0;
    tabulate(all, [&](const Dims& at) {
      if (pick(terms.back(), at) != to) return 0.0;
      double product = 1;
      for (std::size_t t = 0; t < operands; ++t) product *= element(call.in(t), pick(terms[t], at));
      sum += product;
      return 0.0;
    });
    return sum;
  });
}

}  // namespace

const References& windows() {
  static const References table = {
      {"AveragePool", pool},   {"Conv", conv},     {"ConvTranspose", conv_transpose},
      {"Einsum", einsum},      {"Gemm", gemm},     {"GlobalAveragePool", pool},
      {"GlobalMaxPool", pool}, {"MatMul", matmul}, {"MaxPool", pool},
      {"LpPool", pool},        {"Resize", resize}, {"Upsample", resize},
  };
  return table;
}

}  // namespace bitbalance::test::onnx_reference
