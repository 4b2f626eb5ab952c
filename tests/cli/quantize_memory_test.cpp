// Memory of `bitbalance quantize`: what a parameter more costs, at the program's highest point.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "quant/onnx/export.h"
#include "tests/quant/ir/network_builder.h"
#include "tests/support/command_child.h"
#include "tests/support/left_out.h"
#include "tests/support/shadow_memory.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

/// Fully connected layers, one after the other; `features`: of the input and of each layer.
Network perceptron(const std::vector<int>& features) {
  NetworkBuilder builder({features.front(), 1, 1});
  int tensor = 0;
  for (std::size_t l = 1; l < features.size(); ++l) {
    const std::int64_t weights = std::int64_t{features[l - 1]} * features[l];
    tensor = builder.conv("layer" + std::to_string(l), tensor, features[l], square_window(1),
                          random_values(weights, static_cast<unsigned>(l)), std::vector<float>(features[l]));
  }
  return builder.build(tensor);
}

/// VmHWM of the command that quantizes it.
double peak_bytes(const std::vector<int>& features) {
  constexpr char kImages = 2;
  const TemporaryFolder folder;
  const int inputs = features.front();
  export_onnx(perceptron(features), folder.path() / "net.onnx");
  const std::string head = {
      0, 0, 8, 2, 0, 0, 0, kImages, 0, 0, static_cast<char>(inputs >> 8), static_cast<char>(inputs)};
  std::string pixels(static_cast<std::size_t>(kImages) * inputs, '\0');
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<char>(i * 37);
  const auto images = folder.write("images.idx", head + pixels);
  const CommandEnd end = run_bitbalance({"quantize", (folder.path() / "net.onnx").string(), "--calibration",
                                         images.string(), "--out", (folder.path() / "out").string()});
  REQUIRE(end.exit_code == 0);
  return nlohmann::json::parse(text_of(folder.path() / "out/summary.json"))["host"]["peak_rss_bytes"];
}

}  // namespace

// The float network takes 4 bytes of each parameter, the integers of a token form 2.
TEST_CASE("quantize takes at most 10 bytes per parameter, the model's own 4 among them") {
#ifdef BITBALANCE_SHADOW_MEMORY
  leave_out("the sanitizer takes memory of its own");
  return;
#endif
  constexpr double kMostBytes = 10, kMebi = 1 << 20;
  const std::vector<int> few(2 + 1, 1024), many(6 + 1, 1024);
  const double by_layers = (peak_bytes(many) - peak_bytes(few)) / (4 * kMebi);
  const double by_width = (peak_bytes({6144, 1024}) - peak_bytes({2048, 1024})) / (4 * kMebi);
  CAPTURE(by_layers, by_width);
  CHECK(by_layers < kMostBytes);
  CHECK(by_width < kMostBytes);
  CHECK(by_layers > 4);  // a slope, and not the ground
  CHECK(by_width > 4);
}
