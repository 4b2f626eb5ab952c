// Results folders: whole or not at all, only our own files replaced, one writer at a time.
#include "testbench/report/folder/results_folder.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <random>

#include "base/process/interruption.h"
#include "testbench/report/folder/manifest.h"
#include "testbench/scenario/settings/settings.h"
#include "tests/support/child.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;
namespace fs = std::filesystem;

void leave_results(const fs::path& target, const std::string& command = "run",
                   const std::string& text = "figures") {
  ResultsFolder results(target, command);
  results.write("summary.json", text);
  results.commit();
}

/// Why the folder is refused; empty: it is not.
std::string refusal(const fs::path& target, const std::string& command = "run") {
  try {
    ResultsFolder{target, command};
  } catch (const SettingsError& error) {
    return error.what();
  }
  return "";
}

/// Runs `body` in a child, which is killed where it returns.
void killed(const std::function<void()>& body) {
  const pid_t child = test::forked([&] {
    body();
    ::raise(SIGKILL);
  });
  ::waitpid(child, nullptr, 0);
}

TEST_CASE("results appear whole when they are committed") {
  const TemporaryFolder folder;
  const fs::path target = folder.path() / "a" / "b";
  {
    ResultsFolder results(target, "run");
    results.write("summary.json", "figures");
    CHECK_FALSE(fs::exists(target));
    results.commit();
  }
  CHECK(text_of(target / "summary.json") == "figures");
  CHECK(read_manifest(target)->files.size() == 1);
  CHECK(std::distance(fs::directory_iterator(folder.path() / "a"), fs::directory_iterator()) == 1);
}

TEST_CASE("a run that does not finish leaves nothing behind") {
  const TemporaryFolder folder;
  { ResultsFolder(folder.path() / "a" / "b", "run").write("summary.json", "half"); }
  CHECK(folder.entries() == 0);
}

TEST_CASE("earlier results are replaced on success and kept otherwise") {
  const TemporaryFolder folder;
  const fs::path target = folder.path() / "r";
  {
    ResultsFolder first(target, "run");
    first.write("old.txt", "old");
    first.commit();
  }
  { ResultsFolder(target, "run").write("new.txt", "half"); }
  CHECK(text_of(target / "old.txt") == "old");
  CHECK_FALSE(fs::exists(target / "new.txt"));
  ResultsFolder third(target, "run");
  third.write("new.txt", "new");
  third.commit();
  CHECK_FALSE(fs::exists(target / "old.txt"));
  CHECK(text_of(target / "new.txt") == "new");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a folder that cannot be written or holds something else is refused at once") {
  const TemporaryFolder folder;
  const fs::path file = folder.write("file", "precious");
  CHECK_THAT(refusal(file), Contains("is not a folder"));
  CHECK_FALSE(refusal(file / "below").empty());
  CHECK_FALSE(refusal("/proc/bitbalance").empty());
  CHECK_THAT(refusal("/"), Contains("is the root folder"));
  CHECK_THAT(refusal("/proc"), Contains("is a mount point"));
  CHECK_THAT(refusal(folder.path()), Contains("holds file, which would be lost"));
  CHECK(text_of(file) == "precious");
  fs::create_symlink(folder.path() / "nowhere", folder.path() / "link");
  CHECK_THAT(refusal(folder.path() / "link"), Contains("is a link to nothing"));
  CHECK(folder.entries() == 2);
}

TEST_CASE("a current folder is refused, as the user would stay behind in what is replaced") {
  const TemporaryFolder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  CHECK_THAT(refusal("."), Contains("is the current folder"));
  fs::current_path(before);
}

TEST_CASE("a hidden folder of someone's is neither moved nor emptied") {
  const TemporaryFolder folder;
  const std::string hidden = GENERATE(".r.earlier", ".r.partial");
  fs::create_directory(folder.path() / hidden);
  const fs::path file = folder.write(hidden + "/notes.txt", "precious");
  const bool has_list = GENERATE(false, true);
  if (has_list) folder.write(hidden + "/manifest.json", GENERATE("", R"({"name": "other"})"));
  CHECK_THAT(refusal(folder.path() / "r"), Contains("notes.txt") || Contains("holds other files"));
  CHECK(text_of(file) == "precious");
}

TEST_CASE("a link in a hidden folder's place leads to nothing that is ours") {
  const TemporaryFolder folder;
  leave_results(folder.path() / "other");
  const std::string hidden = GENERATE(".r.earlier", ".r.partial");
  fs::create_directory_symlink(folder.path() / "other", folder.path() / hidden);
  CHECK_THAT(refusal(folder.path() / "r"), Contains("is not a folder"));
  CHECK(text_of(folder.path() / "other" / "summary.json") == "figures");
}

TEST_CASE("only files that we wrote and nobody changed are replaced") {
  const TemporaryFolder folder;
  const fs::path target = folder.path() / "r";
  leave_results(target);
  SECTION("a file of someone's") {
    folder.write("r/notes.txt", "precious");
    CHECK_THAT(refusal(target), Contains("r: holds notes.txt, which would be lost"));
  }
  SECTION("a folder of someone's") {
    fs::create_directory(target / "pictures");
    CHECK_THAT(refusal(target), Contains("holds pictures"));
  }
  SECTION("a file of ours that was edited") {
    folder.write("r/summary.json", "figures, annotated");
    CHECK_THAT(refusal(target), Contains("holds summary.json, changed since"));
  }
  SECTION("a link in a file's place") {
    fs::rename(target / "summary.json", folder.path() / "moved");
    fs::create_symlink(folder.path() / "moved", target / "summary.json");
    CHECK_THAT(refusal(target), Contains("holds summary.json"));
  }
  SECTION("another command's results") {
    CHECK_THAT(refusal(target, "compare"), Contains("holds results of bitbalance run, which would be lost"));
  }
  SECTION("a list of files that is not ours") {
    folder.write("r/manifest.json", R"({"program": "bitbalance", "command": 3, "files": []})");
    CHECK_THAT(refusal(target), Contains("holds summary.json"));
  }
  SECTION("but a file that has gone may be missing") {
    fs::remove(target / "summary.json");
    CHECK(refusal(target).empty());
    leave_results(target);
  }
  CHECK(fs::exists(target / "manifest.json"));
}

TEST_CASE("a file that someone puts into the hidden folder is not ours") {
  const TemporaryFolder folder;
  const fs::path target = folder.path() / "r", hidden = folder.path() / ".r.partial";
  const auto work = [&](ResultsFolder& results) {
    results.write("summary.json", "half");
    folder.write(".r.partial/notes.txt", "precious");
  };
  SECTION("during a run that succeeds") {
    ResultsFolder results(target, "run");
    results.announce("never.vcd");
    work(results);
    results.commit();
    const Manifest manifest = *read_manifest(target);
    CHECK(manifest.files.size() == 1);
    CHECK(manifest.files.count("summary.json") == 1);
    CHECK_THAT(refusal(target), Contains("r: holds notes.txt, which would be lost"));
    CHECK(text_of(target / "notes.txt") == "precious");
  }
  SECTION("during one that fails") {
    {
      ResultsFolder results(target, "run");
      work(results);
    }
    CHECK_FALSE(fs::exists(hidden / "summary.json"));
    CHECK(text_of(hidden / "notes.txt") == "precious");
    CHECK_THAT(refusal(target), Contains(".r.partial holds other files"));
  }
  SECTION("during or after one that is killed") {
    killed([&] {
      auto* const results = new ResultsFolder(target, "run");
      work(*results);
      folder.write(".r.partial/.bitbalance-0", "half a file");
    });
    CHECK_THAT(refusal(target), Contains(".r.partial holds notes.txt"));
    CHECK(text_of(hidden / "notes.txt") == "precious");
    fs::remove(hidden / "notes.txt");
    leave_results(target);
    CHECK(folder.entries() == 1);
  }
}

TEST_CASE("what appears at the target during a run stays, and the results stand beside it") {
  const TemporaryFolder folder;
  const fs::path target = folder.path() / "r";
  const auto appears = [&](const std::function<void()>& change) {
    ResultsFolder results(target, "run");
    results.write("summary.json", "new");
    change();
    CHECK_THROWS_WITH(results.commit(), Contains("; the results are in ") && Contains("r.1"));
    CHECK(text_of(folder.path() / "r.1" / "summary.json") == "new");
  };
  SECTION("where nothing was: a folder with a file") {
    appears([&] {
      fs::create_directory(target);
      folder.write("r/notes.txt", "precious");
    });
    CHECK(text_of(target / "notes.txt") == "precious");
  }
  SECTION("where nothing was: a file") {
    appears([&] { folder.write("r", "precious"); });
    CHECK(text_of(target) == "precious");
  }
  SECTION("among earlier results") {
    leave_results(target, "run", "old");
    appears([&] { folder.write("r/notes.txt", "precious"); });
    CHECK(text_of(target / "notes.txt") == "precious");
    CHECK(text_of(target / "summary.json") == "old");
  }
  CHECK(folder.entries() == 2);
}

TEST_CASE("what a killed command left is removed by the next one, whatever its number was") {
  const TemporaryFolder folder;
  const fs::path target = folder.path() / "r";
  leave_results(target, "run", "old");
  killed([&] { (new ResultsFolder(target, "run"))->write("summary.json", "half"); });
  CHECK(folder.entries() == 2);
  leave_results(target, "run", "new");
  CHECK(text_of(target / "summary.json") == "new");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a hidden folder of someone's is not taken for a killed command's") {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / ".r.partial");
  folder.write(".r.partial/notes.txt", "precious");
  CHECK_THAT(refusal(folder.path() / "r"), Contains(".r.partial holds other files"));
  CHECK(text_of(folder.path() / ".r.partial" / "notes.txt") == "precious");
}

TEST_CASE("a second command for the same folder is refused while the first is at work") {
  const TemporaryFolder folder;
  const fs::path target = folder.path() / "new" / "r";
  {
    ResultsFolder first(target, "run");
    CHECK_THAT(refusal(target), Contains("is being written by another command"));
    CHECK_THAT(refusal(target, "compare"), Contains("is being written by another command"));
    first.write("summary.json", "first");
    first.commit();
  }
  CHECK(text_of(target / "summary.json") == "first");
  CHECK(refusal(target).empty());
}

TEST_CASE("a signal just before the end leaves nothing") {
  const TemporaryFolder folder;
  {
    ResultsFolder results(folder.path() / "r", "run");
    interrupting_signal = SIGINT;
    CHECK_THROWS_AS(results.commit(), Interrupted);
    interrupting_signal = 0;
  }
  CHECK(folder.entries() == 0);
}

/// One of many writers: a few commands into targets that others write too.
void write_at_random(const fs::path& folder, unsigned seed) {
  std::mt19937 random(seed);
  for (int i = 0; i < 30; ++i) {
    try {
      ResultsFolder results(folder / "new" / std::to_string(random() % 3), "run");
      const std::string text = std::to_string(random());
      for (const char* name : {"a", "b", "c"}) results.write(name, text);
      if (random() % 4 != 0) results.commit();
    } catch (const SettingsError& error) {
      if (std::string(error.what()).find("is being written by") == std::string::npos) throw;
    }
  }
}

TEST_CASE("writers at random times, killed or not, leave whole results of one of them each") {
  std::mt19937 random(1);
  for (int round = 0; round < 25; ++round) {
    CAPTURE(round);
    const TemporaryFolder folder;
    std::array<pid_t, 4> writers{};
    for (pid_t& writer : writers) {
      const unsigned seed = static_cast<unsigned>(random());
      writer = test::forked([&] { write_at_random(folder.path(), seed); });
    }
    const bool kills = round % 2 == 1;
    if (kills) {
      ::usleep(static_cast<unsigned>(random() % 20'000));
      for (const pid_t writer : writers)
        if (random() % 2 == 0) ::kill(writer, SIGKILL);
    }
    for (const pid_t writer : writers) {
      int status = 0;
      ::waitpid(writer, &status, 0);
      CHECK((WIFEXITED(status) ? WEXITSTATUS(status) == 0 : kills));
    }
    for (const char* name : {"0", "1", "2"}) {
      const fs::path target = folder.path() / "new" / name;
      if (fs::exists(target)) {
        CHECK_FALSE(first_stranger(target, *read_manifest(target)));
        CHECK(text_of(target / "a") == text_of(target / "c"));
      }
      leave_results(target);
      CHECK(read_manifest(target)->files.size() == 1);
    }
    CHECK(std::distance(fs::directory_iterator(folder.path() / "new"), fs::directory_iterator()) == 3);
  }
}

}  // namespace
}  // namespace bitbalance::test
