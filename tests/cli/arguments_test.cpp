// The command line of every command: nothing that is given is dropped. The options are those that --help
// lists, so that one added later is tested, too.
#include <catch2/catch.hpp>
#include <regex>

#include "base/text/shell_word.h"
#include "tests/support/command_child.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;

/// As `bitbalance --help` lists them.
std::vector<std::string> all_commands() {
  const std::string help = bitbalance_command("--help").out;
  const std::string list = help.substr(help.find("Subcommands:"));
  static const std::regex kLine(R"(\n  ([a-z-]+) )");
  std::vector<std::string> commands;
  for (std::sregex_iterator at(list.begin(), list.end(), kLine), end; at != end; ++at)
    commands.push_back((*at)[1]);
  return commands;
}

struct Option {
  std::string name;
  bool has_value;
  bool repeats;
};

std::vector<Option> options_of(const std::string& command) {
  const std::string help = bitbalance_command(command + " --help").out;
  static const std::regex kLine(R"(\n  (?:-h,)?(--[a-z-]+)( \S+)?( \.\.\.)?)");
  std::vector<Option> options;
  for (std::sregex_iterator at(help.begin(), help.end(), kLine), end; at != end; ++at)
    options.push_back({(*at)[1], (*at)[2].length() > 1, (*at)[3].matched});
  return options;
}

std::string refusal_of(const std::string& arguments) {
  CAPTURE(arguments);
  const CommandEnd outcome = bitbalance_command(arguments);
  CAPTURE(outcome.err);
  CHECK(outcome.refused_in_one_line());
  return outcome.err;
}

TEST_CASE("every option of every command refuses an empty value, none, and a second one") {
  for (const std::string& command : all_commands()) {
    const std::vector<Option> options = options_of(command);
    REQUIRE(options.size() >= 1);  // --help
    for (const Option& option : options) {
      const std::string start = command + " something " + option.name;
      if (!option.has_value) {
        CHECK_THAT(refusal_of(start + "="),
                   Contains(option.name + "=: accepted: " + option.name + ", without a value"));
        CHECK_THAT(refusal_of(start + "=true"), Contains("without a value"));
        if (option.name != "--help")
          CHECK_THAT(refusal_of(start + " " + option.name), Contains("given twice"));
        continue;
      }
      CHECK_THAT(refusal_of(start + " ''"), Contains("bitbalance: " + option.name + ": ''; accepted: "));
      CHECK_THAT(refusal_of(start + "="), Contains("bitbalance: " + option.name + ": ''; accepted: "));
      CHECK_THAT(refusal_of(start), Contains("bitbalance: " + option.name + ": no value; accepted: "));
      CHECK_THAT(refusal_of(start + " --out"),
                 Contains("bitbalance: " + option.name + ": no value; accepted: "));
      if (!option.repeats)
        CHECK_THAT(refusal_of(start + " a " + option.name + " b"), Contains("given twice"));
    }
  }
}

TEST_CASE("arguments of every command: none, an empty one, one too many") {
  for (const std::string& command : all_commands()) {
    CHECK_THAT(refusal_of(command), Contains("not given; accepted: "));
    CHECK_THAT(refusal_of(command + " ''"), Contains(": ''; accepted: "));
    CHECK_THAT(refusal_of(command + " a ''"), Contains("''"));
    CHECK_THAT(refusal_of(command + " a --frobnicate"), Contains("--frobnicate: unknown option"));
    CHECK_THAT(refusal_of(command + " a -x"), Contains("-x: unknown option"));
    const bool takes_many = command == "check-vcd" || command == "compare";
    if (!takes_many) CHECK_THAT(refusal_of(command + " a b"), Contains("'b': one argument too many"));
  }
  CHECK_THAT(refusal_of(""), Contains("no command; accepted: run, init, quantize,"));
  CHECK_THAT(refusal_of("''"), Contains("'': unknown command"));
  CHECK_THAT(refusal_of("rum"), Contains("'rum': unknown command (did you mean 'run'?)"));
  CHECK_THAT(refusal_of("--frobnicate"), Contains("--frobnicate: unknown option"));
  CHECK_THAT(refusal_of("run a --lvel rtl"), Contains("did you mean '--level'?"));
}

TEST_CASE("values and files are taken as they are typed") {
  CHECK_THAT(refusal_of("check-vcd '[a,b]'"), Contains("[a,b]: no such file"));
  CHECK_THAT(refusal_of("check-vcd -- --list"), Contains("--list: no such file"));
  CHECK_THAT(refusal_of("run a --set '{}'"), Contains("--set {}: accepted: path.to.key=value"));
  CHECK_THAT(refusal_of("compare a --baselines ,"), Contains("--baselines: ''; accepted: dense"));
  CHECK_THAT(refusal_of("compare a --baselines dense,,stripes"),
             Contains("--baselines: ''; accepted: dense"));
  CHECK_THAT(refusal_of("run " + shell_word("a\nb\x1b")), Contains(R"(a\nb\x1b: no such file)"));
  CHECK_THAT(refusal_of("run run"), Contains("run: no such file"));
  const std::string long_name(300, 'x');
  CHECK_THAT(refusal_of("run " + long_name), Contains("no such file"));
  CHECK_THAT(refusal_of("recost " + long_name + " --technology a"), Contains("no such file"));
  for (const std::string file : {"network.model=", "network.labels=", "accelerator=", "mapping.include="})
    CHECK_THAT(refusal_of("run " + std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/lenet.yaml --set " +
                          file + long_name),
               Contains("no such file"));
}

TEST_CASE("what is not the file that a command reads is refused for what it is") {
  const std::string scenarios = std::string(BITBALANCE_SOURCE_DIR) + "/scenarios";
  const TemporaryFolder folder;  // whose results nobody else writes
  const std::string lenet =
      "run " + scenarios + "/lenet.yaml --out " + (folder.path() / "out").string() + " ";
  for (const std::string& given :
       {"run " + scenarios, "compare " + scenarios, "check-vcd " + scenarios, "quantize " + scenarios,
        lenet + "--mapping " + scenarios, lenet + "--set accelerator=" + scenarios,
        lenet + "--set network.model=" + scenarios})
    CHECK_THAT(refusal_of(given), Contains("a folder; accepted: "));
  CHECK_THAT(refusal_of(lenet + "--set network.images=" + scenarios + "/networks"),
             Contains("no pictures; accepted: PNG and JPEG files"));
  for (const std::string command : {"run nowhere.yaml", "run nowhere.onnx", "init nowhere.onnx",
                                    "compare nowhere.yaml", "check-vcd nowhere.vcd", "quantize nowhere.onnx"})
    CHECK_THAT(refusal_of(command), Contains("nowhere.") && Contains("no such file; accepted: "));
  CHECK_THAT(refusal_of("init " + scenarios + "/lenet.yaml"), Contains("accepted: an ONNX model"));
  CHECK_THAT(refusal_of("compare " + scenarios + "/networks/lenet.onnx"),
             Contains("technology: not given; accepted for a comparison"));
}

TEST_CASE("a misspelt word is answered with the nearest that is accepted") {
  const std::string scenarios = std::string(BITBALANCE_SOURCE_DIR) + "/scenarios";
  const TemporaryFolder folder;  // whose results nobody else writes
  const std::string lenet =
      "run " + scenarios + "/lenet.yaml --out " + (folder.path() / "out").string() + " ";
  CHECK_THAT(refusal_of("quantise a"),
             Contains("unknown command (did you mean 'quantize'?); accepted: run, init,"));
  CHECK_THAT(refusal_of("quantize a --nzb 3"), Contains("unknown option (did you mean '--nnzb'?)"));
  CHECK_THAT(refusal_of(lenet + "--level tml"),
             Contains("--level: 'tml' (did you mean 'tlm'?); accepted: rtl, tlm"));
  CHECK_THAT(refusal_of("compare a --baselines bitlt"),
             Contains("'bitlt' (did you mean 'bitlet'?); accepted: dense"));
  CHECK_THAT(refusal_of(lenet + "--trace conv1:0 --signals controler.state"),
             Contains("--signals controler.state: no signal matches (did you mean 'controller.state'?)") &&
                 Contains("accepted: names such as ") && Contains("of the units clk, cycle, controller"));
}

TEST_CASE("a value may begin like an option where = joins them") {
  const TemporaryFolder folder;
  CHECK_THAT(refusal_of("run nowhere.yaml --out=--level"), Contains("nowhere.yaml: no such file"));
  CHECK(bitbalance_command("run nowhere.yaml --help").exit_code == 0);
}

}  // namespace
}  // namespace bitbalance::test
