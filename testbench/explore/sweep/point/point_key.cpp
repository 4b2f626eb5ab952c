#include "testbench/explore/sweep/point/point_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/file/file_fingerprint.h"
#include "base/file/fingerprint.h"
#include "base/text/outside_text.h"
#include "quant/eval/images/npz_file.h"
#include "testbench/scenario/cache/network_key.h"

namespace bitbalance::explore {
namespace {

/// They change a name in a report, or the time that the work takes.
constexpr std::array<const char*, 2> kWithoutEffect = {"name", "run.threads"};

bool is_of_network(const std::string& path) {
  const std::string section = "network.";
  return path.compare(0, section.size(), section) == 0;
}

/// With uncommitted changes, or without git, many programs have one name.
bool is_one_program(const std::string& name) {
  return name.find("-dirty") == std::string::npos && name.find("unknown") == std::string::npos;
}

}  // namespace

KeyMaker::KeyMaker(const std::string& program, const std::filesystem::path& executable)
    : program_(fingerprint(program)) {
  if (is_one_program(program)) return;
  program_ = word_fingerprint(read_bytes(executable, std::string::npos).value_or(""), program_);
}

std::uint64_t KeyMaker::contents_of(const std::filesystem::path& place) {
  const auto known = contents_.find(place);
  if (known != contents_.end()) return known->second;
  std::uint64_t mark = fingerprint(eval::is_in_archive(place) ? place.filename().string() : "");
  for (const std::filesystem::path& file : files_of(place)) {
    const std::string name = file.lexically_relative(place).string();  // of a file alone: "."
    mark = fingerprint(fmt::format("{}\n{:x}\n", name, fingerprint_of(file)), mark);
  }
  return contents_[place] = mark;
}

PointKey KeyMaker::key_of(const Scenario& scenario, const EffectiveSettings& settings) {
  const bool computes = computes_data(scenario.run.level);
  const bool has_images = computes || !scenario.network.synthetic();  // which are prepared with the network
  PointKey key;
  key.point = program_;
  key.network = fingerprint(computes ? "data" : "timing");
  for (const EffectiveSetting& setting : settings.settings) {
    if (std::find(kWithoutEffect.begin(), kWithoutEffect.end(), setting.path) != kWithoutEffect.end())
      continue;
    const std::string line =
        setting.path + "=" +
        (setting.is_file ? fmt::format("{:016x}", contents_of(setting.text)) : setting.text) + "\n";
    key.point = fingerprint(line, key.point);
    if (makes_network(setting.path) || (has_images && is_of_network(setting.path)))
      key.network = fingerprint(line, key.network);
  }
  return key;
}

}  // namespace bitbalance::explore
