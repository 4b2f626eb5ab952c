// Attributes of a node by name.
#include "quant/onnx/file/model.h"

namespace bitbalance::onnx_io {

const onnx::AttributeProto* find_attribute(const onnx::NodeProto& node, const char* name) {
  for (const onnx::AttributeProto& attribute : node.attribute())
    if (attribute.name() == name) return &attribute;
  return nullptr;
}

std::int64_t int_attribute(const onnx::NodeProto& node, const char* name, std::int64_t fallback) {
  const onnx::AttributeProto* attribute = find_attribute(node, name);
  return attribute == nullptr ? fallback : attribute->i();
}

float float_attribute(const onnx::NodeProto& node, const char* name, float fallback) {
  const onnx::AttributeProto* attribute = find_attribute(node, name);
  return attribute == nullptr ? fallback : attribute->f();
}

std::string string_attribute(const onnx::NodeProto& node, const char* name, const char* fallback) {
  const onnx::AttributeProto* attribute = find_attribute(node, name);
  return attribute == nullptr ? fallback : attribute->s();
}

std::vector<std::int64_t> ints_attribute(const onnx::NodeProto& node, const char* name,
                                         std::vector<std::int64_t> fallback) {
  const onnx::AttributeProto* attribute = find_attribute(node, name);
  if (attribute == nullptr) return fallback;
  return {attribute->ints().begin(), attribute->ints().end()};
}

const onnx::TensorProto* tensor_attribute(const onnx::NodeProto& node, const char* name) {
  const onnx::AttributeProto* attribute = find_attribute(node, name);
  return attribute == nullptr ? nullptr : &attribute->t();
}

}  // namespace bitbalance::onnx_io
