// A CBOR document (RFC 8949) from outside the program, read without trust: nesting is bounded, a number is
// taken only where its type holds it, and what does not fit is told by its place in the document.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "quant/ir/names.h"

namespace bitbalance::ir {

/// Throws std::invalid_argument for bytes that are not one item of definite length, nested as deep as 16.
nlohmann::json parse_cbor(const std::string& bytes);

/// A value of a document. Everything throws std::invalid_argument "layers[3].nnzb: 70000; accepted: ...".
class CborField {
 public:
  /// Keeps a reference.
  explicit CborField(const nlohmann::json& json, std::string path = {})
      : json_(json), path_(std::move(path)) {}

  [[noreturn]] void refuse(const std::string& found, const std::string& accepted) const;

  /// Of a map.
  CborField operator[](const char* key) const;
  /// Of a map; nullopt: it has none of that key.
  std::optional<CborField> find(const char* key) const;
  std::vector<std::pair<std::string, CborField>> entries() const;
  /// Of a list. `list(n)`: of exactly n values.
  std::vector<CborField> list() const;
  std::vector<CborField> list(std::size_t size) const;

  bool truth() const;
  /// UTF-8.
  const std::string& text() const;
  const std::vector<std::uint8_t>& binary() const;
  /// NaN and infinities too.
  double real() const;
  std::vector<double> reals() const;
  /// A real number within a float's range, or infinite, or NaN.
  std::vector<float> floats() const;
  std::int64_t whole(std::int64_t low, std::int64_t high) const;
  template <class Number>
  Number whole() const {
    return static_cast<Number>(whole(std::numeric_limits<Number>::min(), std::numeric_limits<Number>::max()));
  }
  template <class Number>
  std::vector<Number> wholes() const {
    std::vector<Number> numbers(size());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      numbers[i] = static_cast<Number>(
          whole_at(i, std::numeric_limits<Number>::min(), std::numeric_limits<Number>::max()));
    }
    return numbers;
  }

 private:
  /// Of a list; its elements, some of millions, are named only when they are refused.
  std::size_t size() const;
  CborField element(std::size_t index) const;
  std::int64_t whole_at(std::size_t index, std::int64_t low, std::int64_t high) const;

  const nlohmann::json& json_;
  std::string path_;
};

}  // namespace bitbalance::ir
