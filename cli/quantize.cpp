// `bitbalance quantize`: its arguments.
#include "cli/quantize_command.h"

#include <memory>

#include "cli/command.h"
#include "cli/command_line.h"

namespace bitbalance {
namespace {

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
      {"--calibration", "network.calibration_images", "FILE", "calibration images, IDX"},
      {"--images", "network.images", "FILE", "test images, IDX"},
      {"--labels", "network.labels", "FILE", "their classes, IDX"},
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
                  "energy_uj=N a frame, or a share as in cycles=80%")
      ->type_name("UNIT=N");
  add_texts(*app, "--set", arguments->settings, "override a setting of the scenario")
      ->type_name("path.to.key=value");
  app->add_option("--out", arguments->out, "results folder, by default results/<name>-quantized")
      ->type_name("DIR");
  app->footer(kQuantizeExamples);
  return {app, [arguments] { return quantize_command(*arguments); }};
}

}  // namespace bitbalance
