#include "testbench/explore/sweep/task/slurm.h"

#include <fmt/format.h>

#include "base/process/child_process.h"
#include "base/text/number.h"
#include "base/text/split.h"
#include "testbench/scenario/settings/settings.h"

namespace bitbalance::explore {
namespace {

constexpr const char* kAccepted = "a machine from which jobs are submitted, or --engine processes";

ChildOutput slurm(const std::vector<std::string>& command, const std::string& input = "") {
  const std::optional<ChildOutput> output = run_child(command, input);
  if (!output) {
    throw SettingsError(
        fmt::format("--engine slurm: {} is not installed; accepted: {}", command.front(), kAccepted));
  }
  return *output;
}

}  // namespace

std::uint64_t most_array_tasks() {
  const ChildOutput config = slurm({"scontrol", "show", "config"});
  if (config.exit_code != 0)
    throw SettingsError(fmt::format("--engine slurm: scontrol: {}; accepted: {}", config.end(), kAccepted));
  for (const std::string& line : split(config.out, '\n')) {
    // MaxArraySize            = 1001
    if (line.compare(0, 12, "MaxArraySize") != 0) continue;
    const auto size = whole_number(std::string_view(line).substr(line.rfind(' ') + 1));
    if (size && *size > 0) return static_cast<std::uint64_t>(*size);
  }
  throw SettingsError(
      "--engine slurm: scontrol tells no MaxArraySize; accepted: a cluster that takes arrays");
}

std::string run_array(const std::string& command, std::uint64_t tasks,
                      const std::vector<std::string>& options, const std::string& log) {
  std::vector<std::string> words = {"sbatch", "--wait", "--job-name=bitbalance-sweep",
                                    fmt::format("--array=0-{}", tasks - 1),
                                    fmt::format("--output={}/%a.log", log)};
  words.insert(words.end(), options.begin(), options.end());
  const ChildOutput output = slurm(words, "#!/bin/sh\n" + command + "\n");
  return output.exit_code == 0 ? "" : "sbatch: " + output.end();
}

}  // namespace bitbalance::explore
