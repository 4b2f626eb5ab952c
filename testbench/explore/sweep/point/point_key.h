// By what the result of a design point is known again: everything that it depends on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "testbench/explore/names.h"
#include "testbench/scenario/settings/effective_settings.h"

namespace bitbalance::explore {

struct PointKey {
  std::uint64_t point = 0;    ///< of the whole result
  std::uint64_t network = 0;  ///< of the quantized network, and of the images if the level computes data
};

/// Reads each file and folder that settings name once.
class KeyMaker {
 public:
  /// `program`: version and revision; another program may find other results. Where the revision does not
  /// name all of the sources, what `executable` holds counts, too.
  explicit KeyMaker(const std::string& program, const std::filesystem::path& executable = "/proc/self/exe");

  PointKey key_of(const Scenario& scenario, const EffectiveSettings& settings);

 private:
  std::uint64_t contents_of(const std::filesystem::path& place);

  std::uint64_t program_;
  std::map<std::filesystem::path, std::uint64_t> contents_;
};

}  // namespace bitbalance::explore
