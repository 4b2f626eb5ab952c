#include "testbench/waveform/vcd.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <functional>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <unordered_map>

#include "base/checked.h"
#include "base/text/outside_text.h"

namespace bitbalance::waveform {
namespace {

constexpr std::string_view kBits = "01xzXZ";
constexpr std::string_view kLogic = "01xzXZUWLH-uwlh";  ///< with those of VHDL's std_logic

bool is_space(int c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// The words of a file, between white space of any kind and amount, and the lines they stand in.
class VcdWords {
 public:
  explicit VcdWords(const std::filesystem::path& path) : path_(path), file_(path, std::ios::binary) {
    if (!file_ || std::filesystem::is_directory(path)) {
      throw std::invalid_argument(one_line(path.string()) + ": " + unreadable(path) +
                                  "; accepted: a waveform (VCD)");
    }
  }

  [[noreturn]] void fail(const std::string& found, const std::string& accepted) const {
    throw std::invalid_argument(
        one_line(fmt::format("{}:{}: {}: accepted: {}", path_.string(), line_, found, accepted)));
  }

  /// False at the end of the file.
  bool next(std::string& word) {
    word.clear();
    for (int c = file_.rdbuf()->sbumpc(); c != EOF; c = file_.rdbuf()->sbumpc()) {
      if (!is_space(c)) {
        word += static_cast<char>(c);
      } else if (!word.empty()) {
        file_.rdbuf()->sungetc();  // its line's number is that of the word
        return true;
      } else if (c == '\n') {
        ++line_;
      }
    }
    return !word.empty();
  }
  std::string expect(const char* of) {
    std::string word;
    if (!next(word)) fail("end of file", std::string("the rest of ") + of);
    return word;
  }
  /// The words up to $end, without the white space between them.
  std::string to_end(const char* of) {
    std::string text;
    for (std::string word = expect(of); word != "$end"; word = expect(of)) text += word;
    return text;
  }

  std::int64_t line() const { return line_; }

 private:
  std::filesystem::path path_;
  std::ifstream file_;
  std::int64_t line_ = 1;
};

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "[7:0]", and as a part of a name "[3]".
bool is_range(std::string_view text) {
  if (text.size() < 3 || text.front() != '[' || text.back() != ']') return false;
  text = text.substr(1, text.size() - 2);
  const std::size_t colon = text.find(':');
  return number_of<std::int64_t>(text.substr(0, colon)) &&
         (colon == std::string_view::npos || number_of<std::int64_t>(text.substr(colon + 1)));
}

/// Without the digits that its extension to the left brings back.
std::string_view shortest(std::string_view value) {
  while (value.size() > 1 && value[0] != '1' && (value[1] == value[0] || value.substr(0, 2) == "01"))
    value.remove_prefix(1);
  return value;
}

class VcdReader {
 public:
  VcdReader(const std::filesystem::path& path, VcdChanges changes)
      : words_(path), keeps_(changes == VcdChanges::kKept) {}

  Vcd read() {
    read_declarations();
    read_changes();
    for (const VcdSignal& signal : vcd_.signals) {
      if (vcd_.histories[signal.id].times != 0) continue;
      VcdNote& noted = note("a signal that never gets a value");
      if (noted.places == 1) noted.example = vcd_.full_name(signal);
    }
    return std::move(vcd_);
  }

 private:
  /// What an identifier stands for.
  struct Kind {
    std::int64_t width = 1;
    bool is_real = false;
    bool is_event = false;
    bool operator!=(const Kind& o) const { return width != o.width || is_real != o.is_real; }
  };

  /// The last time at which an identifier got a value, and hashes of it and of the one before that time.
  struct Last {
    std::uint64_t time = 0;
    std::size_t value = 0, before = 0;
  };

  VcdNote& note(const std::string& what) {
    VcdNote& note = vcd_.notes[what];
    if (note.places++ == 0) note.line = words_.line();
    return note;
  }

  void read_declarations() {
    constexpr const char* kWhat = "the declarations";
    int scope = -1;
    for (std::string word = words_.expect(kWhat);; word = words_.expect(kWhat)) {
      if (word == "$enddefinitions") {
        words_.to_end("$enddefinitions");
        break;
      }
      if (word == "$scope") {
        words_.expect("$scope");  // its kind
        vcd_.scopes.push_back({name("$scope"), scope});
        scope = static_cast<int>(vcd_.scopes.size()) - 1;
        words_.to_end("$scope");
      } else if (word == "$upscope") {
        if (scope < 0) words_.fail("$upscope", "a $scope before it");
        scope = vcd_.scopes[scope].outer;
        words_.to_end("$upscope");
      } else if (word == "$var") {
        declare(scope);
      } else if (word == "$timescale") {
        vcd_.timescale_fs = timescale(words_.to_end("$timescale"));
      } else if (word == "$date" || word == "$version" || word == "$comment") {
        skip(word.c_str());
      } else {
        words_.fail("\"" + word + "\"", "a declaration");
      }
    }
    if (scope >= 0) note("a scope that is open at the end of the declarations");
    if (vcd_.timescale_fs == 0) note("no $timescale: times have no unit");
  }

  void skip(const char* section) {
    while (words_.expect(section) != "$end") {
    }
  }

  std::string name(const char* of) {
    std::string name = words_.expect(of);
    if (name == "$end") words_.fail(std::string(of) + " without a name", "a name before $end");
    return name;
  }

  [[noreturn]] void refuse_ports() const { words_.fail("a dump of ports (EVCD)", "a four-state dump (VCD)"); }

  void declare(int scope) {
    const std::string type = words_.expect("$var");
    Kind kind;
    kind.is_real = type == "real" || type == "realtime" || type == "shortreal";
    kind.is_event = type == "event";
    if (type == "port") refuse_ports();
    const bool has_bits = !kind.is_real && type != "string" && !kind.is_event;
    const std::string width = words_.expect("$var");
    const auto bits = number_of<std::int64_t>(width);
    if (!bits || *bits < (has_bits ? 1 : 0)) words_.fail("width \"" + width + "\"", "a number, 1 or more");
    kind.width = *bits;
    const std::string id = name("$var");
    VcdSignal signal;
    signal.name = name("$var");
    signal.scope = scope;
    signal.width = kind.width;
    signal.is_real = kind.is_real;
    // White space may stand before and within a bit range, but not within a name.
    const std::size_t open = signal.name.rfind('[');
    const bool in_range = open != std::string::npos && signal.name.find(']', open) == std::string::npos;
    const std::string rest = words_.to_end("$var");
    signal.name += rest;
    const std::size_t bracket = std::min(signal.name.rfind('['), signal.name.size());
    const std::string range = signal.name.substr(bracket);
    if (!rest.empty() && ((rest.front() != '[' && !in_range) || !is_range(range)))
      words_.fail("\"" + rest + "\"", "a bit range or $end");
    // A single bit is part of the name, as that of an element is.
    if (bracket != 0 && is_range(range) && range.find(':') != std::string::npos) signal.name.resize(bracket);
    const auto [known, is_new] = ids_.try_emplace(id, ids_.size());
    signal.id = known->second;
    if (is_new) {
      vcd_.histories.emplace_back();
      kinds_.push_back(kind);
    } else if (kinds_[signal.id] != kind) {
      words_.fail(fmt::format("identifier {} with widths {} and {}{}", id, kinds_[signal.id].width,
                              kind.width, kinds_[signal.id].is_real == kind.is_real ? "" : ", real and not"),
                  "one kind and width");
    }
    vcd_.signals.push_back(std::move(signal));
  }

  std::uint64_t timescale(const std::string& text) {
    const std::size_t unit = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto count = number_of<std::int64_t>(std::string_view(text).substr(0, unit));
    static const std::map<std::string, std::int64_t> units = {
        {"fs", 1},          {"ps", 1000},          {"ns", 1000000},
        {"us", 1000000000}, {"ms", 1000000000000}, {"s", 1000000000000000}};
    const auto found = units.find(text.substr(unit));
    if (!count || *count < 1 || *count > 100 || found == units.end())
      words_.fail("timescale " + text, "1, 10 or 100 and fs, ps, ns, us, ms or s");
    if (*count != 1 && *count != 10 && *count != 100)
      note("a timescale that is not 1, 10 or 100 of its unit");
    return static_cast<std::uint64_t>(*count * found->second);
  }

  void read_changes() {
    std::string section;  // $dumpvars and its like, while open
    for (std::string word; words_.next(word);) {
      const char first = word.front();
      if (first == '#') {
        if (!section.empty()) note("a time within " + section);
        advance(word);
      } else if (word == "$dumpvars" || word == "$dumpall" || word == "$dumpon" || word == "$dumpoff") {
        if (!section.empty()) words_.fail(fmt::format("{} within {}", word, section), "$end");
        section = word;
      } else if (word == "$end") {
        if (section.empty()) words_.fail("$end", "what it ends before it");
        section.clear();
      } else if (word == "$comment") {
        skip("$comment");
      } else if (word.rfind("$dumpports", 0) == 0) {
        refuse_ports();
      } else if (first == 'b' || first == 'B') {
        vector(word.substr(1), words_.expect("a vector value"));
      } else if (first == 'r' || first == 'R') {
        real(word.substr(1), words_.expect("a real value"));
      } else if (first == 's' || first == 'S') {
        note("a text as a value, which is not of the standard");
        const std::string text = word.substr(1);
        change(text, text, identifier(words_.expect("a text")));
      } else if (kLogic.find(first) != std::string_view::npos) {
        scalar(word.substr(0, 1), word.substr(1));
      } else {
        words_.fail("\"" + word + "\"", "a time, a value or a section of values");
      }
    }
    if (!section.empty()) words_.fail("end of file in " + section, "its $end");
    if (!has_time_) note("no time: the file ends with its declarations");
  }

  void advance(const std::string& word) {
    const auto time = number_of<std::uint64_t>(std::string_view(word).substr(1));
    if (!time) words_.fail("time \"" + word.substr(1) + "\"", "a whole number that 64 bits hold");
    if (has_time_ && *time < vcd_.last_time)
      words_.fail(fmt::format("time {} after {}", *time, vcd_.last_time), "times that grow");
    if (is_told_ && *time == vcd_.last_time) note("a time that is given twice");
    if (!has_time_) vcd_.first_time = *time;
    vcd_.last_time = *time;
    has_time_ = is_told_ = true;
  }

  std::size_t identifier(const std::string& id) const {
    const auto found = ids_.find(id);
    if (found == ids_.end()) words_.fail("identifier \"" + id + "\"", "one that $var declared");
    return found->second;
  }

  void vector(const std::string& value, const std::string& id) {
    if (value.empty() || value.find_first_not_of(kLogic) != std::string::npos)
      words_.fail("value \"" + value + "\"", "0, 1, x and z");
    const std::size_t to = identifier(id);
    check_width(value, to);
    change(value, shortest(value), to);
  }

  void scalar(const std::string& value, const std::string& id) {
    const std::size_t to = identifier(id);
    check_width(value, to);
    if (!kinds_[to].is_real && kinds_[to].width > 1)
      words_.fail(fmt::format("value {} of 1 bits", value), fmt::format("{} bits", kinds_[to].width));
    change(value, value, to);
  }

  void check_width(const std::string& value, std::size_t to) {
    if (value.find_first_not_of(kBits) != std::string::npos)
      note("a value of std_logic, which is not of the standard");
    // Unknown while dumping is off: of a real number, too.
    if (kinds_[to].is_real && value.find_first_not_of("xX") != std::string::npos)
      words_.fail("value " + value + " of a real number", "r and a number");
    if (!kinds_[to].is_real &&
        static_cast<std::int64_t>(value.size()) > std::max<std::int64_t>(1, kinds_[to].width)) {
      words_.fail(fmt::format("value {} of {} bits", value, value.size()),
                  fmt::format("{} bits", kinds_[to].width));
    }
  }

  void real(const std::string& value, const std::string& id) {
    const std::string_view text = value;
    if (!number_of<double>(text.substr(!text.empty() && text.front() == '+' ? 1 : 0)))
      words_.fail("real value \"" + value + "\"", "a number");
    const std::size_t to = identifier(id);
    if (!kinds_[to].is_real) words_.fail("real value " + value, "bits");
    change(value, value, to);
  }

  /// `meant`: the same of all ways to write the value.
  void change(const std::string& value, std::string_view meant, std::size_t to) {
    if (!has_time_) {
      note("a value before any time, taken for time 0");
      has_time_ = true;
    }
    VcdHistory& history = vcd_.histories[to];
    if (lasts_.size() < vcd_.histories.size()) lasts_.resize(vcd_.histories.size());
    Last& last = lasts_[to];
    const bool is_again = history.times != 0 && last.time == vcd_.last_time;
    if (is_again) {
      history.changed -= static_cast<std::uint64_t>(last.value != last.before);
    } else {
      ++history.times;
      last.before = last.value;
      last.time = vcd_.last_time;
    }
    // An event happens again with every value.
    last.value = kinds_[to].is_event ? history.times : std::hash<std::string_view>()(meant);
    if (history.times == 1) last.before = ~last.value;
    history.changed += static_cast<std::uint64_t>(last.value != last.before);
    if (!keeps_) return;
    if (is_again) {
      history.changes.back().value = value;
    } else {
      history.changes.push_back({vcd_.last_time, value});
    }
  }

  VcdWords words_;
  bool keeps_;
  Vcd vcd_;
  std::unordered_map<std::string, std::size_t> ids_;
  std::vector<Kind> kinds_;  ///< by id
  std::vector<Last> lasts_;  ///< by id
  bool has_time_ = false;    ///< told, or taken for 0
  bool is_told_ = false;
};

}  // namespace

std::string Vcd::full_name(const VcdSignal& signal) const {
  std::vector<const std::string*> parts = {&signal.name};
  for (int scope = signal.scope; scope >= 0 && scopes[scope].outer >= 0; scope = scopes[scope].outer)
    parts.push_back(&scopes[scope].name);
  std::string name;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) name += (name.empty() ? "" : ".") + **part;
  return name;
}

const VcdSignal& Vcd::signal(const std::string& name) const {
  const auto is_named = [&](const VcdSignal& signal) {
    std::string_view rest = name;
    const auto strip = [&rest](const std::string& part) {
      const bool fits = rest.size() >= part.size() && rest.substr(rest.size() - part.size()) == part;
      if (fits) rest.remove_suffix(part.size());
      return fits;
    };
    if (!strip(signal.name)) return false;
    for (int scope = signal.scope; scope >= 0 && scopes[scope].outer >= 0; scope = scopes[scope].outer)
      if (!strip(".") || !strip(scopes[scope].name)) return false;
    return rest.empty();
  };
  const auto found = std::find_if(signals.begin(), signals.end(), is_named);
  if (found == signals.end()) throw std::out_of_range("no signal " + name + " in the dump");
  return *found;
}

std::string Vcd::value_at(const VcdSignal& signal, std::uint64_t time) const {
  const auto& history = histories[signal.id].changes;
  const auto after = std::upper_bound(history.begin(), history.end(), time,
                                      [](std::uint64_t t, const VcdChange& c) { return t < c.time; });
  if (after == history.begin()) return {};
  std::string value = std::prev(after)->value;
  if (signal.is_real || value.empty() || value.find_first_not_of(kLogic) != std::string::npos) return value;
  // Left-extension of the standard: 0 after 0 and 1, else the digit itself.
  const char fill = value.front() == '1' ? '0' : value.front();
  const auto width = static_cast<std::size_t>(signal.width);
  if (value.size() < width) value.insert(0, width - value.size(), fill);
  return value;
}

Vcd read_vcd(const std::filesystem::path& path, VcdChanges changes) {
  return VcdReader(path, changes).read();
}

std::int64_t vcd_number(const std::string& value, bool is_signed) {
  std::uint64_t bits = 0;
  for (const char c : value) bits = bits << 1 | static_cast<unsigned>(c == '1');
  if (value.empty()) return 0;
  const std::size_t unused = 64 - std::min<std::size_t>(64, value.size());
  return is_signed ? static_cast<std::int64_t>(bits << unused) >> unused : static_cast<std::int64_t>(bits);
}

}  // namespace bitbalance::waveform
