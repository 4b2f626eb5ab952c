// The `bitbalance` command: arguments in, exit code out.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <systemc>

#include "testbench/recost_command.h"
#include "testbench/run_command.h"
#include "testbench/vcd_command.h"

namespace {

using bitbalance::RunArguments;

constexpr const char* kRunExamples = R"(
Examples:
  bitbalance run scenarios/fashion.yaml
  bitbalance run scenarios/fashion.yaml --images 32 --out out/fashion
  bitbalance run scenarios/lenet.yaml --set accelerator.rows=16 --set accelerator.synchronization=group_max
  bitbalance run scenarios/lenet.yaml --mapping results/lenet/mapping.yaml
  bitbalance run scenarios/lenet.yaml --trace conv1:0-1 --signals 'pe_array.row0.*' --signals 'weight_encoder.*'

Results: summary.json, layers.csv, effective.yaml (every setting, a scenario itself) and mapping.yaml;
with --trace <layer>.vcd and <layer>.gtkw for GTKWave.
Exit code: 0 verdict pass, 1 verdict fail, 2 a mistake in arguments or files, told in one line.)";

void declare_run(CLI::App& app, RunArguments& arguments) {
  app.add_option("scenario", arguments.scenario, "YAML file: network, accelerator, quantization, memory")
      ->required()
      ->type_name("FILE");
  app.add_option("--set", arguments.settings, "override a setting of the scenario")
      ->type_name("path.to.key=value")
      ->allow_extra_args(false);
  app.add_option("--level", arguments.level, "level of detail: rtl, tlm")->type_name("LEVEL");
  app.add_option("--images", arguments.images, "images to run (network.count), 0: all")->type_name("N");
  app.add_option("--mapping", arguments.mapping, "how to cut layers into blocks (section mapping)")
      ->type_name("FILE");
  app.add_option("--out", arguments.out, "results folder, by default results/<name of the scenario>")
      ->type_name("DIR");
  app.add_option("--trace", arguments.trace, "waveform of these tiles of a layer (default: all of it)")
      ->type_name("LAYER[:first-last]");
  app.add_option("--signals", arguments.signals,
                 "signals of the waveform, by pattern; repeatable (default: all units)")
      ->type_name("GLOB")
      ->allow_extra_args(false);
  app.footer(kRunExamples);
}

void declare_check_vcd(CLI::App& app, bitbalance::CheckVcdArguments& arguments) {
  app.add_option("files", arguments.files, "waveforms")->required()->type_name("FILE");
  app.add_flag("--list", arguments.list, "also one line a signal: width, changes, name");
  app.footer(
      "Exit code: 0 all files are well-formed, 2 one is not, told in one line with file and line number.");
}

void declare_recost(CLI::App& app, bitbalance::RecostArguments& arguments) {
  app.add_option("results", arguments.results, "results folder of a run")->required()->type_name("DIR");
  app.add_option("--technology", arguments.technology, "constants, as in scenarios/technology")
      ->required()
      ->type_name("FILE");
  app.add_option("--set", arguments.settings, "override a constant, as in logic.adder.energy.value=0.3")
      ->type_name("path.to.key=value")
      ->allow_extra_args(false);
  app.add_option("--csv", arguments.csv, "write energy by layer, component and action")->type_name("FILE");
  app.footer(R"(
Examples:
  bitbalance recost results/lenet --technology scenarios/technology/65nm.yaml --set dram.type=ddr3
  bitbalance recost results/lenet --technology scenarios/technology/65nm.yaml --set target.voltage_v=1.0

Exit code: 0, or 2 for a mistake in arguments or files, told in one line.)");
}

int parse_and_run(int argc, char* argv[]) {
  CLI::App app{"Bit-true, clock by clock model of the Bit-balance accelerator."};
  app.name("bitbalance");
  app.set_version_flag("--version", std::string("bitbalance ") + BITBALANCE_VERSION);
  app.require_subcommand(1);
  app.footer("Try: bitbalance run scenarios/lenet.yaml");
  RunArguments run;
  CLI::App* run_app =
      app.add_subcommand("run", "Run a scenario and compare every output with the golden model");
  declare_run(*run_app, run);
  bitbalance::CheckVcdArguments check_vcd;
  CLI::App* check_vcd_app = app.add_subcommand("check-vcd", "Check that waveform files are well-formed");
  declare_check_vcd(*check_vcd_app, check_vcd);
  bitbalance::RecostArguments recost;
  CLI::App* recost_app =
      app.add_subcommand("recost", "Cost a stored run in a technology, without simulating");
  declare_recost(*recost_app, recost);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "bitbalance: {}; see bitbalance {}--help\n", error.what(),
               run_app->parsed()         ? "run "
               : check_vcd_app->parsed() ? "check-vcd "
               : recost_app->parsed()    ? "recost "
                                         : "");
    return bitbalance::kExitUsage;
  }
  if (check_vcd_app->parsed()) {
    bitbalance::check_vcd_command(check_vcd);
    return bitbalance::kExitPass;
  }
  if (recost_app->parsed()) {
    bitbalance::recost_command(recost);
    return bitbalance::kExitPass;
  }
  return bitbalance::run_command(run);
}

}  // namespace

int sc_main(int argc, char* argv[]) {
  try {
    return parse_and_run(argc, argv);
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
