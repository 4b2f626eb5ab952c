// The checker of waveforms: accepts what the standard allows and refuses, with file and line, broken files
// that gtkwave's vcd2fst converts without a word.
#include "testbench/vcd.h"

#include <catch2/catch.hpp>

#include "testbench/vcd_command.h"
#include "tests/testbench/temporary_folder.h"

namespace bitbalance {
namespace {

using Catch::Matchers::EndsWith;
using Catch::Matchers::Equals;
using Catch::Matchers::StartsWith;

/// Scopes two deep, a wire `clk` (!), a byte `unit.count` ("), and `unit.same`, a second name of it.
const std::string kDeclarations =
    "$timescale 1 ps $end\n"
    "$scope module SystemC $end\n"
    "$var wire 1 ! clk $end\n"
    "$scope module unit $end\n"
    "$var wire 8 \" count [7:0] $end\n"
    "$var wire 8 \" same [7:0] $end\n"
    "$upscope $end\n"
    "$upscope $end\n"
    "$enddefinitions $end\n";
const std::string kFirstValues = "#1000\n$dumpvars\n1!\nb101 \"\n$end\n";  // lines 10 to 14

Vcd read(const std::string& text) {
  const TemporaryFolder folder;
  return read_vcd(folder.write("wave.vcd", text));
}

/// What the reader says about `text`, without the name of the folder.
std::string refusal(const std::string& text) {
  const TemporaryFolder folder;
  const auto file = folder.write("wave.vcd", text);
  try {
    read_vcd(file);
  } catch (const std::runtime_error& error) {
    const std::string message = error.what();
    CHECK_THAT(message, StartsWith(file.string()));
    return message.substr(folder.path().string().size() + 1);
  }
  return "accepted";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a dump is read with its names, widths, times and values") {
  const Vcd vcd = read(kDeclarations + kFirstValues + "#1500\n0!\n#2000\n1!\nb11111110 \"\n");
  CHECK(vcd.timescale_fs == 1000);
  CHECK(vcd.first_time == 1000);
  CHECK(vcd.last_time == 2000);
  REQUIRE(vcd.signals.size() == 3);
  const VcdSignal& count = vcd.signal("unit.count");
  CHECK(count.width == 8);
  CHECK(vcd.value_at(count, 999).empty());
  CHECK(vcd.value_at(count, 1999) == "00000101");
  CHECK(vcd.value_at(count, 2000) == "11111110");
  CHECK(vcd_number(vcd.value_at(count, 2000), false) == 254);
  CHECK(vcd_number(vcd.value_at(count, 2000), true) == -2);
  CHECK(vcd.value_at(vcd.signal("unit.same"), 2000) == "11111110");
  CHECK(vcd.value_at(vcd.signal("clk"), 1700) == "0");
  CHECK_THROWS_WITH(vcd.signal("unit.cuont"), "no signal unit.cuont in the dump");
}

TEST_CASE("short vector values are extended to the left as the standard says") {
  const auto [written, meant] = GENERATE(table<std::string, std::string>({{"b1", "00000001"},
                                                                          {"b0", "00000000"},
                                                                          {"bx1", "xxxxxxx1"},
                                                                          {"bz", "zzzzzzzz"},
                                                                          {"B10", "00000010"}}));
  CAPTURE(written);
  const Vcd vcd = read(kDeclarations + replaced(kFirstValues, "b101", written));
  CHECK(vcd.value_at(vcd.signal("unit.count"), 1000) == meant);
}

TEST_CASE("the last of several values at one time counts") {
  const Vcd vcd = read(kDeclarations + kFirstValues + "#2000\n0!\n1!\n0!\n");
  CHECK(vcd.value_at(vcd.signal("clk"), 2000) == "0");
  CHECK(vcd.changes[vcd.signal("clk").id].size() == 2);
}

TEST_CASE("comments and declarations over several lines are read") {
  const Vcd vcd = read("$date\n  today\n$end\n$comment nothing $end\n" + kDeclarations + kFirstValues +
                       "$comment nor here $end\n#2000\n0!\n");
  CHECK(vcd.last_time == 2000);
}

TEST_CASE("time that does not grow is refused") {
  const std::string dump = kDeclarations + kFirstValues;
  CHECK_THAT(refusal(dump + "#900\n0!\n"),
             Equals("wave.vcd:15: time 900 after 1000: accepted: times that grow"));
  CHECK_THAT(refusal(dump + "#1000\n0!\n"), StartsWith("wave.vcd:15: time 1000 after 1000"));
  CHECK_THAT(refusal(dump + "#-5\n"), StartsWith("wave.vcd:15: time \"-5\""));
  CHECK_THAT(refusal(dump + "#2000x\n"), StartsWith("wave.vcd:15: time \"2000x\""));
}

TEST_CASE("an identifier that nobody declared is refused") {
  CHECK_THAT(refusal(kDeclarations + kFirstValues + "#2000\n1%\n"),
             Equals("wave.vcd:16: identifier \"%\": accepted: one that $var declared"));
  CHECK_THAT(refusal(kDeclarations + kFirstValues + "#2000\nb1 %\n"), StartsWith("wave.vcd:16: identifier"));
}

TEST_CASE("a value wider than its signal is refused") {
  CHECK_THAT(refusal(kDeclarations + kFirstValues + "#2000\nb100000000 \"\n"),
             Equals("wave.vcd:16: value 100000000 of 9 bits: accepted: 8 bits"));
  CHECK_THAT(refusal(kDeclarations + kFirstValues + "#2000\n1\"\n"),
             StartsWith("wave.vcd:16: value 1 of 1 bits"));
  CHECK_THAT(refusal(kDeclarations + kFirstValues + "#2000\nb10 !\n"), EndsWith("accepted: 1 bits"));
}

TEST_CASE("values of anything but bits are refused") {
  CHECK_THAT(refusal(kDeclarations + kFirstValues + "#2000\nb12 \"\n"),
             StartsWith("wave.vcd:16: value \"12\""));
  CHECK_THAT(refusal(kDeclarations + kFirstValues + "#2000\nr1.5 \"\n"),
             StartsWith("wave.vcd:16: real value"));
  CHECK_THAT(refusal(kDeclarations + kFirstValues + "#2000\nb \"\n"), StartsWith("wave.vcd:16: value \"\""));
}

TEST_CASE("scopes that do not pair up are refused") {
  CHECK_THAT(refusal(replaced(kDeclarations, "$upscope $end\n", "") + kFirstValues),
             Equals("wave.vcd:8: scope SystemC is open: accepted: $upscope for every $scope"));
  CHECK_THAT(refusal("$upscope $end\n" + kDeclarations + kFirstValues), StartsWith("wave.vcd:1: $upscope"));
}

TEST_CASE("a dump without a timescale is refused") {
  CHECK_THAT(refusal(replaced(kDeclarations, "$timescale 1 ps $end\n", "") + kFirstValues),
             StartsWith("wave.vcd:8: no $timescale"));
  CHECK_THAT(refusal(replaced(kDeclarations, "1 ps", "1 parsec") + kFirstValues),
             StartsWith("wave.vcd:1: timescale 1parsec"));
}

TEST_CASE("a value before any time is refused") {
  CHECK_THAT(refusal(kDeclarations + "1!\n" + kFirstValues),
             Equals("wave.vcd:10: a value before any time: accepted: #TIME ahead of all values"));
  CHECK_THAT(refusal(kDeclarations + "b1 \"\n" + kFirstValues),
             StartsWith("wave.vcd:10: a value before any time"));
}

TEST_CASE("a signal without a value is refused") {
  CHECK_THAT(refusal(kDeclarations + "#1000\n1!\n"),
             StartsWith("wave.vcd:11: signal unit.count never gets a value"));
  CHECK_THAT(refusal(kDeclarations), StartsWith("wave.vcd:9: no time"));
}

TEST_CASE("two widths of one identifier are refused") {
  CHECK_THAT(refusal(replaced(kDeclarations, "8 \" same", "4 \" same") + kFirstValues),
             StartsWith("wave.vcd:6: identifier \" with widths 8 and 4"));
}

TEST_CASE("a file that is cut off before its first values are complete is refused, wherever") {
  const std::string dump = kDeclarations + kFirstValues;
  const std::size_t complete = dump.find("\n$end", dump.find("$dumpvars"));
  for (std::size_t length = 0; length < complete; ++length) {
    CAPTURE(length);
    CHECK(refusal(dump.substr(0, length)) != "accepted");
  }
}

TEST_CASE("a file that is cut off within a vector value is refused") {
  CHECK_THAT(refusal(kDeclarations + kFirstValues + "#2000\nb1010"),
             Equals("wave.vcd:16: end of file: accepted: the rest of a vector value"));
}

TEST_CASE("a file that cannot be read is refused by name") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(read_vcd(folder.path() / "nowhere.vcd"), EndsWith("nowhere.vcd: cannot be read"));
}

TEST_CASE("check-vcd tells signals, time range and changes of a file") {
  const Vcd vcd = read(kDeclarations + kFirstValues + "#1500\n0!\n#2000\n1!\nb1 \"\n");
  CHECK(describe_vcd("wave.vcd", vcd, false) == "wave.vcd: 3 signals, 1 ns to 2 ns, 3 changes\n");
  CHECK(describe_vcd("wave.vcd", vcd, true) ==
        "wave.vcd: 3 signals, 1 ns to 2 ns, 3 changes\n"
        "   1 bits       2 changes  clk\n"
        "   8 bits       1 changes  unit.count\n"
        "   8 bits       1 changes  unit.same\n");
}

TEST_CASE("check-vcd refuses a broken file as a user's mistake") {
  const TemporaryFolder folder;
  const auto file = folder.write("wave.vcd", kDeclarations + kFirstValues + "#0\n");
  CHECK_THROWS_AS(check_vcd_command({{file.string()}, false}), std::invalid_argument);
}

}  // namespace bitbalance
