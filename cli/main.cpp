// The `bitbalance` command: arguments in, exit code out.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>
#include <system_error>
#include <systemc>
#include <vector>

#include "base/version.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/exit_codes.h"
#include "cli/report_error.h"
#include "cli/run_as_program.h"
#include "testbench/run/process/console.h"

namespace bitbalance::cli {
namespace {

int parse_and_run(int argc, char* argv[]) {
  CLI::App app{"Bit-true, cycle-exact model of the Bit-balance accelerator."};
  app.name("bitbalance");
  app.set_version_flag("--version", fmt::format("bitbalance {} ({})", kVersion, revision()));
  app.require_subcommand(1);
  app.footer("Try: bitbalance run scenarios/lenet.yaml");
  const std::vector<Subcommand> commands = {
      add_run_command(app),       add_init_command(app),        add_quantize_command(app),
      add_check_vcd_command(app), add_recost_command(app),      add_compare_command(app),
      add_build_command(app),     add_disassemble_command(app), add_sweep_command(app),
      add_plot_command(app),
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

[[noreturn]] void end(const char* why) {
  tell(why);
  std::_Exit(kExitMachine);
}

/// Instead of std::terminate where this machine refuses and nobody can catch it: libraries allocate before
/// main(), or in functions that throw nothing.
[[noreturn]] void end_in_one_line() {
  constexpr std::size_t kSome = std::size_t{1} << 20;
  if (std::malloc(kSome) == nullptr) end(kOutOfMemory);  // perhaps not even for an exception
  try {
    if (const std::exception_ptr failure = std::current_exception()) std::rethrow_exception(failure);
  } catch (const std::bad_alloc&) {
    end(kOutOfMemory);
  } catch (const std::system_error& error) {
    end(error.what());
  } catch (...) {
  }
  std::abort();
}

/// Ahead of what SystemC allocates when it is loaded.
[[gnu::section(".preinit_array"), gnu::used]] void (*const before_libraries)() = [] {
  std::set_terminate(end_in_one_line);
};

}  // namespace
}  // namespace bitbalance::cli

int sc_main(int argc, char* argv[]) {
  using namespace bitbalance::cli;
  return run_as_program("bitbalance",
                        [&] { return with_reports_as_errors([&] { return parse_and_run(argc, argv); }); });
}

int main(int argc, char* argv[]) {
  std::cerr.rdbuf(nullptr);                               // where libraries speak for themselves
  ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);  // read before sc_main
  return sc_core::sc_elab_and_sim(argc, argv);
}
