// Arrays of numbers in files of others: IDX (of MNIST) and NPY (of NumPy), every type of number that they
// know.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "quant/eval/names.h"

namespace bitbalance::eval {

/// How a file holds a number.
struct NumberFormat {
  enum class Kind { kUnsigned, kSigned, kFloat };
  Kind kind = Kind::kUnsigned;
  int bytes = 1;  ///< 1, 2, 4 or 8; of a float 2 (IEEE 754 binary16), 4 or 8
  bool big_endian = false;

  bool is_byte() const { return kind == Kind::kUnsigned && bytes == 1; }
};

struct Array {
  std::vector<int> extents;  ///< the first changes slowest; each 1 to kLargestExtent
  NumberFormat format;
  std::vector<std::uint8_t> data;

  std::int64_t elements() const { return static_cast<std::int64_t>(data.size()) / format.bytes; }
  /// Exact but for whole numbers beyond 2^53. Precondition: 0 <= index < elements().
  double value(std::int64_t index) const;
};

/// Does the file begin as one of these formats?
bool is_array_file(const std::filesystem::path& file);

/// Throws std::invalid_argument, one line naming the file, for a missing or truncated file, one that is too
/// long, another format, and a header out of bounds.
Array read_array(const std::filesystem::path& file);

}  // namespace bitbalance::eval
