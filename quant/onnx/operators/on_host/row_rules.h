// Where the rows of an operand are in a node's result, operator by operator, if it works on each row alone.
#pragma once

#include <string>

#include "quant/onnx/graph/graph.h"

namespace bitbalance::onnx_io {

/// A node that reads rows of which the image decides how many there are.
struct RowReader {
  const OnnxGraph& graph;
  const onnx::NodeProto& node;
  int input = 0;  ///< the first of its inputs that has some
  OpenAxis rows;  ///< of that input

  const Dims& dims() const { return graph.dims(node, input); }
  [[noreturn]] void fail(const std::string& problem) const;
};

/// The value of the file whose rows OpenAxis::by tells.
std::string name_of_rows(const std::string& by);

/// Refuses a node for the rows of `by`, whose number the image decides.
[[noreturn]] void refuse_rows(const OnnxGraph& graph, const onnx::NodeProto& node, const std::string& by,
                              const std::string& problem);

/// Does a reduction take the rows together?
bool reduces_rows(const RowReader& reader);

/// The rows of the result. Refuses a node that sees several of them at once, or the number of them. What is
/// said of extents holds for as many rows as there may be, as no extent beside them depends on that number.
OpenAxis rows_of_result(const RowReader& reader);

}  // namespace bitbalance::onnx_io
