// If: its branches stand in the place of the node. A condition that is known chooses one. Where the image
// decides, both are computed, as no operator does anything but compute, and the host picks the results.
#include <fmt/format.h>

#include "quant/onnx/graph/graph.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

constexpr const char *kThen = "then_branch", *kElse = "else_branch";

void pick(OnnxGraph& graph, const NodeProto& node, const std::string& output, OnnxValue condition,
          const OnnxValue& yes, const OnnxValue& no) {
  if (yes.dims != no.dims || yes.type != no.type) {
    graph.model().fail(
        node,
        fmt::format("the image chooses between {} of {} and {} of {}; accepted: branches of equal extents "
                    "and types, or a condition of constants, extents and network.fixed_inputs",
                    to_string(yes.dims), name_of(yes.type), to_string(no.dims), name_of(no.type)));
  }
  if (!(yes.quantization == no.quantization) || !yes.measured.by.empty() || !no.measured.by.empty())
    graph.model().fail(node, "the image chooses between integers of two scales; accepted: of one");
  condition.dims.clear();
  HostOperator where;
  where.type = "Where";
  graph.add_host(node, std::move(where), {&condition, &yes, &no}, output);
  OnnxValue result = graph.known(node, output);
  result.type = yes.type;
  result.quantization = yes.quantization;
  graph.name_value(output, std::move(result));
}

void import_if(OnnxGraph& graph, const NodeProto& node) {
  const OnnxValue condition = graph.value(node, 0);
  if (element_count(condition.dims) != 1) {
    graph.model().fail(
        node, fmt::format("its condition has extents {}; accepted: one element", to_string(condition.dims)));
  }
  if (condition.tensor < 0) {
    const char* taken = condition.constant.front() != 0 ? kThen : kElse;
    const std::vector<std::string> results = graph.import_branches(node, {taken}).front();
    for (int i = 0; i < node.output_size(); ++i)
      if (!results[i].empty()) graph.define(node, node.output(i), graph.known(node, results[i]));
    return;
  }
  const std::vector<std::vector<std::string>> both = graph.import_branches(node, {kThen, kElse});
  for (int i = 0; i < node.output_size(); ++i) {
    if (both[0][i].empty()) continue;
    const OnnxValue yes = graph.known(node, both[0][i]), no = graph.known(node, both[1][i]);
    pick(graph, node, node.output(i), condition, yes, no);
  }
}

}  // namespace

OnnxHandlers branch_handlers() {
  return {{"If", import_if}};
}

}  // namespace bitbalance::onnx_io
