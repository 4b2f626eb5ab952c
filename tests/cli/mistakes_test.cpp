// A user's mistakes in a run: each is told in one line, and nothing is left behind.
#include <catch2/catch.hpp>

#include "tests/cli/lenet_command.h"
#include "tests/quant/onnx/onnx_builder.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("a DRAM preset that contradicts itself is a user's mistake") {
  const std::string preset =
      "--set memory=" + (kScenarios / "memory" / "ddr3-1600.yaml").string() + " --set '";
  CHECK(refusal(preset + "memory.tRAS=10 ns'") ==
        "bitbalance: --set memory.tRAS: 8 clocks; accepted: at least tRCD (11 clocks)\n");
  CHECK(refusal(preset + "memory.rows=1'").find("rows = 1: the DRAM holds 65536 bytes") != std::string::npos);
}

TEST_CASE("the analytic level is refused where it has no answer") {
  CHECK_THAT(refusal("--level analytic --trace conv1"), Contains("--trace with level analytic"));
  CHECK_THAT(refusal("--level analytic --timeline bursts"),
             Contains("--timeline bursts with level analytic"));
}

TEST_CASE("mistakes on the command line are told in one line") {
  CHECK_THAT(refusal("--frobnicate"), Contains("--frobnicate"));
  CHECK_THAT(refusal("--level quick"), Contains("--level: 'quick'; accepted: rtl, tlm"));
  CHECK_THAT(refusal("--signals 'pe_array.*'"), Contains("--trace"));
  CHECK_THAT(refusal("--jobs 0"), Contains("--jobs: '0'; accepted: 1 to 256"));
  CHECK_THAT(refusal("--jobs many"), Contains("--jobs: 'many'"));
  CHECK_THAT(refusal("--jobs 2 --trace conv1"), Contains("--jobs") && Contains("--trace"));
  CHECK_THAT(refusal("--jobs 2 --rtl conv1"), Contains("--jobs") && Contains("without --rtl"));
  CHECK_THAT(refusal("--jobs 2 --level tlm"), Contains("--jobs: given with level tlm"));
  CHECK_THAT(refusal("--jobs 2 --power 100"), Contains("--jobs: given with --power"));
  CHECK_THAT(refusal("--jobs 2 --set memory=" + (kScenarios / "memory/ddr3-1600.yaml").string()),
             Contains("--jobs: memory.model is timed, whose time depends on what was before"));
  CHECK_THAT(refusal("--fst"), Contains("--fst: accepted: only together with --trace"));
  CHECK_THAT(refusal("--level tlm --trace conv1"), Contains("--trace conv1: the layer runs at level tlm"));
  CHECK_THAT(refusal("--golden some"), Contains("--golden: 'some'; accepted: full, sampled"));
  CHECK_THAT(refusal("--rtl conv7"), Contains("'conv7'; did you mean 'conv1'?"));
  CHECK_THAT(refusal("--rtl conv1 --level rtl"), Contains("--rtl: given with level rtl"));
  CHECK_THAT(refusal("--rtl conv1 --trace conv2"), Contains("--trace conv2") && Contains("level tlm"));
  CHECK_THAT(refusal("--trace conv7"), Contains("conv7") && Contains("conv1"));
  CHECK_THAT(refusal("--trace conv1 --signals nothing"), Contains("nothing"));
  CHECK_THAT(refusal("--mapping nowhere.yaml"), Contains("--mapping: 'nowhere.yaml': no such file"));
  CHECK(bitbalance_command("").exit_code == 2);
  CHECK(bitbalance_command("run").exit_code == 2);
  CHECK(bitbalance_command("run nowhere.yaml").exit_code == 2);
}

TEST_CASE("commands refuse what their methods cannot do") {
  const TemporaryFolder folder;
  const std::string search =
      folder
          .write("search.yaml", "scenarios: " + (kScenarios / "lenet.yaml").string() +
                                    "\nmethod: nsga2\npopulation: 4\ngenerations: 2\n"
                                    "objectives: {cycles: min}\nspace: {accelerator.rows: [8, 16]}\n")
          .string();
  const CommandEnd searched = bitbalance_command("sweep " + search + " --engine slurm");
  CHECK(searched.exit_code == 2);
  CHECK_THAT(searched.err, Contains("method: nsga2; accepted with --engine slurm: a method whose points"));
  const std::string lenet = (kScenarios / "lenet.yaml").string();
  const CommandEnd spent =
      bitbalance_command("quantize " + lenet + " --budget cycles=80% --out " +
                         (folder.path() / "out").string() + " --set quantization.equalize_channels=true");
  CHECK(spent.exit_code == 2);
  CHECK_THAT(spent.err, Contains("--budget: accepted: without quantization.equalize_channels"));
}

TEST_CASE("unknown keys and bad values are told in one line") {
  CHECK_THAT(set("accelerator.columms=4"), Contains("did you mean 'columns'?"));
  CHECK_THAT(set("quantization.nnzb=0"), Contains("nnzb: 0; accepted: 1 to"));
  CHECK_THAT(set("quantization.nnzb=8"), Contains("nnzb: 8; accepted with weight_bits 8: 1 to 7"));
  CHECK_THAT(set("quantization.layers=[{pattern: conv1, weight_bits: 3}]"),
             Contains("conv1") && Contains("nnzb"));
}

TEST_CASE("contradictory mappings, efforts and objectives are told in one line") {
  CHECK_THAT(set("mapping.effort=best"), Contains("'best'") && Contains("accepted: fast, good, exhaustive"));
  CHECK_THAT(set("mapping.objective=time"), Contains("'time'; accepted: cycles, energy, edp, dram_bytes"));
  CHECK_THAT(set("mapping={objective: dram_bytes, effort: fast}"),
             Contains("mapping.objective: dram_bytes with effort fast"));
  const TemporaryFolder folder;
  const std::string uncosted =
      "run " + folder.write("uncosted.yaml", "network: {builtin: alexnet}\n").string();
  for (const std::string objective : {"energy", "edp"}) {
    const CommandEnd end = bitbalance_command(uncosted + " --set mapping.objective=" + objective);
    CHECK(end.exit_code == 2);
    CHECK_THAT(end.err, Contains("mapping.objective: " + objective + " without technology"));
  }
  const auto mapping = [&](const std::string& layers) {
    return refusal("--mapping " + folder.write("mapping.yaml", "layers: [" + layers + "]\n").string());
  };
  CHECK_THAT(mapping("{layer: conv1}, {layer: conv1, rows: 2}"),
             Contains("mapping.layers: layer 'conv1' twice; accepted: once"));
  CHECK_THAT(mapping("{layer: conv1, batch: 3}, {layer: conv1}, {layer: conv1, batch: 3}"),
             Contains("mapping.layers: layer 'conv1' of batch 3 twice; accepted: once"));
  for (const char* other : {"{layer: conv9}", "{layer: conv9, batch: 8}", "{layer: conv9, batch: 3}",
                            "{layer: conv1, batch: 3}, {layer: pool1, batch: 3}"}) {
    INFO(other);
    CHECK_THAT(mapping(other), Contains("mapping of layer ") &&
                                   Contains(": the network has no convolution of that name") &&
                                   Contains("; accepted: conv1, conv2"));
  }
  CHECK_THAT(mapping("{layer: conv1, images: 2, rows: 2}"), Contains("images = 2: accepted: 1, or up to"));
  CHECK_THAT(mapping("{layer: conv1, images: 2, columns: 2}"), Contains("images = 2: accepted: 1, or up to"));
  CHECK_THAT(mapping("{layer: conv1, columns: 3}"), Contains("columns = 3: accepted: 28, or multiples of 2"));
  CHECK_THAT(mapping("{layer: conv1, channels: 2}"), Contains("channels = 2: accepted: 0 to 1"));
  CHECK_THAT(mapping("{layer: conv2, rows: 10, columns: 10, channels: 2}"),
             Contains("only where a block is one tile"));
}

TEST_CASE("what a mapping has for batches that do not occur is told in one line") {
  const auto told = [](const std::string& command, const std::string& layers) {
    const TemporaryFolder folder;
    const std::string out = " --out " + (folder.path() / "out").string();
    const std::string mapping = folder.write("mapping.yaml", "layers: [" + layers + "]\n").string();
    const CommandEnd end = bitbalance_command(command + " --mapping " + mapping + out);
    INFO(end.err);
    CHECK(end.exit_code == 0);
    return end.told();
  };
  const std::string scenario = (kScenarios / "lenet.yaml").string();
  const std::string many = "{layer: conv1, batch: 4}, {layer: conv2, batch: 3}, {layer: conv1, batch: 3}";
  const std::string unused = "bitbalance: mapping.layers: entries of batch 3, 4: not used: ";
  CHECK(told(lenet(), "{layer: conv1, batch: 3}") ==
        "bitbalance: mapping.layers: entries of batch 3: not used: programs are of 2 images\n");
  CHECK(told("run " + scenario + " --images 10 --level analytic", many) ==
        unused + "programs are of 8 and 2 images\n");
  CHECK(told("build " + scenario + " --images 8", many) == unused + "programs are of 8 images\n");
  CHECK(told("run " + scenario + " --images 10 --level analytic",
             "{layer: conv1, batch: 2}, {layer: conv2, batch: 8}, {layer: conv1}") == "");
}

TEST_CASE("hardware too small for a layer is told with the layer's name") {
  CHECK_THAT(set("accelerator.rows=0"), Contains("rows: 0; accepted: 1 to 256"));
  CHECK_THAT(refusal("--set accelerator.columns=8 --set accelerator.activation_buffer_bytes=16"),
             Contains("layer conv1: activation_buffer_bytes = 16: accepted: 36 or more"));
  CHECK_THAT(refusal("--set accelerator.columns=8 --set accelerator.output_buffer_bytes=16"),
             Contains("layer fc1: output_buffer_bytes = 16: accepted: 32 or more"));
  CHECK_THAT(set("accelerator.parameter_buffer_bytes=64"),
             Contains("layer conv1: parameter_buffer_bytes = 64"));
}

TEST_CASE("sums that could overflow are refused with layer and channel, unless they may wrap") {
  CHECK_THAT(set("accelerator.accumulator_bits_8=16"),
             Contains("layer conv1: accumulator_bits_8 = 16: accepted: ") && Contains("allow_wrap"));
  const TemporaryFolder folder;
  const CommandEnd wrapped = bitbalance_command(
      lenet() + "--set accelerator.accumulator_bits_8=16 --set accelerator.allow_wrap=true --out " +
      (folder.path() / "out").string());
  CHECK(wrapped.exit_code == 0);
  CHECK_THAT(wrapped.out, Contains("PASS"));
}

TEST_CASE("truncated and foreign files are told by name") {
  const TemporaryFolder folder;
  const std::string model = text_of(kScenarios / "networks" / "lenet.onnx");
  const auto cut = folder.write("cut.onnx", model.substr(0, model.size() / 2));
  CHECK_THAT(set("network.model=" + cut.string()), Contains(cut.string()));
  const auto text = folder.write("text.onnx", "not a model");
  CHECK_THAT(set("network.model=" + text.string()), Contains("not an ONNX file"));
  const std::string images = text_of(kScenarios / "data" / "fashion-256-images.idx3-ubyte");
  const auto cut_images = folder.write("cut.idx", images.substr(0, 1000));
  CHECK_THAT(set("network.images=" + cut_images.string()),
             Contains(cut_images.string()) && Contains("truncated"));
  CHECK_THAT(set("network.calibration_images=" + text.string()), Contains(text.string()) && Contains("IDX"));
}

TEST_CASE("operators that are not supported are told by node and name") {
  const TemporaryFolder folder;
  OnnxBuilder builder({1, 1, 28, 28});
  builder.node("Bernoulli", {"x"}, "y");  // drawn at random
  const auto file = folder.write("bernoulli.onnx", builder.model().SerializeAsString());
  CHECK_THAT(set("network.model=" + file.string()),
             Contains("(Bernoulli)") && Contains("unsupported operator"));
}

TEST_CASE("wrong image counts and sizes are refused") {
  const CommandEnd too_many =
      bitbalance_command("run " + (kScenarios / "lenet.yaml").string() + " --images 257");
  CHECK(too_many.exit_code == 2);
  CHECK_THAT(too_many.err, Contains("network.count: 257; accepted: 0 to 256"));
  const TemporaryFolder folder;
  const std::string labels = text_of(kScenarios / "data" / "fashion-256-labels.idx1-ubyte");
  std::string fewer = labels.substr(0, 8 + 255);
  fewer[7] = static_cast<char>(255);
  fewer[6] = 0;
  const auto file = folder.write("labels.idx", fewer);
  CHECK_THAT(set("network.labels=" + file.string()), Contains("255") && Contains("256"));
  const auto small = folder.write("small.idx", std::string("\0\0\x08\x03\0\0\0\x01\0\0\0\x02\0\0\0\x02"
                                                           "abcd",
                                                           20));
  CHECK_THAT(set("network.calibration_images=" + small.string()),
             Contains("1 x 2 x 2") && Contains("1 x 28 x 28"));
}

TEST_CASE("an unwritable results folder is told before the simulation starts") {
  const TemporaryFolder folder;
  const auto file = folder.write("file", "precious");
  for (const std::string& out : {file.string(), (file / "below").string(), std::string("/proc/nowhere")}) {
    const CommandEnd outcome = bitbalance_command(lenet() + "--out " + out);
    CHECK(outcome.exit_code == 2);
    CHECK_THAT(outcome.err, Contains("--out " + out));
    CHECK(outcome.told_one_line());
  }
  CHECK(text_of(file) == "precious");
}

}  // namespace
}  // namespace bitbalance::test
