// Attention, and the embedding of positions.
#include <cmath>

#include "tests/quant/onnx/random/operator_maker.h"

namespace bitbalance::test {

using onnx_reference::volume;

/// Truths, or addends.
void OperatorMaker::mask(const Dims& dims) {
  if (chance()) {
    floats(values(dims));
    return;
  }
  Tensor addends{dims, std::vector<double>(static_cast<std::size_t>(volume(dims)), 0)};
  std::string bytes;
  for (std::size_t i = 0; i < addends.values.size(); ++i) {
    const bool is_seen = static_cast<std::int64_t>(i) % dims.back() == 0 || chance();
    addends.values[i] = is_seen ? 0 : onnx_reference::kUnseen;
    bytes += static_cast<char>(is_seen);
  }
  constants_.push_back([name = next(), dims, bytes](OnnxBuilder& model) {
    model.raw_constant(name, onnx::TensorProto::BOOL, dims, bytes);
  });
  node_.add_input(next());
  inputs_.push_back(std::make_unique<Tensor>(std::move(addends)));
}

/// Of queries, keys or values that the image has, the others being constants.
void OperatorMaker::attention() {
  const bool is_flat = chance();
  const std::int64_t batch = integer(1, 2), heads = integer(1, 2), group = integer(1, 2);
  const std::int64_t queries = integer(1, 4), keys = integer(1, 4), size = integer(1, 3),
                     result = integer(1, 3);
  const auto dims = [&](std::int64_t count, std::int64_t rows, std::int64_t each) {
    return is_flat ? Dims{batch, rows, count * each} : Dims{batch, count, rows, each};
  };
  const std::int64_t from_image = integer(0, 2);
  const Dims of[] = {dims(heads * group, queries, size), dims(heads, keys, size), dims(heads, keys, result)};
  for (std::int64_t i = 0; i < 3; ++i) {
    if (i == from_image) {
      input(values(of[i]));
    } else {
      floats(values(of[i]));
    }
  }
  if (is_flat) {
    set("q_num_heads", heads * group);
    set("kv_num_heads", heads);
  }
  if (chance()) set("is_causal", integer(0, 1));
  if (chance()) set("scale", small());
  if (chance()) {
    mask(chance() ? Dims{queries, keys} : Dims{batch, 1, queries, keys});
  } else if (chance()) {
    set("softcap", small());
  }
}

void OperatorMaker::rotary_embedding() {
  const bool is_flat = chance(), has_places = chance();
  const std::int64_t batch = integer(1, 2), heads = integer(1, 3), rows = integer(1, 4);
  const std::int64_t turned = 2 * integer(1, 3), size = turned + (chance() ? 0 : integer(1, 3));
  input(values(is_flat ? Dims{batch, rows, heads * size} : Dims{batch, heads, rows, size}));
  const std::int64_t places = integer(1, 6);
  const Dims angles = has_places ? Dims{places, turned / 2} : Dims{batch, rows, turned / 2};
  floats(values(angles, -1, 1));
  floats(values(angles, -1, 1));
  if (has_places) {
    Dims at(batch * rows);
    for (std::int64_t& place : at) place = integer(0, places - 1);
    integers(at, {batch, rows});
  }
  if (is_flat || chance()) set("num_heads", heads);
  if (size != turned) set("rotary_embedding_dim", turned);
  if (chance()) set("interleaved", integer(0, 1));
}

}  // namespace bitbalance::test
