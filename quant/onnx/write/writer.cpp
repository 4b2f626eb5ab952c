#include "quant/onnx/write/writer.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>

#include <cstring>
#include <limits>
#include <stdexcept>

namespace bitbalance::onnx_io {

OnnxWriter::OnnxWriter(const std::string& graph) {
  model_.set_producer_name("bitbalance");
  model_.mutable_graph()->set_name(graph);
}

void OnnxWriter::set_version(std::int64_t opset, std::int64_t ir_version) {
  model_.set_ir_version(ir_version);
  model_.clear_opset_import();
  model_.add_opset_import()->set_version(opset);
}

std::string OnnxWriter::unique(std::string name) {
  while (!names_.insert(name).second) name += '_';
  return name;
}

template <typename T>
std::string OnnxWriter::add_constant(const std::string& name, const Dims& dims, const std::vector<T>& values,
                                     onnx::TensorProto::DataType type) {
  onnx::TensorProto& tensor = *graph().add_initializer();
  tensor.set_name(unique(name));
  tensor.set_data_type(type);
  for (const std::int64_t dim : dims) tensor.add_dims(dim);
  std::string raw(values.size() * sizeof(T), '\0');  // little-endian, as x86-64 and ONNX have it
  if (!values.empty()) std::memcpy(raw.data(), values.data(), raw.size());
  tensor.set_raw_data(std::move(raw));
  return tensor.name();
}

std::string OnnxWriter::constant(const std::string& name, const Dims& dims,
                                 const std::vector<float>& values) {
  return add_constant(name, dims, values, onnx::TensorProto::FLOAT);
}

std::string OnnxWriter::constant(const std::string& name, const Dims& dims,
                                 const std::vector<std::int64_t>& values) {
  return add_constant(name, dims, values, onnx::TensorProto::INT64);
}

onnx::NodeProto& OnnxWriter::add_node(const std::string& op, const std::string& name,
                                      const std::vector<std::string>& inputs, const std::string& output) {
  onnx::NodeProto& node = *graph().add_node();
  node.set_op_type(op);
  std::string own = name;
  while (!node_names_.insert(own).second) own += '_';
  node.set_name(own);
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(output);
  return node;
}

void OnnxWriter::write(std::ostream& stream) const {
  constexpr std::size_t kMost = std::numeric_limits<std::int32_t>::max();
  if (const std::size_t size = model_.ByteSizeLong(); size > kMost)
    throw std::invalid_argument(fmt::format("an ONNX file of {} bytes; accepted: up to {}", size, kMost));
  google::protobuf::io::OstreamOutputStream bytes(&stream);
  google::protobuf::io::CodedOutputStream coded(&bytes);
  coded.SetSerializationDeterministic(true);
  model_.SerializeToCodedStream(&coded);
}

}  // namespace bitbalance::onnx_io
