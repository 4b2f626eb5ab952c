// YAML as this program reads it: what a YAML library would drop, double or reinterpret in silence is refused
// in one line, in every file and option that holds YAML.
#include "testbench/scenario/settings/yaml_text.h"

#include <fmt/format.h>

#include <rapidcheck.h>
#include <catch2/catch.hpp>
#include <regex>

#include "testbench/scenario/scenario.h"
#include "testbench/scenario/settings/settings_writer.h"
#include "testbench/scenario/technology.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;
namespace fs = std::filesystem;
const fs::path kScenarios = fs::path(BITBALANCE_SOURCE_DIR) / "scenarios";

std::string refusal(const std::function<void()>& read) {
  try {
    read();
  } catch (const SettingsError& error) {
    return error.what();
  }
  return "accepted";
}

std::string refusal_of(const std::string& yaml) {
  return refusal([&] { parse_yaml(yaml, "f.yaml", true); });
}

TEST_CASE("one document of mappings, lists and text is read") {
  for (const char* yaml : {"a: 1",
                           "---\na: 1\n...\n",
                           "a: 'null'",
                           "a: [1, 2,]",
                           "{a: {b: [x]}}",
                           "# note\na: 1 # b\n",
                           "a: 1\t# after a tab\n",
                           "a:\t1",
                           "a: \"x\\ty\"",
                           "a: |\n  two\n  lines\n",
                           "\xef\xbb\xbf"
                           "a: 1\r\nb: 2\r\n",
                           "a: 50%",
                           "a: x]#y",
                           "a: 'x'  # y",
                           "a: [1] # y",
                           "a: |\n  ]#y\n",
                           "a: ['it''s]#', \"\\\"]#\"]",
                           "a: [it's]\nb: [it's] # ]#\n",
                           "{a: 1, # ]#\n b: 2}",
                           "a: [x#y, rock 'n' roll] # z",
                           "a: {\"b\":'c]#'}",
                           "a: [b:'c, d]"}) {
    CAPTURE(yaml);
    CHECK(refusal_of(yaml) == "accepted");
  }
}

TEST_CASE("what a library would drop or reinterpret is refused with its line") {
  const auto check = [](const std::string& yaml, const std::string& expected) {
    CAPTURE(yaml);
    CHECK(refusal_of(yaml) == "f.yaml:" + expected);
  };
  check("a: 1\n---\nb: 2\n", "2: a second YAML document; accepted: one");
  check("a: 1\n...\nb\n", "3: a second YAML document; accepted: one");
  check("{a: 1} b", "1: a second YAML document; accepted: one");
  check("a: 1\nb: 2\na: 3\n", "3: a: given twice");
  check("a: {b: [{c: 1, c: 2}]}", "1: a.b[0].c: given twice");
  check("a:\nb: 1\n", "1: a: nothing; accepted: a value, 'null' in quotes");
  check("a: ~", "1: a: nothing; accepted: a value, 'null' in quotes");
  check("a: [1,,2]", "1: a[1]: nothing; accepted: a value, 'null' in quotes");
  check("a: &x 1\nb: *x\n", "1: a: an anchor (&); accepted: a value without a name");
  check("<<: {a: 1}", "1: a merge key (<<); accepted: include: FILE");
  check("a: !!int 1", "1: a: the tag tag:yaml.org,2002:int; accepted: a value without a tag");
  check("a: !mine {}", "1: a: the tag !mine; accepted: a value without a tag");
  check("? [1]\n: 2\n", "1: a list or mapping as a key; accepted: text");
  check("%YAML 1.1\n---\na: yes\n", "1: a directive (%); accepted: YAML without directives");
  check("a:\n\tb: 1\n", "2: a tab in the indentation; accepted: blanks");
  check(std::string("a: x\0y", 6), "1: the control character 0x00; accepted: text");
  const auto glued = [&](const std::string& yaml, const std::string& at) {
    check(yaml, at + "a '#' right after a bracket, comma or quote; accepted: a blank ahead of a comment");
  };
  glued("{a: 1}#foo", "1: ");
  glued("[1]#x", "1: ");
  glued("\xef\xbb\xbf{a: 1}#foo", "1: ");
  glued("a: 'x'#y", "1: a: ");
  glued("'a'#b: 1", "1: ");
  glued("\"x\"#y", "1: ");
  glued("b: 1\r\na: {b: 1}#x\r\n", "2: a: ");
  glued("a: [1, '2'#\n]", "1: a: ");
  glued("a: [1,\n  [2]#\n  , 3]", "2: a: ");
  glued("a: [1,#x\n 2]", "1: a: ");
  glued("- [#x\n 2]", "1: [0]: ");
  glued("- a: {b: \"c\"}#x\n", "1: [0].a: ");
  check("a: \x1b[0m", "1: the control character 0x1b; accepted: text");
}

TEST_CASE("what is no YAML is told in this program's words") {
  CHECK(refusal_of("a: 1\nb: [1, 2\n") ==
        "f.yaml:2: not YAML: a bracket is not closed, or a comma is missing in it");
  CHECK_THAT(refusal_of("a: b: c"), Contains("f.yaml:1: not YAML: a ':' where no key can be"));
  CHECK_THAT(refusal_of("a: \"b"), Contains("f.yaml:1: not YAML: a quote is not closed"));
  for (const char* yaml : {"a: \"b\nc: d\n", "a: 'b\nc: d\n", "a:\n  b: \"c\n  d: e\n \r\n"})
    CHECK_THAT(refusal_of(yaml), Contains("not YAML: a quote is not closed"));
  CHECK(refusal_of("a: \xff") == "f.yaml:1: bytes that are not UTF-8; accepted: UTF-8");
  CHECK_THAT(refusal_of("a: @b"), Contains("needs quotes"));
  CHECK_THAT(refusal_of("a: *b"), Contains("f.yaml:1: not YAML: "));
  for (const char* bracket : {"[", "{a: "}) {
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += bracket;
    CHECK_THAT(refusal_of(deep), Contains("f.yaml:1: "));
  }
  CHECK_THAT(refusal_of(std::string(40, '[') + std::string(40, ']')), Contains("nested; accepted: 32 deep"));
}

TEST_CASE("an alias that would grow to billions of values is refused at once") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i)
    bomb +=
        fmt::format("a{}: &a{} [*a{}, *a{}, *a{}, *a{}, *a{}]\n", i, i, i - 1, i - 1, i - 1, i - 1, i - 1);
  CHECK_THAT(refusal_of(bomb), Contains("f.yaml:1: a0: an anchor"));
}

TEST_CASE("every file that holds YAML is read by the same rules") {
  const TemporaryFolder folder;
  const std::string lenet = (kScenarios / "lenet.yaml").string();
  const auto load = [&](const char* section, const fs::path& file) {
    return refusal([&] { load_scenario(lenet, {{std::string(section) + "=" + file.string(), ""}}); });
  };
  folder.write("mapping.yaml", "barrier: layer\n");
  for (const auto& [section, file] : {std::pair{"accelerator", kScenarios / "accelerators/default.yaml"},
                                      std::pair{"memory", kScenarios / "memory/ddr4-2400.yaml"},
                                      std::pair{"technology", kScenarios / "technology/65nm.yaml"},
                                      std::pair{"mapping.include", folder.path() / "mapping.yaml"}}) {
    CAPTURE(section);
    CHECK(load(section, file) == "accepted");
    for (const char* disease :
         {"\n---\nx: 1\n", "\nx: &a 1\n", "\n<<: {a: 1}\n", "\n\tx: 1\n", "\nx:\n", "\n]\n"})
      CHECK_THAT(load(section, folder.write("sick.yaml", text_of(file) + disease)), Contains("sick.yaml:"));
    CHECK_THAT(load(section, folder.write("sick.yaml", "")),
               Contains("sick.yaml: nothing; accepted: a mapping"));
    CHECK_THAT(load(section, folder.write("sick.yaml", "a:1")),
               Contains("sick.yaml: 'a:1'; accepted: a mapping"));
    CHECK_THAT(load(section, folder.write("sick.yaml", std::string(5000, 'a'))),
               Contains("sick.yaml: '" + std::string(200, 'a') + "...'; accepted: a mapping"));
  }
  CHECK_THAT(refusal([&] { load_technology(folder.write("t.yaml", "name: x\n---\n")); }),
             Contains("t.yaml:2: a second YAML document"));
}

TEST_CASE("overrides are read by the same rules") {
  const auto set = [](const std::string& text) {
    return refusal([&] { load_scenario(kScenarios / "lenet.yaml", {{text, ""}}); });
  };
  CHECK(set("network.count=") == "--set network.count: no value; accepted: path.to.key=value");
  CHECK(set("network.count=# 3") == "--set network.count: no value; accepted: path.to.key=value");
  CHECK(set("network.count=~") == "--set network.count: nothing; accepted: a value, 'null' in quotes");
  CHECK(set("network.count=1\n---\n2") == "--set network.count: a second YAML document; accepted: one");
  CHECK(set("network.count=[1] 2") == "--set network.count: a second YAML document; accepted: one");
  CHECK(set("network.count=!!int 2") ==
        "--set network.count: the tag tag:yaml.org,2002:int; accepted: a value without a tag");
  CHECK(set("network={count: 1, count: 2}") == "--set network: count: given twice");
  for (const char* text : {"", "=", "=1", "network", ".network=1", "network.=1", "network..count=1"}) {
    CAPTURE(text);
    CHECK(set(text) == "--set " + std::string(text) + ": accepted: path.to.key=value");
  }
  CHECK_THAT(set("network.cuont=1"), Contains("network.cuont: unknown key (did you mean 'count'?)"));
  CHECK_THAT(set("zzz=1"), Contains("--set zzz: unknown key"));
  for (const char* yes : {"yes", "on", "True", "TRUE", "1", "y"})
    CHECK(set(std::string("run.dmi=") + yes) ==
          fmt::format("--set run.dmi: '{}'; accepted: true, false", yes));
}

TEST_CASE("numbers are the same in scalars and lists, files and overrides") {
  const TemporaryFolder folder;
  const std::regex grammar("-?(0|[1-9][0-9]*)");
  const auto judge = [&](const std::string& text) {
    const bool is_number = std::regex_match(text, grammar) && text.size() < 9;
    const std::int64_t number = is_number ? std::stoll(text) : 0;
    const auto check = [&](const Scenario& scenario) {
      return scenario.network.count == number && scenario.network.input_shape == Dims{1, number};
    };
    const std::string quoted = yaml_quoted(text);
    const auto file = folder.write(
        "s.yaml", fmt::format("network: {{model: s.yaml, count: {0}, input_shape: [1, {0}]}}\n", quoted));
    const auto read = [&](const std::function<Scenario()>& load) {
      try {
        return check(load()) ? "right" : "wrong";
      } catch (const SettingsError& error) {
        return "refused";
      }
    };
    const std::string expected = is_number && number >= 1 && number <= 1 << 24 ? "right" : "refused";
    CAPTURE(text);
    const std::string from_file = read([&] { return load_scenario(file); });
    const std::string from_options = read([&] {
      return load_scenario("", {{"network.model=" + (folder.path() / "s.yaml").string(), ""},
                                {"network.count=" + quoted, "--images"},
                                {"network.input_shape=[1, " + quoted + "]", ""}});
    });
    return from_file == expected && from_options == expected;
  };
  for (const char* text : {"16", "016", "0x10", "0o20", "+16", "1_6", "16.0", "1e1", " 16", "16 ", "", "inf",
                           "4:30", "16777216", "16777217", "99999999999999999999", "-1", "0"})
    CHECK(judge(text));
  rc::check([&] {
    RC_ASSERT(
        judge(*rc::gen::container<std::string>(rc::gen::elementOf(std::string("001234567890x_+-.e o:")))));
  });
}

TEST_CASE("any text comes back from what is written") {
  rc::check([] {
    const auto text = *rc::gen::container<std::string>(rc::gen::oneOf(
        rc::gen::inRange<char>(0, 127), rc::gen::elementOf(std::string("\"\\'\n\t\r #:,[]{}&*!|>%@`"))));
    RC_ASSERT(parse_yaml("a: " + yaml_quoted(text), "f.yaml", true)["a"].Scalar() == text);
  });
}

TEST_CASE("random damage to a scenario is read or refused, never anything else") {
  const std::string whole = text_of(kScenarios / "technology/65nm.yaml").substr(0, 2500);
  rc::check([&] {
    std::string text = whole;
    const int wounds = *rc::gen::inRange(1, 6);
    for (int i = 0; i < wounds; ++i) {
      const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
      text.replace(at, *rc::gen::inRange<std::size_t>(0, 3),
                   *rc::gen::container<std::string>(
                       1, rc::gen::elementOf(std::string("\t\n {}[]:-?&*!|>'\"%@,#~\\a1"))));
    }
    const std::string answer = refusal_of(text);
    RC_ASSERT(answer == "accepted" || answer.rfind("f.yaml:", 0) == 0);
  });
}

}  // namespace
}  // namespace bitbalance::test
