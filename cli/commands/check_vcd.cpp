// `bitbalance check-vcd`: tells whether waveform files are well-formed, and what is in them.
#include <memory>

#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/exit_codes.h"
#include "testbench/run/process/console.h"
#include "testbench/waveform/vcd.h"
#include "testbench/waveform/vcd_summary.h"

namespace bitbalance::cli {
namespace {

struct CheckVcdArguments {
  std::vector<std::string> files;
  bool list = false;  ///< also one line a signal
};

void check_vcd(const CheckVcdArguments& arguments) {
  for (const std::string& file : arguments.files) {
    const Vcd vcd = read_vcd(file, VcdChanges::kCounted);
    write_stdout(describe_vcd(file, vcd));
    if (!arguments.list) continue;
    for (const VcdSignal& signal : vcd.signals) write_stdout(describe_vcd_signal(vcd, signal));
  }
}

}  // namespace

Subcommand add_check_vcd_command(CLI::App& parent) {
  const auto arguments = std::make_shared<CheckVcdArguments>();
  CLI::App* const app = parent.add_subcommand("check-vcd", "Check that waveform files are well-formed");
  add_texts(*app, "files", arguments->files, "waveforms")->required()->type_name("FILE");
  app->add_flag("--list", arguments->list, "also one line a signal: width, changes, name");
  app->footer(
      "Exit code: 0 all files are well-formed, 2 one is not, reported in one line with file and line number. "
      "What the format leaves open is reported as a note.");
  return {app, [arguments] {
            check_vcd(*arguments);
            return kExitPass;
          }};
}

}  // namespace bitbalance::cli
