// `bitbalance check-vcd`: its arguments.
#include <memory>

#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/exit_codes.h"
#include "testbench/waveform/vcd_command.h"

namespace bitbalance {

Subcommand add_check_vcd_command(CLI::App& parent) {
  const auto arguments = std::make_shared<CheckVcdArguments>();
  CLI::App* const app = parent.add_subcommand("check-vcd", "Check that waveform files are well-formed");
  add_texts(*app, "files", arguments->files, "waveforms")->required()->type_name("FILE");
  app->add_flag("--list", arguments->list, "also one line a signal: width, changes, name");
  app->footer(
      "Exit code: 0 all files are well-formed, 2 one is not, told in one line with file and line number. "
      "What "
      "the format leaves open is told as a note.");
  return {app, [arguments] {
            check_vcd_command(*arguments);
            return kExitPass;
          }};
}

}  // namespace bitbalance
