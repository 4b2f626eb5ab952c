// Small float networks for tests, layer by layer.
#pragma once

#include <string>
#include <vector>

#include "quant/host/graph_builders.h"
#include "quant/ir/network.h"
#include "tests/support/names.h"

namespace bitbalance::test {

class NetworkBuilder {
 public:
  explicit NetworkBuilder(const Shape& input);

  /// Each adds a node and returns its output tensor, named after the node.
  int conv(const std::string& name, int input, int out_channels, const Window& window,
           std::vector<float> weights, std::vector<float> bias, int groups = 1);
  int affine(const std::string& name, int input, std::vector<float> scale, std::vector<float> bias);
  int clip(const std::string& name, int input, float low, float high);
  int relu(const std::string& name, int input);
  int pool(const std::string& name, Op op, int input, const Window& window, bool count_include_pad = false);
  int add(const std::string& name, int input, int operand);

  int concat(const std::string& name, const std::vector<int>& parts);
  int lrn(const std::string& name, int input, const Lrn& lrn);
  int softmax(const std::string& name, int input);

  /// An operator of the host on whole tensors (1 x C x H x W), and constants behind them.
  int host(const std::string& name, const std::vector<int>& inputs, HostOperator op);

  Network build(int output);

 private:
  Node& append(const std::string& name, Op op, int input, const Shape& output);

  Network network_;
};

/// An operator of the host without attributes and operands.
HostOperator host_operator(const std::string& type, std::int64_t opset = 13);

Window square_window(int kernel, int stride = 1, int pad = 0, int dilation = 1);

/// `count` values in -1..1, the same for the same seed.
std::vector<float> random_values(std::int64_t count, unsigned seed);

}  // namespace bitbalance::test
