// Operators that run on the host: ONNX's names and meanings on float tensors of any rank. The float
// evaluator, the importer's constant folding and the layers between two programs of the accelerator share
// this one implementation.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "quant/host/host_tensor.h"

namespace bitbalance::host {

/// Attributes by ONNX's name. What newer operator sets take as constant inputs (axes, pads, sizes...) is here
/// too.
struct HostAttributes {
  std::map<std::string, std::vector<std::int64_t>> integers;
  std::map<std::string, std::vector<float>> numbers;
  std::map<std::string, std::string> words;

  std::int64_t integer(const std::string& name, std::int64_t fallback) const;
  /// An integer serves too: bounds and paddings of integer constants are integers.
  float number(const std::string& name, float fallback) const;
  std::string word(const std::string& name, const std::string& fallback) const;
  /// Empty when not given.
  std::vector<std::int64_t> list(const std::string& name) const;
};

/// Attribute of an operator that computes wide integers: the least and, where there is one, the most that its
/// result may be, so that floats hold it exactly.
inline constexpr const char* kWholeBounds = "whole_bounds";

/// Attribute, 1 for a quotient, mean, norm, logarithm or power of integers: its fraction is cut off, before
/// a float rounds it up to the next integer.
inline constexpr const char* kCutsFraction = "integers";

/// A value of a HostGraph by number, or a constant.
struct HostOperand {
  int value = -1;       ///< -1: the constant
  HostTensor constant;  ///< where `value` is -1
};

struct HostOperator {
  std::string type;         ///< of host_operators()
  std::int64_t opset = 13;  ///< operator set whose meaning the type has
  HostAttributes attributes;
  std::vector<HostOperand> operands;
  Dims result;              ///< extents of what it computes
  std::string origin = {};  ///< what it stands for, in messages: "node 'f' (Cast)"; empty: for itself
};

/// Names of the operators that evaluate() knows.
const std::set<std::string>& host_operators();

/// Throws std::invalid_argument, without the operator's name, when operands or attributes do not fit.
HostTensor evaluate(const HostOperator& op, const std::vector<HostView>& operands);

/// A float function of several tensors: operators in execution order, the last one's result is the graph's.
/// Values are numbered: inputs first, then the results of the steps.
struct HostGraph {
  std::string title = "host";  ///< in reports: "softmax" of that operator alone
  std::vector<Dims> inputs;
  std::vector<HostOperator> steps;

  HostGraph() = default;
  /// Of one operator, whose operands are numbered as the inputs; it gives the title.
  HostGraph(std::vector<Dims> extents, HostOperator only);

  /// Throws std::invalid_argument as evaluate() does, after the step's origin, and for a result of other
  /// extents than the step's.
  HostTensor run(const std::vector<const float*>& values) const;
  /// The same, and for an integer that a step with kWholeBounds computes beyond those bounds.
  HostTensor run_whole(const std::vector<const float*>& values) const;
  /// Multiplications of products and transposed convolutions; those of other operators are not counted.
  std::int64_t macs() const;
  /// Does the last step's range exclude negative values whatever its operands?
  bool is_non_negative() const;

 private:
  HostTensor execute(const std::vector<const float*>& values, bool checks_whole) const;
};

/// Throws std::invalid_argument for a graph from outside that asks for values it does not have, for more than
/// kMostElements in all, or whose operators do not fit together. Computes extents alone.
void check(const HostGraph& graph);

}  // namespace bitbalance::host
