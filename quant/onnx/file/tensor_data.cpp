#include "quant/onnx/file/tensor_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>
#include <limits>
#include <stdexcept>

#include "base/binary16.h"
#include "base/bits.h"
#include "quant/onnx/file/element_type.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::TensorProto;

/// Where the bytes of a tensor lie.
struct External {
  std::filesystem::path file;
  std::int64_t offset = 0, length = -1;  ///< bytes; -1: to the end
};

std::int64_t bytes_from(const std::string& name, const std::string& text) {
  std::int64_t value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0)
    throw std::invalid_argument(fmt::format("external data: {} is '{}'; accepted: bytes from 0", name, text));
  return value;
}

bool lies_in(const std::filesystem::path& file, const std::filesystem::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), file.begin(), file.end()).first == folder.end();
}

External find_external(const TensorProto& tensor, const std::filesystem::path& folder) {
  External external;
  for (const onnx::StringStringEntryProto& entry : tensor.external_data()) {
    if (entry.key() == "location") external.file = entry.value();
    if (entry.key() == "offset") external.offset = bytes_from("offset", entry.value());
    if (entry.key() == "length") external.length = bytes_from("length", entry.value());
  }
  const std::string location = external.file.string();
  std::error_code error;
  const std::filesystem::path home = std::filesystem::canonical(folder.empty() ? "." : folder, error);
  external.file = std::filesystem::weakly_canonical(home / location, error);
  if (location.empty() || error || !lies_in(external.file, home)) {
    throw std::invalid_argument(
        fmt::format("external data: location is '{}'; accepted: a file in the model's folder", location));
  }
  if (!std::filesystem::is_regular_file(external.file)) {
    throw std::invalid_argument(
        fmt::format("external data: '{}' is not there; accepted: a file in the model's folder", location));
  }
  return external;
}

std::string read_external(const TensorProto& tensor, const std::filesystem::path& folder,
                          std::int64_t expected) {
  const External external = find_external(tensor, folder);
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(external.file));
  const std::int64_t length = external.length < 0 ? size - external.offset : external.length;
  if (external.offset > size || length > size - external.offset) {
    throw std::invalid_argument(fmt::format("external data: {} bytes from byte {} on of '{}', which has {}",
                                            length, external.offset, external.file.filename().string(),
                                            size));
  }
  if (length != expected) {
    throw std::invalid_argument(
        fmt::format("external data: {} bytes; accepted: the {} of its shape", length, expected));
  }
  std::string bytes(static_cast<std::size_t>(length), '\0');
  std::ifstream stream(external.file, std::ios::binary);
  stream.seekg(external.offset);
  if (!stream.read(bytes.data(), length)) {
    throw std::invalid_argument(
        fmt::format("external data: '{}' cannot be read", external.file.filename().string()));
  }
  return bytes;
}

/// Calls visit(list) with the field that holds this type's elements where they are not raw.
template <class Visit>
void visit_list(const TensorProto& tensor, const Visit& visit) {
  switch (tensor.data_type()) {
    case TensorProto::FLOAT:
      return visit(tensor.float_data());
    case TensorProto::DOUBLE:
      return visit(tensor.double_data());
    case TensorProto::INT64:
      return visit(tensor.int64_data());
    case TensorProto::UINT32:
    case TensorProto::UINT64:
      return visit(tensor.uint64_data());
    default:
      return visit(tensor.int32_data());
  }
}

/// Of raw bytes, little-endian, as every machine that we build for.
template <class T, class Convert>
std::vector<float> convert(const std::string& bytes, const Convert& to_float) {
  std::vector<float> values(bytes.size() / sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) {
    T element{};
    std::memcpy(&element, bytes.data() + i * sizeof(T), sizeof(T));
    values[i] = to_float(element);
  }
  return values;
}

template <class T>
std::vector<float> convert_integers(const std::string& bytes) {
  return convert<T>(bytes, [](T element) {
    // An unsigned integer beyond all signed ones is as unbounded as those.
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    const bool is_beyond = element > 0 && static_cast<std::uint64_t>(element) > kMost;
    return is_beyond ? static_cast<float>(element) : exact_integer(static_cast<std::int64_t>(element));
  });
}

/// Two of four bits per byte, the lower half first.
std::vector<float> unpack(const std::string& bytes, bool is_signed, std::size_t count) {
  constexpr int kValues = 16, kNegative = 8;
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    const int bits = (static_cast<unsigned char>(bytes[i / 2]) >> (i % 2 * 4)) % kValues;
    values[i] = static_cast<float>(is_signed && bits >= kNegative ? bits - kValues : bits);
  }
  return values;
}

std::vector<float> from_raw(ElementType type, const std::string& bytes, std::size_t count,
                            IntegersAs integers) {
  switch (type) {
    case TensorProto::FLOAT:
      return convert<float>(bytes, [](float x) { return x; });
    case TensorProto::DOUBLE:
      return convert<double>(bytes, [](double x) { return static_cast<float>(x); });
    case TensorProto::FLOAT16:
      return convert<std::uint16_t>(bytes, from_binary16);
    case TensorProto::BFLOAT16:
      return convert<std::uint16_t>(bytes, from_brain_half);
    case TensorProto::INT8:
      return convert_integers<std::int8_t>(bytes);
    case TensorProto::INT16:
      return convert_integers<std::int16_t>(bytes);
    case TensorProto::INT32:
      if (integers == IntegersAs::kExact) return convert_integers<std::int32_t>(bytes);
      return convert<std::int32_t>(bytes, [](std::int32_t x) { return static_cast<float>(x); });
    case TensorProto::INT64:
      return convert_integers<std::int64_t>(bytes);
    case TensorProto::UINT8:
      return convert_integers<std::uint8_t>(bytes);
    case TensorProto::UINT16:
      return convert_integers<std::uint16_t>(bytes);
    case TensorProto::UINT32:
      return convert_integers<std::uint32_t>(bytes);
    case TensorProto::UINT64:
      return convert_integers<std::uint64_t>(bytes);
    case kInt4:
    case kUint4:
      return unpack(bytes, type == kInt4, count);
    default:  // BOOL
      return convert<std::uint8_t>(bytes, [](std::uint8_t x) { return x == 0 ? 0.0F : 1.0F; });
  }
}

/// Of a typed list: reals as they are, halves as bit patterns, small integers widened.
std::vector<float> from_list(const TensorProto& tensor, std::size_t count, IntegersAs integers) {
  std::vector<float> values;
  if (bits_of(tensor.data_type()) == 4) {
    std::string bytes;
    for (const std::int32_t two : tensor.int32_data()) bytes += static_cast<char>(two);
    return unpack(bytes, tensor.data_type() == kInt4, count);
  }
  visit_list(tensor, [&](const auto& list) {
    for (const auto element : list) {
      switch (tensor.data_type()) {
        case TensorProto::FLOAT:
        case TensorProto::DOUBLE:
          values.push_back(static_cast<float>(element));
          break;
        case TensorProto::FLOAT16:
          values.push_back(from_binary16(static_cast<std::uint16_t>(element)));
          break;
        case TensorProto::BFLOAT16:
          values.push_back(from_brain_half(static_cast<std::uint16_t>(element)));
          break;
        case TensorProto::BOOL:
          values.push_back(element == 0 ? 0.0F : 1.0F);
          break;
        default:
          values.push_back(integers == IntegersAs::kRounded && tensor.data_type() == TensorProto::INT32
                               ? static_cast<float>(element)
                               : exact_integer(static_cast<std::int64_t>(element)));
      }
    }
  });
  return values;
}

}  // namespace

HostTensor read_tensor(const TensorProto& tensor, const std::filesystem::path& folder, IntegersAs integers) {
  constexpr int kByte = 8;
  if (!is_accepted(tensor.data_type())) {
    throw std::invalid_argument(
        fmt::format("element type is {}; accepted: {}", name_of(tensor.data_type()), accepted_types()));
  }
  HostTensor result;
  result.dims.assign(tensor.dims().begin(), tensor.dims().end());
  const std::int64_t count = checked_count(result.dims);
  const int bits = bits_of(tensor.data_type());
  const std::int64_t expected = ceil_div(count * bits, std::int64_t{kByte});
  if (tensor.data_location() == TensorProto::EXTERNAL) {
    result.values = from_raw(tensor.data_type(), read_external(tensor, folder, expected), count, integers);
    return result;
  }
  // As much data as the shape asks for, in one field.
  std::int64_t listed = 0;
  visit_list(tensor, [&](const auto& list) { listed = list.size(); });
  const std::int64_t listed_bytes = bits < kByte ? listed : listed * bits / kByte;
  const std::int64_t size = listed_bytes + static_cast<std::int64_t>(tensor.raw_data().size());
  if (size != expected || (tensor.has_raw_data() && listed != 0)) {
    throw std::invalid_argument(fmt::format("{} bytes of data; its shape {} asks for {}, in one field", size,
                                            to_string(result.dims), expected));
  }
  result.values = tensor.has_raw_data() ? from_raw(tensor.data_type(), tensor.raw_data(), count, integers)
                                        : from_list(tensor, count, integers);
  return result;
}

}  // namespace bitbalance::onnx_io
