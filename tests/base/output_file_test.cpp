// Files are whole or not there, whatever the disk does.
#include "base/file/output_file.h"

#include <catch2/catch.hpp>
#include <csignal>
#include <random>

#include <sys/stat.h>

#include "tests/support/child.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;

/// In a child whose files may have `most_bytes`: what write_file() throws, or "written".
std::string written_within(rlim_t most_bytes, const fs::path& file, const std::string& text) {
  return test::in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    limit(RLIMIT_FSIZE, most_bytes);
    write_file(file, text);
    return std::string("written");
  });
}

TEST_CASE("a file is written in place of an earlier one") {
  const TemporaryFolder folder;
  const fs::path file = folder.write("file", "earlier");
  const fs::perms shared = fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_write;
  fs::permissions(file, shared);  // wider than what the umask gives
  write_file(file, {});
  CHECK(text_of(file).empty());
  write_file(file, "new");
  CHECK(text_of(file) == "new");
  CHECK(fs::status(file).permissions() == shared);
  fs::create_symlink(file, folder.path() / "link");
  write_file(folder.path() / "link", "through");
  CHECK(text_of(file) == "through");
  CHECK(fs::is_symlink(folder.path() / "link"));
}

TEST_CASE("a file that is not closed was never there") {
  const TemporaryFolder folder;
  const fs::path file = folder.write("file", "earlier");
  { OutputFile(file).write("half"); }
  { OutputFile(folder.path() / "other").write("half"); }
  CHECK(text_of(file) == "earlier");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a file that must not be written in place takes an earlier one's, or is refused") {
  const TemporaryFolder folder;
  const auto written_anew = [&](const char* name) {
    OutputFile file(folder.path() / name, OutputFile::InPlace::kRefused);
    fs::remove(file.partial());
    write_file(file.partial(), "by another program");
    file.close();
  };
  const fs::path file = folder.write("file", "earlier");
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("file", folder.path() / "link");
  for (const char* name : {"file", "link", "new"}) {
    written_anew(name);
    CHECK(text_of(folder.path() / name) == "by another program");
    folder.write("file", "earlier");
  }
  CHECK(fs::is_symlink(folder.path() / "link"));
  CHECK(fs::status(file).permissions() == (fs::perms::owner_read | fs::perms::owner_write));

  CHECK(is_partial_name(".bitbalance-0"));
  CHECK(is_partial_name(".bitbalance-12.hier"));
  for (const char* name :
       {"", ".hier", "bitbalance-0", ".bitbalance-", ".bitbalance-x", ".bitbalance-x.hier"})
    CHECK_FALSE(is_partial_name(name));

  const fs::path pipe = folder.path() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  fs::create_symlink("pipe", folder.path() / "link to pipe");
  fs::create_symlink("nothing", folder.path() / "link to nothing");
  fs::create_directory(folder.path() / "folder");
  for (const char* name : {"pipe", "link to pipe", "link to nothing", "folder"}) {
    CHECK_THROWS_WITH(written_anew(name), Contains(name) && Contains("cannot be replaced; accepted: "));
    CHECK(fs::exists(fs::symlink_status(folder.path() / name)));
  }
  CHECK(fs::is_fifo(pipe));
  CHECK(folder.entries() == 7);
}

TEST_CASE("devices that are full and places that are none are told") {
  CHECK_THROWS_WITH(write_file("/dev/full", "text"),
                    Contains("/dev/full: cannot be written: No space left on device"));
  CHECK_THROWS_AS(write_file("/nowhere/file", ""), std::invalid_argument);
  CHECK_THROWS_AS(write_file("/", ""), std::invalid_argument);
  const TemporaryFolder folder;
  CHECK_THROWS_AS(write_file(folder.path() / std::string(256, 'x'), ""), std::invalid_argument);
  CHECK_NOTHROW(write_file(folder.path() / std::string(255, 'x'), ""));
}

TEST_CASE("with any limit on its size a file is whole, or as it was, and nothing else is left") {
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    CAPTURE(i);
    const TemporaryFolder folder;
    const bool has_earlier = random() % 2 == 0;
    const fs::path file = has_earlier ? folder.write("file", "earlier") : folder.path() / "file";
    const std::size_t size = random() % 20'000;
    const rlim_t most = random() % 20'000;
    const std::string text(size, 'x');
    const std::string outcome = written_within(most, file, text);
    if (size <= most) {
      CHECK(outcome == "written");
      CHECK(text_of(file) == text);
    } else {
      CHECK_THAT(outcome, Contains("file: cannot be written: File too large"));
      CHECK(fs::exists(file) == has_earlier);
      CHECK(text_of(file) == (has_earlier ? "earlier" : ""));
    }
    CHECK(folder.entries() == (has_earlier || size <= most ? 1 : 0));
  }
}

}  // namespace
}  // namespace bitbalance::test
