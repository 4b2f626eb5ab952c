// The results of sweeps in one SQLite file, a row for each design point, known by its key. What was committed
// survives whatever ends the program.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "testbench/explore/sweep/point/point_result.h"

namespace SQLite {
class Database;
class Statement;
class Transaction;
}  // namespace SQLite

namespace bitbalance::explore {

/// What a row says besides its result.
struct PointLabels {
  std::string program;   ///< version and revision
  std::string scenario;  ///< its file
  std::string settings;  ///< of the keys that vary, as a JSON object of texts
};

/// The database is another program's at this moment.
class StoreInUse : public SettingsError {
 public:
  using SettingsError::SettingsError;
};

class ResultStore {
 public:
  static constexpr int kSchema = 1;

  /// Makes the file where there is none; it stays if something is committed. It belongs to this object until
  /// it goes. Throws SettingsError when it is locked, damaged, or something else than results of this schema;
  /// std::runtime_error when the system refuses.
  explicit ResultStore(const std::filesystem::path& file);
  ~ResultStore();
  ResultStore(const ResultStore&) = delete;
  ResultStore& operator=(const ResultStore&) = delete;

  std::unordered_set<std::uint64_t> keys();
  std::optional<PointResult> find(std::uint64_t key);
  /// Lasts from commit() on. A key that is there keeps what it has.
  void add(std::uint64_t key, const PointLabels& labels, const PointResult& result);
  /// Throws std::runtime_error when the disk refuses; what was committed before stays.
  void commit();

  /// Takes the rows of another file that this one does not have; they last. Throws SettingsError for one that
  /// the constructor would refuse.
  void merge(const std::filesystem::path& shard);

  const std::filesystem::path& file() const { return file_; }

 private:
  void prepare();
  void check_owner();
  template <class Work>
  auto guarded(const Work& work) -> decltype(work());

  class NewFile;

  std::filesystem::path file_;
  std::unique_ptr<NewFile> new_file_;  ///< ahead of the database, which must be closed when it goes
  std::unique_ptr<SQLite::Database> database_;
  std::unique_ptr<SQLite::Statement> insert_, find_;
  std::unique_ptr<SQLite::Transaction> transaction_;
};

}  // namespace bitbalance::explore
