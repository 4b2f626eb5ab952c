// Reads settings from YAML: the command line's overrides first, then the file, then the files it includes.
// Everything a user can get wrong ends in one SettingsError with the place.
#pragma once

#include <yaml-cpp/yaml.h>

#include <map>
#include <optional>
#include <vector>

#include "testbench/scenario/settings/settings.h"
#include "testbench/scenario/settings/settings_files.h"

namespace bitbalance::scenario {

/// A text of a settings file.
struct PlacedText {
  std::string text;
  std::string place;  ///< "sweep.yaml:4: space.accelerator.rows"
};

/// What stands under a key that the file was free to choose: one or more texts, or a mapping of texts.
struct FreeKey {
  std::string key;
  std::string place;
  std::filesystem::path file;
  std::vector<std::string> values;
  std::map<std::string, std::string> fields;  ///< then there are no values
};

class SettingsReader : public SettingsVisitor {
 public:
  /// The later override wins. Without a file (empty) the overrides are all there is. `files`: those that were
  /// parsed before.
  SettingsReader(const std::filesystem::path& file, const std::vector<SettingOverride>& overrides,
                 SettingsFiles* files = nullptr);

  /// `show` shows this reader every setting of the file.
  void read(const std::function<void()>& show);

  using SettingsVisitor::choice;
  using SettingsVisitor::integer;
  void section(const Setting& setting, const std::function<void()>& body) override;
  void optional_section(const Setting& setting, bool& given, const std::function<void()>& body) override;
  void list(const Setting& setting, const std::function<void(std::size_t)>& resize,
            const std::function<std::size_t()>& size, const std::function<void(std::size_t)>& body) override;
  void integer(const Setting& setting, std::int64_t& value, std::int64_t low, std::int64_t high) override;
  void integers(const Setting& setting, std::vector<std::int64_t>& values, std::int64_t low,
                std::int64_t high) override;
  void optional_integer(const Setting& setting, std::optional<int>& value, int low, int high) override;
  void real(const Setting& setting, double& value, double low, double high) override;
  void reals(const Setting& setting, std::vector<double>& values, double low, double high) override;
  void rational(const Setting& setting, Rational& value) override;
  void boolean(const Setting& setting, bool& value) override;
  void text(const Setting& setting, std::string& value) override;
  void choice(const Setting& setting, std::size_t& value, const std::vector<std::string>& choices) override;
  void path(const Setting& setting, std::filesystem::path& value) override;
  void file_or_folder(const Setting& setting, std::filesystem::path& value) override;
  void only_if(bool applies, const char* condition, const std::function<void()>& body) override;
  void used_if(bool applies, const std::function<void()>& body) override;
  /// A list of texts, or one text.
  void texts(const Setting& setting, std::vector<PlacedText>& values);
  /// All keys of the current section, in their order.
  void free_keys(std::vector<FreeKey>& keys);
  bool wins_over(const char* key, const char* other) const override;
  void required() override;
  void rule(bool holds, const char* key, const std::string& message) override;
  void checked(const std::function<void()>& check) override;

 private:
  /// A setting of the command line, as a mapping of its own.
  struct Override {
    std::string path;
    std::string option;          ///< how the user gave it: "--set accelerator.rows"
    bool is_set;                 ///< with --set, which can give any path
    std::filesystem::path file;  ///< that gave it; empty: the command line
    YAML::Node root;
    bool is_scalar;
  };
  /// One mapping that may hold settings of a section, or a value in it.
  struct Source {
    YAML::Node node;
    std::filesystem::path file;
    const Override* option = nullptr;  ///< where it is not of the file itself
  };
  /// Where a setting stands; put into words only when something is wrong with it.
  struct Place {
    std::string file;
    int line;
    const Override* option;  ///< where it is not of the file itself

    std::string of(const std::string& path) const;
  };
  struct Frame {
    std::string path;             ///< "accelerator.dram"; empty for the root
    std::optional<Place> place;   ///< where the section stands, if it is given
    std::vector<Source> sources;  ///< the first that has a key decides
    std::vector<std::string> shown;
    /// In search of an unknown key nothing is read: conditions of keys that are not shown.
    std::optional<std::map<std::string, std::string>> conditional;
    std::function<void()> once_accepted;
    std::string missing;  ///< first error about a required key
  };

  void keep(const std::function<std::any()>& get, const std::function<void(const std::any&)>& put,
            const std::function<void()>& body) override;
  static Override parse(const SettingOverride& given);
  Frame& frame() { return frames_.back(); }
  std::string path_of(const std::string& key) const;
  static Place place_of(const Source& source, const YAML::Node& node);
  /// Where an error about a setting points: `key` of the current section ("objective", "dram.burst_bytes"),
  /// or the only one of that name in the sections of this one.
  std::string place_to_mend(const std::string& key) const;
  /// Where the current section stands, or one around it; if it is not given, where it belongs.
  std::string place_of_section(std::size_t outwards = 0) const;
  /// Calls `read` with every value that a key is given, the one that decides last; notes key and place.
  void each(const Setting& setting, const std::function<void(const Source&)>& read);
  void each_scalar(const Setting& setting, const std::function<std::string()>& accepted,
                   const std::function<void(const std::string&)>& read);
  /// A mapping, or the name of a file that holds it; followed by what it includes.
  void add_mapping(const Source& source, const std::string& path, std::vector<Source>& to,
                   int depth = 0) const;
  static void check_form(const Source& section, const std::string& path);
  /// Single settings of the command line win over files that it includes; else the order stays.
  static std::vector<Source> options_first(const std::vector<Source>& sources);
  /// Here or in a section around: told first, and what depends on it is not checked.
  bool misses_something() const;
  void run(Frame opened, const std::function<void()>& body);
  void reject_unknown(const Frame& closed, const std::function<void()>& body);
  /// What body, of the section `path`, shows under other conditions only: keys and the conditions.
  std::map<std::string, std::string> conditional_keys(const std::string& path,
                                                      const std::function<void()>& body);
  /// Notes the key. False: nothing is read.
  bool show_key(const Setting& setting);
  void read_place(const Setting& setting, std::filesystem::path& value, bool may_be_folder);
  [[noreturn]] void refuse(const Setting& setting, const std::string& found,
                           const std::string& accepted) const;

  std::filesystem::path file_;
  SettingsFiles own_files_;
  SettingsFiles& files_;
  std::vector<Override> overrides_;  ///< in their order
  std::vector<Frame> frames_;
  std::map<std::string, Place> places_;  ///< of the settings given, by path
  std::string condition_;                ///< of what is shown, where it does not hold
};

}  // namespace bitbalance::scenario
