// campaign [--seeds FIRST..LAST] [--jobs N] [--seconds S]: random networks on random accelerators with random
// memories and stalls. A seed is the same case in every run. Exit code 1 if anything was found, 2 for a
// mistake, 128 and its number for a signal, which ends it with what was checked.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <regex>
#include <systemc>

#include "base/text/number.h"
#include "tests/campaign/campaign_case.h"

namespace bitbalance::test {
namespace {

constexpr std::uint64_t kProgress = 1000;  ///< seeds between two lines

/// "17" or "1..1000"; false for anything else.
bool parse_seeds(const std::string& text, CampaignOptions& options) {
  std::smatch match;
  if (!std::regex_match(text, match, std::regex(R"((\d{1,18})(?:\.\.(\d{1,18}))?)"))) return false;
  options.first = std::stoull(match[1]);
  options.last = match[2].matched ? std::stoull(match[2]) : options.first;
  return options.first <= options.last;
}

int run(int argc, char* argv[]) {
  CampaignOptions options;
  CLI::App app("Random networks, accelerators, memories and stalls: all levels against the golden model");
  const auto set_seeds = [&](const std::string& text) {
    if (!parse_seeds(text, options))
      throw CLI::ValidationError("--seeds", "'" + text + "'; accepted: FIRST..LAST, or one seed");
  };
  app.add_option_function<std::string>("--seeds", set_seeds, "FIRST..LAST, or one alone; default: 1..1000");
  app.add_option("--jobs", options.jobs, "processes")->check(CLI::Range(1, 1024));
  app.add_option("--seconds", options.seconds, "no seed begins after as many; 0: no limit");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  const auto start = std::chrono::steady_clock::now();
  std::uint64_t told = 0;
  const CampaignReport report = run_campaign(
      options, check_case,
      [](const CampaignFinding& finding) {
        fmt::print("seed {}: {}\n  again: campaign --seeds {}\n", finding.seed, finding.what, finding.seed);
        std::fflush(stdout);
      },
      [&](std::uint64_t checked) {
        if (checked / kProgress == told) return;
        told = checked / kProgress;
        fmt::print("{} cases\n", checked);
        std::fflush(stdout);
      });
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const auto hangs = std::count_if(report.findings.begin(), report.findings.end(),
                                   [](const CampaignFinding& finding) { return finding.is_hang; });
  fmt::print("seeds {}..{}{}: {} cases in {:.0f} s, {} of them {}, {} mismatches, {} hangs\n", options.first,
             options.last,
             report.stopped_by != 0 ? fmt::format(", stopped by signal {}", report.stopped_by) : "",
             report.checked, took.count(), report.not_clocked, kTooLong,
             static_cast<std::ptrdiff_t>(report.findings.size()) - hangs, hangs);
  if (report.stopped_by != 0) return 128 + report.stopped_by;
  return report.findings.empty() ? 0 : 1;
}

}  // namespace
}  // namespace bitbalance::test

int sc_main(int argc, char* argv[]) {
  return bitbalance::test::run(argc, argv);
}

int main(int argc, char* argv[]) {
  ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);  // read before sc_main
  return sc_core::sc_elab_and_sim(argc, argv);
}
