// Scenarios, and settings on the command line: lines "#set path.to.key=value" of the file.
#include "testbench/scenario/scenario.h"

#include <sstream>

#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/scratch_file.h"

namespace bitbalance::fuzz {
namespace {

const std::string kSet = "#set ";

class ScenarioTarget : public FuzzTarget {
 public:
  std::vector<std::string> seeds() override {
    const std::filesystem::path folder = std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/";
    const std::vector<SettingOverride> timed = {
        {"memory=" + (folder / "memory/ddr4-2400.yaml").string(), ""}};
    const std::string lenet = folder / "lenet.yaml";
    const std::string effective = to_yaml(load_scenario(lenet, {}));
    return {
        effective,
        to_yaml(load_scenario(lenet, timed)),
        to_yaml(load_scenario(folder / "paper/vgg16.yaml", {})),
        effective + "#set run.level=tlm\n#set accelerator.rows=16\n#set memory={latency_cycles: 3}\n",
        "network: {builtin: alexnet, count: 2}\nmapping: {layers: [{layer: conv1, rows: 2}]}\n",
        "include: " + lenet +
            "\nquantization: {layers: [{pattern: conv1, nnzb: 2}, {pattern: 'fc*', nnzb: 4}]}\n",
    };
  }

  std::vector<std::string> words() const override {
    return {"#set ", "include: ",    "layers: [", "- ",         "{",       "}",      "[",
            "]",     ": ",           "&a ",       "*a",         "<<: ",    "!!int ", "|\n",
            ">-\n",  "\"",           "'",         "\n---\n",    "\n...\n", "null",   "~",
            "0x1f",  "1e999",        ".inf",      ".nan",       "1_000",   "0777",   "\t",
            "\xff",  "\xef\xbb\xbf", "? ",        "%YAML 1.2\n"};
  }

  void read(const std::string& bytes) override {
    std::vector<SettingOverride> overrides;
    std::istringstream lines(bytes);
    for (std::string line; std::getline(lines, line);)
      if (line.compare(0, kSet.size(), kSet) == 0) overrides.push_back({line.substr(kSet.size()), ""});
    const std::string effective = to_yaml(load_scenario(file_.with(bytes), overrides));
    if (to_yaml(load_scenario(file_.with(effective), {})) != effective)
      throw std::logic_error("the effective scenario is read as another");
  }

 private:
  ScratchFile file_{"scenario.yaml"};
};

}  // namespace

std::unique_ptr<FuzzTarget> make_target() {
  return std::make_unique<ScenarioTarget>();
}

}  // namespace bitbalance::fuzz
