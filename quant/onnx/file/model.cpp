#include "quant/onnx/file/model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <queue>
#include <stdexcept>

#include "base/text/outside_text.h"
#include "quant/ir/output.h"
#include "quant/onnx/file/versions.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

// The official library explains itself over several lines, and a damaged file has names with control
// characters.
std::string condensed(const std::string& message) {
  std::string line;
  for (const char c : message) {
    const bool is_space = c == ' ' || std::iscntrl(static_cast<unsigned char>(c)) != 0;
    if (!is_space) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  return line.substr(0, line.find_last_not_of(' ') + 1);
}

bool is_standard(const std::string& domain) {
  return domain.empty() || domain == "ai.onnx";
}

/// What a file can have in the place of an operator of control or recurrence; empty for others.
std::string instead_of(const std::string& op) {
  if (op == "If" || op == "Loop" || op == "Scan")
    return "the nodes of the branch or the rounds themselves, as exporters write them for fixed extents, ";
  return op == "RNN" ? "its steps in MatMul, Add and Tanh, " : "";
}

/// Layers of the accelerator that take one image at a time.
bool takes_images(const NodeProto& node) {
  static const std::set<std::string> names = {"AveragePool",       "BatchNormalization", "Conv",
                                              "GlobalAveragePool", "GlobalMaxPool",      "MaxPool"};
  return names.count(node.op_type()) != 0;
}

}  // namespace

OnnxModel::OnnxModel(std::filesystem::path file, const Dims& input_shape,
                     const std::vector<std::string>& outputs, const std::set<std::string>& accepted_ops)
    : file_(std::move(file)) {
  parse();
  check_version();
  check_names();
  choose_outputs(outputs);
  order_nodes();
  check_operators(accepted_ops);
  find_input(input_shape);
  for (const onnx::ValueInfoProto& value : graph().value_info())
    declared_[value.name()] = &value.type().tensor_type();
  for (const onnx::ValueInfoProto& value : graph().output())
    declared_[value.name()] = &value.type().tensor_type();
}

void OnnxModel::parse() {
  const google::protobuf::LogSilencer silence;  // it explains itself on the terminal
  std::ifstream stream(file_, std::ios::binary);
  if (!stream || std::filesystem::is_directory(file_)) fail("cannot be opened; accepted: an ONNX file");
  if (!model_.ParseFromIstream(&stream) || !model_.has_graph() || !model_.has_ir_version())
    fail("is truncated or not an ONNX file");
  for (onnx::NodeProto& node : *model_.mutable_graph()->mutable_node()) {
    // Whatever speaks of a node has a name for it.
    if (node.name().empty() && node.output_size() != 0) node.set_name(node.output(0));
    // At the end, an operand without a name is none.
    const auto trim = [](auto& names) {
      while (!names.empty() && names[names.size() - 1].empty()) names.RemoveLast();
    };
    trim(*node.mutable_input());
    trim(*node.mutable_output());
    // What names nodes and tensors names layers, in files of UTF-8.
    const auto check = [&](const std::string& name) {
      if (!is_utf8(name)) fail("a node has a name that is not UTF-8; accepted: UTF-8");
    };
    check(node.name());
    std::for_each(node.input().begin(), node.input().end(), check);
    std::for_each(node.output().begin(), node.output().end(), check);
  }
}

void OnnxModel::check_version() {
  constexpr std::int64_t kFirstIr = 3;  // names its operator sets
  const auto problem = [&](const char* what, std::int64_t found, std::int64_t first, std::int64_t last) {
    fail(fmt::format("{} version is {}{}; accepted: {} to {}", what, found,
                     found > last ? ", newer than known" : "", first, last));
  };
  if (model_.ir_version() < kFirstIr || model_.ir_version() > kLastIr)
    problem("IR", model_.ir_version(), kFirstIr, kLastIr);
  for (const onnx::OperatorSetIdProto& opset : model_.opset_import()) {
    if (!is_standard(opset.domain())) continue;
    if (opset_ != 0 && opset_ != opset.version())
      fail(fmt::format("operator set versions are {} and {}; accepted: one", opset_, opset.version()));
    opset_ = opset.version();
  }
  if (opset_ < kFirstOpset || opset_ > kLastOpset) problem("operator set", opset_, kFirstOpset, kLastOpset);
}

/// Every tensor has one origin.
void OnnxModel::check_names() const {
  if (graph().sparse_initializer_size() != 0) fail("has sparse initializers; accepted: dense ones");
  std::set<std::string> written;
  const auto write = [&](const std::string& name, const char* by) {
    if (!written.insert(name).second)
      fail(fmt::format("is not a valid ONNX model: tensor '{}' has two origins, one is {}", name, by));
  };
  std::set<std::string> inputs;
  for (const onnx::ValueInfoProto& value : graph().input()) {
    if (!inputs.insert(value.name()).second)
      fail(fmt::format("is not a valid ONNX model: input '{}' is there twice", value.name()));
  }
  for (const onnx::TensorProto& tensor : graph().initializer()) write(tensor.name(), "a constant");
  for (const std::string& input : inputs) written.insert(input);  // IR version 3 lists constants too
  for (const NodeProto& node : graph().node()) {
    for (const std::string& output : node.output()) {
      if (!output.empty()) write(output, "a node");
    }
  }
}

/// Those that the output needs, in an order in which they can be computed: the file's where it is one.
void OnnxModel::order_nodes() {
  std::map<std::string, int> writers;
  for (int n = 0; n < graph().node_size(); ++n) {
    for (const std::string& output : graph().node(n).output()) writers[output] = n;
  }
  std::vector<char> is_needed(graph().node_size(), 0);
  std::vector<int> pending;
  const auto need = [&](const std::string& name) {
    const auto writer = writers.find(name);
    if (name.empty() || writer == writers.end() || is_needed[writer->second] != 0) return;
    is_needed[writer->second] = 1;
    pending.push_back(writer->second);
  };
  for (const onnx::ValueInfoProto& output : graph().output()) {
    need(output.name());
    ++readers_[output.name()];
  }
  while (!pending.empty()) {
    const int n = pending.back();
    pending.pop_back();
    for (const std::string& input : graph().node(n).input()) need(input);
  }

  std::vector<int> missing(graph().node_size(), 0);
  std::map<std::string, std::vector<int>> waiting;
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  int needed = 0;
  for (int n = 0; n < graph().node_size(); ++n) {
    if (is_needed[n] == 0) continue;
    ++needed;
    for (const std::string& input : graph().node(n).input()) {
      if (input.empty()) continue;
      ++readers_[input];
      if (writers.count(input) == 0) continue;
      ++missing[n];
      waiting[input].push_back(n);
    }
    if (missing[n] == 0) ready.push(n);
  }
  while (!ready.empty()) {
    const NodeProto& node = graph().node(ready.top());
    ready.pop();
    nodes_.push_back(&node);
    for (const std::string& output : node.output()) {
      producers_[output] = &node;
      for (const int reader : waiting[output])
        if (!output.empty() && --missing[reader] == 0) ready.push(reader);
    }
  }
  if (static_cast<int>(nodes_.size()) == needed) return;
  const auto stuck = std::find_if(missing.begin(), missing.end(), [](int count) { return count > 0; });
  fail(graph().node(static_cast<int>(stuck - missing.begin())),
       "reads what is computed of its own result; accepted: graphs without cycles");
}

void OnnxModel::check_operators(const std::set<std::string>& accepted_ops) const {
  for (const onnx::FunctionProto& function : model_.functions()) {
    if (is_standard(function.domain()))
      fail(fmt::format("defines '{}' itself; accepted: ONNX's own operators", function.name()));
  }
  for (const NodeProto* node : nodes_) {
    if (accepted_ops.count(node->op_type()) == 0 || !is_standard(node->domain())) {
      const std::string domain = node->domain().empty() ? "" : " of domain " + node->domain();
      fail(*node,
           fmt::format("unsupported operator{}; accepted: {}results ahead of it (network.outputs), or {}",
                       domain, instead_of(node->op_type()), fmt::join(accepted_ops, ", ")));
    }
    if (const std::string problem = version_problem(*node, opset_); !problem.empty()) fail(*node, problem);
  }
}

/// What a node writes can be an output that the file does not declare.
void OnnxModel::choose_outputs(const std::vector<std::string>& names) {
  if (graph().output_size() == 0) fail("has no outputs; accepted: at least one");
  if (names.empty()) return;
  std::set<std::string> inner;
  for (const NodeProto& node : graph().node()) inner.insert(node.output().begin(), node.output().end());
  std::vector<std::string> known;
  for (const onnx::ValueInfoProto& output : graph().output()) {
    known.push_back(output.name());
    inner.erase(output.name());
  }
  auto given = graph().output();
  for (const std::string& name : names) {
    if (inner.erase(name) == 0) continue;
    known.push_back(name);
    given.Add()->set_name(name);
  }
  model_.mutable_graph()->clear_output();
  try {
    for (const std::size_t place : places_of_outputs(known, names))
      *model_.mutable_graph()->add_output() = given[static_cast<int>(place)];
  } catch (const std::invalid_argument& error) {
    fail(error.what());
  }
}

void OnnxModel::find_input(const Dims& input_shape) {
  std::set<std::string> initialized;
  for (const onnx::TensorProto& tensor : graph().initializer()) initialized.insert(tensor.name());
  std::vector<std::string> names;
  for (onnx::ValueInfoProto& value : *model_.mutable_graph()->mutable_input()) {
    if (initialized.count(value.name()) != 0) continue;  // IR version 3 lists the constants too
    names.push_back(value.name());
    input_ = &value;
  }
  if (names.size() != 1) fail(fmt::format("has inputs [{}]; accepted: one", fmt::join(names, ", ")));

  const std::string where = fmt::format("input '{}': ", input_->name());
  if (!input_->type().has_tensor_type()) fail("an input that is no tensor; accepted: tensors");
  const onnx::TypeProto_Tensor& type = input_->type().tensor_type();
  if (!is_accepted(type.elem_type())) {
    fail(where +
         fmt::format("element type is {}; accepted: {}", name_of(type.elem_type()), accepted_types()));
  }
  if (!type.has_shape()) fail(where + "has no shape; accepted: extents, or symbols for them");
  set_input_dims(input_shape);
}

// The batch is 1 unless somebody says otherwise.
void OnnxModel::set_input_dims(const Dims& input_shape) {
  const std::string where = fmt::format("input '{}': ", input_->name());
  onnx::TensorShapeProto& shape = *input_->mutable_type()->mutable_tensor_type()->mutable_shape();
  if (!input_shape.empty() && static_cast<int>(input_shape.size()) != shape.dim_size()) {
    fail(where + fmt::format("{} dimensions, but an input shape of {} is asked for", shape.dim_size(),
                             to_string(input_shape)));
  }
  const bool has_batch =
      shape.dim_size() > 2 && shape.dim(0).dim_value() > 1 && (input_shape.empty() || input_shape[0] == 1) &&
      std::any_of(nodes_.begin(), nodes_.end(), [](const NodeProto* node) { return takes_images(*node); });
  if (has_batch) {
    fixed_batch_ = shape.dim(0).dim_value();
    shape.mutable_dim(0)->set_dim_value(1);
  }
  Dims dims;
  for (int i = 0; i < shape.dim_size(); ++i) {
    onnx::TensorShapeProto_Dimension& dim = *shape.mutable_dim(i);
    if (!dim.has_dim_value() && !input_shape.empty()) dim.set_dim_value(input_shape[i]);
    if (!dim.has_dim_value() && i == 0) dim.set_dim_value(1);
    if (!dim.has_dim_value()) {
      fail(where + fmt::format("dimension {} is symbolic ('{}'); accepted: a number, in the file or in an "
                               "input shape (network.input_shape)",
                               i, dim.dim_param()));
    }
    if (dim.dim_value() < 1)
      fail(where + fmt::format("dimension {} is {}; accepted: at least 1", i, dim.dim_value()));
    if (!input_shape.empty() && dim.dim_value() != input_shape[i]) {
      fail(where + fmt::format("dimension {} is {}, but an input shape of {} is asked for", i,
                               dim.dim_value(), to_string(input_shape)));
    }
    dims.push_back(dim.dim_value());
  }
  try {
    checked_count(dims);
  } catch (const std::invalid_argument& error) {
    fail(where + error.what());
  }
}

Dims OnnxModel::input_dims() const {
  return extents_of(input_->type().tensor_type());
}

void OnnxModel::check_declared(const NodeProto& node, const std::string& tensor, const Dims& dims) const {
  const auto found = declared_.find(tensor);
  if (found == declared_.end() || !found->second->has_shape()) return;
  const Dims declared = extents_of(*found->second);
  bool fits = declared.size() == dims.size();
  for (std::size_t d = 0; fits && d < dims.size(); ++d) {
    fits = declared[d] < 0 || declared[d] == dims[d] || (d == 0 && declared[d] == fixed_batch_ * dims[d]);
  }
  if (!fits) {
    fail(node, fmt::format("output '{}' is {}; the file declares {}", tensor, to_string(dims),
                           to_string(declared)));
  }
}

int OnnxModel::readers(const std::string& tensor) const {
  const auto found = readers_.find(tensor);
  return found == readers_.end() ? 0 : found->second;
}

const NodeProto* OnnxModel::producer(const std::string& tensor) const {
  const auto found = producers_.find(tensor);
  return found == producers_.end() ? nullptr : found->second;
}

OnnxConstant OnnxModel::constant(const onnx::TensorProto& tensor, IntegersAs integers) const {
  try {
    return {read_tensor(tensor, file_.parent_path(), integers), tensor.data_type()};
  } catch (const std::invalid_argument& error) {
    fail(fmt::format("constant '{}': {}", tensor.name(), error.what()));
  }
}

void OnnxModel::fail(const std::string& problem) const {
  throw OnnxError(condensed(fmt::format("{}: {}", file_.string(), problem)));
}

void OnnxModel::fail(const NodeProto& node, const std::string& problem) const {
  fail(fmt::format("node '{}' ({}): {}", node.name(), node.op_type(), problem));
}

Dims extents_of(const onnx::TypeProto_Tensor& type) {
  Dims dims;
  for (const auto& dim : type.shape().dim()) dims.push_back(dim.has_dim_value() ? dim.dim_value() : -1);
  return dims;
}

}  // namespace bitbalance::onnx_io
