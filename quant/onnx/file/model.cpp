#include "quant/onnx/file/model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <stdexcept>

#include "base/text/outside_text.h"
#include "quant/ir/output.h"
#include "quant/onnx/file/local_functions.h"
#include "quant/onnx/file/node_order.h"
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

}  // namespace

OnnxModel::OnnxModel(std::filesystem::path file, const ImportOptions& options,
                     std::set<std::string> accepted_ops, Batch batch)
    : file_(std::move(file)), accepted_ops_(std::move(accepted_ops)), batch_(batch) {
  parse();
  check_version();
  check_names(graph());
  for (const std::string& name : own_names(graph())) names_.take(name);
  choose_outputs(options.outputs);
  std::vector<std::string> wanted;
  for (const onnx::ValueInfoProto& output : graph().output()) {
    wanted.push_back(output.name());
    ++readers_[output.name()];
  }
  nodes_ = needed_nodes(graph(), wanted);
  find_inputs(options);
  note_declared(graph());
}

void OnnxModel::parse() {
  const google::protobuf::LogSilencer silence;  // it explains itself on the terminal
  std::ifstream stream(file_, std::ios::binary);
  if (!stream || std::filesystem::is_directory(file_)) fail("cannot be opened; accepted: an ONNX file");
  if (!model_.ParseFromIstream(&stream) || !model_.has_graph() || !model_.has_ir_version())
    fail("is truncated or not an ONNX file");
  try {
    inline_functions(model_);
  } catch (const std::invalid_argument& error) {
    fail(error.what());
  }
  tidy(*model_.mutable_graph());
}

void OnnxModel::tidy(onnx::GraphProto& graph) const {
  for (onnx::NodeProto& node : *graph.mutable_node()) {
    // Whatever speaks of a node has a name for it.
    if (node.name().empty()) node.set_name(first_output(node));
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
    for (onnx::AttributeProto& attribute : *node.mutable_attribute())
      if (attribute.has_g()) tidy(*attribute.mutable_g());
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
  if (opset_ == 0) {
    fail(fmt::format("says no operator set of ONNX's own domain; accepted: {} to {}", kFirstOpset,
                     kLastOpset));
  }
  if (opset_ < kFirstOpset || opset_ > kLastOpset) problem("operator set", opset_, kFirstOpset, kLastOpset);
}

/// Every tensor has one origin.
void OnnxModel::check_names(const onnx::GraphProto& graph) const {
  if (graph.sparse_initializer_size() != 0) fail("has sparse initializers; accepted: dense ones");
  std::set<std::string> written;
  const auto write = [&](const std::string& name, const char* by) {
    if (!written.insert(name).second)
      fail(fmt::format("is not a valid ONNX model: tensor '{}' has two origins, one is {}", name, by));
  };
  std::set<std::string> inputs;
  for (const onnx::ValueInfoProto& value : graph.input()) {
    if (!inputs.insert(value.name()).second)
      fail(fmt::format("is not a valid ONNX model: input '{}' is there twice", value.name()));
  }
  for (const onnx::TensorProto& tensor : graph.initializer()) write(tensor.name(), "a constant");
  for (const std::string& input : inputs) written.insert(input);  // IR version 3 lists constants too
  for (const NodeProto& node : graph.node()) {
    for (const std::string& output : node.output()) {
      if (!output.empty()) write(output, "a node");
    }
  }
}

/// Checked, and counted as readers and writers.
std::vector<const NodeProto*> OnnxModel::needed_nodes(const onnx::GraphProto& graph,
                                                      const std::vector<std::string>& wanted) {
  const NodeOrder order = onnx_io::order_nodes(graph, wanted);
  if (order.in_cycle != nullptr)
    fail(*order.in_cycle, "reads what is computed of its own result; accepted: graphs without cycles");
  own_.insert(order.nodes.begin(), order.nodes.end());
  for (const NodeProto* node : order.nodes) {
    check_operator(*node);
    for (const std::string& name : names_read(*node)) ++readers_[name];
    for (const std::string& output : node->output()) producers_[output] = node;
  }
  return order.nodes;
}

/// ", or ..." where the node reads something that is computed.
std::string OnnxModel::results_ahead(const NodeProto& node) const {
  for (const std::string& input : node.input()) {
    const auto writes = [&](const NodeProto& other) {
      return std::find(other.output().begin(), other.output().end(), input) != other.output().end();
    };
    if (!input.empty() && std::any_of(graph().node().begin(), graph().node().end(), writes))
      return fmt::format(", or results ahead of it: --set network.outputs={}", input);
  }
  return "";
}

void OnnxModel::check_operator(const NodeProto& node) const {
  if (accepted_ops_.count(node.op_type()) == 0 || !is_standard(node.domain())) {
    if (node.op_type() == "Unique" && is_standard(node.domain())) {
      fail(node, fmt::format(
                     "unsupported operator; accepted: results ahead of it, as the image decides how many it "
                     "gives: --set network.outputs={}",
                     node.input_size() == 0 ? "" : node.input(0)));
    }
    const std::string domain = node.domain().empty() ? "" : " of domain " + node.domain();
    fail(node, fmt::format("unsupported operator{}; accepted: those of docs/onnx.md{}", domain,
                           results_ahead(node)));
  }
  if (const std::string problem = version_problem(node, opset_); !problem.empty()) fail(node, problem);
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

void OnnxModel::note_declared(const onnx::GraphProto& graph) {
  for (const onnx::ValueInfoProto& value : graph.value_info())
    declared_[value.name()] = &value.type().tensor_type();
  for (const onnx::ValueInfoProto& value : graph.output())
    declared_[value.name()] = &value.type().tensor_type();
}

OnnxBranch& OnnxModel::open(const NodeProto& node, const char* attribute) {
  OnnxBranch& branch = branches_.emplace_back();
  branch.graph = find_attribute(node, attribute)->g();
  check_names(branch.graph);
  rename_own(branch.graph, [&](const std::string& name) { return names_.take(name); });
  return branch;
}

// A name is read by more nodes with every step; nobody knows how often, so that it never is for the last
// time.
OnnxBranch& OnnxModel::enter_body(const NodeProto& node, std::size_t inputs,
                                  const std::vector<bool>& wanted) {
  constexpr int kMany = 1 << 20;
  if (bodies_.insert(first_output(node)).second) {
    for (const std::string& name : names_read(node)) readers_[name] += kMany;
  }
  OnnxBranch& body = open(node, "body");
  if (static_cast<std::size_t>(body.graph.input_size()) != inputs ||
      static_cast<std::size_t>(body.graph.output_size()) != wanted.size()) {
    fail(node, fmt::format("body has {} inputs and {} outputs; accepted: {} and {}", body.graph.input_size(),
                           body.graph.output_size(), inputs, wanted.size()));
  }
  for (const onnx::ValueInfoProto& input : body.graph.input()) body.inputs.push_back(input.name());
  std::vector<std::string> needed;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    body.results.push_back(wanted[i] ? body.graph.output(static_cast<int>(i)).name() : "");
    if (!wanted[i]) continue;
    needed.push_back(body.results.back());
    readers_[needed.back()] += kMany;
  }
  body.nodes = needed_nodes(body.graph, needed);
  note_declared(body.graph);
  return body;
}

std::vector<OnnxBranch*> OnnxModel::enter(const NodeProto& node, const std::vector<const char*>& attributes) {
  for (const std::string& name : names_read(node)) --readers_[name];
  for (const std::string& name : node.input()) ++readers_[name];
  std::vector<OnnxBranch*> entered;
  for (const char* attribute : attributes) {
    OnnxBranch& branch = open(node, attribute);
    entered.push_back(&branch);
    if (branch.graph.input_size() != 0 || branch.graph.output_size() != node.output_size()) {
      fail(node, fmt::format("{} has {} inputs and {} outputs; accepted: none, and {}", attribute,
                             branch.graph.input_size(), branch.graph.output_size(), node.output_size()));
    }
    std::vector<std::string> wanted;
    for (int i = 0; i < node.output_size(); ++i) {
      const std::string result = readers(node.output(i)) == 0 ? "" : branch.graph.output(i).name();
      branch.results.push_back(result);
      if (result.empty()) continue;
      wanted.push_back(result);
      readers_[result] += readers(node.output(i));
    }
    branch.nodes = needed_nodes(branch.graph, wanted);
    note_declared(branch.graph);
  }
  if (entered.size() == 1) {  // it stands for the node
    for (int i = 0; i < node.output_size(); ++i)
      producers_[node.output(i)] = producer(entered.front()->results[i]);
  }
  return entered;
}

void OnnxModel::check_declared(const NodeProto& node, const std::string& tensor, const Dims& dims) const {
  const auto found = declared_.find(tensor);
  if (found == declared_.end() || !found->second->has_shape()) return;
  const Dims declared = extents_of(*found->second);
  bool fits = declared.size() == dims.size();
  for (std::size_t d = 0; fits && d < dims.size(); ++d) {
    fits = declared[d] < 0 || declared[d] == dims[d];
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
  fail(fmt::format("{}: {}", place(node), problem));
}

void OnnxModel::fail_batch(const NodeProto& node, const std::string& problem) const {
  throw OnnxBatchError(condensed(fmt::format("{}: {}: {}", file_.string(), place(node), problem)));
}

std::string OnnxModel::place(const NodeProto& node) const {
  const NodeProto& named = imported_ == nullptr || own_.count(&node) != 0 ? node : *imported_;
  return fmt::format("node '{}' ({})", named.name(), named.op_type());
}

std::string first_output(const NodeProto& node) {
  const auto named = std::find_if(node.output().begin(), node.output().end(),
                                  [](const std::string& name) { return !name.empty(); });
  return named == node.output().end() ? "" : *named;
}

Dims extents_of(const onnx::TypeProto_Tensor& type) {
  Dims dims;
  for (const auto& dim : type.shape().dim()) dims.push_back(dim.has_dim_value() ? dim.dim_value() : -1);
  return dims;
}

}  // namespace bitbalance::onnx_io
