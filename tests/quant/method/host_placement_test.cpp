// What of a network runs on the host, in how many pieces, and that this changes no value.
#include "quant/method/layers/host_placement.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "quant/eval/evaluator.h"
#include "quant/method/calibration.h"
#include "quant/method/layers/equalization.h"
#include "tests/quant/ir/network_builder.h"
#include "tests/quant/method/same_values.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

int add_conv(NetworkBuilder& builder, const std::string& name, int input, const Window& window, int channels,
             int groups = 1) {
  const auto weights = static_cast<std::int64_t>(channels) * (4 / groups) * window.area();
  return builder.conv(name, input, channels, window, random_values(weights, 1), random_values(channels, 2),
                      groups);
}

/// Two convolutions, of which the second pads, around a HardSwish as exporters write it: x * clip(x + 3, 0,
/// 6) / 6.
Network hard_swish_network(bool is_depthwise) {
  NetworkBuilder builder({4, 5, 5});
  const int conv = add_conv(builder, "conv", 0, square_window(3), 4);
  const int scaled = builder.affine("scaled", conv, {1, 20, 3, 0.1F}, {0, 1, -5, 2});
  const int shifted = builder.affine("shifted", scaled, {1, 1, 1, 1}, {3, 3, 3, 3});
  const int gate = builder.clip("gate", shifted, 0, 6);
  const int product = builder.host("product", {scaled, gate}, host_operator("Mul"));
  const int swish = builder.affine("swish", product, {1 / 6.0F, 1 / 6.0F, 1 / 6.0F, 1 / 6.0F}, {0, 0, 0, 0});
  const Window window = is_depthwise ? square_window(3, 1, 1) : square_window(1);
  return builder.build(add_conv(builder, "last", swish, window, 4, is_depthwise ? 4 : 1));
}

}  // namespace

TEST_CASE("everything between two convolutions becomes one node of the host") {
  const Network network = hard_swish_network(true);
  const Network result = lower_network(network);
  REQUIRE(result.nodes.size() == 3);
  CHECK(result.nodes[0].op == Op::kConv);  // with the scaling behind it
  CHECK(result.nodes[1].op == Op::kHost);
  CHECK(sources(result.nodes[1]).size() == 1);
  CHECK(result.nodes[2].op == Op::kConv);
  check_same_values(network, result);
}

TEST_CASE("what joins a convolution stays on the accelerator") {
  NetworkBuilder builder({4, 4, 4});
  const int conv = builder.relu("relu", add_conv(builder, "conv", 0, square_window(1), 4));
  const int sum = builder.add("sum", add_conv(builder, "branch", conv, square_window(1), 4), conv);
  const Network network = builder.build(builder.host("last", {sum}, host_operator("Sigmoid")));
  const Network result = lower_network(network);
  CHECK(result.nodes.size() == network.nodes.size());
  CHECK(result.nodes.back().host.title == "sigmoid");
}

TEST_CASE("a function for the host alone is no table where rounding would be enlarged") {
  const auto placed = [](const std::string& function, const std::string& reader, bool comes_second = false) {
    NetworkBuilder builder({4, 2, 3});
    const int conv = add_conv(builder, "conv", 0, square_window(1), 4);
    const int result = builder.host("function", {conv}, host_operator(function));
    std::vector<int> read = {result};
    if (reader == "Div") {
      const int other = add_conv(builder, "other", 0, square_window(1), 4);
      read = comes_second ? std::vector<int>{other, result} : std::vector<int>{result, other};
    }
    const int last = reader == "Conv" ? add_conv(builder, "last", result, square_window(1), 4)
                     : reader.empty() ? result
                                      : builder.host("last", read, host_operator(reader));
    const Network network = lower_network(builder.build(last), true);
    int tables = 0;
    for (const Node& node : network.nodes) tables += node.op == Op::kLookup ? 1 : 0;
    return tables == 0 ? Op::kHost : Op::kLookup;
  };
  CHECK(placed("Exp", "Softmax") == Op::kHost);
  CHECK(placed("Exp", "Conv") == Op::kLookup);
  CHECK(placed("Exp", "") == Op::kLookup);
  CHECK(placed("Sigmoid", "Softmax") == Op::kLookup);
  CHECK(placed("Sigmoid", "Log") == Op::kHost);
  CHECK(placed("Sigmoid", "Sqrt") == Op::kHost);
  CHECK(placed("Sigmoid", "Reciprocal") == Op::kHost);
  CHECK(placed("Sigmoid", "Div") == Op::kLookup);
  CHECK(placed("Sigmoid", "Div", true) == Op::kHost);
}

TEST_CASE("no table either where sums, means or parts of the results are enlarged") {
  // The functions that have a table, of two convolutions; `last` reads what `join` makes of them.
  const auto tables = [](const std::string& join, const std::string& last) {
    NetworkBuilder builder({4, 2, 3});
    const int a =
        builder.host("a", {add_conv(builder, "first", 0, square_window(1), 4)}, host_operator("Tanh"));
    const int b =
        builder.host("b", {add_conv(builder, "other", 0, square_window(1), 4)}, host_operator("Erf"));
    int joined = -1;
    if (join == "kAdd") {
      joined = builder.add("joined", a, b);
    } else {
      HostOperator op = host_operator(join);
      if (join == "Concat") op.attributes.integers = {{"axis", {3}}};
      joined = builder.host("joined", {a, b}, std::move(op));
    }
    joined = builder.pool("pool", Op::kAvgPool, joined, square_window(2));
    const Network network =
        lower_network(builder.build(builder.host("last", {joined}, host_operator(last))), true);
    return std::count_if(network.nodes.begin(), network.nodes.end(),
                         [](const Node& node) { return node.op == Op::kLookup; });
  };
  for (const std::string join : {"kAdd", "Sub", "Concat"}) {
    CAPTURE(join);
    CHECK(tables(join, "Log") == 0);
    CHECK(tables(join, "Softmax") == 2);
  }
  CHECK(tables("Mul", "Log") == 2);
}

TEST_CASE("a pooling between operators of the host, or whose rounding would be enlarged, is the host's") {
  // Where the pooling of `input`, what a convolution or the host makes, runs, with a clip or addend behind it
  // and a last reader.
  const auto placed = [](Op pooling, const std::string& input, const std::string& between,
                         const std::string& reader) {
    NetworkBuilder builder({4, 4, 4});
    int tensor = add_conv(builder, "conv", 0, square_window(1), 4);
    if (input == "host") tensor = builder.host("squares", {tensor, tensor}, host_operator("Mul"));
    if (input == "moved" || input == "moved and scaled") {
      HostOperator turn = host_operator("Transpose");
      turn.attributes.integers = {{"perm", {0, 1, 3, 2}}};
      tensor = builder.host("turned", {builder.clip("bounded", tensor, -1, 0.75F)}, turn);
      if (input == "moved and scaled") tensor = builder.affine("scaled", tensor, {1, 2, 3, 4}, {0, 0, 1, 2});
    }
    tensor = builder.pool("pool", pooling, tensor, {3, 2, 2, 1, 1, 1, 1, 0, 0, 1},
                          pooling == Op::kAvgPool && between.empty());
    if (between == "Add") tensor = builder.affine("between", tensor, {1, 2, 3, 4}, {0.1F, 0, 1, 2});
    if (between == "Clip") tensor = builder.clip("between", tensor, 0.1F, 10);
    if (between == "Conv") tensor = add_conv(builder, "between", tensor, square_window(1), 4);
    if (!reader.empty()) {
      HostOperator op = host_operator(reader);
      if (reader == "Pow") op.operands = {{-1, {{1}, {2}}}};
      tensor = builder.host("last", {tensor}, std::move(op));
    }
    const Network network = builder.build(tensor);
    const Network result = lower_network(network);
    check_same_values(network, result);
    const auto pools = std::count_if(result.nodes.begin(), result.nodes.end(),
                                     [&](const Node& node) { return node.op == pooling; });
    return pools == 0 ? Op::kHost : pooling;
  };
  const Op average = Op::kAvgPool, largest = Op::kMaxPool;
  for (const Op pooling : {average, largest}) {
    CAPTURE(static_cast<int>(pooling));
    CHECK(placed(pooling, "host", "", "Softmax") == Op::kHost);
    CHECK(placed(pooling, "host", "Add", "Reciprocal") == Op::kHost);
    CHECK(placed(pooling, "host", "Clip", "Reciprocal") == Op::kHost);
    CHECK(placed(pooling, "host", "Conv", "Reciprocal") == pooling);
    CHECK(placed(pooling, "host", "Clip", "Softmax") == pooling);
    CHECK(placed(pooling, "host", "", "") == pooling);
    CHECK(placed(pooling, "conv", "", "Softmax") == pooling);
    CHECK(placed(pooling, "moved", "", "Softmax") == pooling);
    CHECK(placed(pooling, "moved and scaled", "", "Softmax") == Op::kHost);
    CHECK(placed(pooling, "conv", "Add", "Pow") == pooling);
  }
  CHECK(placed(average, "conv", "", "Reciprocal") == Op::kHost);
  CHECK(placed(average, "conv", "Add", "Reciprocal") == Op::kHost);
  CHECK(placed(largest, "conv", "", "Reciprocal") == largest);  // its integers are the convolution's
}

TEST_CASE("convolutions whose errors the host enlarges are known by name") {
  // Of two convolutions, of which the first has another reader, too.
  const auto enlarged = [](const std::string& last) {
    NetworkBuilder builder({4, 2, 3});
    const int shared = add_conv(builder, "shared", 0, square_window(1), 4);
    const int own = add_conv(builder, "own", shared, square_window(1), 4);
    const int sum = builder.host("sum", {shared, own}, host_operator("Add"));
    return enlarged_convolutions(
        lower_network(builder.build(builder.host("last", {sum}, host_operator(last)))));
  };
  CHECK(enlarged("Log") == std::vector<std::string>{"own"});
  CHECK(enlarged("Softmax").empty());

  NetworkBuilder builder({4, 2, 3});
  const int result = add_conv(builder, "result", 0, square_window(1), 4);
  Network network = builder.build(builder.host("log", {result}, host_operator("Log")));
  CHECK(enlarged_convolutions(network) == std::vector<std::string>{"result"});
  network.outputs = {{"log", network.output, {}}, {"result", result, {}}};
  CHECK(enlarged_convolutions(network).empty());
}

TEST_CASE("a residual stream on the host passes by the accelerator without rounding") {
  NetworkBuilder builder({4, 2, 3});
  const int first =
      builder.host("first", {add_conv(builder, "conv", 0, square_window(1), 4)}, host_operator("Tanh"));
  const int branch = add_conv(builder, "branch", first, square_window(1), 4);
  const Network network = builder.build(builder.add("sum", first, branch));
  const Network result = lower_network(network);
  REQUIRE(result.nodes.size() == 4);
  CHECK(sources(result.nodes[3]).size() == 2);  // both convolutions, not the tensor that the second reads
  CHECK(result.nodes[3].host.title == "host");
  check_same_values(network, result);
}

TEST_CASE("equal channels: the same function, convolutions between -1 and 1") {
  const bool is_depthwise = GENERATE(true, false);
  const Network network = lower_network(hard_swish_network(is_depthwise));
  Calibration calibration = calibrate(network, {random_values(100, 3), random_values(100, 4)});
  const Network result = equalize_channels(network, calibration);
  check_same_values(network, result);

  const Calibration measured = calibrate(result, {random_values(100, 3), random_values(100, 4)});
  const std::string behind = network.tensors[network.nodes[0].output].name;
  for (const ValueRange& channel : measured.channels.at(behind)) {
    CHECK(channel.min == Approx(-1));
    CHECK(channel.max == Approx(1));
  }
  const std::string ahead = network.tensors[network.nodes[1].output].name;
  CHECK(measured.ranges.at(ahead).max <= calibration.ranges.at(ahead).max * 1.001F);
  CHECK(measured.ranges.at(ahead).min >= calibration.ranges.at(ahead).min * 1.001F);
  for (const ValueRange& channel : measured.channels.at(ahead)) {
    if (is_depthwise) {
      CHECK(std::max(channel.max, -channel.min) == Approx(1));
    } else {
      CHECK(channel.max == Approx(-channel.min).margin(1e-5));
    }
  }
}
