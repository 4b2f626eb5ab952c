// Results of which the image decides how many rows they have. Extents are fixed when a network is mapped:
// such a result has as many rows as there can be, and any rows behind the last. What works on each row
// alone may follow, or sums of all, or what computes with their number; where the network ends, -1 tells the
// rows that are none. All else is refused, as it would see them.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "quant/onnx/graph/graph.h"

namespace bitbalance::onnx_io {

struct RowReader;

/// What reads such rows, or their number, while it is imported.
class OpenRows {
 public:
  /// Refuses a node that does not work on each of its rows alone.
  OpenRows(OnnxGraph& graph, const onnx::NodeProto& node);
  /// Tells of the node's outputs that they are such rows.
  void note_results();

 private:
  void read_rows(const OpenAxis& rows, int input);
  void read_choice(const OpenAxis& rows);
  bool follow(OpenAxis& rows, int input);
  bool closes(const OpenAxis& rows, int input) const;
  void read_closed(int input, const OnnxValue& other);
  void read_counted();
  bool sums_rows(const RowReader& reader);

  OnnxGraph& graph_;
  const onnx::NodeProto& node_;
  std::optional<OpenAxis> result_;          ///< of each output
  std::optional<OpenExtents> extents_;      ///< of the first output
  std::map<std::string, OnnxValue> given_;  ///< inputs, while others stand for them
};

/// At an output of the network: -1 in each row that is none, and the number of those that there are.
void close_rows(OnnxGraph& graph, const std::string& output);

/// The value with `other`, which is broadcast, in each row that is none.
OnnxValue closed(OnnxGraph& graph, const onnx::NodeProto& node, const OnnxValue& rows,
                 const OnnxValue& other);

}  // namespace bitbalance::onnx_io
