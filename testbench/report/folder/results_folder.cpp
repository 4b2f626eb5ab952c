#include "testbench/report/folder/results_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <system_error>
#include <thread>
#include <utility>

#include "base/file/output_file.h"
#include "base/process/interruption.h"
#include "testbench/report/folder/file_name.h"
#include "testbench/scenario/settings/settings.h"

namespace bitbalance::report {
namespace fs = std::filesystem;
namespace {

constexpr const char* kBusy = "is being written by another command";

std::string reason(int error) {
  return std::generic_category().message(error);
}

bool is_there(const fs::path& path) {
  return fs::symlink_status(path).type() != fs::file_type::not_found;
}

struct Descriptor {
  int file = -1;

  explicit Descriptor(int opened) : file(opened) {}
  ~Descriptor() {
    if (file >= 0) ::close(file);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
};

/// A folder that something is mounted on cannot take another's place.
bool is_mount(const fs::path& folder) {
  struct statx status {};
  return ::statx(AT_FDCWD, folder.c_str(), 0, 0, &status) == 0 &&
         (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/// What `folder` holds beside the results of `command`; empty: nothing.
std::string obstacle(const fs::path& folder, const std::string& command) {
  const std::optional<Manifest> manifest = read_manifest(folder);
  if (!manifest) {
    if (fs::is_empty(folder)) return "";
    return fmt::format("holds {}", first_stranger(folder, {}).value_or(Manifest::kFile));
  }
  if (manifest->command != command) return fmt::format("holds results of bitbalance {}", manifest->command);
  const auto stranger = first_stranger(folder, *manifest);
  return stranger ? fmt::format("holds {}", *stranger) : "";
}

/// Those that its list tells.
std::set<std::string> listed(const fs::path& folder) {
  std::set<std::string> names;
  if (const auto manifest = read_manifest(folder))
    for (const auto& file : manifest->files) names.insert(file.first);
  return names;
}

/// Those of `names`, and what a killed command left of one.
void remove_files(const fs::path& folder, const std::set<std::string>& names) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (names.count(name) != 0 || is_partial_name(name)) files.push_back(entry.path());
  }
  for (const fs::path& file : files) fs::remove(file);
}

/// The list last: a folder with a list is recognized as ours. Fails after that when anything else is there.
void remove_folder(const fs::path& folder, const std::set<std::string>& names) {
  remove_files(folder, names);
  fs::remove(folder / Manifest::kFile);
  fs::remove(folder);
}

/// In one step where the file system can.
void exchange(const fs::path& a, const fs::path& b, const fs::path& aside) {
  if (::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0) return;
  if (errno != EINVAL && errno != ENOSYS) throw std::system_error(errno, std::generic_category());
  fs::rename(b, aside);
  std::error_code error;
  fs::rename(a, b, error);
  fs::rename(aside, error ? b : a);
  if (error) throw std::system_error(error);
}

// Others make and remove folders, and parents for them, at any time: what is wrong once may be right again.
constexpr int kAttempts = 100;

fs::path settled(const fs::path& folder) {
  std::error_code error;
  fs::path path;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    path = fs::weakly_canonical(fs::absolute(folder), error);
    if (error != std::errc::no_such_file_or_directory) break;
  }
  if (error) throw fs::filesystem_error("", folder, error);
  return path;
}

}  // namespace

ResultsFolder::ResultsFolder(const fs::path& target, const std::string& command)
    : given_(target.string()), command_(command) {
  try {
    target_ = settled(target);
    if (!target_.has_filename()) target_ = target_.parent_path();
    if (!target_.has_filename()) refuse("is the root folder");
    const fs::path parent = target_.parent_path();
    const std::string name = file_name(target_.filename().string());
    workspace_ = parent / fmt::format(".{}.partial", name);
    aside_ = parent / fmt::format(".{}.earlier", name);
    make_workspace();
    replaces_ = holds_earlier_results();
  } catch (const fs::filesystem_error& error) {
    discard();
    refuse(error.code().message());
  } catch (...) {
    discard();
    throw;
  }
}

ResultsFolder::~ResultsFolder() {
  discard();
}

bool ResultsFolder::holds_earlier_results() const {
  if (!is_there(target_)) return false;
  if (!fs::exists(target_)) refuse("is a link to nothing");
  if (!fs::is_directory(target_)) refuse("is not a folder");
  if (is_mount(target_)) refuse("is a mount point, which no other folder can replace");
  if (fs::equivalent(target_, fs::current_path())) refuse("is the current folder");
  const std::string other = obstacle(target_, command_);
  if (!other.empty()) refuse(other + ", which would be lost");
  return !fs::is_empty(target_);
}

void ResultsFolder::make_workspace() {
  std::string why;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::vector<fs::path> missing;
    for (fs::path folder = workspace_; !is_there(folder); folder = folder.parent_path())
      missing.insert(missing.begin(), folder);
    std::error_code error;
    for (const fs::path& folder : missing)
      if (!error && fs::create_directory(folder, error) && folder != workspace_) created_.push_back(folder);
    const bool may_pass = error == std::errc::no_such_file_or_directory || error == std::errc::file_exists;
    if (error && !may_pass) refuse(error.message());
    why = error ? error.message() : lock_workspace();
    if (why.empty()) return clear_workspace();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  refuse(why);
}

/// Why it cannot be locked; empty: it is.
std::string ResultsFolder::lock_workspace() {
  if (!fs::is_directory(fs::symlink_status(workspace_)))
    return fmt::format("{} is not a folder", workspace_.string());
  const fs::path list = workspace_ / Manifest::kFile;
  std::error_code gone;
  const int create = fs::is_empty(workspace_, gone) ? O_CREAT : 0;
  const int file = ::open(list.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | create, 0666);
  if (file < 0 && errno == ENOENT) return fmt::format("{} holds other files", workspace_.string());
  if (file < 0) return fmt::format("{}: {}", list.string(), reason(errno));
  struct stat locked {};
  struct stat found {};
  std::string why;
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    why = errno == EWOULDBLOCK ? kBusy : reason(errno);
  } else if (::fstat(file, &locked) != 0 || ::stat(list.c_str(), &found) != 0 ||
             locked.st_ino != found.st_ino || locked.st_dev != found.st_dev) {
    why = kBusy;  // it has gone since, or is another's
  }
  if (why.empty()) {
    lock_ = file;
  } else {
    ::close(file);
  }
  return why;
}

/// Of what a killed command left; also puts back what it had put aside.
void ResultsFolder::clear_workspace() {
  const auto refuse_if = [&](const fs::path& folder, const std::string& other) {
    if (!other.empty()) refuse(fmt::format("{} {}", folder.string(), other));
  };
  const std::optional<Manifest> list = read_manifest(workspace_);
  const bool is_fresh = fs::is_empty(workspace_ / Manifest::kFile) && !first_stranger(workspace_, {});
  if (!is_fresh && (!list || list->finished)) refuse_if(workspace_, obstacle(workspace_, command_));
  if (list && !list->finished) {
    if (const auto stranger = first_stranger(workspace_, *list)) refuse_if(workspace_, "holds " + *stranger);
  }
  if (is_there(aside_)) {
    const bool is_folder = fs::is_directory(fs::symlink_status(aside_));
    refuse_if(aside_, is_folder ? obstacle(aside_, command_) : "is not a folder");
    if (is_there(target_)) {
      remove_folder(aside_, listed(aside_));
    } else {
      fs::rename(aside_, target_);
    }
  }
  remove_files(workspace_, listed(workspace_));
  owns_workspace_ = true;
  write_list(Manifest{command_, false, {}});
}

/// Over the earlier one, so that there is a whole one at any time.
void ResultsFolder::write_list(const Manifest& manifest) const {
  const std::string list = to_json(manifest);
  std::string_view left = list;
  ssize_t written = 0;
  while (written >= 0 && !left.empty()) {
    written = ::pwrite(lock_, left.data(), left.size(), static_cast<off_t>(list.size() - left.size()));
    if (written > 0) left.remove_prefix(static_cast<std::size_t>(written));
  }
  if (written >= 0 && ::ftruncate(lock_, static_cast<off_t>(list.size())) == 0) return;
  throw std::runtime_error(
      fmt::format("{}: cannot be written: {}", (workspace_ / Manifest::kFile).string(), reason(errno)));
}

void ResultsFolder::announce(const std::string& name) {
  if (!names_.insert(name).second) return;
  Manifest manifest{command_, false, {}};
  for (const std::string& ours : names_) manifest.files[ours] = 0;
  write_list(manifest);
}

void ResultsFolder::write(const std::string& name, std::string_view text) {
  announce(name);
  write_file(workspace_ / name, text);
}

void ResultsFolder::commit() {
  throw_if_interrupted();
  write_list(list_files(workspace_, command_, names_));
  if (replaces_ && is_there(target_)) return replace_earlier();
  std::error_code error;
  fs::rename(workspace_, target_, error);  // takes the place of nothing but an empty folder
  if (error) keep_beside(error.message());
  committed_ = true;
}

void ResultsFolder::replace_earlier() {
  std::string found = fs::is_directory(target_) ? obstacle(target_, command_) : "is not a folder any more";
  if (!found.empty()) keep_beside(found);
  // Locked, so that nobody takes it for the work of a killed command before it has gone. Who wrote it may
  // hold the lock for a moment still.
  const Descriptor earlier{::open((target_ / Manifest::kFile).c_str(), O_RDWR | O_CLOEXEC)};
  if (earlier.file >= 0) ::flock(earlier.file, LOCK_EX);
  exchange(workspace_, target_, aside_);
  committed_ = true;  // from here on the workspace is what was there before
  found = obstacle(workspace_, command_);
  if (found.empty()) return remove_workspace(listed(workspace_));
  exchange(workspace_, target_, aside_);
  committed_ = false;
  keep_beside(found);
}

void ResultsFolder::keep_beside(const std::string& why) {
  constexpr int kMost = 1000;
  fs::path beside;
  std::error_code error = std::make_error_code(std::errc::file_exists);
  for (int i = 1; i <= kMost && error; ++i) {
    beside = target_.string() + fmt::format(".{}", i);
    if (!is_there(beside)) fs::rename(workspace_, beside, error);
  }
  if (error) refuse(why);
  committed_ = true;
  throw SettingsError(fmt::format("--out {}: {}; the results are in {}", given_, why, beside.string()));
}

void ResultsFolder::discard() noexcept {
  std::vector<char>().swap(reserve_);
  if (!committed_) {
    if (owns_workspace_) remove_workspace(names_);
    for (auto folder = created_.rbegin(); folder != created_.rend(); ++folder) ::rmdir(folder->c_str());
  }
  if (lock_ >= 0) ::close(std::exchange(lock_, -1));
}

void ResultsFolder::remove_workspace(const std::set<std::string>& names) const noexcept {
  try {
    remove_folder(workspace_, names);
  } catch (const std::exception&) {  // the next command on this folder tries again
  }
}

void ResultsFolder::refuse(const std::string& why) const {
  throw SettingsError(
      fmt::format("--out {}: {}; accepted: a folder that can be created, or one with earlier results of "
                  "bitbalance {} alone",
                  given_, why, command_));
}

}  // namespace bitbalance::report
