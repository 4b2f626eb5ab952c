// Results of which the image decides how many rows they have. Extents are fixed when a network is mapped:
// such a result has as many rows as there can be, and rows of zeros behind the last. What works on each row
// alone may follow; where the network ends, -1 tells the rows that are none. All else is refused, as it would
// see them.
#pragma once

#include <optional>

#include "quant/onnx/graph/graph.h"

namespace bitbalance::onnx_io {

/// What reads such rows, while it is imported.
class OpenRows {
 public:
  /// Refuses a node that does not work on each of its rows alone.
  OpenRows(OnnxGraph& graph, const onnx::NodeProto& node);
  /// Tells of the node's outputs that they are such rows.
  void note_results();

 private:
  void check_operator();
  bool reads_constants() const;
  [[noreturn]] void fail(const std::string& problem) const;
  std::size_t result_axis(int input) const;
  std::size_t view_axis(int input) const;
  std::size_t gathered_axis(int input) const;
  void check_others(int input) const;
  void check_parts(int input);
  void check_slice(int input);

  OnnxGraph& graph_;
  const onnx::NodeProto& node_;
  std::optional<OpenAxis> rows_;    ///< of the first input that has some
  int input_ = -1;                  ///< its number
  std::string extent_of_;           ///< of constants that tell how many there are
  std::optional<OnnxValue> given_;  ///< its first input, while another stands for it
  bool closes_ = false;             ///< the result has as many rows for every image
};

/// At an output of the network: -1 in each row that is none.
void close_rows(OnnxGraph& graph, const std::string& output);

/// NonMaxSuppression.
OnnxHandlers open_row_handlers();

}  // namespace bitbalance::onnx_io
