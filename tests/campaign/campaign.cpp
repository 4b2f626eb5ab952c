#include "tests/campaign/campaign.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>

#include "base/process/interruption.h"
#include "testbench/run/process/process_pool.h"
#include "testbench/run/process/stop_signals.h"
#include "tests/support/child.h"

namespace bitbalance::test {
namespace {

constexpr const char* kHang = "hang: ";

/// In a child: ends with its parent, so that nothing of a campaign outlives it.
void end_with(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
}

/// What `body` returned, or how its process ended.
std::string limited(const CampaignOptions& options, const std::function<std::string()>& body) {
  std::string result = in_child([&, parent = ::getpid()] {
    end_with(parent);
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
  const StopSignals stop;
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
  try {
    pool.gather(
        [&](int, const std::string& message) {
          ++report.checked;
          CampaignFinding finding = finding_of(message);
          if (finding.what == kTooLong) ++report.not_clocked;
          if (finding.what.empty() || finding.what == kTooLong) return;
          if (found) found(finding);
          report.findings.push_back(std::move(finding));
        },
        [&] {
          if (tick) tick(report.checked);
          throw_if_interrupted();
        });
  } catch (const Interrupted&) {
    report.stopped_by = interrupting_signal;
  }
  return report;
}

}  // namespace bitbalance::test
