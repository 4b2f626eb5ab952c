// The folder a run leaves behind: it appears whole or not at all. Files go to a hidden sibling, which takes
// the folder's name at the end; until then an earlier result stays as it is.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace bitbalance {

class ResultsFolder {
 public:
  /// Throws SettingsError when the folder cannot be written, or holds something other than earlier results.
  explicit ResultsFolder(const std::filesystem::path& target);
  /// Removes everything unless commit() was reached.
  ~ResultsFolder();
  ResultsFolder(const ResultsFolder&) = delete;
  ResultsFolder& operator=(const ResultsFolder&) = delete;

  /// Where to write until commit().
  const std::filesystem::path& workspace() const { return workspace_; }
  const std::filesystem::path& target() const { return target_; }

  /// Throws std::runtime_error when the disk refuses.
  void write(const std::string& name, const std::string& text) const;
  void commit();

 private:
  std::filesystem::path target_;
  std::filesystem::path workspace_;
  std::vector<std::filesystem::path> created_;  ///< missing parents, outermost first
  bool committed_ = false;
};

}  // namespace bitbalance
