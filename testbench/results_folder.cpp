#include "testbench/results_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "testbench/settings.h"

namespace bitbalance {
namespace fs = std::filesystem;
namespace {

/// An earlier run's folder is known by its summary, an earlier comparison's by its figures.
bool holds_results(const fs::path& folder) {
  const auto holds = [&](const char* file, const char* key) {
    std::ifstream stream(folder / file);
    const auto json = nlohmann::json::parse(stream, nullptr, false);
    return json.is_object() && json.contains("schema") && json.contains(key);
  };
  return holds("summary.json", "verdict") || holds("compare.json", "comparisons");
}

[[noreturn]] void refuse(const fs::path& folder, const std::string& why) {
  throw SettingsError(
      fmt::format("--out {}: {}; accepted: a folder that can be created, or one of earlier results",
                  folder.string(), why));
}

}  // namespace

ResultsFolder::ResultsFolder(const fs::path& target) {
  std::error_code error;
  target_ = fs::weakly_canonical(fs::absolute(target), error);
  if (error) refuse(target, error.message());
  if (!target_.has_filename()) target_ = target_.parent_path();
  const bool exists = fs::exists(target_, error);
  if (exists && !fs::is_directory(target_)) refuse(target, "is not a folder");
  if (exists && !fs::is_empty(target_, error) && !holds_results(target_)) {
    refuse(target, error ? error.message() : "holds other files, which a run would replace");
  }

  std::vector<fs::path> missing;
  fs::path parent = target_.parent_path();
  for (; !fs::exists(parent, error) && parent != parent.root_path(); parent = parent.parent_path()) {
    missing.insert(missing.begin(), parent);
  }
  workspace_ = target_.parent_path() / fmt::format(".{}.partial-{}", target_.filename().string(), ::getpid());
  for (const fs::path& folder : missing) {
    if (!fs::create_directory(folder, error)) break;
    created_.push_back(folder);
  }
  if (error || !fs::create_directory(workspace_, error)) {
    for (auto folder = created_.rbegin(); folder != created_.rend(); ++folder) fs::remove(*folder);
    refuse(target, error ? error.message() : "is being written by another run");
  }
}

ResultsFolder::~ResultsFolder() {
  if (committed_) return;
  std::error_code ignored;
  fs::remove_all(workspace_, ignored);
  for (auto folder = created_.rbegin(); folder != created_.rend(); ++folder) fs::remove(*folder, ignored);
}

void ResultsFolder::write(const std::string& name, const std::string& text) const {
  const fs::path file = workspace_ / name;
  std::ofstream stream(file, std::ios::binary);
  stream << text;
  stream.close();
  if (!stream)
    throw std::runtime_error(fmt::format("{}: cannot be written (is the disk full?)", file.string()));
}

void ResultsFolder::commit() {
  const fs::path earlier = workspace_.string() + ".earlier";
  const bool replaces = fs::exists(target_);
  if (replaces) fs::rename(target_, earlier);
  std::error_code error;
  fs::rename(workspace_, target_, error);
  if (error) {
    if (replaces) fs::rename(earlier, target_);
    throw std::runtime_error(fmt::format("{}: cannot be written: {}", target_.string(), error.message()));
  }
  committed_ = true;
  if (replaces) fs::remove_all(earlier, error);
}

}  // namespace bitbalance
