#include "testbench/golden/compare.h"

#include <fmt/format.h>

#include <stdexcept>

namespace bitbalance::golden {

std::string describe(const Mismatch& m) {
  return fmt::format("layer '{}', image {}, channel {}, y {}, x {}: expected {}, found {}", m.layer, m.image,
                     m.channel, m.y, m.x, m.expected, m.found);
}

std::size_t image_bytes(const QuantizedTensor& tensor) {
  return static_cast<std::size_t>(tensor.shape.elements()) * (tensor.bits == 16 ? 2 : 1);
}

std::vector<std::int32_t> unpack(const QuantizedTensor& tensor, const std::uint8_t* bytes) {
  std::vector<std::int32_t> elements(static_cast<std::size_t>(tensor.shape.elements()));
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (tensor.bits == 16) {
      elements[i] = static_cast<std::int16_t>(bytes[2 * i] + 256 * bytes[2 * i + 1]);
    } else {
      elements[i] = tensor.is_signed ? static_cast<std::int8_t>(bytes[i]) : bytes[i];
    }
  }
  return elements;
}

std::vector<std::uint8_t> pack(const QuantizedTensor& tensor, const std::vector<std::int32_t>& elements) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(image_bytes(tensor));
  for (const std::int32_t element : elements) {
    bytes.push_back(static_cast<std::uint8_t>(element));
    if (tensor.bits == 16) bytes.push_back(static_cast<std::uint8_t>(element >> 8));
  }
  return bytes;
}

void compare_element(const std::string& layer, const QuantizedTensor& tensor, std::int64_t image,
                     std::int64_t index, std::int32_t expected, std::int32_t found, Comparison& result) {
  ++result.elements;
  if (expected == found) return;
  ++result.mismatches;
  if (result.first.size() == Comparison::kKept) return;
  const std::int64_t width = tensor.shape.width, plane = tensor.shape.height * width;
  result.first.push_back({layer, image, static_cast<int>(index / plane),
                          static_cast<int>(index % plane / width), static_cast<int>(index % width), expected,
                          found});
}

void compare(const std::string& layer, const QuantizedTensor& tensor, std::int64_t image,
             const std::vector<std::int32_t>& expected, const std::vector<std::int32_t>& found,
             Comparison& result) {
  if (expected.size() != found.size()) {
    throw std::logic_error(
        fmt::format("layer '{}': {} elements expected, {} found", layer, expected.size(), found.size()));
  }
  for (std::size_t i = 0; i < expected.size(); ++i)
    compare_element(layer, tensor, image, static_cast<std::int64_t>(i), expected[i], found[i], result);
  result.total += static_cast<std::int64_t>(expected.size());
}

}  // namespace bitbalance::golden
