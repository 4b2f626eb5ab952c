// The command while the machine refuses or the user stops it: full disks, no threads, no memory, no
// processes, signals at any time, two runs into one folder. Afterwards there is a whole result or none, and
// no crash.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <random>
#include <thread>

#include "testbench/report/folder/manifest.h"
#include "tests/support/child.h"
#include "tests/support/command_child.h"
#include "tests/support/left_out.h"
#include "tests/support/shadow_memory.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;
namespace fs = std::filesystem;
using Words = std::vector<std::string>;

const fs::path kScenarios = fs::path(BITBALANCE_SOURCE_DIR) / "scenarios";

Words operator+(Words first, const Words& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

Words run_lenet(const Words& more = {}) {
  return Words{"run", (kScenarios / "lenet.yaml").string(), "--images", "1"} + more;
}

struct Case {
  const char* what;
  Words words;  ///< without --out
};

/// A command of every kind that leaves results, runs at every level.
const std::vector<Case>& cases() {
  static const Words quantize = {"quantize", (kScenarios / "networks/lenet.onnx").string(), "--calibration",
                                 (kScenarios / "data/fashion-calibration-images.idx3-ubyte").string()};
  static const std::vector<Case> all = {
      {"analytic", run_lenet({"--level", "analytic"})},
      {"tlm", run_lenet({"--level", "tlm"})},
      {"rtl", run_lenet({"--level", "rtl"})},
      {"trace", run_lenet({"--level", "rtl", "--trace", "conv2:0-1", "--signals", "pe_array.row0.*"})},
      {"jobs", run_lenet({"--level", "rtl", "--jobs", "2"})},
      {"build", {"build", (kScenarios / "lenet.yaml").string(), "--images", "1"}},
      {"quantize", quantize},
      {"compare", {"compare", (kScenarios / "lenet.yaml").string(), "--baselines", "bitlet,bitwave"}},
  };
  return all;
}

/// Random cases for each command; more by hand: BITBALANCE_CASES times as many.
int cases_of(int count) {
  const char* const more = std::getenv("BITBALANCE_CASES");
  return more == nullptr ? count : count * std::atoi(more);
}

/// As tests that change limits and users need: everybody may write.
class OpenFolder : public TemporaryFolder {
 public:
  OpenFolder() { ::chmod(path().c_str(), 0777); }
  std::string out() const { return (path() / "out").string(); }
  Words to_out() const { return {"--out", out()}; }
};

/// Are the results at `target` complete and as they were written?
bool is_whole(const fs::path& target) {
  const auto manifest = read_manifest(target);
  if (!manifest || first_stranger(target, *manifest)) return false;
  return std::all_of(manifest->files.begin(), manifest->files.end(),
                     [&](const auto& file) { return fs::exists(target / file.first); });
}

/// A command that failed told so in one line (progress apart), and left nothing.
void check_refused(const CommandEnd& end, const TemporaryFolder& folder) {
  INFO(end.err);
  CHECK(end.signal == 0);
  CHECK(end.out.empty());
  CHECK(end.err.rfind("bitbalance: ", 0) == 0);
  CHECK(end.told_one_line());
  CHECK(folder.entries() == 0);
}

TEST_CASE("a full disk is an error of every command that leaves results") {
  std::mt19937 random(1);
  for (const Case& entry : cases()) {
    for (int i = 0; i < cases_of(6); ++i) {
#ifdef BITBALANCE_THREAD_SANITIZER
      if (i == 0) continue;  // it has files of its own
#endif
      const OpenFolder folder;
      const rlim_t most = i == 0 ? 0 : random() % 40'000;
      CAPTURE(entry.what, most);
      const CommandEnd end =
          run_bitbalance(entry.words + folder.to_out(), [&] { limit(RLIMIT_FSIZE, most); });
      if (end.exit_code == 0) {
        CHECK(is_whole(folder.out()));
      } else if (most > 1000) {
        CHECK(end.exit_code == 3);
        CHECK_THAT(end.err, Contains("cannot be written: File too large"));
        check_refused(end, folder);
      } else {  // it cannot even say so
        CHECK(end.exit_code == 3);
        CHECK(folder.entries() == 0);
      }
    }
  }
}

TEST_CASE("a waveform that does not fit fails the run, at the limit and below") {
  const Words trace = run_lenet({"--level", "rtl", "--trace", "conv2", "--signals", "*"});
  for (const rlim_t most : {50'000, 102'400, 1'000'000}) {
    const OpenFolder folder;
    CAPTURE(most);
    const CommandEnd end = run_bitbalance(trace + folder.to_out(), [&] { limit(RLIMIT_FSIZE, most); });
    CHECK(end.exit_code == 3);
    CHECK_THAT(end.err, Contains("conv2.vcd: cannot be written: File too large"));
    check_refused(end, folder);
  }
}

TEST_CASE("a disk without space is told, and so is one that fills while a run writes") {
  const OpenFolder folder;
  const fs::path disk = folder.path() / "disk";
  fs::create_directory(disk);
  for (const char* size : {"size=16k", "size=64k", "size=256k", "size=1m"}) {
    if (::mount("none", disk.c_str(), "tmpfs", 0, size) != 0) {
      test::leave_out("no file system may be mounted here");
      return;
    }
    CAPTURE(size);
    const CommandEnd end = run_bitbalance(run_lenet(
        {"--level", "rtl", "--trace", "conv2:0-1", "--signals", "*", "--out", (disk / "out").string()}));
    const bool is_empty = fs::is_empty(disk);
    ::umount(disk.c_str());
    CHECK(end.exit_code == 3);
    CHECK_THAT(end.err, Contains("cannot be written: No space left on device"));
    CHECK(end.told_one_line());
    CHECK(is_empty);
  }
}

TEST_CASE("every command fails when nobody takes what it prints") {
  const OpenFolder folder;
  const std::string recorded = (folder.path() / "recorded").string();
  REQUIRE(run_bitbalance(run_lenet({"--level", "rtl", "--trace", "conv2:0", "--out", recorded})).exit_code ==
          0);
  std::vector<Words> commands = {{"--help"}, {"--version"}};
  for (const char* command :
       {"run", "init", "quantize", "compare", "recost", "check-vcd", "build", "disassemble", "plot", "sweep"})
    commands.push_back({command, "--help"});
  commands.push_back({"check-vcd", recorded + "/conv2.vcd"});
  commands.push_back({"recost", recorded, "--technology", (kScenarios / "technology/65nm.yaml").string()});
  for (const Case& entry : cases()) commands.push_back(entry.words + folder.to_out());
  for (const Words& words : commands) {
    fs::remove_all(folder.out());
    CAPTURE(words.front());
    const CommandEnd full =
        run_bitbalance(words, [] { ::dup2(::open("/dev/full", O_WRONLY), STDOUT_FILENO); });
    CHECK(full.exit_code == 3);
    CHECK_THAT(full.err, Contains("standard output: cannot be written: No space left on device"));
    CHECK(full.told_one_line());
    fs::remove_all(folder.out());
    const CommandEnd closed = run_bitbalance(words, [] {
      for (const int stream : {STDIN_FILENO, STDOUT_FILENO}) ::close(stream);
    });
    CHECK(closed.exit_code == 3);
    CHECK_THAT(closed.err, Contains("Bad file descriptor"));
    const CommandEnd silent =
        run_bitbalance({"run", "nowhere.yaml"}, [] { ::dup2(::open("/dev/full", O_WRONLY), STDERR_FILENO); });
    CHECK(silent.exit_code == 2);
    // What was computed is there all the same.
    if (words.back() == folder.out()) CHECK(is_whole(folder.out()));
  }
}

TEST_CASE("recost writes its file whole or not at all") {
  const OpenFolder folder;
  REQUIRE(run_bitbalance(run_lenet({"--level", "analytic"}) + folder.to_out()).exit_code == 0);
  const std::string csv = folder.write("energy.csv", "earlier").string();
  const Words recost = {
      "recost", folder.out(), "--technology", (kScenarios / "technology/65nm.yaml").string(), "--csv", csv};
  CHECK(run_bitbalance(recost, [] { limit(RLIMIT_FSIZE, 5000); }).exit_code == 3);
  CHECK(text_of(csv) == "earlier");
  CHECK(folder.entries() == 2);
  CHECK(run_bitbalance(recost).exit_code == 0);
  CHECK(text_of(csv) == text_of(fs::path(folder.out()) / "energy.csv"));
}

TEST_CASE("a picture that cannot be drawn discards nothing") {
  const OpenFolder programs;
  const auto with_gnuplot = [&](const std::string& script) {
    const auto file = programs.write("gnuplot", "#!/bin/sh\n" + script + "\n");
    ::chmod(file.c_str(), 0755);
    ::setenv("PATH", (programs.path().string() + ":" + std::getenv("PATH")).c_str(), 1);
  };
  const std::string path = std::getenv("PATH");
  struct Gnuplot {
    const char* script;
    const char* told;
  };
  for (const Gnuplot gnuplot : {Gnuplot{"echo broken >&2; echo really >&2; exit 3", "exit code 3: broken"},
                                Gnuplot{"kill -9 $$", "a signal"}, Gnuplot{"exit 0", "not whole"},
                                Gnuplot{"echo '<svg>'", "not whole"}}) {
    for (const Case& entry : cases()) {
      if (entry.words.front() == "run" || entry.words.front() == "build") continue;  // draw nothing
      const OpenFolder folder;
      CAPTURE(entry.what, gnuplot.script);
      with_gnuplot(gnuplot.script);
      const CommandEnd end = run_bitbalance(entry.words + folder.to_out());
      ::setenv("PATH", path.c_str(), 1);
      CHECK(end.exit_code == 0);
      CHECK_THAT(end.out, Contains("chart     not drawn: gnuplot") && Contains(gnuplot.told));
      CHECK(is_whole(folder.out()));
    }
  }
}

TEST_CASE("a gnuplot that never ends ends with the command") {
  const OpenFolder programs, folder;
  const auto file = programs.write("gnuplot", "#!/bin/sh\nexec sleep 1000\n");
  ::chmod(file.c_str(), 0755);
  CommandChild child(cases().back().words + folder.to_out(), [&] {
    ::setenv("PATH", (programs.path().string() + ":" + std::getenv("PATH")).c_str(), 1);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  ::kill(child.process(), SIGTERM);
  const CommandEnd end = child.wait();
  CHECK(end.exit_code == 128 + SIGTERM);
  check_refused(end, folder);
}

TEST_CASE("without threads or processes of its own a command works, or says why not") {
  const OpenFolder folder;
  const auto alone = [] {
    limit(RLIMIT_NPROC, 0);
    become_nobody();
  };
  if (run_bitbalance({"--version"}, alone).exit_code != 0) {
    test::leave_out("nobody may run the command here");
    return;
  }
  for (const Case& entry : cases()) {
    CAPTURE(entry.what);
    const OpenFolder results;
    const CommandEnd end = run_bitbalance(entry.words + results.to_out(), alone);
    if (entry.what == std::string("jobs")) {
      CHECK(end.exit_code == 3);
      CHECK_THAT(end.err, Contains("no process for worker 1 of 2: Resource temporarily unavailable"));
      check_refused(end, results);
    } else {
      INFO(end.err);
      CHECK(end.exit_code == 0);
      CHECK(is_whole(results.out()));
    }
  }
}

TEST_CASE("with any limit of memory a command works, or says why not") {
#ifdef BITBALANCE_SHADOW_MEMORY
  test::leave_out("the sanitizer reserves terabytes of addresses");
  return;
#endif
  std::mt19937 random(1);
  for (const Case& entry : cases()) {
    for (int i = 0; i < cases_of(10); ++i) {
      // Most of them so small that even libraries run out of it while they are loaded.
      const rlim_t most = (18'000 + random() % (i % 4 == 0 ? 440'000 : 30'000)) << 10U;
      CAPTURE(entry.what, most >> 10U);
      const OpenFolder folder;
      const CommandEnd end = run_bitbalance(entry.words + folder.to_out(), [&] { limit(RLIMIT_AS, most); });
      INFO(end.err);
      // The loader itself has no room, or the OpenMP of a library, which speaks for itself ahead of main().
      if (end.exit_code == 127 || end.err.find("libgomp: Out of memory") != std::string::npos) continue;
      CHECK(end.signal == 0);
      if (end.exit_code == 0) {
        CHECK(is_whole(folder.out()));
      } else {
        CHECK(end.exit_code == 3);
        check_refused(end, folder);
      }
    }
  }
}

/// How long the command takes, undisturbed.
std::chrono::microseconds duration_of(const Words& words) {
  const OpenFolder folder;
  const auto start = std::chrono::steady_clock::now();
  REQUIRE(run_bitbalance(words + folder.to_out()).exit_code == 0);
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
}

TEST_CASE("a signal at any time leaves the earlier results or the new ones, and nothing else") {
  std::mt19937 random(1);
  for (const Case& entry : cases()) {
    const auto duration = duration_of(entry.words);
    const OpenFolder folder;
    REQUIRE(run_bitbalance(entry.words + folder.to_out()).exit_code == 0);
    for (int i = 0; i < cases_of(8); ++i) {
      const int signal = std::array<int, 4>{SIGINT, SIGTERM, SIGHUP, SIGKILL}.at(random() % 4);
      const auto delay = std::chrono::microseconds(random() % (duration.count() * 11 / 10));
      CAPTURE(entry.what, signal, delay.count());
      CommandChild child(entry.words + folder.to_out());
      std::this_thread::sleep_for(delay);
      ::kill(child.process(), signal);
      const CommandEnd end = child.wait();
      INFO(end.err);
      CHECK(is_whole(folder.out()));
      // Before the command notes signals, and after its results are there, it ends by the signal itself.
      const bool is_stopped = end.exit_code == 128 + signal || end.signal == signal;
      CHECK((end.exit_code == 0 || is_stopped));
      if (end.exit_code == 128 + signal) CHECK(end.told() == "bitbalance: interrupted\n");
      if (end.signal == 0) CHECK(folder.entries() == 1);
    }
    CHECK(run_bitbalance(entry.words + folder.to_out()).exit_code == 0);
    CHECK(folder.entries() == 1);
  }
}

TEST_CASE("a signal while vcd2fst converts leaves nothing of its files, either") {
  const OpenFolder folder;
  const Words words = {"run", (kScenarios / "fashion.yaml").string(), "--trace", "conv1:all", "--fst"};
  CommandChild child(words + folder.to_out());
  const fs::path workspace = folder.path() / ".out.partial";
  for (int wait = 0; wait < 20'000 && !fs::exists(workspace / ".bitbalance-0.hier"); ++wait) ::usleep(1000);
  REQUIRE(fs::exists(workspace / ".bitbalance-0.hier"));
  ::kill(child.process(), SIGINT);
  CHECK(child.wait().exit_code == 128 + SIGINT);
  CHECK(folder.entries() == 0);
}

TEST_CASE("signals that the caller ignores stay ignored") {
  const OpenFolder folder;
  CommandChild child(cases().front().words + folder.to_out(), [] {
    std::signal(SIGHUP, SIG_IGN);  // as nohup does
    std::signal(SIGINT, SIG_IGN);  // as a shell does for what it runs in the background
  });
  for (int i = 0; i < 100; ++i) {
    ::kill(child.process(), i % 2 == 0 ? SIGHUP : SIGINT);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(child.wait().exit_code == 0);
}

TEST_CASE("a killed run does not block the next one, not even with its process number") {
  const OpenFolder folder;
  const Words words = cases().at(2).words + folder.to_out();
  const fs::path partial = folder.path() / ".out.partial";
  bool left = false;
  for (int i = 0; i < 200 && !left; ++i) {
    CommandChild child(words);
    for (int wait = 0; wait < 2000 && !fs::exists(partial); ++wait) ::usleep(1000);
    ::kill(child.process(), SIGKILL);
    child.wait();
    left = fs::exists(partial);
  }
  REQUIRE(left);
  CHECK(run_bitbalance(words).exit_code == 0);
  CHECK(folder.entries() == 1);
  CHECK(is_whole(folder.out()));
}

TEST_CASE("of two runs into one folder the second is refused, or follows the first") {
  for (int i = 0; i < 5; ++i) {
    const OpenFolder folder;
    CommandChild first(cases().at(2).words + folder.to_out()), second(cases().at(1).words + folder.to_out());
    const CommandEnd one = first.wait(), two = second.wait();
    for (const CommandEnd& end : {one, two}) {
      CHECK((end.exit_code == 0 || end.exit_code == 2));
      if (end.exit_code == 2) CHECK_THAT(end.err, Contains("is being written by another command"));
    }
    CHECK((one.exit_code == 0 || two.exit_code == 0));
    CHECK(is_whole(folder.out()));
    CHECK(folder.entries() == 1);
  }
}

TEST_CASE("a run replaces a run, a comparison a comparison, and nothing else") {
  const OpenFolder folder;
  for (const Case& first : cases()) {
    fs::remove_all(folder.out());
    REQUIRE(run_bitbalance(first.words + folder.to_out()).exit_code == 0);
    for (const Case& second : cases()) {
      CAPTURE(first.what, second.what);
      const bool same = first.words.front() == second.words.front();
      const CommandEnd end = run_bitbalance(second.words + folder.to_out());
      CHECK(end.exit_code == (same ? 0 : 2));
      if (!same) CHECK_THAT(end.err, Contains("holds results of bitbalance " + first.words.front()));
      CHECK(is_whole(folder.out()));
      CHECK(read_manifest(folder.out())->command == first.words.front());
    }
  }
}

TEST_CASE("files of someone's in a results folder survive every command") {
  for (const Case& entry : cases()) {
    CAPTURE(entry.what);
    const OpenFolder folder;
    REQUIRE(run_bitbalance(entry.words + folder.to_out()).exit_code == 0);
    folder.write("out/notes.txt", "precious");
    const CommandEnd end = run_bitbalance(entry.words + folder.to_out());
    CHECK(end.exit_code == 2);
    CHECK_THAT(end.err, Contains("holds notes.txt, which would be lost"));
    CHECK(end.told_one_line());
    CHECK(text_of(folder.path() / "out/notes.txt") == "precious");
  }
}

}  // namespace
}  // namespace bitbalance::test
