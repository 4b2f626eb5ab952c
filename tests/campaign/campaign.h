// Checks any number of seeds in processes side by side, and reports what differs or never ends with the seed
// that repeats it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/names.h"

namespace bitbalance::test {

struct CampaignOptions {
  std::uint64_t first = 1, last = 1000;  ///< seeds
  int jobs = 1;                          ///< processes
  double seconds = 0;                    ///< no seed begins after as many; 0: no limit
  unsigned cpu_seconds = 600;            ///< of a process: what takes longer hangs
  unsigned wall_seconds = 3600;          ///< the same by the clock on the wall: what sleeps hangs, too
};

struct CampaignFinding {
  std::uint64_t seed = 0;
  bool is_hang = false;
  std::string what;  ///< one line
};

struct CampaignReport {
  std::uint64_t checked = 0;      ///< seeds, those with a finding included
  std::uint64_t not_clocked = 0;  ///< of these, with kTooLong
  std::vector<CampaignFinding> findings;
  int stopped_by = 0;  ///< signal of a user who did not want to wait for the rest; 0: none
};

/// A step of a check, in a process of its own that may crash or hang: returns what `body` does, or how the
/// process ended. SystemC elaborates once per process.
using Isolated = std::function<std::string(const std::function<std::string()>& body)>;
/// What a check returns if all is well, but not everything was checked.
inline constexpr const char* kTooLong = "too long to be clocked";
/// Empty if all is well with the seed.
using SeedCheck = std::function<std::string(std::uint64_t seed, const Isolated& isolated)>;

/// `found` is called at once, `tick` at least ten times a second. SIGINT, SIGTERM and SIGHUP end it, and the
/// cases under way with it.
CampaignReport run_campaign(const CampaignOptions& options, const SeedCheck& check,
                            const std::function<void(const CampaignFinding&)>& found = {},
                            const std::function<void(std::uint64_t checked)>& tick = {});

}  // namespace bitbalance::test
