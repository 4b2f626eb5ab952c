// The checker of waveforms: accepts what the standard allows, and refuses, with file and line, broken files
// that gtkwave's vcd2fst converts without a word.
#include "testbench/waveform/vcd.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <systemc>

#include "testbench/waveform/vcd_summary.h"
#include "tests/support/temporary_folder.h"
#include "tests/testbench/waveform/random_dump.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;
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
  } catch (const std::invalid_argument& error) {
    const std::string message = error.what();
    CHECK_THAT(message, StartsWith(file.string()));
    CHECK(message.find('\n') == std::string::npos);
    return message.substr(folder.path().string().size() + 1);
  }
  return "accepted";
}

/// What the reader notes about `text`, in the order of the alphabet.
std::vector<std::string> notes(const std::string& text) {
  std::vector<std::string> all;
  for (const auto& [what, note] : read(text).notes) all.push_back(what);
  return all;
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
  CHECK(vcd.notes.empty());
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
  CHECK(vcd.histories[vcd.signal("clk").id].changes.size() == 2);
  CHECK(vcd.histories[vcd.signal("clk").id].times == 2);
}

TEST_CASE("comments and declarations over several lines are read") {
  const Vcd vcd = read("$date\n  today\n$end\n$comment nothing $end\n" + kDeclarations + kFirstValues +
                       "$comment nor here $end\n#2000\n0!\n");
  CHECK(vcd.last_time == 2000);
}

TEST_CASE("time that runs backwards is refused") {
  const std::string dump = kDeclarations + kFirstValues;
  CHECK_THAT(refusal(dump + "#900\n0!\n"),
             Equals("wave.vcd:15: time 900 after 1000: accepted: times that grow"));
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
             Equals("wave.vcd:16: real value 1.5: accepted: bits"));
  CHECK_THAT(refusal(kDeclarations + kFirstValues + "#2000\n(1!\n"),
             Equals("wave.vcd:16: \"(1!\": accepted: a time, a value or a section of values"));
  CHECK_THAT(refusal(kDeclarations + kFirstValues + "#2000\nb \"\n"), StartsWith("wave.vcd:16: value \"\""));
}

TEST_CASE("a value of NUL is refused") {
  CHECK_THAT(refusal(kDeclarations + kFirstValues + "#2000\n" + std::string(1, '\0') + "!\n"),
             EndsWith("accepted: a time, a value or a section of values"));
  CHECK_THAT(refusal(kDeclarations + kFirstValues + "#2000\nb1" + std::string(1, '\0') + " \"\n"),
             StartsWith("wave.vcd:16: value"));
}

TEST_CASE("a dump of ports (EVCD) is refused as one") {
  CHECK_THAT(refusal("$timescale 1 ns $end $scope module top $end $var port [7:0] <1 b $end\n"),
             Equals("wave.vcd:1: a dump of ports (EVCD): accepted: a four-state dump (VCD)"));
  CHECK_THAT(refusal(kDeclarations + "#0\n$dumpports\npL 0 6 !\n$end\n"),
             Equals("wave.vcd:11: a dump of ports (EVCD): accepted: a four-state dump (VCD)"));
}

TEST_CASE("while dumping is off a real number is unknown as a scalar or a vector") {
  const std::string dump =
      "$timescale 1 ps $end\n$var real 64 % r $end\n$enddefinitions $end\n#0\nr1.5 %\n#5\n";
  for (const char* value : {"x%", "X%", "bx %"})
    CHECK(refusal(dump + "$dumpoff\n" + value + "\n$end\n") == "accepted");
  CHECK_THAT(refusal(dump + "1%\n"), StartsWith("wave.vcd:7: value 1 of a real number"));
}

TEST_CASE("a scope that nobody opened is refused") {
  CHECK_THAT(refusal("$upscope $end\n" + kDeclarations + kFirstValues), StartsWith("wave.vcd:1: $upscope"));
}

TEST_CASE("declarations without a name are refused and swallow nothing") {
  CHECK_THAT(refusal("$scope module $end\n" + kDeclarations + kFirstValues),
             Equals("wave.vcd:1: $scope without a name: accepted: a name before $end"));
  CHECK_THAT(refusal(replaced(kDeclarations, "! clk", "!") + kFirstValues),
             StartsWith("wave.vcd:3: $var without a name"));
}

TEST_CASE("a timescale that is none is refused") {
  CHECK_THAT(refusal(replaced(kDeclarations, "1 ps", "1 parsec") + kFirstValues),
             StartsWith("wave.vcd:1: timescale 1parsec"));
  CHECK_THAT(refusal(replaced(kDeclarations, "1 ps", "99999999999999999999 s") + kFirstValues),
             StartsWith("wave.vcd:1: timescale 99999999999999999999s"));
  CHECK_THAT(refusal(replaced(kDeclarations, "1 ps", "0 ps") + kFirstValues),
             StartsWith("wave.vcd:1: timescale"));
}

TEST_CASE("what the format leaves open is noted") {
  using Notes = std::vector<std::string>;
  const std::string dump = kDeclarations + kFirstValues;
  CHECK(notes(dump) == Notes{});
  CHECK(notes(replaced(dump, "$timescale 1 ps $end\n", "")) == Notes{"no $timescale: times have no unit"});
  CHECK(notes(kDeclarations + "1!\n" + kFirstValues) == Notes{"a value before any time, taken for time 0"});
  CHECK(notes(kDeclarations + "$dumpvars b1 \" x! $end\n#0 #7\n") ==
        Notes{"a value before any time, taken for time 0"});
  CHECK(notes(kDeclarations + "#1000\n1!\n") == Notes{"a signal that never gets a value"});
  CHECK(notes(kDeclarations) ==
        Notes{"a signal that never gets a value", "no time: the file ends with its declarations"});
  CHECK(notes(dump + "#1000\n0!\n") == Notes{"a time that is given twice"});
  CHECK(notes(replaced(dump, "$upscope $end\n", "")) ==
        Notes{"a scope that is open at the end of the declarations"});
  CHECK(notes(replaced(dump, "1 ps", "5 ps")) == Notes{"a timescale that is not 1, 10 or 100 of its unit"});
  for (const char* value : {"bUUWLH-01 \"", "U!", "W!", "L!", "H!", "-!"})
    CHECK(notes(dump + "#2000\n" + value + "\n") ==
          Notes{"a value of std_logic, which is not of the standard"});
  CHECK(notes(dump + "#2000\nsIDLE \"\n") == Notes{"a text as a value, which is not of the standard"});
  CHECK(notes(dump + "$dumpall #2000\n1! $end\n") == Notes{"a time within $dumpall"});
}

TEST_CASE("a section of values that does not pair up is refused") {
  CHECK_THAT(refusal(kDeclarations + "#0\n$dumpvars\n1!\n"),
             Equals("wave.vcd:13: end of file in $dumpvars: accepted: its $end"));
  CHECK_THAT(refusal(kDeclarations + "#0\n$dumpvars $dumpoff"),
             StartsWith("wave.vcd:11: $dumpoff within $dumpvars"));
  CHECK_THAT(refusal(kDeclarations + "#0 $end"), StartsWith("wave.vcd:10: $end"));
}

TEST_CASE("two widths of one identifier are refused") {
  CHECK_THAT(refusal(replaced(kDeclarations, "8 \" same", "4 \" same") + kFirstValues),
             StartsWith("wave.vcd:6: identifier \" with widths 8 and 4"));
  CHECK_THAT(refusal(replaced(kDeclarations, "wire 8 \" same", "real 8 \" same") + kFirstValues),
             Contains("real and not"));
}

TEST_CASE("a file that is cut off before its first values are complete is refused or noted, wherever") {
  const std::string dump = kDeclarations + kFirstValues;
  const std::size_t complete = dump.find("\n$end", dump.find("$dumpvars"));
  for (std::size_t length = 0; length < complete; ++length) {
    CAPTURE(length);
    const std::string cut = dump.substr(0, length);
    CHECK((refusal(cut) != "accepted" || !notes(cut).empty()));
  }
}

TEST_CASE("a file that is cut off within a vector value is refused") {
  CHECK_THAT(refusal(kDeclarations + kFirstValues + "#2000\nb1010"),
             Equals("wave.vcd:16: end of file: accepted: the rest of a vector value"));
}

TEST_CASE("a file that cannot be read is refused by name") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(read_vcd(folder.path() / "nowhere.vcd"),
                    EndsWith("nowhere.vcd: no such file; accepted: a waveform (VCD)"));
}

TEST_CASE("check-vcd tells signals, time range and changes of a file") {
  const Vcd vcd = read(kDeclarations + kFirstValues + "#1500\n0!\n#2000\n1!\nb1 \"\n");
  CHECK(describe_vcd("wave.vcd", vcd) == "wave.vcd: 3 signals, 1000 to 2000 ps, 3 changes\n");
  std::string list;
  for (const VcdSignal& signal : vcd.signals) list += describe_vcd_signal(vcd, signal);
  CHECK(list ==
        "   1 bits       2 changes  clk\n"
        "   8 bits       1 changes  unit.count\n"
        "   8 bits       1 changes  unit.same\n");
}

TEST_CASE("a value that is given again is no change") {
  const std::string all = "$dumpall\n1!\nb101 \"\n$end\n";
  const Vcd vcd =
      read(kDeclarations + kFirstValues + "#1500\n" + all + "#1600\n" + all + "#1700\nb0101 \"\n0!\n");
  CHECK(describe_vcd("wave.vcd", vcd) == "wave.vcd: 3 signals, 1000 to 1700 ps, 1 changes\n");
}

TEST_CASE("check-vcd tells notes below the file, with line and number") {
  const Vcd vcd =
      read("$var wire 1 ! a $end $var wire 1 % b $end $var wire 1 & c $end $enddefinitions $end\n1! #5 0!\n");
  CHECK(describe_vcd("wave.vcd", vcd) ==
        "wave.vcd: 3 signals, 0 to 5, 1 changes\n"
        "wave.vcd:3: note: a signal that never gets a value: b (2 times)\n"
        "wave.vcd:2: note: a value before any time, taken for time 0\n"
        "wave.vcd:1: note: no $timescale: times have no unit\n");
  CHECK_THAT(describe_vcd("x", read(replaced(kDeclarations, "1 ps", "100 s") + "#18446744073709551615\n")),
             Contains("18446744073709551615 to 18446744073709551615 x 100 s"));
  CHECK_THAT(describe_vcd("x", read(replaced(kDeclarations, "1 ps", "10 ns") + "#0\n#7\n")),
             Contains(", 0 to 70 ns, "));
}

TEST_CASE("memory does not follow what a file says") {
  const auto peak_kib = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  const long before = peak_kib();
  // Vectors of 2^40 bits, and a long name around many signals.
  std::string dump =
      "$timescale 1 ps $end $scope module a $end $scope module " + std::string(100'000, 'n') + " $end\n";
  for (int i = 0; i < 5'000; ++i) dump += fmt::format("$var wire 1099511627776 {} s{} $end\n", i, i);
  dump += "$upscope $end $upscope $end $enddefinitions $end\n#0\n";
  for (int i = 0; i < 5'000; ++i) dump += fmt::format("bx {}\n", i);
  CHECK(read(dump).signals.size() == 5'000);
  constexpr long kMostKib = 100 * 1024;
  CHECK(peak_kib() - before < kMostKib);
}

TEST_CASE("random legal dumps are accepted with every signal") {
  for (unsigned seed = 1; seed <= 500; ++seed) {
    RandomDump random(seed);
    const std::string dump = random.text();
    CAPTURE(seed, dump);
    REQUIRE(refusal(dump) == "accepted");
    const Vcd vcd = read(dump);
    CHECK(vcd.signals.size() == random.signals());
    std::uint64_t times = 0;
    for (const VcdHistory& history : vcd.histories) times += history.times;
    CHECK(times <= random.values());
    CHECK((times > 0) == (random.values() > 0));
  }
}

TEST_CASE("a dump of SystemC's own is accepted") {
  const TemporaryFolder folder;
  sc_core::sc_clock clock("clock", 10, sc_core::SC_NS);
  sc_core::sc_signal<sc_dt::sc_uint<12>> number("number");
  sc_core::sc_signal<double> real("real");
  sc_core::sc_signal<sc_dt::sc_lv<9>> vector("vector");
  sc_core::sc_signal<sc_dt::sc_logic> logic("logic");
  sc_core::sc_event event("event");
  sc_core::sc_time time;
  sc_core::sc_trace_file* const file = sc_core::sc_create_vcd_trace_file((folder.path() / "wave").c_str());
  sc_trace(file, clock, "clock");
  sc_trace(file, number, "top.number");
  sc_trace(file, real, "top.real");
  sc_trace(file, vector, "top.vector");
  sc_trace(file, logic, "top.inner.logic");
  sc_trace(file, event, "event");
  sc_trace(file, time, "time");
  sc_core::sc_start(12, sc_core::SC_NS);
  number = 5;
  real = -1.5e-30;
  vector = "01zx01zx1";
  logic = sc_dt::SC_LOGIC_1;
  event.notify();
  time = sc_core::sc_time(3, sc_core::SC_NS);
  sc_core::sc_start(15, sc_core::SC_NS);
  sc_core::sc_close_vcd_trace_file(file);

  const Vcd vcd = read_vcd(folder.path() / "wave.vcd");
  CHECK(vcd.notes.count("a value before any time, taken for time 0") == 1);
  CHECK(vcd.signals.size() == 7);
  CHECK(vcd.value_at(vcd.signal("top.number"), 0) == "000000000000");
  CHECK(vcd.value_at(vcd.signal("top.number"), 12000) == "000000000101");
  CHECK(vcd.value_at(vcd.signal("top.real"), 12000) == "-1.5e-30");
  CHECK(vcd.value_at(vcd.signal("top.vector"), 12000) ==
        "0"
        "1ZX01ZX1");
  CHECK(vcd.value_at(vcd.signal("top.inner.logic"), 11999) == "x");
  CHECK(vcd.value_at(vcd.signal("clock"), 5000) == "0");
}

TEST_CASE("a dump in Icarus Verilog's manner is accepted") {
  const Vcd vcd = read(
      "$date\n\tSat Nov 28 10:00:00 2026\n$end\n$version\n\tIcarus Verilog\n$end\n$timescale\n\t1ns\n$end\n"
      "$scope module bench $end\n$var wire 1 ! q $end\n$var real 1 \" level $end\n"
      "$var parameter 32 # DEPTH $end\n$scope begin loop[0] $end\n$var reg 4 $ count [3:0] $end\n$upscope "
      "$end\n"
      "$scope module dut $end\n$var wire 1 ! q $end\n$upscope $end\n$upscope $end\n$enddefinitions $end\n"
      "$comment Show the parameter values. $end\n$dumpall\nb10000 #\n$end\n"
      "#0\n$dumpvars\nbx $\nr0 \"\nx!\n$end\n#5\n1!\nb101 $\nr0.25 \"\n#9\n$dumpoff\nx!\nbx $\n$end\n#12\n"
      "$dumpon\n1!\nb11 $\nr0.25 \"\n$end\n");
  CHECK(vcd.signals.size() == 5);
  CHECK(vcd.value_at(vcd.signal("loop[0].count"), 0) == "xxxx");
  CHECK(vcd.value_at(vcd.signal("loop[0].count"), 12) == "0011");
  CHECK(vcd.value_at(vcd.signal("dut.q"), 5) == "1");
  CHECK(vcd.value_at(vcd.signal("level"), 11) == "0.25");
  CHECK(vcd_number(vcd.value_at(vcd.signal("DEPTH"), 0), false) == 16);
}

TEST_CASE("a dump in Verilator's manner is accepted") {
  const Vcd vcd = read(
      "$version Generated by VerilatedVcd $end\n$timescale   1ps $end\n\n $scope module TOP $end\n"
      "  $var wire  1 # clk $end\n  $scope module unit $end\n   $var wire 32 $ words[0] [31:0] $end\n"
      "   $var wire 32 % words[1] [31:0] $end\n   $var wire 64 & wide [63:0] $end\n   $var wire  1 # clk "
      "$end\n"
      "  $upscope $end\n $upscope $end\n$enddefinitions $end\n\n\n#0\n"
      "b00000000000000000000000000000011 $\nb00000000000000000000000000000001 %\n0#\n"
      "b0000000000000000000000000000000000000000000000000000000000000000 &\n#1\n1#\n");
  CHECK(vcd.notes.empty());
  CHECK(vcd_number(vcd.value_at(vcd.signal("unit.words[0]"), 1), false) == 3);
  CHECK(vcd_number(vcd.value_at(vcd.signal("unit.words[1]"), 1), false) == 1);
}

TEST_CASE("a broken file is refused as a user's mistake") {
  const TemporaryFolder folder;
  const auto file = folder.write("wave.vcd", kDeclarations + kFirstValues + "#0\n");
  CHECK_THROWS_AS(read_vcd(file, VcdChanges::kCounted), std::invalid_argument);
}

}  // namespace bitbalance::test
