#include "quant/onnx/import.h"

#include <fmt/format.h>

#include <optional>
#include <stdexcept>

#include "quant/host/operator_traits.h"
#include "quant/onnx/graph/graph.h"
#include "quant/onnx/operators/canonical/canonical.h"
#include "quant/onnx/operators/layers/volumes.h"
#include "quant/onnx/operators/numbers/quantized.h"
#include "quant/onnx/operators/on_host/open_rows.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

/// A layer where an operator can be one, else whatever the host makes of it.
const OnnxHandlers& handlers() {
  static const OnnxHandlers table = [] {
    OnnxHandlers all = layer_handlers();
    all.merge(shape_handlers());
    all.merge(spelled_out_handlers());
    all.merge(recurrent_handlers());
    all.merge(bit_handlers());
    all.merge(block_handlers());
    all.merge(attention_handlers());
    all.merge(branch_handlers());
    all.merge(loop_handlers());
    all.merge(index_handlers());
    all.merge(chosen_row_handlers());
    all.merge(quantized_handlers());
    all.merge(host_handlers());
    return all;
  }();
  return table;
}

/// What would be a layer is the host's, if it can compute it, where all inputs are constants or one is no
/// real number.
bool is_for_host(const OnnxGraph& graph, const NodeProto& node) {
  static const OnnxHandlers layers = layer_handlers();
  if (host_operators().count(node.op_type()) == 0 || layers.count(node.op_type()) == 0) return false;
  bool has_activation = false, has_other = false;
  for (int i = 0; i < node.input_size(); ++i) {
    if (!OnnxGraph::has_input(node, i) || graph.is_constant(node, i)) continue;
    has_activation = true;
    has_other = has_other || (!is_real(graph.value(node, i).type) && !graph.value(node, i).quantization);
  }
  return !has_activation || has_other;
}

/// By the handler of its operator.
void import_as_it_is(OnnxGraph& graph, const NodeProto& node) {
  (is_for_host(graph, node) ? import_host_operator : handlers().at(node.op_type()))(graph, node);
}

void import_in_one_form(OnnxGraph& graph, const NodeProto& node) {
  if (!import_canonical(graph, node, import_as_it_is)) import_as_it_is(graph, node);
}

void import_checked(OnnxGraph& graph, const NodeProto& given) {
  check_measured(graph, given);
  const std::optional<NodeProto> with_integers = on_integers(graph, given);
  const NodeProto& node = with_integers ? *with_integers : given;
  if (node.op_type() == "Mul" && is_measured(graph, node)) {
    multiply_measured(graph, node, import_as_it_is);
  } else if (!import_ahead_of_cut(graph, node, import_in_one_form)) {
    import_in_one_form(graph, node);
  }
}

void import_node(OnnxGraph& graph, const NodeProto& node) {
  const bool has_all = has_trait(node.op_type(), host::kAllOutputs);
  for (int i = 1; i < node.output_size() && !has_all; ++i) {
    if (graph.model().readers(node.output(i)) != 0)
      graph.model().fail(node, fmt::format("output '{}' is used; accepted: the first", node.output(i)));
  }
  try {
    OpenRows rows(graph, node);
    import_checked(graph, node);
    rows.note_results();
  } catch (const OnnxError&) {
    throw;
  } catch (const std::invalid_argument& error) {
    graph.model().fail(node, error.what());
  }
}

void finish(OnnxGraph& graph, const std::string& output) {
  close_rows(graph, output);
  finish_output(graph, output);
}

}  // namespace

std::set<std::string> onnx_operators() {
  std::set<std::string> names;
  for (const auto& [name, handler] : handlers()) names.insert(name);
  return names;
}

// A first extent above 1 is a batch where a layer finds it to be one, or the user says so; a network that can
// be computed as it stands is the file's in any case.
Network import_onnx(const std::filesystem::path& file, const ImportOptions& options) {
  const Dims& asked = options.input_shape;
  if (asked.empty() || asked[0] != 1) {
    OnnxModel model(file, options, onnx_operators(), Batch::kNone);
    try {
      return OnnxGraph(model, file.stem().string()).run(import_node, finish);
    } catch (const OnnxBatchError&) {
      const Dims input = model.input_dims();
      if (!asked.empty() || input.size() < 2 || input[0] == 1) throw;
    }
  }
  OnnxModel model(file, options, onnx_operators(), Batch::kOneByOne);
  return OnnxGraph(model, file.stem().string()).run(import_node, finish);
}

}  // namespace bitbalance::onnx_io
