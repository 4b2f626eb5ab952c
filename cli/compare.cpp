// `bitbalance compare`: its arguments.
#include <memory>

#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/compare_command.h"
#include "cli/exit_codes.h"

namespace bitbalance {

Subcommand add_compare_command(CLI::App& parent) {
  const auto arguments = std::make_shared<CompareArguments>();
  CLI::App* const app = parent.add_subcommand(
      "compare", "Compare with other accelerators: cycles, energy and area, from the same parts and memory");
  add_texts(*app, "scenarios", arguments->scenarios, "YAML files, each with a technology")
      ->required()
      ->type_name("FILE");
  app->add_option("--rule", arguments->rule, "how large the others are: equal-lanes, equal-area")
      ->type_name("RULE");
  app->add_option("--baselines", arguments->baselines, "only these, separated by commas")
      ->type_name("NAME,...");
  add_texts(*app, "--set", arguments->settings, "override a setting of every scenario")
      ->type_name("path.to.key=value");
  app->add_option("--out", arguments->out, "results folder, by default results/compare")->type_name("DIR");
  app->footer(R"(
Examples:
  bitbalance compare scenarios/fashion.yaml
  bitbalance compare scenarios/vgg16.yaml scenarios/resnet50.yaml --rule equal-area --baselines bitlet,bitwave

Results: compare.csv, compare.json and, with gnuplot, compare.svg.
Exit code: 0, 2 for a mistake in arguments or files, 3 if this machine refuses (disk, memory), both told in
one line, 128 + signal when stopped.)");
  return {app, [arguments] {
            compare_command(*arguments);
            return kExitPass;
          }};
}

}  // namespace bitbalance
