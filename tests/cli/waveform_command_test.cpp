// Waveforms of the `bitbalance` command as an engineer opens them: which edges a dump has, and what is told
// of those that it lacks.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "testbench/report/folder/file_name.h"
#include "testbench/waveform/vcd.h"
#include "tests/cli/lenet_command.h"
#include "tests/quant/onnx/onnx_builder.h"

namespace bitbalance::test {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;

TEST_CASE("one layer is traced in a run at transaction level, and both levels are told") {
  const TemporaryFolder folder;
  const fs::path out = folder.path() / "results";
  const CommandEnd outcome = bitbalance_command(
      lenet() + "--rtl conv2 --trace conv2:0-1 --signals 'pe_array.drain.*' --out " + out.string());
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.out, Contains("tlm level with 1 of 5 layers at rtl, each layer a program"));
  CHECK(fs::exists(out / "conv2.vcd"));
  const auto summary = nlohmann::json::parse(text_of(out / "summary.json"));
  CHECK(summary["layers"][0]["level"] == "tlm");
  CHECK(summary["layers"][1]["level"] == "rtl");
  CHECK_THAT(text_of(out / "effective.yaml"), Contains("rtl: \"conv2\"") && Contains("barrier: layer"));
}

/// A run of LeNet with windows of its pe_array.tile and cycle: what is told of them.
std::string told_of_windows(const std::string& arguments, const fs::path& out) {
  const CommandEnd outcome =
      bitbalance_command(lenet() + arguments +
                         " --golden sampled --signals cycle --signals pe_array.tile --out " + out.string());
  CHECK(outcome.exit_code == 0);
  return outcome.told();
}

/// First and last value of the signal `cycle`.
std::pair<std::int64_t, std::int64_t> cycles_in(const fs::path& dump) {
  const waveform::Vcd vcd = waveform::read_vcd(dump);
  const waveform::VcdSignal& cycle = vcd.signal("cycle");
  return {waveform::vcd_number(vcd.value_at(cycle, vcd.first_time), false),
          waveform::vcd_number(vcd.value_at(cycle, vcd.last_time), false)};
}

TEST_CASE("a window of cycles has edges of clocked layers alone, and what it lacks is told") {
  const TemporaryFolder folder;
  const fs::path out = folder.path() / "results";
  const std::string told = told_of_windows("--rtl conv2 --trace @0-100 --trace @1000-9999", out);
  std::int64_t begin = 0, end = 0;
  const auto summary = nlohmann::json::parse(text_of(out / "summary.json"));
  begin = summary["layers"][0]["cycles"];
  end = begin + summary["layers"][1]["cycles"].get<std::int64_t>();
  CHECK(told ==
        "bitbalance: --trace @0-100: not written: layers that are not clocked have no edges\n" +
            fmt::format(
                "bitbalance: --trace @1000-9999: only cycles {} to {}: layers that are not clocked have no "
                "edges\n",
                begin, end - 1));
  CHECK_FALSE(fs::exists(out / "cycles.vcd"));
  CHECK(cycles_in(out / "cycles-2.vcd") == std::pair(begin, end));
}

TEST_CASE("a window of cycles that reaches beyond the run is cut, and this is told") {
  const TemporaryFolder folder;
  const fs::path out = folder.path() / "results";
  const std::string told = told_of_windows(
      "--level rtl --set network.batch=1 --trace @9268-9268 --trace @9269-9270 --trace @18537-18538 "
      "--trace @18538-18538 --trace @18538-18540",
      out);
  const auto summary = nlohmann::json::parse(text_of(out / "summary.json"));
  REQUIRE(summary["cycles"] == 2 * 9269);
  CHECK(told ==
        "bitbalance: --trace @18537-18538: only cycles 18537 to 18537: the run has cycles 0 to 18537\n"
        "bitbalance: --trace @18538-18538: not written: the run has cycles 0 to 18537\n"
        "bitbalance: --trace @18538-18540: not written: the run has cycles 0 to 18537\n");
  CHECK(cycles_in(out / "cycles.vcd") == std::pair<std::int64_t, std::int64_t>(9268, 9268));
  CHECK(cycles_in(out / "cycles-2.vcd") == std::pair<std::int64_t, std::int64_t>(9269, 9270));
  CHECK_FALSE(fs::exists(out / "cycles-4.vcd"));
}

TEST_CASE("the last edge of a run is in its dump: nothing runs any more, and all energy is told") {
  const TemporaryFolder folder;
  const fs::path out = folder.path() / "results";
  const CommandEnd outcome = bitbalance_command(
      lenet() +
      "--level rtl --golden sampled --power 1000 --trace fc3:all --signals cycle --signals 'power.*' "
      "--signals controller.state --signals controller.store.in_flight --out " +
      out.string());
  REQUIRE(outcome.exit_code == 0);
  const auto summary = nlohmann::json::parse(text_of(out / "summary.json"));
  const waveform::Vcd vcd = waveform::read_vcd(out / "fc3.vcd");
  CHECK(vcd.notes.empty());
  const auto last = [&vcd](const char* name) { return vcd.value_at(vcd.signal(name), vcd.last_time); };
  CHECK(waveform::vcd_number(last("cycle"), false) == summary["cycles"]);
  CHECK(waveform::vcd_number(last("controller.state"), false) == 0);
  CHECK(waveform::vcd_number(last("controller.store.in_flight"), false) == 0);
  const auto& energy = summary["energy_j_per_frame"];
  CHECK(std::stod(last("power.core_j")) == Approx(2 * energy["core"].get<double>()).epsilon(1e-9));
  CHECK(std::stod(last("power.dram_j")) == Approx(2 * energy["dram"].get<double>()).epsilon(1e-9));
}

TEST_CASE("a run that is stopped has the edge of its stop in the dump") {
  const TemporaryFolder folder;
  const fs::path out = folder.path() / "results";
  const CommandEnd outcome =
      bitbalance_command(lenet() + "--level rtl --trace @0-99999 --signals 'controller.*' --out " +
                         out.string() + " --set memory.latency_cycles=5000 --set run.watchdog_cycles=3000");
  CHECK(outcome.exit_code == 1);
  const waveform::Vcd vcd = waveform::read_vcd(out / "cycles.vcd");
  constexpr int kStopping = 3;  // what is under way is awaited when the stop is told
  CHECK(waveform::vcd_number(vcd.value_at(vcd.signal("controller.state"), vcd.last_time), false) ==
        kStopping);
}

TEST_CASE("with some layers clocked the power signals are of these alone") {
  const TemporaryFolder folder;
  const fs::path out = folder.path() / "results";
  const CommandEnd outcome =
      bitbalance_command(lenet() +
                         "--rtl conv2 --golden sampled --power 100 --trace @0-99999 --signals cycle "
                         "--signals 'power.*' --out " +
                         out.string());
  REQUIRE(outcome.exit_code == 0);
  const auto layer = nlohmann::json::parse(text_of(out / "summary.json"))["layers"][1];
  const waveform::Vcd vcd = waveform::read_vcd(out / "cycles.vcd");
  const auto at = [&vcd](const char* name, std::uint64_t time) {
    return std::stod(vcd.value_at(vcd.signal(name), time));
  };
  const auto& energy = layer["energy_j"];
  CHECK(at("power.core_j", vcd.first_time) < 0.01 * energy["core"].get<double>());
  // The header of the layer's program is the first layer's in the accounts.
  constexpr double kHeaderBytes = 64;
  double bytes = 0;
  for (const auto& kind : layer["dram_bytes"]) bytes += kind.get<double>();
  const double dram_j = energy["dram"].get<double>() * (bytes + kHeaderBytes) / bytes;
  CHECK(at("power.dram_j", vcd.last_time) == Approx(dram_j).epsilon(1e-9));
  CHECK(at("power.core_j", vcd.last_time) >= energy["core"].get<double>());
  CHECK(at("power.core_j", vcd.last_time) < 1.0001 * energy["core"].get<double>());
}

TEST_CASE("a layer of any name can be traced") {
  std::string wide;
  while (wide.size() < 300) wide += "層";
  for (const std::string& name : {std::string("a/b"), std::string(".."), std::string(251, 'n'),
                                  std::string(252, 'n'), std::string(1000, 'n'), wide}) {
    CAPTURE(name);
    const TemporaryFolder folder;
    OnnxBuilder builder({1, 1, 4, 4});
    builder.constant("w", {2, 1, 3, 3}, std::vector<float>(18, 0.5F));
    builder.node("Conv", {"x", "w"}, "y").set_name(name);
    folder.write("model.onnx", builder.model().SerializeAsString());
    const auto scenario = folder.write(
        "scenario.yaml",
        "network: {model: model.onnx, batch: 1, count: 1}\naccelerator: " +
            (kScenarios / "accelerators/default.yaml").string() +
            "\nquantization: {nnzb: 3}\nmemory: " + (kScenarios / "memory/ideal.yaml").string() + "\n");
    const fs::path out = folder.path() / "out";
    const CommandEnd outcome = bitbalance_command("run " + scenario.string() + " --level rtl --trace '" +
                                                  name + "' --out " + out.string());
    INFO(outcome.err);
    CHECK(outcome.exit_code == 0);
    CHECK(fs::exists(out / (file_name(name) + ".vcd")));
    CHECK_THAT(text_of(out / (file_name(name) + ".gtkw")), Contains(file_name(name) + ".vcd"));
  }
}

}  // namespace
}  // namespace bitbalance::test
