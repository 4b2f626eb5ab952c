// A subcommand of `bitbalance`: its arguments, declared where they are used, and what it does. A file each in
// commands/; main.cpp lists them.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "cli/names.h"

namespace bitbalance::cli {

struct Subcommand {
  CLI::App* app;
  /// Called once the arguments are parsed; returns the exit code. Throws std::invalid_argument for a user's
  /// mistake.
  std::function<int()> run;
};

Subcommand add_init_command(CLI::App& parent);
Subcommand add_quantize_command(CLI::App& parent);
Subcommand add_run_command(CLI::App& parent);
Subcommand add_check_vcd_command(CLI::App& parent);
Subcommand add_recost_command(CLI::App& parent);
Subcommand add_build_command(CLI::App& parent);
Subcommand add_disassemble_command(CLI::App& parent);
Subcommand add_compare_command(CLI::App& parent);
Subcommand add_plot_command(CLI::App& parent);
Subcommand add_sweep_command(CLI::App& parent);

}  // namespace bitbalance::cli
