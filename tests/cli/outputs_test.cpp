// Models with several outputs or inputs, from the file to the results folder.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "quant/eval/images/array_file.h"
#include "tests/quant/onnx/onnx_builder.h"
#include "tests/support/command_child.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

namespace fs = std::filesystem;
using Extents = std::vector<int>;
using Json = nlohmann::json;
using Catch::Matchers::Contains;

/// Two results that share a convolution, the second of them joined of two layers.
std::string detector() {
  OnnxBuilder model({1, 2, 4, 4});
  model.constant("w", {2, 2, 1, 1}, {0.5F, -0.25F, 0.125F, 0.75F});
  model.node("Conv", {"x", "w"}, "y");
  model.node("Relu", {"y"}, "r");
  model.node("Conv", {"r", "w"}, "c");
  set_attribute(model.node("Concat", {"c", "r"}, "boxes"), "axis", std::int64_t{1});
  *model.graph().add_output() = model.graph().output(0);
  model.graph().mutable_output(1)->set_name("boxes");
  return model.model().SerializeAsString();
}

class Folder {
 public:
  Folder() {
    folder_.write("m.onnx", detector());
    folder_.write("c.npy", to_npy({1, 2, 4, 4}, std::vector<float>(32, 0.5F)));
    folder_.write("s.yaml",
                  "network: {model: m.onnx, count: 3, batch: 2}\naccelerator: {rows: 2, columns: 2}\n");
  }
  fs::path path(const char* name) const { return folder_.path() / name; }
  Json run(const std::string& arguments) const {
    const CommandEnd end = bitbalance_command("run " + arguments + " --out " + path("out").string());
    CAPTURE(end.err);
    REQUIRE(end.exit_code == 0);
    return Json::parse(text_of(path("out") / "summary.json"));
  }
  Extents extents(const char* file) const { return read_array(path("out") / file).extents; }

 private:
  TemporaryFolder folder_;
};

TEST_CASE("every output of a model is compared and written") {
  const Folder folder;
  for (const char* level : {"rtl", "tlm"}) {
    const Json summary = folder.run(folder.path("s.yaml").string() + " --level " + level);
    CHECK(summary["outputs"][0]["name"] == "y");
    CHECK(summary["outputs"][1]["shape"] == Json({1, 4, 4, 4}));
    CHECK(summary["outputs"][1]["file"] == "output_1.npy");
    CHECK(folder.extents("output_0.npy") == Extents{3, 2, 4, 4});
    CHECK(folder.extents("output_1.npy") == Extents{3, 4, 4, 4});
  }
}

TEST_CASE("results of several images keep their extents, of which a first 1 is the batch") {
  const TemporaryFolder folder;
  OnnxBuilder model({1, 6});
  model.constant("list", std::vector<std::int64_t>{6}).constant("rows", std::vector<std::int64_t>{2, 3});
  model.constant("row", std::vector<std::int64_t>{1, 1, 6});
  model.node("Abs", {"x"}, "y");
  model.node("Reshape", {"y", "list"}, "listed");
  model.node("Reshape", {"y", "rows"}, "in_rows");
  model.node("Reshape", {"y", "row"}, "in_a_row");
  set_attribute(model.node("ReduceSum", {"y"}, "sum"), "keepdims", std::int64_t{0});
  const std::vector<Extents> shapes = {{1, 6}, {6}, {2, 3}, {1, 1, 6}, {}};
  const std::vector<Extents> stacked = {{5, 6}, {5, 6}, {5, 2, 3}, {5, 1, 6}, {5}};
  const std::vector<std::string> names = {"y", "listed", "in_rows", "in_a_row", "sum"};
  for (std::size_t i = 1; i < names.size(); ++i) {
    onnx::ValueInfoProto& output = *model.graph().add_output();
    declare(output, names[i], onnx::TensorProto::FLOAT);
  }
  const std::string file = folder.write("m.onnx", model.model().SerializeAsString()).string();
  const CommandEnd end =
      bitbalance_command("run " + file + " --level tlm --images 5 --out " + (folder.path() / "out").string());
  CAPTURE(end.err);
  REQUIRE(end.exit_code == 0);
  const Json outputs = Json::parse(text_of(folder.path() / "out/summary.json"))["outputs"];
  for (std::size_t i = 0; i < names.size(); ++i) {
    CHECK(outputs[i]["shape"] == Json(shapes[i]));
    const Array results = read_array(folder.path() / "out" / ("output_" + std::to_string(i) + ".npy"));
    CHECK(results.extents == stacked[i]);
  }
}

TEST_CASE("rows that the image decides come out with -1 behind them at every level") {
  const TemporaryFolder folder;
  OnnxBuilder model({1, 2, 1, 6});
  model.constant("w", {1, 2, 1, 1}, {0.5F, -0.25F}).constant("flat", std::vector<std::int64_t>{1, 1, 6});
  std::vector<float> boxes;
  for (int i = 0; i < 6; ++i) {
    const auto x = static_cast<float>(i);
    boxes.insert(boxes.end(), {0, x, 2, x + 2});
  }
  model.constant("boxes", {1, 6, 4}, boxes).constant("most", std::vector<std::int64_t>{4});
  model.constant("share", {1}, {0.3F})
      .constant("zero", {}, {0})
      .constant("list", std::vector<std::int64_t>{-1});
  model.node("Conv", {"x", "w"}, "c");
  model.node("Reshape", {"c", "flat"}, "scores");
  model.node("NonMaxSuppression", {"boxes", "scores", "most", "share"}, "chosen");
  model.node("GatherND", {"scores", "chosen"}, "score");
  model.node("Greater", {"score", "zero"}, "is_good");
  set_attribute(model.node("Compress", {"chosen", "is_good"}, "good"), "axis", std::int64_t{0});
  model.node("Identity", {"good"}, "y");
  declare(*model.graph().mutable_output(0), "y", onnx::TensorProto::INT64);
  model.graph().mutable_output(0)->mutable_type()->mutable_tensor_type()->clear_shape();
  const std::string file = folder.write("m.onnx", model.model().SerializeAsString()).string();
  std::vector<double> first;
  for (const char* level : {"tlm", "rtl"}) {
    const CommandEnd end =
        bitbalance_command("run " + file + " --level " + level +
                           " --images 3 --set network.outputs=y --out " + (folder.path() / "out").string());
    CAPTURE(level, end.err);
    REQUIRE(end.exit_code == 0);
    const Array rows = read_array(folder.path() / "out/output_0.npy");
    CHECK(rows.extents == Extents{3, 4, 3});
    std::vector<double> values;
    for (std::int64_t i = 0; i < rows.elements(); ++i) values.push_back(rows.value(i));
    if (first.empty()) first = values;
    CHECK(values == first);
    for (std::size_t i = 0; i < values.size(); i += 3) {  // image 0, class 0, a box; or none
      const bool is_row = values[i] == 0 && values[i + 1] == 0 && values[i + 2] >= 0 && values[i + 2] < 6;
      CHECK((is_row || (values[i] == -1 && values[i + 1] == -1 && values[i + 2] == -1)));
    }
    CHECK(std::count(values.begin(), values.end(), -1) > 0);
    CHECK(std::count(values.begin(), values.end(), 0) > 0);
  }
}

TEST_CASE("a result of the host is not quantized") {
  const TemporaryFolder folder;
  OnnxBuilder model({1, 2, 1, 4});
  model.constant("w", {2, 2, 1, 1}, {0.5F, -0.25F, 0.125F, 0.75F});
  model.node("Conv", {"x", "w"}, "c");
  set_attribute(model.node("Softmax", {"c"}, "y"), "axis", std::int64_t{3});
  const std::string file = folder.write("m.onnx", model.model().SerializeAsString()).string();
  for (const char* level : {"tlm", "rtl"}) {
    const CommandEnd end =
        bitbalance_command("run " + file + " --level " + level +
                           " --images 2 --set network.outputs=y --out " + (folder.path() / "out").string());
    CAPTURE(end.err);
    REQUIRE(end.exit_code == 0);
    const Array results = read_array(folder.path() / "out/output_0.npy");
    REQUIRE(results.elements() == 16);
    for (int row = 0; row < 4; ++row) {
      double sum = 0;
      for (int i = 0; i < 4; ++i) sum += results.value(4 * row + i);
      CHECK(sum == Approx(1).epsilon(1e-6));  // of multiples of 1 / 255 it would not be
    }
  }
}

TEST_CASE("the accuracy is that of the outputs that are written") {
  const TemporaryFolder folder;
  OnnxBuilder model({1, 8});
  std::vector<float> weights(64, 0), images(64, 1);
  std::string labels;
  for (int i = 0; i < 8; ++i) {
    weights[9 * i] = 1;
    images[9 * i] = 1.008F;  // probabilities of 1/8, which differ by a quarter of 1/255
    labels += std::to_string(i) + "\n";
  }
  model.constant("w", {8, 8}, weights);
  model.node("MatMul", {"x", "w"}, "scores");
  set_attribute(model.node("Softmax", {"scores"}, "y"), "axis", std::int64_t{1});
  folder.write("m.onnx", model.model().SerializeAsString());
  folder.write("images.npy", to_npy({8, 8}, images));
  folder.write("labels.txt", labels);
  const std::string scenario = folder
                                   .write("s.yaml",
                                          "network: {model: m.onnx, images: images.npy, labels: labels.txt, "
                                          "calibration_images: images.npy}\n")
                                   .string();
  const auto summary = [&](const std::string& command, const std::string& options) {
    const fs::path out = folder.path() / command;
    const CommandEnd end = bitbalance_command(command + " " + scenario + options + " --out " + out.string());
    CAPTURE(end.err);
    REQUIRE(end.exit_code == 0);
    return Json::parse(text_of(out / "summary.json"));
  };
  CHECK(summary("run", " --level tlm")["accuracy"]["quantized"] == 1);
  for (const auto& form : summary("quantize", "")["forms"]) CHECK(form["accuracy"] == 1);
}

/// The row of a table whose index the model takes as a number of `type`, cast if it is a real one.
std::string row_of_table(int type) {
  OnnxBuilder model({1, 2});
  declare(*model.graph().mutable_input(0), "x", type);
  std::vector<float> table(60000);
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<float>(i);
  model.constant("table", {60000}, table);
  model.cast("x", "index", onnx::TensorProto::INT64);
  model.node("Gather", {"table", "index"}, "y");
  return model.model().SerializeAsString();
}

TEST_CASE("whole numbers that only the host reads are kept or refused") {
  const TemporaryFolder folder;
  folder.write("real.onnx", row_of_table(onnx::TensorProto::FLOAT));
  folder.write("integer.onnx", row_of_table(onnx::TensorProto::INT64));
  folder.write("few.npy", to_npy({2, 2}, {0, 13, 498, 499}));
  folder.write("more.npy", to_npy({2, 2}, {7, 501, 32767, 14}));
  folder.write("most.npy", to_npy({2, 2}, {3, 4, 5, 40000}));
  for (const std::string model : {"real", "integer"}) {
    for (const std::string command : {"run", "quantize"}) {
      const auto end = [&](const std::string& calibration, const std::string& images) {
        const fs::path path = folder.path();
        folder.write("s.yaml", "network: {model: " + model + ".onnx, images: " + images +
                                   ", labels: labels.txt, " + "calibration_images: " + calibration +
                                   ", outputs: y, count: 2}\n");
        folder.write("labels.txt", "0\n1\n");
        return bitbalance_command(command + " " + (path / "s.yaml").string() + " --out " +
                                  (path / command).string() + (command == "run" ? " --level tlm" : ""));
      };
      CAPTURE(model, command);
      const CommandEnd good = end("few.npy", "more.npy");
      CAPTURE(good.err);
      REQUIRE(good.exit_code == 0);
      const CommandEnd beyond = end("few.npy", "most.npy");
      CHECK(beyond.exit_code == 2);
      CHECK_THAT(beyond.err, Contains("most.npy: image 1 has 40000; accepted: -32768 to 32767"));
      if (model == "integer") {
        const CommandEnd refused = end("most.npy", "few.npy");
        CHECK(refused.exit_code == 2);
        CHECK_THAT(refused.err, Contains("input 'x': calibration saw 3 to 40000; accepted: -32768 to 32767"));
      }
    }
    const Array rows = read_array(folder.path() / "run/output_0.npy");
    for (const int place : {0, 1, 2, 3})
      CHECK(rows.value(place) == std::vector<double>{7, 501, 32767, 14}[place]);
  }
}

TEST_CASE("no output is written where none is computed") {
  const Folder folder;
  const Json summary = folder.run(folder.path("s.yaml").string() + " --level analytic");
  CHECK(summary["outputs"].size() == 2);
  CHECK_FALSE(summary["outputs"][0].contains("file"));
  CHECK_FALSE(fs::exists(folder.path("out") / "output_0.npy"));
}

TEST_CASE("outputs are chosen of a model and of a quantized file") {
  const Folder folder;
  const std::string choice = " --level tlm --set network.outputs=boxes";
  CHECK(folder.run(folder.path("s.yaml").string() + choice)["outputs"].size() == 1);
  CHECK(folder.extents("output_0.npy") == Extents{3, 4, 4, 4});
  const CommandEnd end =
      bitbalance_command("quantize " + folder.path("s.yaml").string() + " --calibration " +
                         folder.path("c.npy").string() + " --out " + folder.path("q").string());
  CAPTURE(end.err);
  REQUIRE(end.exit_code == 0);
  const std::string quantized = (folder.path("q") / "effective.yaml").string();
  CHECK(folder.run(quantized + " --level tlm")["outputs"].size() == 2);
  CHECK(folder.run(quantized + choice)["outputs"][0]["name"] == "boxes");
  const CommandEnd refused = bitbalance_command("run " + quantized + " --set network.outputs=labels");
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.err, Contains("has no output 'labels'; accepted: y, boxes"));
}

TEST_CASE("an input beside the image has the values of the scenario, and runs on in a quantized file") {
  OnnxBuilder model({1, 2, 4, 4});
  model.constant("w", {2, 2, 1, 1}, {1, 0, 0, 1});
  *model.graph().add_input() = model.graph().input(0);
  model.graph().mutable_input(1)->set_name("state");
  model.node("Conv", {"x", "w"}, "c");
  model.node("Add", {"c", "state"}, "y");
  const TemporaryFolder folder;
  const std::string file = folder.write("m.onnx", model.model().SerializeAsString()).string();
  const std::string out = " --level tlm --out " + (folder.path() / "out").string();
  const CommandEnd refused = bitbalance_command("run " + file + out);
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.err,
             Contains("has inputs [x, state]; accepted: one that is the image, and values for all "
                      "others (network.fixed_inputs)"));
  const std::string samples =
      folder.write("c.npy", to_npy({1, 2, 4, 4}, std::vector<float>(32, 0.5F))).string();
  const CommandEnd end = bitbalance_command("quantize " + file + " --calibration " + samples + " --out " +
                                            (folder.path() / "q").string() +
                                            " --set network.fixed_inputs='[{input: state, values: 100}]'");
  CAPTURE(end.err);
  REQUIRE(end.exit_code == 0);
  const CommandEnd run = bitbalance_command("run " + (folder.path() / "q/effective.yaml").string() + out +
                                            " --set network.outputs=y");
  CAPTURE(run.err);
  REQUIRE(run.exit_code == 0);
  const Array results = read_array(folder.path() / "out/output_0.npy");
  for (std::int64_t i = 0; i < results.elements(); ++i) CHECK(results.value(i) > 50);
}

TEST_CASE("quantize tells of a convolution whose errors the host enlarges, and of the setting that helps") {
  OnnxBuilder model({1, 2, 4, 4});
  model.constant("w", {2, 2, 1, 1}, {1, 0, 0, 0.01F});
  model.node("Conv", {"x", "w"}, "c").set_name("filter bank");
  model.constant("less", {2, 1, 1}, {0.5F, 0.25F}).node("Pow", {"c", "less"}, "y");
  const TemporaryFolder folder;
  const std::string file = folder.write("m.onnx", model.model().SerializeAsString()).string();
  const std::string samples =
      folder.write("c.npy", to_npy({1, 2, 4, 4}, std::vector<float>(32, 0.5F))).string();
  for (const bool is_equal : {false, true}) {
    const CommandEnd end = bitbalance_command("quantize " + file + " --calibration " + samples + " --out " +
                                              (folder.path() / "q").string() +
                                              (is_equal ? " --set quantization.equalize_channels=true" : ""));
    CAPTURE(end.err);
    REQUIRE(end.exit_code == 0);
    const bool is_told =
        end.out.find("enlarged  errors of layer 'filter bank', by the host") != std::string::npos;
    CHECK(is_told == !is_equal);
    const Json summary = Json::parse(text_of(folder.path() / "q/summary.json"));
    CHECK(summary["enlarged_by_host"] == (is_equal ? Json::array() : Json({"filter bank"})));
  }
}

}  // namespace
}  // namespace bitbalance::test
