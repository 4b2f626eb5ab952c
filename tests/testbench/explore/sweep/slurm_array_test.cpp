// A sweep as an array of tasks. Slurm's commands are stand-ins that do what Slurm's do on one machine;
// slurm_test.sh has the real ones.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "testbench/explore/sweep/result_store.h"
#include "testbench/explore/sweep/task/task_files.h"
#include "tests/support/command_child.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;
using explore::ResultStore;
using explore::SweepPoint;
using explore::TaskFiles;
namespace fs = std::filesystem;

const std::string kGrid = "scenarios: " + std::string(BITBALANCE_SOURCE_DIR) +
                          "/scenarios/lenet.yaml\nspace:\n"
                          "  accelerator.rows: {from: 4, to: 40, step: 4}\n"
                          "  quantization.nnzb: [2, 3]\n";

/// Runs the tasks one after the other. $BROKEN: one whose process is killed; $CUT: one whose shard loses its
/// end.
const char* const kSbatch = R"(#!/bin/sh
for word in "$@"; do
  case $word in --array=0-*) last=${word#--array=0-} ;; esac
  case $word in --refuse) echo 'sbatch: error: no such partition' >&2; exit 1 ;; esac
done
cat > job
echo "$((last + 1)) tasks" > asked
code=0
for task in $(seq 0 "$last"); do
  [ "$task" = "$BROKEN" ] && { code=137; continue; }
  SLURM_ARRAY_TASK_ID=$task sh ./job || code=$?
  [ "$task" = "$CUT" ] && truncate -s 6000 "$OUT.tasks/$task.sqlite"
done
exit $code
)";
const char* const kScontrol = "#!/bin/sh\necho 'MaxArraySize            = 4'\n";

class Cluster {
 public:
  explicit Cluster(bool is_installed = true) : is_installed_(is_installed) {
    fs::create_directory(folder_.path() / "bin");
    folder_.write("sweep.yaml", kGrid);
    if (!is_installed) return;
    for (const auto& [name, script] : {std::pair{"sbatch", kSbatch}, {"scontrol", kScontrol}})
      ::chmod(folder_.write(std::string("bin/") + name, script).c_str(), 0755);
  }

  CommandEnd run(const std::vector<std::string>& more, const char* broken = "", const char* cut = "") const {
    std::vector<std::string> words = {"sweep", "sweep.yaml", "--out", "r.sqlite", "--csv", "csv"};
    words.insert(words.end(), more.begin(), more.end());
    const std::string path = (folder_.path() / "bin").string() + (is_installed_ ? ":/bin:/usr/bin" : "");
    return run_bitbalance(words, [&] {
      if (::chdir(folder_.path().c_str()) != 0) ::_exit(97);
      ::setenv("PATH", path.c_str(), 1);
      ::setenv("OUT", "r.sqlite", 1);
      ::setenv("BROKEN", broken, 1);
      ::setenv("CUT", cut, 1);
    });
  }
  const fs::path& path() const { return folder_.path(); }
  std::string text(const std::string& name) const { return text_of(folder_.path() / name); }
  bool exists(const std::string& name) const { return fs::exists(folder_.path() / name); }

 private:
  bool is_installed_;
  TemporaryFolder folder_;
};

const std::vector<std::string> kArray = {"--engine", "slurm", "--tasks", "3"};

/// The rows of the same sweep in processes of one machine.
const std::string& expected() {
  static const std::string csv = [] {
    const Cluster cluster;
    REQUIRE(cluster.run({"--jobs", "1"}).exit_code == 0);
    return cluster.text("csv");
  }();
  return csv;
}

TEST_CASE("an array of tasks leaves the rows that processes leave") {
  const Cluster cluster;
  const CommandEnd end = cluster.run(kArray);
  INFO(end.err);
  CHECK(end.exit_code == 0);
  CHECK_THAT(end.out, Contains("results   20 computed, 0 were there\n"));
  CHECK(cluster.text("asked") == "3 tasks\n");
  CHECK(cluster.text("csv") == expected());
  CHECK_FALSE(cluster.exists("r.sqlite.tasks"));
}

TEST_CASE("a task that dies loses its points alone, and the same command makes them good") {
  const Cluster cluster;
  const CommandEnd end = cluster.run(kArray, "1");
  CHECK(end.exit_code == 3);
  CHECK_THAT(end.out, Contains("13 computed, 0 were there, 7 lost"));
  CHECK_THAT(end.err, Contains("lost: sbatch: exit code 137"));
  CHECK_THAT(cluster.run(kArray).out, Contains("7 computed, 13 were there\n"));
  CHECK(cluster.text("csv") == expected());
}

TEST_CASE("a shard that is cut off is named and kept, and its points are computed again") {
  const Cluster cluster;
  const CommandEnd end = cluster.run(kArray, "", "2");
  CHECK(end.exit_code == 3);
  CHECK_THAT(end.err, Contains("2.sqlite: damaged") && Contains("kept as"));
  CHECK_THAT(end.out, Contains("13 computed, 0 were there, 7 lost"));
  CHECK(cluster.exists("r.sqlite.tasks/2.sqlite.damaged"));
  CHECK_THAT(cluster.run(kArray).out, Contains("7 computed, 13 were there\n"));
  CHECK(cluster.text("csv") == expected());
}

TEST_CASE("what an array left when the command was killed is taken") {
  const Cluster cluster;
  REQUIRE(cluster.run(kArray, "1").exit_code == 3);
  // As if the command had not come to merging: its database is a shard of the next one.
  const fs::path shard = cluster.path() / "r.sqlite.tasks" / "0.sqlite";
  fs::rename(cluster.path() / "r.sqlite", shard);
  CHECK_THAT(cluster.run(kArray).out, Contains("results   7 computed, 13 were there\n"));
  CHECK(cluster.text("csv") == expected());
  CHECK_FALSE(fs::exists(shard.parent_path()));
}

TEST_CASE("while a task writes its shard, the command is refused and the shard stays") {
  const Cluster cluster;
  REQUIRE(cluster.run(kArray, "1").exit_code == 3);
  const ResultStore shard(cluster.path() / "r.sqlite.tasks" / "1.sqlite");
  const CommandEnd end = cluster.run(kArray);
  CHECK(end.refused_in_one_line());
  CHECK_THAT(end.err, Contains("1.sqlite: in use by another program; accepted: "));
  CHECK(cluster.exists("r.sqlite.tasks/1.sqlite"));
}

TEST_CASE("an array has no more tasks than the cluster and the points allow") {
  const Cluster cluster;
  const CommandEnd end = cluster.run({"--engine", "slurm", "--tasks", "5"});
  CHECK(end.refused_in_one_line());
  CHECK_THAT(end.err, Contains("--tasks: 5; accepted: 1 to 4, the cluster's MaxArraySize"));
  CHECK(cluster.run({"--engine", "slurm"}).exit_code == 0);
  CHECK(cluster.text("asked") == "1 tasks\n");
}

TEST_CASE("what is wrong with Slurm is told in one line") {
  const CommandEnd none = Cluster(false).run({"--engine", "slurm"});
  CHECK(none.exit_code == 2);
  CHECK_THAT(none.err, Contains("--engine slurm: scontrol is not installed; accepted: "));
  const CommandEnd refused = Cluster().run({"--engine", "slurm", "--sbatch=--refuse"});
  CHECK(refused.exit_code == 3);
  CHECK_THAT(refused.err, Contains("sbatch: exit code 1: sbatch: error: no such partition"));
  CHECK_THAT(Cluster().run({"--engine", "slrum"}).err, Contains("did you mean 'slurm'?"));
  CHECK_THAT(Cluster().run({"--tasks", "3"}).err, Contains("--tasks: given without --engine slurm"));
}

TEST_CASE("a list of points that is cut off, or of another sweep, is refused") {
  const TemporaryFolder folder;
  const TaskFiles files(folder.path() / "r.sqlite");
  const std::vector<SweepPoint> points = {{0, {1, 2}}, {5, {~std::uint64_t{0}, 3}}, {7, {4, 5}}};
  files.write(points, 2);
  const fs::path list = files.folder() / "1.task";
  const std::vector<SweepPoint> read = explore::read_task(list);
  REQUIRE(read.size() == 2);
  CHECK(read[0].index == 5);
  CHECK(read[0].key.point == ~std::uint64_t{0});
  CHECK(read[1].key.network == 5);
  const std::string text = text_of(list);
  for (std::size_t size = 0; size < text.size(); ++size) {
    write_file(list, text.substr(0, size));
    CHECK_THROWS_WITH(explore::read_task(list), Contains("1.task: cut off; accepted: "));
  }
  write_file(list, text);
  const Cluster cluster;
  const CommandEnd end = cluster.run({"--task", list.string()});
  CHECK(end.refused_in_one_line());
  CHECK_THAT(end.err, Contains("1.task: point 5 is another now; accepted: "));
}

}  // namespace
}  // namespace bitbalance::test
