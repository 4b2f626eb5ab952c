// Reductions, Softmax, normalizations.

#include "tests/quant/onnx/random/operator_maker.h"

namespace bitbalance::test {

void OperatorMaker::group_normalization() {
  constexpr std::int64_t kPerChannel = 21;
  const std::int64_t groups = integer(1, 3), channels = groups * integer(1, 3);
  input(values({1, channels, integer(1, 3), integer(2, 4)}));
  const Dims of = {opset_ < kPerChannel ? groups : channels};
  floats(values(of));
  floats(values(of));
  set("num_groups", groups);
  if (chance()) set("epsilon", small());
}

void OperatorMaker::rms_normalization() {
  const std::int64_t rank = integer(1, 4), at = integer(0, rank - 1);
  input(values(extents(rank)));
  const Dims& dims = inputs_[0]->dims;
  floats(values({dims.begin() + at, dims.end()}));
  if (at != rank - 1 || chance()) set("axis", axis(at, rank));
  if (chance()) set("epsilon", small());
}

void OperatorMaker::reduce() {
  const std::int64_t rank = integer(1, 4);
  const bool is_logarithm = op_ == "ReduceLogSum";
  input(is_logarithm ? values(extents(rank), 0.1, 2) : values(extents(rank)));
  maybe("keepdims", integer(0, 1));
  maybe("noop_with_empty_axes", integer(0, 1));
  const std::vector<std::int64_t> axes = some_axes(rank);
  constexpr std::int64_t kAllTakeAxes = 18;  // later than the library's schemas
  if (attributes_.count("axes") == 0 || opset_ >= kAllTakeAxes) {
    if (chance(4) || (axes.empty() && chance())) return;
    integers(axes);
  } else if (!axes.empty()) {
    set("axes", axes);
  }
}

void OperatorMaker::softmax() {
  const std::int64_t rank = integer(1, 4);
  const bool has_default = opset_ >= 13 || rank > 1;
  input(values(extents(rank)));
  if (!has_default || chance()) set("axis", axis(integer(0, rank - 1), rank));
}

/// LpNormalization, MeanVarianceNormalization.
void OperatorMaker::along_axis() {
  const bool has_axes = op_ == "MeanVarianceNormalization";
  const std::int64_t rank = has_axes ? 4 : integer(1, 4);
  input(values(extents(rank), 0.5, 2));
  maybe("p", integer(1, 2));
  maybe("axis", axis(integer(0, rank - 1), rank));
  Dims axes = some_axes(rank);
  if (axes.empty()) axes = {0, 3};
  maybe("axes", axes);
}

void OperatorMaker::over_plane() {
  input(values({1, integer(1, 4), integer(1, 5), integer(1, 5)}));
  maybe("p", integer(1, 4));
}

void OperatorMaker::batch_normalization() {
  input(values({1, integer(1, 4), integer(1, 4), integer(1, 4)}));
  const Dims channels = {inputs_[0]->dims[1]};
  for (int i = 0; i < 3; ++i) floats(values(channels));
  floats(values(channels, 0.1, 2));
  maybe("epsilon", small());
  maybe("momentum", small());
  maybe("spatial", std::int64_t{1});
  if (!chance(4)) return;
  is_training_ = true;
  const int outputs = opset_ < 14 ? 5 : 3;
  for (int i = 1; i < outputs; ++i) node_.add_output("s" + std::to_string(i));
  if (opset_ >= 14) set("training_mode", std::int64_t{1});
}

void OperatorMaker::instance_normalization() {
  input(values({1, integer(1, 4), integer(2, 4), integer(2, 4)}));
  for (int i = 0; i < 2; ++i) floats(values({inputs_[0]->dims[1]}));
  maybe("epsilon", small());
}

void OperatorMaker::layer_normalization() {
  const std::int64_t rank = integer(1, 4), from = integer(0, rank - 1);
  input(values(extents(rank)));
  const Dims& dims = inputs_[0]->dims;
  const bool is_default = from == rank - 1 && chance();
  const Dims tail(dims.begin() + from, dims.end());
  floats(values(tail));
  if (chance()) floats(values(tail));
  if (!is_default) set("axis", axis(from, rank));
  set("epsilon", small());  // a row of one element is nothing but that
  maybe("stash_type", std::int64_t{1});
}

void OperatorMaker::lrn() {
  image();
  set("size", integer(1, 6));
  for (const char* name : {"alpha", "beta", "bias"}) maybe(name, small());
}

}  // namespace bitbalance::test
