// Attention and the rotation of positions, since operator set 23: in words of the host's other operators, as
// exporters wrote them before.
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "quant/onnx/graph/graph.h"
#include "quant/onnx/graph/spelling.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

HostAttributes listed(const char* name, const std::vector<std::int64_t>& list) {
  HostAttributes attributes;
  attributes.integers[name] = list;
  return attributes;
}

/// One of the inputs as it is read: 1 x sequence x heads x size, or with the heads first.
struct Heads {
  OnnxValue value;
  std::int64_t batch = 1, heads = 1, sequence = 1, size = 1;
  bool are_inner = false;  ///< the heads come after the sequence: the input had three dimensions

  std::vector<std::int64_t> dims() const {
    return are_inner ? Dims{batch, sequence, heads, size} : Dims{batch, heads, sequence, size};
  }
};

Heads heads_of(const OnnxGraph& graph, const NodeProto& node, int input, const char* attribute) {
  Heads found;
  found.value = graph.value(node, input);
  const Dims& dims = found.value.dims;
  if (dims.size() == 4) {
    found.batch = dims[0];
    found.heads = dims[1];
    found.sequence = dims[2];
    found.size = dims[3];
  } else if (const std::int64_t heads = int_attribute(node, attribute, 0);
             dims.size() == 3 && heads >= 1 && dims[2] % heads == 0) {
    found.are_inner = true;
    found.batch = dims[0];
    found.sequence = dims[1];
    found.heads = heads;
    found.size = dims[2] / heads;
  } else {
    graph.model().fail(node, fmt::format("input {} is {} with {} {}; accepted: four dimensions, or three of "
                                         "which the last is a multiple",
                                         input, to_string(dims), attribute, heads));
  }
  found.value.dims = found.dims();
  return found;
}

/// Refuses what only a network with a memory has, and what is read in different ways.
void check_attention(const OnnxGraph& graph, const NodeProto& node) {
  constexpr int kMask = 3, kLastInput = 6;
  for (int i = kMask + 1; i <= kLastInput; ++i) {
    if (OnnxGraph::has_input(node, i))
      graph.model().fail(node, fmt::format("has input {}; accepted: none after the mask", i));
  }
  if (float_attribute(node, "softcap", 0) != 0 && OnnxGraph::has_input(node, kMask)) {
    graph.model().fail(
        node, "has a softcap and a mask, whose order is not the same everywhere; accepted: one of both");
  }
}

/// Products of queries and keys that are left out get the least number, or the mask's addend.
OnnxValue masked(OnnxGraph& graph, const NodeProto& node, Spelling& words, const OnnxValue& scores) {
  const OnnxValue least = Spelling::number(std::numeric_limits<float>::lowest());
  OnnxValue result = scores;
  if (OnnxGraph::has_input(node, 3)) {
    const OnnxValue& mask = graph.value(node, 3);
    const bool is_truth = mask.type == onnx::TensorProto::BOOL;
    result = is_truth ? words.step("Where", {mask, scores, least}) : words.step("Add", {scores, mask});
    if (result.dims != scores.dims) {
      graph.model().fail(node, fmt::format("a mask of {}; accepted: what broadcasts to {}",
                                           to_string(mask.dims), to_string(scores.dims)));
    }
  }
  if (int_attribute(node, "is_causal", 0) == 0) return result;
  const std::int64_t queries = scores.dims[2], keys = scores.dims[3];
  graph.check_room(node, queries * keys);
  OnnxValue is_past = {-1, {queries, keys}, {}, onnx::TensorProto::FLOAT};
  for (std::int64_t i = 0; i < queries * keys; ++i)
    is_past.constant.push_back(i % keys <= i / keys ? 1.0F : 0.0F);
  return words.step("Where", {is_past, result, least});
}

/// Softmax(Q K^T scale + mask) V for every head; several heads of queries may share one of keys and values.
void attention(OnnxGraph& graph, const NodeProto& node) {
  check_attention(graph, node);
  Spelling words(graph, node);
  Heads q = heads_of(graph, node, 0, "q_num_heads");
  Heads k = heads_of(graph, node, 1, "kv_num_heads"), v = heads_of(graph, node, 2, "kv_num_heads");
  const bool fits = q.batch == k.batch && q.batch == v.batch && q.size == k.size && k.heads == v.heads &&
                    k.sequence == v.sequence && q.heads % k.heads == 0;
  if (!fits) {
    graph.model().fail(node, fmt::format("heads of {}, {} and {}; accepted: as many keys as values, of the "
                                         "queries' size",
                                         to_string(q.dims()), to_string(k.dims()), to_string(v.dims())));
  }
  const auto in_order = [&](const Heads& of, const std::vector<std::int64_t>& order) {
    return words.step("Transpose", {of.value}, listed("perm", order));
  };
  OnnxValue queries = q.are_inner ? in_order(q, {0, 2, 1, 3}) : q.value;
  const OnnxValue keys = in_order(k, k.are_inner ? Dims{0, 2, 3, 1} : Dims{0, 1, 3, 2});
  const OnnxValue values = v.are_inner ? in_order(v, {0, 2, 1, 3}) : v.value;
  const std::int64_t shared = q.heads / k.heads * q.sequence;  // rows of one head of keys
  queries.dims = {q.batch, k.heads, shared, q.size};
  OnnxValue scores = words.step("MatMul", {queries, keys});
  const float scale = float_attribute(node, "scale", 1 / std::sqrt(static_cast<float>(q.size)));
  scores = words.step("Mul", {scores, Spelling::number(scale)});
  scores.dims = {q.batch, q.heads, q.sequence, k.sequence};
  if (const float cap = float_attribute(node, "softcap", 0); cap != 0) {
    const OnnxValue bent = words.step("Tanh", {words.step("Div", {scores, Spelling::number(cap)})});
    scores = words.step("Mul", {bent, Spelling::number(cap)});
  }
  scores = masked(graph, node, words, scores);
  OnnxValue shares = words.step("Softmax", {scores}, listed("axis", {3}));
  shares.dims = {q.batch, k.heads, shared, k.sequence};
  OnnxValue result = words.step("MatMul", {shares, values});
  result.dims = {q.batch, q.heads, q.sequence, v.size};
  if (q.are_inner) {
    result = words.step("Transpose", {result}, listed("perm", {0, 2, 1, 3}));
    result.dims = {q.batch, q.sequence, q.heads * v.size};
  }
  words.result(result, graph.value(node, 0).type);
}

/// The first elements of each head as pairs, turned by an angle of their position.
void rotary_embedding(OnnxGraph& graph, const NodeProto& node) {
  Spelling words(graph, node);
  const Heads x = heads_of(graph, node, 0, "num_heads");
  const bool are_neighbours = int_attribute(node, "interleaved", 0) != 0;
  const std::int64_t stated = int_attribute(node, "rotary_embedding_dim", 0);
  const std::int64_t turned = stated == 0 ? x.size : stated, half = turned / 2;
  if (turned < 2 || turned % 2 != 0 || turned > x.size) {
    graph.model().fail(node,
                       fmt::format("turns {} of {} elements; accepted: an even number", turned, x.size));
  }
  const auto of_positions = [&](int input) {
    OnnxValue cache = graph.value(node, input);
    if (OnnxGraph::has_input(node, 3))
      cache = words.step("Gather", {cache, graph.value(node, 3)}, listed("axis", {0}));
    if (cache.dims != Dims{x.batch, x.sequence, half}) {
      graph.model().fail(node, fmt::format("angles of {}; accepted: {}", to_string(cache.dims),
                                           to_string({x.batch, x.sequence, half})));
    }
    cache.dims = x.are_inner ? Dims{x.batch, x.sequence, 1, half} : Dims{x.batch, 1, x.sequence, half};
    return cache;
  };
  const OnnxValue cosine = of_positions(1), sine = of_positions(2);
  const auto part = [&](const OnnxValue& of, std::int64_t axis, std::int64_t first, std::int64_t end) {
    HostAttributes range = listed("axes", {axis});
    range.integers["starts"] = {first};
    range.integers["ends"] = {end};
    return words.step("Slice", {of}, range);
  };
  OnnxValue head = turned == x.size ? x.value : part(x.value, 3, 0, turned);
  Dims halves = x.dims(), pairs = x.dims();
  halves[3] = half;
  pairs[3] = half;
  pairs.push_back(2);
  if (are_neighbours) head.dims = pairs;
  OnnxValue a = are_neighbours ? part(head, 4, 0, 1) : part(head, 3, 0, half);
  OnnxValue b = are_neighbours ? part(head, 4, 1, 2) : part(head, 3, half, turned);
  a.dims = halves;
  b.dims = halves;
  OnnxValue real = words.step("Sub", {words.step("Mul", {a, cosine}), words.step("Mul", {b, sine})});
  OnnxValue imaginary = words.step("Add", {words.step("Mul", {a, sine}), words.step("Mul", {b, cosine})});
  if (are_neighbours) {
    pairs[4] = 1;
    real.dims = pairs;
    imaginary.dims = pairs;
  }
  OnnxValue result = words.step("Concat", {real, imaginary}, listed("axis", {are_neighbours ? 4 : 3}));
  result.dims = x.dims();
  result.dims[3] = turned;
  if (turned != x.size)
    result = words.step("Concat", {result, part(x.value, 3, turned, x.size)}, listed("axis", {3}));
  result.dims = graph.dims(node, 0);
  words.result(result, graph.value(node, 0).type);
}

}  // namespace

OnnxHandlers attention_handlers() {
  return {{"Attention", attention}, {"RotaryEmbedding", rotary_embedding}};
}

}  // namespace bitbalance::onnx_io
