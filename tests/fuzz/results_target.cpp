// What a run leaves behind and a later command reads: actions.yaml, costed again, and manifest.json, the list
// by which a folder of results is replaced.
#include <filesystem>
#include <fstream>

#include "testbench/report/action_record.h"
#include "testbench/report/cost_report.h"
#include "testbench/report/folder/manifest.h"
#include "testbench/report/folder/results_folder.h"
#include "testbench/scenario/technology.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/scratch_file.h"

namespace bitbalance::fuzz {
namespace {

ActionRecord record() {
  ActionRecord record;
  record.scenario = "fuzzed";
  record.frames = 3;
  for (int layer = 0; layer < 2; ++layer) {
    Work work;
    work.width = layer == 1 ? Width::k16 : Width::k8;
    work.cycles = 1000;
    for (std::size_t a = 0; a < work.actions.size(); ++a)
      work.actions[a] = static_cast<std::int64_t>(100 * a);
    record.layers.push_back({"layer" + std::to_string(layer), work});
  }
  return record;
}

class ResultsTarget : public FuzzTarget {
 public:
  ResultsTarget() {
    std::filesystem::create_directory(folder_);
    std::ofstream(folder_ / "layers.csv") << "layer,cycles\n";
  }

  std::vector<std::string> seeds() override {
    return {to_yaml(record()), to_json(list_files(folder_, "run", {"layers.csv"}))};
  }

  std::vector<std::string> words() const override {
    return {"- ",          "{",         "}",    "[",     "]",        ": ",
            "\"command\"", "\"files\"", "null", "1e999", "[[[[[[[[", "\"\\ud800\""};
  }

  void read(const std::string& bytes) override {
    if (bytes.find('{') == 0) {
      std::ofstream(folder_ / Manifest::kFile, std::ios::binary) << bytes;
      const ResultsFolder results(folder_, "run");
      return;
    }
    const CostReport report = cost_of(load_actions(actions_.with(bytes)), technology_);
    cost_table(report);
    energy_csv(report);
  }

 private:
  Technology technology_ =
      load_technology(std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/technology/65nm.yaml", {});
  ScratchFile actions_{"actions.yaml"};
  TemporaryFolder outer_;
  std::filesystem::path folder_ = outer_.path() / "results";
};

}  // namespace

std::unique_ptr<FuzzTarget> make_target() {
  return std::make_unique<ResultsTarget>();
}

}  // namespace bitbalance::fuzz
