#include "quant/ir/file/quantized_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "base/text/outside_text.h"
#include "quant/ir/file/cbor_field.h"

namespace bitbalance::ir {
namespace {

using Json = nlohmann::json;

constexpr const char* kFormat = "bitbalance quantized network";
constexpr int kVersion = 3;
constexpr std::int64_t kMostWeights = std::int64_t{1} << 34;  ///< of a layer that is read

constexpr std::array<const char*, 6> kOps = {"conv", "max_pool", "avg_pool", "add", "lookup", "host"};

/// `names`: in the order of the enumeration.
template <typename Enum, typename Names>
Enum enumerator(const Names& names, const CborField& field) {
  const auto found = std::find(names.begin(), names.end(), field.text());
  if (found == names.end()) field.refuse("'" + field.text() + "'", fmt::format("{}", fmt::join(names, ", ")));
  return static_cast<Enum>(found - names.begin());
}

Json to_json(const Shape& s) {
  return {s.channels, s.height, s.width};
}
Shape shape_of(const CborField& field) {
  const auto extents = field.list(3);
  return {extents[0].whole<int>(), extents[1].whole<int>(), extents[2].whole<int>()};
}

Json to_json(const Window& w) {
  return {w.kernel_h,   w.kernel_w, w.stride_h, w.stride_w,   w.dilation_h,
          w.dilation_w, w.pad_top,  w.pad_left, w.pad_bottom, w.pad_right};
}
Window window_of(const CborField& field) {
  Window w;
  const std::array<int*, 10> members = {&w.kernel_h,   &w.kernel_w, &w.stride_h, &w.stride_w,   &w.dilation_h,
                                        &w.dilation_w, &w.pad_top,  &w.pad_left, &w.pad_bottom, &w.pad_right};
  const auto values = field.list(members.size());
  for (std::size_t i = 0; i < members.size(); ++i) *members[i] = values[i].whole<int>();
  return w;
}

Json to_json(const Rescale& r) {
  return {r.multiplier, r.shift};
}
Rescale rescale_of(const CborField& field) {
  const auto values = field.list(2);
  return {values[0].whole<std::uint16_t>(), values[1].whole<std::uint8_t>()};
}

// Little-endian 16-bit numbers, as x86-64 has them.
Json to_binary(const std::vector<std::int16_t>& numbers) {
  std::vector<std::uint8_t> bytes(numbers.size() * sizeof(std::int16_t));
  if (!bytes.empty()) std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return Json::binary(std::move(bytes));
}
std::vector<std::int16_t> binary_of(const CborField& field) {
  const std::vector<std::uint8_t>& bytes = field.binary();
  if (bytes.size() % sizeof(std::int16_t) != 0)
    field.refuse(fmt::format("{} bytes", bytes.size()), "an even number of them");
  std::vector<std::int16_t> numbers(bytes.size() / sizeof(std::int16_t));
  if (!numbers.empty()) std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(std::int16_t));
  return numbers;
}

Json to_json(const QuantizedTensor& t) {
  return {{"name", t.name},
          {"shape", to_json(t.shape)},
          {"bits", t.bits},
          {"is_signed", t.is_signed},
          {"scale", t.scale},
          {"parent", t.parent},
          {"channel_offset", t.channel_offset}};
}
QuantizedTensor tensor_of(const CborField& field) {
  return {field["name"].text(),
          shape_of(field["shape"]),
          field["bits"].whole<int>(),
          field["is_signed"].truth(),
          field["scale"].real(),
          field["parent"].whole<int>(),
          field["channel_offset"].whole<int>()};
}

Json to_json(const HostOperator& op) {
  Json json = {{"type", op.type},
               {"opset", op.opset},
               {"integers", op.attributes.integers},
               {"numbers", op.attributes.numbers},
               {"words", op.attributes.words},
               {"operands", Json::array()},
               {"result", op.result}};
  for (const HostOperand& operand : op.operands)
    json["operands"].push_back({operand.value, operand.constant.dims, operand.constant.values});
  if (!op.origin.empty()) json["origin"] = op.origin;
  return json;
}
HostOperand operand_of(const CborField& field) {
  const auto parts = field.list(3);
  HostOperand operand = {parts[0].whole<int>(), {parts[1].wholes<std::int64_t>(), parts[2].floats()}};
  const auto size = static_cast<std::int64_t>(operand.constant.values.size());
  if (operand.value < 0 && checked_count(operand.constant.dims) != size)
    field.refuse(fmt::format("{} values", size), host::to_string(operand.constant.dims));
  return operand;
}
HostOperator operator_of(const CborField& field) {
  HostOperator op;
  op.type = field["type"].text();
  op.opset = field["opset"].whole<std::int64_t>();
  for (const auto& [name, list] : field["integers"].entries())
    op.attributes.integers[name] = list.wholes<std::int64_t>();
  for (const auto& [name, list] : field["numbers"].entries()) op.attributes.numbers[name] = list.floats();
  for (const auto& [name, word] : field["words"].entries()) op.attributes.words[name] = word.text();
  for (const CborField& operand : field["operands"].list()) op.operands.push_back(operand_of(operand));
  op.result = field["result"].wholes<std::int64_t>();
  if (const auto origin = field.find("origin")) op.origin = origin->text();
  return op;
}

Json to_json(const HostGraph& graph) {
  Json json = {{"title", graph.title}, {"inputs", graph.inputs}, {"steps", Json::array()}};
  for (const HostOperator& step : graph.steps) json["steps"].push_back(to_json(step));
  return json;
}
HostGraph host_of(const CborField& field) {
  HostGraph graph;
  graph.title = field["title"].text();
  for (const CborField& dims : field["inputs"].list()) graph.inputs.push_back(dims.wholes<std::int64_t>());
  for (const CborField& step : field["steps"].list()) graph.steps.push_back(operator_of(step));
  try {
    check(graph);
  } catch (const std::invalid_argument& error) {
    field.refuse(error.what(), "operators that fit together");
  }
  return graph;
}

/// What a document holds of a layer's weights.
enum class Weights { kAll, kCount };

Json to_json(const QuantizedLayer& l, Weights weights) {
  Json json = {{"name", l.name},
               {"op", kOps.at(static_cast<std::size_t>(l.op))},
               {"input", l.input},
               {"operand", l.operand},
               {"others", l.others},
               {"output", l.output},
               {"window", to_json(l.window)},
               {"groups", l.groups},
               {"weight_bits", l.weight_bits},
               {"nnzb", l.nnzb},
               {"token_form", to_string(l.token_form)},
               {"weights", weights == Weights::kAll ? to_binary(l.weights) : Json(l.weights.size())},
               {"bias", l.bias},
               {"rescale", Json::array()},
               {"operand_rescale", to_json(l.operand_rescale)},
               {"count_include_pad", l.count_include_pad},
               {"clip_low", l.clip_low},
               {"clip_high", l.clip_high},
               {"table", to_binary(l.table)},
               {"weight_scale", l.weight_scale}};
  for (const Rescale& rescale : l.rescale) json["rescale"].push_back(to_json(rescale));
  if (l.op == LayerOp::kHost) json["host"] = to_json(l.host);
  return json;
}
QuantizedLayer layer_of(const CborField& field, Weights weights) {
  QuantizedLayer l;
  l.name = field["name"].text();
  l.op = enumerator<LayerOp>(kOps, field["op"]);
  l.input = field["input"].whole<int>();
  l.operand = field["operand"].whole<int>();
  l.others = field["others"].wholes<int>();
  l.output = field["output"].whole<int>();
  l.window = window_of(field["window"]);
  l.groups = field["groups"].whole<int>();
  l.weight_bits = field["weight_bits"].whole<int>();
  l.nnzb = field["nnzb"].whole<int>();
  l.token_form = enumerator<TokenForm>(token_form_names(), field["token_form"]);
  if (weights == Weights::kAll) {
    l.weights = binary_of(field["weights"]);
  } else {
    l.weights.resize(static_cast<std::size_t>(field["weights"].whole(0, kMostWeights)));
  }
  l.bias = field["bias"].wholes<std::int64_t>();
  for (const CborField& rescale : field["rescale"].list()) l.rescale.push_back(rescale_of(rescale));
  l.operand_rescale = rescale_of(field["operand_rescale"]);
  l.count_include_pad = field["count_include_pad"].truth();
  if (l.op == LayerOp::kHost) l.host = host_of(field["host"]);
  l.clip_low = field["clip_low"].whole<int>();
  l.clip_high = field["clip_high"].whole<int>();
  l.table = binary_of(field["table"]);
  l.weight_scale = field["weight_scale"].reals();
  return l;
}

Output output_of(const CborField& field) {
  return {field["name"].text(), field["tensor"].whole<int>(), field["dims"].wholes<std::int64_t>()};
}

QuantizedNetwork network_of(const CborField& field, Weights weights) {
  if (field["format"].text() != kFormat) field["format"].refuse("'" + field["format"].text() + "'", kFormat);
  field["version"].whole(kVersion, kVersion);
  QuantizedNetwork network;
  network.name = field["name"].text();
  network.input = field["input"].whole<int>();
  network.output = field["output"].whole<int>();
  if (const auto type = field.find("input_type")) network.input_type = type->whole<int>();
  if (const auto outputs = field.find("outputs"))
    for (const CborField& output : outputs->list()) network.outputs.push_back(output_of(output));
  for (const CborField& tensor : field["tensors"].list()) network.tensors.push_back(tensor_of(tensor));
  for (const CborField& layer : field["layers"].list()) network.layers.push_back(layer_of(layer, weights));
  if (weights == Weights::kAll) validate(network);
  return network;
}

Json to_json(const QuantizedNetwork& network, Weights weights) {
  Json json = {{"format", kFormat},      {"version", kVersion},      {"name", network.name},
               {"input", network.input}, {"output", network.output}, {"tensors", Json::array()},
               {"layers", Json::array()}};
  if (network.input_type != kFloat32) json["input_type"] = network.input_type;
  for (const Output& output : network.outputs)
    json["outputs"].push_back({{"name", output.name}, {"tensor", output.tensor}, {"dims", output.dims}});
  for (const QuantizedTensor& tensor : network.tensors) json["tensors"].push_back(to_json(tensor));
  for (const QuantizedLayer& layer : network.layers) json["layers"].push_back(to_json(layer, weights));
  return json;
}

}  // namespace

void write_cbor(const QuantizedNetwork& network, std::ostream& stream) {
  Json::to_cbor(to_json(network, Weights::kAll), stream);
}

std::string to_cbor(const QuantizedNetwork& network) {
  std::ostringstream stream;
  write_cbor(network, stream);
  return stream.str();
}

std::string outline_to_cbor(const QuantizedNetwork& network) {
  std::string bytes;
  Json::to_cbor(to_json(network, Weights::kCount), bytes);
  return bytes;
}

QuantizedNetwork outline_from_cbor(const std::string& bytes) {
  return network_of(CborField(parse_cbor(bytes)), Weights::kCount);
}

QuantizedNetwork read_quantized(const std::filesystem::path& file) {
  const auto fail = [&](const std::string& problem) {
    throw std::invalid_argument(one_line(
        fmt::format("{}: {}; accepted: a file that `bitbalance quantize` wrote", file.string(), problem)));
  };
  constexpr std::size_t kLargestFile = std::size_t{1} << 32;
  const std::optional<std::string> bytes = read_bytes(file, kLargestFile);
  if (!bytes) fail(unreadable(file));
  try {
    return network_of(CborField(parse_cbor(*bytes)), Weights::kAll);
  } catch (const std::invalid_argument& error) {
    fail(fmt::format("no quantized network ({})", error.what()));
  }
  return {};  // not reached
}

}  // namespace bitbalance::ir
