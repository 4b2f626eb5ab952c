// `bitbalance recost`: its arguments.
#include <memory>

#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/exit_codes.h"
#include "cli/recost_command.h"

namespace bitbalance {

Subcommand add_recost_command(CLI::App& parent) {
  const auto arguments = std::make_shared<RecostArguments>();
  CLI::App* const app =
      parent.add_subcommand("recost", "Cost a stored run in a technology, without simulating");
  app->add_option("results", arguments->results, "results folder of a run")->required()->type_name("DIR");
  app->add_option("--technology", arguments->technology, "constants, as in scenarios/technology")
      ->required()
      ->type_name("FILE");
  add_texts(*app, "--set", arguments->settings, "override a constant, as in logic.adder.energy.value=0.3")
      ->type_name("path.to.key=value");
  app->add_option("--csv", arguments->csv, "write energy by layer, component and action")->type_name("FILE");
  app->footer(R"(
Examples:
  bitbalance recost results/lenet --technology scenarios/technology/65nm.yaml --set dram.type=ddr3
  bitbalance recost results/lenet --technology scenarios/technology/65nm.yaml --set target.voltage_v=1.0

Exit code: 0, 2 for a mistake in arguments or files, 3 if this machine refuses (disk, memory), both told in
one line, 128 + signal when stopped.)");
  return {app, [arguments] {
            recost_command(*arguments);
            return kExitPass;
          }};
}

}  // namespace bitbalance
