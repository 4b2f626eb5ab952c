#include "testbench/vcd.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <unordered_map>

namespace bitbalance {
namespace {

class VcdReader {
 public:
  explicit VcdReader(const std::filesystem::path& path) : path_(path), file_(path) {
    if (!file_) throw std::runtime_error(fmt::format("{}: cannot be read", path.string()));
  }

  Vcd read() {
    read_declarations();
    read_changes();
    for (const VcdSignal& s : vcd_.signals) {
      if (vcd_.changes[s.id].empty())
        fail("signal " + s.name + " never gets a value", "a value for every signal");
    }
    return std::move(vcd_);
  }

 private:
  [[noreturn]] void fail(const std::string& found, const std::string& accepted) const {
    throw std::runtime_error(
        fmt::format("{}:{}: {}: accepted: {}", path_.string(), line_number_, found, accepted));
  }

  /// Next token; false at the end of the file.
  bool next(std::string& token) {
    for (;;) {
      const std::size_t begin = line_.find_first_not_of(" \t\r", at_);
      if (begin != std::string::npos) {
        at_ = std::min(line_.find_first_of(" \t\r", begin), line_.size());
        token.assign(line_, begin, at_ - begin);
        return true;
      }
      if (!std::getline(file_, line_)) return false;
      ++line_number_;
      at_ = 0;
    }
  }
  std::string expect_token(const char* of) {
    std::string token;
    if (!next(token)) fail("end of file", std::string("the rest of ") + of);
    return token;
  }
  std::string text_to_end(const char* of) {
    std::string text;
    for (std::string token = expect_token(of); token != "$end"; token = expect_token(of)) text += token;
    return text;
  }
  template <class Number>
  Number number(std::string_view text, const char* what) const {
    Number value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
      fail(fmt::format("{} \"{}\"", what, text), "a number");
    return value;
  }

  void read_declarations() {
    std::vector<std::string> scopes;
    for (std::string token = expect_token("the declarations");; token = expect_token("the declarations")) {
      if (token == "$enddefinitions") {
        if (!scopes.empty()) fail("scope " + scopes.back() + " is open", "$upscope for every $scope");
        text_to_end("$enddefinitions");
        return;
      }
      if (token == "$scope") {
        expect_token("$scope");  // its kind
        scopes.push_back(expect_token("$scope"));
        text_to_end("$scope");
      } else if (token == "$upscope") {
        if (scopes.empty()) fail("$upscope", "a $scope before it");
        scopes.pop_back();
        text_to_end("$upscope");
      } else if (token == "$var") {
        declare(scopes);
      } else if (token == "$timescale") {
        vcd_.timescale_fs = timescale(text_to_end("$timescale"));
      } else if (token == "$date" || token == "$version" || token == "$comment") {
        text_to_end(token.c_str());
      } else {
        fail("\"" + token + "\"", "a declaration");
      }
    }
  }

  void declare(const std::vector<std::string>& scopes) {
    expect_token("$var");  // its type
    VcdSignal signal;
    signal.width = number<int>(expect_token("$var"), "width");
    if (signal.width < 1) fail(fmt::format("width {}", signal.width), "1 or more");
    const std::string id = expect_token("$var");
    std::string name = expect_token("$var");
    for (std::string rest = expect_token("$var"); rest != "$end"; rest = expect_token("$var")) {
      if (rest.front() != '[') fail("\"" + rest + "\"", "a bit range or $end");
    }
    if (const std::size_t range = name.find('['); range != std::string::npos) name.resize(range);
    for (std::size_t i = 1; i < scopes.size(); ++i) signal.name += scopes[i] + ".";
    signal.name += name;
    const auto [known, is_new] = ids_.try_emplace(id, ids_.size());
    signal.id = known->second;
    if (is_new) {
      vcd_.changes.emplace_back();
      widths_.push_back(signal.width);
    } else if (widths_[signal.id] != signal.width) {
      fail(fmt::format("identifier {} with widths {} and {}", id, widths_[signal.id], signal.width),
           "one width");
    }
    vcd_.signals.push_back(std::move(signal));
  }

  std::uint64_t timescale(const std::string& text) const {
    const std::size_t unit = text.find_first_not_of("0123456789");
    if (unit == 0 || unit == std::string::npos) fail("timescale " + text, "a number and a unit");
    std::uint64_t fs = number<std::uint64_t>(std::string_view(text).substr(0, unit), "timescale");
    static const std::map<std::string, std::uint64_t> units = {
        {"fs", 1},          {"ps", 1000},          {"ns", 1000000},
        {"us", 1000000000}, {"ms", 1000000000000}, {"s", 1000000000000000}};
    const auto found = units.find(text.substr(unit));
    if (found == units.end()) fail("timescale " + text, "fs, ps, ns, us, ms or s");
    return fs * found->second;
  }

  void read_changes() {
    if (vcd_.timescale_fs == 0) fail("no $timescale", "one before $enddefinitions");
    bool has_time = false;
    std::uint64_t time = 0;
    for (std::string token; next(token);) {
      if (token.front() == '#') {
        const auto t = number<std::uint64_t>(std::string_view(token).substr(1), "time");
        if (has_time && t <= time) fail(fmt::format("time {} after {}", t, time), "times that grow");
        if (!has_time) vcd_.first_time = t;
        time = vcd_.last_time = t;
        has_time = true;
      } else if (token == "$dumpvars" || token == "$dumpall" || token == "$dumpon" || token == "$dumpoff" ||
                 token == "$end") {
        continue;
      } else if (token == "$comment") {
        text_to_end("$comment");
      } else if (token.front() == 'b' || token.front() == 'B') {
        if (!has_time) fail("a value before any time", "#TIME ahead of all values");
        change(token.substr(1), expect_token("a vector value"), time, true);
      } else if (token.front() == 'r' || token.front() == 'R') {
        fail("real value " + token, "bits");
      } else {
        if (!has_time) fail("a value before any time", "#TIME ahead of all values");
        change(token.substr(0, 1), token.substr(1), time, false);
      }
    }
    if (!has_time) fail("no time", "value changes behind #TIME");
  }

  void change(std::string value, const std::string& id, std::uint64_t time, bool is_vector) {
    const auto found = ids_.find(id);
    if (found == ids_.end()) fail("identifier \"" + id + "\"", "one that $var declared");
    const auto width = static_cast<std::size_t>(widths_[found->second]);
    if (value.empty() || value.find_first_not_of("01xzXZ") != std::string::npos)
      fail("value \"" + value + "\"", "0, 1, x and z");
    if (value.size() > width || (!is_vector && width != 1)) {
      fail(fmt::format("value {} of {} bits", value, value.size()), fmt::format("{} bits", width));
    }
    // Left-extension of the standard: 0 after 0 and 1, else the digit itself.
    const char fill = value.front() == '1' ? '0' : value.front();
    value.insert(0, width - value.size(), fill);
    auto& history = vcd_.changes[found->second];
    if (!history.empty() && history.back().time == time) {
      history.back().value = std::move(value);
    } else {
      history.push_back({time, std::move(value)});
    }
  }

  std::filesystem::path path_;
  std::ifstream file_;
  std::string line_;
  std::size_t at_ = 0;
  int line_number_ = 0;
  Vcd vcd_;
  std::unordered_map<std::string, std::size_t> ids_;
  std::vector<int> widths_;
};

}  // namespace

const VcdSignal& Vcd::signal(const std::string& name) const {
  const auto found =
      std::find_if(signals.begin(), signals.end(), [&](const VcdSignal& s) { return s.name == name; });
  if (found == signals.end()) throw std::out_of_range("no signal " + name + " in the dump");
  return *found;
}

const std::string& Vcd::value_at(const VcdSignal& signal, std::uint64_t time) const {
  static const std::string none;
  const auto& history = changes[signal.id];
  const auto after = std::upper_bound(history.begin(), history.end(), time,
                                      [](std::uint64_t t, const VcdChange& c) { return t < c.time; });
  return after == history.begin() ? none : std::prev(after)->value;
}

Vcd read_vcd(const std::filesystem::path& path) {
  return VcdReader(path).read();
}

std::int64_t vcd_number(const std::string& value, bool is_signed) {
  std::uint64_t bits = 0;
  for (const char c : value) bits = bits << 1 | static_cast<unsigned>(c == '1');
  const std::size_t unused = 64 - std::min<std::size_t>(64, value.size());
  return is_signed ? static_cast<std::int64_t>(bits << unused) >> unused : static_cast<std::int64_t>(bits);
}

}  // namespace bitbalance
