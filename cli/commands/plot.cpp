// `bitbalance plot`: pictures of a run's results.
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "base/text/outside_text.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "testbench/report/chart.h"
#include "testbench/report/folder/results_folder.h"
#include "testbench/report/run_charts.h"
#include "testbench/run/process/console.h"
#include "testbench/run/process/stop_signals.h"
#include "testbench/scenario/settings/settings.h"

namespace bitbalance::cli {
namespace {

struct PlotArguments {
  std::string results;
  std::string out;
};

std::string drawn(const Chart& chart) {
  const Picture picture = draw_svg({chart});
  if (picture.svg.empty()) throw std::runtime_error(picture.why);
  return picture.svg;
}

/// Beside the results, also where these are given as "." or "..".
std::string default_plots(const std::filesystem::path& results) {
  const std::filesystem::path folder = results.has_filename() ? results : results.parent_path();
  const bool is_relative = folder.filename() == "." || folder.filename() == "..";
  return (is_relative ? std::filesystem::canonical(folder) : folder).string() + "-plots";
}

void plot_command(const PlotArguments& arguments) {
  const StopSignals stop;
  const std::filesystem::path results = arguments.results;
  const RunCharts charts = run_charts(results / "summary.json");
  if (!has_values(charts.roofline) && !has_values(charts.stalls)) {
    throw SettingsError(fmt::format("{}: no layer has a cycle; accepted: a run in which a cycle passed",
                                    (results / "summary.json").string()));
  }
  ResultsFolder folder(arguments.out.empty() ? default_plots(results) : arguments.out, "plot");
  const auto write = [&](const char* name, const Chart& chart) {
    if (has_values(chart)) return folder.write(name, drawn(chart));
    tell(fmt::format("{}: not drawn: no layer has a value to show", name));
  };
  write("roofline.svg", charts.roofline);
  write("stalls.svg", charts.stalls);
  folder.commit();
  write_stdout(fmt::format("results   {}\n", one_line(folder.target().string())));
}

}  // namespace

Subcommand add_plot_command(CLI::App& parent) {
  const auto arguments = std::make_shared<PlotArguments>();
  CLI::App* const app =
      parent.add_subcommand("plot", "Draw a run's results: roofline and stalls of its layers");
  app->add_option("results", arguments->results, "results folder of bitbalance run")
      ->required()
      ->type_name("DIR");
  app->add_option("--out", arguments->out, "folder of the pictures, by default <results>-plots")
      ->type_name("DIR");
  app->footer(R"(
Examples:
  bitbalance plot results/resnet50

Results: roofline.svg, stalls.svg; one for which no layer has a value is left out, which is told.
Exit code: 0, 2 for a mistake in arguments or files, 3 if this machine refuses (disk, memory, no gnuplot), both
told in one line, 128 + signal when stopped.)");
  return {app, [arguments] {
            plot_command(*arguments);
            return kExitPass;
          }};
}

}  // namespace bitbalance::cli
