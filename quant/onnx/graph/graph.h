// The float network while it is being imported: which ONNX names stand for which tensors and constants, and
// the ways to add a node. What the handlers of ONNX's operators work on.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "quant/ir/network.h"
#include "quant/onnx/file/model.h"
#include "quant/onnx/file/unique_names.h"

namespace bitbalance::onnx_io {

/// Integers that stand for real numbers: number = (integer - zero) * scale.
struct Quantization {
  float scale = 1;
  float zero = 0;

  bool operator==(const Quantization& other) const { return scale == other.scale && zero == other.zero; }
};

/// A scale that DynamicQuantizeLinear measures: what the file computes is the value times that scale to a
/// power.
struct Measured {
  std::string by;  ///< the integers that it was measured for; empty: none
  int power = 0;
};

/// A dimension of which the image decides how many of its rows there are: see open_rows.h.
struct OpenAxis {
  std::size_t axis = 0;
  std::string by;           ///< the value whose rows are -1 where there is none
  std::int64_t others = 0;  ///< constant rows that follow, all alike; those that are none are like them
  /// The elements are indices as they were found, from 0 on, and 0 in rows that are none.
  bool are_places = false;
};

/// Of a constant that tells how many such rows there are.
struct OpenExtents {
  std::string by;          ///< OpenAxis::by
  std::vector<float> are;  ///< of each element: 1 if it is that number, 0 if it is so whatever their number
};

/// What an ONNX name stands for: a tensor of the network under extents of its own, or a constant.
struct OnnxValue {
  int tensor = -1;  ///< -1: the constant
  Dims dims;
  std::vector<float> constant;
  ElementType type = onnx::TensorProto::UNDEFINED;  ///< define() fills it in
  /// Of an activation that the file has as integers; the tensor has the numbers that they stand for.
  std::optional<Quantization> quantization = {};
  Measured measured = {};
  std::optional<OpenAxis> open = {};
  std::optional<OpenExtents> extents = {};
  std::size_t batch = 0;  ///< of an activation: the dimension along which a file of a fixed batch has it
  /// Of a constant: what it is for the whole fixed batch of a file, where that is something else.
  std::optional<HostTensor> whole = {};
};

/// Channels up to which one number becomes one per channel, as layers have it: a small file may ask for much.
constexpr int kMostCopies = 1 << 20;

class OnnxGraph {
 public:
  /// Takes the initializers out of the model as they are read.
  OnnxGraph(OnnxModel& model, std::string name);

  const OnnxModel& model() const { return model_; }
  /// Imports the nodes in order by `import`, then hands each output of the model to `finish`. Layers that
  /// nobody reads in the end are left out.
  Network run(void (*import)(OnnxGraph&, const onnx::NodeProto&),
              void (*finish)(OnnxGraph&, const std::string& output));
  /// Imports the nodes of the graphs of these attributes. Per graph the names of what the node's outputs are;
  /// empty: nobody reads that one.
  std::vector<std::vector<std::string>> import_branches(const onnx::NodeProto& node,
                                                        const std::vector<const char*>& attributes);

  /// Imports the nodes of the node's body once more, with these values for its inputs. Per result the name of
  /// what it is; empty: not wanted.
  std::vector<std::string> import_body(const onnx::NodeProto& node, const std::vector<OnnxValue>& inputs,
                                       const std::vector<bool>& wanted);

  // Inputs of a node by index.
  static bool has_input(const onnx::NodeProto& node, int index);
  /// Throws std::invalid_argument for a name that stands for nothing.
  const OnnxValue& value(const onnx::NodeProto& node, int index) const {
    return known(node, node.input(index));
  }
  const OnnxValue& known(const onnx::NodeProto& node, const std::string& name) const;
  /// Null for a name that stands for nothing so far, or for a constant that was large and has been used up.
  const OnnxValue* find(const std::string& name) const;
  bool is_constant(const onnx::NodeProto& node, int index) const { return value(node, index).tensor < 0; }
  const Dims& dims(const onnx::NodeProto& node, int index) const { return value(node, index).dims; }
  /// The tensor; refuses a constant.
  int activation(const onnx::NodeProto& node, int index) const { return activation(node, node.input(index)); }
  int activation(const onnx::NodeProto& node, const std::string& name) const;
  /// The tensor as an image of C x H x W: of 1 x C x L the L are one row, of more dimensions the last is W
  /// and those before it are H. Another tensor where its own shape differs. Refuses other ranks and batches.
  int image(const onnx::NodeProto& node, int index) { return image(node, node.input(index)); }
  int image(const onnx::NodeProto& node, const std::string& name);
  /// The tensor of 1 x F with F channels. Another tensor where its own shape differs.
  int features(const onnx::NodeProto& node, const std::string& name);
  /// The tensor under another shape of as many elements; another tensor where its own shape differs.
  int seen_as(const onnx::NodeProto& node, const std::string& name, const Shape& wanted, const char* suffix);
  /// Constant, float and finite.
  const OnnxValue& floats(const onnx::NodeProto& node, int index) const;
  std::vector<float> per_channel(const onnx::NodeProto& node, int index, int channels) const;

  /// The extents that the file has, for its whole fixed batch.
  Dims whole_dims(const OnnxValue& value) const;

  // Results.
  /// Of a node by name; refuses extents that the file or the official inference does not give it, and
  /// integers that are none. Without a type of its own, and where the inference does not tell, the value has
  /// that of the node's first input.
  void define(const onnx::NodeProto& source, const std::string& name, OnnxValue value);
  /// define() of what the last step on the way computed: its layer and tensor get the names that the result
  /// of the node has.
  void define_last(const onnx::NodeProto& source, const std::string& name, OnnxValue value);
  /// A layer that reads `input` and writes the node's first output; more fields are the caller's.
  Node& add_layer(const onnx::NodeProto& source, Op op, int input, const Shape& output, Dims dims);
  /// A host operator whose operands are the values; a constant result when all of them are constants.
  void add_host(const onnx::NodeProto& source, HostOperator op, const std::vector<const OnnxValue*>& operands,
                const std::string& output);
  /// The same for a result that the file does not name, on the way to one of the node's.
  OnnxValue add_step(const onnx::NodeProto& source, HostOperator op,
                     const std::vector<const OnnxValue*>& operands, const std::string& name);
  /// y = scale[c] * x + bias[c] on the way to one of the node's results.
  OnnxValue add_affine_step(const onnx::NodeProto& source, const OnnxValue& input, std::vector<float> scale,
                            std::vector<float> bias, const std::string& name);
  /// The value cut to low .. high, its bounds from now on: the file says how it is quantized. They are the
  /// bounds of the network's input where nobody else reads it. Costs nothing where the value is within them
  /// anyhow, by `margin`, or they lie around zero and are such an input's.
  OnnxValue within(const onnx::NodeProto& source, const OnnxValue& value, float low, float high,
                   float margin);
  /// add_host() of one tensor under other extents, on the way: a layer of that name.
  int add_host(const onnx::NodeProto& source, HostOperator op, int input, const Dims& extents,
               const std::string& name, const Shape& shape);
  /// The tensors and their layers have each other's names from now on: `last` is what the file means.
  void swap_names(int before, int last);
  /// A value under a name that the file does not have.
  void name_value(const std::string& name, OnnxValue value) { values_[name] = std::move(value); }
  /// Fails where constants that the file does not hold would grow by so many elements to far more than it
  /// holds: a small file may ask for much.
  void check_room(const onnx::NodeProto& source, std::int64_t elements) const;
  /// Fails where an index of an extent may be none that floats tell apart.
  void check_indices(const onnx::NodeProto& source, std::int64_t extent) const;

  /// Remembers that a node's first output holds the results of the last layer, a convolution, in whatever
  /// order; another output can take over.
  void note_product(const onnx::NodeProto& node) { products_[node.output(0)] = network_.nodes.size() - 1; }
  void pass_product(const std::string& from, const std::string& to) { products_[to] = products_.at(from); }
  /// The convolution behind such an output; null: none.
  Node* product(const std::string& result);

  /// Of a tensor that it has open rows. A layer reads such tensors only while that is allowed.
  void note_open(int tensor) { open_.insert(tensor); }
  void allow_open(bool is_allowed) { allows_open_ = is_allowed; }

  /// A result that is a cut of a layer's: its first rows, along the dimension before the last.
  struct Cut {
    OnnxValue whole;
    std::int64_t rows = 0;
  };
  void note_cut(const std::string& result, Cut cut) { cuts_[result] = std::move(cut); }
  /// Null: it is none.
  const Cut* cut(const std::string& result) const {
    const auto found = cuts_.find(result);
    return found == cuts_.end() ? nullptr : &found->second;
  }
  const Shape& shape(int tensor) const { return network_.shape(tensor); }
  /// The layer that computes a tensor; null for the network's input.
  const Node* writer(int tensor) const;
  /// Between which values a tensor's elements are whatever the image, as far as a few layers before it tell.
  ValueBounds range_of(int tensor, int depth = 0) const;

 private:
  void import_nodes(const std::vector<const onnx::NodeProto*>& nodes);
  void import_graph(OnnxBranch& graph);
  /// In a file of a fixed batch: for one of its images.
  void import_for_one(const onnx::NodeProto& node);
  /// A node that gives constants: these for the whole batch, by output.
  std::vector<OnnxValue> import_for_all(const onnx::NodeProto& node);
  void load_constants(const onnx::NodeProto& node);
  void load_constant(const std::string& name, IntegersAs integers);
  void release_constants(const onnx::NodeProto& node);
  void infer(const onnx::NodeProto& node);
  void keep_new_layers(const onnx::NodeProto& node);
  Node& append_layer(const onnx::NodeProto& source, const std::string& name, Op op, int input,
                     const Shape& output, const Dims& dims, const std::string& result);
  int new_tensor(const onnx::NodeProto& source, const std::string& name, const Shape& shape,
                 const Dims& dims);
  void check_open(const onnx::NodeProto& source, const std::vector<int>& read) const;
  OnnxValue compute(const onnx::NodeProto& source, const std::string& layer, HostOperator op,
                    const std::vector<const OnnxValue*>& operands, const std::string& output);
  HostTensor fold(const onnx::NodeProto& source, const HostOperator& op,
                  const std::vector<HostView>& operands);
  std::string layer_name(const onnx::NodeProto& node);
  void keep(const onnx::NodeProto& source, std::int64_t elements);
  void check_integers(const onnx::NodeProto& source, const std::string& name, const OnnxValue& value) const;

  OnnxModel& model_;
  void (*import_)(OnnxGraph&, const onnx::NodeProto&) = nullptr;
  Network network_;
  std::map<std::string, onnx::TensorProto*> stored_constants_;  ///< not read so far
  std::map<std::string, OnnxValue> values_;
  std::set<std::string> bodies_;                     ///< first outputs of nodes whose body was imported
  std::map<std::string, int> waiting_;               ///< readers of a constant that are still to come
  std::map<std::string, onnx::TypeProto> inferred_;  ///< of the outputs of the node that is imported
  UniqueNames layer_names_, tensor_names_;
  std::map<std::string, std::size_t> products_;  ///< output -> index of the convolution
  std::set<int> open_;                           ///< tensors with open rows
  bool allows_open_ = false;
  std::map<std::string, Cut> cuts_;  ///< by the name of the result
  std::int64_t stored_ = 0;          ///< elements of constants in the file
  std::int64_t kept_ = 0;            ///< elements of what was made of them
  std::size_t kept_layers_ = 0;      ///< layers whose constants are among those
  std::int64_t folded_ = 0;          ///< elements and multiplications of folding
};

/// Elements of n dimensions as an image: features of 1 x F are channels, else the last two dimensions are
/// height and width.
Shape shape_of(const Dims& dims);

/// How one ONNX operator is imported.
using OnnxHandler = void (*)(OnnxGraph&, const onnx::NodeProto&);
using OnnxHandlers = std::map<std::string, OnnxHandler>;

/// Operators that are layers of the accelerator, or become part of one.
OnnxHandlers layer_handlers();
/// Those of them that have a window.
OnnxHandlers windowed_handlers();
/// Operators that change or tell extents and move no element.
OnnxHandlers shape_handlers();
/// Operators that the host computes in several steps.
OnnxHandlers spelled_out_handlers();
OnnxHandlers recurrent_handlers();
/// Operators of indices, in several steps of the host, too.
OnnxHandlers index_handlers();
/// Operators that cut images into windows, or put them together.
OnnxHandlers block_handlers();
/// Attention and the embedding of positions, in several steps of the host.
OnnxHandlers attention_handlers();
/// Operators of which the image decides how many rows they give.
OnnxHandlers chosen_row_handlers();
/// Operators on the bits of integers.
OnnxHandlers bit_handlers();
/// Operators that hold graphs of their own.
OnnxHandlers branch_handlers();
OnnxHandlers loop_handlers();
/// Operators that the host computes.
OnnxHandlers host_handlers();

/// A node as a host operator, whatever it is otherwise.
void import_host_operator(OnnxGraph& graph, const onnx::NodeProto& node);

}  // namespace bitbalance::onnx_io
