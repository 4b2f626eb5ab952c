// The `bitbalance_retrain` command: fine-tunes an ONNX network for few non-zero bits per weight. A program of
// its own, because libtorch is optional.
#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "base/text/outside_text.h"
#include "base/text/word_choice.h"
#include "cli/check_output.h"
#include "cli/command_line.h"
#include "cli/exit_codes.h"
#include "cli/names.h"
#include "cli/run_as_program.h"
#include "quant/method/calibration.h"
#include "quant/method/quantizer.h"
#include "quant/onnx/export.h"
#include "quant/onnx/import.h"
#include "quant/retrain/fine_tuning.h"
#include "testbench/run/process/console.h"
#include "testbench/run/process/progress.h"

namespace bitbalance::cli {
using namespace retrain;  // which this program alone sees

namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string model;
  std::string images;
  std::string labels;
  std::string test_images;
  std::string test_labels;
  std::string token_form = to_string(TokenForm::kBinary);
  std::string out;
  int calibration = 256;
  int threads = 2;
  QuantizationOptions quantization;
  FineTuningOptions training;
};

void declare(CLI::App& app, Arguments& arguments) {
  app.add_option("model", arguments.model, "float network")->required()->type_name("FILE.onnx");
  app.add_option("--images", arguments.images, "training images (IDX)")->required()->type_name("FILE");
  app.add_option("--labels", arguments.labels, "their labels (IDX)")->required()->type_name("FILE");
  app.add_option("--test-images", arguments.test_images, "report accuracy on these, before and after")
      ->type_name("FILE");
  app.add_option("--test-labels", arguments.test_labels, "their labels")->type_name("FILE");
  app.add_option("--out", arguments.out, "retrained float network to write")
      ->required()
      ->type_name("FILE.onnx");
  app.add_option("--nnzb", arguments.quantization.nnzb, "most non-zero bits of a weight")
      ->check(whole_number_check())
      ->capture_default_str();
  app.add_option("--weight-bits", arguments.quantization.weight_bits, "2..16")
      ->check(whole_number_check())
      ->capture_default_str();
  app.add_option("--activation-bits", arguments.quantization.activation_bits, "8 or 16")
      ->check(whole_number_check())
      ->capture_default_str();
  app.add_option("--token-form", arguments.token_form,
                 fmt::format("{}", fmt::join(token_form_names(), " or ")))
      ->capture_default_str();
  app.add_option("--calibration", arguments.calibration,
                 "training images that activation ranges are taken from")
      ->check(whole_number_check())
      ->capture_default_str();
  app.add_option("--epochs", arguments.training.epochs, "passes over the images")
      ->check(whole_number_check())
      ->capture_default_str();
  app.add_option("--batch", arguments.training.batch, "images per step")
      ->check(whole_number_check())
      ->capture_default_str();
  app.add_option("--rate", arguments.training.peak_rate, "peak learning rate")
      ->check(real_number_check())
      ->capture_default_str();
  app.add_option("--distillation", arguments.training.distillation,
                 "share of the loss that follows the float network, 0..1")
      ->check(real_number_check())
      ->capture_default_str();
  app.add_option("--seed", arguments.training.seed, "of order and augmentation")
      ->check(whole_number_check())
      ->capture_default_str();
  app.add_option("--threads", arguments.threads, "of libtorch; part of what makes a run repeatable")
      ->check(whole_number_check())
      ->capture_default_str();
  app.footer(R"(
Examples:
  bitbalance_retrain fashion.onnx --nnzb 2 --images train-images.idx3-ubyte --labels train-labels.idx1-ubyte --out fashion-nnzb2.onnx
  bitbalance run scenarios/fashion.yaml --set network.model=fashion-nnzb2.onnx --set quantization.nnzb=2

Exit code: 0, 2 for a mistake in arguments or files, 3 if this machine refuses (disk, memory), both told in
one line.)");
}

void report(const char* when, const TrainableNetwork& network, const ImageSet& images) {
  fmt::print("{}: {:.2f} % of {} test images in float, {:.2f} % quantized\n", when,
             100 * accuracy_of(network, images, false), images.count,
             100 * accuracy_of(network, images, true));
}

void fine_tune_model(Arguments& arguments) {
  if (arguments.threads < 1)
    throw std::invalid_argument(fmt::format("--threads: {}; accepted: 1 or more", arguments.threads));
  arguments.quantization.token_form =
      kTokenForms[place_of(arguments.token_form, token_form_names(), "--token-form")];
  torch::set_num_threads(arguments.threads);
  at::globalContext().setDeterministicAlgorithms(true, false);
  const fs::path out = arguments.out;
  if (!out.parent_path().empty() && !fs::is_directory(out.parent_path())) {
    throw std::invalid_argument(
        fmt::format("--out {}: no such folder; accepted: a file in one", out.string()));
  }
  check_outputs({{"--out", out}}, {arguments.model, arguments.images, arguments.labels, arguments.test_images,
                                   arguments.test_labels});

  const Network network = fold_affine(import_onnx(arguments.model));
  if (!ir::is_real_type(network.input_type)) {
    throw std::invalid_argument(
        fmt::format("{}: its input is of integers; accepted: of real numbers", arguments.model));
  }
  const ImageSet images = read_images(arguments.images, arguments.labels);
  ImageSet test;
  if (!arguments.test_images.empty()) test = read_images(arguments.test_images, arguments.test_labels);
  const Calibration calibration = calibrate(network, float_images(images, 0, arguments.calibration));
  TrainableNetwork trainable(network, quantize(network, calibration, arguments.quantization));

  if (test.count > 0) report("before", trainable, test);
  {
    Progress progress("retrain");
    fine_tune(
        trainable, images, arguments.training,
        [&](int epoch, double loss) {
          fmt::print("epoch {} of {}: loss {:.4f}\n", epoch, arguments.training.epochs, loss);
        },
        [&](double share) { progress.update(share); });
  }
  if (test.count > 0) report("after", trainable, test);
  export_onnx(trainable.network(), out);
}

int parse_and_run(int argc, char* argv[]) {
  CLI::App app{"Fine-tunes a network so that few non-zero bits per weight are enough.", "bitbalance_retrain"};
  Arguments arguments;
  declare(app, arguments);
  try {
    read_command_line(app, argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  }
  try {
    fine_tune_model(arguments);
  } catch (const c10::Error& error) {
    throw std::runtime_error(error.what_without_backtrace());
  }
  return kExitPass;
}

}  // namespace
}  // namespace bitbalance::cli

int main(int argc, char* argv[]) {
  using namespace bitbalance::cli;
  return run_as_program("bitbalance_retrain", [&] { return parse_and_run(argc, argv); });
}
