// `bitbalance sweep` as a user meets it: equal rows however it is run, and nothing lost when it is stopped.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "testbench/explore/sweep/result_store.h"
#include "tests/support/child.h"
#include "tests/support/command_child.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::Equals;
using Catch::Matchers::StartsWith;
using explore::ResultStore;
namespace fs = std::filesystem;

const std::string kLenet = std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/lenet.yaml";

/// 300 points in two quantizations, some of them refused: their parameter buffer holds none.
const std::string kSweep = "scenarios: " + kLenet +
                           "\nsettings: {mapping.effort: fast}\nspace:\n"
                           "  accelerator.rows: {from: 4, to: 20, step: 4}\n"
                           "  accelerator.columns: {from: 4, to: 20, step: 4}\n"
                           "  quantization.nnzb: [2, 3]\n"
                           "  accelerator.parameter_buffer_bytes: [64, 1024, 8192]\n"
                           "  memory.bytes_per_cycle: [3.2, 12.8]\n";

/// A sweep in a folder of its own.
class Swept {
 public:
  explicit Swept(const std::string& text = kSweep) : sweep_(folder_.write("sweep.yaml", text)) {}

  std::vector<std::string> words(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {
        "sweep", sweep_.string(), "--out", database().string(), "--csv", (folder_.path() / "csv").string()};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  CommandEnd run(const std::vector<std::string>& more = {}) const { return run_bitbalance(words(more)); }
  std::string csv() const { return text_of(folder_.path() / "csv"); }
  fs::path database() const { return folder_.path() / "results.sqlite"; }
  std::size_t rows() const { return fs::exists(database()) ? ResultStore(database()).keys().size() : 0; }
  const TemporaryFolder& folder() const { return folder_; }

 private:
  TemporaryFolder folder_;
  fs::path sweep_;
};

std::vector<std::map<std::string, std::string>> table_of(const std::string& csv) {
  const auto cells = [](const std::string& line) {
    std::vector<std::string> found;
    std::istringstream stream(line + ",");
    for (std::string cell; std::getline(stream, cell, ',');) {
      cell.erase(std::remove(cell.begin(), cell.end(), '"'), cell.end());
      found.push_back(cell);
    }
    return found;
  };
  std::istringstream stream(csv);
  std::string line;
  std::getline(stream, line);
  const std::vector<std::string> names = cells(line);
  std::vector<std::map<std::string, std::string>> rows;
  while (std::getline(stream, line)) {
    const std::vector<std::string> values = cells(line);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (i == 0) rows.emplace_back();
      rows.back()[names[i]] = values.at(i);
    }
  }
  return rows;
}

/// 0: none.
pid_t child_of(pid_t process) {
  const std::string id = std::to_string(process);
  std::ifstream children("/proc/" + id + "/task/" + id + "/children");
  pid_t child = 0;
  children >> child;
  return child;
}

TEST_CASE("1, 2 and 4 workers leave the same rows") {
  std::string expected;
  for (const char* jobs : {"1", "2", "4"}) {
    const Swept sweep;
    const CommandEnd end = sweep.run({"--jobs", jobs});
    INFO(end.err);
    REQUIRE(end.exit_code == 0);
    CHECK_THAT(end.out, Contains("points    300\nresults   300 computed, 0 were there, 80 refused\n"));
    if (expected.empty()) expected = sweep.csv();
    CHECK(sweep.csv() == expected);
    CHECK(table_of(expected).size() == 300);
  }
}

TEST_CASE("a sweep that is killed at any moment goes on where it was") {
  const Swept whole;
  const auto start = std::chrono::steady_clock::now();
  REQUIRE(whole.run({"--jobs", "2"}).exit_code == 0);
  const auto duration = std::chrono::steady_clock::now() - start;
  std::mt19937 random(1);
  for (int i = 0; i < 10; ++i) {
    const Swept sweep;
    CommandChild child(sweep.words({"--jobs", "2"}));
    std::this_thread::sleep_for(duration * (random() % 1000) / 1000);
    ::kill(child.process(), SIGKILL);
    child.wait();
    const std::size_t before = sweep.rows();
    const CommandEnd end = sweep.run({"--jobs", "1"});
    INFO(end.err);
    CHECK(end.exit_code == 0);
    CHECK_THAT(end.out, Contains(std::to_string(300 - before) + " computed, " + std::to_string(before) +
                                 " were there"));
    CHECK(sweep.csv() == whole.csv());
  }
}

TEST_CASE("a worker that dies loses its point alone") {
  const Swept sweep("scenarios: " + kLenet +
                    "\nlevel: rtl\nsettings: {network.count: 8}\n"
                    "space: {accelerator.rows: {from: 8, to: 32, step: 8}, accelerator.columns: [8, 16]}\n");
  CommandChild child(sweep.words({"--jobs", "2"}));
  // A worker that has a child is in the middle of a point: that one simulates.
  pid_t worker = 0;
  while (worker == 0 || child_of(worker) == 0) worker = child_of(child.process());
  ::kill(worker, SIGKILL);
  const CommandEnd end = child.wait();
  CHECK(end.exit_code == 3);
  CHECK_THAT(end.out, Contains("results   7 computed, 0 were there, 1 lost"));
  CHECK_THAT(end.err,
             Contains("bitbalance: lost: lenet.yaml accelerator.rows=") && Contains("died of signal 9"));
  CHECK_THAT(sweep.run().out, Contains("1 computed, 7 were there\n"));
}

/// `levels`: of a sweep; the run is of the first.
void check_figures(const std::vector<std::string>& levels, const std::string& memory) {
  const std::string file = std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/memory/" + memory + ".yaml";
  const Swept sweep(
      fmt::format("scenarios: {}\nsettings: {{network.count: 4, memory: {}}}\n"
                  "space: {{accelerator.rows: [16], run.level: [{}]}}\n",
                  kLenet, file, fmt::join(levels, ", ")));
  REQUIRE(sweep.run({"--set", "accelerator.columns=24"}).exit_code == 0);
  const fs::path out = sweep.folder().path() / "run";
  REQUIRE(run_bitbalance({"run", kLenet, "--images", "4", "--set", "accelerator.rows=16", "--set",
                          "accelerator.columns=24", "--set", "memory=" + file, "--level", levels.front(),
                          "--out", out.string()})
              .exit_code == 0);
  const auto summary = nlohmann::json::parse(text_of(out / "summary.json"));
  const auto rows = table_of(sweep.csv());
  REQUIRE(rows.size() == levels.size());
  for (auto row : rows) {
    CAPTURE(row["level"]);
    CHECK(row["run.level"] == row["level"]);
    CHECK(row["network"] == "lenet");
    CHECK(row["verdict"] == "pass");
    CHECK(row["cycles"] == std::to_string(summary["cycles"].get<int>()));
    for (const char* name :
         {"frames_per_s", "frames_per_j", "frames_per_j_core", "area_mm2", "frames_per_s_per_mm2"})
      CHECK(std::stod(row[name]) == summary[name].get<double>());
    CHECK(std::stod(row["core_j_per_frame"]) == summary["energy_j_per_frame"]["core"].get<double>());
    CHECK(std::stod(row["dram_j_per_frame"]) == summary["energy_j_per_frame"]["dram"].get<double>());
    if (row["level"] != "analytic")
      CHECK(std::stod(row["accuracy"]) == summary["accuracy"]["quantized"].get<double>());
  }
}

TEST_CASE("a point's figures are those of a run") {
  check_figures({"rtl", "tlm", "analytic"}, "ideal");
  check_figures({"tlm", "analytic"}, "ddr4-2400");
}

TEST_CASE("a section that varies has a column of its own beside the model's name") {
  const Swept sweep("scenarios: " + kLenet + "\nspace: {network: [one.yaml]}\n");
  sweep.folder().write("one.yaml", "builtin: alexnet\nweight_scale: 1.0\n");
  REQUIRE(sweep.run().exit_code == 0);
  CHECK_THAT(sweep.csv(), StartsWith("scenario,\"settings.network\",level,network,"));
  const auto rows = table_of(sweep.csv());
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].at("settings.network") == "one.yaml");
  CHECK(rows[0].at("network") == "alexnet");
}

TEST_CASE("more points add to what is there, and another program's results are not taken") {
  const Swept sweep("scenarios: " + kLenet + "\nspace: {accelerator.rows: [16, 32]}\n");
  CHECK_THAT(sweep.run().out, Contains("2 computed, 0 were there"));
  sweep.folder().write("sweep.yaml", "scenarios: " + kLenet + "\nspace: {accelerator.rows: [32, 48, 48]}\n");
  CHECK_THAT(sweep.run().out, Contains("points    3\nresults   1 computed, 1 were there"));
  CHECK_THAT(sweep.run({"--set", "memory.latency_cycles=7"}).out, Contains("2 computed, 0 were there"));
  CHECK_THAT(sweep.run({"-D", "memory.latency_cycles=7"}).out, Contains("0 computed, 2 were there"));
}

TEST_CASE("a network that cannot be made is refused at its points alone") {
  const Swept sweep("scenarios: " + kLenet +
                    "\nspace: {network.count: [1, 300, 2], accelerator.rows: [8, 16]}\n");
  const CommandEnd end = sweep.run();
  INFO(end.err);
  CHECK(end.exit_code == 0);
  CHECK_THAT(end.out, Contains("results   6 computed, 0 were there, 2 refused\n"));
  for (auto& row : table_of(sweep.csv())) {
    CHECK(row["verdict"] == (row["network.count"] == "300" ? "refused" : "pass"));
    if (row["verdict"] == "refused") CHECK_THAT(row["message"], Contains("network.count: 300"));
  }
  CHECK_THAT(sweep.run().out, Contains("0 computed, 6 were there, 2 refused"));
}

TEST_CASE("the page has the level that the points were computed at") {
  const std::string start = "scenarios: " + kLenet + "\nspace: {accelerator.rows: [8, 16]}\n";
  for (const auto& [sweep_text, words] : std::vector<std::pair<std::string, std::vector<std::string>>>{
           {start + "settings: {network.count: 1, run.level: tlm}\n", {}},
           {start + "settings: {network.count: 1}\n", {"-D", "run.level=tlm"}},
           {start + "settings: {network.count: 1}\nlevel: tlm\n", {}}}) {
    const Swept sweep(sweep_text);
    const fs::path page = sweep.folder().path() / "page.html";
    std::vector<std::string> all = words;
    all.insert(all.end(), {"--html", page.string()});
    const CommandEnd end = sweep.run(all);
    INFO(end.err);
    REQUIRE(end.exit_code == 0);
    const std::string text = text_of(page), key = "\"common\":\"";
    CHECK_THAT(text.substr(text.find(key) + key.size(), 12), Equals(" --level tlm"));
  }
}

const std::string kObjectives = "objectives: {cycles: min, area_mm2: min}\nlimits: {area_mm2: {to: 6.5}}\n";

/// Rows on the front, by what varies.
std::set<std::string> front_of(const Swept& sweep) {
  std::set<std::string> front;
  for (auto& row : table_of(sweep.csv())) {
    if (row["pareto"] != "1") continue;
    CHECK(row["verdict"] == "pass");
    CHECK(std::stod(row["area_mm2"]) <= 6.5);
    front.insert(row["accelerator.rows"] + " " + row["accelerator.columns"] + " " + row["quantization.nnzb"] +
                 " " + row["accelerator.parameter_buffer_bytes"] + " " + row["memory.bytes_per_cycle"]);
  }
  return front;
}

TEST_CASE("designs compete for a scenario, not scenarios with each other") {
  const Swept sweep("scenarios: [" + kLenet + ", " +
                    fs::path(kLenet).replace_filename("alexnet.yaml").string() +
                    "]\nspace: {accelerator.rows: [8, 16, 32]}\nobjectives: {cycles: min, area_mm2: min}\n");
  REQUIRE(sweep.run().exit_code == 0);
  std::map<std::string, int> fronts;
  for (auto& row : table_of(sweep.csv())) fronts[row["scenario"]] += row["pareto"] == "1" ? 1 : 0;
  CHECK(fronts == std::map<std::string, int>{{"alexnet.yaml", 3}, {"lenet.yaml", 3}});
}

TEST_CASE("a search finds the front of the grid, and goes on where it was") {
  const Swept grid(kSweep + kObjectives);
  REQUIRE(grid.run().exit_code == 0);
  const std::string search = kSweep + kObjectives + "method: nsga2\npopulation: 20\ngenerations: ";
  const Swept sweep(search + "4\n");
  REQUIRE(sweep.run({"--jobs", "2"}).exit_code == 0);
  CHECK(table_of(sweep.csv()).size() == 80);
  CHECK_THAT(sweep.run().out, Contains("results   0 computed, 80 were there"));
  sweep.folder().write("sweep.yaml", search + "40\n");
  CHECK_THAT(sweep.run().out, Contains(" computed, 80 were there"));
  const std::set<std::string> expected = front_of(grid), found = front_of(sweep);
  CHECK(expected.size() > 3);
  CHECK(found == expected);
}

TEST_CASE("a mistake in a sweep is told before anything is computed") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"space: {accelerator.rows: [16, 32, 0]}", "accelerator.rows: 0; accepted: "},
      {"space: {accelerator.rwos: [16]}", "did you mean 'rows'?"},
      {"space: {quantization.nnzb: [3, 8]}", "lenet.yaml quantization.nnzb=8"},
      {"space: {accelerator.rows: [16, 32]}\nconstraints: accelerator.rows > 32",
       "constraints: none of 2 points fulfils them"},
      {"", "nothing varies"}};
  for (const auto& [text, expected] : cases) {
    const Swept sweep("scenarios: " + kLenet + "\n" + text);
    const CommandEnd end = sweep.run();
    INFO(end.err);
    CHECK(end.refused_in_one_line());
    CHECK_THAT(end.err, Contains(expected));
    CHECK(sweep.folder().entries() == 1);
  }
}

TEST_CASE("a mapping of no layer of the network is a mistake, one that cannot be a refused point") {
  const std::string start =
      "scenarios: " + kLenet +
      "\nspace: {mapping.include: [good.yaml, other.yaml], accelerator.rows: [8, 16]}\n";
  for (const std::string& method :
       {std::string(), std::string("method: nsga2\nobjectives: {cycles: min}\n")}) {
    const Swept sweep(start + method);
    sweep.folder().write("good.yaml", "layers: [{layer: conv1}]\n");
    sweep.folder().write("other.yaml", "layers: [{layer: conv1}, {layer: convX}]\n");
    const CommandEnd wrong = sweep.run();
    INFO(wrong.err);
    CHECK(wrong.refused_in_one_line());
    CHECK_THAT(wrong.err, Contains("mapping of layer convX: the network has no convolution of that name") &&
                              Contains("; accepted: conv1, ") &&
                              Contains("; at lenet.yaml mapping.include=other.yaml accelerator.rows=8"));
    CHECK(sweep.folder().entries() == 3);
    sweep.folder().write("other.yaml", "layers: [{layer: conv1, columns: 3}]\n");
    const CommandEnd refused = sweep.run();
    INFO(refused.err);
    CHECK(refused.exit_code == 0);
    CHECK_THAT(refused.out, Contains("4 computed, 0 were there, 2 refused"));
  }
}

TEST_CASE("a command that is refused leaves no database and no folder") {
  const std::string plain = "scenarios: " + kLenet + "\nspace: {accelerator.rows: [16, 32]}\n";
  const std::string search = "method: nsga2\nobjectives: {cycles: min}\n";
  const TemporaryFolder elsewhere;
  const std::string folder = elsewhere.path().string(), file = elsewhere.write("file", "precious").string();
  struct Case {
    std::string sweep;
    std::vector<std::string> words;
    std::string expected;
  };
  const std::vector<Case> cases = {
      {plain, {"--csv", folder}, "--csv " + folder + ": is a folder; accepted: a file"},
      {plain, {"--csv", kLenet}, "is read or written by this command"},
      {plain, {"--html", folder}, "--html " + folder + ": is a folder; accepted: a file"},
      {plain, {"--csv", file, "--html", file}, "is read or written by this command"},
      {plain, {"--csv", folder + "/none/x.csv"}, folder + "/none/x.csv: "},
      {plain, {"--csv", file + "/x.csv"}, file + "/x.csv: "},
      {plain, {"--html", "/proc/x.html"}, "/proc/x.html: "},
      {"scenarios: " + kLenet + "\nspace: {accelerator.rows: [0]}\n" + search,
       {},
       "accelerator.rows: 0; accepted: "},
      {plain + search + "constraints: accelerator.rows > 32\n",
       {},
       "constraints: none of 2 points fulfils them; accepted: one does"},
  };
  for (const Case& one : cases) {
    const Swept sweep(one.sweep);
    std::vector<std::string> words = {"sweep", (sweep.folder().path() / "sweep.yaml").string(), "--out",
                                      (sweep.folder().path() / "new/a/b.sqlite").string()};
    words.insert(words.end(), one.words.begin(), one.words.end());
    const CommandEnd end = run_bitbalance(words);
    INFO(end.err);
    CHECK(end.refused_in_one_line());
    CHECK_THAT(end.err, Contains(one.expected));
    CHECK(sweep.folder().entries() == 1);
    CHECK(elsewhere.entries() == 1);
  }
  CHECK(text_of(file) == "precious");
}

TEST_CASE("a page that would take another file's place, or is too large for a browser, is refused") {
  const Swept sweep("scenarios: " + kLenet + "\nspace: {accelerator.rows: [16, 32]}\n");
  const auto refusal = [&](const fs::path& page, const char* expected) {
    const CommandEnd end = sweep.run({"--html", page.string()});
    INFO(end.err);
    CHECK(end.refused_in_one_line());
    CHECK_THAT(end.err, Contains(expected));
  };
  for (const char* name : {"sweep.yaml", "results.sqlite", "csv"})
    refusal(sweep.folder().path() / name, "is read or written by this command; accepted: another file");
  CHECK(sweep.rows() == 0);
  const std::string search = "objectives: {cycles: min}\nmethod: nsga2\npopulation: 1000\ngenerations: 101\n";
  sweep.folder().write("sweep.yaml", "scenarios: " + kLenet +
                                         "\nspace: {accelerator.rows: {from: 1, to: 2000, step: 1}, "
                                         "accelerator.columns: {from: 1, to: 51, step: 1}}\n" +
                                         search);
  refusal(sweep.folder().path() / "page.html", "--html: 101000 points; accepted: 100000 at most, or --csv");
  CHECK(sweep.rows() == 0);
  sweep.folder().write("sweep.yaml",
                       "scenarios: " + kLenet + "\nspace: {accelerator.rows: [16, 32]}\n" + search);
  CHECK(sweep.run({"--html", (sweep.folder().path() / "page.html").string()}).exit_code == 0);
}

/// As in a model: the file that holds the data of a tensor.
std::string data_entry(const std::string& location) {
  return std::string("\x0a\x08location\x12") + static_cast<char>(location.size()) + location;
}

TEST_CASE("a table takes the place of nothing that a point is read from") {
  for (const char* jobs : {"1", "2"}) {
    const Swept sweep(
        "scenarios: [one.yaml, two.yaml]\nspace: {accelerator: [small.yaml, large.yaml], network.count: "
        "[1]}\n");
    const TemporaryFolder& folder = sweep.folder();
    fs::create_directory(folder.path() / "data");
    folder.write("m.onnx", "a model" + data_entry("weights.bin") + data_entry("./data/more.bin"));
    folder.write("weights.bin", "weights");
    folder.write("data/more.bin", "weights");
    folder.write("images.npy", "images");
    folder.write("one.yaml", "include: two.yaml\n");
    folder.write("two.yaml",
                 "network: {model: m.onnx, images: images.npy, calibration_images: images.npy}\n");
    folder.write("small.yaml", "include: sizes.yaml\n");
    folder.write("large.yaml", "rows: 4\n");
    folder.write("sizes.yaml", "rows: 2\n");
    fs::create_directory_symlink(folder.path(), folder.path() / "link");
    for (const char* name : {"one.yaml", "two.yaml", "small.yaml", "large.yaml", "sizes.yaml", "m.onnx",
                             "images.npy", "weights.bin", "data/more.bin", "link/two.yaml"}) {
      const fs::path file = folder.path() / name;
      const std::string before = text_of(file);
      const CommandEnd end = sweep.run({"--jobs", jobs, "--html", file.string()});
      INFO(name << ": " << end.err);
      CHECK(end.refused_in_one_line());
      CHECK_THAT(end.err, Contains("is read or written by this command; accepted: another file"));
      CHECK(text_of(file) == before);
    }
    CHECK(sweep.rows() == 0);
  }
}

TEST_CASE("a table takes the place of an earlier one that a model beside it merely mentions") {
  const Swept sweep("scenarios: " + kLenet +
                    "\nsettings: {network.model: m.onnx}\nspace: {accelerator.rows: [16, 32]}\n");
  const TemporaryFolder& folder = sweep.folder();
  const std::string model = text_of(fs::path(kLenet).parent_path() / "networks" / "lenet.onnx");
  CHECK_THAT(model, Contains("output"));
  folder.write("m.onnx", model);
  for (const int time : {1, 2}) {
    const CommandEnd end = sweep.run({"--html", (folder.path() / "output").string()});
    INFO(time << ": " << end.err);
    CHECK(end.exit_code == 0);
  }
}

TEST_CASE("a database that cannot be used is told, and stays as it is") {
  const Swept sweep("scenarios: " + kLenet + "\nspace: {accelerator.rows: [16, 32]}\n");
  REQUIRE(sweep.run().exit_code == 0);
  {
    const ResultStore user(sweep.database());
    const CommandEnd end = sweep.run();
    CHECK(end.refused_in_one_line());
    CHECK_THAT(end.err, Contains("results.sqlite: in use by another program; accepted: "));
  }
  sweep.folder().write("results.sqlite", std::string(4096, 'x'));
  CHECK_THAT(sweep.run().err, Contains("results.sqlite: no database; accepted: "));
  CHECK(text_of(sweep.database()) == std::string(4096, 'x'));
}

TEST_CASE("on a full disk a sweep ends in one line and keeps what it has") {
  const Swept sweep;
  constexpr rlim_t kMost = 40'000;
  const CommandEnd end = run_bitbalance(sweep.words(), [] { limit(RLIMIT_FSIZE, kMost); });
  CHECK(end.exit_code == 3);
  CHECK(end.told_one_line());
  CHECK_THAT(end.err, Contains("results.sqlite: "));
  const std::size_t before = sweep.rows();
  CHECK(before < 300);
  CHECK_THAT(sweep.run().out, Contains(std::to_string(before) + " were there"));
  const fs::path page = sweep.folder().path() / "page.html";
  const CommandEnd without_page =
      run_bitbalance(sweep.words({"--html", page.string()}), [] { limit(RLIMIT_FSIZE, 2 * kMost); });
  CHECK(without_page.exit_code == 3);
  CHECK_THAT(without_page.err, Contains("page.html: "));
  CHECK_FALSE(fs::exists(page));
  CHECK(sweep.rows() == 300);
}

}  // namespace
}  // namespace bitbalance::test
