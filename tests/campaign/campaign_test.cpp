// A campaign finds what is wrong with a seed, names the seed, and goes on.
#include "tests/campaign/campaign.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <stdexcept>

#include "tests/campaign/campaign_case.h"
#include "tests/support/child.h"

namespace bitbalance::test {
namespace {

/// Seeds 13 to 18 are wrong, each in its own way; 19 and 20 are right as far as they were checked.
std::string check_with_faults(std::uint64_t seed, const Isolated& isolated) {
  if (seed == 13) return "two\nlines differ";
  if (seed == 14) throw std::runtime_error("thrown");
  if (seed == 15) std::raise(SIGKILL);
  if (seed == 19 || seed == 20) return kTooLong;
  return isolated([&]() -> std::string {
    if (seed == 16) std::raise(SIGKILL);
    for (volatile bool forever = seed == 17; forever;) {
    }
    return seed == 18 ? "hang: no progress" : "";
  });
}

TEST_CASE("a campaign reports mismatches, crashes and hangs with their seeds, and goes on") {
  CampaignOptions options;
  options.first = 11;
  options.last = 40;
  options.cpu_seconds = 1;
  for (const int jobs : {1, 3}) {
    options.jobs = jobs;
    std::size_t told = 0;
    CampaignReport report =
        run_campaign(options, check_with_faults, [&told](const CampaignFinding&) { ++told; });
    CHECK(report.checked == 30);
    CHECK(report.not_clocked == 2);
    CHECK(told == report.findings.size());
    std::sort(report.findings.begin(), report.findings.end(),
              [](const auto& a, const auto& b) { return a.seed < b.seed; });
    std::string text;
    for (const CampaignFinding& finding : report.findings)
      text += std::to_string(finding.seed) + (finding.is_hang ? "!" : " ") + finding.what + "\n";
    CHECK(text ==
          "13 two lines differ\n"
          "14 exception: thrown\n"
          "15 the child died of signal 9\n"
          "16 the child died of signal 9\n"
          "17!hang: the child died of signal 24\n"
          "18!hang: no progress\n");
  }
}

TEST_CASE("a process that sleeps for ever hangs, too") {
  CampaignOptions options;
  options.first = options.last = 1;
  options.wall_seconds = 1;
  const CampaignReport report = run_campaign(options, [](std::uint64_t, const Isolated&) -> std::string {
    while (true) ::pause();
  });
  REQUIRE(report.findings.size() == 1);
  CHECK(report.findings.front().is_hang);
}

TEST_CASE("a signal ends a campaign with what was checked, and leaves no process behind") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const pid_t child = forked([&] {
    ::close(ends[0]);
    CampaignOptions options;
    options.first = 1;
    options.last = 1000;
    options.jobs = 2;
    // Seed 5 and, in a process of its own, seed 6 wait for ever; so nothing follows the first six.
    const CampaignReport report =
        run_campaign(options, [&](std::uint64_t seed, const Isolated& isolated) -> std::string {
          const auto wait = [&]() -> std::string {
            if (::write(ends[1], "w", 1) != 1) return "nobody listens";
            while (true) ::pause();
          };
          if (seed < 5) return seed == 2 ? "differs" : "";
          return seed == 5 ? wait() : isolated(wait);
        });
    const std::string text =
        fmt::format("{} {} {}", report.checked, report.findings.size(), report.stopped_by);
    if (::write(ends[1], text.data(), text.size()) < 0) ::_exit(1);
  });
  ::close(ends[1]);
  std::string told;
  std::array<char, 64> buffer{};
  for (ssize_t n = 0;
       (n = ::read(ends[0], buffer.data(), buffer.size())) > 0;) {  // until nobody has the pipe
    told.append(buffer.data(), static_cast<std::size_t>(n));
    if (told == "ww") ::kill(child, SIGINT);
  }
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  CHECK(told == fmt::format("ww4 1 {}", SIGINT));
}

TEST_CASE("no seed begins after the time is over") {
  CampaignOptions options;
  options.first = 1;
  options.last = 1'000'000'000;
  options.seconds = 0.05;
  const CampaignReport report =
      run_campaign(options, [](std::uint64_t, const Isolated&) { return std::string(); });
  CHECK(report.checked >= 1);
  CHECK(report.checked < 1'000'000);
}

TEST_CASE("random cases of a campaign agree at all levels") {
  CampaignOptions options;
  options.first = 1;
  options.last = 60;
  const CampaignReport report = run_campaign(options, check_case);
  CHECK(report.checked == 60);
  for (const CampaignFinding& finding : report.findings) FAIL_CHECK(finding.seed << ": " << finding.what);
}

}  // namespace
}  // namespace bitbalance::test
