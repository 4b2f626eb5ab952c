#include "testbench/scenario/settings/settings_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text/config_error.h"
#include "base/text/nearest_word.h"
#include "base/text/number.h"
#include "quant/eval/images/npz_file.h"
#include "testbench/scenario/settings/accepted.h"
#include "testbench/scenario/settings/yaml_text.h"

namespace bitbalance::scenario {
namespace {

constexpr int kDeepestInclude = 8;

std::string inner_path(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

/// Without an exception where the name itself is none, as one that is too long (then file_type::none).
bool is(const std::filesystem::path& file, std::filesystem::file_type type) {
  std::error_code ignored;
  return std::filesystem::status(file, ignored).type() == type;
}

/// "a.b" and value: a mapping a with a mapping b in it.
YAML::Node nested(const std::string& path, const YAML::Node& value) {
  const std::size_t dot = path.find('.');
  YAML::Node root(YAML::NodeType::Map);
  root[path.substr(0, dot)] = dot == std::string::npos ? value : nested(path.substr(dot + 1), value);
  return root;
}

}  // namespace

SettingsReader::SettingsReader(const std::filesystem::path& file,
                               const std::vector<SettingOverride>& overrides, SettingsFiles* files)
    : file_(file), files_(files != nullptr ? *files : own_files_) {
  for (const SettingOverride& given : overrides) overrides_.push_back(parse(given));
  for (auto later = overrides_.begin(); later != overrides_.end(); ++later) {
    const auto earlier = std::find_if(overrides_.begin(), later, [&](const Override& given) {
      return later->is_scalar && given.path.rfind(later->path + ".", 0) == 0;
    });
    if (earlier == later) continue;
    throw SettingsError(fmt::format("{}: given ahead of {}, which replaces all of it; accepted: after it",
                                    earlier->option, later->option));
  }
}

SettingsReader::Override SettingsReader::parse(const SettingOverride& given) {
  const auto equals = given.text.find('=');
  const std::string path = given.text.substr(0, equals);
  const bool is_path = ("." + path + ".").find("..") == std::string::npos;
  const bool is_set = given.option.empty();
  if (equals == std::string::npos || !is_path) {
    throw SettingsError(
        fmt::format("{}: accepted: path.to.key=value", is_set ? "--set " + given.text : given.option));
  }
  const std::string option = is_set ? "--set " + path : given.option;
  const YAML::Node value = parse_yaml(given.text.substr(equals + 1), option, false);
  if (value.IsNull()) throw SettingsError(fmt::format("{}: no value; accepted: path.to.key=value", option));
  return {path, option, is_set, given.file, nested(path, value), value.IsScalar()};
}

void SettingsReader::read(const std::function<void()>& show) {
  Frame root;
  for (auto given = overrides_.rbegin(); given != overrides_.rend(); ++given)
    add_mapping({given->root, given->file, &*given}, "", root.sources);
  if (!file_.empty()) add_mapping({files_.mapping_of(file_), file_}, "", root.sources);
  root.sources = options_first(root.sources);
  run(std::move(root), show);
}

std::vector<SettingsReader::Source> SettingsReader::options_first(const std::vector<Source>& sources) {
  std::vector<Source> ordered;  // a new one: to assign a YAML::Node changes the node that it was
  for (const bool are_options : {true, false}) {
    for (const Source& source : sources)
      if ((source.option != nullptr) == are_options) ordered.push_back(source);
  }
  return ordered;
}

std::string SettingsReader::path_of(const std::string& key) const {
  return inner_path(frames_.back().path, key);
}

SettingsReader::Place SettingsReader::place_of(const Source& source, const YAML::Node& node) {
  return {source.file.native(), node.Mark().line + 1, source.option};
}

std::string SettingsReader::Place::of(const std::string& path) const {
  if (option == nullptr) return fmt::format("{}:{}: {}", file, line, path);
  if (option->path == path) return option->option;
  return option->is_set ? "--set " + path : option->option + ": " + path;
}

std::string SettingsReader::place_of_section(std::size_t outwards) const {
  const Frame& section = frames_[frames_.size() - 1 - outwards];
  if (section.place) return section.place->of(section.path);
  if (outwards + 1 < frames_.size()) return place_of_section(outwards + 1) + ": " + section.path;
  return file_.empty() ? "command line" : file_.string();
}

std::string SettingsReader::place_to_mend(const std::string& key) const {
  if (const auto given = places_.find(path_of(key)); given != places_.end())
    return given->second.of(given->first);
  const std::string inside = path_of(""), name = "." + key;
  const auto is_named = [&](const std::string& path) {
    return path.size() >= inside.size() + name.size() && path.compare(0, inside.size(), inside) == 0 &&
           path.compare(path.size() - name.size(), name.size(), name) == 0;
  };
  std::vector<std::string> named;
  for (const auto& [path, place] : places_)
    if (is_named(path)) named.push_back(place.of(path));
  return named.size() == 1 ? named.front() : fmt::format("{}: {}", place_of_section(), key);
}

bool SettingsReader::show_key(const Setting& setting) {
  Frame& f = frame();
  f.shown.emplace_back(setting.key);
  if (f.conditional && !condition_.empty()) f.conditional->emplace(setting.key, condition_);
  return !f.conditional;
}

void SettingsReader::each(const Setting& setting, const std::function<void(const Source&)>& read) {
  if (!show_key(setting)) return;
  std::vector<Source> given;
  for (const Source& source : frame().sources) {
    const YAML::Node& mapping = source.node;
    if (const YAML::Node node = mapping[setting.key]) given.push_back({node, source.file, source.option});
  }
  if (given.empty()) return;
  const std::string path = path_of(setting.key);
  for (auto source = given.rbegin(); source != given.rend(); ++source) {
    places_[path] = place_of(*source, source->node);
    read(*source);
  }
}

void SettingsReader::each_scalar(const Setting& setting, const std::function<std::string()>& accepted,
                                 const std::function<void(const std::string&)>& read) {
  each(setting, [&](const Source& source) {
    if (!source.node.IsScalar() || source.node.Scalar().empty())
      refuse(setting, form_of(source.node), accepted());
    read(source.node.Scalar());
  });
}

void SettingsReader::refuse(const Setting& setting, const std::string& found,
                            const std::string& accepted) const {
  throw SettingsError(fmt::format("{}: {}; accepted: {}", place_to_mend(setting.key), found, accepted));
}

void SettingsReader::add_mapping(const Source& source, const std::string& path, std::vector<Source>& to,
                                 int depth) const {
  const auto include = [&](const YAML::Node& name, const std::string& place) {
    if (!name.IsScalar() || name.Scalar().empty() || depth == kDeepestInclude) {
      throw SettingsError(fmt::format("{}: {}; accepted: the name of a YAML file, {} deep at most", place,
                                      form_of(name), kDeepestInclude));
    }
    const auto file = (source.file.parent_path() / name.Scalar()).lexically_normal();
    if (!is(file, std::filesystem::file_type::regular)) {
      throw SettingsError(
          fmt::format("{}: '{}': {}; accepted: a YAML file", place, file.string(), unreadable(file)));
    }
    add_mapping({files_.mapping_of(file), file}, path, to, depth + 1);
  };
  check_form(source, path);
  if (source.node.IsScalar()) return include(source.node, place_of(source, source.node).of(path));
  to.push_back(source);
  const YAML::Node& mapping = source.node;
  if (const YAML::Node name = mapping["include"]) {
    include(name, source.option != nullptr ? place_of(source, name).of(inner_path(path, "include"))
                                           : place_of(source, mapping).of(path));
  }
}

void SettingsReader::check_form(const Source& section, const std::string& path) {
  if (section.node.IsMap() || section.node.IsScalar()) return;
  throw SettingsError(fmt::format("{}: {}; accepted: a mapping of settings",
                                  place_of(section, section.node).of(path), form_of(section.node)));
}

void SettingsReader::section(const Setting& setting, const std::function<void()>& body) {
  if (!show_key(setting)) return;
  Frame inner;
  inner.path = path_of(setting.key);
  bool is_replaced = false;
  for (const Source& source : frame().sources) {
    const YAML::Node& mapping = source.node;
    const Source given{mapping[setting.key], source.file, source.option};
    if (!given.node) continue;
    check_form(given, inner.path);
    if (is_replaced) continue;
    // The file's or, without one, the last option's.
    if (!inner.place || given.option == nullptr) inner.place = place_of(given, given.node);
    add_mapping(given, inner.path, inner.sources);
    is_replaced = given.option != nullptr && given.node.IsScalar();  // --set section=file: all of it
  }
  if (inner.place) places_[inner.path] = *inner.place;
  inner.sources = options_first(inner.sources);
  run(std::move(inner), body);
}

void SettingsReader::optional_section(const Setting& setting, bool& given,
                                      const std::function<void()>& body) {
  given = std::any_of(frame().sources.begin(), frame().sources.end(), [&](const Source& source) {
    const YAML::Node& mapping = source.node;
    return static_cast<bool>(mapping[setting.key]);
  });
  if (given) {
    section(setting, body);
  } else {
    show_key(setting);
  }
}

void SettingsReader::keep(const std::function<std::any()>& get,
                          const std::function<void(const std::any&)>& put,
                          const std::function<void()>& body) {
  std::vector<std::filesystem::path> files;
  for (const Source& source : frame().sources) {
    if (source.option != nullptr) return body();
    files.push_back(source.file);
  }
  std::any& kept = files_.section_of(frame().path, files);
  if (kept.has_value()) {
    frame().sources.clear();  // they have been looked through
    return put(kept);
  }
  body();
  frame().once_accepted = [&kept, get] { kept = get(); };
}

void SettingsReader::list(const Setting& setting, const std::function<void(std::size_t)>& resize,
                          const std::function<std::size_t()>& size,
                          const std::function<void(std::size_t)>& body) {
  each(setting, [&](const Source& source) {
    if (!source.node.IsSequence()) refuse(setting, form_of(source.node), "a list of mappings");
    // Nothing of a list that this one replaces.
    resize(0);
    const std::string elements = path_of(setting.key) + "[";
    for (auto old = places_.lower_bound(elements);
         old != places_.end() && old->first.compare(0, elements.size(), elements) == 0;)
      old = places_.erase(old);
    resize(source.node.size());
    for (std::size_t i = 0; i < size(); ++i) {
      Frame inner;
      inner.path = path_of(fmt::format("{}[{}]", setting.key, i));
      inner.place = place_of(source, source.node[i]);
      add_mapping({source.node[i], source.file, source.option}, inner.path, inner.sources);
      run(std::move(inner), [&] { body(i); });
    }
  });
}

void SettingsReader::integer(const Setting& setting, std::int64_t& value, std::int64_t low,
                             std::int64_t high) {
  const auto accepted = [&] { return accepted_integer(low, high); };
  each_scalar(setting, accepted, [&](const std::string& text) {
    const auto number = whole_number(text);
    if (!number) refuse(setting, "'" + text + "'", (is_bounded(low) ? "a whole number, " : "") + accepted());
    if (*number < low || *number > high) refuse(setting, text, accepted());
    value = *number;
  });
}

void SettingsReader::integers(const Setting& setting, std::vector<std::int64_t>& values, std::int64_t low,
                              std::int64_t high) {
  each(setting, [&](const Source& source) {
    if (!source.node.IsSequence()) refuse(setting, form_of(source.node), accepted_integers(low, high));
    values.clear();
    for (const YAML::Node& element : source.node) {
      const auto number = element.IsScalar() ? whole_number(element.Scalar(), low, high) : std::nullopt;
      if (!number) refuse(setting, form_of(element), accepted_integers(low, high));
      values.push_back(*number);
    }
  });
}

void SettingsReader::optional_integer(const Setting& setting, std::optional<int>& value, int low, int high) {
  constexpr std::int64_t kAbsent = std::numeric_limits<std::int64_t>::min();
  std::int64_t number = kAbsent;
  integer(setting, number, std::int64_t{low}, std::int64_t{high});
  if (number != kAbsent) value = static_cast<int>(number);
}

void SettingsReader::real(const Setting& setting, double& value, double low, double high) {
  const auto accepted = [&] { return accepted_real(low, high); };
  each_scalar(setting, accepted, [&](const std::string& text) {
    const auto number = real_number(text);
    if (!number || *number < low || *number > high) refuse(setting, "'" + text + "'", accepted());
    value = *number;
  });
}

void SettingsReader::reals(const Setting& setting, std::vector<double>& values, double low, double high) {
  const auto accepted = [&] { return accepted_reals(low, high); };
  each(setting, [&](const Source& source) {
    const auto read = [&](const YAML::Node& node) {
      const auto number = node.IsScalar() ? real_number(node.Scalar()) : std::nullopt;
      if (!number || *number < low || *number > high) refuse(setting, form_of(node), accepted());
      return *number;
    };
    std::vector<double> given;
    if (source.node.IsSequence()) {
      for (const YAML::Node& element : source.node) given.push_back(read(element));
      if (given.empty()) refuse(setting, "an empty list", accepted());
    } else {
      given.push_back(read(source.node));
    }
    values = given;
  });
}

void SettingsReader::rational(const Setting& setting, Rational& value) {
  each_scalar(
      setting, [] { return kAcceptedRational; },
      [&](const std::string& text) {
        const auto number = parse_rational(text);
        if (!number) refuse(setting, "'" + text + "'", kAcceptedRational);
        value = *number;
      });
}

void SettingsReader::boolean(const Setting& setting, bool& value) {
  each_scalar(
      setting, [] { return kAcceptedBoolean; },
      [&](const std::string& text) {
        if (text != "true" && text != "false") refuse(setting, "'" + text + "'", kAcceptedBoolean);
        value = text == "true";
      });
}

void SettingsReader::text(const Setting& setting, std::string& value) {
  each_scalar(
      setting, [&] { return setting.form; }, [&](const std::string& text) { value = text; });
}

void SettingsReader::choice(const Setting& setting, std::size_t& value,
                            const std::vector<std::string>& choices) {
  const auto accepted = [&] { return accepted_choice(choices); };
  each_scalar(setting, accepted, [&](const std::string& text) {
    const auto match = std::find(choices.begin(), choices.end(), text);
    if (match == choices.end()) refuse(setting, "'" + text + "'" + suggestion(text, choices), accepted());
    value = static_cast<std::size_t>(match - choices.begin());
  });
}

void SettingsReader::path(const Setting& setting, std::filesystem::path& value) {
  read_place(setting, value, false);
}

void SettingsReader::file_or_folder(const Setting& setting, std::filesystem::path& value) {
  read_place(setting, value, true);
}

void SettingsReader::read_place(const Setting& setting, std::filesystem::path& value, bool may_be_folder) {
  const std::string accepted = may_be_folder ? "a file or a folder" : "a file";
  std::string name;
  each(setting, [&](const Source& source) {
    if (!source.node.IsScalar() || source.node.Scalar().empty())
      refuse(setting, form_of(source.node), "the name of " + accepted);
    name = source.node.Scalar();
    value = std::filesystem::absolute(source.file.parent_path() / name).lexically_normal();
  });
  if (name.empty()) return;
  files_.note(value);
  // Only the file that is used must be there.
  if (eval::is_in_archive(value)) return;
  if (is(value, std::filesystem::file_type::not_found) || is(value, std::filesystem::file_type::none)) {
    // A folder whose files are fetched or computed has a script for that.
    const std::filesystem::path script = value.parent_path() / "prepare.py";
    const bool is_prepared = is(script, std::filesystem::file_type::regular);
    refuse(setting, "'" + name + "': no such file",
           is_prepared ? fmt::format("{}; {} makes it", accepted, script.string()) : accepted);
  }
  if (may_be_folder && is(value, std::filesystem::file_type::directory)) return;
  if (!is(value, std::filesystem::file_type::regular))
    refuse(setting, "'" + name + "': " + unreadable(value), accepted);
}

void SettingsReader::only_if(bool applies, const char* condition, const std::function<void()>& body) {
  if (applies) return body();
  if (!frame().conditional) return;
  const std::string around = condition_;
  if (around.empty()) condition_ = condition;
  body();
  condition_ = around;
}

void SettingsReader::used_if(bool /*applies*/, const std::function<void()>& body) {
  body();
}

bool SettingsReader::wins_over(const char* key, const char* other) const {
  for (const Source& source : frames_.back().sources) {
    const YAML::Node& mapping = source.node;
    if (mapping[other]) return false;
    if (mapping[key]) return true;
  }
  return false;
}

void SettingsReader::required() {
  Frame& f = frame();
  if (f.conditional) return;
  const std::string& key = f.shown.back();
  if (!f.missing.empty() || places_.count(path_of(key)) != 0) return;
  f.missing = fmt::format("{}: {} is missing", place_of_section(), key);
}

bool SettingsReader::misses_something() const {
  return std::any_of(frames_.begin(), frames_.end(), [](const Frame& f) { return !f.missing.empty(); });
}

void SettingsReader::rule(bool holds, const char* key, const std::string& message) {
  if (holds || frame().conditional || misses_something()) return;
  throw SettingsError(fmt::format("{}: {}", place_to_mend(key), message));
}

void SettingsReader::checked(const std::function<void()>& check) {
  if (frame().conditional || misses_something()) return;
  try {
    check();
  } catch (const ConfigError& refused) {
    throw SettingsError(fmt::format("{}: {}; accepted: {}", place_to_mend(refused.parameter()),
                                    refused.value(), refused.accepted()));
  }
}

void SettingsReader::run(Frame opened, const std::function<void()>& body) {
  frames_.push_back(std::move(opened));
  body();
  const Frame closed = std::move(frames_.back());
  frames_.pop_back();
  reject_unknown(closed, body);
  if (!closed.missing.empty()) {
    // A section that is not there may be misspelt: its parent tells first what it does not know.
    if (!closed.sources.empty() || frames_.empty()) throw SettingsError(closed.missing);
    const std::string key = closed.path.substr(closed.path.rfind('.') + 1);
    if (frame().missing.empty()) frame().missing = fmt::format("{}: {} is missing", place_of_section(), key);
  }
  if (closed.once_accepted && !misses_something()) closed.once_accepted();
}

std::map<std::string, std::string> SettingsReader::conditional_keys(const std::string& path,
                                                                    const std::function<void()>& body) {
  Frame again;
  again.path = path;
  again.conditional.emplace();
  frames_.push_back(std::move(again));
  body();
  std::map<std::string, std::string> keys = std::move(*frames_.back().conditional);
  frames_.pop_back();
  return keys;
}

void SettingsReader::reject_unknown(const Frame& closed, const std::function<void()>& body) {
  for (const Source& source : closed.sources) {
    for (const auto& entry : source.node) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : form_of(entry.first);
      if (key == "include" || std::count(closed.shown.begin(), closed.shown.end(), key) != 0) continue;
      const std::string place = place_of(source, entry.first).of(inner_path(closed.path, key));
      const std::map<std::string, std::string> conditional = conditional_keys(closed.path, body);
      const auto known = conditional.find(key);
      const std::string hint = known == conditional.end() ? suggestion(key, closed.shown)
                                                          : fmt::format(" (known {})", known->second);
      throw SettingsError(
          fmt::format("{}: unknown key{}; accepted: {}", place, hint, fmt::join(closed.shown, ", ")));
    }
  }
}

}  // namespace bitbalance::scenario
