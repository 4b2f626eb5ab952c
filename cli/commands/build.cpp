// `bitbalance build`: a scenario as a program on disk.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "base/text/outside_text.h"
#include "base/version.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/exit_codes.h"
#include "cli/overrides.h"
#include "cli/unused_mappings.h"
#include "testbench/report/folder/results_folder.h"
#include "testbench/run/process/console.h"
#include "testbench/run/process/progress.h"
#include "testbench/run/process/stop_signals.h"
#include "testbench/run/program_export.h"

namespace bitbalance::cli {
namespace {

struct BuildArguments {
  std::string scenario, out, images, mapping;
  std::vector<std::string> settings;  ///< "path.to.key=value"
};

void build_command(const BuildArguments& arguments) {
  std::vector<SettingOverride> overrides = overrides_of(arguments.settings);
  add_override(overrides, "network.count", arguments.images, "--images");
  add_override(overrides, "mapping.include", arguments.mapping, "--mapping");
  const StopSignals stop;
  const Scenario scenario = load_scenario(arguments.scenario, overrides);
  ResultsFolder folder(arguments.out, "build");
  stored::StoredProgram program = [&] {
    Progress progress("build");
    return export_program(scenario, [&](double share) { progress.update(share); });
  }();
  tell_unused_mappings(scenario, program.images);
  program.made_by = fmt::format("bitbalance {}", kVersion);
  for (const auto& [name, bytes] : files_of(program)) folder.write(name, bytes);
  folder.commit();
  write_stdout(fmt::format("{}: {} images, batch {}, {} bytes of constants, {} bytes of data in {}\n",
                           one_line(program.network), program.images, program.batch, program.constants.size(),
                           program.data_bytes, one_line(folder.target().string())));
}

}  // namespace

Subcommand add_build_command(CLI::App& parent) {
  const auto arguments = std::make_shared<BuildArguments>();
  CLI::App* const app =
      parent.add_subcommand("build", "Write a scenario as a program for a platform's firmware");
  app->add_option("scenario", arguments->scenario, "YAML file: network, accelerator, quantization, memory")
      ->required()
      ->type_name("FILE");
  app->add_option("--out", arguments->out, "folder of the program")->required()->type_name("DIR");
  add_texts(*app, "-D,--set", arguments->settings, "override a setting of the scenario")
      ->type_name("path.to.key=value");
  app->add_option("--images", arguments->images, "images to store (network.count), 0: all")->type_name("N");
  app->add_option("--mapping", arguments->mapping, "how to cut layers into blocks (section mapping)")
      ->type_name("FILE");
  app->footer(R"(
Examples:
  bitbalance build scenarios/fashion.yaml --images 16 --out out/program
  bitbalance run --program out/program --level rtl
  bitbalance disassemble out/program/constants.bin

The folder holds constants.bin, inputs.bin, expected.bin (of the golden model), program.json and program.h.
Exit code: 0, 2 for a mistake in arguments or files, 3 if this machine refuses (disk, memory), both told in
one line, 128 + signal when stopped.)");
  return {app, [arguments] {
            build_command(*arguments);
            return kExitPass;
          }};
}

}  // namespace bitbalance::cli
