#include "tests/campaign/campaign.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <csignal>

#include "testbench/run/process/process_pool.h"
#include "tests/support/child.h"

namespace bitbalance::test {
namespace {

constexpr const char* kHang = "hang: ";

/// What `body` returned, or how its process ended.
std::string limited(const CampaignOptions& options, const std::function<std::string()>& body) {
  const std::string result = in_child([&] {
    // First SIGXCPU: SIGKILL is also how a process ends that takes too much memory.
    const rlimit cpu = {options.cpu_seconds, options.cpu_seconds + 5};
    ::setrlimit(RLIMIT_CPU, &cpu);
    limit(RLIMIT_CORE, 0);
    ::alarm(options.wall_seconds);
    return body();
  });
  for (const int signal : {SIGXCPU, SIGALRM}) {
    if (result == fmt::format("the child died of signal {}", signal)) return kHang + result;
  }
  return result;
}

/// One line per seed: number and finding.
std::string message_of(std::uint64_t seed, const std::string& finding) {
  std::string text = fmt::format("{} {}", seed, finding);
  for (char& c : text) c = c == '\n' ? ' ' : c;
  return text;
}

CampaignFinding finding_of(const std::string& message) {
  const std::size_t space = message.find(' ');
  CampaignFinding finding{std::stoull(message), false, message.substr(space + 1)};
  finding.is_hang = finding.what.rfind(kHang, 0) == 0;
  return finding;
}

}  // namespace

CampaignReport run_campaign(const CampaignOptions& options, const SeedCheck& check,
                            const std::function<void(const CampaignFinding&)>& found,
                            const std::function<void(std::uint64_t checked)>& tick) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  const auto is_over = [&] {
    return options.seconds > 0 &&
           std::chrono::duration<double>(Clock::now() - start).count() >= options.seconds;
  };
  const auto jobs = static_cast<std::uint64_t>(options.jobs);
  ProcessPool pool(options.jobs, [&](int worker, const ProcessPool::Send& send) {
    for (std::uint64_t at = static_cast<std::uint64_t>(worker); at <= options.last - options.first;
         at += jobs) {
      if (is_over()) return;
      const std::uint64_t seed = options.first + at;
      send(message_of(seed, limited(options, [&] {
                        return check(seed, [&](const auto& body) { return limited(options, body); });
                      })));
    }
  });
  CampaignReport report;
  pool.gather(
      [&](int, const std::string& message) {
        ++report.checked;
        CampaignFinding finding = finding_of(message);
        if (finding.what.empty()) return;
        if (found) found(finding);
        report.findings.push_back(std::move(finding));
      },
      [&] {
        if (tick) tick(report.checked);
      });
  return report;
}

}  // namespace bitbalance::test
