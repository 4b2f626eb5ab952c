// Any name becomes a file, two names two files.
#include "testbench/report/folder/file_name.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "base/file/output_file.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

namespace fs = std::filesystem;

/// Pieces that names of other people's networks are made of, and some that break programs.
std::string random_name(std::mt19937& random) {
  static const std::vector<std::string> pieces = {"conv",
                                                  "1",
                                                  "_",
                                                  "/",
                                                  ".",
                                                  "..",
                                                  "-",
                                                  " ",
                                                  ":",
                                                  "\\",
                                                  "*",
                                                  "?",
                                                  "\"",
                                                  "'",
                                                  "|",
                                                  "\n",
                                                  "\t",
                                                  std::string(1, '\0'),
                                                  "\x7f",
                                                  "é",
                                                  "層",
                                                  "🙂",
                                                  "\xc3",
                                                  "\xa9",
                                                  "\xff",
                                                  "\xed\xa0\x80",
                                                  "\xc0\x80",
                                                  "[",
                                                  "]",
                                                  ",",
                                                  "~",
                                                  "0123456789abcdef",
                                                  "~0123456789abcdef",
                                                  std::string(120, 'x'),
                                                  std::string(40, '\xc3'),
                                                  "層層層層層層層層層層"};
  std::string name;
  for (auto count = random() % 12; count > 0; --count) name += pieces[random() % pieces.size()];
  return name;
}

/// Does the text consist of whole characters? By decoding, not by the rules of the function under test.
bool is_utf8(const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    int more = 0;
    char32_t code = first;
    if (first >= 0xf0)
      more = 3, code = first & 7U;
    else if (first >= 0xe0)
      more = 2, code = first & 15U;
    else if (first >= 0xc0)
      more = 1, code = first & 31U;
    else if (first >= 0x80)
      return false;
    const char32_t least[] = {0, 0x80, 0x800, 0x10000};
    for (int i = 1; i <= more; ++i) {
      if (at + i >= text.size() || (static_cast<unsigned char>(text[at + i]) & 0xc0U) != 0x80) return false;
      code = code << 6U | (static_cast<unsigned char>(text[at + i]) & 0x3fU);
    }
    if (code < least[more] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    at += 1 + more;
  }
  return true;
}

TEST_CASE("usual names stay as they are") {
  for (const char* name :
       {"conv1", "conv3_2", "layer1.0.conv1", "conv[1]", "stage 2, unit 3", "Größe", "層", "a~b"})
    CHECK(file_name(name) == name);
  CHECK(file_name(std::string(120, 'x')) == std::string(120, 'x'));
}

TEST_CASE("names that file systems refuse are changed") {
  CHECK(file_name("a/b") == "a_b~e620c3190468cf61");
  CHECK(file_name("a/b") != file_name("a:b"));
  CHECK(file_name("a/b") != file_name("a_b"));
  for (const char* name : {"", ".", "..", "-", " ", "/", "-rf", ".hidden"}) {
    CAPTURE(name);
    CHECK(file_name(name) != name);
    CHECK(std::string(". -").find(file_name(name).front()) == std::string::npos);
  }
  CHECK(file_name(file_name("a/b")) != file_name("a/b"));
}

TEST_CASE("a long name is cut between two characters") {
  std::string name;
  while (name.size() < 300) name += "層";
  CHECK(is_utf8(file_name(name)));
  CHECK(file_name(name).size() > 100);
}

TEST_CASE("any two names are two files that can be written") {
  const TemporaryFolder folder;
  std::mt19937 random(1);
  std::map<std::string, std::string> names;  // by file
  for (int i = 0; i < 3000; ++i) {
    const std::string name = random_name(random);
    const std::string file = file_name(name);
    CAPTURE(name, file);
    REQUIRE(file.size() <= 120);
    REQUIRE(is_utf8(file));
    REQUIRE(names.try_emplace(file, name).first->second == name);
    const fs::path path = folder.path() / (file + ".vcd");
    REQUIRE(path.parent_path() == folder.path());
    REQUIRE_NOTHROW(write_file(path, name));
  }
  REQUIRE(folder.entries() == names.size());
}

}  // namespace
}  // namespace bitbalance::test
