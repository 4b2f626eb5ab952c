// Operators spelled out in others that the host has: on the way to the node's result, in values that the file
// does not name.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "quant/onnx/graph/graph.h"

namespace bitbalance::onnx_io {

class Spelling {
 public:
  Spelling(OnnxGraph& graph, const onnx::NodeProto& node) : graph_(graph), node_(node) {}

  /// An operator of the host on values; later ones take its result.
  OnnxValue step(const char* type, const std::vector<OnnxValue>& operands, HostAttributes attributes = {}) {
    return graph_.add_step(node_, made(type, std::move(attributes)), pointers(operands),
                           fmt::format("{} ({} {})", node_.output(0), type, ++steps_));
  }
  /// The last one, whose result is the node's.
  void result(const char* type, const std::vector<OnnxValue>& operands, HostAttributes attributes = {}) {
    graph_.add_host(node_, made(type, std::move(attributes)), pointers(operands), node_.output(0));
  }

  /// What the last step computed, of this type.
  void result(OnnxValue last, ElementType type) {
    last.type = type;
    graph_.define_last(node_, node_.output(0), last);
    // Shape inference does not know the newest types.
    last = graph_.known(node_, node_.output(0));
    last.type = type;
    graph_.name_value(node_.output(0), std::move(last));
  }

  static OnnxValue number(float value) { return {-1, {}, {value}, onnx::TensorProto::FLOAT}; }

 private:
  static HostOperator made(const char* type, HostAttributes attributes) {
    HostOperator op;
    op.type = type;
    op.attributes = std::move(attributes);
    return op;
  }
  static std::vector<const OnnxValue*> pointers(const std::vector<OnnxValue>& values) {
    std::vector<const OnnxValue*> pointers;
    pointers.reserve(values.size());
    for (const OnnxValue& value : values) pointers.push_back(&value);
    return pointers;
  }

  OnnxGraph& graph_;
  const onnx::NodeProto& node_;
  int steps_ = 0;
};

}  // namespace bitbalance::onnx_io
