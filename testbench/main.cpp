// The `bitbalance` command: arguments in, exit code out.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <systemc>
#include <vector>

#include "testbench/commands/command.h"
#include "testbench/exit_codes.h"

namespace bitbalance {
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
  const auto chosen = [&commands] {
    return std::find_if(commands.begin(), commands.end(),
                        [](const Subcommand& command) { return command.app->parsed(); });
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    const auto command = chosen();
    fmt::print(stderr, "bitbalance: {}; see bitbalance {}--help\n", error.what(),
               command == commands.end() ? "" : command->app->get_name() + " ");
    return kExitUsage;
  }
  return chosen()->run();
}

}  // namespace
}  // namespace bitbalance

int sc_main(int argc, char* argv[]) {
  try {
    return bitbalance::parse_and_run(argc, argv);
  } catch (const std::invalid_argument& mistake) {
    fmt::print(stderr, "bitbalance: {}\n", mistake.what());
    return bitbalance::kExitUsage;
  } catch (const bitbalance::Interrupted& interrupted) {
    fmt::print(stderr, "bitbalance: {}\n", interrupted.what());
    return bitbalance::kExitInterrupted;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bitbalance: {}\n", error.what());
    return bitbalance::kExitFail;
  }
}

int main(int argc, char* argv[]) {
  ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);  // read before sc_main
  return sc_core::sc_elab_and_sim(argc, argv);
}
