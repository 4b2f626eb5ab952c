// Arrays of numbers in files of others: IDX (of MNIST), NPY and NPZ (of NumPy), every type of number that
// they know; and files of nothing but numbers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quant/eval/names.h"

namespace bitbalance::eval {

/// How a file holds a number.
struct NumberFormat {
  enum class Kind { kUnsigned, kSigned, kFloat, kBool };
  Kind kind = Kind::kUnsigned;
  int bytes = 1;  ///< 1, 2, 4 or 8; of a float 2 (IEEE 754 binary16), 4 or 8; of a bool 1
  bool big_endian = false;

  /// A whole number of 0 to 255: a pixel.
  bool is_byte() const { return kind == Kind::kUnsigned && bytes == 1; }
};

inline constexpr const char* kNumberFormats = "<, > or | and f2, f4, f8, i1 to i8, u1 to u8, b1";
/// By NumPy's name of a type of number: '<f4', '>i2', '|u1'...; nothing for others than kNumberFormats.
std::optional<NumberFormat> number_format(std::string_view descr);

struct Array {
  std::vector<int> extents;  ///< the first changes slowest; each 1 to kLargestExtent
  NumberFormat format;
  std::vector<std::uint8_t> data;

  std::int64_t elements() const { return static_cast<std::int64_t>(data.size()) / format.bytes; }
  /// Exact but for whole numbers beyond 2^53; a bool is 0 or 1. Precondition: 0 <= index < elements().
  double value(std::int64_t index) const;
};

/// Does the file begin as one of these formats?
bool is_array_file(const std::filesystem::path& file);

/// Of an NPZ file with several arrays one is named as if the archive were a folder ("data.npz/images").
/// Throws std::invalid_argument, one line naming the file, for a missing, truncated or damaged file, one that
/// is too long, another format, and a header out of bounds.
Array read_array(const std::filesystem::path& file);

/// A file of numbers without a header: an array whose extents but the first are `extents`, together up to
/// kMostElements. Throws std::invalid_argument, one line naming the file, for one that is missing, empty,
/// above 8 GiB, or holds no whole number of them.
Array read_raw_array(const std::filesystem::path& file, const NumberFormat& format,
                     const std::vector<int>& extents);
/// Bytes of an NPY file of float32. Precondition: as many values as the extents have elements.
std::string to_npy(const std::vector<std::int64_t>& extents, const std::vector<float>& values);

}  // namespace bitbalance::eval
