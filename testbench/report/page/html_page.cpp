#include "testbench/report/page/html_page.h"

#include <utility>

#include "testbench/report/page/page_files.h"

namespace bitbalance::report {
namespace {

/// `text` with `from` replaced everywhere.
std::string replaced(const std::string& text, char from, std::string_view to) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    if (c == from) {
      result += to;
    } else {
      result += c;
    }
  }
  return result;
}

/// Text between tags.
std::string html_text(const std::string& text) {
  return replaced(replaced(text, '&', "&amp;"), '<', "&lt;");
}

}  // namespace

std::string html_page(const std::string& title, std::initializer_list<std::string_view> scripts,
                      const std::string& data) {
  // In JSON "<" only occurs in strings, and there it may be spelled by its number.
  const std::string heading = html_text(title), json = replaced(data, '<', "\\u003c");
  std::string page_scripts;
  for (const std::string_view script : scripts) page_scripts.append(script);
  const std::pair<std::string_view, std::string_view> places[] = {{"@TITLE@", heading},
                                                                  {"@STYLE@", page_style()},
                                                                  {"@DATA@", json},
                                                                  {"@CHART_LIBRARY@", page_chart_library()},
                                                                  {"@SHARED_SCRIPT@", page_shared_script()},
                                                                  {"@PAGE_SCRIPT@", page_scripts}};
  // Each place once and from left to right, so that what is put in is not searched.
  std::string page;
  std::string_view rest = page_shell();
  for (const auto& [place, content] : places) {
    const std::size_t at = rest.find(place);
    page.append(rest.substr(0, at)).append(content);
    rest.remove_prefix(at + place.size());
  }
  return page.append(rest);
}

}  // namespace bitbalance::report
