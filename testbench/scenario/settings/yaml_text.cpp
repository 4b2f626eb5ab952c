#include "testbench/scenario/settings/yaml_text.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string_view>
#include <vector>

#include "base/text/outside_text.h"
#include "testbench/scenario/settings/settings.h"

namespace bitbalance::scenario {
namespace {

constexpr std::size_t kDeepest = 32;  ///< lists and mappings within each other
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool is_blank(char c) {
  return std::string_view(" \t\r\n").find(c) != std::string_view::npos;
}

bool is_bracket(char c) {
  return std::string_view("[]{},").find(c) != std::string_view::npos;
}

/// `quote`: where it opens.
std::size_t behind_quoted(std::string_view text, std::size_t quote) {
  for (std::size_t at = quote + 1; at < text.size(); ++at) {
    if (text[at] == '\\' && text[quote] == '"') {
      ++at;
    } else if (text[at] == text[quote]) {
      if (text[quote] == '"' || text.substr(at + 1, 1) != "'") return at + 1;
      ++at;
    }
  }
  return text.size();
}

/// From a bracket or quote on to where it is closed: the first '#' right behind a bracket, comma or quote,
/// or npos. yaml-cpp takes it for a comment, YAML does not.
std::size_t glued_comment(std::string_view text, std::size_t begin) {
  int depth = 0;
  bool in_plain = false;  // text without quotes, in which a quote is a sign like others
  std::size_t at = begin;
  do {
    const char c = text[at];
    if (c == '#' && is_blank(text[at - 1])) {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    const bool is_quote = !in_plain && (c == '"' || c == '\'');
    at = is_quote ? behind_quoted(text, at) : at + 1;
    const char next = at < text.size() ? text[at] : '\n';
    const bool ends = is_quote || is_bracket(c);
    if (ends && next == '#') return at;
    const bool is_colon = c == ':' && (!in_plain || is_blank(next) || is_bracket(next));
    in_plain = !ends && !is_colon && (in_plain || !is_blank(c));
  } while (depth > 0 && at < text.size());
  return std::string_view::npos;
}

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
  StrictEvents(const Place& place, std::string_view text) : place_(place), text_(text) {}

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
    if (tag == "!" && !in_brackets()) check_comments(mark);
    if (is_key()) {
      begin_key(mark, value);
    } else {
      end_value();
    }
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value style) override {
    open(mark, tag, false, style == YAML::EmitterStyle::Flow);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value style) override {
    open(mark, tag, true, style == YAML::EmitterStyle::Flow);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Level {
    bool is_map;
    bool at_key;  ///< of a mapping: its next scalar is a key
    bool in_brackets;
    std::string key;
    int key_line;
    std::set<std::string> keys;
    std::size_t elements;  ///< of a list, so far
  };

  bool in_brackets() const { return !open_.empty() && open_.back().in_brackets; }
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

  /// In brackets or text in quotes that begin at the mark, and right behind them.
  void check_comments(const YAML::Mark& mark) const {
    const std::size_t comment = glued_comment(text_, static_cast<std::size_t>(mark.pos));
    if (comment == std::string_view::npos) return;
    const auto lines = std::count(text_.begin() + mark.pos, text_.begin() + comment, '\n');
    refuse(mark.line + static_cast<int>(lines),
           "a '#' right after a bracket, comma or quote; accepted: a blank ahead of a comment");
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
  void open(const YAML::Mark& mark, const std::string& tag, bool is_map, bool is_flow) {
    if (is_key()) place_.refuse(mark.line, "a list or mapping as a key; accepted: text");
    check_tag(mark, tag);
    if (open_.size() == kDeepest)
      place_.refuse(mark.line, fmt::format("lists and mappings are nested; accepted: {} deep", kDeepest));
    if (is_flow && !in_brackets()) check_comments(mark);
    open_.push_back({is_map, is_map, is_flow, "", mark.line, {}, 0});
  }
  void close() {
    open_.pop_back();
    end_value();
  }

  const Place& place_;
  std::string_view text_;
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
  std::string whole = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  if (whole.rfind(kByteOrderMark, 0) == 0) whole.erase(0, kByteOrderMark.size());
  try {
    const YAML::Node node = YAML::Load(whole);  // first: what is not YAML is told as that
    std::istringstream stream(whole);
    YAML::Parser parser(stream);
    StrictEvents events(place, whole);
    while (parser.HandleNextDocument(events)) {
    }
    return node;
  } catch (const YAML::Exception& error) {
    place.refuse(error.mark.is_null() ? 0 : error.mark.line, "not YAML: " + meaning_of(error));
  }
}

}  // namespace bitbalance::scenario
