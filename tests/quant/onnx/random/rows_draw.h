// A graph behind a NonMaxSuppression while it is drawn: its values for several images, and the ways to add to
// them.
#pragma once

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/quant/onnx/onnx_builder.h"
#include "tests/quant/onnx/reference/onnx_reference.h"

namespace bitbalance::test {

/// A value of the graph for every image.
struct Drawn {
  std::string name;
  int type = onnx::TensorProto::FLOAT;
  bool is_exact = true;   ///< single precision computes the same numbers
  bool has_rows = false;  ///< it is made of what is chosen, or of their number
  std::vector<ReferenceTensor> of;

  std::size_t rank() const { return of[0].dims.size(); }
  template <class Predicate>
  bool all(Predicate predicate) const {
    return std::all_of(of.begin(), of.end(), predicate);
  }
  /// The extent, if it is the same for all images; else -1.
  std::int64_t extent(std::size_t d) const {
    const std::int64_t first = of[0].dims[d];
    return all([&](const ReferenceTensor& t) { return t.dims[d] == first; }) ? first : -1;
  }
};

class RowsDraw {
 public:
  static constexpr int kImages = 4;

  /// Draws a NonMaxSuppression.
  explicit RowsDraw(std::uint32_t seed);

 protected:
  using Ints = std::vector<std::int64_t>;
  static constexpr auto kReal = onnx::TensorProto::FLOAT;
  static constexpr auto kWhole = onnx::TensorProto::INT64;
  static constexpr auto kTrue = onnx::TensorProto::BOOL;

  std::int64_t integer(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }
  bool chance(int of = 2) { return integer(1, of) == 1; }
  template <class T>
  T one_of(const std::vector<T>& choices) {
    return choices[integer(0, static_cast<std::int64_t>(choices.size()) - 1)];
  }

  Drawn constant(const Ints& dims, const std::vector<double>& values, int type);
  Drawn list(const Ints& values);

  /// One of the values for which the predicate holds, the later the likelier, and most often one that has
  /// rows; null: there is none.
  template <class Predicate>
  const Drawn* any_of(Predicate predicate) {
    std::vector<const Drawn*> found;
    const bool with_rows = !chance(4);
    for (const Drawn& value : values_)
      if (predicate(value) && (value.has_rows || !with_rows)) found.push_back(&value);
    if (found.empty()) return nullptr;
    return chance() ? found.back() : one_of(found);
  }
  Drawn any() {
    const Drawn* found = any_of([](const Drawn& /*value*/) { return true; });
    return found == nullptr ? values_.front() : *found;
  }
  const Drawn* any(int type) {
    return any_of([type](const Drawn& value) { return value.type == type; });
  }
  /// A list of integers that the graph computes.
  const Drawn* any_list() {
    return any_of([](const Drawn& value) { return value.type == kWhole && value.rank() == 1; });
  }

  onnx::NodeProto node(const std::string& op, const std::vector<Drawn>& inputs);
  /// Adds the node, whose inputs fit together; false: its result is of no use.
  bool add(const onnx::NodeProto& node, const std::vector<Drawn>& inputs, int type, bool keeps_exact = true);

  std::int64_t boxes() const { return boxes_; }
  std::mt19937& engine() { return random_; }
  OnnxBuilder& model() { return model_; }
  std::vector<std::vector<float>>& images() { return images_; }
  const std::vector<Drawn>& values() const { return values_; }
  /// The last value that has rows.
  const Drawn& last_with_rows() const;

 private:
  void choose();
  std::string new_name() { return "v" + std::to_string(++names_); }

  std::mt19937 random_;
  std::int64_t boxes_;
  OnnxBuilder model_;
  std::vector<std::vector<float>> images_;
  std::vector<Drawn> values_;
  int names_ = 0;
};

}  // namespace bitbalance::test
