#include "testbench/report/page/page_color.h"

#include <stdexcept>
#include <string_view>

#include "testbench/report/page/page_files.h"

namespace bitbalance::report {

std::string page_color(const std::string& name) {
  constexpr std::size_t kLength = 7;
  const std::string_view style = page_style();
  const std::string key = "--" + name + ": #";
  const std::size_t at = style.find(key);
  if (at == std::string_view::npos) throw std::out_of_range(name + ": no colour of the pages");
  return std::string(style.substr(at + key.size() - 1, kLength));
}

}  // namespace bitbalance::report
