// Attention, and the embedding of positions.
#include <cmath>

#include "tests/quant/onnx/reference/reference_call.h"

namespace bitbalance::test::onnx_reference {
namespace {

/// The element of a head: of inputs of four dimensions, or of three where heads lie side by side.
struct Heads {
  const Tensor* values;
  std::int64_t count, sequence, size;

  Heads(const Tensor& t, std::int64_t heads)
      : values(&t),
        count(t.dims.size() == 4 ? t.dims[1] : heads),
        sequence(t.dims[t.dims.size() - 2]),
        size(t.dims.size() == 4 ? t.dims[3] : t.dims[2] / heads) {}

  double at(std::int64_t batch, std::int64_t head, std::int64_t row, std::int64_t i) const {
    return values->dims.size() == 4 ? element(*values, {batch, head, row, i})
                                    : element(*values, {batch, row, head * size + i});
  }
};

Tensor attention(const Call& call) {
  const Heads q(call.in(0), call.integer("q_num_heads", 0));
  const Heads k(call.in(1), call.integer("kv_num_heads", 0)), v(call.in(2), call.integer("kv_num_heads", 0));
  const std::int64_t group = q.count / k.count;
  const double scale = call.number("scale", 1 / std::sqrt(static_cast<double>(q.size)));
  const double cap = call.number("softcap", 0);
  const bool is_causal = call.integer("is_causal", 0) != 0, is_flat = call.in(0).dims.size() == 3;
  const auto of_row = [&](std::int64_t b, std::int64_t head, std::int64_t row, std::int64_t out) {
    double sum = 0, weighted = 0;
    for (std::int64_t key = 0; key < k.sequence; ++key) {
      double score = 0;
      for (std::int64_t i = 0; i < q.size; ++i)
        score += q.at(b, head, row, i) * k.at(b, head / group, key, i) * scale;
      if (cap != 0) score = cap * std::tanh(score / cap);
      bool is_seen = !is_causal || key <= row;
      if (call.has(3)) {
        const double mask = spread(call.in(3), {b, head, row, key});
        is_seen = is_seen && mask != kUnseen;
        score += is_seen ? mask : 0;
      }
      if (!is_seen) continue;
      sum += std::exp(score);
      weighted += std::exp(score) * v.at(b, head / group, key, out);
    }
    return weighted / sum;
  };
  const std::int64_t batch = call.in(0).dims[0];
  if (is_flat) {
    return tabulate({batch, q.sequence, q.count * v.size},
                    [&](const Dims& at) { return of_row(at[0], at[2] / v.size, at[1], at[2] % v.size); });
  }
  return tabulate({batch, q.count, q.sequence, v.size},
                  [&](const Dims& at) { return of_row(at[0], at[1], at[2], at[3]); });
}

Tensor rotary_embedding(const Call& call) {
  const Tensor& x = call.in(0);
  const bool is_flat = x.dims.size() == 3, are_neighbours = call.integer("interleaved", 0) != 0;
  const Heads heads(x, call.integer("num_heads", 0));
  const std::int64_t stated = call.integer("rotary_embedding_dim", 0);
  const std::int64_t turned = stated == 0 ? heads.size : stated, half = turned / 2;
  return tabulate(x.dims, [&](const Dims& at) {
    const std::int64_t head = is_flat ? at[2] / heads.size : at[1], row = is_flat ? at[1] : at[2];
    const std::int64_t i = is_flat ? at[2] % heads.size : at[3];
    if (i >= turned) return heads.at(at[0], head, row, i);
    const bool is_first = are_neighbours ? i % 2 == 0 : i < half;
    const std::int64_t pair = are_neighbours ? i / 2 : i % half;
    const std::int64_t other = are_neighbours ? (is_first ? i + 1 : i - 1) : (is_first ? i + half : i - half);
    const auto angle = [&](std::size_t input) {
      if (!call.has(3)) return element(call.in(input), {at[0], row, pair});
      const auto place = static_cast<std::int64_t>(element(call.in(3), {at[0], row}));
      return element(call.in(input), {place, pair});
    };
    const double own = heads.at(at[0], head, row, i), partner = heads.at(at[0], head, row, other);
    return own * angle(1) + (is_first ? -partner : partner) * angle(2);
  });
}

}  // namespace

const References& attentions() {
  static const References table = {{"Attention", attention}, {"RotaryEmbedding", rotary_embedding}};
  return table;
}

}  // namespace bitbalance::test::onnx_reference
