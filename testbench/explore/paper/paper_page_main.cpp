// paper_page: writes the tables of docs/paper.md between their two marks, or checks the rows of some
// networks.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "base/file/output_file.h"
#include "base/text/outside_text.h"
#include "testbench/explore/paper/paper_tables.h"

namespace bitbalance::explore {
namespace {

constexpr const char* kBegin = "<!-- tables -->\n";
constexpr const char* kEnd = "<!-- end of tables -->\n";
constexpr const char* kFolder = "scenarios/paper";

std::string read(const std::string& file) {
  constexpr std::size_t kMostBytes = std::size_t{1} << 24;
  const auto text = read_bytes(file, kMostBytes);
  if (!text) throw std::invalid_argument(file + ": cannot be read");
  return *text;
}

int write_page(const std::string& file) {
  std::vector<std::vector<PaperTable>> tables;
  for (const PaperNetwork& network : kPaperNetworks) {
    fmt::print(stderr, "{}...\n", network.name);
    tables.push_back(paper_tables(network, kFolder, true));
  }
  std::string page = read(file);
  const std::size_t begin = page.find(kBegin), end = page.find(kEnd);
  if (begin == std::string::npos || end == std::string::npos || end < begin)
    throw std::invalid_argument(fmt::format("{}: accepted: a page with {} and {}", file, kBegin, kEnd));
  const std::size_t first = begin + std::string(kBegin).size();
  page.replace(first, end - first, to_markdown(merged(tables)));
  write_file(file, page);
  return 0;
}

int check_page(const std::string& file, const std::string& name, bool fully_connected) {
  const std::string page = read(file);
  int missing = 0;
  const auto* const network = std::find_if(kPaperNetworks.begin(), kPaperNetworks.end(),
                                           [&](const PaperNetwork& n) { return n.scenario == name; });
  if (network == kPaperNetworks.end()) throw std::invalid_argument(name + ": not a network of the paper");
  for (const PaperTable& table : paper_tables(*network, kFolder, fully_connected)) {
    for (const std::string& row : table.rows) {
      const std::size_t place = page.find("### " + table.title + "\n");
      if (place != std::string::npos && page.find("\n" + row + "\n", place) < page.find("\n###", place + 1))
        continue;
      fmt::print("{}: {}: not there: {}\n", file, table.title, row);
      ++missing;
    }
  }
  return missing == 0 ? 0 : 1;
}

int run(const std::vector<std::string>& arguments) {
  const std::size_t count = arguments.size();
  if (count == 1) return write_page(arguments[0]);
  if (count == 3 && arguments[0] == "--check") return check_page(arguments[1], arguments[2], true);
  if (count == 3 && arguments[0] == "--check-convolutions")
    return check_page(arguments[1], arguments[2], false);
  fmt::print(stderr,
             "usage, in the project's folder: paper_page docs/paper.md\n"
             "                                paper_page --check docs/paper.md NETWORK\n"
             "                                paper_page --check-convolutions docs/paper.md NETWORK\n");
  return 2;
}

}  // namespace
}  // namespace bitbalance::explore

int main(int argc, char* argv[]) {
  try {
    return bitbalance::explore::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    fmt::print(stderr, "paper_page: {}\n", error.what());
    return 2;
  }
}
