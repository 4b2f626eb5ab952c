#include "quant/onnx/file/element_type.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <vector>

#include "quant/ir/output.h"

namespace bitbalance::onnx_io {
namespace {

enum class Kind { kReal, kInteger, kBoolean };

struct Accepted {
  ElementType type;
  const char* name;
  Kind kind;
  int bits;  ///< in raw data
};

constexpr std::array kAccepted = {
    Accepted{onnx::TensorProto::FLOAT, "FLOAT", Kind::kReal, 32},
    Accepted{onnx::TensorProto::FLOAT16, "FLOAT16", Kind::kReal, 16},
    Accepted{onnx::TensorProto::BFLOAT16, "BFLOAT16", Kind::kReal, 16},
    Accepted{onnx::TensorProto::DOUBLE, "DOUBLE", Kind::kReal, 64},
    Accepted{kInt4, "INT4", Kind::kInteger, 4},
    Accepted{onnx::TensorProto::INT8, "INT8", Kind::kInteger, 8},
    Accepted{onnx::TensorProto::INT16, "INT16", Kind::kInteger, 16},
    Accepted{onnx::TensorProto::INT32, "INT32", Kind::kInteger, 32},
    Accepted{onnx::TensorProto::INT64, "INT64", Kind::kInteger, 64},
    Accepted{kUint4, "UINT4", Kind::kInteger, 4},
    Accepted{onnx::TensorProto::UINT8, "UINT8", Kind::kInteger, 8},
    Accepted{onnx::TensorProto::UINT16, "UINT16", Kind::kInteger, 16},
    Accepted{onnx::TensorProto::UINT32, "UINT32", Kind::kInteger, 32},
    Accepted{onnx::TensorProto::UINT64, "UINT64", Kind::kInteger, 64},
    Accepted{onnx::TensorProto::BOOL, "BOOL", Kind::kBoolean, 8},
};

constexpr bool are_reals_those_of_ir() {
  for (const Accepted& accepted : kAccepted)
    if ((accepted.kind == Kind::kReal) != ir::is_real_type(accepted.type)) return false;
  return true;
}
static_assert(are_reals_those_of_ir());

const Accepted* find(ElementType type) {
  for (const Accepted& accepted : kAccepted)
    if (accepted.type == type) return &accepted;
  return nullptr;
}

bool is_kind(ElementType type, Kind kind) {
  const Accepted* accepted = find(type);
  return accepted != nullptr && accepted->kind == kind;
}

/// Rounded to `digits` binary digits, halves to even, in steps of at least `least_step`.
float round_digits(float value, int digits, float least_step) {
  if (value == 0 || !std::isfinite(value)) return value;
  const float step = std::max(least_step, std::ldexp(1.0F, std::ilogb(value) - digits + 1));
  return std::nearbyint(value / step) * step;
}

/// Without the sign.
int magnitude_bits(ElementType type) {
  return bits_of(type) - (is_signed(type) ? 1 : 0);
}

}  // namespace

bool is_real(ElementType type) {
  return is_kind(type, Kind::kReal);
}

bool is_integer(ElementType type) {
  return is_kind(type, Kind::kInteger);
}

bool is_signed(ElementType type) {
  return name_of(type).front() == 'I';
}

bool is_accepted(ElementType type) {
  return find(type) != nullptr;
}

std::string name_of(ElementType type) {
  if (const Accepted* accepted = find(type)) return accepted->name;
  const std::string name = onnx::TensorProto_DataType_Name(static_cast<onnx::TensorProto_DataType>(type));
  return name.empty() ? fmt::format("number {}", type) : name;
}

std::string accepted_types() {
  std::vector<std::string> names;
  names.reserve(std::size(kAccepted));
  for (const Accepted& accepted : kAccepted) names.emplace_back(accepted.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

int bits_of(ElementType type) {
  const Accepted* accepted = find(type);
  return accepted == nullptr ? 0 : accepted->bits;
}

bool holds(ElementType type, double whole) {
  constexpr int kBoundIsOne = 63;
  const int bits = magnitude_bits(type);
  const double most = std::ldexp(1.0, bits), least = is_signed(type) ? -most : 0.0;
  return whole >= least && (whole < most || (whole == most && bits >= kBoundIsOne));
}

bool holds_all(ElementType type, ElementType of) {
  constexpr int kWide = 32;
  if (!is_integer(of)) return true;
  return bits_of(type) >= kWide ||
         ((is_signed(type) || !is_signed(of)) && magnitude_bits(type) >= magnitude_bits(of));
}

float exact_integer(std::int64_t value) {
  const bool is_between = (value > kExactInteger && value < kUnboundedInteger) ||
                          (value < -kExactInteger && value > -kUnboundedInteger);
  if (is_between && static_cast<std::int64_t>(static_cast<float>(value)) != value) {
    throw std::invalid_argument(fmt::format("{}; accepted: integers up to {}, or beyond {}", value,
                                            kExactInteger, kUnboundedInteger));
  }
  return static_cast<float>(value);
}

float from_brain_half(std::uint16_t bits) {
  const std::uint32_t wide = std::uint32_t{bits} << 16;  // the upper half of a float
  float value = 0;
  std::memcpy(&value, &wide, sizeof value);
  return value;
}

float rounded_to(ElementType type, float value) {
  constexpr float kMostHalf = 65504, kLeastHalf = 0x1p-24F;
  constexpr int kHalfDigits = 11, kBrainDigits = 8;
  if (type == onnx::TensorProto::BFLOAT16)
    return round_digits(value, kBrainDigits, std::numeric_limits<float>::denorm_min());
  if (type != onnx::TensorProto::FLOAT16) return value;
  const float result = round_digits(value, kHalfDigits, kLeastHalf);
  return std::abs(result) > kMostHalf ? std::copysign(std::numeric_limits<float>::infinity(), value) : result;
}

}  // namespace bitbalance::onnx_io
