// The check of a program's synchronization against every turn that engines can take, and what it says.
#include "hw/isa/program/program_check.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <deque>
#include <functional>
#include <random>

#include "base/text/enum_index.h"
#include "hw/isa/command/command_check.h"
#include "hw/isa/program/command_accesses.h"
#include "tests/support/damaged_program.h"
#include "tests/support/random/random_case.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

constexpr int kNeverEnds = 1 << 30;

/// When a command is at work, in steps of a schedule.
struct Span {
  int start = kNeverEnds, end = kNeverEnds;
};

/// Engines that take turns as `pick` likes: it is shown what could happen next and names one of it.
class Turns {
 public:
  struct Step {
    enum Kind { kDispatch, kStart, kComplete } kind;
    std::size_t engine;
    std::size_t command;
  };
  using Pick = std::function<std::size_t(const std::vector<Step>&)>;

  Turns(const Program& program, const AcceleratorConfig& config) : program_(program), config_(config) {
    regions_.bytes[0] = program.constants_bytes;
    regions_.bytes[1] = program.data_bytes;
  }

  std::vector<Span> run(const Pick& pick) {
    spans_.assign(program_.commands.size(), {});
    engines_ = {};
    next_ = 0;
    for (int now = 0;; ++now) {
      const std::vector<Step> steps = possible();
      if (steps.empty()) return spans_;
      perform(steps[pick(steps)], now);
    }
  }

 private:
  struct Turn {
    std::deque<std::size_t> queue, in_flight;
    std::array<int, kEngines> flags{};
    bool stopped = false;
  };

  std::vector<Step> possible() const {
    std::vector<Step> steps;
    if (next_ < program_.commands.size() && can_dispatch()) steps.push_back({Step::kDispatch, 0, next_});
    for (std::size_t e = 0; e < kEngines; ++e) {
      const Turn& turn = engines_[e];
      if (!turn.in_flight.empty()) steps.push_back({Step::kComplete, e, turn.in_flight.front()});
      // Compute commands drain while the next ones compute.
      const std::size_t most = e == static_cast<std::size_t>(Engine::kCompute) ? 3 : 1;
      if (turn.stopped || turn.queue.empty() || turn.in_flight.size() == most) continue;
      const EngineMask wait = program_.commands[turn.queue.front()].header.wait;
      bool ready = true;
      for (std::size_t from = 0; from < kEngines; ++from)
        ready &= (wait >> from & 1) == 0 || turn.flags[from] > 0;
      if (ready) steps.push_back({Step::kStart, e, turn.queue.front()});
    }
    return steps;
  }
  bool can_dispatch() const {
    const Command& command = program_.commands[next_];
    if (has_engine(command)) {
      return engines_[enum_index(engine_of(command))].queue.size() <
             static_cast<std::size_t>(config_.queue_depth);
    }
    return std::all_of(engines_.begin(), engines_.end(), [](const Turn& turn) {
      return turn.queue.empty() && turn.in_flight.empty() && !turn.stopped;
    });
  }
  void perform(const Step& step, int now) {
    Turn& turn = engines_[step.engine];
    const Command& command = program_.commands[step.command];
    switch (step.kind) {
      case Step::kDispatch:
        if (has_engine(command)) engines_[enum_index(engine_of(command))].queue.push_back(next_);
        ++next_;
        return;
      case Step::kStart:
        for (std::size_t from = 0; from < kEngines; ++from)
          turn.flags[from] -= command.header.wait >> from & 1;
        spans_[step.command].start = now;
        turn.queue.pop_front();
        turn.stopped = check(command, config_, regions_) != ProgramFault::kNone;
        if (!turn.stopped) turn.in_flight.push_back(step.command);
        return;
      case Step::kComplete:
        for (std::size_t to = 0; to < kEngines; ++to)
          engines_[to].flags[step.engine] += command.header.signal >> to & 1;
        spans_[step.command].end = now;
        turn.in_flight.pop_front();
        return;
    }
  }

  const Program& program_;
  const AcceleratorConfig& config_;
  RegionMap regions_;
  std::vector<Span> spans_;
  std::array<Turn, kEngines> engines_;
  std::size_t next_ = 0;
};

/// Puts off the command, its end even more than its start.
Turns::Pick putting_off(std::size_t command) {
  return [command](const std::vector<Turns::Step>& steps) {
    const auto haste = [command](const Turns::Step& step) {
      if (step.command != command || step.kind == Turns::Step::kDispatch) return 2;
      return step.kind == Turns::Step::kStart ? 1 : 0;
    };
    const auto best = std::max_element(steps.begin(), steps.end(),
                                       [&](const auto& a, const auto& b) { return haste(a) < haste(b); });
    return static_cast<std::size_t>(best - steps.begin());
  };
}

bool conflict(const Command& a, const Command& b, const AcceleratorConfig& config) {
  for (const Access& x : accesses_of(a, config)) {
    for (const Access& y : accesses_of(b, config)) {
      if (x.storage == y.storage && (x.writes || y.writes) && common_byte(x.bytes, y.bytes)) return true;
    }
  }
  return false;
}

RandomCase damaged_case(std::uint64_t seed) {
  RandomCase c = make_random_case(seed, {2, 8, 6, 2});
  std::mt19937_64 random(seed);
  damage(c.mapped.program, c.config, random);
  c.config.queue_depth = 64;  // as far ahead as possible
  return c;
}

/// load weights 0, load parameters 1, load activations 2, compute 3, store 4, End 5; all flags set.
struct SmallProgram {
  AcceleratorConfig config;
  Program program;

  SmallProgram() {
    program.constants_bytes = program.data_bytes = 4096;
    LoadWeights weights;
    weights.dram_offset = 512;
    weights.row_bytes = 8;
    weights.groups = weights.rows = weights.last_rows = 1;
    add(weights, 0, 0);
    LoadParameters parameters;
    parameters.dram_offset = 1024;
    parameters.entries = 1;
    add(parameters, 0, 0);
    LoadActivations activations;
    activations.slice.rows = activations.slice.columns = 4;
    add(activations, 0, engine_bit(Engine::kCompute));
    Compute compute;
    compute.plane_rows = compute.plane_columns = compute.rows = compute.columns = 4;
    add(compute, engine_bit(Engine::kLoad), engine_bit(Engine::kStore));
    Store store;
    store.slice.dram_offset = 256;
    store.slice.rows = store.slice.columns = 4;
    add(store, engine_bit(Engine::kCompute), 0);
    program.commands.push_back({{}, End{}});
  }
  template <class Body>
  void add(const Body& body, EngineMask wait, EngineMask signal) {
    Command command;
    command.header.wait = wait;
    command.header.signal = signal;
    command.body = body;
    program.commands.push_back(command);
  }
  template <class Body>
  Body& body(std::size_t index) {
    return std::get<Body>(program.commands[index].body);
  }
  std::string flaw() const { return synchronization_flaw(program, config); }
};

}  // namespace

TEST_CASE("the mapper's programs are well-synchronized") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    const RandomCase c = make_random_case(seed);
    REQUIRE(synchronization_flaw(c.mapped.program, c.config) == "");
  }
}

TEST_CASE("in a well-synchronized program uses of a byte have one order, whatever turns engines take") {
  int programs = 0, conflicts = 0;
  for (std::uint64_t seed = 1; programs < 150; ++seed) {
    CAPTURE(seed);
    const RandomCase c = damaged_case(seed);
    const std::vector<Command>& commands = c.mapped.program.commands;
    if (commands.size() > 100 || !synchronization_flaw(c.mapped.program, c.config).empty()) continue;
    ++programs;
    std::mt19937_64 random(seed);
    std::vector<std::vector<Span>> runs;
    for (int run = 0; run < 6; ++run) {
      runs.push_back(
          Turns(c.mapped.program, c.config).run([&](const auto& s) { return random() % s.size(); }));
    }
    for (std::size_t b = 0; b < commands.size(); ++b) {
      for (std::size_t a = 0; a < b; ++a) {
        if (runs[0][a].end == kNeverEnds || runs[0][b].end == kNeverEnds || !has_engine(commands[a]) ||
            !has_engine(commands[b]) || engine_of(commands[a]) == engine_of(commands[b]) ||
            !conflict(commands[a], commands[b], c.config))
          continue;
        ++conflicts;
        CAPTURE(a, b);
        const bool a_first = runs[0][a].end < runs[0][b].start;
        for (const std::vector<Span>& spans : runs)
          REQUIRE((a_first ? spans[a].end < spans[b].start : spans[b].end < spans[a].start));
      }
    }
  }
  CHECK(conflicts > 500);
}

TEST_CASE("the commands that the check names can be at work at the same time") {
  int named = 0;
  for (std::uint64_t seed = 1; named < 100; ++seed) {
    CAPTURE(seed);
    const RandomCase c = damaged_case(seed);
    if (c.mapped.program.commands.size() > 64) continue;
    const std::string flaw = synchronization_flaw(c.mapped.program, c.config);
    std::size_t a = 0, b = 0;
    if (std::sscanf(flaw.c_str(), "commands %zu (%*[A-Za-z]) and %zu", &a, &b) != 2) continue;
    ++named;
    CAPTURE(flaw);
    REQUIRE(conflict(c.mapped.program.commands[a], c.mapped.program.commands[b], c.config));
    Turns turns(c.mapped.program, c.config);
    const std::vector<Span> a_late = turns.run(putting_off(a));
    REQUIRE(a_late[b].start < a_late[a].end);
    const std::vector<Span> b_late = turns.run(putting_off(b));
    REQUIRE(b_late[a].start < b_late[b].end);
  }
}

TEST_CASE("a missing flag is told by the two commands that it should order") {
  SmallProgram p;
  REQUIRE(p.flaw() == "");
  SmallProgram early = p;
  early.program.commands[3].header.wait = 0;
  CHECK(
      early.flaw() ==
      "commands 0 (LoadWeights) and 3 (Compute) both use byte 0 of the weight banks, and no dependence flags "
      "order them");
  SmallProgram store = p;
  store.program.commands[4].header.wait = 0;
  CHECK(store.flaw() ==
        "commands 3 (Compute) and 4 (Store) both use byte 0 of the output buffer, and no dependence flags "
        "order "
        "them");
  SmallProgram reread = p;
  reread.program.commands.insert(reread.program.commands.begin() + 4, reread.program.commands[2]);
  reread.body<LoadActivations>(4).slice.dram_offset = 260;
  reread.program.commands[4].header.signal = 0;
  CHECK(reread.flaw() ==
        "commands 3 (Compute) and 4 (LoadActivations) both use byte 0 of the activation buffer, and no "
        "dependence flags order them");
  reread.program.commands[3].header.signal |= engine_bit(Engine::kLoad);
  reread.program.commands[4].header.wait = engine_bit(Engine::kCompute);
  CHECK(reread.flaw() ==
        "commands 4 (LoadActivations) and 5 (Store) both use byte 260 of the data region, and no dependence "
        "flags order them");
  CHECK_THROWS_WITH(require_synchronized(store.program, store.config),
                    "program of layer ?: " + store.flaw() + "; accepted: well-synchronized programs");
}

TEST_CASE("barriers order what no flag does") {
  SmallProgram p;
  std::vector<Command> commands;
  for (Command command : p.program.commands) {
    command.header.wait = command.header.signal = 0;
    commands.push_back(command);
    commands.push_back({{}, Barrier{}});
  }
  commands.back().body = End{};
  p.program.commands = commands;
  CHECK(p.flaw() == "");
}

TEST_CASE("a flag that comes too early orders nothing") {
  SmallProgram p;  // the signal of the parameters is one behind the weights alone
  std::swap(p.program.commands[1].header.signal, p.program.commands[2].header.signal);
  CHECK(p.flaw() ==
        "commands 2 (LoadActivations) and 3 (Compute) both use byte 0 of the activation buffer, and no "
        "dependence flags order them");
}

TEST_CASE("what waits forever or is out of range disturbs nobody") {
  SmallProgram p;
  p.program.commands[3].header.wait |= engine_bit(Engine::kVector);  // never starts
  p.program.commands[4].header.wait = 0;
  CHECK(p.flaw() == "");
  SmallProgram q;
  q.body<Compute>(3).nnzb = 0;
  q.program.commands[4].header.wait = 0;
  CHECK(q.flaw() == "");
}

TEST_CASE("what a command does to itself is told") {
  SmallProgram p;
  p.body<Compute>(3).images = 2;
  p.body<Compute>(3).output_image_stride = 8;
  CHECK(p.flaw() == "command 3 (Compute) writes byte 8 of the output buffer twice");
  SmallProgram store;
  store.body<Store>(4).slice.channels = 2;
  store.body<Store>(4).slice.channel_pitch = 15;
  CHECK(store.flaw() == "command 4 (Store) writes byte 271 of the data region twice");
  SmallProgram pool;
  Pool body;
  body.input_rows = body.input_columns = 4;
  body.output_base = 15;
  pool.program.commands[4] = {{}, body};
  pool.program.commands[4].header.wait = engine_bit(Engine::kCompute);
  pool.program.commands[3].header.signal = engine_bit(Engine::kVector);
  CHECK(pool.flaw() == "command 4 (Pool) writes its results over byte 15 of its input in the output buffer");
  SmallProgram sum = pool;
  Add add;
  add.elements = 8;
  add.operand_base = add.output_base = 4;
  sum.program.commands[4].body = add;
  CHECK(sum.flaw() == "command 4 (Add) writes its results over byte 4 of its input in the output buffer");
  add.input_base = 4;
  sum.program.commands[4].body = add;
  CHECK(sum.flaw() == "");
}

TEST_CASE("partial sums come from the Compute before, of the same tile") {
  SmallProgram p;
  p.body<Compute>(3).first_chunk = false;
  CHECK(p.flaw() ==
        "command 3 (Compute) goes on with partial sums, and no Compute before it left any of the same tile");
  SmallProgram q;
  q.program.commands.insert(q.program.commands.begin() + 4, q.program.commands[3]);
  q.body<Compute>(3).last_chunk = false;
  q.body<Compute>(4).first_chunk = false;
  q.program.commands[3].header.signal = 0;
  q.program.commands[4].header.wait = 0;
  CHECK(q.flaw() == "");
  q.body<Compute>(3).columns = 3;
  CHECK(q.flaw() ==
        "command 4 (Compute) goes on with partial sums, and no Compute before it left any of the same tile");
}
