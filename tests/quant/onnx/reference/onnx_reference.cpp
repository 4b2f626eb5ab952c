#include "tests/quant/onnx/reference/onnx_reference.h"

#include <cmath>
#include <stdexcept>

#include "tests/quant/onnx/reference/reference_call.h"

namespace bitbalance::test {
namespace {

using namespace onnx_reference;

using Unary = std::function<double(const Call&, double)>;

const std::map<std::string, Unary>& unary_operators() {
  static const auto plain = [](double (*f)(double)) {
    return [f](const Call& /*call*/, double x) { return f(x); };
  };
  static const auto elu = [](double x, double alpha) { return x < 0 ? alpha * (std::exp(x) - 1) : x; };
  static const std::map<std::string, Unary> table = {
      {"Abs", plain([](double x) { return std::fabs(x); })},
      {"Acos", plain([](double x) { return std::acos(x); })},
      {"Acosh", plain([](double x) { return std::log(x + std::sqrt(x * x - 1)); })},
      {"Asin", plain([](double x) { return std::asin(x); })},
      {"Asinh", plain([](double x) { return std::log(x + std::sqrt(x * x + 1)); })},
      {"Atan", plain([](double x) { return std::atan(x); })},
      {"Atanh", plain([](double x) { return std::log((1 + x) / (1 - x)) / 2; })},
      {"Cast", plain([](double x) { return x; })},
      {"CastLike", plain([](double x) { return x; })},
      {"Ceil", plain([](double x) { return std::ceil(x); })},
      {"Celu",
       [](const Call& c, double x) {
         const double a = c.number("alpha", 1);
         return std::max(0.0, x) + std::min(0.0, a * (std::exp(x / a) - 1));
       }},
      {"Cos", plain([](double x) { return std::cos(x); })},
      {"Cosh", plain([](double x) { return (std::exp(x) + std::exp(-x)) / 2; })},
      {"Dropout", plain([](double x) { return x; })},
      {"Elu", [](const Call& c, double x) { return elu(x, c.number("alpha", 1)); }},
      {"Erf", plain([](double x) { return std::erf(x); })},
      {"Exp", plain([](double x) { return std::exp(x); })},
      {"Floor", plain([](double x) { return std::floor(x); })},
      {"Gelu",
       [](const Call& c, double x) {
         constexpr double kPi = 3.14159265358979323846;
         const bool is_rough = c.word("approximate", "none") == "tanh";
         const double bend = is_rough ? std::tanh(std::sqrt(2 / kPi) * (x + 0.044715 * x * x * x))
                                      : std::erf(x / std::sqrt(2.0));
         return x / 2 * (1 + bend);
       }},
      {"HardSigmoid",
       [](const Call& c, double x) {
         return std::max(0.0, std::min(1.0, c.number("alpha", 0.2F) * x + c.number("beta", 0.5)));
       }},
      {"HardSwish", plain([](double x) { return x * std::max(0.0, std::min(1.0, x / 6 + 0.5)); })},
      {"Identity", plain([](double x) { return x; })},
      {"IsInf",
       [](const Call& c, double x) {
         return x == INFINITY    ? static_cast<double>(c.integer("detect_positive", 1) != 0)
                : x == -INFINITY ? static_cast<double>(c.integer("detect_negative", 1) != 0)
                                 : 0.0;
       }},
      {"IsNaN", plain([](double x) { return x == x ? 0.0 : 1.0; })},
      {"LeakyRelu", [](const Call& c, double x) { return x < 0 ? c.number("alpha", 0.01F) * x : x; }},
      {"Log", plain([](double x) { return std::log(x); })},
      {"Mish", plain([](double x) { return x * std::tanh(std::log(1 + std::exp(x))); })},
      {"Neg", plain([](double x) { return -x; })},
      {"Not", plain([](double x) { return x == 0 ? 1.0 : 0.0; })},
      {"Reciprocal", plain([](double x) { return 1 / x; })},
      {"Relu", plain([](double x) { return std::max(0.0, x); })},
      {"Round", plain([](double x) { return std::nearbyint(x); })},
      {"Selu",
       [](const Call& c, double x) {
         return c.number("gamma", 1.05070102214813232421875) *
                elu(x, c.number("alpha", 1.67326319217681884765625));
       }},
      {"Sigmoid", plain([](double x) { return 1 / (1 + std::exp(-x)); })},
      {"Sign", plain([](double x) { return x > 0   ? 1.0
                                           : x < 0 ? -1.0
                                                   : 0.0; })},
      {"Shrink",
       [](const Call& c, double x) {
         const double limit = c.number("lambd", 0.5), bias = c.number("bias", 0);
         if (x < -limit) return x + bias;
         return x > limit ? x - bias : 0.0;
       }},
      {"Sin", plain([](double x) { return std::sin(x); })},
      {"Sinh", plain([](double x) { return (std::exp(x) - std::exp(-x)) / 2; })},
      {"Softplus", plain([](double x) { return std::log(1 + std::exp(x)); })},
      {"Softsign", plain([](double x) { return x / (1 + std::fabs(x)); })},
      {"Sqrt", plain([](double x) { return std::sqrt(x); })},
      {"Swish", [](const Call& c, double x) { return x / (1 + std::exp(-c.number("alpha", 1) * x)); }},
      {"Tan", plain([](double x) { return std::sin(x) / std::cos(x); })},
      {"Tanh", plain([](double x) { return std::tanh(x); })},
      {"ThresholdedRelu", [](const Call& c, double x) { return x > c.number("alpha", 1) ? x : 0.0; }},
  };
  return table;
}

using Binary = double (*)(double, double);

/// Of any number of operands.
const std::map<std::string, Binary>& binary_operators() {
  static const std::map<std::string, Binary> table = {
      {"Add", [](double a, double b) { return a + b; }},
      {"And", [](double a, double b) { return a != 0 && b != 0 ? 1.0 : 0.0; }},
      {"Div", [](double a, double b) { return a / b; }},
      {"Equal", [](double a, double b) { return a == b ? 1.0 : 0.0; }},
      {"Greater", [](double a, double b) { return a > b ? 1.0 : 0.0; }},
      {"GreaterOrEqual", [](double a, double b) { return a >= b ? 1.0 : 0.0; }},
      {"Less", [](double a, double b) { return a < b ? 1.0 : 0.0; }},
      {"LessOrEqual", [](double a, double b) { return a <= b ? 1.0 : 0.0; }},
      {"Max", [](double a, double b) { return std::max(a, b); }},
      {"Mean", [](double a, double b) { return a + b; }},
      {"Min", [](double a, double b) { return std::min(a, b); }},
      {"Mod", [](double a, double b) { return a - b * std::trunc(a / b); }},
      {"Mul", [](double a, double b) { return a * b; }},
      {"Or", [](double a, double b) { return a != 0 || b != 0 ? 1.0 : 0.0; }},
      {"PRelu", [](double a, double b) { return a < 0 ? a * b : a; }},
      {"Pow", [](double a, double b) { return std::pow(a, b); }},
      {"Sub", [](double a, double b) { return a - b; }},
      {"Sum", [](double a, double b) { return a + b; }},
      {"Xor", [](double a, double b) { return (a != 0) != (b != 0) ? 1.0 : 0.0; }},
  };
  return table;
}

Tensor combine(const Call& call, Binary f) {
  Tensor result = call.in(0);
  for (std::size_t i = 1; i < call.inputs().size(); ++i) {
    const Tensor left = result;
    result = tabulate(joint(left.dims, call.in(i).dims),
                      [&](const Dims& at) { return f(spread(left, at), spread(call.in(i), at)); });
  }
  if (call.op() == "Mean")
    for (double& value : result.values) value /= static_cast<double>(call.inputs().size());
  return result;
}

Tensor clip(const Call& call) {
  double low = -INFINITY, high = INFINITY;
  if (call.opset() < 11) {
    low = call.number("min", low);
    high = call.number("max", high);
  } else {
    if (call.has(1)) low = call.in(1).values[0];
    if (call.has(2)) high = call.in(2).values[0];
  }
  return tabulate(call.in(0).dims,
                  [&](const Dims& at) { return std::min(high, std::max(low, element(call.in(0), at))); });
}

}  // namespace

std::vector<ReferenceTensor> reference(const onnx::NodeProto& node, std::int64_t opset,
                                       const std::vector<const ReferenceTensor*>& inputs) {
  const Call call(node, opset, inputs);
  if (const auto f = unary_operators().find(call.op()); f != unary_operators().end()) {
    return {
        tabulate(call.in(0).dims, [&](const Dims& at) { return f->second(call, element(call.in(0), at)); })};
  }
  if (const auto f = binary_operators().find(call.op()); f != binary_operators().end())
    return {combine(call, f->second)};
  if (call.op() == "Split") return split(call);
  if (call.op() == "TopK") return top_k(call);
  if (call.op() == "LSTM" || call.op() == "GRU" || call.op() == "RNN") return recurrent(call);
  if (call.op() == "Where") {
    return {tabulate(joint(call.in(0).dims, joint(call.in(1).dims, call.in(2).dims)), [&](const Dims& at) {
      return spread(call.in(spread(call.in(0), at) != 0 ? 1 : 2), at);
    })};
  }
  if (call.op() == "Clip") return {clip(call)};
  if (call.op().rfind("Reduce", 0) == 0) return {reduce(call)};
  for (const References* const table :
       {&reductions(), &movements(), &indices(), &windows(), &samples(), &bits(), &attentions()})
    if (const auto f = table->find(call.op()); f != table->end()) return {f->second(call)};
  throw std::invalid_argument("no reference of " + call.op());
}

}  // namespace bitbalance::test
