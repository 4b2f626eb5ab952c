// Operators that treat every element alike, with NumPy's broadcasting where they have several operands.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "quant/host/gelu.h"
#include "quant/host/operators/families.h"

namespace bitbalance::host {
namespace {

template <class Function>
HostTensor map(const HostView& x, Function function) {
  HostTensor result = HostTensor::result(x.dims, x.is_outline());
  std::transform(x.values, x.values + result.values.size(), result.values.begin(), function);
  return result;
}

template <class Function>
HostTensor combine(const HostView& a, const HostView& b, Function function) {
  const bool is_outline = a.is_outline() || b.is_outline();
  if (a.dims == b.dims) {
    HostTensor result = HostTensor::result(a.dims, is_outline);
    std::transform(a.values, a.values + result.values.size(), b.values, result.values.begin(), function);
    return result;
  }
  HostTensor result = HostTensor::result(broadcast(a.dims, b.dims), is_outline);
  if (result.values.empty()) return result;
  const std::vector<std::int64_t> steps_a = broadcast_strides(a.dims, result.dims);
  const std::vector<std::int64_t> steps_b = broadcast_strides(b.dims, result.dims);
  // A row of the innermost dimension at once; one of the operands may repeat a single value along it.
  Dims rows = result.dims;
  const std::int64_t row = rows.back();
  rows.back() = 1;
  Odometer at(rows, {steps_a, steps_b});
  for (auto to = result.values.begin(); to != result.values.end(); to += row, at.next()) {
    const float* x = a.values + at.offset(0);
    const float* y = b.values + at.offset(1);
    if (steps_a.back() == 0) {
      std::transform(y, y + row, to, [&](float value) { return function(*x, value); });
    } else if (steps_b.back() == 0) {
      std::transform(x, x + row, to, [&](float value) { return function(value, *y); });
    } else {
      std::transform(x, x + row, y, to, function);
    }
  }
  return result;
}

template <class Function>
HostFunction unary(Function function) {
  return [function](const HostOperator& /*op*/, const std::vector<HostView>& operands) {
    return map(operands.at(0), function);
  };
}

/// An element and the operator's two parameters.
template <class Function>
HostFunction shaped(const char* first, float first_default, const char* second, float second_default,
                    Function function) {
  return [=](const HostOperator& op, const std::vector<HostView>& operands) {
    const float a = op.attributes.number(first, first_default);
    const float b = op.attributes.number(second, second_default);
    return map(operands.at(0), [&](float x) { return function(x, a, b); });
  };
}

template <class Function>
HostFunction binary(Function function) {
  return [function](const HostOperator& /*op*/, const std::vector<HostView>& operands) {
    return combine(operands.at(0), operands.at(1), function);
  };
}

/// Any number of operands, from the first on.
template <class Function>
HostFunction variadic(Function function) {
  return [function](const HostOperator& /*op*/, const std::vector<HostView>& operands) {
    HostTensor result = map(operands.at(0), [](float x) { return x; });
    for (std::size_t i = 1; i < operands.size(); ++i) result = combine(result, operands[i], function);
    return result;
  };
}

HostTensor mean(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostTensor sum = variadic(std::plus<>())(op, operands);
  const auto count = static_cast<float>(operands.size());
  return map(sum, [count](float x) { return x / count; });
}

HostTensor where(const HostOperator& /*op*/, const std::vector<HostView>& operands) {
  // The condition selects twice: what is not chosen becomes an exact zero, infinities included.
  const HostTensor chosen =
      combine(operands.at(0), operands.at(1), [](float c, float x) { return c != 0 ? x : 0.0F; });
  const HostTensor other =
      combine(operands.at(0), operands.at(2), [](float c, float x) { return c != 0 ? 0.0F : x; });
  return combine(chosen, other, [](float a, float b) { return a == 0 ? b : a; });
}

/// PRelu's slope is broadcast to the operand alone.
HostTensor prelu(const HostOperator& /*op*/, const std::vector<HostView>& operands) {
  HostTensor result =
      combine(operands.at(0), operands.at(1), [](float x, float slope) { return x < 0 ? slope * x : x; });
  if (result.dims != operands.at(0).dims) {
    throw std::invalid_argument(fmt::format("slope of {} for an input of {}", to_string(operands.at(1).dims),
                                            to_string(operands.at(0).dims)));
  }
  return result;
}

HostTensor divide(const HostOperator& op, const std::vector<HostView>& operands) {
  if (op.attributes.integer(kCutsFraction, 0) == 0)
    return combine(operands.at(0), operands.at(1), std::divides<>());
  // In double precision, which rounds no quotient up to the next integer.
  return combine(operands.at(0), operands.at(1),
                 [](float a, float b) { return static_cast<float>(std::trunc(double{a} / b)); });
}

HostTensor power(const HostOperator& op, const std::vector<HostView>& operands) {
  if (op.attributes.integer(kCutsFraction, 0) == 0) {
    return combine(operands.at(0), operands.at(1),
                   [](float a, float b) { return b == 2 ? a * a : std::pow(a, b); });
  }
  return combine(operands.at(0), operands.at(1), [](float a, float b) {
    return static_cast<float>(std::trunc(std::pow(double{a}, double{b})));
  });
}

/// The rest has the sign of the divisor, as integers have it in ONNX, or with `fmod` that of the dividend.
HostTensor modulo(const HostOperator& op, const std::vector<HostView>& operands) {
  if (op.attributes.integer("fmod", 0) != 0) {
    return combine(operands.at(0), operands.at(1), [](float a, float b) { return std::fmod(a, b); });
  }
  return combine(operands.at(0), operands.at(1), [](float a, float b) {
    const float rest = std::fmod(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
  });
}

HostTensor is_infinite(const HostOperator& op, const std::vector<HostView>& operands) {
  const bool above = op.attributes.integer("detect_positive", 1) != 0;
  const bool below = op.attributes.integer("detect_negative", 1) != 0;
  return map(operands.at(0), [&](float x) { return std::isinf(x) && (x > 0 ? above : below) ? 1.0F : 0.0F; });
}

float sigmoid(float x) {
  return 1.0F / (1.0F + std::exp(-x));
}

/// x times the normal distribution up to x; the approximation has tanh for it.
HostTensor gelu(const HostOperator& op, const std::vector<HostView>& operands) {
  const std::string approximation = op.attributes.word("approximate", "none");
  if (approximation == "none")
    return map(operands.at(0), [](float x) { return 0.5F * x * (1 + std::erf(x * kGeluRootHalf)); });
  if (approximation != "tanh")
    throw std::invalid_argument(fmt::format("approximate is '{}'; accepted: none, tanh", approximation));
  return map(operands.at(0), [](float x) {
    return 0.5F * x * (1 + std::tanh(kGeluTanhScale * (x + kGeluCubic * x * x * x)));
  });
}

}  // namespace

HostFunctions elementwise_operators() {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kSeluAlpha = 1.67326319217681884765625F;  // ONNX's defaults
  constexpr float kSeluGamma = 1.05070102214813232421875F;
  return {
      {"Abs", unary([](float x) { return std::abs(x); })},
      {"Acos", unary([](float x) { return std::acos(x); })},
      {"Acosh", unary([](float x) { return std::acosh(x); })},
      {"Asin", unary([](float x) { return std::asin(x); })},
      {"Asinh", unary([](float x) { return std::asinh(x); })},
      {"Atan", unary([](float x) { return std::atan(x); })},
      {"Atanh", unary([](float x) { return std::atanh(x); })},
      {"Ceil", unary([](float x) { return std::ceil(x); })},
      {"Celu", shaped("alpha", 1, "", 0,
                      [](float x, float a, float /*b*/) {
                        return std::max(0.0F, x) + std::min(0.0F, a * std::expm1(x / a));
                      })},
      {"Clip", shaped("min", -kInfinity, "max", kInfinity,
                      [](float x, float low, float high) { return std::min(std::max(x, low), high); })},
      {"Cos", unary([](float x) { return std::cos(x); })},
      {"Cosh", unary([](float x) { return std::cosh(x); })},
      {"Elu", shaped("alpha", 1, "", 0,
                     [](float x, float a, float /*b*/) { return x < 0 ? a * std::expm1(x) : x; })},
      {"Erf", unary([](float x) { return std::erf(x); })},
      {"Exp", unary([](float x) { return std::exp(x); })},
      {"Floor", unary([](float x) { return std::floor(x); })},
      {"Gelu", gelu},
      {"HardSigmoid", shaped("alpha", 0.2F, "beta", 0.5F,
                             [](float x, float a, float b) { return std::clamp(a * x + b, 0.0F, 1.0F); })},
      {"HardSwish", unary([](float x) { return x * std::clamp(x / 6 + 0.5F, 0.0F, 1.0F); })},
      {"Identity", unary([](float x) { return x; })},
      {"IsInf", is_infinite},
      {"IsNaN", unary([](float x) { return std::isnan(x) ? 1.0F : 0.0F; })},
      {"LeakyRelu",
       shaped("alpha", 0.01F, "", 0, [](float x, float a, float /*b*/) { return x < 0 ? a * x : x; })},
      {"Log", unary([](float x) { return std::log(x); })},
      {"Neg", unary([](float x) { return -x; })},
      {"Reciprocal", unary([](float x) { return 1 / x; })},
      {"Relu", unary([](float x) { return std::max(x, 0.0F); })},
      {"Round", unary([](float x) { return std::nearbyint(x); })},  // halves to even
      {"Selu", shaped("alpha", kSeluAlpha, "gamma", kSeluGamma,
                      [](float x, float a, float g) { return g * (x > 0 ? x : a * std::expm1(x)); })},
      {"Sigmoid", unary(sigmoid)},
      {"Sign", unary([](float x) { return static_cast<float>((x > 0) - (x < 0)); })},
      {"Shrink", shaped("lambd", 0.5F, "bias", 0,
                        [](float x, float limit, float bias) {
                          return x < -limit ? x + bias : x > limit ? x - bias : 0.0F;
                        })},
      {"Sin", unary([](float x) { return std::sin(x); })},
      {"Sinh", unary([](float x) { return std::sinh(x); })},
      {"Softplus", unary([](float x) { return std::max(x, 0.0F) + std::log1p(std::exp(-std::abs(x))); })},
      {"Softsign", unary([](float x) { return x / (1 + std::abs(x)); })},
      {"Sqrt", unary([](float x) { return std::sqrt(x); })},
      {"Tan", unary([](float x) { return std::tan(x); })},
      {"Tanh", unary([](float x) { return std::tanh(x); })},
      {"ThresholdedRelu",
       shaped("alpha", 1, "", 0, [](float x, float a, float /*b*/) { return x > a ? x : 0.0F; })},

      {"Add", binary(std::plus<>())},
      {"Div", divide},
      {"Equal", binary([](float a, float b) { return a == b ? 1.0F : 0.0F; })},
      {"Greater", binary([](float a, float b) { return a > b ? 1.0F : 0.0F; })},
      {"Less", binary([](float a, float b) { return a < b ? 1.0F : 0.0F; })},
      {"Mod", modulo},
      {"Mul", binary(std::multiplies<>())},
      {"PRelu", prelu},
      {"Pow", power},
      {"Sub", binary(std::minus<>())},

      {"Max", variadic([](float a, float b) { return std::max(a, b); })},
      {"Mean", mean},
      {"Min", variadic([](float a, float b) { return std::min(a, b); })},
      {"Sum", variadic(std::plus<>())},
      {"Where", where},
  };
}

}  // namespace bitbalance::host
