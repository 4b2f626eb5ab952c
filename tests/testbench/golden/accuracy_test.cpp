#include "testbench/golden/accuracy.h"
#include "tests/support/names.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

using namespace bitbalance;
using namespace bitbalance::test;
using Catch::Contains;

namespace {

class TextFile {
 public:
  explicit TextFile(const std::string& name, const std::string& text)
      : path_(std::filesystem::temp_directory_path() / (std::to_string(::getpid()) + name)) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~TextFile() { std::filesystem::remove(path_); }
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TextTask task(const std::string& texts, const std::string& dictionary) {
  const TextFile first("-texts.txt", texts), second("-dictionary.txt", dictionary);
  return read_text_task(first.path(), second.path());
}

}  // namespace

TEST_CASE("repeated classes are one character, and a blank between them makes two") {
  const TextTask abc = task("x\n", "a\nb\nc\n");
  CHECK(abc.read({0, 1, 1, 0, 1, 2, 2, 0, 0, 3}) == U"aabc");
  CHECK(abc.read({0, 0}).empty());
  CHECK(abc.read({4, 1, 4, 2, 0, 4}) == U"a b");  // class 4 is the space; margins do not count
}

TEST_CASE("characters beyond ASCII are one each") {
  const TextTask umlauts = task("aé漢\n", "é\n漢\n");
  CHECK(umlauts.texts.at(0) == U"aé漢");
  CHECK(umlauts.read({2, 1}) == U"漢é");
}

TEST_CASE("the edit distance counts insertions, deletions and replacements") {
  CHECK(edit_distance(U"kitten", U"sitting") == 3);
  CHECK(edit_distance(U"", U"abc") == 3);
  CHECK(edit_distance(U"abc", U"") == 3);
  CHECK(edit_distance(U"abc", U"abc") == 0);
}

TEST_CASE("the error rate is of all characters, and a line is exact or not") {
  const TextTask abc = task("aaa\nb\n", "a\nb\n");
  const TextScore result = score(abc, {{1, 0, 1}, {2}});
  CHECK(result.character_error_rate == Approx(0.25));
  CHECK(result.exact_lines == 1);
}

TEST_CASE("texts and dictionaries that are none are refused by file and line") {
  CHECK_THROWS_WITH(task("", "a\n"), Contains("-texts.txt: empty; accepted: lines of text"));
  CHECK_THROWS_WITH(task("ok\n\xff\n", "a\n"), Contains("-texts.txt:2: not UTF-8; accepted: UTF-8"));
  CHECK_THROWS_WITH(task("ok\n\n", "a\n"), Contains("-texts.txt:2: an empty line; accepted: a text"));
  CHECK_THROWS_WITH(task("ok\n", "a\nbc\n"), Contains("-dictionary.txt:2: 2 characters; accepted: one"));
}

TEST_CASE("line ends of Windows are no characters") {
  const TextTask two = task("ab\r\nc\r\n", "a\r\nb\r\nc\r\n");
  CHECK(two.texts == std::vector<std::u32string>{U"ab", U"c"});
  CHECK(two.characters == U"abc ");
}
