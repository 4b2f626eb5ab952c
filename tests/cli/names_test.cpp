// Layers with any signs in their names, from the file to every option and setting that takes names.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "base/text/shell_word.h"
#include "testbench/scenario/settings/settings_writer.h"
#include "tests/quant/onnx/onnx_builder.h"
#include "tests/support/command_child.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

/// Small 1x1 convolutions one after the other, called like this.
class NamedNetwork {
 public:
  explicit NamedNetwork(const Names& nodes) {
    OnnxBuilder builder({1, 2, 4, 4});
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const std::string weights = fmt::format("w{}", i);
      builder.constant(weights, {2, 2, 1, 1}, {0.5F, -0.25F, 0.125F, 0.75F});
      const auto tensor = [&](std::size_t place) {
        return place == 0 ? "x" : place == nodes.size() ? "y" : fmt::format("t{}", place);
      };
      auto& node = builder.node("Conv", {tensor(i), weights}, tensor(i + 1));
      node.set_name(nodes[i]);
      set_attribute(node, "kernel_shape", std::vector<std::int64_t>{1, 1});
    }
    folder_.write("m.onnx", builder.model().SerializeAsString());
    folder_.write("s.yaml", "network: {model: m.onnx}\naccelerator: {rows: 2, columns: 2}\n");
  }

  CommandEnd run(const std::string& arguments) const {
    return bitbalance_command("run " + scenario().string() + " --level tlm --out " + out().string() + " " +
                              arguments);
  }
  /// With run(): each layer's "name" or another figure.
  Names column(const char* figure) const {
    Names values;
    const auto summary = nlohmann::json::parse(text_of(out() / "summary.json"));
    for (const auto& layer : summary["layers"])
      values.push_back(layer[figure].is_string() ? layer[figure].get<std::string>() : layer[figure].dump());
    return values;
  }
  fs::path scenario() const { return folder_.path() / "s.yaml"; }
  fs::path out() const { return folder_.path() / "out"; }

 private:
  TemporaryFolder folder_;
};

/// Which layers are clocked by this list.
Names clocked(const NamedNetwork& network, const std::string& list) {
  const CommandEnd outcome = network.run("--rtl " + shell_word(list));
  CAPTURE(outcome.err);
  CHECK(outcome.exit_code == 0);
  const Names names = network.column("name"), levels = network.column("level");
  Names result;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (levels[i] == "rtl") result.push_back(names[i]);
  return result;
}

TEST_CASE("brackets, commas and colons in layer names are signs like others") {
  const NamedNetwork network({"conv1", "conv[1]", "a,b", "conv:0", "a", "b"});
  CHECK(clocked(network, "conv[1]") == Names{"conv[1]"});
  CHECK(clocked(network, "a,b") == Names{"a,b"});
  CHECK(clocked(network, "b,a") == Names{"a", "b"});
  CHECK(clocked(network, "conv:0,conv1") == Names{"conv1", "conv:0"});
  CHECK(clocked(network, "conv?1*") == Names{"conv[1]"});
  CHECK(network.run("--rtl 'conv[0]'").refused_in_one_line());
  for (const char* traced : {"conv[1]", "a,b", "conv:0", "conv:0:0-0", "conv1:0"}) {
    CAPTURE(traced);
    const CommandEnd outcome = network.run(fmt::format("--rtl '*' --trace '{}'", traced));
    CAPTURE(outcome.err);
    CHECK(outcome.exit_code == 0);
  }
  CHECK(network.run("--rtl '*' --trace 'conv[0]'").refused_in_one_line());
  CHECK(network.run("--rtl '*' --trace a --signals 'pe_array.*' --signals 'pe_array[.]*'")
            .refused_in_one_line());
}

TEST_CASE("the names that check-vcd lists are those that --signals takes, the clock's too") {
  const NamedNetwork network({"a"});
  const auto listed = [&](const std::string& signals) {
    const CommandEnd traced = network.run("--rtl a --trace a " + signals);
    INFO(traced.err);
    CHECK(traced.exit_code == 0);
    std::istringstream list(
        bitbalance_command("check-vcd --list " + shell_word((network.out() / "a.vcd").string())).out);
    Names names;
    std::string line;
    std::getline(list, line);  // on the file
    while (std::getline(list, line)) names.push_back(line.substr(line.rfind(' ') + 1));
    return names;
  };
  const Names all = listed("--signals '*'");
  CHECK(all.size() > 100);
  std::string each;
  for (const std::string& name : all) each += " --signals " + shell_word(name);
  CHECK(listed(each) == all);
  CHECK(listed("--signals clk") == Names{"clk"});
  CHECK(listed("--signals 'cl?'") == Names{"clk"});
  CHECK(network.run("--rtl a --trace a --signals clock").exit_code == 2);
}

TEST_CASE("no name reaches a terminal with signs that it acts on") {
  const std::string sick = "a\x1b[31m\nb\t\r\x7f\xc2\x9bz\u202efdp";
  const NamedNetwork network({sick, "plain\x07"});
  const std::string technology =
      (fs::path(BITBALANCE_SOURCE_DIR) / "scenarios/technology/65nm.yaml").string();
  const std::string settings =
      " --set name=" + shell_word(yaml_quoted(sick)) + " --set technology=" + technology + " ";
  const std::string array = " --set accelerator.rows=32 --set accelerator.columns=32 ";
  const std::string model = shell_word(network.scenario().string());
  const auto check = [&](const CommandEnd& end, int exit_code) {
    CAPTURE(end.out, end.err);
    CHECK(end.exit_code == exit_code);
    for (const std::string& text : {end.out, end.err}) {
      CHECK(std::all_of(text.begin(), text.end(), [](char c) {
        return c == '\n' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
      }));
      CHECK(text.find("\xc2\x9b") == std::string::npos);
      CHECK(text.find("\u202e") == std::string::npos);
    }
    CHECK_THAT(end.out + end.err, Catch::Contains("a\\x1b[31m"));
  };
  const std::string out = (network.out() / sick).string();
  const std::string to_out = " --out " + shell_word(out);
  check(network.run(settings), 0);
  check(bitbalance_command("recost " + shell_word(network.out().string()) + " --technology " + technology),
        0);
  check(bitbalance_command("run " + model + settings + to_out), 0);
  const TemporaryFolder folder;
  const std::string image =
      std::string("\0\0\x08\x04\0\0\0\x01\0\0\0\x02\0\0\0\x04\0\0\0\x04", 20) + std::string(32, 'i');
  const std::string images = " --calibration " + folder.write("image.idx", image).string();
  check(bitbalance_command("quantize " + model + settings + images + " --out " + shell_word(out + "-q")), 0);
  check(bitbalance_command("compare " + model + settings + array + " --out " + shell_word(out + "-c")), 0);
  check(bitbalance_command("run " + model + settings + " --trace " + shell_word(sick + "?")), 2);
  check(bitbalance_command("run " + shell_word(sick)), 2);
}

TEST_CASE("a name with a line break stays in its line of GTKWave's file") {
  const std::string sick = "a\n[timestart] 5\nb";
  const NamedNetwork network({sick});
  REQUIRE(network.run("--rtl '*' --trace " + shell_word(sick)).exit_code == 0);
  for (const auto& entry : fs::directory_iterator(network.out())) {
    if (entry.path().extension() != ".gtkw") continue;
    const std::string text = text_of(entry.path());
    CHECK_THAT(text, Catch::StartsWith("[*] Signals of layer a\\n[timestart] 5\\nb, tiles 0 to "));
    CHECK(text.find("\n[timestart]") == text.rfind("\n[timestart]"));
  }
}

TEST_CASE("the settings of a layer reach that layer alone") {
  const NamedNetwork network({"conv1", "conv[1]", "conv*", "a,b"});
  REQUIRE(network.run("").exit_code == 0);
  const Names names = network.column("name"), before = network.column("events");
  for (std::size_t i = 0; i < names.size(); ++i) {
    CAPTURE(names[i]);
    const std::string layers =
        fmt::format("quantization.layers=[{{pattern: {}, weight_bits: 2, nnzb: 1}}]", yaml_quoted(names[i]));
    REQUIRE(network.run("--set " + shell_word(layers)).exit_code == 0);
    const Names after = network.column("events");
    for (std::size_t k = 0; k < names.size(); ++k) CHECK((after[k] != before[k]) == (k == i));
  }
  CHECK(network.run("--set 'quantization.layers=[{pattern: \"conv[2]\", nnzb: 1}]'").refused_in_one_line());
}

TEST_CASE("random layer names reach the layer from the command line") {
  const char* const asked = std::getenv("BITBALANCE_CASES");
  const unsigned cases = asked == nullptr ? 8 : static_cast<unsigned>(std::atoi(asked));
  const std::string signs = "ab1[]*?,:.-+!^#&|<>'\"\\{}()%@~$; =";
  std::mt19937 random(1);
  const auto pick = [&](std::size_t size) {
    return std::uniform_int_distribution<std::size_t>(0, size - 1)(random);
  };
  for (unsigned c = 0; c < cases; ++c) {
    Names nodes;
    for (int i = 0; i < 4; ++i) {
      std::string name(1 + pick(5), 'a');
      for (char& sign : name) sign = signs[pick(signs.size())];
      nodes.push_back("n" + name);
    }
    const NamedNetwork network(nodes);
    REQUIRE(network.run("").exit_code == 0);
    const Names names = network.column("name");
    const std::string& name = names[pick(names.size())];
    CAPTURE(name);
    CHECK(clocked(network, name) == Names{name});
  }
}

}  // namespace
}  // namespace bitbalance::test
