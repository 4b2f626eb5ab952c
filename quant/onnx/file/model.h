// An ONNX file, parsed and checked: the importer's view of protobuf. Included by the importer only.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "quant/host/host_tensor.h"
#include "quant/onnx/file/attributes.h"
#include "quant/onnx/file/element_type.h"
#include "quant/onnx/file/tensor_data.h"
#include "quant/onnx/file/unique_names.h"
#include "quant/onnx/import_options.h"
#include "quant/onnx/names.h"

namespace bitbalance::onnx_io {

/// A constant. Integers are floats too: they are shapes, axes and indices, exact up to 2^24.
struct OnnxConstant {
  HostTensor tensor;
  ElementType type = onnx::TensorProto::FLOAT;
};

/// A graph within a node, as if its nodes stood there.
struct OnnxBranch {
  onnx::GraphProto graph;  ///< what it defines has names that nothing else has
  /// Those that the wanted results need, every one after those that it reads.
  std::vector<const onnx::NodeProto*> nodes;
  /// What the node's outputs are, in their order; empty: nobody reads that one. Of a body, its own outputs.
  std::vector<std::string> results;
  std::vector<std::string> inputs;  ///< of a body
};

/// What is wrong with a file: "FILE: problem", "FILE: node 'NAME' (OP): problem".
class OnnxError : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// A layer takes one image, and what it reads is several.
class OnnxBatchError : public OnnxError {
 public:
  using OnnxError::OnnxError;
};

/// What an input's first extent is that the file fixes to more than 1.
enum class Batch {
  kNone,      ///< an extent as any other
  kOneByOne,  ///< images, of which one is imported
};

class OnnxModel {
 public:
  /// Reads a file and checks what can be checked without computing: versions, names, and the signatures of
  /// the nodes that the outputs need (others are ignored). `accepted_ops` are the names of the operators that
  /// the importer knows. Throws std::invalid_argument.
  OnnxModel(std::filesystem::path file, const ImportOptions& options, std::set<std::string> accepted_ops,
            Batch batch);

  const onnx::GraphProto& graph() const { return model_.graph(); }
  google::protobuf::RepeatedPtrField<onnx::TensorProto>& initializers() {
    return *model_.mutable_graph()->mutable_initializer();
  }
  /// Nodes that the outputs need, every one after those that it reads.
  const std::vector<const onnx::NodeProto*>& nodes() const { return nodes_; }
  std::int64_t opset() const { return opset_; }
  const onnx::ValueInfoProto& input() const { return *input_; }
  const std::map<std::string, OnnxConstant>& fixed_inputs() const { return fixed_inputs_; }

  Dims input_dims() const;
  /// Images that the file wants at once; it is imported for one. 1: any number, or the first dimension is no
  /// batch.
  std::int64_t fixed_batch() const { return fixed_batch_; }

  /// What a node computes must have the extents that the file declares. Throws OnnxError.
  void check_declared(const onnx::NodeProto& node, const std::string& tensor, const Dims& dims) const;

  /// The graphs of these attributes of a node, one after the other, checked as the model's own is. From now
  /// on what reads and writes a tensor is in them, and not the node. Throws OnnxError.
  std::vector<OnnxBranch*> enter(const onnx::NodeProto& node, const std::vector<const char*>& attributes);

  /// One more copy of the body of a node, which has `inputs` inputs and as many outputs as `wanted`, checked
  /// in the same way. Throws OnnxError.
  OnnxBranch& enter_body(const onnx::NodeProto& node, std::size_t inputs, const std::vector<bool>& wanted);

  /// How many nodes and outputs of the graph read this tensor.
  int readers(const std::string& tensor) const;
  /// The node that writes this tensor; null: none.
  const onnx::NodeProto* producer(const std::string& tensor) const;

  /// Values of an initializer or of a node's attribute.
  OnnxConstant constant(const onnx::TensorProto& tensor, IntegersAs integers = IntegersAs::kExact) const;

  /// From now on a node of the file is imported, or none; gives the one before.
  const onnx::NodeProto* set_imported(const onnx::NodeProto* node) { return std::exchange(imported_, node); }
  /// "node 'NAME' (OP)"; of a node that an importer made that of the file in whose place it stands.
  std::string place(const onnx::NodeProto& node) const;

  /// Throw OnnxError.
  [[noreturn]] void fail(const std::string& problem) const;
  [[noreturn]] void fail(const onnx::NodeProto& node, const std::string& problem) const;
  /// Throws OnnxBatchError.
  [[noreturn]] void fail_batch(const onnx::NodeProto& node, const std::string& problem) const;

 private:
  void parse();
  void tidy(onnx::GraphProto& graph) const;
  void check_version();
  void check_names(const onnx::GraphProto& graph) const;
  void check_operator(const onnx::NodeProto& node) const;
  std::string results_ahead(const onnx::NodeProto& node) const;
  void choose_outputs(const std::vector<std::string>& names);
  std::vector<const onnx::NodeProto*> needed_nodes(const onnx::GraphProto& graph,
                                                   const std::vector<std::string>& wanted);
  void note_declared(const onnx::GraphProto& graph);
  OnnxBranch& open(const onnx::NodeProto& node, const char* attribute);
  void find_inputs(const ImportOptions& options);
  const onnx::TypeProto_Tensor& checked_type(const onnx::ValueInfoProto& input) const;
  void set_input_dims(const Dims& input_shape);
  void fix_inputs(const std::vector<std::pair<const FixedInput*, const onnx::ValueInfoProto*>>& fixed);
  void fix(const onnx::ValueInfoProto& input, const Dims& dims, const std::vector<double>& values);

  std::filesystem::path file_;
  std::set<std::string> accepted_ops_;
  onnx::ModelProto model_;
  std::int64_t opset_ = 0;
  Batch batch_;
  std::int64_t fixed_batch_ = 1;
  onnx::ValueInfoProto* input_ = nullptr;
  std::map<std::string, std::int64_t> symbols_;  ///< extents of the image that the file names
  std::map<std::string, OnnxConstant> fixed_inputs_;
  std::deque<OnnxBranch> branches_;
  std::set<std::string> bodies_;  ///< first outputs of nodes whose body has been entered
  UniqueNames names_;             ///< of tensors, in the model's graph and in those entered
  std::vector<const onnx::NodeProto*> nodes_;
  std::map<std::string, const onnx::TypeProto_Tensor*> declared_;
  std::map<std::string, int> readers_;
  std::map<std::string, const onnx::NodeProto*> producers_;
  std::set<const onnx::NodeProto*> own_;  ///< nodes of the file, of inner graphs too
  const onnx::NodeProto* imported_ = nullptr;
};

/// The first output of a node that has a name; empty: none.
std::string first_output(const onnx::NodeProto& node);

/// Extents of a type; -1: open. Empty as well where the type has no shape.
Dims extents_of(const onnx::TypeProto_Tensor& type);

}  // namespace bitbalance::onnx_io
