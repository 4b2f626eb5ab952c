// Quantized networks of earlier runs, in a folder that processes share: the same input makes the same
// network.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "quant/ir/quantized_network.h"
#include "testbench/scenario/names.h"

namespace bitbalance::scenario {

/// Whatever is wrong with the folder or a file in it (missing, full, not writable, cut off, changed) is as if
/// there were no such network: nothing is thrown and nothing told. A file appears whole or not at all, so a
/// process that is killed or runs at the same time does no harm.
class NetworkCache {
 public:
  /// The folder is made when it is needed. `most_bytes`: of all networks together; those that were not asked
  /// for the longest go first.
  explicit NetworkCache(std::filesystem::path folder, std::uint64_t most_bytes = std::uint64_t{1} << 30)
      : folder_(std::move(folder)), most_bytes_(most_bytes) {}

  /// `key`: all that the network was made from.
  std::optional<QuantizedNetwork> find(const std::string& key) const;
  void store(const std::string& key, const QuantizedNetwork& network) const;

 private:
  std::filesystem::path file_of(const std::string& key) const;
  void make_room() const;

  std::filesystem::path folder_;
  std::uint64_t most_bytes_;
};

/// The user's folder by the XDG Base Directory Specification: bitbalance in $XDG_CACHE_HOME, else in
/// $HOME/.cache. Nothing without an absolute path.
std::optional<std::filesystem::path> user_cache_folder();

}  // namespace bitbalance::scenario
