// `bitbalance-platform`: a scenario's network run by firmware on a RISC-V system-on-chip. A program of its
// own, because the processor is an emulator under GPL-2.0.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <systemc>

#include "cli/command_line.h"
#include "cli/platform/run.h"
#include "cli/report_error.h"
#include "cli/run_as_program.h"

namespace bitbalance::cli {
namespace {

void declare(CLI::App& app, PlatformArguments& arguments) {
  app.add_option("scenario", arguments.scenario, "what to run: network, images, accelerator, memory")
      ->type_name("FILE");
  app.add_option("--program", arguments.program,
                 "a program that bitbalance build wrote, instead of a scenario")
      ->type_name("DIR");
  add_texts(app, "-D,--set", arguments.settings, "override a setting of the scenario")
      ->type_name("path.to.key=value");
  app.add_option("--platform", arguments.platform,
                 "the accelerators, each with a level and settings of its own")
      ->type_name("FILE.yaml");
  app.add_option("--level", arguments.level,
                 "level of detail of all accelerators: " + listed(kLevels) + "; default: " + kLevels[0].name);
  app.add_option("--images", arguments.images, "images to run (network.count), 0: all")->type_name("N");
  app.add_option("--accelerators", arguments.accelerators, "how many equal ones share the images; default: 1")
      ->check(whole_number_check());
  app.add_option("--quantum-ns", arguments.quantum_ns, "how far the processor may be ahead of the kernel")
      ->check(real_number_check())
      ->capture_default_str();
  app.add_flag("--no-dmi", arguments.no_dmi, "every access to RAM and DRAM is a transaction");
  app.add_option("--wait", arguments.wait, "how the driver waits: " + listed(kWaits))->capture_default_str();
  app.add_option("--timeout-ms", arguments.timeout_ms, "after which the driver gives a program up")
      ->check(real_number_check())
      ->capture_default_str();
  app.add_option("--spin", arguments.spin,
                 "rounds of a loop that the firmware runs first, to measure its speed")
      ->check(whole_number_check());
  app.add_option("--exercise", arguments.exercise,
                 "what the driver tries first at the wrong moment: " + listed(kExercises));
  app.add_option("--firmware", arguments.firmware, "another program for the processor")
      ->type_name("FILE.elf");
  app.add_option("--uart", arguments.uart, "also write what the terminal shows here")->type_name("FILE");
  app.add_option("--waves", arguments.waves, "waveform of bus and interrupt lines")
      ->type_name("FILE.vcd or FILE.fst");
  app.add_option("--transactions", arguments.transactions, "every transaction on the bus, as CSV")
      ->type_name("FILE");
  app.add_option("--initiator", arguments.initiator, "with --transactions: of this initiator only")
      ->type_name("NAME");
  app.add_option("--target", arguments.target, "with --transactions: of this target only")->type_name("NAME");
  app.add_option("--gdb", arguments.gdb, "wait for GDB on this port of this machine; 0: any that is free")
      ->check(whole_number_check())
      ->type_name("PORT");
  app.footer(R"(
Examples:
  bitbalance-platform scenarios/lenet.yaml
  bitbalance-platform scenarios/lenet.yaml --level rtl --images 8 --wait poll --quantum-ns 0 --no-dmi

Exit code: 0 if the firmware ends with 0 and every prediction is the golden model's, 1 if not, 2 for a mistake in
arguments or files, 3 if this machine refuses, the last two told in one line.)");
}

int parse_and_run(int argc, char* argv[]) {
  CLI::App app{"Runs a scenario's network by firmware on a RISC-V system-on-chip.", "bitbalance-platform"};
  PlatformArguments arguments;
  declare(app, arguments);
  try {
    read_command_line(app, argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  }
  return run_platform(arguments);
}

}  // namespace
}  // namespace bitbalance::cli

int sc_main(int argc, char* argv[]) {
  using namespace bitbalance::cli;
  return run_as_program("bitbalance-platform",
                        [&] { return with_reports_as_errors([&] { return parse_and_run(argc, argv); }); });
}

int main(int argc, char* argv[]) {
  ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);  // read before sc_main
  return sc_core::sc_elab_and_sim(argc, argv);
}
