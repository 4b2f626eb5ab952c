// Prints the table of docs/quantization.md and draws its picture: every method, limit and token form on one
// network, with accuracy through the integer arithmetic and predicted cycles.
//   quantization_page SCENARIO SVG
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "base/file/output_file.h"
#include "quant/eval/evaluator.h"
#include "quant/eval/integer_evaluator.h"
#include "quant/ir/integer_values.h"
#include "quant/method/calibration.h"
#include "quant/method/quantizer.h"
#include "testbench/explore/bit_budget.h"
#include "testbench/report/chart.h"
#include "testbench/run/prediction.h"
#include "testbench/run/process/progress.h"
#include "testbench/scenario/workload.h"

namespace bitbalance::explore {
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
    {"nearest, no scale search", WeightMethod::kNearest, false, false, false, Clipping::kPercentile},
    {"nearest", WeightMethod::kNearest, true, false, false, Clipping::kPercentile},
    {"nearest, bias correction", WeightMethod::kNearest, true, false, true, Clipping::kPercentile},
    {"compensated, each for itself", WeightMethod::kCompensated, true, false, false, Clipping::kPercentile},
    {"compensated", WeightMethod::kCompensated, true, true, true, Clipping::kPercentile},
    {"compensated, clipping", WeightMethod::kCompensated, true, true, true, Clipping::kError},
};
constexpr int kMostTokens = 3;
/// Points of accuracy under float that the picture shows; further down it would show little else.
constexpr double kShownLoss = 2;

class Page {
 public:
  explicit Page(const std::filesystem::path& scenario) : scenario_(load_scenario(scenario)) {
    samples_ = load_samples(scenario_);
    if (samples_.task.labels.empty())
      throw std::invalid_argument("network.labels: not given; accepted: labels");
    float_accuracy_ =
        judge("float", [&](int i) { return Evaluator(samples_.network).run(samples_.images[i]); });
  }

  void run(const std::filesystem::path& picture) {
    fmt::print("Float: {:.2f} % of {} images.\n\n", 100 * float_accuracy_, samples_.images.size());
    fmt::print(
        "| method | nnzb | binary, % | signed digit, % | cycles per frame, binary | signed digit |\n"
        "|---|---|---:|---:|---:|---:|\n");
    for (const Method& method : kMethods) add(method);
    add_allocated();
    const Picture drawn = draw_svg({chart()});
    if (!drawn.why.empty()) throw std::runtime_error(drawn.why);
    write_file(picture, drawn.svg);
  }

 private:
  XyChart chart() const {
    XyChart chart;
    chart.title = fmt::format("{}, {} images", scenario_.name, samples_.images.size());
    chart.x_label = "thousand cycles per frame";
    chart.y_label = "top-1 accuracy, %";
    std::vector<XyChart::Point> nearest;
    std::vector<XyChart::Point> all;
    double fewest = series_.front().points.front().x;
    double most = fewest;
    for (const XyChart::Series& series : series_) {
      for (const XyChart::Point& point : series.points) {
        fewest = std::min(fewest, point.x);
        most = std::max(most, point.x);
      }
      all.insert(all.end(), series.points.begin(), series.points.end());
      if (series.name.rfind("nearest", 0) == 0)
        nearest.insert(nearest.end(), series.points.begin(), series.points.end());
      XyChart::Series& dots = chart.series.emplace_back(series);
      dots.line = false;
      for (XyChart::Point& point : dots.points) point.label.clear();
    }
    for (XyChart::Point& point : nearest) point.label.clear();
    chart.series.push_back({"front, nearest", front(std::move(nearest), most), true, false, "#997700"});
    chart.series.push_back({"front, all (form, nnzb)", front(std::move(all), most), true, false, "#1b1f27"});
    for (XyChart::Series& series : chart.series) {
      auto& points = series.points;
      points.erase(std::remove_if(points.begin(), points.end(),
                                  [&](const auto& p) { return p.y < 100 * float_accuracy_ - kShownLoss; }),
                   points.end());
    }
    const double percent = 100 * float_accuracy_;
    chart.series.push_back({"float", {{fewest, percent, ""}, {most, percent, ""}}, true, false, "#999999"});
    return chart;
  }

  /// The points that no other beats in cycles and accuracy, by cycles, and the last one's accuracy up to
  /// `most` cycles.
  static std::vector<XyChart::Point> front(std::vector<XyChart::Point> points, double most) {
    std::sort(points.begin(), points.end(),
              [](const auto& a, const auto& b) { return a.x < b.x || (a.x == b.x && a.y > b.y); });
    std::vector<XyChart::Point> best;
    for (XyChart::Point& point : points)
      if (best.empty() || point.y > best.back().y) best.push_back(std::move(point));
    best.push_back({most, best.back().y, ""});
    return best;
  }

  /// Top-1 accuracy by the outputs that evaluate(image) gives.
  template <typename Evaluate>
  double judge(const char* stage, const Evaluate& evaluate) const {
    Progress progress(stage);
    const Decisions found =
        samples_.task.decide(static_cast<int>(samples_.images.size()), evaluate, scenario_.run.threads,
                             [&](double share) { progress.update(share); });
    return samples_.task.judge(found, {})->quantized;
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

  /// Cycles in thousands, accuracy in %. `limits` says which nnzb, for a label.
  XyChart::Point judge(QuantizationOptions options, TokenForm form, const Calibration& calibration,
                       const std::string& limits) {
    options.token_form = form;
    const QuantizedNetwork quantized = quantize(samples_.network, calibration, options, samples_.calibration);
    const IntegerEvaluator integers(quantized);
    const QuantizedTensor& input = quantized.tensors[quantized.input];
    const double accuracy = judge("evaluate", [&](int i) {
      return integers.judged_values(quantize_values(input, samples_.images[i]));
    });
    return {predict(quantized, scenario_).total_cycles() / 1000, 100 * accuracy,
            std::string(to_string(options.token_form)) + " " + limits};
  }

  void add(const Method& method) {
    const Calibration calibration = calibration_of(method);
    XyChart::Series& series = series_.emplace_back();
    series.name = method.name;
    for (int nnzb = 1; nnzb <= kMostTokens; ++nnzb) {
      QuantizationOptions options = options_of(method);
      options.nnzb = nnzb;
      const XyChart::Point binary = judge(options, TokenForm::kBinary, calibration, std::to_string(nnzb));
      // One power of two is the same in both forms.
      const XyChart::Point digits =
          nnzb == 1 ? binary : judge(options, TokenForm::kSignedDigit, calibration, std::to_string(nnzb));
      add_row(series, std::to_string(nnzb), binary, digits);
    }
  }

  static void add_row(XyChart::Series& series, const std::string& limits, const XyChart::Point& binary,
                      const XyChart::Point& digits) {
    series.points.push_back(binary);
    series.points.push_back(digits);
    fmt::print("| {} | {} | {:.2f} | {:.2f} | {:.0f} | {:.0f} |\n", series.name, limits, binary.y, digits.y,
               1000 * binary.x, 1000 * digits.x);
    std::fflush(stdout);
  }

  /// Bits allocated under budgets between those of equal limits, by the best of the methods.
  void add_allocated() {
    const Method& method = *std::prev(std::end(kMethods));
    const Calibration calibration = calibration_of(method);
    Scenario scenario = scenario_;
    scenario.quantization.options = options_of(method);
    scenario.quantization.options.nnzb = kMostTokens;
    Calibration ranges = calibration;
    const Network prepared = prepare(samples_.network, ranges, scenario.quantization.options);
    XyChart::Series& series = series_.emplace_back();
    series.name = "the same, under a budget";
    for (const char* share : {"75%", "85%"}) {
      Progress progress("allocate");
      const Allocation allocation = allocate_bits(scenario, prepared, ranges, samples_.calibration,
                                                  parse_budget(std::string("cycles=") + share),
                                                  [&](double done) { progress.update(done); });
      QuantizationOptions options = scenario.quantization.options;
      options.overrides = allocation.layers;
      std::string limits;
      for (const LayerOverride& layer : allocation.layers)
        limits += (limits.empty() ? "" : " ") + std::to_string(*layer.nnzb);
      // The limits are chosen for binary tokens and hold for both forms.
      add_row(series, limits, judge(options, TokenForm::kBinary, calibration, share),
              judge(options, TokenForm::kSignedDigit, calibration, share));
    }
  }

  Scenario scenario_;
  Samples samples_;
  double float_accuracy_ = 0;
  std::vector<XyChart::Series> series_;
};

}  // namespace
}  // namespace bitbalance::explore

int main(int argc, char* argv[]) {
  if (argc != 3) {
    fmt::print(stderr, "usage: quantization_page SCENARIO SVG\n");
    return 2;
  }
  try {
    bitbalance::explore::Page(argv[1]).run(argv[2]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "quantization_page: {}\n", error.what());
    return 2;
  }
  return 0;
}
