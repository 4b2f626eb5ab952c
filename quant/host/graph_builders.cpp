#include "quant/host/graph_builders.h"

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
