// The list of the files that a command left in its results folder: what may go when the folder is replaced.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "testbench/report/names.h"

namespace bitbalance::report {

struct Manifest {
  static constexpr const char* kFile = "manifest.json";

  std::string command;   ///< that wrote the folder: run, quantize, compare
  bool finished = true;  ///< else the command is at work or was killed, and no fingerprint counts
  std::map<std::string, std::uint64_t> files;  ///< fingerprints by name
};

/// Of the files called `names` that are there.
Manifest list_files(const std::filesystem::path& folder, const std::string& command,
                    const std::set<std::string>& names);

std::string to_json(const Manifest& manifest);

/// Nothing when there is none, or something else of its name.
std::optional<Manifest> read_manifest(const std::filesystem::path& folder);

/// The first entry of `folder` that is not a file of the list, or differs from it: "notes.txt",
/// "a.csv, changed since". Of a command that was killed, a file may be written in part.
std::optional<std::string> first_stranger(const std::filesystem::path& folder, const Manifest& manifest);

}  // namespace bitbalance::report
