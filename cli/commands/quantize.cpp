// `bitbalance quantize`: a float model to integers under a limit of non-zero bits, with what it costs and
// loses.
#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/file/output_file.h"
#include "base/process/peak_memory.h"
#include "base/text/outside_text.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/exit_codes.h"
#include "cli/overrides.h"
#include "quant/eval/evaluator.h"
#include "quant/eval/integer_evaluator.h"
#include "quant/ir/file/quantized_file.h"
#include "quant/ir/integer_values.h"
#include "quant/method/calibration.h"
#include "quant/method/layers/host_placement.h"
#include "quant/method/quantizer.h"
#include "quant/method/weights/weight_metrics.h"
#include "quant/onnx/export.h"
#include "testbench/explore/bit_budget.h"
#include "testbench/explore/quantize_report.h"
#include "testbench/report/folder/file_name.h"
#include "testbench/report/folder/results_folder.h"
#include "testbench/run/process/console.h"
#include "testbench/run/process/progress.h"
#include "testbench/run/process/stop_signals.h"
#include "testbench/scenario/settings/settings_writer.h"
#include "testbench/scenario/workload.h"

namespace bitbalance::cli {
namespace {

struct QuantizeArguments {
  std::string model;  ///< ONNX file, or a scenario (.yaml)
  /// Values of settings, empty where not given: "path.to.key" of a scenario and the option that stands for
  /// it.
  struct Option {
    const char* name;
    const char* key;
    std::string value;
  };
  std::vector<Option> options;
  bool bias_correction = false;
  bool each_for_itself = false;
  std::vector<std::string> settings;  ///< "path.to.key=value"
  std::string budget;
  std::string out;
};

using Images = std::vector<std::vector<float>>;

bool is_scenario(const std::filesystem::path& file) {
  return file.extension() == ".yaml" || file.extension() == ".yml";
}

Scenario scenario_of(const QuantizeArguments& arguments) {
  std::vector<SettingOverride> overrides = overrides_of(arguments.settings);
  const bool from_scenario = is_scenario(arguments.model);
  if (!from_scenario) add_override(overrides, "network.model", arguments.model, "model");
  for (const QuantizeArguments::Option& option : arguments.options)
    add_override(overrides, option.key, option.value, option.name);
  if (arguments.bias_correction)
    overrides.push_back({"quantization.bias_correction=true", "--bias-correction"});
  if (arguments.each_for_itself) overrides.push_back({"quantization.sequential=false", "--each-for-itself"});
  Scenario scenario = load_scenario(from_scenario ? arguments.model : "", overrides);
  if (!from_scenario && scenario.name.empty()) scenario.name = scenario.network.model.stem().string();
  if (scenario.network.builtin.empty() && scenario.network.calibration_images.empty())
    throw SettingsError("--calibration: not given; accepted: images (IDX, NPY, NPZ, PNG, JPEG)");
  if (!scenario.network.quantized.empty())
    throw SettingsError("network.quantized: given; accepted: a float model to quantize");
  scenario.quantization.options.threads = scenario.run.threads;
  return scenario;
}

/// Weights by tokens when all of a weight's bits may be used.
std::vector<std::int64_t> tokens_without_limit(const Network& network, const Calibration& calibration,
                                               QuantizationOptions options) {
  options.method = WeightMethod::kNearest;
  options.scale_search = false;
  options.bias_correction = false;
  return token_histogram(quantize_prepared(network, calibration, without_limit(std::move(options))));
}

class QuantizeRun {
 public:
  explicit QuantizeRun(const QuantizeArguments& arguments) : arguments_(arguments) {}

  void run() {
    // Weights go back when they are freed; glibc would keep blocks of up to 32 MiB. Tensors of images, which
    // come and go by the thousand, are kept: every page that is new costs more than what is computed on it.
    constexpr int kLargeBlock = 4 << 20, kMostKept = 64 << 20;
    static_cast<void>(mallopt(M_MMAP_THRESHOLD, kLargeBlock));
    static_cast<void>(mallopt(M_TRIM_THRESHOLD, kMostKept));
    const StopSignals stop;
    report_.scenario = scenario_of(arguments_);
    const Scenario& scenario = report_.scenario;
    ResultsFolder folder(
        arguments_.out.empty() ? default_results(scenario.name) + "-quantized" : arguments_.out, "quantize");
    samples_ = load_samples(scenario);
    if (samples_.task.has_truth())
      float_decisions_ = decide([&](int i) { return Evaluator(samples_.network).run(samples_.images[i]); });
    calibration_ = calibrate(samples_.network, samples_.calibration, scenario.quantization.calibration());
    report_.calibration_images = static_cast<int>(samples_.calibration.size());
    report_.ranges_from_file = calibration_.from_file;
    report_.synthetic_calibration = scenario.network.calibration_images.empty();
    if (scenario.quantization.options.equalize_channels && !arguments_.budget.empty())
      throw SettingsError("--budget: accepted: without quantization.equalize_channels");
    network_ = prepare(std::move(samples_.network), calibration_, scenario.quantization.options);
    if (!scenario.quantization.options.equalize_channels) report_.enlarged = enlarged_convolutions(network_);
    if (!arguments_.budget.empty()) spend(parse_budget(arguments_.budget));
    // The form that is written comes last: of the others the weights are gone by then.
    const TokenForm chosen = scenario.accelerator.token_form;
    std::array forms = kTokenForms;
    std::stable_partition(forms.begin(), forms.end(), [&](TokenForm form) { return form != chosen; });
    for (const TokenForm form : forms) {
      quantize_for(form);
      judge(form);
      if (form != chosen) drop_weights(result_of(form).network);
    }
    write(folder);
  }

  void print() const {
    write_stdout(quantize_table(report_));
    if (!without_picture_.empty()) write_stdout(without_picture_ + "\n");
    write_stdout(fmt::format("results   {}\n", one_line(results_)));
  }

 private:
  void spend(const BitBudget& budget) {
    Progress progress("allocate");
    const Allocation allocation =
        allocate_bits(report_.scenario, network_, calibration_, samples_.calibration, budget,
                      [&](double share) { progress.update(share); });
    report_.scenario.quantization.options.overrides = allocation.layers;
    report_.budget =
        fmt::format("{}: {:.6g} of {:.6g} spent by convolutions; expected noise of the output {:.3g}",
                    arguments_.budget, allocation.cost, allocation.budget, allocation.loss);
  }

  FormReport& result_of(TokenForm form) { return report_.forms.at(static_cast<std::size_t>(form)); }

  static void drop_weights(QuantizedNetwork& network) {
    for (QuantizedLayer& layer : network.layers) std::vector<std::int16_t>().swap(layer.weights);
  }

  void quantize_for(TokenForm form) {
    const auto start = std::chrono::steady_clock::now();
    const auto index = static_cast<std::size_t>(form);
    Progress progress(to_string(form));
    QuantizationOptions options = report_.scenario.quantization.options;
    options.token_form = form;
    report_.tokens_before.at(index) = tokens_without_limit(network_, calibration_, options);
    FormReport& result = result_of(form);
    result.network = quantize_prepared(network_, calibration_, options, samples_.calibration,
                                       [&](double share) { progress.update(share); });
    report_.tokens_after.at(index) = token_histogram(result.network);
    for (const QuantizedLayer& layer : result.network.layers) result.stored.push_back(stored_weights(layer));
    report_.quantize_s += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  void judge(TokenForm form) {
    constexpr std::size_t kImages = 16;
    FormReport& result = result_of(form);
    for (const QuantizedLayer& layer : result.network.layers) {
      const auto node = std::find_if(network_.nodes.begin(), network_.nodes.end(),
                                     [&](const Node& n) { return n.name == layer.name; });
      result.weight_sqnr_db.push_back(layer.op == LayerOp::kConv ? weight_sqnr_db(*node, layer) : 0);
    }
    const Images some(samples_.calibration.begin(),
                      samples_.calibration.begin() +
                          static_cast<std::ptrdiff_t>(std::min(kImages, samples_.calibration.size())));
    result.output_sqnr_db = output_sqnr_db(network_, result.network, some);
    result.prediction = predict(result.network, report_.scenario);
    if (!samples_.task.has_truth()) return;

    const IntegerEvaluator integers(result.network);
    const Decisions found = decide([&](int i) {
      return integers.judged_values(input_codes(report_.scenario, result.network, samples_.images[i], i));
    });
    result.accuracy = samples_.task.judge(found, float_decisions_);
  }

  /// By the outputs that evaluate(image) gives.
  template <typename Evaluate>
  Decisions decide(const Evaluate& evaluate) const {
    Progress progress("evaluate");
    return samples_.task.decide(static_cast<int>(samples_.images.size()), evaluate,
                                report_.scenario.run.threads, [&](double share) { progress.update(share); });
  }

  void write(ResultsFolder& folder) {
    Scenario& scenario = report_.scenario;
    QuantizedNetwork& chosen = result_of(scenario.accelerator.token_form).network;
    write_to(folder, "quantized.cbor", [&](std::ostream& stream) { write_cbor(chosen, stream); });
    network_ = dequantized(std::move(network_), chosen);
    drop_weights(chosen);
    write_to(folder, "model.onnx", [&](std::ostream& stream) { write_onnx(std::move(network_), stream); });
    folder.write("quantization.yaml", to_yaml(scenario.quantization, scenario.accelerator));
    scenario.network.quantized = "quantized.cbor";  // beside the scenario, wherever the folder goes
    folder.write("effective.yaml", to_yaml(scenario));
    folder.write("layers.csv", quantize_csv(report_));
    report_.peak_rss_bytes = peak_rss_bytes();
    folder.write("summary.json", quantize_json(report_));
    const Picture picture = draw_svg(quantize_charts(report_), 2);
    if (!picture.svg.empty()) folder.write("tokens.svg", picture.svg);
    without_picture_ = picture.why;
    folder.commit();
    results_ = folder.target().string();
  }

  template <typename Write>
  static void write_to(ResultsFolder& folder, const std::string& name, const Write& write) {
    folder.announce(name);
    OutputFile file(folder.workspace() / name);
    write(file.stream());
    file.close();
  }

  const QuantizeArguments& arguments_;
  QuantizeReport report_;
  Samples samples_;
  Decisions float_decisions_;
  Network network_;              ///< prepared
  Calibration calibration_;      ///< its
  std::string without_picture_;  ///< why; empty: there is one
  std::string results_;
};

int quantize_command(const QuantizeArguments& arguments) {
  QuantizeRun run(arguments);
  run.run();
  run.print();
  return kExitPass;
}

constexpr const char* kQuantizeExamples = R"(
Examples:
  bitbalance quantize scenarios/fashion.yaml --nnzb 2 --method compensated --bias-correction
  bitbalance quantize scenarios/networks/fashion.onnx --nnzb 3 \
      --calibration scenarios/data/fashion-calibration-images.idx3-ubyte --out results/fashion-3
  bitbalance quantize scenarios/fashion.yaml --method compensated --budget cycles=80%
  bitbalance run scenarios/fashion.yaml --set network.quantized=results/fashion-3/quantized.cbor
  bitbalance run scenarios/fashion.yaml --set quantization.include=results/fashion-3/quantization.yaml

Results: quantized.cbor (for network.quantized of a scenario), model.onnx (float32, for any runtime: the
weights that the integers stand for, and what runs on the host), quantization.yaml (settings, for
quantization.include), effective.yaml (a scenario that runs it), layers.csv, summary.json, tokens.svg. With
images and labels also the accuracy, by an integer evaluator that computes what the accelerator computes.
Exit code: 0, 2 for a mistake in arguments or files, 3 if this machine refuses (disk, memory), both
told in one line, 128 + signal when stopped; then nothing is written.)";

}  // namespace

Subcommand add_quantize_command(CLI::App& parent) {
  const auto arguments = std::make_shared<QuantizeArguments>();
  CLI::App* const app = parent.add_subcommand(
      "quantize", "Quantize a float model under a limit of non-zero bits; show what it costs and loses");
  app->add_option("model", arguments->model, "float32 ONNX model, or a scenario (.yaml) with one")
      ->required()
      ->type_name("FILE");
  struct Declared {
    const char* name;
    const char* key;
    const char* type;
    const char* meaning;
  };
  static constexpr Declared kOptions[] = {
      {"--nnzb", "quantization.nnzb", "N", "non-zero bits a weight may have"},
      {"--weight-bits", "quantization.weight_bits", "N", "sign included, 2 to 16"},
      {"--activation-bits", "quantization.activation_bits", "N", "8 or 16"},
      {"--method", "quantization.method", "NAME", "nearest or compensated"},
      {"--clipping", "quantization.clipping", "NAME", "percentile or error"},
      {"--calibration", "network.calibration_images", "FILE", "calibration images, as network.images"},
      {"--images", "network.images", "FILE", "test images: IDX, NPY, NPZ, PNG, JPEG"},
      {"--labels", "network.labels", "FILE", "their classes: IDX, NPY, NPZ or text"},
      {"--accelerator", "accelerator", "FILE", "accelerator that cycles are predicted for"},
      {"--technology", "technology", "FILE", "constants of energy, for a budget of energy"},
  };
  for (const Declared& option : kOptions) arguments->options.push_back({option.name, option.key, ""});
  for (std::size_t i = 0; i < arguments->options.size(); ++i) {
    app->add_option(kOptions[i].name, arguments->options[i].value, kOptions[i].meaning)
        ->type_name(kOptions[i].type);
  }
  app->add_flag("--bias-correction", arguments->bias_correction,
                "put each layer's mean error on the calibration images into its bias");
  app->add_flag("--each-for-itself", arguments->each_for_itself,
                "layers see the float network's values instead of what the layers before them make");
  app->add_option("--budget", arguments->budget,
                  "different bits for different layers: cycles=N, bytes=N, "
                  "energy_uj=N per frame, or a share as in cycles=80%")
      ->type_name("UNIT=N");
  add_texts(*app, "-D,--set", arguments->settings, "override a setting of the scenario")
      ->type_name("path.to.key=value");
  app->add_option("--out", arguments->out, "results folder, by default results/<name>-quantized")
      ->type_name("DIR");
  app->footer(kQuantizeExamples);
  return {app, [arguments] { return quantize_command(*arguments); }};
}

}  // namespace bitbalance::cli
