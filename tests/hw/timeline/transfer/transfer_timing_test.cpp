// Durations of transfers against a model that does each clock edge: long ones too, where the timing leaves
// out what repeats.
#include "hw/timeline/transfer/transfer_timing.h"

#include <catch2/catch.hpp>
#include <deque>
#include <random>
#include <tuple>

#include "hw/isa/transfer/channel_timing.h"
#include "hw/isa/transfer/dma_walk.h"
#include "hw/timeline/transfer/busy_store.h"
#include "tests/support/names.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

/// One channel of the memory port and the ideal memory behind it, edge by edge.
class EdgeChannel {
 public:
  EdgeChannel(const DramInterfaceConfig& config, const IdealMemoryTiming& memory)
      : memory_(memory),
        most_outstanding_(config.use_nb_transport ? static_cast<std::size_t>(config.max_outstanding) : 1) {}

  /// Everything the port does at an edge; before the unit's turn, which sees none of it.
  void step(Edge edge) {
    can_push_ = requests_.size() < 2;
    can_pop_ = !responses_.empty();
    // In parts of a cycle: the answer's time is a fraction.
    const Edge now = edge * memory_.bytes_per_cycle_numerator;
    if (!outstanding_.empty() && outstanding_.front() < now) {
      outstanding_.pop_front();
      responses_.push_back(edge);
    }
    if (outstanding_.size() < most_outstanding_ && !requests_.empty()) {
      end_ = std::max(end_, now) + requests_.front() * memory_.bytes_per_cycle_denominator;
      outstanding_.push_back(end_ + memory_.latency_cycles * memory_.bytes_per_cycle_numerator);
      requests_.pop_front();
    }
  }
  bool can_push() const { return can_push_; }
  void push(std::int64_t bytes) { requests_.push_back(bytes); }
  bool can_pop() const { return can_pop_; }
  void pop() { responses_.pop_front(); }

 private:
  IdealMemoryTiming memory_;
  std::size_t most_outstanding_;
  std::deque<std::int64_t> requests_, outstanding_, responses_;
  std::int64_t end_ = 0;
  bool can_push_ = true, can_pop_ = false;
};

struct Machine {
  AcceleratorConfig config;
  IdealMemoryTiming memory;

  std::uint32_t burst_bytes() const { return static_cast<std::uint32_t>(config.dram.burst_bytes); }
  std::uint64_t staging_bytes() const {
    return static_cast<std::uint64_t>(config.dram.max_outstanding * config.dram.burst_bytes +
                                      2 * config.columns);
  }
};

/// `write(staged)`: bytes that are written at this edge, of as many that are staged. Ends with the edge at
/// which `written()`.
template <class Write, class Done>
TransferCost load_by_edges(const Machine& machine, const RunWalk& runs, const Write& write,
                           const Done& done) {
  EdgeChannel channel(machine.config.dram, machine.memory);
  BurstWalk requested(runs, machine.burst_bytes(), BurstShape::kAligned);
  BurstWalk arriving = requested;
  TransferCost cost;
  std::uint64_t requested_bytes = 0, arrived_bytes = 0, written_bytes = 0;
  for (Edge edge = 1;; ++edge) {
    channel.step(edge);
    if (!requested.done() && channel.can_push() &&
        requested_bytes + requested.burst().useful - written_bytes <= machine.staging_bytes()) {
      requested_bytes += requested.burst().useful;
      requested.advance();
      channel.push(machine.burst_bytes());
      ++cost.bursts;
    }
    written_bytes += write(arrived_bytes - written_bytes);
    if (done()) {
      cost.cycles = edge;
      cost.bytes = static_cast<std::int64_t>(requested_bytes);
      return cost;
    }
    if (!channel.can_pop()) continue;
    arrived_bytes += arriving.burst().useful;
    arriving.advance();
    channel.pop();
  }
}

TransferCost load_by_edges(const Machine& machine, const LoadTensor& load) {
  const std::uint32_t bytes = element_bytes(load.slice.width);
  LineWalk lines(load, static_cast<std::uint32_t>(machine.config.lanes(load.slice.width)));
  std::uint32_t line_cycle = 0;
  const auto write = [&](std::uint64_t staged) -> std::uint64_t {
    const std::uint64_t needed = std::uint64_t{lines.line().data} * bytes;
    if (staged < needed || ++line_cycle < lines.phases()) return 0;
    line_cycle = 0;
    lines.advance();
    return needed;
  };
  return load_by_edges(machine, RunWalk(load.slice, load.slice.dram_offset), write,
                       [&] { return lines.done(); });
}

TransferCost load_by_edges(const Machine& machine, std::uint64_t address, std::uint64_t bytes) {
  std::uint64_t left = bytes;
  const auto write = [&](std::uint64_t staged) {
    left -= staged;
    return staged;
  };
  return load_by_edges(machine, RunWalk(address, bytes), write, [&] { return left == 0; });
}

TransferCost store_by_edges(const Machine& machine, const Store& store) {
  EdgeChannel channel(machine.config.dram, machine.memory);
  BurstWalk bursts(RunWalk(store.slice, store.slice.dram_offset), machine.burst_bytes(), BurstShape::kExact);
  TransferCost cost;
  std::int64_t unanswered = 0;
  for (Edge edge = 1;; ++edge) {
    channel.step(edge);
    if (!bursts.done() && channel.can_push()) {
      channel.push(bursts.burst().bytes);
      cost.bytes += bursts.burst().bytes;
      ++cost.bursts;
      ++unanswered;
      bursts.advance();
    }
    if (channel.can_pop()) {
      channel.pop();
      --unanswered;
    }
    cost.cycles = edge;
    if (unanswered == 0 && bursts.done()) return cost;
  }
}

class Draw {
 public:
  explicit Draw(unsigned seed) : random_(seed) {}

  template <class... T>
  auto pick(T... values) {
    const std::array of{values...};
    return of[random_() % of.size()];
  }

  Machine machine() {
    Machine m;
    m.config.columns = pick(4, 7, 16, 32);
    m.config.dram.burst_bytes = pick(16, 32, 64, 128, 256);
    m.config.dram.max_outstanding = pick(1, 2, 5, 8, 16, 64);
    m.config.dram.use_nb_transport = pick(0, 1, 1, 1, 1) != 0;
    m.memory.latency_cycles = pick(0, 1, 17, 50, 200);
    using Rate = std::pair<std::int64_t, std::int64_t>;
    std::tie(m.memory.bytes_per_cycle_numerator, m.memory.bytes_per_cycle_denominator) =
        pick(Rate{64, 5}, Rate{64, 5}, Rate{512, 1}, Rate{37, 29}, Rate{16, 3}, Rate{8, 1});
    return m;
  }

  TensorSlice slice() {
    TensorSlice s;
    s.width = pick(0, 1) != 0 ? Width::k16 : Width::k8;
    s.images = static_cast<std::uint16_t>(pick(1, 1, 1, 2, 9));
    s.channels = static_cast<std::uint16_t>(uniform(1, s.images > 1 ? 20 : 400));
    s.columns = static_cast<std::uint16_t>(uniform(1, 30));
    const int all_rows = uniform(1, 14);
    s.rows = static_cast<std::uint16_t>(pick(0, 1) != 0 ? all_rows : uniform(1, all_rows));
    const std::uint32_t bytes = element_bytes(s.width);
    if (pick(0, 3) == 0) s.row_gap = static_cast<std::uint32_t>(uniform(1, 90)) * bytes;
    s.channel_pitch = static_cast<std::uint32_t>(all_rows) * (s.columns * bytes + s.row_gap);
    const std::uint32_t image = s.channel_pitch * static_cast<std::uint32_t>(s.channels + pick(0, 0, 3));
    s.image_pitch = pick(0, 1) != 0 ? (image + 63) / 64 * 64 : image;
    s.dram_offset = static_cast<std::uint32_t>(uniform(0, 200)) * bytes;
    return s;
  }

  LoadTensor load() {
    LoadTensor l;
    l.slice = slice();
    if (pick(0, 1) != 0) {
      l.pad_top = padding();
      l.pad_left = padding();
      l.pad_bottom = padding();
      l.pad_right = padding();
    }
    l.stride_h = l.stride_w = static_cast<std::uint8_t>(pick(1, 1, 2, 3));
    return l;
  }

  int uniform(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

 private:
  std::uint8_t padding() { return static_cast<std::uint8_t>(uniform(0, 3)); }

  std::mt19937_64 random_;
};

void check_equal(const TransferCost& cost, const TransferCost& by_edges) {
  REQUIRE(cost.cycles == by_edges.cycles);
  REQUIRE(cost.bursts == by_edges.bursts);
  REQUIRE(cost.bytes == by_edges.bytes);
}

}  // namespace

TEST_CASE("tensor loads take as long as edge by edge") {
  for (unsigned seed = 0; seed < 1500; ++seed) {
    CAPTURE(seed);
    Draw draw(seed);
    const Machine machine = draw.machine();
    const LoadTensor load = draw.load();
    check_equal(TransferTiming(machine.config, machine.memory).load(load), load_by_edges(machine, load));
  }
}

TEST_CASE("weight and parameter loads take as long as edge by edge") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    Draw draw(seed);
    const Machine machine = draw.machine();
    TransferTiming timing(machine.config, machine.memory);
    LoadWeights weights;
    weights.dram_offset = 64 * static_cast<std::uint32_t>(draw.uniform(0, 9));
    weights.row_bytes = 8 * static_cast<std::uint32_t>(draw.uniform(1, 100));
    weights.groups = 2;
    weights.rows = weights.last_rows = static_cast<std::uint16_t>(draw.uniform(1, 32));
    check_equal(timing.load(weights), load_by_edges(machine, weights.dram_offset, blob_bytes(weights)));
    LoadParameters parameters;
    parameters.dram_offset = weights.dram_offset;
    parameters.entries = static_cast<std::uint16_t>(draw.uniform(1, 300));
    check_equal(timing.load(parameters),
                load_by_edges(machine, parameters.dram_offset, 16 * std::uint64_t{parameters.entries}));
    LoadTable table;
    table.dram_offset = weights.dram_offset;
    table.width = seed % 2 == 1 ? Width::k16 : Width::k8;
    check_equal(timing.load(table), load_by_edges(machine, table.dram_offset, seed % 2 == 1 ? 514 : 256));
  }
}

TEST_CASE("stores take as long as edge by edge") {
  for (unsigned seed = 0; seed < 1500; ++seed) {
    CAPTURE(seed);
    Draw draw(seed);
    const Machine machine = draw.machine();
    Store store;
    store.slice = draw.slice();
    check_equal(TransferTiming(machine.config, machine.memory).store(store), store_by_edges(machine, store));
  }
}

TEST_CASE("a shape that was seen before takes as long again, another one does not") {
  const AcceleratorConfig config;
  TransferTiming timing(config, {});
  LoadWeights load;
  load.row_bytes = 64;
  load.groups = 1;
  load.rows = load.last_rows = 4;
  const std::int64_t four_bursts = timing.load(load).cycles;
  load.dram_offset = 4096;
  CHECK(timing.load(load).cycles == four_bursts);
  load.last_rows = 5;
  CHECK(timing.load(load).cycles == four_bursts + 5);  // 64 bytes at 12.8 a cycle
  load.last_rows = 4;
  CHECK(timing.load(load).cycles == four_bursts);
}

TEST_CASE("most stores of blocks keep the memory busy, and cost what a walk of their bursts says") {
  std::mt19937_64 random(5);
  const auto uniform = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  int busy = 0;
  constexpr int kStores = 3000;
  for (int i = 0; i < kStores; ++i) {
    TensorSlice s;
    s.width = uniform(0, 1) != 0 ? Width::k16 : Width::k8;
    s.rows = static_cast<std::uint16_t>(uniform(1, 14));
    s.columns = static_cast<std::uint16_t>(uniform(1, 60));
    s.channels = static_cast<std::uint16_t>(uniform(2, 300));
    s.channel_pitch =
        static_cast<std::uint32_t>((s.rows + uniform(1, 20)) * s.columns) * element_bytes(s.width);
    s.dram_offset = static_cast<std::uint32_t>(uniform(0, 500));
    AcceleratorConfig config;
    config.dram.burst_bytes = 16 << uniform(0, 4);
    config.dram.max_outstanding = uniform(1, 64);
    const IdealMemoryTiming memory{uniform(0, 120), uniform(1, 64), uniform(1, 5)};
    const auto burst_bytes = static_cast<std::uint32_t>(config.dram.burst_bytes);
    const auto cost = busy_store(s, burst_bytes, memory, config.dram.max_outstanding);
    if (!cost) continue;
    ++busy;
    ChannelTiming channel(memory, config.dram);
    const DataDurations durations(memory);
    TransferCost walked;
    Edge edge = 0;
    const RunWalk runs(s, s.dram_offset % burst_bytes);
    for (BurstWalk bursts(runs, burst_bytes, BurstShape::kExact); !bursts.done(); bursts.advance()) {
      edge = std::max(edge + 1, channel.room());
      walked.cycles = channel.request(edge, durations.of(bursts.burst().bytes));
      walked.bytes += bursts.burst().bytes;
      ++walked.bursts;
    }
    CAPTURE(i);
    REQUIRE(cost->cycles == walked.cycles);
    REQUIRE(cost->bursts == walked.bursts);
    REQUIRE(cost->bytes == walked.bytes);
  }
  CHECK(busy > kStores / 4);
}
