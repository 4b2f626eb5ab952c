// The whole accelerator on a program made by hand: one convolution, loaded, computed and stored.
#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>
#include <random>
#include <set>
#include <vector>

#include "base/text/enum_index.h"
#include "hw/isa/command/parameter_entry.h"
#include "hw/isa/weight/row_stream.h"
#include "hw/rtl/accelerator.h"
#include "tests/hw/rtl/csr_driver.h"
#include "tests/hw/rtl/engine_bench.h"
#include "tlm/memory/ideal_memory.h"
#include "tlm/memory/random_latency_memory.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::rtl;
using namespace bitbalance::rtl::test;

namespace {

constexpr int kIn = 3, kOut = 6, kRows = 7, kColumns = 6, kKernel = 3;
constexpr int kPlane = kRows * kColumns;
constexpr std::uint64_t kConstantsBase = 0x1000, kDataBase = 0x4000;
constexpr std::uint32_t kConstantsBytes = 0x1000, kDataBytes = 0x400;
constexpr std::uint32_t kOutputOffset = 0x100, kWeightOffset = 0x400, kParameterOffset = 0x800;
constexpr std::uint64_t kMemoryBytes = 1 << 16;

AcceleratorConfig small_config() {
  AcceleratorConfig config;
  config.rows = config.columns = 4;
  config.weight_bank_bytes = 512;
  config.activation_buffer_bytes = config.output_buffer_bytes = 1024;
  config.parameter_buffer_bytes = 256;
  return config;
}

/// Random weights, biases and inputs of the layer, its program, and its outputs by plain sums.
struct Layer {
  explicit Layer(const AcceleratorConfig& c)
      : config(c), weights(kOut * kIn * kKernel * kKernel), input(kIn * kPlane) {
    std::mt19937 random(7);
    for (std::int16_t& weight : weights)
      weight = static_cast<std::int16_t>(static_cast<int>(random() % 15) - 7);
    for (std::uint8_t& pixel : input) pixel = static_cast<std::uint8_t>(random());
    for (int m = 0; m < kOut; ++m)
      parameters.push_back({static_cast<int>(random() % 2000) - 1000, 21000, 20});
  }

  std::vector<Command> commands() const {
    LoadWeights load_weights;
    load_weights.dram_offset = kWeightOffset;
    load_weights.row_bytes = RowStream(4, 3, config).bytes(kIn * kKernel * kKernel);
    load_weights.groups = load_weights.groups_per_conv_group = 2;
    load_weights.rows = 4;
    load_weights.last_rows = 2;
    LoadParameters load_parameters;
    load_parameters.dram_offset = kParameterOffset;
    load_parameters.entries = kOut;
    LoadActivations load_input;
    load_input.slice.image_pitch = kIn * kPlane;
    load_input.slice.channel_pitch = kPlane;
    load_input.slice.channels = kIn;
    load_input.slice.rows = kRows;
    load_input.slice.columns = kColumns;
    load_input.pad_top = load_input.pad_left = load_input.pad_bottom = load_input.pad_right = 1;
    load_input.image_stride = static_cast<std::uint32_t>(kIn * load_input.channel_stride());
    Compute compute;
    compute.activation_image_stride = load_input.image_stride;
    compute.output_image_stride = kOut * kPlane;
    compute.channels = kIn;
    compute.output_channels = kOut;
    compute.plane_rows = static_cast<std::uint16_t>(load_input.plane_rows());
    compute.plane_columns = static_cast<std::uint16_t>(load_input.plane_columns());
    compute.rows = kRows;
    compute.columns = kColumns;
    compute.kernel_h = compute.kernel_w = kKernel;
    compute.weight_bits = 4;
    compute.nnzb = 3;
    compute.clip_low = 0;
    compute.clip_high = 255;
    Store store;
    store.slice = load_input.slice;
    store.slice.dram_offset = kOutputOffset;
    store.slice.image_pitch = kOut * kPlane;
    store.slice.channels = kOut;
    store.image_stride = kOut * kPlane;

    const EngineMask load = engine_bit(Engine::kLoad), array = engine_bit(Engine::kCompute);
    return {{{}, load_weights},
            {{}, load_parameters},
            {{0, array, 0, false}, load_input},
            {{load, engine_bit(Engine::kStore), 0, false}, compute},
            {{array, 0, 0, true}, store},
            {{}, End{}}};
  }

  void place(std::vector<std::uint8_t>& memory, const std::vector<Command>& program) const {
    const auto put = [&memory](std::uint64_t address, const auto& bytes) {
      std::copy(bytes.begin(), bytes.end(), memory.begin() + static_cast<std::ptrdiff_t>(address));
    };
    put(kConstantsBase, encode(ProgramHeader{config_hash(config), static_cast<std::uint32_t>(program.size()),
                                             kConstantsBytes, kDataBytes}));
    for (std::uint32_t i = 0; i < program.size(); ++i) {
      put(kConstantsBase + (i + 1) * kCommandBytes, encode(program[i], i));
    }
    const RowStream stream(4, 3, config);
    constexpr std::size_t kSteps = kIn * kKernel * kKernel;
    std::vector<std::uint8_t> blob, entries;
    for (std::size_t m = 0; m < kOut; ++m) {
      stream.append(blob, &weights[m * kSteps], kSteps, 3);
      append_parameter(entries, parameters[m]);
    }
    put(kConstantsBase + kWeightOffset, blob);
    put(kConstantsBase + kParameterOffset, entries);
    put(kDataBase, input);
  }

  std::vector<std::uint8_t> expected() const {
    std::vector<std::uint8_t> output;
    for (int m = 0; m < kOut; ++m) {
      const ParameterEntry& entry = parameters[m];
      for (int y = 0; y < kRows; ++y) {
        for (int x = 0; x < kColumns; ++x) {
          const std::int64_t scaled = (sum(m, y, x) + entry.bias) * entry.multiplier;
          const std::int64_t rounded = (scaled + (std::int64_t{1} << (entry.shift - 1))) >> entry.shift;
          output.push_back(static_cast<std::uint8_t>(std::clamp<std::int64_t>(rounded, 0, 255)));
        }
      }
    }
    return output;
  }

  const AcceleratorConfig config;
  std::vector<std::int16_t> weights;  ///< [m][c][r][s]
  std::vector<ParameterEntry> parameters;
  std::vector<std::uint8_t> input;  ///< [c][y][x]

 private:
  std::int64_t sum(int m, int y, int x) const {
    std::int64_t total = 0;
    for (int c = 0; c < kIn; ++c) {
      for (int r = 0; r < kKernel; ++r) {
        for (int s = 0; s < kKernel; ++s) {
          const int iy = y + r - 1, ix = x + s - 1;
          if (iy < 0 || iy >= kRows || ix < 0 || ix >= kColumns) continue;
          const int weight = ((m * kIn + c) * kKernel + r) * kKernel + s;
          const int pixel = c * kPlane + iy * kColumns + ix;
          total += std::int64_t{weights[weight]} * input[pixel];
        }
      }
    }
    return total;
  }
};

template <class Memory>
struct System : Bench {
  template <class MemoryConfig>
  System(const AcceleratorConfig& config, MemoryConfig memory_config, std::int64_t watchdog = 100000)
      : accelerator("accelerator", config, options_with(watchdog)), memory("memory", sized(memory_config)) {
    attach(accelerator);
    accelerator.irq(irq);
    accelerator.mem.bind(memory.socket);
    driver.socket.bind(accelerator.csr);
    sc_core::sc_start(sc_core::sc_time(0.5, sc_core::SC_NS));
  }
  static AcceleratorOptions options_with(std::int64_t watchdog) {
    AcceleratorOptions options;
    options.watchdog_cycles = watchdog;
    return options;
  }
  template <class MemoryConfig>
  static MemoryConfig sized(MemoryConfig config) {
    config.bytes = kMemoryBytes;
    return config;
  }
  /// Until the interrupt, which is then cleared; false if it does not come.
  bool run() {
    start();
    if (!run_until([this] { return irq.read(); })) return false;
    driver.write(Register::kIrqStatus, kIrqDone | kIrqError);
    return run_until([this] { return !irq.read(); }, 2);
  }
  void start() {
    driver.write(Register::kConstantsBaseLo, kConstantsBase);
    driver.write(Register::kConstantsBytes, kConstantsBytes);
    driver.write(Register::kDataBaseLo, kDataBase);
    driver.write(Register::kDataBytes, kDataBytes);
    driver.write(Register::kIrqEnable, kIrqDone | kIrqError);
    driver.write(Register::kControl, kControlStart);
  }
  std::vector<std::uint8_t> output() {
    const auto begin = memory.data().begin() + static_cast<std::ptrdiff_t>(kDataBase + kOutputOffset);
    return {begin, begin + kOut * kPlane};
  }

  Accelerator accelerator;
  Memory memory;
  CsrDriver driver{"driver"};
  sc_core::sc_signal<bool> irq{"irq"};
};

void check_accounts(const Profile& profile) {
  for (const LayerProfile& layer : profile.layers()) {
    for (const ActivityCycles& activity : layer.activity) {
      CHECK(std::accumulate(activity.begin(), activity.end(), std::int64_t{0}) == layer.cycles);
      for (const std::int64_t cycles : activity) CHECK(cycles >= 0);
    }
  }
}

}  // namespace

TEST_CASE("a convolution runs from memory to memory, twice in the same time") {
  const Layer layer(small_config());
  System<IdealMemory> system(layer.config, IdealMemoryConfig{});
  layer.place(system.memory.data(), layer.commands());
  std::vector<std::uint8_t> before = system.memory.data();
  REQUIRE(system.run());
  CHECK(system.driver.read(Register::kStatus) == (kStatusIdle | kStatusDone));
  CHECK(system.driver.read(Register::kError) == 0);
  CHECK(system.output() == layer.expected());
  // Nothing else is written.
  std::vector<std::uint8_t> expected = layer.expected();
  std::copy(expected.begin(), expected.end(),
            before.begin() + static_cast<std::ptrdiff_t>(kDataBase + kOutputOffset));
  CHECK(system.memory.data() == before);
  check_accounts(system.accelerator.profile());
  const std::int64_t cycles = system.accelerator.profile().layers().at(0).cycles;
  CHECK(cycles == system.driver.read(Register::kCyclesLo));
  // 2 row groups x ceil(42 / 8) pixel tiles x 27 steps x 3 slots.
  CHECK(system.driver.read(Register::kBusyCompute) == 2 * 6 * 27 * 3);

  const EventCounts first = system.accelerator.profile().layers().at(0).events;
  system.accelerator.profile().clear();
  REQUIRE(system.run());
  CHECK(system.accelerator.profile().layers().at(0).cycles == cycles);
  CHECK(system.accelerator.profile().layers().at(0).events == first);
}

TEMPLATE_TEST_CASE_SIG("any memory and any stalls give the same data and events", "",
                       ((bool nb, unsigned percent, std::uint64_t seed), nb, percent, seed), (true, 0, 1),
                       (true, 30, 2), (true, 60, 3), (false, 0, 4), (false, 30, 5)) {
  AcceleratorConfig config = small_config();
  config.dram.use_nb_transport = nb;
  const Layer layer(config);
  RandomLatencyMemoryConfig memory;
  memory.seed = seed;
  System<RandomLatencyMemory> system(config, memory);
  system.accelerator.set_stalls(seed, percent);
  layer.place(system.memory.data(), layer.commands());
  REQUIRE(system.run());
  CHECK(system.driver.read(Register::kStatus) == (kStatusIdle | kStatusDone));
  CHECK(system.output() == layer.expected());
  check_accounts(system.accelerator.profile());
  const LayerProfile& profile = system.accelerator.profile().layers().at(0);
  CHECK(profile.activity[enum_index(Engine::kCompute)][0] == 2 * 6 * 27 * 3);
  CHECK(profile.events[Event::kDramWrite] == kOut * kPlane);
  CHECK(profile.events[Event::kDrain] == kOut * kPlane);
}

TEST_CASE("commands that leave their region are refused before they touch the memory") {
  const Layer layer(small_config());
  System<IdealMemory> system(layer.config, IdealMemoryConfig{});
  struct Row {
    std::size_t command;
    ProgramFault code;
  };
  for (const Row& row : {Row{4, ProgramFault::kStoreOutsideData}, Row{2, ProgramFault::kLoadOutsideRegion},
                         Row{3, ProgramFault::kBadField}}) {
    std::vector<Command> program = layer.commands();
    if (auto* store = std::get_if<Store>(&program[row.command].body))
      store->slice.dram_offset = kDataBytes - 64;
    if (auto* load = std::get_if<LoadActivations>(&program[row.command].body))
      load->slice.dram_offset = kDataBytes - 64;
    if (auto* compute = std::get_if<Compute>(&program[row.command].body)) compute->output_base = 4096;
    layer.place(system.memory.data(), program);
    const std::vector<std::uint8_t> before = system.memory.data();
    REQUIRE(system.run());
    CHECK(system.driver.read(Register::kStatus) == (kStatusIdle | kStatusError));
    CHECK(system.driver.read(Register::kError) == (static_cast<std::uint32_t>(row.code) | row.command << 8));
    CHECK(system.memory.data() == before);
  }
  layer.place(system.memory.data(), layer.commands());
  REQUIRE(system.run());
  CHECK(system.output() == layer.expected());
}

TEST_CASE("a memory error in the middle of a load stops the program") {
  const Layer layer(small_config());
  RandomLatencyMemoryConfig memory;
  memory.error_begin = kConstantsBase + kWeightOffset + 64;
  memory.error_end = memory.error_begin + 64;
  System<RandomLatencyMemory> system(layer.config, memory);
  layer.place(system.memory.data(), layer.commands());
  REQUIRE(system.run());
  CHECK(system.driver.read(Register::kStatus) == (kStatusIdle | kStatusError));
  CHECK(system.driver.read(Register::kError) == static_cast<std::uint32_t>(ProgramFault::kMemoryError));
}

TEST_CASE("every signal of the accelerator has a name of its own") {
  Accelerator accelerator("accelerator", small_config());
  SignalList signals(accelerator.name());
  accelerator.describe(signals);
  std::vector<std::string> names;
  for (const SignalList::Signal& signal : signals.signals()) names.push_back(signal.name);
  CHECK(std::find(names.begin(), names.end(), "channels.token_slots.valid") != names.end());
  CHECK(std::find(names.begin(), names.end(), "pe_array.row3.lane5.accumulator") != names.end());
  std::sort(names.begin(), names.end());
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
}

TEMPLATE_TEST_CASE_SIG("a reset in the middle of a program leads to a clean start", "", ((bool nb), nb), true,
                       false) {
  AcceleratorConfig config = small_config();
  config.dram.use_nb_transport = nb;
  const Layer layer(config);
  System<IdealMemory> system(config, IdealMemoryConfig{});
  layer.place(system.memory.data(), layer.commands());
  REQUIRE(system.run());
  const std::int64_t cycles = system.driver.read(Register::kCyclesLo);
  const EventCounts events = system.accelerator.profile().layers().at(0).events;

  for (std::int64_t edge = 3; edge < cycles; edge += 97) {
    CAPTURE(edge);
    layer.place(system.memory.data(), layer.commands());
    system.start();
    system.run_edges(edge);
    REQUIRE((system.driver.read(Register::kStatus) & kStatusBusy) != 0);
    system.reset.write(true);
    system.run_edges(2);
    CHECK(system.driver.read(Register::kStatus) == kStatusIdle);
    CHECK(system.driver.read(Register::kConstantsBytes) == 0);
    CHECK(system.driver.read(Register::kCyclesLo) == 0);
    CHECK_FALSE(system.irq.read());
    system.reset.write(false);
    system.run_edges(100);  // what the memory still owes has come

    std::fill_n(system.memory.data().begin() + static_cast<std::ptrdiff_t>(kDataBase + kOutputOffset),
                kOut * kPlane, std::uint8_t{0});
    system.accelerator.profile().clear();
    REQUIRE(system.run());
    CHECK(system.driver.read(Register::kStatus) == (kStatusIdle | kStatusDone));
    CHECK(system.driver.read(Register::kCyclesLo) == cycles);
    CHECK(system.output() == layer.expected());
    CHECK(system.accelerator.profile().layers().at(0).events == events);
    check_accounts(system.accelerator.profile());
  }
}

TEST_CASE("accounts that a reset cut off add up, and answers to requests before it go to nobody") {
  const Layer layer(small_config());
  RandomLatencyMemoryConfig memory;
  memory.seed = 5;
  System<RandomLatencyMemory> system(layer.config, memory);
  layer.place(system.memory.data(), layer.commands());
  for (const std::int64_t edge : {20, 150, 400}) {
    system.start();
    system.run_edges(edge);
    system.reset.write(true);
    system.run_edges(1);
    system.reset.write(false);
    check_accounts(system.accelerator.profile());
    REQUIRE(system.run());  // at once: answers are still on their way
    CHECK(system.driver.read(Register::kStatus) == (kStatusIdle | kStatusDone));
    CHECK(system.output() == layer.expected());
    check_accounts(system.accelerator.profile());
  }
}

TEST_CASE("a reset that is high at one edge alone is obeyed at rest, too") {
  const Layer layer(small_config());
  System<IdealMemory> system(layer.config, IdealMemoryConfig{});
  layer.place(system.memory.data(), layer.commands());
  REQUIRE(system.run());
  system.run_edges(100);
  REQUIRE(system.driver.read(Register::kCyclesLo) > 0);
  sc_core::sc_spawn([&system] {
    sc_core::wait(sc_core::sc_time(0.5, sc_core::SC_NS));  // with the clock
    system.reset.write(true);
    sc_core::wait(sc_core::sc_time(1, sc_core::SC_NS));
    system.reset.write(false);
  });
  system.run_edges(3);
  CHECK(system.driver.read(Register::kCyclesLo) == 0);
  CHECK(system.driver.read(Register::kStatus) == kStatusIdle);
}

TEST_CASE("an error of a burst that a reset has dropped is not the next program's") {
  const Layer layer(small_config());
  RandomLatencyMemoryConfig memory;
  memory.error_end = kMemoryBytes;
  System<RandomLatencyMemory> system(layer.config, memory);
  for (int round = 0; round < 10; ++round) {
    system.start();
    system.run_edges(3);  // the header has been asked for
    system.reset.write(true);
    system.run_edges(1);
    system.reset.write(false);
    constexpr std::uint32_t kOtherBase = 0x2000;
    system.driver.write(Register::kConstantsBaseLo, kOtherBase);
    system.driver.write(Register::kConstantsBytes, kConstantsBytes);
    system.driver.write(Register::kIrqEnable, kIrqError);
    system.driver.write(Register::kControl, kControlStart);
    REQUIRE(system.run_until([&system] { return system.irq.read(); }));
    CHECK(system.accelerator.fault_reason() ==
          "the controller's fetch of 64 bytes at 0x2000: TLM_GENERIC_ERROR_RESPONSE");
    system.driver.write(Register::kIrqStatus, kIrqError);
    system.run_edges(200);
  }
}

TEST_CASE("every accelerator of a clock is told whether any of them needs edges") {
  Bench bench;
  IdealMemoryConfig config;
  config.bytes = kMemoryBytes;
  IdealMemory memory("memory", config);
  struct Told {
    Accelerator accelerator;
    CsrDriver driver;
    sc_core::sc_signal<bool> irq;
    std::vector<bool> needs;

    Told(Bench& bench, IdealMemory& memory, const std::string& name)
        : accelerator(name.c_str(), small_config()),
          driver((name + "_driver").c_str()),
          irq((name + "_irq").c_str()) {
      bench.attach(accelerator);
      accelerator.irq(irq);
      accelerator.mem.bind(memory.socket);
      driver.socket.bind(accelerator.csr);
      accelerator.observe_clock_need([this](bool needed) { needs.push_back(needed); });
    }
  } first(bench, memory, "first"), second(bench, memory, "second");
  bench.run_edges(1000);
  CHECK(first.needs == std::vector<bool>{false});
  second.driver.write(Register::kIrqEnable, kIrqDone);
  bench.run_edges(1000);
  CHECK(first.needs == std::vector<bool>{false, true, false});
  CHECK(second.needs == first.needs);
}

TEST_CASE("two accelerators in one simulation have signals of their own") {
  Accelerator first("first", small_config());
  Accelerator second("second", small_config());
  SignalList signals;
  first.describe(signals);
  const std::size_t of_one = signals.signals().size();
  second.describe(signals);
  std::set<std::string> names;
  for (const SignalList::Signal& signal : signals.signals()) names.insert(signal.name);
  CHECK(names.size() == 2 * of_one);
  CHECK(names.count("second.pe_array.row3.lane5.accumulator") == 1);
}

TEST_CASE("states and activities are traced with the names of their values") {
  Accelerator accelerator("accelerator", small_config());
  SignalList signals(accelerator.name());
  accelerator.describe(signals);
  for (const SignalList::Signal& signal : signals.signals()) {
    const std::string last = signal.name.substr(signal.name.rfind('.') + 1);
    CHECK(signal.values.empty() == (last != "state" && last != "activity" && last != "target"));
    if (!signal.values.empty()) CHECK(signal.values.size() <= std::size_t{1} << signal.width);
  }
}
