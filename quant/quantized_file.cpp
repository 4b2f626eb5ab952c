#include "quant/quantized_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

namespace bitbalance {
namespace {

using Json = nlohmann::json;

constexpr const char* kFormat = "bitbalance quantized network";
constexpr int kVersion = 2;

constexpr std::array<const char*, 5> kOps = {"conv", "max_pool", "avg_pool", "add", "host"};
constexpr std::array<const char*, 2> kForms = {"binary", "signed_digit"};

template <typename Enum, std::size_t kSize>
Enum enumerator(const std::array<const char*, kSize>& names, const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw std::invalid_argument(fmt::format("'{}' is unknown", name));
  return static_cast<Enum>(found - names.begin());
}

Json to_json(const Shape& s) {
  return {s.channels, s.height, s.width};
}
Shape shape_of(const Json& json) {
  return {json.at(0), json.at(1), json.at(2)};
}

Json to_json(const Window& w) {
  return {w.kernel_h,   w.kernel_w, w.stride_h, w.stride_w,   w.dilation_h,
          w.dilation_w, w.pad_top,  w.pad_left, w.pad_bottom, w.pad_right};
}
Window window_of(const Json& json) {
  return {json.at(0), json.at(1), json.at(2), json.at(3), json.at(4),
          json.at(5), json.at(6), json.at(7), json.at(8), json.at(9)};
}

Json to_json(const Rescale& r) {
  return {r.multiplier, r.shift};
}
Rescale rescale_of(const Json& json) {
  return {json.at(0), json.at(1)};
}

// Little-endian 16-bit numbers, as x86-64 has them.
Json to_binary(const std::vector<std::int16_t>& weights) {
  std::vector<std::uint8_t> bytes(weights.size() * sizeof(std::int16_t));
  if (!bytes.empty()) std::memcpy(bytes.data(), weights.data(), bytes.size());
  return Json::binary(std::move(bytes));
}
std::vector<std::int16_t> weights_of(const Json& json) {
  const std::vector<std::uint8_t>& bytes = json.get_binary();
  std::vector<std::int16_t> weights(bytes.size() / sizeof(std::int16_t));
  if (!weights.empty()) std::memcpy(weights.data(), bytes.data(), weights.size() * sizeof(std::int16_t));
  return weights;
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
QuantizedTensor tensor_of(const Json& json) {
  return {json.at("name"),  shape_of(json.at("shape")), json.at("bits"),          json.at("is_signed"),
          json.at("scale"), json.at("parent"),          json.at("channel_offset")};
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
  return json;
}
HostOperator operator_of(const Json& json) {
  HostOperator op;
  op.type = json.at("type");
  op.opset = json.at("opset");
  json.at("integers").get_to(op.attributes.integers);
  json.at("numbers").get_to(op.attributes.numbers);
  json.at("words").get_to(op.attributes.words);
  for (const Json& operand : json.at("operands"))
    op.operands.push_back({operand.at(0), {operand.at(1), operand.at(2).get<std::vector<float>>()}});
  json.at("result").get_to(op.result);
  return op;
}

Json to_json(const HostGraph& graph) {
  Json json = {{"title", graph.title}, {"inputs", graph.inputs}, {"steps", Json::array()}};
  for (const HostOperator& step : graph.steps) json["steps"].push_back(to_json(step));
  return json;
}
HostGraph host_of(const Json& json) {
  HostGraph graph;
  graph.title = json.at("title");
  json.at("inputs").get_to(graph.inputs);
  for (const Json& step : json.at("steps")) graph.steps.push_back(operator_of(step));
  return graph;
}

/// Do all operators fit together, and their results have the extents that are written down?
void check_host(const HostGraph& graph) {
  std::vector<HostTensor> values;
  for (const Dims& dims : graph.inputs) values.emplace_back(dims);
  for (const HostOperator& step : graph.steps) {
    std::vector<HostView> operands;
    for (const HostOperand& operand : step.operands) {
      const HostTensor& value = operand.value < 0 ? operand.constant : values.at(operand.value);
      if (checked_count(value.dims) != static_cast<std::int64_t>(value.values.size()))
        throw std::invalid_argument("a constant of another size");
      operands.emplace_back(value);
    }
    values.push_back(evaluate(step, operands));
    if (values.back().dims != step.result) throw std::invalid_argument("a result of other extents");
  }
}

Json to_json(const QuantizedLayer& l) {
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
               {"token_form", kForms.at(static_cast<std::size_t>(l.token_form))},
               {"weights", to_binary(l.weights)},
               {"bias", l.bias},
               {"rescale", Json::array()},
               {"operand_rescale", to_json(l.operand_rescale)},
               {"count_include_pad", l.count_include_pad},
               {"clip_low", l.clip_low},
               {"clip_high", l.clip_high},
               {"weight_scale", l.weight_scale}};
  for (const Rescale& rescale : l.rescale) json["rescale"].push_back(to_json(rescale));
  if (l.op == LayerOp::kHost) json["host"] = to_json(l.host);
  return json;
}
QuantizedLayer layer_of(const Json& json) {
  QuantizedLayer l;
  l.name = json.at("name");
  l.op = enumerator<LayerOp>(kOps, json.at("op"));
  l.input = json.at("input");
  l.operand = json.at("operand");
  l.others = json.at("others").get<std::vector<int>>();
  l.output = json.at("output");
  l.window = window_of(json.at("window"));
  l.groups = json.at("groups");
  l.weight_bits = json.at("weight_bits");
  l.nnzb = json.at("nnzb");
  l.token_form = enumerator<TokenForm>(kForms, json.at("token_form"));
  l.weights = weights_of(json.at("weights"));
  l.bias = json.at("bias").get<std::vector<std::int64_t>>();
  for (const Json& rescale : json.at("rescale")) l.rescale.push_back(rescale_of(rescale));
  l.operand_rescale = rescale_of(json.at("operand_rescale"));
  l.count_include_pad = json.at("count_include_pad");
  if (l.op == LayerOp::kHost) l.host = host_of(json.at("host"));
  l.clip_low = json.at("clip_low");
  l.clip_high = json.at("clip_high");
  l.weight_scale = json.at("weight_scale").get<std::vector<double>>();
  return l;
}

QuantizedNetwork network_of(const Json& json) {
  if (json.at("format") != kFormat || json.at("version") != kVersion)
    throw std::invalid_argument("another format or version");
  QuantizedNetwork network;
  network.name = json.at("name");
  network.input = json.at("input");
  network.output = json.at("output");
  for (const Json& tensor : json.at("tensors")) network.tensors.push_back(tensor_of(tensor));
  for (const Json& layer : json.at("layers")) network.layers.push_back(layer_of(layer));
  validate(network);
  for (const QuantizedLayer& layer : network.layers)
    if (layer.op == LayerOp::kHost) check_host(layer.host);
  return network;
}

}  // namespace

std::string to_cbor(const QuantizedNetwork& network) {
  Json json = {{"format", kFormat},      {"version", kVersion},      {"name", network.name},
               {"input", network.input}, {"output", network.output}, {"tensors", Json::array()},
               {"layers", Json::array()}};
  for (const QuantizedTensor& tensor : network.tensors) json["tensors"].push_back(to_json(tensor));
  for (const QuantizedLayer& layer : network.layers) json["layers"].push_back(to_json(layer));
  std::string bytes;
  Json::to_cbor(json, bytes);
  return bytes;
}

QuantizedNetwork read_quantized(const std::filesystem::path& file) {
  const auto fail = [&](const std::string& problem) {
    throw std::invalid_argument(
        fmt::format("{}: {}; accepted: a file that `bitbalance quantize` wrote", file.string(), problem));
  };
  std::ifstream stream(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (!stream || std::filesystem::is_directory(file)) fail("cannot be read");
  try {
    return network_of(Json::from_cbor(bytes));
  } catch (const Json::exception& error) {
    fail(fmt::format("no quantized network ({})", error.what()));
  } catch (const std::logic_error& error) {
    fail(fmt::format("no quantized network ({})", error.what()));
  }
  return {};  // not reached
}

}  // namespace bitbalance
