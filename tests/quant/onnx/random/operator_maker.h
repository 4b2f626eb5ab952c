// Draws a node: what random operators are made with. Each operator's own part is in the file of its kind.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/quant/onnx/random/random_operator.h"
#include "tests/quant/onnx/reference/reference_call.h"

namespace bitbalance::test {

class OperatorMaker {
 public:
  OperatorMaker(std::string op, std::int64_t opset, std::mt19937& random);

  RandomOperator make();

 private:
  using Dims = onnx_reference::Dims;
  using Tensor = ReferenceTensor;

  static constexpr std::int64_t kRevision = 18;  ///< changed many signatures

  // Choices.
  std::int64_t integer(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random_);
  }
  bool chance(int of = 2) { return integer(1, of) == 1; }
  template <class T>
  T one_of(const std::vector<T>& choices) {
    return choices[integer(0, static_cast<std::int64_t>(choices.size()) - 1)];
  }
  Dims extents(std::int64_t rank, std::int64_t most = 4) {
    Dims dims(rank);
    for (std::int64_t& extent : dims) extent = integer(1, most);
    return dims;
  }
  Tensor values(const Dims& dims, double low = -2, double high = 2) {
    Tensor t{dims, {}};
    std::uniform_real_distribution<float> draw(static_cast<float>(low), static_cast<float>(high));
    for (std::int64_t i = 0; i < onnx_reference::volume(dims); ++i) t.values.push_back(draw(random_));
    return t;
  }
  /// An axis, counted from the end where the operator set allows it.
  std::int64_t axis(std::int64_t axis, std::int64_t rank, std::int64_t negative_from = 11) {
    return opset_ >= negative_from && chance() ? axis - rank : axis;
  }
  std::vector<std::int64_t> some_axes(std::int64_t rank) {
    std::vector<std::int64_t> axes;
    for (std::int64_t d = 0; d < rank; ++d)
      if (chance()) axes.push_back(axis(d, rank));
    std::shuffle(axes.begin(), axes.end(), random_);
    return axes;
  }

  // Parts of the node.
  void input(Tensor t) {
    inputs_.push_back(std::make_unique<Tensor>(std::move(t)));
    node_.add_input("x");
    image_ = inputs_.back().get();
  }
  std::string next() const { return "c" + std::to_string(inputs_.size()); }
  void floats(Tensor t) {
    constants_.push_back([name = next(), t](OnnxBuilder& model) {
      model.constant(name, t.dims, {t.values.begin(), t.values.end()});
    });
    node_.add_input(next());
    inputs_.push_back(std::make_unique<Tensor>(std::move(t)));
  }
  void integers(const Dims& list, const Dims& dims) {
    constants_.push_back([name = next(), list, dims](OnnxBuilder& model) {
      model.constant(name, list);
      onnx::TensorProto& tensor = *model.graph().mutable_initializer(model.graph().initializer_size() - 1);
      tensor.mutable_dims()->Assign(dims.begin(), dims.end());
    });
    node_.add_input(next());
    inputs_.push_back(std::make_unique<Tensor>(Tensor{dims, {list.begin(), list.end()}}));
  }
  void truths(const Dims& list) {
    constants_.push_back([name = next(), list](OnnxBuilder& model) {
      const std::string bytes(list.begin(), list.end());
      model.raw_constant(name, onnx::TensorProto::BOOL, {static_cast<std::int64_t>(list.size())}, bytes);
    });
    node_.add_input(next());
    inputs_.push_back(std::make_unique<Tensor>(
        Tensor{{static_cast<std::int64_t>(list.size())}, {list.begin(), list.end()}}));
  }
  void integers(const Dims& list) { integers(list, {static_cast<std::int64_t>(list.size())}); }
  void none() {
    node_.add_input("");
    inputs_.push_back(nullptr);
  }
  template <class T>
  void set(const char* name, T value) {
    set_attribute(node_, name, value);
  }
  /// An optional attribute, where the operator set has it.
  template <class T>
  void maybe(const char* name, T value) {
    if (attributes_.count(name) != 0 && chance()) set(name, value);
  }
  float small() { return static_cast<float>(integer(1, 12)) / 8; }

  // random_elementwise.cpp
  void unary();
  void image();
  void combine();
  void wide_integers(const Dims& dims, const Dims& other);
  void cast_to_unsigned();
  /// Of the image's elements that are not 0, and constants.
  void logic();
  void gelu();
  void infinities();
  void modulo();
  void cast_like();
  void where();
  void dropout();
  void clip();

  // random_reductions.cpp
  void group_normalization();
  void rms_normalization();
  void reduce();
  void softmax();
  void batch_normalization();
  void instance_normalization();
  void layer_normalization();
  void lrn();
  void along_axis();
  void over_plane();

  // random_movements.cpp
  void pad();
  void slice();
  void split();
  void squeeze();
  void unsqueeze();
  void flatten();
  void reshape();
  void transpose();
  void concat();
  void gather();
  void tile();
  void expand();
  void blocks();

  // random_indices.cpp
  void one_hot();
  void index_of_extreme();
  void gather_elements();
  void scatter_elements();
  void gather_nd();
  void scatter_nd();
  void top_k();
  void cumulative_sum();
  void trilu();
  void reverse_sequence();
  void compress();
  /// What an update does.
  std::string reduction();
  /// Indices of `columns` dimensions of a tensor, after those of its batch.
  void index_rows(const Dims& of, std::int64_t batch, std::int64_t columns);

  // random_windows.cpp
  void matmul();
  void gemm();
  void einsum();
  Dims space(std::int64_t least, std::int64_t most);
  void strides_and_pads(const Dims& kernel, bool may_dilate);
  void conv();
  void pool();
  void resize();

  // random_attention.cpp
  void attention();
  void rotary_embedding();
  void mask(const Dims& dims);

  // random_samples.cpp
  void roi_align();
  void max_roi_pool();
  void non_max_suppression();
  void grid_sample();
  void center_crop_pad();
  void columns_to_image();
  void determinant();

  // random_bits.cpp
  /// The image's elements, whole numbers, as integers of a type.
  void whole_image(const Dims& dims, std::int64_t type, std::int64_t low, std::int64_t high);
  void whole_constant(const Dims& dims, std::int64_t type, std::int64_t low, std::int64_t high);
  void bitwise();
  void bit_shift();

  // random_recurrent.cpp
  void activations(std::int64_t functions, std::int64_t directions);
  void recurrent();

  // random_branches.cpp
  std::function<double(double)> fill(onnx::GraphProto& graph, const std::string& of, int depth);
  RandomOperator make_branches();

  // random_loops.cpp
  RandomOperator make_loop();
  RandomOperator make_scan();

  // random_operator.cpp
  /// The image plus what an operator makes of constants.
  RandomOperator make_constant();
  RandomOperator finish_constant(const Tensor& found, bool is_integer);
  OnnxBuilder begin(const Dims& dims) const;
  std::vector<const Tensor*> pointers() const;
  RandomOperator finish();

  std::string op_;
  std::int64_t opset_;
  std::mt19937& random_;
  std::set<std::string> attributes_;
  onnx::NodeProto node_;
  std::vector<std::unique_ptr<Tensor>> inputs_;
  std::vector<std::function<void(OnnxBuilder&)>> constants_;
  std::unique_ptr<Tensor> numbers_;  ///< of logical operators: what the image's truths are made of
  const Tensor* image_ = nullptr;
  std::int64_t read_ = 0;  ///< output that is compared
  bool is_truth_ = false, is_training_ = false;
  bool has_open_rows_ = false;  ///< -1 behind those that the image decides
  bool is_wide_ = false;        ///< the result has integers of 32 or 64 bits
  bool is_unsigned_ = false;    ///< none of which is negative
};

}  // namespace bitbalance::test
