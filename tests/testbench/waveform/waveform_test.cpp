// What a waveform shows is what the hardware did: a window is replayed from its own tokens and activations.
#include "testbench/waveform/waveform.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "testbench/waveform/vcd.h"
#include "tests/hw/rtl/program_bench.h"
#include "tests/support/child.h"
#include "tests/support/golden_check.h"
#include "tests/support/program_interpreter.h"
#include "tests/support/random/random_case.h"

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

BenchResult run_traced(const RandomCase& c, const std::string& trace,
                       const std::vector<std::string>& signal_names, const fs::path& folder,
                       const BenchOptions& options = {}) {
  std::unique_ptr<WaveformWindow> window;
  std::vector<std::string> layers;
  for (const ProgramLayer& layer : c.mapped.program.layers) layers.push_back(layer.name);
  return run_program(
      c.mapped.program, c.config, place_images(c.mapped.program, c.network, c.images, 0), options,
      [&](rtl::Accelerator& accelerator) {
        rtl::SignalList signals(accelerator.name());
        accelerator.describe(signals);
        auto* clock = dynamic_cast<sc_core::sc_clock*>(sc_core::sc_find_object("clock"));
        window = std::make_unique<WaveformWindow>(
            "window", waveform_request(traced_layer(trace, layers), signal_names, c.mapped.program, c.config),
            c.mapped.program, signals, *clock, clock->period(), folder);
        accelerator.set_tile_observer(window.get());
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
  int named = 0;
  for (std::string line; std::getline(save, line);) {
    const std::size_t at = line.find("SystemC.");
    if (at == std::string::npos) continue;
    std::string name = line.substr(at + 8);
    name.resize(std::min(name.size(), name.find('[')));
    CHECK_NOTHROW(vcd.signal(name));
    ++named;
  }
  CHECK(named == static_cast<int>(vcd.signals.size()));

  // Dump and save file say what the values of a state are called.
  const auto text_of = [](const fs::path& file) {
    std::ifstream stream(file);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  };
  CHECK_THAT(text_of(folder / "layer1.vcd"),
             Contains("$comment controller.state: 0=idle 1=header 2=running 3=stopping $end"));
  CHECK_THAT(text_of(folder / "layer1.gtkw"), Contains("@2022\n^1 layer1.states1\n+{store/activity} "
                                                       "SystemC.controller.store.activity[3:0]\n"));
  CHECK_THAT(text_of(folder / "layer1.states1"), Contains("\n9 no_command\n"));
  fs::remove_all(folder);
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
