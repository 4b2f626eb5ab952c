// Prints the table of docs/quantization.md and draws its picture: every method, limit and token form on one
// network, with accuracy through the integer arithmetic and predicted cycles.
//   quantization_page SCENARIO SVG
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "quant/calibration.h"
#include "quant/evaluator.h"
#include "quant/integer_evaluator.h"
#include "quant/parallel.h"
#include "testbench/bit_budget.h"
#include "testbench/chart.h"
#include "testbench/prediction.h"
#include "testbench/progress.h"
#include "testbench/workload.h"

namespace bitbalance {
namespace {

struct Method {
  const char* name;
  WeightMethod method;
  bool scale_search;
  bool sequential;
  bool bias_correction;
  Clipping clipping;
};

constexpr Method kMethods[] = {
    {"nearest, largest weight sets the scale", WeightMethod::kNearest, false, false, false,
     Clipping::kPercentile},
    {"nearest, scale search", WeightMethod::kNearest, true, false, false, Clipping::kPercentile},
    {"the same, bias correction", WeightMethod::kNearest, true, false, true, Clipping::kPercentile},
    {"compensated, each layer for itself", WeightMethod::kCompensated, true, false, false,
     Clipping::kPercentile},
    {"compensated, sequential, bias correction", WeightMethod::kCompensated, true, true, true,
     Clipping::kPercentile},
    {"the same, clipping by error", WeightMethod::kCompensated, true, true, true, Clipping::kError},
};
constexpr int kMostTokens = 3;

class Page {
 public:
  explicit Page(const std::filesystem::path& scenario) : scenario_(load_scenario(scenario)) {
    samples_ = load_samples(scenario_);
    if (samples_.labels.empty()) throw std::invalid_argument("network.labels: not given; accepted: labels");
    Progress progress("float");
    predictions_.resize(samples_.images.size());
    predict_all(progress, [&](int i) { return argmax(Evaluator(samples_.network).run(samples_.images[i])); });
    float_accuracy_ = accuracy(predictions_, samples_.labels);
  }

  void run(const std::filesystem::path& picture) {
    fmt::print("Float: {:.2f} % of {} images.\n\n", 100 * float_accuracy_, samples_.images.size());
    fmt::print(
        "| method | nnzb | binary, % | signed digit, % | cycles a frame |\n|---|---:|---:|---:|---:|\n");
    for (const Method& method : kMethods) add(method);
    add_allocated();
    XyChart chart;
    chart.title = fmt::format("{}: top-1 of {} images, 8-bit weights and activations", samples_.network.name,
                              samples_.images.size());
    chart.x_label = "cycles a frame (predicted)";
    chart.y_label = "accuracy, %";
    chart.series = series_;
    if (const auto svg = draw_svg({chart})) std::ofstream(picture, std::ios::binary) << *svg;
  }

 private:
  template <typename Predict>
  void predict_all(Progress& progress, const Predict& predict_image) {
    const int count = static_cast<int>(samples_.images.size());
    constexpr int kSlice = 64;
    for (int first = 0; first < count; first += kSlice) {
      parallel_for(std::min(kSlice, count - first), 0,
                   [&](int i) { predictions_[first + i] = predict_image(first + i); });
      progress.update(static_cast<double>(first) / count);
    }
  }

  QuantizationOptions options_of(const Method& method) const {
    QuantizationOptions options = scenario_.quantization.options;
    options.method = method.method;
    options.scale_search = method.scale_search;
    options.sequential = method.sequential;
    options.bias_correction = method.bias_correction;
    return options;
  }

  Calibration calibration_of(const Method& method) const {
    CalibrationOptions options = scenario_.quantization.calibration();
    options.clipping = method.clipping;
    return calibrate(samples_.network, samples_.calibration, options);
  }

  XyChart::Point judge(const QuantizationOptions& options, const Calibration& calibration) {
    const QuantizedNetwork quantized = quantize(samples_.network, calibration, options, samples_.calibration);
    const IntegerEvaluator integers(quantized);
    const QuantizedTensor& input = quantized.tensors[quantized.input];
    Progress progress("evaluate");
    predict_all(progress,
                [&](int i) { return argmax(integers.run(quantize_values(input, samples_.images[i]))); });
    return {predict(quantized, scenario_).total_cycles(), 100 * accuracy(predictions_, samples_.labels), ""};
  }

  void add(const Method& method) {
    const Calibration calibration = calibration_of(method);
    XyChart::Series& binary = series_.emplace_back();
    binary.name = method.name;
    XyChart::Series digits;
    digits.name = std::string(method.name) + ", signed digit";
    for (int nnzb = 1; nnzb <= kMostTokens; ++nnzb) {
      QuantizationOptions options = options_of(method);
      options.nnzb = nnzb;
      options.token_form = TokenForm::kBinary;
      binary.points.push_back(judge(options, calibration));
      options.token_form = TokenForm::kSignedDigit;
      // One power of two is the same in both forms.
      digits.points.push_back(nnzb == 1 ? binary.points.back() : judge(options, calibration));
      fmt::print("| {} | {} | {:.2f} | {:.2f} | {:.0f} |\n", method.name, nnzb, binary.points.back().y,
                 digits.points.back().y, binary.points.back().x);
      std::fflush(stdout);
    }
    if (method.clipping == Clipping::kError) series_.push_back(std::move(digits));
  }

  /// Bits allocated under budgets between those of equal limits, by the best of the methods.
  void add_allocated() {
    const Method& method = *std::prev(std::end(kMethods));
    const Calibration calibration = calibration_of(method);
    Scenario scenario = scenario_;
    scenario.quantization.options = options_of(method);
    scenario.quantization.options.nnzb = kMostTokens;
    XyChart::Series& allocated = series_.emplace_back();
    allocated.name = "allocated under a budget";
    for (const char* share : {"75%", "85%"}) {
      Progress progress("allocate");
      const Allocation allocation = allocate_bits(
          scenario, samples_.network, calibration, samples_.calibration,
          parse_budget(std::string("cycles=") + share), [&](double done) { progress.update(done); });
      QuantizationOptions options = scenario.quantization.options;
      options.overrides = allocation.layers;
      allocated.points.push_back(judge(options, calibration));
      std::string limits;
      for (const LayerOverride& layer : allocation.layers) limits += fmt::format(" {}", *layer.nnzb);
      fmt::print("| allocated, cycles={} of nnzb {} |{} | {:.2f} | | {:.0f} |\n", share, kMostTokens, limits,
                 allocated.points.back().y, allocated.points.back().x);
      std::fflush(stdout);
    }
  }

  Scenario scenario_;
  Samples samples_;
  std::vector<int> predictions_;
  double float_accuracy_ = 0;
  std::vector<XyChart::Series> series_;
};

}  // namespace
}  // namespace bitbalance

int main(int argc, char* argv[]) {
  if (argc != 3) {
    fmt::print(stderr, "usage: quantization_page SCENARIO SVG\n");
    return 2;
  }
  try {
    bitbalance::Page(argv[1]).run(argv[2]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "quantization_page: {}\n", error.what());
    return 2;
  }
  return 0;
}
