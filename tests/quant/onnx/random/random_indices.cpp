// Operators that make indices, or are told by them where to put something.
#include <cmath>

#include "tests/quant/onnx/random/operator_maker.h"

namespace bitbalance::test {

using onnx_reference::volume;

void OperatorMaker::one_hot() {
  const std::int64_t rank = integer(1, 3), depth = integer(1, 5);
  input(values(extents(rank), -6, 6));  // beyond the depth on both sides, and cut to integers
  integers({depth}, chance() ? Dims{} : Dims{1});
  floats(values({2}));
  if (chance()) set("axis", axis(integer(0, rank), rank + 1));
}

void OperatorMaker::index_of_extreme() {
  const std::int64_t rank = integer(1, 4);
  Tensor x = values(extents(rank));
  for (double& value : x.values) value = std::round(value);  // so that some are alike
  input(std::move(x));
  if (chance()) set("axis", axis(integer(0, rank - 1), rank));
  maybe("keepdims", integer(0, 1));
  maybe("select_last_index", integer(0, 1));
  is_truth_ = true;  // no floats
}

void OperatorMaker::gather_elements() {
  const std::int64_t rank = integer(1, 4), at = integer(0, rank - 1);
  input(values(extents(rank)));
  Dims dims = inputs_[0]->dims, indices;
  const std::int64_t n = dims[at];
  for (std::int64_t& extent : dims) extent = integer(1, extent);
  dims[at] = integer(1, 5);
  for (std::int64_t i = volume(dims); i > 0; --i) indices.push_back(integer(-n, n - 1));
  integers(indices, dims);
  if (at != 0 || chance()) set("axis", axis(at, rank));
}

/// Updates are constants, or the image that updates a constant.
void OperatorMaker::scatter_elements() {
  constexpr std::int64_t kFromEnd = 11, kReduces = 16;
  const std::int64_t rank = integer(1, 4), at = integer(0, rank - 1);
  const Dims dims = extents(rank);
  Dims of = dims, indices;
  for (std::int64_t& extent : of) extent = integer(1, extent);
  for (std::int64_t i = volume(of); i > 0; --i)
    indices.push_back(integer(opset_ < kFromEnd ? 0 : -dims[at], dims[at] - 1));
  const bool updates_constant = chance(3);
  if (updates_constant) {
    floats(values(dims));
  } else {
    input(values(dims));
  }
  integers(indices, of);
  if (updates_constant) {
    input(values(of));
  } else {
    floats(values(of));
  }
  if (at != 0 || chance()) set("axis", axis(at, rank, kFromEnd));
  if (opset_ >= kReduces && chance()) set("reduction", reduction());
}

std::string OperatorMaker::reduction() {
  if (opset_ < kRevision) return one_of<std::string>({"none", "add", "mul"});
  return one_of<std::string>({"none", "add", "mul", "max", "min"});
}

void OperatorMaker::gather_nd() {
  constexpr std::int64_t kHasBatch = 12;
  const std::int64_t rank = integer(1, 4);
  const std::int64_t batch = opset_ >= kHasBatch && chance() ? integer(0, rank - 1) : 0;
  input(values(extents(rank)));
  index_rows(inputs_[0]->dims, batch, integer(1, rank - batch));
  if (batch != 0) set("batch_dims", batch);
}

void OperatorMaker::index_rows(const Dims& of, std::int64_t batch, std::int64_t columns) {
  Dims dims(of.begin(), of.begin() + batch), indices;
  for (std::int64_t more = integer(0, 2); more > 0; --more) dims.push_back(integer(1, 3));
  dims.push_back(columns);
  for (std::int64_t i = 0; i < volume(dims); ++i) {
    const std::int64_t extent = of[batch + i % columns];
    indices.push_back(integer(-extent, extent - 1));
  }
  integers(indices, dims);
}

void OperatorMaker::scatter_nd() {
  constexpr std::int64_t kReduces = 16;
  const std::int64_t rank = integer(1, 4), columns = integer(1, rank);
  input(values(extents(rank)));
  const Dims x = inputs_[0]->dims;
  index_rows(x, 0, columns);
  Dims dims = inputs_[1]->dims;
  dims.pop_back();
  dims.insert(dims.end(), x.begin() + columns, x.end());
  floats(values(dims));
  if (opset_ >= kReduces && chance()) set("reduction", reduction());
}

void OperatorMaker::top_k() {
  constexpr std::int64_t kIsInput = 10, kHasOrder = 11;
  const std::int64_t rank = integer(1, 4), at = integer(0, rank - 1);
  Tensor x = values(extents(rank, 6));
  for (double& value : x.values) value = std::round(2 * value);  // so that some are alike
  const std::int64_t k = integer(1, x.dims[at]);
  input(std::move(x));
  if (opset_ < kIsInput) {
    set("k", k);
  } else {
    integers({k});
  }
  if (at != rank - 1 || chance()) set("axis", axis(at, rank, kHasOrder));
  maybe("largest", integer(0, 1));
  maybe("sorted", std::int64_t{1});
  node_.add_output("indices");
  read_ = integer(0, 1);
  is_truth_ = read_ == 1;  // no floats
}

void OperatorMaker::cumulative_sum() {
  const std::int64_t rank = integer(1, 4);
  input(values(extents(rank)));
  integers({axis(integer(0, rank - 1), rank)}, {});
  maybe("exclusive", integer(0, 1));
  maybe("reverse", integer(0, 1));
}

void OperatorMaker::trilu() {
  input(values(extents(integer(2, 4))));
  if (chance()) integers({integer(-4, 4)}, {});
  maybe("upper", integer(0, 1));
}

void OperatorMaker::reverse_sequence() {
  const Dims dims = extents(integer(2, 4));
  const std::int64_t batch = integer(0, 1);
  input(values(dims));
  Dims lengths(dims[batch]);
  for (std::int64_t& length : lengths) length = integer(1, dims[1 - batch]);
  integers(lengths);
  if (batch == 1 && chance()) return;  // the default
  set("batch_axis", batch);
  set("time_axis", 1 - batch);
}

void OperatorMaker::compress() {
  const std::int64_t rank = integer(1, 4), at = integer(0, rank - 1);
  const Dims dims = extents(rank);
  input(values(dims));
  const bool is_flat = chance(3);
  Dims kept(integer(1, is_flat ? volume(dims) : dims[at]));
  for (std::int64_t& is_kept : kept) is_kept = integer(0, 1);
  kept[integer(0, static_cast<std::int64_t>(kept.size()) - 1)] = 1;
  truths(kept);
  if (!is_flat) set("axis", axis(at, rank));
}

}  // namespace bitbalance::test
