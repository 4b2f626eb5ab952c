#include "quant/onnx/write/host_export.h"

#include <fmt/format.h>
#include <onnx/defs/schema.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>

#include "quant/host/gelu.h"
#include "quant/host/operator_traits.h"
#include "quant/onnx/file/signatures.h"
#include "quant/onnx/operators/on_host/parameters.h"

namespace bitbalance::onnx_io {
namespace {

class HostGraphWriter {
 public:
  HostGraphWriter(OnnxWriter& writer, std::int64_t opset, const std::string& name, const HostGraph& graph)
      : writer_(writer), opset_(opset), name_(name), graph_(graph) {}

  void run(const std::vector<OnnxTensor>& inputs, const OnnxTensor& output) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Dims& wanted = graph_.inputs[i];
      values_.push_back(inputs[i].dims == wanted
                            ? inputs[i].name
                            : reshape(inputs[i].name, wanted, fmt::format("{}.input{}", name_, i)));
    }
    for (std::size_t i = 0; i < graph_.steps.size(); ++i) {
      const HostOperator& step = graph_.steps[i];
      const bool is_last = i + 1 == graph_.steps.size();
      const std::string name = is_last ? name_ : fmt::format("{}.{}", name_, i);
      if (is_last && step.result == output.dims) {
        write(step, name, output.name);
        return;
      }
      values_.push_back(writer_.unique(is_last ? name + ".result" : name));
      write(step, name, values_.back());
    }
    reshape_to(values_.back(), output.dims, name_ + ".output", output.name);
  }

 private:
  std::string operand(const HostOperator& op, std::size_t index, const std::string& name) {
    const HostOperand& operand = op.operands[index];
    const bool is_index = static_cast<int>(index) == host::traits_of(op.type).indices;
    if (operand.value >= 0) {
      const std::string& value = values_[operand.value];
      return is_index ? cast(value, writer_.unique(name + ".indices"), onnx::TensorProto::INT64) : value;
    }
    const std::string constant = fmt::format("{}.operand{}", name, index);
    const std::vector<float>& values = operand.constant.values;
    if (!is_index) return writer_.constant(constant, operand.constant.dims, values);
    std::vector<std::int64_t> indices(values.size());
    std::transform(values.begin(), values.end(), indices.begin(), [](float x) { return std::llround(x); });
    return writer_.constant(constant, operand.constant.dims, indices);
  }

  /// To another element type.
  std::string cast(const std::string& input, const std::string& to, std::int64_t type) {
    set_attribute(writer_.add_node("Cast", to + ".Cast", {input}, to), "to", type);
    return to;
  }

  void reshape_to(const std::string& input, const Dims& dims, const std::string& name,
                  const std::string& to) {
    const auto rank = static_cast<std::int64_t>(dims.size());
    writer_.add_node("Reshape", name, {input, writer_.constant(name + ".shape", {rank}, dims)}, to);
  }
  std::string reshape(const std::string& input, const Dims& dims, const std::string& name) {
    std::string to = writer_.unique(name);
    reshape_to(input, dims, name, to);
    return to;
  }

  /// A node on the way to the result of the step `name`.
  std::string part(const std::string& op, const std::string& name, const std::vector<std::string>& inputs) {
    std::string to = writer_.unique(name + "." + op);
    writer_.add_node(op, to, inputs, to);
    return to;
  }

  void write(const HostOperator& op, const std::string& name, const std::string& to) {
    std::vector<std::string> inputs;
    inputs.reserve(op.operands.size());
    for (std::size_t i = 0; i < op.operands.size(); ++i) inputs.push_back(operand(op, i, name));

    if (has_trait(op.type, host::kTruth)) {
      const std::string truth = writer_.unique(name + ".truth");
      write_plain(op.type, op.attributes, inputs, name, truth);
      cast(truth, to, onnx::TensorProto::FLOAT);
    } else if (op.type == "TopK") {  // here it is its second output
      const std::string indices = writer_.unique(name + ".indices");
      write_plain(op.type, op.attributes, inputs, name, writer_.unique(name + ".values")).add_output(indices);
      cast(indices, to, onnx::TensorProto::FLOAT);
    } else if (op.type == "NonMaxSuppression") {
      write_all_rows(op, inputs, 0, name, to);
    } else if (op.type == "NonZero") {
      write_all_rows(op, inputs, 1, name, to);
    } else if (op.type == "Mod" && op.attributes.integer("fmod", 0) == 0) {
      write_modulo(inputs.at(0), inputs.at(1), name, to);
    } else if (op.type == "Where") {  // its condition is a number here
      const std::string zero = writer_.constant(name + ".zero", {}, std::vector<float>{0});
      writer_.add_node("Where", name, {part("Equal", name, {inputs.at(0), zero}), inputs.at(2), inputs.at(1)},
                       to);
    } else if (op.attributes.integer(host::kCutsFraction, 0) != 0) {
      const std::string real = writer_.unique(name + ".real");
      write_plain(op.type, plain_attributes(op), inputs, real, real);
      truncate(real, name, to);
    } else if (op.type == "Gelu") {
      write_gelu(op, inputs.at(0), name, to);
    } else if (op.type == "Softmax" || op.type == "LogSoftmax") {
      write_softmax(op, inputs, name, to);
    } else if (op.type == "Resize" || op.type == "Upsample") {
      write_plain("Resize", resize_attributes(op), inputs, name, to);
    } else {
      write_plain(op.type, plain_attributes(op), inputs, name, to);
    }
  }

  /// As many rows along an axis for every image: those behind the last one are -1.
  void write_all_rows(const HostOperator& op, const std::vector<std::string>& inputs, std::int64_t axis,
                      const std::string& name, const std::string& to) {
    const std::string indices = writer_.unique(name + ".indices");
    write_plain(op.type, op.attributes, inputs, name, indices);
    const std::string rows = cast(indices, writer_.unique(name + ".rows"), onnx::TensorProto::FLOAT);
    const std::vector<float> none(static_cast<std::size_t>(element_count(op.result)), -1);
    const std::string all = writer_.unique(name + ".all");
    set_attribute(
        writer_.add_node("Concat", all, {rows, writer_.constant(name + ".none", op.result, none)}, all),
        "axis", axis);
    const auto list = [&](const char* what, std::int64_t value) {
      return writer_.constant(fmt::format("{}.{}", name, what), {1}, std::vector<std::int64_t>{value});
    };
    writer_.add_node("Slice", name + ".first",
                     {all, list("start", 0), list("end", op.result[axis]), list("axis", axis)}, to);
  }

  /// Of integers as real numbers: a - b floor(a / b).
  void write_modulo(const std::string& a, const std::string& b, const std::string& name,
                    const std::string& to) {
    const std::string times = part("Floor", name, {part("Div", name, {a, b})});
    writer_.add_node("Sub", name, {a, part("Mul", name, {b, times})}, to);
  }

  void truncate(const std::string& input, const std::string& name, const std::string& to) {
    const std::string size = part("Floor", name, {part("Abs", name, {input})});
    writer_.add_node("Mul", name, {part("Sign", name, {input}), size}, to);
  }

  /// No operator before operator set 20.
  void write_gelu(const HostOperator& op, const std::string& x, const std::string& name,
                  const std::string& to) {
    const auto number = [&](const char* what, float value) {
      return writer_.constant(fmt::format("{}.{}", name, what), {}, std::vector<float>{value});
    };
    std::string bend;
    if (op.attributes.word("approximate", "none") == "tanh") {
      const std::string cube = part("Mul", name, {part("Mul", name, {x, x}), x});
      const std::string sum =
          part("Add", name, {x, part("Mul", name, {cube, number("cubic", host::kGeluCubic)})});
      bend = part("Tanh", name, {part("Mul", name, {sum, number("two_over_pi_root", host::kGeluTanhScale)})});
    } else {
      bend = part("Erf", name, {part("Mul", name, {x, number("root_half", host::kGeluRootHalf)})});
    }
    const std::string share = part("Add", name, {bend, number("one", 1)});
    writer_.add_node("Mul", name, {part("Mul", name, {x, number("half", 0.5F)}), share}, to);
  }

  void write_softmax(const HostOperator& op, const std::vector<std::string>& inputs, const std::string& name,
                     const std::string& to) {
    const bool one_axis = host::softmax_has_one_axis(op.opset);
    const Dims& dims = op.result;
    const std::size_t axis =
        normal_axis(op.attributes.integer("axis", host::softmax_default_axis(op.opset)), dims.size());
    HostAttributes attributes;
    if (one_axis || element_count(dims, axis + 1) == 1) {
      attributes.integers["axis"] = {static_cast<std::int64_t>(axis)};
      write_plain(op.type, attributes, inputs, name, to);
      return;
    }
    attributes.integers["axis"] = {1};
    const Dims rows = {element_count(dims, 0, axis), element_count(dims, axis)};
    const std::string result = writer_.unique(name + ".rows_result");
    write_plain(op.type, attributes, {reshape(inputs.at(0), rows, name + ".rows")}, name, result);
    reshape_to(result, dims, name + ".back", to);
  }

  /// Before operator set 11 there is no choice of coordinates: asymmetric and, for nearest, floor.
  static HostAttributes resize_attributes(const HostOperator& op) {
    constexpr std::int64_t kChoice = 11;
    HostAttributes attributes = op.attributes;
    if (op.opset < kChoice || op.type == "Upsample") {
      attributes.words["coordinate_transformation_mode"] = "asymmetric";
      attributes.words["nearest_mode"] = "floor";
    } else if (attributes.word("coordinate_transformation_mode", "") == "tf_half_pixel_for_nn") {
      // (x + 0.5) / scale, gone since operator set 13: half_pixel is 0.5 below, so that rounding differs.
      static const std::map<std::string, std::string> roundings = {{"floor", "round_prefer_ceil"},
                                                                   {"round_prefer_floor", "ceil"}};
      const std::string nearest = attributes.word("nearest_mode", "round_prefer_floor");
      const auto rounding = roundings.find(nearest);
      if (rounding == roundings.end() || attributes.word("mode", "nearest") != "nearest") {
        throw std::invalid_argument(
            fmt::format("'Resize': tf_half_pixel_for_nn with nearest_mode {}, mode {}; accepted: floor or "
                        "round_prefer_floor, nearest",
                        nearest, attributes.word("mode", "nearest")));
      }
      attributes.words["coordinate_transformation_mode"] = "half_pixel";
      attributes.words["nearest_mode"] = rounding->second;
    }
    // An empty one stands for none in operator set 11.
    for (const char* name : {"roi", "scales"}) {
      const auto found = attributes.numbers.find(name);
      if (found != attributes.numbers.end() && found->second.empty()) attributes.numbers.erase(found);
    }
    if (attributes.list("sizes").empty()) attributes.integers.erase("sizes");
    return attributes;
  }

  static HostAttributes plain_attributes(const HostOperator& op) {
    HostAttributes attributes = op.attributes;
    if (op.type == "GridSample") {  // as operator set 16 has it
      constexpr std::size_t kImages = 4;
      if (op.result.size() != kImages) {
        throw std::invalid_argument(
            fmt::format("'GridSample': gives {}; accepted: images, as operator set {} "
                        "samples them",
                        to_string(op.result), kHostOpset));
      }
      const std::string mode = attributes.word("mode", "linear");
      attributes.words["mode"] = mode == "linear" ? "bilinear" : mode == "cubic" ? "bicubic" : mode;
    }
    if (op.type == "Concat") attributes.integers["axis"] = {attributes.integer("axis", 0)};
    if (op.type == "Clip") {
      // A bound that bounds nothing; the importer takes finite ones.
      constexpr float kInfinity = std::numeric_limits<float>::infinity();
      if (attributes.number("min", -kInfinity) == -kInfinity) attributes.numbers.erase("min");
      if (attributes.number("max", kInfinity) == kInfinity) attributes.numbers.erase("max");
    }
    return attributes;
  }

  /// One node, with those of the attributes that it has in the operator set, as attributes or as inputs.
  onnx::NodeProto& write_plain(const std::string& op, const HostAttributes& attributes,
                               std::vector<std::string> inputs, const std::string& name,
                               const std::string& to) {
    add_parameters(op, attributes, name, inputs);
    if (onnx::OpSchemaRegistry::Schema(op, static_cast<int>(kHostOpset)) == nullptr) {
      throw std::invalid_argument(
          fmt::format("'{}'; accepted: operators of operator set {}", op, kHostOpset));
    }
    onnx::NodeProto& node = writer_.add_node(op, name, inputs, to);
    for (const auto& [key, type] : attributes_of(op, opset_)) {
      const auto integers = attributes.integers.find(key);
      const auto words = attributes.words.find(key);
      const auto numbers = attributes.numbers.find(key);
      if (integers != attributes.integers.end() && !integers->second.empty()) {
        if (type == onnx::AttributeProto::INTS) {
          set_attribute(node, key, integers->second);
        } else {
          set_attribute(node, key, integers->second.front());
        }
      } else if (numbers != attributes.numbers.end() && !numbers->second.empty()) {
        set_attribute(node, key, numbers->second.front());
      } else if (words != attributes.words.end()) {
        set_attribute(node, key, words->second);
      }
    }
    return node;
  }

  void add_parameters(const std::string& op, const HostAttributes& attributes, const std::string& name,
                      std::vector<std::string>& inputs) {
    // Of the data's type, which is float here whatever it is in the file.
    static const std::set<std::string> of_data = {"max", "min", "value"};
    const std::vector<std::string>& parameters = parameter_inputs(op, opset_);
    for (std::size_t i = inputs.size(); i < parameters.size(); ++i) {
      const auto dims = [&](std::size_t count) {
        const bool is_list = !is_single(parameters[i]) || parameters[i] == "k";  // TopK's is a list of one
        return is_list ? Dims{static_cast<std::int64_t>(count)} : Dims();
      };
      const auto integers = attributes.integers.find(parameters[i]);
      const auto numbers = attributes.numbers.find(parameters[i]);
      const std::string constant = name + "." + parameters[i];
      if (integers != attributes.integers.end() && of_data.count(parameters[i]) != 0) {
        const std::vector<float> values(integers->second.begin(), integers->second.end());
        inputs.push_back(writer_.constant(constant, dims(values.size()), values));
      } else if (integers != attributes.integers.end()) {
        inputs.push_back(writer_.constant(constant, dims(integers->second.size()), integers->second));
      } else if (numbers != attributes.numbers.end()) {
        inputs.push_back(writer_.constant(constant, dims(numbers->second.size()), numbers->second));
      } else {
        inputs.emplace_back();
      }
    }
    while (!inputs.empty() && inputs.back().empty()) inputs.pop_back();
  }

  OnnxWriter& writer_;
  const std::int64_t opset_;
  const std::string& name_;
  const HostGraph& graph_;
  std::vector<std::string> values_;  ///< names of the graph's values
};

}  // namespace

std::int64_t host_opset(const HostOperator& op) {
  constexpr std::int64_t kEighteen = 18, kNineteen = 19;
  const std::vector<std::int64_t> dilations = op.attributes.list("dilations");
  const bool has_gaps =
      std::any_of(dilations.begin(), dilations.end(), [](std::int64_t d) { return d != 1; });
  const std::string reduction = op.attributes.word("reduction", "none");
  if ((op.type == "AveragePool" && has_gaps) ||
      (op.type == "Pad" && op.attributes.word("mode", "") == "wrap") ||
      op.attributes.word("coordinate_transformation_mode", "") == "half_pixel_symmetric")
    return kNineteen;
  if ((op.type == "LpPool" && (has_gaps || op.attributes.integer("ceil_mode", 0) != 0)) ||
      reduction == "max" || reduction == "min" || op.attributes.integer("antialias", 0) != 0)
    return kEighteen;
  return kHostOpset;
}

void write_host_graph(OnnxWriter& writer, std::int64_t opset, const std::string& name, const HostGraph& graph,
                      const std::vector<OnnxTensor>& inputs, const OnnxTensor& output) {
  HostGraphWriter(writer, opset, name, graph).run(inputs, output);
}

}  // namespace bitbalance::onnx_io
