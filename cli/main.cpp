// The `bitbalance` command: arguments in, exit code out.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <new>
#include <systemc>
#include <vector>

#include "base/interruption.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/exit_codes.h"
#include "testbench/run/console.h"

namespace bitbalance::cli {
namespace {

int parse_and_run(int argc, char* argv[]) {
  CLI::App app{"Bit-true, cycle-exact model of the Bit-balance accelerator."};
  app.name("bitbalance");
  app.set_version_flag("--version", std::string("bitbalance ") + BITBALANCE_VERSION);
  app.require_subcommand(1);
  app.footer("Try: bitbalance run scenarios/lenet.yaml");
  const std::vector<Subcommand> commands = {
      add_run_command(app),    add_quantize_command(app), add_check_vcd_command(app),
      add_recost_command(app), add_compare_command(app),
  };
  try {
    read_command_line(app, argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  }
  return std::find_if(commands.begin(), commands.end(),
                      [](const Subcommand& command) { return command.app->parsed(); })
      ->run();
}

/// Tells why the command failed. What a signal interrupts can fail in any way.
int failure(const std::string& why, int exit_code) {
  const int signal = interrupting_signal;
  tell(signal != 0 ? "interrupted" : why);
  return signal != 0 ? kExitSignal + signal : exit_code;
}

}  // namespace
}  // namespace bitbalance::cli

int sc_main(int argc, char* argv[]) {
  using namespace bitbalance::cli;
  try {
    const int exit_code = parse_and_run(argc, argv);
    finish_stdout();
    return exit_code;
  } catch (const std::invalid_argument& mistake) {
    return failure(mistake.what(), kExitUsage);
  } catch (const std::bad_alloc&) {
    return failure("out of memory", kExitMachine);
  } catch (const sc_core::sc_report& report) {
    return failure(report.get_msg(), kExitMachine);
  } catch (const std::exception& error) {
    return failure(error.what(), kExitMachine);
  }
}

int main(int argc, char* argv[]) {
  bitbalance::runner::claim_standard_streams();
  std::signal(SIGXFSZ, SIG_IGN);  // a file that grows too large is an error like a full disk
  ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);  // read before sc_main
  return sc_core::sc_elab_and_sim(argc, argv);
}
