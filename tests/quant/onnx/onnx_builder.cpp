#include "tests/quant/onnx/onnx_builder.h"

#include <unistd.h>

#include <fstream>

#include "quant/eval/evaluator.h"
#include "quant/onnx/import.h"

namespace bitbalance::test {
namespace {

class ModelFile {
 public:
  explicit ModelFile(const std::string& bytes)
      : path_(std::filesystem::temp_directory_path() / (std::to_string(getpid()) + "-model.onnx")) {
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  ModelFile(const ModelFile&) = delete;
  ModelFile& operator=(const ModelFile&) = delete;
  ~ModelFile() { std::filesystem::remove(path_); }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

OnnxBuilder::OnnxBuilder(const std::vector<std::int64_t>& input_dims, std::int64_t opset) {
  model_.set_ir_version(7);
  model_.add_opset_import()->set_version(opset);
  graph().set_name("graph");
  onnx::ValueInfoProto& input = *graph().add_input();
  input.set_name("x");
  onnx::TypeProto_Tensor& type = *input.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx::TensorProto::FLOAT);
  for (const std::int64_t dim : input_dims) {
    if (dim < 0) {
      type.mutable_shape()->add_dim()->set_dim_param("n");
    } else {
      type.mutable_shape()->add_dim()->set_dim_value(dim);
    }
  }
  onnx::ValueInfoProto& output = *graph().add_output();
  output.set_name("y");
  output.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  output_rank(static_cast<int>(input_dims.size()));
}

OnnxBuilder& OnnxBuilder::output_rank(int dimensions) {
  onnx::TensorShapeProto& shape =
      *graph().mutable_output(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
  shape.clear_dim();
  for (int i = 0; i < dimensions; ++i) shape.add_dim();
  return *this;
}

OnnxBuilder& OnnxBuilder::constant(const std::string& name, const std::vector<std::int64_t>& dims,
                                   const std::vector<float>& values) {
  onnx::TensorProto& tensor = *graph().add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  for (const std::int64_t dim : dims) tensor.add_dims(dim);
  for (const float value : values) tensor.add_float_data(value);
  return *this;
}

OnnxBuilder& OnnxBuilder::constant(const std::string& name, const std::vector<std::int64_t>& integers) {
  onnx::TensorProto& tensor = *graph().add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::INT64);
  tensor.add_dims(static_cast<std::int64_t>(integers.size()));
  for (const std::int64_t value : integers) tensor.add_int64_data(value);
  return *this;
}

OnnxBuilder& OnnxBuilder::raw_constant(const std::string& name, int type,
                                       const std::vector<std::int64_t>& dims, const std::string& bytes) {
  onnx::TensorProto& tensor = *graph().add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(type);
  for (const std::int64_t dim : dims) tensor.add_dims(dim);
  tensor.set_raw_data(bytes);
  return *this;
}

void set_integer(onnx::NodeProto& node, const std::string& name, std::int64_t value) {
  set_attribute(node, name, value);
}

onnx::NodeProto& add_node(onnx::GraphProto& graph, const std::string& op,
                          const std::vector<std::string>& inputs, const std::string& output) {
  onnx::NodeProto& node = *graph.add_node();
  node.set_op_type(op);
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(output);
  return node;
}

onnx::GraphProto& add_graph(onnx::NodeProto& node, const std::string& attribute) {
  onnx::AttributeProto& added = *node.add_attribute();
  added.set_name(attribute);
  added.set_type(onnx::AttributeProto::GRAPH);
  added.mutable_g()->set_name(attribute);
  return *added.mutable_g();
}

void declare(onnx::ValueInfoProto& value, const std::string& name, int type) {
  value.set_name(name);
  value.mutable_type()->mutable_tensor_type()->set_elem_type(type);
}

onnx::NodeProto& OnnxBuilder::node(const std::string& op, const std::vector<std::string>& inputs,
                                   const std::string& output) {
  onnx::NodeProto& node = add_node(graph(), op, inputs, output);
  node.set_name("node" + std::to_string(graph().node_size()));
  return node;
}

OnnxBuilder& OnnxBuilder::cast(const std::string& input, const std::string& output, int type) {
  set_integer(node("Cast", {input}, output), "to", type);
  return *this;
}

Network OnnxBuilder::import(const Dims& input_shape) const {
  return import_bytes(model_.SerializeAsString(), input_shape);
}

Network import_bytes(const std::string& bytes, const Dims& input_shape) {
  const ModelFile file(bytes);
  return import_onnx(file.path(), {input_shape, {}, {}});
}

std::vector<float> OnnxBuilder::run(const std::vector<float>& image) const {
  const Network network = import();
  return Evaluator(network).run(image);
}

}  // namespace bitbalance::test
