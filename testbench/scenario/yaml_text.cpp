#include "testbench/scenario/yaml_text.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>

#include <set>
#include <sstream>
#include <vector>

#include "base/outside_text.h"
#include "testbench/scenario/settings.h"

namespace bitbalance::scenario {
namespace {

constexpr std::size_t kDeepest = 32;  ///< lists and mappings within each other

class Place {
 public:
  Place(std::string name, bool lines) : name_(std::move(name)), lines_(lines) {}

  [[noreturn]] void refuse(int line, const std::string& what) const {
    throw SettingsError(lines_ ? fmt::format("{}:{}: {}", name_, line + 1, what)
                               : fmt::format("{}: {}", name_, what));
  }

 private:
  std::string name_;
  bool lines_;
};

/// What yaml-cpp reads in silence or in a way of its own.
class StrictEvents : public YAML::EventHandler {
 public:
  explicit StrictEvents(const Place& place) : place_(place) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) place_.refuse(mark.line, "a second YAML document; accepted: one");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    const bool is_value = !open_.empty() && open_.back().is_map && !open_.back().at_key;
    refuse(is_value ? open_.back().key_line : mark.line, "nothing; accepted: a value, 'null' in quotes");
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    refuse(mark.line, "an alias (*); accepted: the value itself");
  }
  void OnAnchor(const YAML::Mark& mark, const std::string& /*name*/) override {
    refuse(mark.line, "an anchor (&); accepted: a value without a name");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                const std::string& value) override {
    check_tag(mark, tag);
    if (is_key()) {
      begin_key(mark, value);
    } else {
      end_value();
    }
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, false);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, true);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Level {
    bool is_map;
    bool at_key;  ///< of a mapping: its next scalar is a key
    std::string key;
    int key_line;
    std::set<std::string> keys;
    std::size_t elements;  ///< of a list, so far
  };

  bool is_key() const { return !open_.empty() && open_.back().is_map && open_.back().at_key; }

  /// "accelerator.dram: " in front of what is wrong there.
  [[noreturn]] void refuse(int line, const std::string& what) const {
    std::string path;
    for (const Level& level : open_) {
      if (!level.is_map) path += fmt::format("[{}]", level.elements);
      if (level.is_map && !level.at_key) path += (path.empty() ? "" : ".") + level.key;
    }
    place_.refuse(line, path.empty() ? what : path + ": " + what);
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag) const {
    // yaml-cpp calls a plain value "?" and one in quotes "!".
    if (!tag.empty() && tag != "?" && tag != "!")
      refuse(mark.line, fmt::format("the tag {}; accepted: a value without a tag", tag));
  }

  void begin_key(const YAML::Mark& mark, const std::string& key) {
    Level& level = open_.back();
    if (key == "<<") refuse(mark.line, "a merge key (<<); accepted: include: FILE");
    const bool is_new = level.keys.insert(key).second;
    level.key = key;
    level.key_line = mark.line;
    level.at_key = false;
    if (!is_new) refuse(mark.line, "given twice");
  }
  void end_value() {
    if (open_.empty()) return;
    ++open_.back().elements;
    open_.back().at_key = true;
  }
  void open(const YAML::Mark& mark, const std::string& tag, bool is_map) {
    if (is_key()) place_.refuse(mark.line, "a list or mapping as a key; accepted: text");
    check_tag(mark, tag);
    if (open_.size() == kDeepest)
      place_.refuse(mark.line, fmt::format("lists and mappings are nested; accepted: {} deep", kDeepest));
    open_.push_back({is_map, is_map, "", mark.line, {}, 0});
  }
  void close() {
    open_.pop_back();
    end_value();
  }

  const Place& place_;
  int documents_ = 0;
  std::vector<Level> open_;
};

/// What no YAML file may hold (control characters), and what decides how the rest is read (directives).
void check_characters(const std::string& text, const Place& place) {
  if (!is_utf8(text)) place.refuse(0, "bytes that are not UTF-8; accepted: UTF-8");
  std::istringstream stream(text);
  int number = 0;
  for (std::string line; std::getline(stream, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.rfind('%', 0) == 0) place.refuse(number, "a directive (%); accepted: YAML without directives");
    const std::size_t content = line.find_first_not_of(" \t");
    if (content != std::string::npos && line.find('\t') < content)
      place.refuse(number, "a tab in the indentation; accepted: blanks");
    for (const char c : line) {
      const auto code = static_cast<unsigned char>(c);
      if ((code < ' ' && c != '\t') || code == 0x7f)
        place.refuse(number, fmt::format("the control character 0x{:02x}; accepted: text", code));
    }
  }
}

/// yaml-cpp's finding in this project's words.
std::string meaning_of(const YAML::Exception& error) {
  if (error.msg == YAML::ErrorMsg::END_OF_MAP_FLOW || error.msg == YAML::ErrorMsg::END_OF_SEQ_FLOW)
    return "a bracket is not closed, or a comma is missing in it";
  if (error.msg == YAML::ErrorMsg::MAP_VALUE)
    return "a ':' where no key can be; text that holds one needs quotes";
  if (error.msg == YAML::ErrorMsg::EOF_IN_SCALAR) return "a quote is not closed";
  if (error.msg == YAML::ErrorMsg::UNKNOWN_TOKEN) return "text that begins with this character needs quotes";
  return fmt::format(
      "column {}: accepted are mappings, lists, and text in quotes where it holds signs of YAML",
      error.mark.column + 1);
}

}  // namespace

YAML::Node parse_yaml(const std::string& text, const std::string& place_name, bool lines) {
  const Place place(place_name, lines);
  check_characters(text, place);
  // Behind an open quote yaml-cpp takes a line's end for the quote that is missing.
  const std::string whole = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  try {
    const YAML::Node node = YAML::Load(whole);  // first: what is not YAML is told as that
    std::istringstream stream(whole);
    YAML::Parser parser(stream);
    StrictEvents events(place);
    while (parser.HandleNextDocument(events)) {
    }
    return node;
  } catch (const YAML::Exception& error) {
    place.refuse(error.mark.is_null() ? 0 : error.mark.line, "not YAML: " + meaning_of(error));
  }
}

}  // namespace bitbalance::scenario
