// `bitbalance plot` as a user meets it.
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "hw/isa/account/activity.h"
#include "tests/support/command_child.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;

/// A summary of one layer, in place of a run's.
std::string summary_of(int cycles, int macs) {
  const Activity busy = static_cast<Activity>(0);
  nlohmann::json compute;
  for (std::size_t a = 0; a < kActivities; ++a) compute[to_string(static_cast<Activity>(a))] = 0;
  compute[to_string(busy)] = cycles;
  const nlohmann::json utilization = macs == 0 || cycles == 0 ? nlohmann::json() : nlohmann::json(0.5);
  const nlohmann::json layer = {{"name", "a"},
                                {"on_host", false},
                                {"cycles", cycles},
                                {"macs", macs},
                                {"utilization", utilization},
                                {"bus_bytes", cycles},
                                {"engines", {{"compute", compute}}}};
  return nlohmann::json{
      {"scenario", "s"}, {"level", "tlm"}, {"memory", {{"peak_bytes_per_cycle", 2}}}, {"layers", {layer}}}
      .dump();
}

/// The results of a run, which the same process plots.
fs::path stored_run(const TemporaryFolder& folder) {
  const fs::path results = folder.path() / "results";
  const fs::path scenario = fs::path(BITBALANCE_SOURCE_DIR) / "scenarios" / "lenet.yaml";
  const CommandEnd run = run_bitbalance(
      {"run", scenario.string(), "--images", "1", "--level", "analytic", "--out", results.string()});
  REQUIRE(run.exit_code == 0);
  return results;
}

bool is_picture(const fs::path& file) {
  const std::string svg = text_of(file);
  return svg.find("<svg") != std::string::npos && svg.find("</svg>") != std::string::npos;
}

TEST_CASE("a stored run is plotted beside its results, or where --out says") {
  const TemporaryFolder folder;
  const fs::path results = stored_run(folder);
  const CommandEnd end = run_bitbalance({"plot", results.string() + "/"});
  INFO(end.err);
  CHECK(end.exit_code == 0);
  CHECK_THAT(end.out, Contains("results-plots\n"));
  for (const char* picture : {"roofline.svg", "stalls.svg"})
    CHECK(is_picture(folder.path() / "results-plots" / picture));
  const fs::path other = folder.path() / "other";
  CHECK(run_bitbalance({"plot", results.string(), "--out", other.string()}).exit_code == 0);
  CHECK(is_picture(other / "stalls.svg"));
  CHECK(run_bitbalance({"plot", results.string(), "--out", other.string()}).exit_code == 0);  // our own
}

TEST_CASE("results that are given as a relative folder are plotted beside it, too") {
  for (const char* given : {".", "./", "../r", "../r/", "../r/.", "inner/..", "inner/../."}) {
    const TemporaryFolder folder;
    fs::create_directories(folder.path() / "r/inner");
    folder.write("r/summary.json", summary_of(100, 1000));
    const CommandEnd end = run_bitbalance({"plot", given}, [&] { fs::current_path(folder.path() / "r"); });
    INFO(given << ": " << end.err);
    CHECK(end.exit_code == 0);
    CHECK(is_picture(folder.path() / "r-plots/stalls.svg"));
    CHECK(folder.entries() == 2);
    CHECK(std::distance(fs::directory_iterator(folder.path() / "r"), fs::directory_iterator()) == 2);
  }
}

TEST_CASE("what is no run's results is refused, and nothing is written") {
  const TemporaryFolder folder;
  const auto refusal = [&](const fs::path& results) {
    const CommandEnd end =
        run_bitbalance({"plot", results.string(), "--out", (folder.path() / "out").string()});
    INFO(end.err);
    CHECK(end.refused_in_one_line());
    CHECK_FALSE(fs::exists(folder.path() / "out"));
    return end.err;
  };
  CHECK_THAT(refusal(folder.path() / "nowhere"), Contains("summary.json: no such file; accepted: "));
  CHECK_THAT(refusal(folder.path()), Contains("summary.json: no such file; accepted: "));
  CHECK_THAT(refusal(folder.write("file", "")), Contains("summary.json: "));
  folder.write("summary.json", "{\"layers\": []");
  CHECK_THAT(refusal(folder.path()),
             Contains("summary.json: ") && Contains("accepted: summary.json of a run"));
}

TEST_CASE("a picture that no layer has a value for is left out, which is told") {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / "r");
  folder.write("r/summary.json", summary_of(100, 0));  // a pooling
  const CommandEnd pooling = run_bitbalance({"plot", (folder.path() / "r").string()});
  CHECK(pooling.exit_code == 0);
  CHECK(pooling.err == "bitbalance: roofline.svg: not drawn: no layer has a value to show\n");
  CHECK_FALSE(fs::exists(folder.path() / "r-plots/roofline.svg"));
  CHECK(is_picture(folder.path() / "r-plots/stalls.svg"));
  folder.write("r/summary.json", summary_of(0, 1000));  // the run failed before it began
  const CommandEnd failed =
      run_bitbalance({"plot", (folder.path() / "r").string(), "--out", (folder.path() / "out").string()});
  CHECK(failed.refused_in_one_line());
  CHECK_THAT(failed.err,
             Contains("summary.json: no layer has a cycle; accepted: a run in which a cycle passed"));
  CHECK(folder.entries() == 2);
}

TEST_CASE("a plot takes the place of nothing that another command or a person left") {
  const TemporaryFolder folder;
  const fs::path results = stored_run(folder);
  const std::string summary = text_of(results / "summary.json");
  CHECK(run_bitbalance({"plot", results.string(), "--out", results.string()}).refused_in_one_line());
  CHECK(text_of(results / "summary.json") == summary);
  fs::create_directory(folder.path() / "mine");
  const fs::path note = folder.write("mine/roofline.svg", "drawn by hand");
  const CommandEnd end = run_bitbalance({"plot", results.string(), "--out", note.parent_path().string()});
  CHECK(end.refused_in_one_line());
  CHECK_THAT(end.err, Contains("mine"));
  CHECK(text_of(note) == "drawn by hand");
}

TEST_CASE("without a gnuplot that draws, a plot ends in one line and leaves nothing") {
  const TemporaryFolder folder;
  const fs::path results = stored_run(folder);
  fs::create_directory(folder.path() / "bin");
  const auto failure = [&] {
    const CommandEnd end =
        bitbalance_command("plot " + results.string(), "PATH=" + (folder.path() / "bin").string());
    CHECK(end.exit_code == 3);
    CHECK(end.out.empty());
    CHECK(end.told_one_line());
    CHECK_FALSE(fs::exists(folder.path() / "results-plots"));
    CHECK(folder.entries() == 2);  // no hidden folder either
    return end.err;
  };
  CHECK_THAT(failure(), Contains("gnuplot is missing (Debian package gnuplot-nox)"));
  const fs::path gnuplot = folder.write("bin/gnuplot", "#!/bin/sh\necho no font >&2\nexit 4\n");
  fs::permissions(gnuplot, fs::perms::owner_all);
  CHECK_THAT(failure(), Contains("gnuplot ended with ") && Contains("no font"));
  folder.write("bin/gnuplot", "#!/bin/sh\necho '<svg>'\n");
  fs::permissions(gnuplot, fs::perms::owner_all);
  CHECK_THAT(failure(), Contains("gnuplot's picture is not whole"));
}

}  // namespace
}  // namespace bitbalance::test
