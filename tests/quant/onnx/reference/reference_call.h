// What the references of ONNX's operators are written with: tensors by index, and a node with its inputs; and
// the tables of operators, by what they do.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "tests/quant/onnx/reference/onnx_reference.h"

namespace bitbalance::test::onnx_reference {

using Dims = std::vector<std::int64_t>;
using Tensor = ReferenceTensor;
using Inputs = std::vector<const Tensor*>;

inline std::int64_t volume(const Dims& dims) {
  return std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>());
}

/// The tensor whose element at an index is f(index).
template <class Function>
Tensor tabulate(const Dims& dims, Function f) {
  Tensor t{dims, {}};
  for (std::int64_t i = 0; i < volume(dims); ++i) {
    Dims at(dims.size());
    std::int64_t rest = i;
    for (std::size_t d = dims.size(); d-- > 0; rest /= dims[d]) at[d] = rest % dims[d];
    t.values.push_back(f(at));
  }
  return t;
}

inline double element(const Tensor& t, const Dims& at) {
  std::int64_t offset = 0;
  for (std::size_t d = 0; d < at.size(); ++d) offset = offset * t.dims[d] + at[d];
  return t.values[offset];
}

/// The element of a tensor that broadcasts to the index's rank.
inline double spread(const Tensor& t, const Dims& at) {
  Dims own(at.end() - static_cast<std::ptrdiff_t>(t.dims.size()), at.end());
  for (std::size_t d = 0; d < own.size(); ++d) own[d] = t.dims[d] == 1 ? 0 : own[d];
  return element(t, own);
}

inline Dims joint(const Dims& a, const Dims& b) {
  Dims result(std::max(a.size(), b.size()), 1);
  for (const Dims* dims : {&a, &b}) {
    for (std::size_t d = 0; d < dims->size(); ++d) {
      std::int64_t& extent = result[result.size() - dims->size() + d];
      if ((*dims)[d] != 1) extent = (*dims)[d];
    }
  }
  return result;
}

/// A node, its operator set and its inputs: attributes by name, or the input that took an attribute's place.
class Call {
 public:
  Call(const onnx::NodeProto& node, std::int64_t opset, const Inputs& inputs)
      : node_(node), opset_(opset), inputs_(inputs) {}

  const std::string& op() const { return node_.op_type(); }
  std::int64_t opset() const { return opset_; }
  int outputs() const { return node_.output_size(); }
  bool has(std::size_t i) const { return i < inputs_.size() && inputs_[i] != nullptr; }
  const Tensor& in(std::size_t i) const { return *inputs_.at(i); }
  const Inputs& inputs() const { return inputs_; }

  std::int64_t integer(const char* name, std::int64_t fallback) const {
    const auto* a = find(name);
    return a == nullptr ? fallback : a->i();
  }
  double number(const char* name, double fallback) const {
    const auto* a = find(name);
    return a == nullptr ? fallback : a->f();
  }
  std::string word(const char* name, const char* fallback) const {
    const auto* a = find(name);
    return a == nullptr ? fallback : a->s();
  }
  Dims list(const char* name, const Dims& fallback = {}) const {
    const auto* a = find(name);
    return a == nullptr ? fallback : Dims(a->ints().begin(), a->ints().end());
  }
  std::vector<std::string> words(const char* name) const {
    const auto* a = find(name);
    return a == nullptr ? std::vector<std::string>()
                        : std::vector<std::string>(a->strings().begin(), a->strings().end());
  }
  std::vector<double> numbers(const char* name) const {
    const auto* a = find(name);
    return a == nullptr ? std::vector<double>() : std::vector<double>(a->floats().begin(), a->floats().end());
  }
  Dims list(const char* name, std::size_t input) const {
    if (!has(input)) return list(name);
    return {in(input).values.begin(), in(input).values.end()};
  }
  std::size_t axis(std::int64_t fallback) const {
    return normal(integer("axis", fallback), in(0).dims.size());
  }

  static std::size_t normal(std::int64_t axis, std::size_t rank) {
    return static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(rank) : axis);
  }

 private:
  const onnx::AttributeProto* find(const std::string& name) const {
    for (const auto& a : node_.attribute())
      if (a.name() == name) return &a;
    return nullptr;
  }

  const onnx::NodeProto& node_;
  std::int64_t opset_;
  const Inputs& inputs_;
};

using Reference = Tensor (*)(const Call&);
using References = std::map<std::string, Reference>;  ///< by operator

/// Softmax, normalizations.
const References& reductions();
/// Reduce*.
Tensor reduce(const Call& call);
/// Elements at other places, extents.
const References& movements();
/// Indices of elements, and elements by index.
const References& indices();
/// All outputs.
std::vector<Tensor> split(const Call& call);
/// All outputs.
std::vector<Tensor> top_k(const Call& call);
/// All outputs.
std::vector<Tensor> recurrent(const Call& call);
/// Convolutions, poolings, products of matrices, Resize.
const References& windows();
/// Images at places, in the middle of others, put together of windows; determinants.
const References& samples();
/// Bits of integers.
const References& bits();
/// Attention, and the embedding of positions. A mask of truths is one of addends here: 0, or kUnseen.
const References& attentions();
inline constexpr double kUnseen = -1e300;

}  // namespace bitbalance::test::onnx_reference
