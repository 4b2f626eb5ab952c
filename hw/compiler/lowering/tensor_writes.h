// Which store wrote a part of a tensor last: what a load of it waits for.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "hw/compiler/lowering/hazards.h"

namespace bitbalance::compiler {

/// A part of an activation tensor.
struct TensorRange {
  int image = 0, images = 1;
  int channel = 0, channels = 1;
  int row = 0, rows = 1;
  int column = 0, columns = 1;
};

/// The stores to one tensor, in their order.
class TensorWrites {
 public:
  void add(const TensorRange& range, CommandIndex store);
  /// The last one that wrote a part of `range`, if any.
  std::optional<CommandIndex> latest(const TensorRange& range) const;

 private:
  struct Write {
    TensorRange range;
    CommandIndex store;
  };
  /// Neighbours in the order are most often neighbours in the tensor: those of a group are looked at only
  /// where the box around them is met.
  static constexpr std::size_t kGroup = 32;

  std::vector<Write> writes_;
  std::vector<TensorRange> boxes_;
};

}  // namespace bitbalance::compiler
