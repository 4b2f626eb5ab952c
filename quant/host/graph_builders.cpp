#include "quant/host/graph_builders.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace bitbalance::host {

Dims channel_dims(const Shape& image) {
  return {image.channels, std::int64_t{image.height} * image.width};
}

HostOperator host_step(const char* type, Dims result, std::vector<HostOperand> operands) {
  HostOperator step;
  step.type = type;
  step.result = std::move(result);
  step.operands = std::move(operands);
  return step;
}

HostOperator view_step(int value, const Dims& dims) {
  HostOperator view = host_step("Reshape", dims, {{value, {}}});
  view.attributes.integers = {{"shape", dims}, {"allowzero", {1}}};
  return view;
}

std::string title_of(const std::vector<HostOperator>& steps) {
  std::set<std::string> named;
  for (const HostOperator& step : steps) {
    const std::size_t start = step.origin.rfind('('), end = step.origin.rfind(')');  // "node 'f' (Cast)"
    const bool has_origin = start != std::string::npos && end != std::string::npos && start < end;
    if (!has_origin && step.type == "Reshape" && steps.size() > 1) continue;
    named.insert(has_origin ? step.origin.substr(start + 1, end - start - 1) : step.type);
  }
  if (named.size() != 1) return "host";
  std::string title = *named.begin();
  std::transform(title.begin(), title.end(), title.begin(), [](unsigned char c) { return std::tolower(c); });
  return title;
}

HostGraph lrn_graph(const Shape& image, const Lrn& lrn) {
  const Dims dims = {1, image.channels, image.height, image.width};
  HostOperator op = host_step("LRN", dims, {{0, {}}});
  op.attributes.integers["size"] = {lrn.size};
  op.attributes.numbers = {{"alpha", {lrn.alpha}}, {"beta", {lrn.beta}}, {"bias", {lrn.k}}};
  return {{dims}, std::move(op)};
}

HostGraph softmax_graph(const Shape& image) {
  const Dims dims = {1, image.elements()};
  return {{dims}, host_step("Softmax", dims, {{0, {}}})};
}

}  // namespace bitbalance::host
