// Every setting of a scenario, changed one by one and at random: no two quantized networks have the same key.
#include "testbench/scenario/cache/network_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "quant/ir/file/quantized_file.h"
#include "testbench/scenario/workload.h"
#include "tests/quant/onnx/onnx_builder.h"
#include "tests/support/random/random_draw.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

namespace fs = std::filesystem;

/// Other values of a setting as a user writes them, of which some may be refused.
struct Choices {
  std::string path;
  std::vector<std::string> values;
};

/// Lists the settings of a scenario that are numbers, words and switches.
class ChoicesLister : public SettingsVisitor {
 public:
  std::vector<Choices> found;

  using SettingsVisitor::choice;
  using SettingsVisitor::integer;
  void section(const Setting& setting, const std::function<void()>& body) override {
    const std::size_t outside = path_.size();
    path_ += std::string(setting.key) + ".";
    body();
    path_.resize(outside);
  }
  void optional_section(const Setting& setting, bool& given, const std::function<void()>& body) override {
    if (given) section(setting, body);
  }
  void integer(const Setting& setting, std::int64_t& value, std::int64_t low, std::int64_t high) override {
    add(setting);
    for (const std::int64_t other : {std::int64_t{0}, value - 1, value + 1, value / 2, value * 2, low, high})
      if (other != value) found.back().values.push_back(fmt::format("{}", other));
  }
  void real(const Setting& setting, double& value, double low, double high) override {
    add(setting);
    for (const double other : {value + 0.5 * (high - value), value + 0.5 * (low - value)})
      if (other != value) found.back().values.push_back(fmt::format("{}", other));
  }
  void reals(const Setting& setting, std::vector<double>& values, double, double) override {
    add(setting);
    found.back().values = {fmt::format("{}", values.front() + 0.25)};
  }
  void rational(const Setting& setting, Rational&) override {
    add(setting);
    found.back().values = {"3.75"};
  }
  void boolean(const Setting& setting, bool& value) override {
    add(setting);
    found.back().values = {value ? "false" : "true"};
  }
  void choice(const Setting& setting, std::size_t& value, const std::vector<std::string>& choices) override {
    add(setting);
    for (const std::string& other : choices)
      if (other != choices[value]) found.back().values.push_back(other);
  }

  void list(const Setting&, const std::function<void(std::size_t)>&, const std::function<std::size_t()>&,
            const std::function<void(std::size_t)>&) override {}
  void integers(const Setting&, std::vector<std::int64_t>&, std::int64_t, std::int64_t) override {}
  void optional_integer(const Setting&, std::optional<int>&, int, int) override {}
  void text(const Setting&, std::string&) override {}
  void path(const Setting&, fs::path&) override {}
  void file_or_folder(const Setting&, fs::path&) override {}
  void required() override {}
  void rule(bool, const char*, const std::string&) override {}
  void checked(const std::function<void()>&) override {}

 private:
  void add(const Setting& setting) { found.push_back({path_ + setting.key, {}}); }

  std::string path_;  ///< "accelerator.dram."
};

/// Convolutions around a function that can be a table and a layer of the host, with an input that no image
/// changes.
std::string model(std::uint64_t seed) {
  RandomDraw draw(seed);
  OnnxBuilder b({1, 3, -1, 8});
  const auto constant = [&](const std::string& name, const std::vector<std::int64_t>& dims) {
    std::int64_t count = 1;
    for (const std::int64_t extent : dims) count *= extent;
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = static_cast<float>(draw.real(-1, 1));
    b.constant(name, dims, values);
  };
  declare(*b.graph().add_input(), "gain", onnx::TensorProto::FLOAT);
  auto& gain = *b.graph().mutable_input(1)->mutable_type()->mutable_tensor_type()->mutable_shape();
  for (const int extent : {1, 1, 1, 1}) gain.add_dim()->set_dim_value(extent);
  constant("w1", {6, 3, 3, 3});
  constant("w2", {6, 6, 3, 3});
  constant("w3", {4, 6, 1, 1});
  b.node("Conv", {"x", "w1"}, "a").set_name("conv1");
  b.node("Sigmoid", {"a"}, "b");
  b.node("Mul", {"b", "gain"}, "c");
  b.node("Conv", {"c", "w2"}, "d").set_name("conv2");
  set_integer(b.node("Softmax", {"d"}, "e"), "axis", 1);
  b.node("Conv", {"e", "w3"}, "y").set_name("conv3");
  return b.model().SerializeAsString();
}

/// Scenarios that differ in some settings from one.
class Variants {
 public:
  /// `base`: its settings; "memory", "technology" or "images" for those of files.
  explicit Variants(const std::vector<std::string>& base) {
    const auto numbers = [&](const char* name, std::uint64_t seed) {
      RandomDraw draw(seed);
      std::string bytes;
      for (int i = 0; i < 2 * 3 * 8 * 8; ++i) bytes += static_cast<char>(draw.uniform(0, 255));
      return folder_.write(name, bytes).string();
    };
    images_ = numbers("images", 1);
    other_images_ = numbers("other_images", 2);
    model_ = folder_.write("net.onnx", model(1)).string();
    other_model_ = folder_.write("other.onnx", model(2)).string();
    const std::string scenarios = std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/";
    const std::map<std::string, std::string> words = {
        {"memory", "memory=" + scenarios + "memory/ddr4-2400.yaml"},
        {"technology", "technology=" + scenarios + "technology/65nm.yaml"},
        {"images", "network={model: " + model_ + ", images: " + images_ + ", calibration_images: " + images_ +
                       ", raw: '|u1'}"}};
    base_ = {"network.input_shape=[1, 3, 8, 8]", "network.fixed_inputs=[{input: gain, values: 0.75}]"};
    for (const std::string& setting : base)
      base_.push_back(words.count(setting) != 0 ? words.at(setting) : setting);
  }

  Scenario load(const std::vector<std::string>& settings = {}) const {
    std::vector<SettingOverride> overrides;
    for (const std::string& setting : base_) overrides.push_back({setting, ""});
    for (const std::string& setting : settings) overrides.push_back({setting, ""});
    return load_scenario(model_, overrides);
  }

  std::vector<Choices> choices() const {
    ChoicesLister lister;
    Scenario scenario = load();
    show_scenario(lister, scenario);
    std::vector<Choices> all = std::move(lister.found);
    all.push_back({"network.model", {other_model_}});
    all.push_back({"network.outputs", {"c", "'y,c'"}});
    all.push_back({"network.fixed_inputs", {"[{input: gain, values: 0.5}]"}});
    all.push_back({"network.batch", {"2"}});
    all.push_back(
        {"quantization.layers", {"[{pattern: conv2, nnzb: 1}]", "[{pattern: '*', weight_bits: 5}]"}});
    all.push_back({"mapping.layers", {"[{layer: conv1, rows: 2}]"}});
    all.push_back({"run.rtl", {"conv1"}});
    if (scenario.network.synthetic()) {
      all.push_back({"network.input_shape", {"[1, 3, 9, 8]"}});
    } else {
      all.push_back({"network.images", {other_images_}});
      all.push_back({"network.calibration_images", {other_images_}});
      all.push_back({"network.raw", {"'|i1'"}});
    }
    return all;
  }

 private:
  TemporaryFolder folder_;
  std::string images_, other_images_, model_, other_model_;
  std::vector<std::string> base_;
};

/// A network and its key.
struct Made {
  std::string key, network;
};

/// Networks by their keys.
class Networks {
 public:
  /// The scenario's. A second network under the same key fails the test.
  Made add(const Scenario& scenario) {
    const Made made = {network_key(scenario).value(), to_cbor(prepare_timing_workload(scenario).network)};
    const auto [entry, is_new] = networks_.emplace(made.key, made.network);
    CHECK((is_new || entry->second == made.network));
    return made;
  }

 private:
  std::map<std::string, std::string> networks_;
};

/// Those that can, from one of the scenarios here.
const std::vector<std::string> kChanging = {"network.model",
                                            "network.outputs",
                                            "network.input_shape",
                                            "network.fixed_inputs",
                                            "network.image_seed",
                                            "network.layout",
                                            "network.raw",
                                            "network.pixel_mean",
                                            "network.pixel_deviation",
                                            "network.calibration_images",
                                            "accelerator.token_form",
                                            "accelerator.lookup_tables",
                                            "quantization.activation_bits",
                                            "quantization.weight_bits",
                                            "quantization.nnzb",
                                            "quantization.scale_search",
                                            "quantization.equalize_channels",
                                            "quantization.tables",
                                            "quantization.method",
                                            "quantization.damping",
                                            "quantization.activation_order",
                                            "quantization.refinements",
                                            "quantization.sequential",
                                            "quantization.bias_correction",
                                            "quantization.clipping",
                                            "quantization.calibration_percentile",
                                            "quantization.layers"};

}  // namespace

TEST_CASE("whatever settings change, no two networks have the same key") {
  const std::vector<std::vector<std::string>> bases = {{"memory", "technology"},
                                                       {"quantization.method=compensated"},
                                                       {"images", "accelerator.token_form=signed_digit"}};
  std::set<std::string> changing;
  for (const std::vector<std::string>& base : bases) {
    const Variants variants(base);
    Networks networks;
    const Made plain = networks.add(variants.load());
    const std::vector<Choices> all = variants.choices();
    const auto made_with = [&](const std::vector<std::string>& settings) -> std::optional<Made> {
      CAPTURE(settings);
      try {
        return networks.add(variants.load(settings));
      } catch (const std::invalid_argument&) {
        return std::nullopt;  // refused
      }
    };
    for (const Choices& setting : all) {
      for (const std::string& value : setting.values) {
        const std::optional<Made> made = made_with({setting.path + "=" + value});
        if (!made) continue;
        if (made->network != plain.network) changing.insert(setting.path);
        if (makes_network(setting.path)) continue;
        CAPTURE(setting.path, value);
        CHECK((made->network == plain.network) == (made->key == plain.key));  // nor is it made twice
        break;
      }
    }
    RandomDraw draw(1);
    for (int i = 0; i < 100; ++i) {
      std::vector<std::string> settings;
      for (int n = 0; n < 3; ++n) {
        const Choices& setting = draw.pick(all);
        if (makes_network(setting.path) && !setting.values.empty())
          settings.push_back(setting.path + "=" + draw.pick(setting.values));
      }
      made_with(settings);
    }
  }
  for (const std::string& path : kChanging) {
    CAPTURE(path);
    CHECK(changing.count(path) == 1);
  }
}

}  // namespace bitbalance::test
