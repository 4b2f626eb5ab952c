// `bitbalance init`: a commented scenario for someone's model, to be edited.
#include <fmt/format.h>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/file/output_file.h"
#include "base/text/outside_text.h"
#include "base/text/shell_word.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/exit_codes.h"
#include "cli/overrides.h"
#include "testbench/report/folder/file_name.h"
#include "testbench/run/process/console.h"
#include "testbench/run/process/stop_signals.h"
#include "testbench/scenario/workload.h"

namespace bitbalance::cli {
namespace {

namespace fs = std::filesystem;

struct InitArguments {
  std::string model;
  std::vector<std::string> settings;  ///< "path.to.key=value"
  std::string out;                    ///< empty: the model's name, in the working directory
};

void init_command(const InitArguments& arguments) {
  const StopSignals stop;
  if (fs::path(arguments.model).extension() != kModelExtension) {
    throw SettingsError(fmt::format("model: '{}'; accepted: an ONNX model, a file named *{}", arguments.model,
                                    kModelExtension));
  }
  const Scenario scenario = load_scenario(arguments.model, overrides_of(arguments.settings));
  const fs::path out = arguments.out.empty() ? file_name(scenario.name) + ".yaml" : arguments.out;
  if (std::error_code ignored; fs::exists(out, ignored)) {
    throw SettingsError(fmt::format("{}: there is {} of this name; accepted: a new file, with --out FILE",
                                    out.string(), fs::is_directory(out) ? "a folder" : "a file"));
  }
  const Network network = load_samples(scenario, 0).network;  // a model that cannot run needs no scenario
  const Shape input = network.shape(network.input);
  std::string yaml = fmt::format(
      "# Written by `bitbalance init`: every key with its default, what it means, and what it accepts. A "
      "line that\n"
      "# begins with \"# \" holds once that is taken away. What is not given keeps its default.\n"
      "# The model takes {} x {} x {} values (channels, height, width).\n",
      input.channels, input.height, input.width);
  yaml += to_guide(scenario, fs::absolute(out).lexically_normal().parent_path());
  throw_if_interrupted();
  write_file(out, yaml);
  write_stdout(fmt::format("{}: written; to run it: bitbalance run {}\n", one_line(out.string()),
                           shell_word(out.string())));
}

}  // namespace

Subcommand add_init_command(CLI::App& parent) {
  const auto arguments = std::make_shared<InitArguments>();
  CLI::App* const app = parent.add_subcommand("init", "Write a commented scenario for a model");
  app->add_option("model", arguments->model, "float32 ONNX model")->required()->type_name("FILE");
  add_texts(*app, "-D,--set", arguments->settings, "a setting of the scenario that is no default")
      ->type_name("path.to.key=value");
  app->add_option("--out", arguments->out, "the scenario, by default <name of the model>.yaml")
      ->type_name("FILE");
  app->footer(R"(
Examples:
  bitbalance init model.onnx
  bitbalance init model.onnx --set network.input_shape='[1, 3, 224, 224]' --out scenarios/mine.yaml

Exit code: 0, 2 for a mistake in arguments or files, 3 if this machine refuses (disk, memory), both told in
one line, 128 + signal when stopped; then nothing is written.)");
  return {app, [arguments] {
            init_command(*arguments);
            return kExitPass;
          }};
}

}  // namespace bitbalance::cli
