// Plain float tensors of any rank, row-major: what the host computes with between two programs of the
// accelerator, and what constants of an imported graph are folded with.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/checked.h"

namespace bitbalance::host {

/// Extents, outermost first; none for a single value.
using Dims = std::vector<std::int64_t>;

/// Product of the extents from `first` on, up to and without `end` (default: all).
std::int64_t element_count(const Dims& dims, std::size_t first = 0, std::size_t end = SIZE_MAX);

/// Of all extents. Throws std::invalid_argument for a negative extent, or when the product of those that are
/// not 0 exceeds kMostElements: so that of any of them fits 64 bits, too.
std::int64_t checked_count(const Dims& dims);

/// Throws std::invalid_argument unless all are of least .. kMostElements: products of two are far from
/// overflow.
void check_range(const char* what, const std::vector<std::int64_t>& values, std::int64_t least);

/// Cut off at +-10^18; not a number is 0.
std::int64_t to_integer(float x);

/// "[1, 40, 120]".
std::string to_string(const Dims& dims);

/// Counted from the end when negative. Throws std::invalid_argument outside -rank .. rank - 1.
std::size_t normal_axis(std::int64_t axis, std::size_t rank);

struct HostTensor {
  Dims dims;
  std::vector<float> values;

  HostTensor() = default;
  /// All zero. Throws as checked_count() does.
  explicit HostTensor(Dims extents);
  /// The same; an outline has no values.
  static HostTensor result(Dims extents, bool is_outline);
  /// Precondition: as many elements as the extents say.
  HostTensor(Dims extents, std::vector<float> elements);
};

/// Somebody else's elements under the extents that an operator reads them by. An outline is a view of no
/// elements: it asks for the extents of the result alone.
struct HostView {
  Dims dims;
  const float* values = nullptr;

  HostView() = default;
  HostView(Dims extents, const float* elements) : dims(std::move(extents)), values(elements) {}
  HostView(const HostTensor& tensor)  // NOLINT(google-explicit-constructor): a tensor is a view of itself
      : dims(tensor.dims), values(tensor.values.data()) {}

  std::int64_t size() const { return element_count(dims); }
  bool is_outline() const { return values == nullptr && size() != 0; }
};

/// Is any operand an outline? Others, constants, may have their elements all the same.
bool has_outline(const std::vector<HostView>& operands);

/// Extents after broadcasting as NumPy does it. Throws std::invalid_argument when they do not fit.
Dims broadcast(const Dims& a, const Dims& b);

/// Steps between neighbours of each of `to`'s dimensions in a tensor of `from`'s extents, 0 where it
/// repeats. Throws std::invalid_argument unless `from` broadcasts to `to`.
std::vector<std::int64_t> broadcast_strides(const Dims& from, const Dims& to);

/// Steps between neighbours of each dimension, row-major.
std::vector<std::int64_t> row_major_strides(const Dims& dims);

/// Walks over all elements of a tensor of extents `dims`, row-major, and keeps one offset for each of several
/// strided tensors.
class Odometer {
 public:
  Odometer(Dims dims, std::vector<std::vector<std::int64_t>> strides)
      : dims_(std::move(dims)), strides_(std::move(strides)), at_(dims_.size()), offsets_(strides_.size()) {}

  std::int64_t offset(std::size_t tensor) const { return offsets_[tensor]; }
  const Dims& position() const { return at_; }
  void next();

 private:
  Dims dims_;
  std::vector<std::vector<std::int64_t>> strides_;
  Dims at_;
  std::vector<std::int64_t> offsets_;
};

}  // namespace bitbalance::host
