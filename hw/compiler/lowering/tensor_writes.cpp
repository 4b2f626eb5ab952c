#include "hw/compiler/lowering/tensor_writes.h"

#include <algorithm>

namespace bitbalance::compiler {
namespace {

bool meet(int a, int a_size, int b, int b_size) {
  return a < b + b_size && b < a + a_size;
}

bool meet(const TensorRange& a, const TensorRange& b) {
  return meet(a.image, a.images, b.image, b.images) && meet(a.channel, a.channels, b.channel, b.channels) &&
         meet(a.row, a.rows, b.row, b.rows) && meet(a.column, a.columns, b.column, b.columns);
}

void include(int& begin, int& size, int other_begin, int other_size) {
  const int end = std::max(begin + size, other_begin + other_size);
  begin = std::min(begin, other_begin);
  size = end - begin;
}

}  // namespace

void TensorWrites::add(const TensorRange& range, CommandIndex store) {
  if (writes_.size() % kGroup == 0) boxes_.push_back(range);
  writes_.push_back({range, store});
  TensorRange& box = boxes_.back();
  include(box.image, box.images, range.image, range.images);
  include(box.channel, box.channels, range.channel, range.channels);
  include(box.row, box.rows, range.row, range.rows);
  include(box.column, box.columns, range.column, range.columns);
}

std::optional<CommandIndex> TensorWrites::latest(const TensorRange& range) const {
  std::size_t end = writes_.size();
  for (std::size_t group = boxes_.size(); group-- > 0; end = group * kGroup) {
    if (!meet(boxes_[group], range)) continue;
    for (std::size_t i = end; i-- > group * kGroup;)
      if (meet(writes_[i].range, range)) return writes_[i].store;
  }
  return {};
}

}  // namespace bitbalance::compiler
