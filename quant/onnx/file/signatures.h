// Signatures of operators that the standard changed or added after the official library that Debian ships:
// numbers of inputs and outputs, and attributes. Older ones are that library's to check.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "quant/onnx/names.h"

namespace bitbalance::onnx_io {

/// Does the operator mean something in this operator set that the official library does not know?
bool is_newer_than_official(const std::string& op, std::int64_t opset);

/// For tests: operator sets from 18 on in which the operator's signature changed; empty: none.
std::set<std::int64_t> newer_versions(const std::string& op);

/// Attributes that the operator has in this operator set, with their types; none: it is not known there.
std::map<std::string, onnx::AttributeProto::AttributeType> attributes_of(const std::string& op,
                                                                         std::int64_t opset);

/// Why the node is illegal in its operator set; empty when it is legal.
/// Precondition: is_newer_than_official().
std::string newer_problem(const onnx::NodeProto& node, std::int64_t opset);

/// May the official inference judge the node? It must have nothing that only newer versions have, or may
/// have.
bool fits_official(const onnx::NodeProto& node);

}  // namespace bitbalance::onnx_io
