// Messages with which models of tests are refused. Apart from the builder, which programs without Catch use.
#include <catch2/catch.hpp>

#include <regex>
#include <set>
#include <stdexcept>

#include "tests/quant/onnx/onnx_builder.h"

namespace bitbalance::test {

namespace {

/// "node 'NAME' (OP): " for each node, those of inner graphs included.
void collect_places(const onnx::GraphProto& graph, std::set<std::string>& places) {
  for (const onnx::NodeProto& node : graph.node()) {
    std::string name = node.name();
    for (const std::string& output : node.output()) name = name.empty() ? output : name;
    places.insert("node '" + name + "' (" + node.op_type() + "): ");
    for (const onnx::AttributeProto& attribute : node.attribute())
      if (attribute.has_g()) collect_places(attribute.g(), places);
  }
}

}  // namespace

std::string strange_node(const onnx::GraphProto& graph, const std::string& message) {
  static const std::regex place(R"(node '[^']*' \(\w+\): )");
  std::smatch found;
  std::set<std::string> places;
  collect_places(graph, places);
  return std::regex_search(message, found, place) && places.count(found.str()) == 0 ? found.str() : "";
}

std::string OnnxBuilder::refusal(const Dims& input_shape) const {
  std::string message = refusal_of_bytes(model_.SerializeAsString(), input_shape);
  CAPTURE(message);
  CHECK(strange_node(model_.graph(), message).empty());
  return message;
}

std::string refusal_of_bytes(const std::string& bytes, const Dims& input_shape) {
  try {
    import_bytes(bytes, input_shape);
  } catch (const std::invalid_argument& error) {
    std::string message = error.what();
    CHECK_THAT(message, Catch::Contains("-model.onnx: "));
    CHECK(message.find('\n') == std::string::npos);
    return message;
  }
  return "accepted";
}

}  // namespace bitbalance::test
