#include "quant/onnx/file/versions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "quant/onnx/file/model.h"
#include "quant/onnx/file/official.h"
#include "quant/onnx/file/signatures.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

/// What one range of operator sets makes of an operator, where that can be something not computed here.
struct Rule {
  std::string_view op;
  std::int64_t first, last;
  std::string (*problem)(const NodeProto& node);
};

bool has_attribute(const NodeProto& node, std::string_view name) {
  return std::any_of(node.attribute().begin(), node.attribute().end(),
                     [&](const onnx::AttributeProto& attribute) { return attribute.name() == name; });
}

std::int64_t named_outputs(const NodeProto& node) {
  return std::count_if(node.output().begin(), node.output().end(),
                       [](const std::string& name) { return !name.empty(); });
}

bool has_input(const NodeProto& node, int index) {
  return index < node.input_size() && !node.input(index).empty();
}

// Until operator set 13 nothing but the number of outputs tells training.
std::string trains_by_outputs(const NodeProto& node) {
  const std::int64_t outputs = named_outputs(node);
  return outputs == 1 ? "" : fmt::format("has {} outputs, which means training; accepted: one", outputs);
}

std::string trains_by_attribute(const NodeProto& node) {
  if (int_attribute(node, "training_mode", 0) != 0) return "training_mode is 1; accepted: 0";
  const std::int64_t outputs = named_outputs(node);
  return outputs == 1 ? "" : fmt::format("has {} outputs without training_mode; accepted: one", outputs);
}

std::string is_per_activation(const NodeProto& node) {
  return int_attribute(node, "spatial", 1) != 0 ? "" : "spatial is 0; accepted: 1, constants per channel";
}

std::string has_other_precision(const NodeProto& node) {
  const std::int64_t stash = int_attribute(node, "stash_type", onnx::TensorProto::FLOAT);
  return stash == onnx::TensorProto::FLOAT ? "" : fmt::format("stash_type is {}; accepted: 1 (FLOAT)", stash);
}

std::string has_no_parts(const NodeProto& node) {
  const bool has_parts = has_input(node, 1), has_count = has_attribute(node, "num_outputs");
  return has_parts != has_count ? "" : "has no parts, or twice; accepted: an input 'split' or num_outputs";
}

std::string filters_nothing(const NodeProto& node) {
  const bool is_nearest = string_attribute(node, "mode", "nearest") == "nearest";
  return int_attribute(node, "antialias", 0) == 0 || !is_nearest
             ? ""
             : "antialias is 1 for the nearest elements; accepted: with mode linear or cubic";
}

std::string has_gone_coordinates(const NodeProto& node) {
  const std::string mode = string_attribute(node, "coordinate_transformation_mode", "half_pixel");
  return mode != "tf_half_pixel_for_nn" ? ""
                                        : "coordinate_transformation_mode is 'tf_half_pixel_for_nn'; "
                                          "accepted: those of operator set 13";
}

std::string interpolates_otherwise(const NodeProto& node) {
  const std::string mode = string_attribute(node, "mode", "nearest");
  return mode == "nearest" || mode == "linear" ? ""
                                               : fmt::format("mode is '{}'; accepted: nearest, linear", mode);
}

std::string pads_twice(const NodeProto& node) {
  const std::string automatic = string_attribute(node, "auto_pad", "NOTSET");
  if (automatic == "NOTSET") return "";
  if (automatic != "SAME_UPPER" && automatic != "SAME_LOWER" && automatic != "VALID")
    return fmt::format("auto_pad is {}; accepted: NOTSET, SAME_UPPER, SAME_LOWER, VALID", automatic);
  const std::vector<std::int64_t> pads = ints_attribute(node, "pads", {});
  const bool has_pads = std::any_of(pads.begin(), pads.end(), [](std::int64_t pad) { return pad != 0; });
  return has_pads ? fmt::format("has auto_pad {} and pads; accepted: one of both", automatic) : "";
}

std::string scans_batches(const NodeProto& /*node*/) {
  return "scans a batch of sequences; accepted: operator set 9 and later, without a batch";
}

std::string wraps_early(const NodeProto& node) {
  const std::string mode = string_attribute(node, "mode", "constant");
  return mode != "wrap" ? "" : "mode is 'wrap'; accepted before operator set 19: constant, edge, reflect";
}

std::string samples_otherwise(const NodeProto& node) {
  const std::string mode = string_attribute(node, "mode", "bilinear");
  const bool is_known = mode == "bilinear" || mode == "bicubic" || mode == "nearest";
  return is_known ? "" : fmt::format("mode is '{}'; accepted: bicubic, bilinear, nearest", mode);
}

std::string samples_as_before(const NodeProto& node) {
  const std::string mode = string_attribute(node, "mode", "linear");
  const bool is_known = mode == "linear" || mode == "cubic" || mode == "nearest";
  return is_known ? "" : fmt::format("mode is '{}'; accepted: cubic, linear, nearest", mode);
}

std::string is_symmetric_early(const NodeProto& node) {
  const std::string mode = string_attribute(node, "coordinate_transformation_mode", "half_pixel");
  return mode != "half_pixel_symmetric"
             ? ""
             : "coordinate_transformation_mode is 'half_pixel_symmetric'; accepted: "
               "those before operator set 19";
}

std::string moves_otherwise(const NodeProto& node) {
  const std::string mode = string_attribute(node, "mode", "DCR");
  return mode == "DCR" || mode == "CRD" ? "" : fmt::format("mode is '{}'; accepted: DCR, CRD", mode);
}

std::string reduces_otherwise(const NodeProto& node, const std::set<std::string>& accepted) {
  const std::string reduction = string_attribute(node, "reduction", "none");
  return accepted.count(reduction) != 0
             ? ""
             : fmt::format("reduction is '{}'; accepted: {}", reduction, fmt::join(accepted, ", "));
}

std::string reduces_beyond_products(const NodeProto& node) {
  return reduces_otherwise(node, {"add", "mul", "none"});
}

std::string reduces_beyond_bounds(const NodeProto& node) {
  return reduces_otherwise(node, {"add", "max", "min", "mul", "none"});
}

constexpr std::array kRules = {
    Rule{"AveragePool", 1, kLastOpset, pads_twice},
    Rule{"BatchNormalization", 1, 8, is_per_activation},
    Rule{"BatchNormalization", 1, 13, trains_by_outputs},
    Rule{"BatchNormalization", 14, kLastOpset, trains_by_attribute},
    Rule{"Conv", 1, kLastOpset, pads_twice},
    Rule{"ConvTranspose", 1, kLastOpset, pads_twice},
    Rule{"DepthToSpace", 11, kLastOpset, moves_otherwise},
    Rule{"GridSample", 16, 19, samples_otherwise},
    Rule{"GridSample", 20, kLastOpset, samples_as_before},
    Rule{"LayerNormalization", 17, kLastOpset, has_other_precision},
    Rule{"LpPool", 1, kLastOpset, pads_twice},
    Rule{"MaxPool", 1, kLastOpset, pads_twice},
    Rule{"Pad", 1, 18, wraps_early},
    Rule{"Resize", 10, 10, interpolates_otherwise},
    Rule{"Resize", 11, 18, is_symmetric_early},
    Rule{"Resize", 13, kLastOpset, has_gone_coordinates},
    Rule{"Resize", 18, kLastOpset, filters_nothing},
    Rule{"Scan", 8, 8, scans_batches},
    Rule{"ScatterElements", 16, 17, reduces_beyond_products},
    Rule{"ScatterElements", 18, kLastOpset, reduces_beyond_bounds},
    Rule{"ScatterND", 16, 17, reduces_beyond_products},
    Rule{"ScatterND", 18, kLastOpset, reduces_beyond_bounds},
    Rule{"Split", 18, kLastOpset, has_no_parts},
    Rule{"Upsample", 1, 9, interpolates_otherwise},
};

/// The operator set that says what the node is: onnxruntime had LayerNormalization in ONNX's domain before
/// ONNX.
std::int64_t set_of(const NodeProto& node, std::int64_t opset) {
  constexpr std::int64_t kNormalizesLayers = 17;
  return node.op_type() == "LayerNormalization" ? std::max(opset, kNormalizesLayers) : opset;
}

std::string signature_problem(const NodeProto& node, std::int64_t opset) {
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    if (!attribute.ref_attr_name().empty())
      return fmt::format("attribute '{}' refers to another; accepted: values", attribute.name());
  }
  return is_newer_than_official(node.op_type(), opset) ? newer_problem(node, opset)
                                                       : official_problem(node, opset);
}

}  // namespace

std::string version_problem(const NodeProto& node, std::int64_t opset_of_file) {
  const std::int64_t opset = set_of(node, opset_of_file);
  std::string problem = signature_problem(node, opset);
  for (const Rule& rule : kRules) {
    if (!problem.empty()) return problem;
    if (rule.first <= opset && opset <= rule.last && rule.op == node.op_type()) problem = rule.problem(node);
  }
  return problem;
}

}  // namespace bitbalance::onnx_io
