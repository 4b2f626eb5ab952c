// What several nodes compute of one tensor together, read from the last one back. Changes nothing; idioms.h
// and canonical.h ask.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "quant/onnx/graph/graph.h"

namespace bitbalance::onnx_io {

/// Equal but for the rounding of constants in a file, such as 1/6 and the root of 2.
bool is_near(double a, double b);

/// Is the value a tensor, and are both the same under the same extents?
bool is_same(const OnnxGraph& graph, const std::string& a, const std::string& b);

/// Operand `index` of two, if it is a finite constant of one element and the other is a tensor that
/// broadcasting leaves as it is.
std::optional<float> number(const OnnxGraph& graph, const onnx::NodeProto& node, int index);
/// Which operand is such a constant; -1: none.
int number_operand(const OnnxGraph& graph, const onnx::NodeProto& node);

/// clip(scale * x + shift, low, high).
struct Clipped {
  std::string x;
  double scale = 1, shift = 0;
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
};

/// Takes the bounds that the node (Relu, Clip, Max, Min) ends with off it: `clipped` is of its operand then.
/// Called from the outside in. False where it is no clip.
bool take_bounds(const OnnxGraph& graph, const onnx::NodeProto& node, Clipped& clipped);
/// The value as a clip of a straight line of `until`, or of as many nodes as there are, up to eight.
Clipped clipped_of(const OnnxGraph& graph, const std::string& name, const std::string& until = "");

/// A value that is a number times a factor of a product, on the way to it.
struct Multiple {
  std::string name;
  double number = 1;
  std::string factor;
};

/// A product as one number times factors that are none.
struct Product {
  double number = 1;
  std::vector<std::string> factors;
  std::vector<Multiple> multiples;
};
/// Of a Mul, or a Div by a number.
Product product_of(const OnnxGraph& graph, const onnx::NodeProto& node);

/// Coefficients of 1, x, x^2, x^3; nothing for what is no such polynomial of x.
std::optional<std::vector<double>> polynomial_of(const OnnxGraph& graph, const std::string& name,
                                                 const std::string& x);

/// The node that computes the other addend where the value is 1 + something; null: it is not.
const onnx::NodeProto* added_to_one(const OnnxGraph& graph, const std::string& name);

}  // namespace bitbalance::onnx_io
