// `bitbalance run`: its arguments.
#include <memory>

#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/run_command.h"

namespace bitbalance {
namespace {

constexpr const char* kRunExamples = R"(
Examples:
  bitbalance run scenarios/fashion.yaml
  bitbalance run scenarios/fashion.yaml --images 32 --out out/fashion
  bitbalance run scenarios/lenet.yaml --set accelerator.rows=16 --set accelerator.synchronization=group_max
  bitbalance run scenarios/vgg16.yaml --rtl conv3_2 --trace conv3_2:0-1
  bitbalance run scenarios/resnet50.yaml --level analytic --set memory.bytes_per_cycle=6.4
  bitbalance run scenarios/resnet50.yaml --jobs 4 --golden sampled
  bitbalance run scenarios/lenet.yaml --mapping results/lenet/mapping.yaml
  bitbalance run scenarios/lenet.yaml --trace conv1:0-1 --signals 'pe_array.row0.*' --signals 'weight_encoder.*'

Results: summary.json, layers.csv, effective.yaml (every setting, a scenario itself) and mapping.yaml;
with --trace <layer>.vcd and <layer>.gtkw for GTKWave.
Exit code: 0 verdict pass, 1 verdict fail, 2 a mistake in arguments or files, 3 this machine refuses (disk,
memory, processes), 128 + signal when stopped; 2 and 3 are told in one line.)";

}  // namespace

Subcommand add_run_command(CLI::App& parent) {
  const auto arguments = std::make_shared<RunArguments>();
  CLI::App* const app =
      parent.add_subcommand("run", "Run a scenario and compare every output with the golden model");
  app->add_option("scenario", arguments->scenario, "YAML file: network, accelerator, quantization, memory")
      ->required()
      ->type_name("FILE");
  add_texts(*app, "--set", arguments->settings, "override a setting of the scenario")
      ->type_name("path.to.key=value");
  app->add_option("--level", arguments->level, "level of detail: rtl, tlm, analytic")->type_name("LEVEL");
  app->add_option("--rtl", arguments->rtl,
                  "run these layers clocked, the others at level tlm; each layer as a program of its own")
      ->type_name("LAYER,...");
  app->add_option(
         "--jobs", arguments->jobs,
         "with --level rtl: layers clocked in N processes, each from the inputs that tlm computed, and "
         "held against tlm; each layer as a program of its own")
      ->type_name("N");
  app->add_option("--images", arguments->images, "images to run (network.count), 0: all")->type_name("N");
  app->add_option("--mapping", arguments->mapping, "how to cut layers into blocks (section mapping)")
      ->type_name("FILE");
  app->add_option("--golden", arguments->golden,
                  "outputs held against the golden model: full, or sampled (1 % of large layers, seeded)")
      ->type_name("EXTENT");
  app->add_option("--out", arguments->out, "results folder, by default results/<name of the scenario>")
      ->type_name("DIR");
  app->add_option("--trace", arguments->trace, "waveform of these tiles of a layer (default: all of it)")
      ->type_name("LAYER[:first-last]");
  add_texts(*app, "--signals", arguments->signals,
            "signals of the waveform, names or patterns; repeatable (default: all units)")
      ->type_name("NAME");
  app->footer(kRunExamples);
  return {app, [arguments] { return run_command(*arguments); }};
}

}  // namespace bitbalance
