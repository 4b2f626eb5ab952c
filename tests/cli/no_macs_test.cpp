// Networks without a multiplication: pooling and additions, or the host alone. Every figure of every command
// is a number of the right sign, or said to be none.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>

#include "tests/quant/onnx/onnx_builder.h"
#include "tests/support/command_child.h"

namespace bitbalance::test {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;
const fs::path kTechnology = fs::path(BITBALANCE_SOURCE_DIR) / "scenarios/technology/65nm.yaml";

/// 1 x channels x size x size through a few layers without weights.
class RandomModel {
 public:
  RandomModel(unsigned seed, const fs::path& file) : random_(seed), channels_(pick(1, 4)), size_(pick(4, 9)) {
    OnnxBuilder builder({1, channels_, size_, size_});
    const int layers = pick(1, 4);
    std::string tensor = "x";
    for (int i = 0; i < layers; ++i) {
      const std::string next = i + 1 == layers ? "y" : "t" + std::to_string(i);
      add(builder, tensor, next);
      tensor = next;
    }
    write_file(file, builder.model().SerializeAsString());
  }
  int channels() const { return channels_; }
  int size() const { return size_; }

 private:
  int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  void add(OnnxBuilder& builder, const std::string& from, const std::string& to) {
    const int kind = pick(0, 6);
    if ((kind == 0 || kind == 1) && extent() >= 2) {
      auto& node = builder.node(kind == 0 ? "MaxPool" : "AveragePool", {from}, to);
      set_attribute(node, "kernel_shape", std::vector<std::int64_t>{2, 2});
      const std::int64_t stride = pick(1, 2);
      set_attribute(node, "strides", std::vector<std::int64_t>{stride, stride});
      now_ = static_cast<int>((extent() - 2) / stride + 1);
    } else if (kind == 2) {
      builder.node("GlobalAveragePool", {from}, to);
      now_ = 1;
    } else if (kind == 3) {
      set_attribute(builder.node("Softmax", {from}, to), "axis", std::int64_t{1});
    } else if (kind == 4) {
      builder.node("Sigmoid", {from}, to);
    } else {
      builder.node("Add", {from, from}, to);
    }
  }
  int extent() const { return now_ == 0 ? size_ : now_; }

  std::mt19937 random_;
  int channels_, size_;
  int now_ = 0;  ///< extent behind the last layer; 0: the input's
};

/// No number below 0; a figure that does not exist is null.
void check_json(const nlohmann::json& json, const std::string& path) {
  if (json.is_number() && json.get<double>() < 0) FAIL_CHECK(path << " = " << json);
  if (json.is_structured()) {
    for (const auto& [key, value] : json.items()) check_json(value, path + "." + key);
  }
}

/// Words of a table or CSV file.
void check_text(const std::string& text, const std::string& where) {
  std::string word;
  for (const char c : text + "\n") {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '+') {
      word += c;
      continue;
    }
    const bool names_none = word == "nan" || word == "-nan" || word == "inf" || word == "-inf";
    const bool is_negative =
        word.size() > 1 && word[0] == '-' && std::isdigit(static_cast<unsigned char>(word[1])) != 0;
    if (names_none || is_negative) FAIL_CHECK(where << ": " << word);
    word.clear();
  }
}

void check_folder(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string text = text_of(entry.path());
    if (entry.path().extension() == ".json") check_json(nlohmann::json::parse(text), entry.path().filename());
    if (entry.path().extension() == ".csv") check_text(text, entry.path().filename());
  }
}

/// The command, what it prints and what it leaves in `out`.
CommandEnd checked(const std::string& arguments, const fs::path& out) {
  INFO(arguments);
  const CommandEnd outcome = bitbalance_command(arguments);
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  check_text(outcome.out, "stdout");
  if (fs::is_directory(out)) check_folder(out);
  return outcome;
}

void check_model(unsigned seed) {
  CAPTURE(seed);
  const TemporaryFolder folder;
  const RandomModel model(seed, folder.path() / "m.onnx");
  std::string images("\0\0\x08\x04\0\0\0\x02", 8);
  for (const int extent : {model.channels(), model.size(), model.size()})
    images += std::string(3, '\0') + static_cast<char>(extent);
  for (int i = 0; i < 2 * model.channels() * model.size() * model.size(); ++i)
    images += static_cast<char>(7 * i + 3);
  folder.write("images.idx", images);
  const bool costs_nothing = seed % 5 == 4;
  std::string technology = text_of(kTechnology);
  if (costs_nothing) {
    for (const char* value : {"value: 0.2104162", "value: 0.4172512", "value: 277.9792", "value: 8,"})
      technology.replace(technology.find(value) + 7, std::string(value).size() - 7,
                         value[7] == '8' ? "0," : "0");
  }
  folder.write("t.yaml", technology);
  const std::string scenario =
      folder
          .write("s.yaml",
                 fmt::format(
                     "network: {{model: m.onnx, images: images.idx, calibration_images: images.idx, "
                     "batch: 2}}\ntechnology: t.yaml\nquantization: {{activation_bits: {}}}\n{}",
                     seed % 2 == 0 ? 8 : 16,
                     seed % 3 == 0
                         ? "memory: " +
                               (fs::path(BITBALANCE_SOURCE_DIR) / "scenarios/memory/ddr4-2400.yaml").string()
                         : ""))
          .string();
  const fs::path out = folder.path() / "out";
  const std::string to = " --out " + out.string();
  const bool timed = seed % 3 == 0;
  if (!timed) {
    checked("run " + scenario + " --level analytic" + to, out);
    checked("compare " + scenario + " --out " + (folder.path() / "c").string(), folder.path() / "c");
    checked("compare " + scenario + " --rule equal-area --out " + (folder.path() / "c").string(),
            folder.path() / "c");
    checked("quantize " + scenario + " --out " + (folder.path() / "q").string(), folder.path() / "q");
  }
  checked("run " + scenario + " --level tlm" + to, out);
  checked("run " + scenario + " --level rtl" + to, out);
  checked("recost " + out.string() + " --technology " + (folder.path() / "t.yaml").string() +
              " --set target.voltage_v=0.9 --csv " + (folder.path() / "e.csv").string(),
          "");
  check_text(text_of(folder.path() / "e.csv"), "e.csv");
}

TEST_CASE("random networks without MACs have figures that exist, or say that they do not") {
  const char* const asked = std::getenv("BITBALANCE_CASES");
  const unsigned cases = asked == nullptr ? 8 : static_cast<unsigned>(std::atoi(asked));
  for (unsigned seed = 0; seed < cases; ++seed) check_model(seed);
}

TEST_CASE("a network of the host alone has no rate and no energy of a frame to divide by") {
  const TemporaryFolder folder;
  OnnxBuilder builder({1, 3, 8, 8});
  set_attribute(builder.node("Softmax", {"x"}, "y"), "axis", std::int64_t{1});
  folder.write("m.onnx", builder.model().SerializeAsString());
  const std::string scenario =
      folder.write("s.yaml", "network: {model: m.onnx}\ntechnology: " + kTechnology.string() + "\n").string();
  const fs::path out = folder.path() / "out";
  const CommandEnd run = checked("run " + scenario + " --out " + out.string(), out);
  CHECK_THAT(run.out,
             Contains("speed     - frames/s") && Contains("; - frames/J") && Contains("; - frames/s/mm2"));
  const auto summary = nlohmann::json::parse(text_of(out / "summary.json"));
  for (const char* none : {"frames_per_s", "frames_per_j", "frames_per_j_core", "frames_per_s_per_mm2"}) {
    CAPTURE(none);
    CHECK(summary[none].is_null());
  }
  CHECK(summary["energy_j_per_frame"]["core"] == 0);
  CHECK(summary["layers"][0]["utilization"].is_null());
  const CommandEnd compare =
      checked("compare " + scenario + " --out " + out.string() + "2", out.string() + "2");
  CHECK_THAT(compare.out, Contains("      -      -      -"));
}

}  // namespace
}  // namespace bitbalance::test
