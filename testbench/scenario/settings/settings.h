// What a settings file can hold is written once, as a function that shows every setting to a SettingsVisitor;
// reading a scenario, writing the effective one and writing a commented one are visitors, so they can never
// disagree about a key.
#pragma once

#include <any>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/text/outside_text.h"
#include "testbench/scenario/settings/rational.h"

namespace bitbalance::scenario {

/// A user's mistake in a scenario or on the command line; what() is one line: place, key, value, what is
/// accepted.
class SettingsError : public std::invalid_argument {
 public:
  explicit SettingsError(const std::string& message) : std::invalid_argument(one_line(message)) {}
};

/// A setting given on the command line: wins over the file's.
struct SettingOverride {
  std::string text;                 ///< "path.to.key=value"; the value is YAML
  std::string option;               ///< the option it came from, for errors; empty: "--set path.to.key"
  std::filesystem::path file = {};  ///< that names it: files are found beside it; empty: from here
};

/// How a setting is shown: its key, and one line on what it means with its unit.
struct Setting {
  const char* key;
  const char* meaning;
  const char* form = "text";  ///< what is accepted of a text
};

class SettingsVisitor {
 public:
  virtual ~SettingsVisitor() = default;

  /// A mapping; `body` shows what is in it. A reader also accepts the name of a file that holds the mapping.
  virtual void section(const Setting& setting, const std::function<void()>& body) = 0;
  /// A section that may be left out: `given` says whether it is there, `body` shows it only then.
  virtual void optional_section(const Setting& setting, bool& given, const std::function<void()>& body) = 0;
  /// A list of mappings; `body(i)` shows element i of `size`, which a reader sets before.
  virtual void list(const Setting& setting, const std::function<void(std::size_t)>& resize,
                    const std::function<std::size_t()>& size,
                    const std::function<void(std::size_t)>& body) = 0;

  virtual void integer(const Setting& setting, std::int64_t& value, std::int64_t low, std::int64_t high) = 0;
  /// A list of numbers; empty: not given.
  virtual void integers(const Setting& setting, std::vector<std::int64_t>& values, std::int64_t low,
                        std::int64_t high) = 0;
  virtual void optional_integer(const Setting& setting, std::optional<int>& value, int low, int high) = 0;
  virtual void real(const Setting& setting, double& value, double low, double high) = 0;
  /// A number, or a list of them: the vector's values, at least one.
  virtual void reals(const Setting& setting, std::vector<double>& values, double low, double high) = 0;
  virtual void rational(const Setting& setting, Rational& value) = 0;
  virtual void boolean(const Setting& setting, bool& value) = 0;
  /// Empty: not given.
  virtual void text(const Setting& setting, std::string& value) = 0;
  /// Index into `choices`.
  virtual void choice(const Setting& setting, std::size_t& value,
                      const std::vector<std::string>& choices) = 0;
  /// Relative to the file that names it; read as an absolute path. Empty: not given.
  virtual void path(const Setting& setting, std::filesystem::path& value) = 0;

  /// The same of a file or a folder.
  virtual void file_or_folder(const Setting& setting, std::filesystem::path& value) = 0;

  /// Settings that mean something only where `applies`, in words `condition` ("with images"); what shows all
  /// of them shows these, too.
  virtual void only_if(bool applies, const char* condition, const std::function<void()>& body) {
    static_cast<void>(condition);
    if (applies) body();
  }
  /// Settings that are not used unless `applies`. A reader takes them all the same, as another setting on the
  /// command line may be the reason.
  virtual void used_if(bool applies, const std::function<void()>& body) { only_if(applies, "", body); }

  /// Of two settings that exclude each other: whether a source gives `key` that goes before all that give
  /// `other`. Only a reader knows.
  virtual bool wins_over(const char* key, const char* other) const {
    static_cast<void>(key);
    static_cast<void>(other);
    return false;
  }

  /// Shows all of the current section, which `value` becomes: by `body` or, for a reader that has read the
  /// same section of the same files before, as what it became then.
  template <class Value>
  void kept(Value& value, const std::function<void()>& body) {
    keep([&value] { return std::any(value); },
         [&value](const std::any& earlier) { value = std::any_cast<const Value&>(earlier); }, body);
  }

  /// The setting just shown must be given.
  virtual void required() = 0;
  /// A rule between settings of the current section; `key` is where an error points.
  virtual void rule(bool holds, const char* key, const std::string& message) = 0;
  /// Runs `check`; a ConfigError from it is put down to the setting it names.
  virtual void checked(const std::function<void()>& check) = 0;

  // Conveniences for other types.
  void integer(const Setting& setting, int& value, int low = std::numeric_limits<int>::min(),
               int high = std::numeric_limits<int>::max()) {
    std::int64_t wide = value;
    integer(setting, wide, std::int64_t{low}, std::int64_t{high});
    value = static_cast<int>(wide);
  }
  template <class Enum>
  void choice(const Setting& setting, Enum& value, const std::vector<std::string>& choices) {
    auto index = static_cast<std::size_t>(value);
    choice(setting, index, choices);
    value = static_cast<Enum>(index);
  }

 protected:
  /// kept() of any value: to be had by `get`, and put by `put`.
  virtual void keep(const std::function<std::any()>& get, const std::function<void(const std::any&)>& put,
                    const std::function<void()>& body) {
    static_cast<void>(get);
    static_cast<void>(put);
    body();
  }
};

}  // namespace bitbalance::scenario
