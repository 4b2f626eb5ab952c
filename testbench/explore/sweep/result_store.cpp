#include "testbench/explore/sweep/result_store.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>
#include <vector>

#include "base/text/outside_text.h"
#include "testbench/scenario/settings/settings.h"

namespace bitbalance::explore {
namespace {

/// "BBSW": by which a file is known as ours.
constexpr int kApplication = 0x42425357;
constexpr int kBusyMilliseconds = 1000;
constexpr const char* kAcceptedFile = "a file that bitbalance sweep wrote, or none";

/// Columns of text, ahead of the metrics; add() binds them in this order.
constexpr std::array<const char*, 8> kTexts = {"key",      "program", "scenario", "level",
                                               "settings", "network", "verdict",  "message"};

std::string create_table() {
  std::string sql = "CREATE TABLE result(";
  for (const char* text : kTexts) sql += fmt::format("{} TEXT NOT NULL, ", text);
  for (const Metric& metric : metrics()) sql += fmt::format("{} REAL, ", metric.name);
  return sql + fmt::format("PRIMARY KEY({})) WITHOUT ROWID", kTexts.front());
}

std::string insert_row() {
  std::string sql = "INSERT OR IGNORE INTO result VALUES(?";
  for (std::size_t i = 1; i < kTexts.size() + kMetrics; ++i) sql += ", ?";
  return sql + ")";
}

std::string select_row() {
  std::string sql = "SELECT level, network, verdict, message";
  for (const Metric& metric : metrics()) sql += fmt::format(", {}", metric.name);
  return sql + " FROM result WHERE key = ?";
}

PointVerdict verdict_of(const std::string& text) {
  for (const PointVerdict verdict : {PointVerdict::kPass, PointVerdict::kFail, PointVerdict::kRefused})
    if (text == to_string(verdict)) return verdict;
  throw SettingsError(fmt::format("the database has a verdict '{}'; accepted: pass, fail, refused", text));
}

/// A key as the database has it.
std::string key_text(std::uint64_t key) {
  return fmt::format("{:016x}", key);
}

}  // namespace

/// A file that may not be there yet: unless it is to stay, it goes again, with the folders made for it.
class ResultStore::NewFile {
 public:
  explicit NewFile(const std::filesystem::path& file) {
    std::error_code ignored;
    if (std::filesystem::exists(std::filesystem::symlink_status(file, ignored))) return;
    made_.push_back(file);
    for (std::filesystem::path folder = file.parent_path();
         !folder.empty() && !std::filesystem::exists(folder, ignored); folder = folder.parent_path())
      made_.push_back(folder);
    if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), ignored);
  }
  ~NewFile() {
    std::error_code ignored;
    for (const std::filesystem::path& made : made_) std::filesystem::remove(made, ignored);
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void keep() { made_.clear(); }

 private:
  std::vector<std::filesystem::path> made_;  ///< from the file outwards
};

/// SQLite's errors in the words of this program.
template <class Work>
auto ResultStore::guarded(const Work& work) -> decltype(work()) {
  try {
    return work();
  } catch (const SQLite::Exception& error) {
    const std::string place = file_.string();
    switch (error.getErrorCode()) {
      case SQLITE_BUSY:
      case SQLITE_LOCKED:
        throw StoreInUse(fmt::format(
            "{}: in use by another program; accepted: when that has ended, or another file", place));
      case SQLITE_NOTADB:
        throw SettingsError(fmt::format("{}: no database; accepted: {}", place, kAcceptedFile));
      case SQLITE_CORRUPT:
        throw SettingsError(
            fmt::format("{}: damaged ({}); accepted: {}", place, error.what(), kAcceptedFile));
      case SQLITE_CANTOPEN:
      case SQLITE_READONLY:
      case SQLITE_PERM:
        throw SettingsError(fmt::format("{}: {}; accepted: a file that can be written", place, error.what()));
      default:
        throw std::runtime_error(fmt::format("{}: {}", place, error.what()));
    }
  }
}

ResultStore::ResultStore(const std::filesystem::path& file)
    : file_(file), new_file_(std::make_unique<NewFile>(std::filesystem::absolute(file))) {
  guarded([&] {
    database_ =
        std::make_unique<SQLite::Database>(std::filesystem::absolute(file).string(),
                                           SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyMilliseconds);
    prepare();
  });
}

ResultStore::~ResultStore() = default;

void ResultStore::prepare() {
  // Nobody else writes meanwhile, nor reads half a sweep; and no file lies beside this one but a journal.
  database_->exec("PRAGMA locking_mode = EXCLUSIVE");
  database_->exec("BEGIN IMMEDIATE");
  check_owner();
  database_->exec("COMMIT");
  insert_ = std::make_unique<SQLite::Statement>(*database_, insert_row());
  find_ = std::make_unique<SQLite::Statement>(*database_, select_row());
}

void ResultStore::check_owner() {
  const auto refuse = [this](const std::string& what) {
    throw SettingsError(fmt::format("{}: {}; accepted: {}", file_.string(), what, kAcceptedFile));
  };
  const int application = database_->execAndGet("PRAGMA application_id").getInt();
  const int tables = database_->execAndGet("SELECT count(*) FROM sqlite_master").getInt();
  if (application == 0 && tables == 0) {
    database_->exec(fmt::format("PRAGMA application_id = {}", kApplication));
    database_->exec(fmt::format("PRAGMA user_version = {}", kSchema));
    database_->exec(create_table());
    return;
  }
  if (application != kApplication) refuse("a database of another program");
  const int schema = database_->execAndGet("PRAGMA user_version").getInt();
  if (schema != kSchema) refuse(fmt::format("schema {}", schema));
  const std::string state = database_->execAndGet("PRAGMA quick_check(1)").getString();
  if (state != "ok") refuse("damaged (" + one_line(state) + ")");
}

std::unordered_set<std::uint64_t> ResultStore::keys() {
  return guarded([&] {
    std::unordered_set<std::uint64_t> keys;
    SQLite::Statement query(*database_, "SELECT key FROM result");
    while (query.executeStep()) {
      const std::string text = query.getColumn(0).getString();
      std::uint64_t key = 0;
      constexpr int kHexadecimal = 16;
      std::from_chars(text.data(), text.data() + text.size(), key, kHexadecimal);
      keys.insert(key);
    }
    return keys;
  });
}

std::optional<PointResult> ResultStore::find(std::uint64_t key) {
  return guarded([&]() -> std::optional<PointResult> {
    find_->reset();
    find_->bind(1, key_text(key));
    if (!find_->executeStep()) return std::nullopt;
    PointResult result;
    int column = 0;
    result.level = level_of(find_->getColumn(column++).getString(), "the database's level");
    result.network = find_->getColumn(column++).getString();
    result.verdict = verdict_of(find_->getColumn(column++).getString());
    result.message = find_->getColumn(column++).getString();
    for (double& figure : result.figures) {
      const SQLite::Column value = find_->getColumn(column++);
      figure = value.isNull() ? std::numeric_limits<double>::quiet_NaN() : value.getDouble();
    }
    return result;
  });
}

void ResultStore::add(std::uint64_t key, const PointLabels& labels, const PointResult& result) {
  guarded([&] {
    if (!transaction_) transaction_ = std::make_unique<SQLite::Transaction>(*database_);
    insert_->reset();
    int column = 1;
    const std::array<std::string, kTexts.size()> texts = {
        key_text(key),   labels.program, labels.scenario,           to_string(result.level),
        labels.settings, result.network, to_string(result.verdict), result.message};
    for (const std::string& text : texts) insert_->bind(column++, text);
    for (const double figure : result.figures) {
      if (std::isfinite(figure)) {
        insert_->bind(column, figure);
      } else {
        insert_->bind(column);
      }
      ++column;
    }
    insert_->exec();
  });
}

void ResultStore::commit() {
  guarded([&] {
    if (!transaction_) return;
    transaction_->commit();
    transaction_.reset();
    new_file_->keep();
  });
}

void ResultStore::merge(const std::filesystem::path& shard) {
  { const ResultStore checked(shard); }
  guarded([&] {
    SQLite::Statement attach(*database_, "ATTACH ? AS shard");
    attach.bind(1, shard.string());
    attach.exec();
    database_->exec("INSERT OR IGNORE INTO result SELECT * FROM shard.result");
    database_->exec("DETACH shard");
    new_file_->keep();
  });
}

}  // namespace bitbalance::explore
