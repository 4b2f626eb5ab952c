// Value change dumps as the standard allows them: white space of any kind, scopes and types of every sort,
// second names, sections, comments, numbers.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/support/names.h"

namespace bitbalance::test {

class RandomDump {
 public:
  explicit RandomDump(std::uint32_t seed) : random_(seed) {}

  std::string text() {
    std::string dump;
    if (coin()) dump += "$date" + gap() + "today" + gap() + "$end" + gap();
    if (coin()) dump += comment();
    if (coin())
      dump += "$timescale" + gap() + pick({"1", "10", "100"}) + pick({"", " ", "\n"}) +
              pick({"fs", "ps", "ns", "us", "ms", "s"}) + gap() + "$end" + gap();
    int depth = 0;
    for (std::size_t n = 1 + random_() % 12; n > 0; --n) {
      if (coin()) {
        ++depth;
        dump += "$scope" + gap() + pick({"module", "task", "function", "begin", "fork"}) + gap() +
                pick({"top", "u1", "gen[3]", "\\a+b"}) + gap() + "$end" + gap();
      }
      dump += var();
      if (depth > 0 && coin()) {
        --depth;
        dump += "$upscope" + gap() + "$end" + gap();
      }
      if (coin()) dump += comment();
    }
    for (; depth > 0; --depth) dump += "$upscope" + gap() + "$end" + gap();
    dump += "$enddefinitions" + gap() + "$end";
    std::uint64_t time = random_() % 3;
    if (coin()) dump += "\n#" + std::to_string(time);
    for (std::size_t n = random_() % 8; n > 0; --n) {
      const bool section = coin();
      if (section) dump += gap() + pick({"$dumpvars", "$dumpall", "$dumpon", "$dumpoff"});
      for (std::size_t values = random_() % 6; values > 0; --values) dump += gap() + value();
      if (section) dump += gap() + "$end";
      if (coin()) dump += gap() + comment();
      time += 1 + random_() % 1000;
      dump += gap() + "#" + std::to_string(time);
    }
    return dump + pick({"", "\n", "\r\n", " "});
  }

  std::size_t signals() const { return signals_; }
  std::size_t values() const { return values_; }

 private:
  struct Var {
    std::string type;
    std::size_t width = 1;
    std::string id;
  };

  bool coin() { return random_() % 2 == 0; }
  std::string pick(const std::vector<std::string>& from) { return from[random_() % from.size()]; }
  std::string gap() { return pick({" ", "\n", "\t", "  \r\n ", " \v\f "}); }
  std::string comment() { return "$comment" + gap() + "#5 1! $scope of" + gap() + "anything $end" + gap(); }

  std::string var() {
    Var v;
    if (!vars_.empty() && random_() % 3 == 0) {
      v = vars_[random_() % vars_.size()];  // a second name
    } else {
      v.type = pick({"wire", "reg", "integer", "tri0", "supply1", "parameter", "real", "event", "time"});
      v.width = v.type == "real" ? 64 : v.type == "event" ? 1 : 1 + random_() % 70;
      v.id = pick({"!", "\"", "#", "$", "b", "r1", "0", "x"}) + std::to_string(vars_.size());
      vars_.push_back(v);
    }
    ++signals_;
    const std::string range = v.width == 1
                                  ? pick({"", " [3]", "[0]"})
                                  : pick({"", " [" + std::to_string(v.width - 1) + ":0]",
                                          "[" + std::to_string(v.width - 1) + gap() + ":" + gap() + "0 ]"});
    return "$var" + gap() + v.type + gap() + std::to_string(v.width) + gap() + v.id + gap() + "n" +
           std::to_string(signals_) + (v.type == "real" ? "" : range) + gap() + "$end" + gap();
  }

  std::string value() {
    ++values_;
    const Var& v = vars_[random_() % vars_.size()];
    if (v.type == "real") return pick({"r0", "r-1.5e-30", "R16", "rnan"}) + gap() + v.id;
    if (v.width == 1 && coin()) return pick({"0", "1", "x", "z", "X", "Z"}) + v.id;
    std::string bits = pick({"b", "B"});
    for (std::size_t n = 1 + random_() % v.width; n > 0; --n) bits += pick({"0", "1", "x", "Z"});
    return bits + gap() + v.id;
  }

  std::mt19937 random_;
  std::vector<Var> vars_;
  std::size_t signals_ = 0, values_ = 0;
};

}  // namespace bitbalance::test
