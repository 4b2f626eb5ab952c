// What a waveform shows is what the hardware did: a window is replayed from its own tokens and activations.
#include "testbench/waveform/waveform.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "testbench/scenario/scenario.h"
#include "testbench/waveform/fst_sink.h"
#include "testbench/waveform/vcd.h"
#include "tests/hw/rtl/program_bench.h"
#include "tests/support/child.h"
#include "tests/support/golden_check.h"
#include "tests/support/program_interpreter.h"
#include "tests/support/random/random_case.h"
#include "tests/support/temporary_folder.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::rtl::test;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

fs::path fresh_folder(const std::string& name) {
  const fs::path folder = fs::temp_directory_path() / ("bitbalance_" + name + "_" + std::to_string(getpid()));
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

const Compute* first_compute(const Program& program, int layer) {
  for (const Command& c : program.commands) {
    const auto* compute = std::get_if<Compute>(&c.body);
    if (compute != nullptr && c.header.layer == layer) return compute;
  }
  return nullptr;
}

/// A random case whose first layer is a convolution of the wanted width on a small array; the search is the
/// same every time.
RandomCase case_of_width(Width width, std::uint64_t& seed) {
  for (;; ++seed) {
    RandomCase c = make_random_case(seed);
    const Compute* compute = first_compute(c.mapped.program, 0);
    if (compute != nullptr && compute->width == width && compute->conv_groups == 1 && c.config.rows <= 16 &&
        c.config.columns <= 8)
      return c;
  }
}

/// Of activations, by layer.
std::vector<Width> widths_of(const RandomCase& c) {
  std::vector<Width> widths;
  for (const QuantizedLayer& layer : c.network.layers)
    widths.push_back(width_of(c.network.tensors[layer.input].bits));
  return widths;
}

struct Dump {
  DumpFormat format = DumpFormat::kVcd;
  const CostModel* cost = nullptr;  ///< of the signals of power
  std::int64_t window_cycles = 1;
};

BenchResult run_traced(const RandomCase& c, const std::string& trace,
                       const std::vector<std::string>& signal_names, const fs::path& folder,
                       const BenchOptions& options = {}, const Dump& dump = {}) {
  std::unique_ptr<WaveformWindow> window;
  std::unique_ptr<PowerMeter> power;
  ExecutionObservers observers;
  std::vector<std::string> layers;
  for (const ProgramLayer& layer : c.mapped.program.layers) layers.push_back(layer.name);
  return run_program(
      c.mapped.program, c.config, place_images(c.mapped.program, c.network, c.images, 0), options,
      [&](rtl::Accelerator& accelerator) {
        auto* clock = dynamic_cast<sc_core::sc_clock*>(sc_core::sc_find_object("clock"));
        const WindowRequest request =
            is_cycle_window(trace, layers)
                ? cycle_window(trace, signal_names)
                : layer_window(traced_layer(trace, layers), signal_names, c.mapped.program, c.config);
        if (dump.cost != nullptr) {
          power = std::make_unique<PowerMeter>(accelerator, *dump.cost, widths_of(c), dump.window_cycles);
          observers.add(power.get());
        }
        window = std::make_unique<WaveformWindow>(
            "window", request, WaveformSource{accelerator, *clock, clock->period(), power.get()}, dump.format,
            folder / "layer1");
        observers.add(window.get());
        accelerator.set_observer(&observers);
      });
}

/// A window of all cycles of a program.
std::string whole_run(const RandomCase& c, const BenchOptions& options = {}) {
  return "@0-" + in_child([&] {
           return std::to_string(run_program(c.mapped.program, c.config,
                                             place_images(c.mapped.program, c.network, c.images, 0), options)
                                     .cycles -
                                 1);
         });
}

/// Recomputes every accumulator at each edge of the window from the edge before and the tokens and
/// activations in the dump. Returns the first difference, or "replayed N" with the number of slots.
std::string replay(const Vcd& vcd, const AcceleratorConfig& config, Width width) {
  const auto now = [&vcd](const std::string& name, std::uint64_t time, bool is_signed) {
    return vcd_number(vcd.value_at(vcd.signal("pe_array." + name), time), is_signed);
  };
  const int lanes = config.lanes(width);
  const std::string register_name = width == Width::k16 ? ".wide_accumulator" : ".accumulator";
  std::vector<std::vector<std::int64_t>> expected(static_cast<std::size_t>(config.rows),
                                                  std::vector<std::int64_t>(static_cast<std::size_t>(lanes)));
  int slots = 0;
  const std::uint64_t period = 1000;  // ps
  for (std::uint64_t time = vcd.first_time; time <= vcd.last_time; time += period) {
    const bool valid = now("slot_valid", time, false) != 0;
    const int used_rows = valid ? static_cast<int>(now("rows", time, false)) : 0;
    const int used_lanes = valid ? static_cast<int>(now("lanes", time, false)) : 0;
    slots += static_cast<int>(valid);
    for (int row = 0; row < config.rows; ++row) {
      const auto token = row < used_rows ? now("row" + std::to_string(row) + ".token", time, false) : 0;
      for (int lane = 0; lane < lanes; ++lane) {
        const std::int64_t found =
            now("row" + std::to_string(row) + ".lane" + std::to_string(lane) + register_name, time, true);
        std::int64_t& sum = expected[row][lane];
        // Rows without work keep what was left there; lanes without work are cleared with their row.
        if (time == vcd.first_time && row >= used_rows) sum = found;
        if (row < used_rows && now("clear", time, false) != 0) sum = 0;
        if (row < used_rows && lane < used_lanes && (token & rtl::kTokenValid) != 0) {
          const std::int64_t addend = now("lane" + std::to_string(lane) + ".activation", time, true) *
                                      (std::int64_t{1} << (token & rtl::kTokenPosition));
          sum += (token & rtl::kTokenNegative) != 0 ? -addend : addend;
        }
        if (width == Width::k8) sum = static_cast<std::int32_t>(sum);
        if (found != sum) {
          return "time " + std::to_string(time) + " row " + std::to_string(row) + " lane " +
                 std::to_string(lane) + ": expected " + std::to_string(sum) + ", found " +
                 std::to_string(found);
        }
      }
    }
  }
  return "replayed " + std::to_string(slots);
}

}  // namespace

TEST_CASE("every accumulator of a window can be replayed from its tokens and activations, cycle by cycle") {
  const fs::path folder = fresh_folder("replay");
  std::uint64_t seed = 1;
  for (int i = 0; i < 8; ++i, ++seed) {
    const Width width = i % 2 == 1 ? Width::k16 : Width::k8;
    const RandomCase c = case_of_width(width, seed);
    CAPTURE(seed, width);
    BenchOptions options;
    options.seed = seed;
    options.stall_percent = i >= 4 ? 25 : 0;
    REQUIRE(in_child([&] {
              run_traced(c, "layer1", {"pe_array.*"}, folder, options);
              return std::string("done");
            }) == "done");
    const std::string result = replay(read_vcd(folder / "layer1.vcd"), c.config, width);
    CHECK_THAT(result, Catch::StartsWith("replayed "));
    CHECK(result != "replayed 0");
  }
  fs::remove_all(folder);
}

TEST_CASE("a window of the largest array has thousands of signals, and those of its 65,536 PEs on demand") {
  const fs::path folder = fresh_folder("largest");
  CaseLimits limits;
  limits.large_arrays = true;
  std::uint64_t seed = 1;
  RandomCase c = make_random_case(seed, limits);
  while (c.config.rows != 256 || c.config.columns != 256 || first_compute(c.mapped.program, 0) == nullptr)
    c = make_random_case(++seed, limits);
  const auto traced = [&](const std::vector<std::string>& signals) {
    REQUIRE(in_child([&] {
              run_traced(c, "layer1:0", signals, folder);
              return std::string("done");
            }) == "done");
    return read_vcd(folder / "layer1.vcd");
  };
  const Vcd units = traced({});
  CHECK(units.signals.size() > 2000);
  CHECK(units.signals.size() < 6000);  // the most stages included
  CHECK(vcd_number(units.value_at(units.signal("pe_array.rows"), units.first_time), false) ==
        std::min<int>(256, first_compute(c.mapped.program, 0)->output_channels));
  CHECK(traced({"pe_array.row255.lane511.accumulator"}).signals.size() == 2);  // and clk
  CHECK(traced({"pe_array.row25?.*"}).signals.size() == 1 + 6 * (1 + 512 + 256));
  fs::remove_all(folder);
}

TEST_CASE("a window holds exactly its tiles: first slot to last beat") {
  const fs::path folder = fresh_folder("window");
  std::uint64_t seed = 100;
  RandomCase c = case_of_width(Width::k8, seed);
  while (first_compute(c.mapped.program, 0)->rows * first_compute(c.mapped.program, 0)->columns <
         5 * c.config.lanes(Width::k8)) {
    ++seed;
    c = case_of_width(Width::k8, seed);
  }
  REQUIRE(in_child([&] {
            run_traced(c, "layer1:1-2", {"pe_array.tile", "pe_array.slot_valid", "pe_array.drain.*"}, folder);
            return std::string("done");
          }) == "done");
  const Vcd vcd = read_vcd(folder / "layer1.vcd");
  const VcdSignal& tile = vcd.signal("pe_array.tile");
  const VcdSignal& valid = vcd.signal("pe_array.slot_valid");
  CHECK(vcd.first_time % 1000 == 0);  // an edge
  CHECK(vcd_number(vcd.value_at(tile, vcd.first_time), false) == 1);
  CHECK(vcd.value_at(valid, vcd.first_time) == "1");
  const std::uint64_t last_edge = vcd.last_time / 1000 * 1000;
  CHECK(vcd_number(vcd.value_at(vcd.signal("pe_array.drain.beats_left"), last_edge), false) == 0);
  CHECK(vcd_number(vcd.value_at(vcd.signal("pe_array.drain.beats_left"), last_edge - 1000), false) == 1);
  CHECK(vcd_number(vcd.value_at(vcd.signal("pe_array.drain.tile"), last_edge), false) == 2);
  CHECK(vcd.signals.size() == 2 + 4 + 1);  // tile, slot_valid, the drain's four, clk
  fs::remove_all(folder);
}

TEST_CASE(
    "the dump of a window is accepted by GTKWave's own converter, and the save file names only signals in "
    "it") {
  const fs::path folder = fresh_folder("gtkwave");
  std::uint64_t seed = 1;
  const RandomCase c = case_of_width(Width::k8, seed);
  REQUIRE(in_child([&] {
            run_traced(c, "layer1:0", {}, folder);
            return std::string("done");
          }) == "done");
  const Vcd vcd = read_vcd(folder / "layer1.vcd");
  const std::string convert = "vcd2fst " + (folder / "layer1.vcd").string() + " " +
                              (folder / "layer1.fst").string() + " > /dev/null 2>&1";
  CHECK(std::system(convert.c_str()) == 0);
  CHECK(fs::file_size(folder / "layer1.fst") > 0);

  std::ifstream save(folder / "layer1.gtkw");
  std::set<std::string> named;
  std::vector<std::string> names_ahead;
  for (std::string line; std::getline(save, line);) {
    const std::size_t at = line.find("SystemC.");
    if (at == std::string::npos) continue;
    std::string name = line.substr(at + 8);
    name.resize(std::min(name.size(), name.find('[')));
    CHECK_NOTHROW(vcd.signal(name));
    named.insert(name);
    if (names_ahead.size() < 9) names_ahead.push_back(name);
  }
  CHECK(named.size() == vcd.signals.size());
  CHECK(names_ahead == std::vector<std::string>{"cycle", "controller.load.activity",
                                                "controller.compute.cause", "controller.vector.activity",
                                                "controller.store.activity", "pe_array.tile",
                                                "pe_array.drain.beats_left", "memory_port.read.outstanding",
                                                "memory_port.write.outstanding"});

  // Dump and save file say what the values of a state are called.
  CHECK_THAT(text_of(folder / "layer1.vcd"),
             Contains("$comment controller.state: 0=idle 1=header 2=running 3=stopping $end"));
  CHECK_THAT(text_of(folder / "layer1.gtkw"), Contains("@2022\n^1 /layer1.states1\n+{store/activity} "
                                                       "SystemC.controller.store.activity[3:0]\n"));
  // All in one folder, wherever it is: GTKWave would search names without one in the current folder.
  CHECK_THAT(text_of(folder / "layer1.gtkw"),
             Contains("[savefile] \"/layer1.gtkw\"\n[dumpfile] \"/layer1.vcd\"\n"));
  CHECK_THAT(text_of(folder / "layer1.states1"), Contains("\n9 no_command\n"));
  fs::remove_all(folder);
}

std::int64_t number_at(const Vcd& vcd, const std::string& signal, std::uint64_t time) {
  return vcd_number(vcd.value_at(vcd.signal(signal), time), false);
}

TEST_CASE("a window of cycles has exactly these, numbered by the signal cycle") {
  const fs::path folder = fresh_folder("cycles");
  std::uint64_t seed = 1;
  const RandomCase c = case_of_width(Width::k8, seed);
  REQUIRE(in_child([&] {
            run_traced(c, "@100-130", {"cycle", "controller.*"}, folder);
            return std::string("done");
          }) == "done");
  const Vcd vcd = read_vcd(folder / "layer1.vcd");
  CHECK(number_at(vcd, "cycle", vcd.first_time) == 100);
  CHECK(number_at(vcd, "cycle", vcd.last_time) == 130);
  CHECK((vcd.last_time - vcd.first_time) / 1000 == 30);
  for (std::uint64_t i = 0; i <= 30; ++i)
    CHECK(number_at(vcd, "cycle", vcd.first_time + i * 1000) == static_cast<std::int64_t>(100 + i));
  fs::remove_all(folder);
}

TEST_CASE("a whole program's window tells every cycle's cause: the accounts of the compute engine") {
  const fs::path folder = fresh_folder("causes");
  std::uint64_t seed = 1;
  for (int i = 0; i < 4; ++i, ++seed) {
    const RandomCase c = case_of_width(i % 2 == 0 ? Width::k8 : Width::k16, seed);
    CAPTURE(seed);
    BenchOptions options;
    options.seed = seed;
    options.stall_percent = i >= 2 ? 25 : 0;
    options.random_memory = i == 3;
    const std::string window = whole_run(c, options);
    std::istringstream accounts(in_child([&] {
      const BenchResult result = run_traced(
          c, window, {"cycle", "controller.*.activity", "controller.compute.cause"}, folder, options);
      ActivityCycles sum{};
      for (const LayerProfile& layer : result.profile.layers())
        for (std::size_t a = 0; a < sum.size(); ++a)
          sum[a] += layer.activity[static_cast<std::size_t>(Engine::kCompute)][a];
      std::string text = std::to_string(result.cycles);
      for (const std::int64_t cycles : sum) text += ' ' + std::to_string(cycles);
      return text;
    }));
    std::int64_t cycles = 0;
    accounts >> cycles;
    ActivityCycles expected{}, found{};
    for (std::int64_t& count : expected) accounts >> count;
    REQUIRE(accounts);
    const Vcd vcd = read_vcd(folder / "layer1.vcd");
    const VcdSignal& cause = vcd.signal("controller.compute.cause");
    for (std::int64_t cycle = 0; cycle < cycles; ++cycle)
      ++found.at(static_cast<std::size_t>(
          vcd_number(vcd.value_at(cause, vcd.first_time + static_cast<std::uint64_t>(cycle) * 1000), false)));
    CHECK(found == expected);
  }
  fs::remove_all(folder);
}

TEST_CASE("a layer's window reaches from its first command to its last store") {
  const fs::path folder = fresh_folder("layer");
  std::uint64_t seed = 1;
  const RandomCase c = case_of_width(Width::k8, seed);
  REQUIRE(in_child([&] {
            run_traced(c, "layer1:all", {"cycle", "controller.*", "load_engine.*", "store_engine.*"}, folder);
            return std::string("done");
          }) == "done");
  const Vcd vcd = read_vcd(folder / "layer1.vcd");
  // The first layer's first command: nothing was under way before its issue.
  CHECK(number_at(vcd, "controller.commands_done", vcd.first_time) == 0);
  CHECK(number_at(vcd, "controller.load.in_flight", vcd.first_time) == 1);
  std::int64_t stores = 0, commands = 0;
  for (const Command& command : c.mapped.program.commands) {
    if (command.header.layer != 0) continue;
    ++commands;
    stores += static_cast<std::int64_t>(std::holds_alternative<Store>(command.body));
  }
  REQUIRE(stores > 0);
  CHECK(number_at(vcd, "controller.commands_done", vcd.last_time) >= commands - 1);  // End is of a layer, too
  fs::remove_all(folder);
}

TEST_CASE("the energy that a waveform comes to is that of the run, and power adds up to it") {
  const fs::path folder = fresh_folder("power");
  std::uint64_t seed = 1;
  const RandomCase c = case_of_width(Width::k8, seed);
  const Technology technology =
      *load_scenario(std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/lenet.yaml").technology;
  const CostModel cost(technology, c.config);
  const std::string window = whole_run(c);
  std::istringstream expected(in_child([&] {
    const BenchResult result =
        run_traced(c, window, {"cycle", "power.*"}, folder, {}, {DumpFormat::kVcd, &cost, 1});
    EnergyReport energy;
    const std::vector<Width> widths = widths_of(c);
    for (std::size_t i = 0; i < result.profile.layers().size(); ++i) {
      Work work = work_of(result.profile.layers()[i], widths[i]);
      if (i == 0) --work.cycles;  // the last one has only begun when the window ends
      energy += cost.energy(work);
    }
    return std::to_string(energy.core_j() * 1e12) + ' ' + std::to_string(energy.dram_j() * 1e12) + ' ' +
           std::to_string(result.cycles);
  }));
  double core_pj = 0, dram_pj = 0;
  std::int64_t cycles = 0;
  expected >> core_pj >> dram_pj >> cycles;
  REQUIRE(expected);
  const Vcd vcd = read_vcd(folder / "layer1.vcd");
  const auto last = [&vcd](const char* name) {
    return std::stod(vcd.value_at(vcd.signal(name), vcd.last_time)) * 1e12;
  };
  CHECK(last("power.core_j") == Approx(core_pj).epsilon(1e-10));
  CHECK(last("power.dram_j") == Approx(dram_pj).epsilon(1e-10));
  double sum_j = 0;
  for (std::int64_t cycle = 1; cycle < cycles; ++cycle) {
    const std::uint64_t time = vcd.first_time + static_cast<std::uint64_t>(cycle) * 1000;
    sum_j += std::stod(vcd.value_at(vcd.signal("power.core_w"), time)) * 1e-9;
    const double so_far = std::stod(vcd.value_at(vcd.signal("power.core_j"), time));
    REQUIRE(sum_j == Approx(so_far).epsilon(1e-9));
  }
  fs::remove_all(folder);
}

TEST_CASE("an FST is written through a pipe and holds what the VCD does") {
  const fs::path folder = fresh_folder("fst");
  std::uint64_t seed = 1;
  const RandomCase c = case_of_width(Width::k8, seed);
  for (const DumpFormat format : {DumpFormat::kVcd, DumpFormat::kFst}) {
    REQUIRE(in_child([&] {
              run_traced(c, "layer1:0", {}, folder, {}, {format});
              return std::string("done");
            }) == "done");
  }
  const fs::path back = folder / "back.vcd";
  REQUIRE(std::system(("fst2vcd -f " + (folder / "layer1.fst").string() + " -o " + back.string()).c_str()) ==
          0);
  const Vcd vcd = read_vcd(folder / "layer1.vcd"), fst = read_vcd(back);
  REQUIRE(vcd.signals.size() == fst.signals.size());
  CHECK(fst.first_time == vcd.first_time);
  for (const VcdSignal& signal : vcd.signals) {
    const std::string name = vcd.full_name(signal);
    CAPTURE(name);
    for (std::uint64_t time = vcd.first_time; time <= vcd.last_time; time += 1000)
      REQUIRE(number_at(fst, name, time) == number_at(vcd, name, time));
  }
  CHECK(is_whole_fst(folder / "layer1.fst"));
  fs::resize_file(folder / "layer1.fst", fs::file_size(folder / "layer1.fst") - 1);
  CHECK_FALSE(is_whole_fst(folder / "layer1.fst"));
  fs::remove_all(folder);
}

TEST_CASE("windows that the format does not know are refused by name") {
  CHECK_THROWS_WITH(cycle_window("@5-3", {}), Contains("--trace @5-3: accepted: @first-last"));
  CHECK_THROWS_WITH(cycle_window("@x", {}), Contains("--trace @x: accepted: @first-last"));
  CHECK(is_cycle_window("@5", {"a"}));
  CHECK_FALSE(is_cycle_window("@5", {"@5"}));
}

TEST_CASE("one flipped token in the middle of a tile changes exactly the outputs of its row") {
  // One tile: 8 channels, 4x4 outputs; outputs are the plain sums and no activation is zero, so each lane
  // must show it.
  RandomCase c;
  c.config.rows = 8;
  c.config.columns = 16;
  c.network.tensors = {{"in", {3, 6, 6}, 16, true, 1.0}, {"out", {8, 4, 4}, 16, true, 1.0}};
  c.network.output = 1;
  QuantizedLayer layer;
  layer.name = "conv";
  layer.input = 0;
  layer.output = 1;
  layer.window.kernel_h = layer.window.kernel_w = 3;
  for (int i = 0; i < 8 * 27; ++i) layer.weights.push_back(static_cast<std::int16_t>(i % 29 - 14));
  layer.bias.assign(8, 0);
  layer.rescale.assign(8, Rescale{1, 0});
  layer.clip_low = -32768;
  layer.clip_high = 32767;
  c.network.layers = {layer};
  c.images = {std::vector<std::int32_t>(3 * 36)};
  for (std::size_t i = 0; i < c.images[0].size(); ++i) c.images[0][i] = static_cast<std::int32_t>(i % 50 + 1);
  c.mapped = build_program(c.network, c.config, {});

  constexpr int kFlippedRow = 5;
  const auto outputs = [&](bool flip) {
    std::istringstream text(in_child([&] {
      const auto prepare = [&](rtl::Accelerator& a) {
        if (flip) a.pe_array().flip_token(kFlippedRow, 40);
      };
      const auto data = run_program(c.mapped.program, c.config,
                                    place_images(c.mapped.program, c.network, c.images, 0), {}, prepare)
                            .data;
      std::string values;
      for (const std::int32_t v : read_tensor(c.mapped.program, c.network, data, 1, 0))
        values += std::to_string(v) + " ";
      return values;
    }));
    std::vector<int> values;
    for (int v = 0; text >> v;) values.push_back(v);
    return values;
  };
  const std::vector<int> clean = outputs(false), flipped = outputs(true);
  REQUIRE(clean.size() == 8 * 16);
  REQUIRE(flipped.size() == clean.size());
  for (std::size_t i = 0; i < clean.size(); ++i) {
    CAPTURE(i);
    CHECK((clean[i] != flipped[i]) == (i / 16 == kFlippedRow));
  }
}
