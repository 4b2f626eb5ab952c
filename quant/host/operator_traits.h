// What is known of an ONNX operator by its name: what it does to elements, integers and extents, and which of
// its inputs are parameters. One table for all who ask: the host, the importer, the exporter and the
// quantizer.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace bitbalance::host {

enum Trait : std::uint32_t {
  kNone = 0,
  /// An element of the result follows from those at its place in the operands, as NumPy broadcasts them.
  kElementwise = 1U << 0U,
  /// Of real numbers: a table of it can be straight between points, and finite operands have finite results.
  kContinuous = 1U << 1U,
  kNeverNegative = 1U << 2U,
  /// The result is a truth; on the host 1 or 0.
  kTruth = 1U << 3U,
  /// The result is made of elements of its operands, all of which are data.
  kMoves = 1U << 4U,
  /// The result is made of elements of the first operand, or tells of its extents: integers that stand for
  /// real numbers still do.
  kKeepsNumbers = 1U << 5U,
  /// Integers come out as they are, so that those which stand for "to the end" may be among them.
  kPassesIntegers = 1U << 6U,
  /// Of integers it is some real number.
  kFraction = 1U << 7U,
  /// Of integers it may be beyond those of their type.
  kOverflows = 1U << 8U,
  /// Of integers it may be larger than all of them, or below zero where none is.
  kGrows = 1U << 9U,
  /// Each element of the result is a sum of products of elements of its operands, which may be any numbers.
  kSumsProducts = 1U << 10U,
  /// Of constants that hold how many rows the image decides: the result holds that, too.
  kPassesExtents = 1U << 11U,
  /// Any of its outputs may be used, not the first alone.
  kAllOutputs = 1U << 12U,
};

struct OperatorTraits {
  std::uint32_t traits = kNone;  ///< of Trait
  /// Names of the inputs that must be constants, in the operator's latest version; empty: an operand.
  std::vector<std::string> parameters = {};
  int indices = -1;  ///< the input that holds indices; -1: none does
};

/// By ONNX's name; every operator of the host and of the importer has a row.
const std::map<std::string, OperatorTraits>& operator_traits();

/// Of an operator without a row: none of them.
const OperatorTraits& traits_of(const std::string& op);

inline bool has_trait(const std::string& op, Trait trait) {
  return (traits_of(op).traits & trait) != 0;
}

/// Softmax, LogSoftmax and Hardmax work along one axis since operator set 13; before, along all dimensions
/// from theirs on as one. Source: ONNX's change log.
constexpr bool softmax_has_one_axis(std::int64_t opset) {
  return opset >= 13;
}
/// Of a node that does not say.
constexpr std::int64_t softmax_default_axis(std::int64_t opset) {
  return softmax_has_one_axis(opset) ? -1 : 1;
}

}  // namespace bitbalance::host
