// Attributes of a node, by name.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "quant/onnx/names.h"

namespace bitbalance::onnx_io {

/// With the operator's defaults.
const onnx::AttributeProto* find_attribute(const onnx::NodeProto& node, const char* name);
std::int64_t int_attribute(const onnx::NodeProto& node, const char* name, std::int64_t fallback);
float float_attribute(const onnx::NodeProto& node, const char* name, float fallback);
std::string string_attribute(const onnx::NodeProto& node, const char* name, const char* fallback);
std::vector<std::int64_t> ints_attribute(const onnx::NodeProto& node, const char* name,
                                         std::vector<std::int64_t> fallback);
const onnx::TensorProto* tensor_attribute(const onnx::NodeProto& node, const char* name);

/// The node without attributes of these names.
onnx::NodeProto without_attributes(onnx::NodeProto node, const std::set<std::string>& names);

/// Precondition: the node has none of that name.
void set_attribute(onnx::NodeProto& node, const std::string& name, std::int64_t value);
void set_attribute(onnx::NodeProto& node, const std::string& name, float value);
void set_attribute(onnx::NodeProto& node, const std::string& name, const std::string& value);
void set_attribute(onnx::NodeProto& node, const std::string& name, const std::vector<std::int64_t>& values);

}  // namespace bitbalance::onnx_io
