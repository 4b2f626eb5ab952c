// The folder a command leaves behind: it appears whole or not at all. Files go to a hidden sibling, which
// takes the folder's name at the end; until then an earlier result stays as it is. Of what was there before,
// only files that an earlier command wrote and nobody changed are ever removed.
#pragma once

#include <cstddef>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "testbench/report/folder/manifest.h"

namespace bitbalance::report {

class ResultsFolder {
 public:
  /// `command`: its own earlier results are replaced. Removes what a killed command left of its work on this
  /// folder. Throws SettingsError when the folder cannot be written, holds anything else or is being written.
  ResultsFolder(const std::filesystem::path& target, const std::string& command);
  /// Removes everything unless commit() was reached.
  ~ResultsFolder();
  ResultsFolder(const ResultsFolder&) = delete;
  ResultsFolder& operator=(const ResultsFolder&) = delete;

  /// Where to write until commit().
  const std::filesystem::path& workspace() const { return workspace_; }
  const std::filesystem::path& target() const { return target_; }

  /// Throws std::runtime_error when the disk refuses.
  void write(const std::string& name, std::string_view text);
  /// Ahead of a file that another writes into the workspace: what is not announced is someone's.
  void announce(const std::string& name);
  /// Throws SettingsError when something appeared at the target since, and tells where the results are
  /// instead.
  void commit();

 private:
  /// Is there anything to replace? Refuses what is not ours.
  bool holds_earlier_results() const;
  void make_workspace();
  std::string lock_workspace();
  void clear_workspace();
  void write_list(const Manifest& manifest) const;
  void replace_earlier();
  [[noreturn]] void keep_beside(const std::string& why);
  void remove_workspace(const std::set<std::string>& names) const noexcept;
  void discard() noexcept;
  [[noreturn]] void refuse(const std::string& why) const;

  std::string given_;  ///< the target as the user wrote it
  std::string command_;
  std::filesystem::path target_;
  std::filesystem::path workspace_;
  std::filesystem::path aside_;                 ///< where an earlier result is while folders are exchanged
  std::vector<std::filesystem::path> created_;  ///< missing parents, outermost first
  /// Given back ahead of removing the workspace, which needs some when all memory is used up.
  std::vector<char> reserve_ = std::vector<char>(std::size_t{96} << 10);
  /// The workspace's list of files, locked: who holds it is at work, a killed command is not.
  int lock_ = -1;
  std::set<std::string> names_;  ///< of our files
  bool replaces_ = false;
  bool owns_workspace_ = false;  ///< what is in it is ours to remove
  bool committed_ = false;
};

}  // namespace bitbalance::report
