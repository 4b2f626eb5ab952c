// The `bitbalance` command as a user meets it: exit codes, results that appear whole or not at all.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/text/shell_word.h"
#include "tests/cli/lenet_command.h"
#include "tests/quant/onnx/onnx_builder.h"
#include "tests/support/left_out.h"
#include "tests/support/shadow_memory.h"

namespace bitbalance::test {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;

TEST_CASE("with timed DRAM rtl and tlm agree in every layer, and the memory's figures are in the results") {
  const TemporaryFolder folder;
  const auto run = [&](const std::string& level, const std::string& preset) {
    const fs::path out = folder.path() / (level + preset);
    const CommandEnd outcome = bitbalance_command(
        lenet() + "--level " + level + " --set memory=" + (kScenarios / "memory" / preset).string() +
        " --out " + out.string());
    CHECK(outcome.exit_code == 0);
    CHECK_THAT(outcome.out, Contains("row hits") && Contains("refresh"));
    // The scenario's technology costs LPDDR4.
    CHECK((outcome.out.find("DRAM energy is of lpddr4") == std::string::npos) ==
          (preset == "lpddr4-3200.yaml"));
    auto summary = nlohmann::json::parse(text_of(out / "summary.json"));
    for (auto& layer : summary["layers"]) layer.erase("level");
    return summary;
  };
  for (const char* preset : {"ddr3-1600.yaml", "ddr4-2400.yaml", "lpddr4-3200.yaml"}) {
    CAPTURE(preset);
    const auto rtl = run("rtl", preset), tlm = run("tlm", preset);
    CHECK(rtl["cycles"] == tlm["cycles"]);
    CHECK(rtl["layers"] == tlm["layers"]);
    CHECK(rtl["memory"] == tlm["memory"]);
    CHECK(rtl["memory"]["model"] == "timed");
    CHECK(rtl["memory"]["refreshes"] > 0);
    CHECK(rtl["memory"]["row_hits"] > rtl["memory"]["row_misses"]);
  }
}

TEST_CASE("a memory slower than the watchdog ends a run with a named reason, at both levels") {
  for (const std::string level : {"rtl", "tlm"}) {
    const TemporaryFolder folder;
    const fs::path out = folder.path() / "results";
    const CommandEnd outcome =
        bitbalance_command(lenet() + "--level " + level + " --out " + out.string() +
                           " --set memory.latency_cycles=5000 --set run.watchdog_cycles=3000");
    CHECK(outcome.exit_code == 1);
    CHECK_THAT(outcome.err, Contains("no progress; ") && Contains("memory has not answered: command"));
    const auto summary = nlohmann::json::parse(text_of(out / "summary.json"));
    CHECK(summary["verdict"] == "fail");
    CHECK_THAT(summary["fault"].get<std::string>(),
               Contains("no progress; ") && Contains("memory has not answered: command"));
  }
}

TEST_CASE("a run passes, prints a table and leaves complete results") {
  const TemporaryFolder folder;
  const fs::path out = folder.path() / "results";
  const CommandEnd outcome = bitbalance_command(lenet() + "--out " + out.string());
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.err.empty());
  CHECK_THAT(outcome.out,
             Contains("PASS") && Contains("conv1") && Contains("accuracy") && Contains(out.string()));
  const auto summary = nlohmann::json::parse(text_of(out / "summary.json"));
  CHECK(summary["verdict"] == "pass");
  CHECK(summary["frames"] == 2);
  CHECK(summary["accuracy"]["samples"] == 2);
  CHECK(summary["host"]["peak_rss_bytes"] > 0);
  CHECK(folder.entries() == 1);

  SECTION("and can be repeated from what it wrote") {
    const CommandEnd again =
        bitbalance_command("run " + (out / "effective.yaml").string() + " --mapping " +
                           (out / "mapping.yaml").string() + " --out " + (folder.path() / "b").string());
    CHECK(again.exit_code == 0);
    const auto repeated = nlohmann::json::parse(text_of(folder.path() / "b" / "summary.json"));
    CHECK(repeated["cycles"] == summary["cycles"]);
    CHECK(repeated["layers"] == summary["layers"]);
  }
}

TEST_CASE("what the mapper counted on stands above the mapping that a run leaves") {
  const TemporaryFolder folder;
  const auto head = [&](const std::string& memory) {
    const fs::path out = folder.path() / "out";
    CHECK(bitbalance_command(lenet() + "--level analytic --set memory=" +
                             (kScenarios / "memory" / memory).string() + " --out " + out.string())
              .exit_code == 0);
    const std::string text = text_of(out / "mapping.yaml");
    return text.substr(0, text.find('\n'));
  };
  CHECK_THAT(head("ideal.yaml"), Contains(" cycles by the timeline, "));
  CHECK_THAT(head("lpddr4-3200.yaml"),
             Contains(" cycles by the timeline with an ideal memory of the peak rate, "));
}

TEST_CASE("results name the program, its sources and the model's file") {
  const TemporaryFolder folder;
  const auto run = [&](const std::string& arguments) {
    const fs::path out = folder.path() / "out";
    REQUIRE(bitbalance_command("run " + arguments + " --level analytic --out " + out.string()).exit_code ==
            0);
    return nlohmann::json::parse(text_of(out / "summary.json"));
  };
  const auto summary = run((kScenarios / "lenet.yaml").string());
  const std::string version = bitbalance_command("--version").out;
  CHECK(version == "bitbalance " + summary["program"]["version"].get<std::string>() + " (" +
                       summary["program"]["revision"].get<std::string>() + ")\n");
  const auto& model = summary["network"]["model"];
  CHECK(model["file"] == "lenet.onnx");
  // Of another file there is another hash, of its copy the same.
  const fs::path copy = folder.write("copy.onnx", text_of(kScenarios / "networks/lenet.onnx"));
  CHECK(run(copy.string())["network"]["model"]["hash"] == model["hash"]);
  CHECK(run((kScenarios / "networks/fashion.onnx").string())["network"]["model"]["hash"] != model["hash"]);
  CHECK(run((kScenarios / "alexnet.yaml").string() + " --set network.fully_connected=false")["network"].count(
            "model") == 0);
}

TEST_CASE("peak memory is the program's own, not that of what ran before it in its process") {
#ifdef BITBALANCE_SHADOW_MEMORY
  leave_out("the sanitizer takes memory of its own");
  return;
#endif
  constexpr std::size_t kBefore = std::size_t{600} << 20;
  const auto touch = [] {
    std::vector<char> memory(kBefore, 1);
    if (memory[kBefore / 2] != 1) ::_exit(97);
  };
  for (const std::string& jobs : {std::string(), std::string("2")}) {
    const TemporaryFolder folder;
    const std::string out = (folder.path() / "out").string();
    std::vector<std::string> words = {"run", (kScenarios / "lenet.yaml").string(), "--images", "1", "--out",
                                      out};
    if (!jobs.empty()) words.insert(words.end(), {"--level", "rtl", "--jobs", jobs});
    const CommandEnd end = test::run_bitbalance(words, [&] {
      touch();
      const pid_t child = ::fork();  // as a shell that ran a compiler
      if (child == 0) {
        touch();
        ::_exit(0);
      }
      ::waitpid(child, nullptr, 0);
    });
    CHECK(end.exit_code == 0);
    const auto summary = nlohmann::json::parse(text_of(folder.path() / "out/summary.json"));
    CHECK(summary["host"]["peak_rss_bytes"] > 1 << 20);
    CHECK(summary["host"]["peak_rss_bytes"] < kBefore * 3 / 4);
  }
}

TEST_CASE("a model runs as it is, and as the scenario that init writes for it") {
  const TemporaryFolder folder;
  const fs::path model = folder.write("net.onnx", text_of(kScenarios / "networks/lenet.onnx"));
  const fs::path scenario = folder.path() / "made.yaml";
  const auto summary_of = [&](const fs::path& file) {
    const fs::path out = folder.path() / "out";
    const CommandEnd end = bitbalance_command("run " + file.string() + " --level tlm --out " + out.string());
    INFO(end.err);
    REQUIRE(end.exit_code == 0);
    CHECK_THAT(end.out, Contains("synthetic"));
    return nlohmann::json::parse(text_of(out / "summary.json"));
  };
  const CommandEnd made = bitbalance_command("init " + model.string() + " --out " + scenario.string());
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
  CHECK(made.out == scenario.string() + ": written; to run it: bitbalance run " + scenario.string() + "\n");
  const auto plain = summary_of(model), by_scenario = summary_of(scenario);
  CHECK(plain["scenario"] == "net");
  CHECK(plain["verdict"] == "pass");
  CHECK(plain["network"]["images"] == "synthetic");
  CHECK(by_scenario["scenario"] == "net");
  CHECK(by_scenario["layers"] == plain["layers"]);

  SECTION("which it does not write over a file, nor for what is no model") {
    for (const std::string& arguments :
         {model.string() + " --out " + scenario.string(), model.string() + " --out " + folder.path().string(),
          folder.write("broken.onnx", "no model").string() + " --out " +
              (folder.path() / "new.yaml").string()}) {
      CAPTURE(arguments);
      CHECK(bitbalance_command("init " + arguments).refused_in_one_line());
    }
    CHECK_FALSE(fs::exists(folder.path() / "new.yaml"));
  }
}

TEST_CASE("the analytic level writes the same results without comparing data") {
  const TemporaryFolder folder;
  const CommandEnd analytic =
      bitbalance_command(lenet() + "--level analytic --out " + (folder.path() / "analytic").string());
  CHECK(analytic.exit_code == 0);
  CHECK_THAT(analytic.out, Contains("no data was computed"));
  REQUIRE(bitbalance_command(lenet() + "--level tlm --out " + (folder.path() / "tlm").string()).exit_code ==
          0);
  const auto summary = nlohmann::json::parse(text_of(folder.path() / "analytic" / "summary.json"));
  const auto expected = nlohmann::json::parse(text_of(folder.path() / "tlm" / "summary.json"));
  CHECK(summary["level"] == "analytic");
  CHECK(summary["cycles"] == expected["cycles"]);
  REQUIRE(summary["layers"].size() == expected["layers"].size());
  for (std::size_t i = 0; i < expected["layers"].size(); ++i) {
    const auto& layer = summary["layers"][i];
    CHECK(layer["output_elements"] == 0);
    for (const char* field : {"name", "macs", "cycles", "utilization", "bound", "dram_bytes",
                              "output_elements_total", "engines", "events"})
      CHECK(layer[field] == expected["layers"][i][field]);
  }
}

std::string quantize_lenet(const std::string& arguments) {
  return "quantize " + (kScenarios / "networks/lenet.onnx").string() + " --calibration " +
         (kScenarios / "data/fashion-calibration-images.idx3-ubyte").string() + " " + arguments;
}

TEST_CASE("a quantized model runs as it is, with the same bits as the scenario that describes it") {
  const TemporaryFolder folder;
  const fs::path out = folder.path() / "quantized";
  const std::string method = "--nnzb 2 --method compensated --bias-correction --out ";
  const CommandEnd quantized = bitbalance_command(quantize_lenet(method + out.string()));
  INFO(quantized.err);
  REQUIRE(quantized.exit_code == 0);
  CHECK_THAT(quantized.out, Contains("lenet: weights 8 bit with at most 2 non-zero") && Contains("conv2") &&
                                Contains("64 calibration images") && Contains(out.string()));
  for (const char* file :
       {"model.onnx", "quantized.cbor", "quantization.yaml", "effective.yaml", "layers.csv"})
    CHECK(fs::exists(out / file));

  const auto summary_of = [&](const std::string& setting, const char* name) {
    const fs::path results = folder.path() / name;
    const CommandEnd run =
        bitbalance_command(lenet() + "--level tlm --set " + setting + " --out " + results.string());
    INFO(run.err);
    REQUIRE(run.exit_code == 0);
    return nlohmann::json::parse(text_of(results / "summary.json"));
  };
  const auto direct = summary_of("network.quantized=" + (out / "quantized.cbor").string(), "direct");
  const auto described =
      summary_of("quantization.include=" + (out / "quantization.yaml").string(), "described");
  CHECK(direct["layers"] == described["layers"]);
  CHECK(direct["accuracy"] == described["accuracy"]);
  const CommandEnd alone = bitbalance_command("run " + (out / "effective.yaml").string() +
                                              " --level tlm --out " + (folder.path() / "alone").string());
  CHECK(alone.exit_code == 0);

  SECTION("and again, to the same bytes") {
    const fs::path again = folder.path() / "again";
    REQUIRE(bitbalance_command(quantize_lenet(method + again.string())).exit_code == 0);
    for (const char* file : {"model.onnx", "quantized.cbor", "quantization.yaml", "layers.csv"})
      CHECK(text_of(again / file) == text_of(out / file));
  }
  SECTION("but not on an accelerator of another token form") {
    CHECK_THAT(set("network.quantized=" + (out / "quantized.cbor").string() +
                   "' --set 'accelerator.token_form=signed_digit"),
               Contains("weights of token form binary; accepted: signed_digit, as accelerator.token_form"));
  }
}

TEST_CASE("a budget gives layers different limits and holds") {
  const TemporaryFolder folder;
  const fs::path out = folder.path() / "quantized";
  const CommandEnd outcome =
      bitbalance_command(quantize_lenet("--nnzb 4 --budget bytes=45000 --out " + out.string()));
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK_THAT(outcome.out, Contains("budget    bytes=45000"));
  CHECK_THAT(text_of(out / "quantization.yaml"), Contains("pattern: \"fc1\""));
  const auto summary = nlohmann::json::parse(text_of(out / "summary.json"));
  CHECK(summary["token_forms"]["binary"]["dense_bytes"] <= 45000);
}

TEST_CASE("mistakes in quantizing are told in one line, and nothing is written") {
  const auto refused = [](const std::string& arguments, const std::string& expected) {
    const TemporaryFolder folder;
    const CommandEnd outcome = bitbalance_command(arguments + " --out " + (folder.path() / "out").string());
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.out.empty());
    CHECK(outcome.told_one_line());
    CHECK_THAT(outcome.err, Contains(expected));
    CHECK(folder.entries() == 0);
  };
  const std::string model = (kScenarios / "networks/lenet.onnx").string();
  refused("quantize " + model, "--calibration: not given; accepted: images (IDX, NPY, NPZ, PNG, JPEG)");
  refused(quantize_lenet("--nnzb 8"), "--nnzb: 8; accepted with weight_bits 8: 1 to 7");
  refused(quantize_lenet("--method gradient"), "--method: 'gradient'; accepted: nearest, compensated");
  refused(quantize_lenet("--budget time=3"), "--budget time=3: accepted: cycles=N");
  refused(quantize_lenet("--budget bytes=100"),
          "--budget bytes=100: 100 bytes per frame; accepted: at least 15367.5");
  refused(quantize_lenet("--budget cycles=1%"), " cycles per frame; accepted: at least ");
  refused(quantize_lenet("--budget energy_uj=3"), "needs a technology");
  refused(quantize_lenet("--labels " + model), "--labels: given without images");
  refused(quantize_lenet("--images " + (kScenarios / "data/fashion-256-images.idx3-ubyte").string() +
                         " --labels " + (kScenarios / "data/fashion-calibration-images.idx3-ubyte").string()),
          "3 extents; accepted: 1, a label per image");
  const TemporaryFolder files;
  const std::string images = "quantize " + model + " --calibration " +
                             (kScenarios / "data/fashion-calibration-images.idx3-ubyte").string() +
                             " --images " + (kScenarios / "data/fashion-256-images.idx3-ubyte").string();
  const std::string few("\0\0\x8\1\0\0\0\2\0\1", 10);
  refused(images + " --labels " + files.write("few", few).string(), "holds 2 labels for the 256 images");
  const std::string foreign = std::string("\0\0\x8\1\0\0\1\0", 8) + std::string(256, '\x0a');
  refused(images + " --labels " + files.write("foreign", foreign).string(),
          "label 0 is 10; accepted: 0 to 9, the network's outputs");
  const std::string none("\0\0\x8\x3\0\0\0\0\0\0\0\x1c\0\0\0\x1c", 16);
  refused("quantize " + model + " --calibration " + files.write("none", none).string(), "extent 0 is 0");
  refused("quantize " + files.write("x.onnx", "no model").string() + " --calibration " + model, "x.onnx");
}

TEST_CASE("a run in several processes leaves the same files as one") {
  const TemporaryFolder folder;
  const fs::path one = folder.path() / "one", three = folder.path() / "three";
  const CommandEnd plain = bitbalance_command(lenet() + "--set mapping.barrier=layer --out " + one.string());
  const CommandEnd parallel = bitbalance_command(lenet() + "--jobs 3 --out " + three.string());
  CHECK(plain.exit_code == 0);
  CHECK(parallel.exit_code == 0);
  CHECK(parallel.err.empty());
  for (const char* file : {"layers.csv", "effective.yaml", "mapping.yaml", "actions.yaml", "energy.csv"}) {
    INFO(file);
    CHECK(text_of(one / file) == text_of(three / file));
  }
  auto expected = nlohmann::json::parse(text_of(one / "summary.json"));
  auto found = nlohmann::json::parse(text_of(three / "summary.json"));
  expected.erase("host");
  found.erase("host");
  CHECK(found == expected);
}

TEST_CASE("a sampled comparison tells how much it compared") {
  const TemporaryFolder folder;
  const fs::path out = folder.path() / "results";
  const CommandEnd outcome =
      bitbalance_command("run " + (kScenarios / "fashion.yaml").string() +
                         " --images 1 --level tlm --golden sampled --out " + out.string());
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.out, Contains("of 27,242 output elements compared (--golden full: all)"));
  const auto summary = nlohmann::json::parse(text_of(out / "summary.json"));
  CHECK(summary["layers"][0]["output_elements"] == 4096);
  CHECK(summary["layers"][0]["output_elements_total"] == 16 * 28 * 28);
  CHECK(summary["layers"][6]["output_elements"] == 10);
  CHECK(summary["layers"][6]["output_elements_total"] == 10);
}

TEST_CASE("help and version explain themselves") {
  CHECK_THAT(bitbalance_command("--version").out, Contains("bitbalance 0."));
  CHECK_THAT(bitbalance_command("--help").out, Contains("run"));
  const CommandEnd help = bitbalance_command("run --help");
  CHECK(help.exit_code == 0);
  CHECK_THAT(help.out,
             Contains("Examples:") && Contains("--set") && Contains("--trace") && Contains("Exit code"));
}

TEST_CASE("a second run takes the quantized network from the cache, unless it is told not to") {
  const TemporaryFolder folder;
  const std::filesystem::path cache = folder.path() / "cache";
  const auto layers_of = [&](const std::string& out, const std::string& option) {
    const std::string path = (folder.path() / out).string();
    const CommandEnd end =
        bitbalance_command("run " + shell_word(BITBALANCE_SOURCE_DIR "/scenarios/fashion.yaml") +
                               " --level analytic --out " + shell_word(path) + option,
                           "XDG_CACHE_HOME=" + shell_word(cache.string()));
    CAPTURE(end.err);
    REQUIRE(end.exit_code == 0);
    return text_of(path + "/layers.csv");
  };
  const std::string layers = layers_of("without", " --no-cache");
  CHECK_FALSE(std::filesystem::exists(cache));
  CHECK(layers_of("first", "") == layers);
  const std::filesystem::path file = *std::filesystem::directory_iterator(cache / "bitbalance");
  const auto written = std::filesystem::last_write_time(file);
  CHECK(layers_of("second", "") == layers);
  CHECK(std::filesystem::last_write_time(file) > written);  // it was asked for
}

}  // namespace
}  // namespace bitbalance::test
