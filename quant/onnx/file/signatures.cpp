#include "quant/onnx/file/signatures.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnx/defs/schema.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "quant/onnx/file/attributes.h"
#include "quant/onnx/file/official.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::AttributeProto;
using onnx::NodeProto;

struct Attribute {
  const char* name;
  AttributeProto::AttributeType type;
  bool is_required = false;
};
using KnownAttributes = std::vector<Attribute>;

/// What holds from one operator set on, until a later line of the same operator.
struct Signature {
  std::string op;  ///< "Reduce": all of them but ReduceSum
  std::int64_t since;
  int least_inputs, most_inputs;
  KnownAttributes attributes;
};

/// Source: ONNX's change log. One output is accepted, of Split any number.
const std::vector<Signature>& signatures() {
  constexpr auto kInt = AttributeProto::INT;
  constexpr auto kInts = AttributeProto::INTS;
  constexpr auto kFloat = AttributeProto::FLOAT;
  constexpr auto kString = AttributeProto::STRING;
  static const std::vector<Signature> table = [=] {
    const KnownAttributes pool = {
        {"auto_pad", kString}, {"ceil_mode", kInt}, {"count_include_pad", kInt},  {"dilations", kInts},
        {"pads", kInts},       {"strides", kInts},  {"kernel_shape", kInts, true}};
    const KnownAttributes resize = {{"antialias", kInt},
                                    {"axes", kInts},
                                    {"coordinate_transformation_mode", kString},
                                    {"cubic_coeff_a", kFloat},
                                    {"exclude_outside", kInt},
                                    {"extrapolation_value", kFloat},
                                    {"keep_aspect_ratio_policy", kString},
                                    {"mode", kString},
                                    {"nearest_mode", kString}};
    const KnownAttributes lp_pool = {
        {"auto_pad", kString}, {"ceil_mode", kInt}, {"dilations", kInts},         {"pads", kInts},
        {"p", kInt},           {"strides", kInts},  {"kernel_shape", kInts, true}};
    const KnownAttributes group = {{"epsilon", kFloat}, {"num_groups", kInt, true}};
    const KnownAttributes group_stash = {
        {"epsilon", kFloat}, {"num_groups", kInt, true}, {"stash_type", kInt}};
    const KnownAttributes attention = {{"is_causal", kInt},        {"kv_num_heads", kInt},
                                       {"q_num_heads", kInt},      {"qk_matmul_output_mode", kInt},
                                       {"scale", kFloat},          {"softcap", kFloat},
                                       {"softmax_precision", kInt}};
    const KnownAttributes rotary = {
        {"interleaved", kInt}, {"num_heads", kInt}, {"rotary_embedding_dim", kInt}};
    return std::vector<Signature>{
        {"Attention", 23, 3, 6, attention},
        {"Attention", 24, 3, 7, attention},
        {"AveragePool", 19, 1, 1, pool},
        {"Cast", 19, 1, 1, {{"saturate", kInt}, {"to", kInt, true}}},
        {"Cast", 24, 1, 1, {{"round_mode", kString}, {"saturate", kInt}, {"to", kInt, true}}},
        {"BitwiseAnd", 18, 2, 2, {}},
        {"BitwiseNot", 18, 1, 1, {}},
        {"BitwiseOr", 18, 2, 2, {}},
        {"BitwiseXor", 18, 2, 2, {}},
        {"CastLike", 19, 2, 2, {{"saturate", kInt}}},
        {"CastLike", 24, 2, 2, {{"round_mode", kString}, {"saturate", kInt}}},
        {"CenterCropPad", 18, 2, 2, {{"axes", kInts}}},
        {"Col2Im", 18, 3, 3, {{"dilations", kInts}, {"pads", kInts}, {"strides", kInts}}},
        {"DequantizeLinear", 21, 2, 3, {{"axis", kInt}, {"block_size", kInt}}},
        {"DequantizeLinear", 23, 2, 3, {{"axis", kInt}, {"block_size", kInt}, {"output_dtype", kInt}}},
        {"Gelu", 20, 1, 1, {{"approximate", kString}}},
        {"GridSample", 20, 2, 2, {{"align_corners", kInt}, {"mode", kString}, {"padding_mode", kString}}},
        {"GroupNormalization", 18, 3, 3, group},
        {"GroupNormalization", 21, 3, 3, group_stash},
        {"LpPool", 18, 1, 1, lp_pool},
        {"Mish", 18, 1, 1, {}},
        {"Pad", 18, 2, 4, {{"mode", kString}}},
        {"QuantizeLinear", 19, 2, 3, {{"axis", kInt}, {"saturate", kInt}}},
        {"QuantizeLinear",
         21,
         2,
         3,
         {{"axis", kInt}, {"block_size", kInt}, {"output_dtype", kInt}, {"saturate", kInt}}},
        {"QuantizeLinear",
         23,
         2,
         3,
         {{"axis", kInt},
          {"block_size", kInt},
          {"output_dtype", kInt},
          {"precision", kInt},
          {"saturate", kInt}}},
        {"RMSNormalization", 23, 2, 2, {{"axis", kInt}, {"epsilon", kFloat}, {"stash_type", kInt}}},
        {"Reduce", 18, 1, 2, {{"keepdims", kInt}, {"noop_with_empty_axes", kInt}}},
        {"Resize", 18, 1, 4, resize},
        {"RotaryEmbedding", 23, 3, 4, rotary},
        {"Split", 18, 1, 2, {{"axis", kInt}, {"num_outputs", kInt}}},
        {"Swish", 24, 1, 1, {{"alpha", kFloat}}},
    };
  }();
  return table;
}

bool concerns(const Signature& signature, const std::string& op) {
  if (signature.op == "Reduce") return op.rfind("Reduce", 0) == 0 && op != "ReduceSum";
  return signature.op == op;
}

const Signature* find(const std::string& op, std::int64_t opset) {
  const Signature* found = nullptr;
  for (const Signature& signature : signatures())
    if (concerns(signature, op) && signature.since <= opset) found = &signature;
  return found;
}

std::string type_of(AttributeProto::AttributeType type) {
  return AttributeProto::AttributeType_Name(type);
}

std::string attribute_problem(const Signature& signature, const AttributeProto& attribute) {
  const KnownAttributes& known = signature.attributes;
  const auto found = std::find_if(known.begin(), known.end(),
                                  [&](const Attribute& a) { return a.name == attribute.name(); });
  if (found == known.end()) {
    std::vector<std::string> names;
    for (const Attribute& a : known) names.emplace_back(a.name);
    return fmt::format("attribute '{}' is none since operator set {}; accepted: {}", attribute.name(),
                       signature.since, names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
  }
  if (found->type == attribute.type()) return "";
  return fmt::format("attribute '{}' is of type {}; accepted: {}", attribute.name(),
                     type_of(attribute.type()), type_of(found->type));
}

}  // namespace

bool is_newer_than_official(const std::string& op, std::int64_t opset) {
  return find(op, opset) != nullptr;
}

std::set<std::int64_t> newer_versions(const std::string& op) {
  std::set<std::int64_t> versions;
  for (const Signature& signature : signatures())
    if (concerns(signature, op)) versions.insert(signature.since);
  return versions;
}

std::map<std::string, AttributeProto::AttributeType> attributes_of(const std::string& op,
                                                                   std::int64_t opset) {
  std::map<std::string, AttributeProto::AttributeType> types;
  if (const Signature* newer = find(op, opset); newer != nullptr) {
    for (const Attribute& attribute : newer->attributes) types[attribute.name] = attribute.type;
  } else if (const onnx::OpSchema* schema = onnx::OpSchemaRegistry::Schema(op, static_cast<int>(opset));
             schema != nullptr) {
    for (const auto& [name, attribute] : schema->attributes()) types[name] = attribute.type;
  }
  return types;
}

std::string newer_problem(const NodeProto& node, std::int64_t opset) {
  const Signature& signature = *find(node.op_type(), opset);
  const int most_outputs = node.op_type() == "Split" ? std::numeric_limits<int>::max() : 1;
  const auto is_left_out = [&](int i) { return i >= node.input_size() || node.input(i).empty(); };
  for (int i = 0; i < signature.least_inputs; ++i)
    if (is_left_out(i)) return fmt::format("input {} is left out; accepted: given", i);
  if (node.input_size() > signature.most_inputs) {
    return fmt::format("has {} inputs; accepted: {} to {}", node.input_size(), signature.least_inputs,
                       signature.most_inputs);
  }
  if (node.output_size() < 1 || node.output_size() > most_outputs)
    return fmt::format("has {} outputs; accepted: one", node.output_size());
  for (const AttributeProto& attribute : node.attribute())
    if (std::string problem = attribute_problem(signature, attribute); !problem.empty()) return problem;
  for (const Attribute& known : signature.attributes) {
    const bool is_given = std::any_of(node.attribute().begin(), node.attribute().end(),
                                      [&](const AttributeProto& a) { return a.name() == known.name; });
    if (known.is_required && !is_given)
      return fmt::format("has no attribute '{}'; accepted: given", known.name);
  }
  return "";
}

bool fits_official(const NodeProto& node) {
  const bool casts_to_newer = node.op_type() == "Cast" && !onnx::TensorProto_DataType_IsValid(
                                                              static_cast<int>(int_attribute(node, "to", 0)));
  const bool may_have_newer_rank = node.op_type() == "GridSample";
  return !casts_to_newer && !may_have_newer_rank && official_problem(node, kLastOfficial).empty();
}

}  // namespace bitbalance::onnx_io
