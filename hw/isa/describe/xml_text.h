// XML, line by line.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "hw/isa/names.h"

namespace bitbalance::isa {

class XmlText {
 public:
  /// `prefix`: of every element's name, with its colon; empty: none.
  explicit XmlText(std::string prefix) : prefix_(std::move(prefix)) {}

  /// `attributes` begin with a space, or are empty.
  void open(std::string_view name, std::string_view attributes = "") {
    text_ += fmt::format("{:{}}<{}{}{}>\n", "", indent_, prefix_, name, attributes);
    indent_ += kStep;
  }
  void close(std::string_view name) {
    indent_ -= kStep;
    text_ += fmt::format("{:{}}</{}{}>\n", "", indent_, prefix_, name);
  }
  void element(std::string_view name, std::string_view value) {
    text_ += fmt::format("{:{}}<{}{}>{}</{}{}>\n", "", indent_, prefix_, name, escaped(value), prefix_, name);
  }
  const std::string& text() const { return text_; }

 private:
  static constexpr int kStep = 2;

  static std::string escaped(std::string_view value) {
    std::string result;
    for (const char c : value) {
      if (c == '&') {
        result += "&amp;";
      } else if (c == '<') {
        result += "&lt;";
      } else {
        result += c;
      }
    }
    return result;
  }

  std::string prefix_;
  std::string text_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  int indent_ = 0;
};

}  // namespace bitbalance::isa
