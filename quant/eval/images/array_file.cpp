#include "quant/eval/images/array_file.h"

#include <fmt/format.h>

#include <cstring>
#include <fstream>
#include <optional>

#include "base/binary16.h"
#include "base/checked.h"
#include "base/text/number.h"
#include "base/text/outside_text.h"
#include "quant/eval/images/npz_file.h"
#include "quant/eval/images/refusal.h"

namespace bitbalance::eval {
namespace {

using Kind = NumberFormat::Kind;

constexpr std::string_view kNumpyMagic = "\x93NUMPY", kArchiveMagic = "PK\x03\x04";
constexpr std::int64_t kLargestFile = std::int64_t{1} << 33;  // bytes
constexpr std::size_t kMostExtents = 8;

bool is_array(std::string_view begin) {
  return begin.substr(0, 2) == std::string_view("\0\0", 2) || begin.substr(0, 4) == kNumpyMagic.substr(0, 4);
}

constexpr std::size_t kMagic = 4;  // bytes that tell the formats apart

ByteStream open_file(const std::filesystem::path& file) {
  auto stream = std::make_unique<std::ifstream>(file, std::ios::binary | std::ios::ate);
  if (!*stream || std::filesystem::is_directory(file)) {
    refuse(file, unreadable(file) + "; accepted: an IDX, NPY or NPZ file");
  }
  const std::int64_t size = stream->tellg();
  stream->seekg(0);
  return {std::move(stream), size};
}

/// A file whose header is being read.
class Header {
 public:
  Header(std::filesystem::path file, ByteStream bytes) : file_(std::move(file)), bytes_(std::move(bytes)) {
    begin_.resize(static_cast<std::size_t>(std::min<std::int64_t>(kMagic, bytes_.size)));
    bytes_.stream->read(begin_.data(), static_cast<std::streamsize>(begin_.size()));
    if (!*bytes_.stream) fail("cannot be read");
  }

  [[noreturn]] void fail(const std::string& problem) const { refuse(file_, problem); }

  std::string bytes(std::size_t count) {
    std::string read = begin_.substr(std::min(begin_.size(), taken_), count);
    const std::size_t ahead = read.size();
    read.resize(count);
    if (!bytes_.stream->read(&read[ahead], static_cast<std::streamsize>(count - ahead)))
      fail("is truncated inside the header");
    taken_ += count;
    return read;
  }
  std::uint32_t word(std::size_t count, bool big_endian) {
    const std::string read = bytes(count);
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i)
      value = value << 8U | static_cast<std::uint8_t>(read[big_endian ? i : count - 1 - i]);
    return value;
  }
  /// The first bytes, whatever has been read.
  const std::string& begin() const { return begin_; }

  void add_extent(std::int64_t extent, Array& array) const {
    if (array.extents.size() == kMostExtents) fail(fmt::format("more than {} extents", kMostExtents));
    if (extent < 1 || extent > kLargestExtent) {
      fail(fmt::format("extent {} is {}; accepted: 1 to {}", array.extents.size(), extent, kLargestExtent));
    }
    array.extents.push_back(static_cast<int>(extent));
  }

  /// What follows the header, all of it.
  void read_data(Array& array) {
    std::int64_t expected = array.format.bytes;
    for (const int extent : array.extents) {
      expected *= extent;  // at most 2^33 x 2^24
      if (expected > kLargestFile) fail("the header asks for more than 8 GiB of data");
    }
    const std::int64_t found = bytes_.size - static_cast<std::int64_t>(taken_);
    if (found != expected) {
      fail(fmt::format("{}: {} bytes of data found, the header asks for {}",
                       found < expected ? "is truncated" : "is too long", found, expected));
    }
    array.data.resize(static_cast<std::size_t>(expected));
    std::istream& stream = *bytes_.stream;
    // An archive tells at the very end whether what it gave was right.
    if (!stream.read(reinterpret_cast<char*>(array.data.data()), static_cast<std::streamsize>(expected)) ||
        stream.peek() != std::istream::traits_type::eof())
      fail("cannot be read");
  }

 private:
  std::filesystem::path file_;
  ByteStream bytes_;
  std::string begin_;
  std::size_t taken_ = 0;  ///< bytes of the header so far
};

// Two zero bytes, type of the elements, number of extents, then the extents and the data; all numbers are
// big-endian, extents of 32 bits (yann.lecun.com/exdb/mnist).
Array read_idx(Header& header) {
  const std::string magic = header.bytes(4);
  const auto type = static_cast<std::uint8_t>(magic[2]);
  Array array;
  switch (type) {
    case 0x08:
      array.format = {Kind::kUnsigned, 1, true};
      break;
    case 0x09:
      array.format = {Kind::kSigned, 1, true};
      break;
    case 0x0b:
      array.format = {Kind::kSigned, 2, true};
      break;
    case 0x0c:
      array.format = {Kind::kSigned, 4, true};
      break;
    case 0x0d:
      array.format = {Kind::kFloat, 4, true};
      break;
    case 0x0e:
      array.format = {Kind::kFloat, 8, true};
      break;
    default:
      header.fail(fmt::format("IDX elements of type 0x{:02x}; accepted: 08, 09, 0b, 0c, 0d, 0e", type));
  }
  const auto extents = static_cast<std::uint8_t>(magic[3]);
  if (extents == 0) header.fail("an IDX file without extents; accepted: 1 or more");
  for (unsigned i = 0; i < extents; ++i) header.add_extent(header.word(4, true), array);
  header.read_data(array);
  return array;
}

/// The dictionary in the header of an NPY file, as NumPy writes it: {'descr': '<f4', 'fortran_order': False,
/// 'shape': (3, 4), } (numpy.lib.format).
class NumpyHeader {
 public:
  NumpyHeader(const Header& header, std::string_view text) : header_(header), rest_(text) {}

  void read(Array& array) {
    bool has_type = false, has_order = false, has_shape = false;
    expect("{");
    while (!take("}")) {
      const std::string_view key = quoted();
      expect(":");
      if (key == "descr" && !has_type) {
        array.format = format_of(quoted());
        has_type = true;
      } else if (key == "fortran_order" && !has_order) {
        if (!take("False"))
          header_.fail("fortran_order is not False; accepted: False, as of numpy.ascontiguousarray()");
        has_order = true;
      } else if (key == "shape" && !has_shape) {
        read_shape(array);
        has_shape = true;
      } else {
        refuse();
      }
      if (!take(",")) {
        expect("}");
        break;
      }
    }
    if (!has_type || !has_order || !has_shape || !rest_.empty()) refuse();
  }

 private:
  [[noreturn]] void refuse() const {
    header_.fail(
        "an NPY header that is none; accepted: {'descr': ..., 'fortran_order': False, 'shape': (...)}");
  }
  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n"), rest_.size())); }
  bool take(std::string_view word) {
    skip_blanks();
    if (rest_.substr(0, word.size()) != word) return false;
    rest_.remove_prefix(word.size());
    skip_blanks();
    return true;
  }
  void expect(std::string_view word) {
    if (!take(word)) refuse();
  }
  std::string_view quoted() {
    skip_blanks();
    const std::string_view quote = rest_.substr(0, 1);
    if (quote != "'" && quote != "\"") refuse();
    const std::size_t end = rest_.find(quote, 1);
    if (end == std::string_view::npos) refuse();
    const std::string_view text = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return text;
  }
  void read_shape(Array& array) {
    expect("(");
    while (!take(")")) {
      const std::size_t end = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
      const auto extent = whole_number(rest_.substr(0, end));
      if (!extent) refuse();
      header_.add_extent(*extent, array);
      rest_.remove_prefix(end);
      if (!take(",")) {
        expect(")");
        break;
      }
    }
    if (array.extents.empty()) header_.fail("a single number; accepted: an array");
  }
  NumberFormat format_of(std::string_view descr) const {
    const std::optional<NumberFormat> format = number_format(descr);
    if (!format) header_.fail(fmt::format("elements of type '{}'; accepted: {}", descr, kNumberFormats));
    return *format;
  }

  const Header& header_;
  std::string_view rest_;
};

Array read_npy(Header& header) {
  header.bytes(kNumpyMagic.size());
  const std::uint32_t major = header.word(1, false);
  header.word(1, false);
  if (major < 1 || major > 3) header.fail(fmt::format("NPY version {}; accepted: 1 to 3", major));
  const std::uint32_t length = header.word(major == 1 ? 2 : 4, false);
  constexpr std::uint32_t kLongestHeader = 1U << 16;
  if (length > kLongestHeader)
    header.fail(fmt::format("a header of {} bytes; accepted: up to {}", length, kLongestHeader));
  const std::string text = header.bytes(length);
  Array array;
  NumpyHeader(header, text).read(array);
  header.read_data(array);
  return array;
}

}  // namespace

double Array::value(std::int64_t index) const {
  const std::uint8_t* bytes = &data[static_cast<std::size_t>(index * format.bytes)];
  std::uint64_t bits = 0;
  for (int i = 0; i < format.bytes; ++i)
    bits = bits << 8U | bytes[format.big_endian ? i : format.bytes - 1 - i];
  if (format.kind == Kind::kFloat) {
    if (format.bytes == 2) return from_binary16(static_cast<std::uint16_t>(bits));
    if (format.bytes == 4) {
      const auto narrow = static_cast<std::uint32_t>(bits);
      float number = 0;
      std::memcpy(&number, &narrow, sizeof number);
      return number;
    }
    double number = 0;
    std::memcpy(&number, &bits, sizeof number);
    return number;
  }
  if (format.kind == Kind::kBool) return bits == 0 ? 0 : 1;
  if (format.kind == Kind::kUnsigned) return static_cast<double>(bits);
  const int unused = 64 - 8 * format.bytes;
  return static_cast<double>(static_cast<std::int64_t>(bits << unused) >> unused);
}

bool is_array_file(const std::filesystem::path& file) {
  if (is_in_archive(file)) return true;
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) return false;
  const std::string begin = Header(file, open_file(file)).begin();
  return is_array(begin) || begin == kArchiveMagic;
}

Array read_array(const std::filesystem::path& file) {
  const auto read_archive = [&] {
    Header header(file, open_npz(file));
    return read_npy(header);
  };
  if (is_in_archive(file)) return read_archive();
  Header header(file, open_file(file));
  const std::string& begin = header.begin();
  if (begin == kArchiveMagic) return read_archive();
  if (!is_array(begin)) {
    std::string found;
    for (const char byte : begin) found += fmt::format("{:02x}", static_cast<std::uint8_t>(byte));
    header.fail(
        fmt::format("begins with the bytes {}; accepted: an uncompressed IDX file (0000), an NPY file "
                    "(934e) or an NPZ file (504b)",
                    found.empty() ? "of nothing" : found));
  }
  return begin.front() == '\0' ? read_idx(header) : read_npy(header);
}

std::optional<NumberFormat> number_format(std::string_view descr) {
  NumberFormat format;
  const char order = descr.empty() ? '\0' : descr.front(), kind = descr.size() < 2 ? '\0' : descr[1];
  const auto size = whole_number(descr.substr(std::min<std::size_t>(descr.size(), 2)), 1, 8);
  format.big_endian = order == '>';
  switch (kind) {
    case 'f':
      format.kind = Kind::kFloat;
      break;
    case 'i':
      format.kind = Kind::kSigned;
      break;
    case 'b':
      format.kind = Kind::kBool;
      break;
    default:
      format.kind = Kind::kUnsigned;
  }
  format.bytes = size.value_or(0);
  const bool is_sized =
      format.bytes == 2 || format.bytes == 4 || format.bytes == 8 || (format.bytes == 1 && kind != 'f');
  const bool is_bool = kind == 'b' && format.bytes == 1;
  const bool has_order = order == '<' || order == '>' || (order == '|' && format.bytes == 1);
  if (!has_order || !(is_bool || (is_sized && (kind == 'f' || kind == 'i' || kind == 'u')))) return {};
  return format;
}

Array read_raw_array(const std::filesystem::path& file, const NumberFormat& format,
                     const std::vector<int>& extents) {
  ByteStream bytes = open_file(file);
  std::int64_t each = format.bytes;  // bytes of an element of the first extent
  for (const int extent : extents) each *= extent;
  const std::int64_t size = bytes.size, count = size / each;
  if (size == 0 || size % each != 0 || size > kLargestFile || count > kLargestExtent) {
    refuse(file, fmt::format(
                     "{} bytes without a header; accepted: a multiple of {}, up to {}, and up to {} of them",
                     size, each, kLargestFile, kLargestExtent));
  }
  Array array;
  array.format = format;
  array.extents = {static_cast<int>(count)};
  array.extents.insert(array.extents.end(), extents.begin(), extents.end());
  array.data.resize(static_cast<std::size_t>(size));
  if (!bytes.stream->read(reinterpret_cast<char*>(array.data.data()), size)) refuse(file, "cannot be read");
  return array;
}

std::string to_npy(const std::vector<std::int64_t>& extents, const std::vector<float>& values) {
  constexpr std::size_t kAlignment = 64, kBeforeText = 10;
  std::string shape;
  for (const std::int64_t extent : extents) shape += fmt::format("{}, ", extent);
  std::string header = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}", shape);
  while ((kBeforeText + header.size() + 1) % kAlignment != 0) header += ' ';
  header += '\n';
  std::string bytes = "\x93NUMPY\x01";
  bytes += '\0';
  bytes += static_cast<char>(header.size() & 0xff);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header;
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  return bytes;
}

}  // namespace bitbalance::eval
