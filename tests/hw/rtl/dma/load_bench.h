// A load engine with its buffers between a command source and a memory of fixed latency.
#pragma once

#include "hw/rtl/dma/load_engine.h"
#include "tests/hw/rtl/engine_bench.h"
#include "tests/support/names.h"

namespace bitbalance::rtl::test {

inline AcceleratorConfig small_config() {
  AcceleratorConfig config;
  config.rows = 4;
  config.lookup_tables = 2;
  config.columns = 4;
  config.weight_bank_bytes = 256;
  config.activation_buffer_bytes = 4096;
  config.output_buffer_bytes = 4096;
  config.parameter_buffer_bytes = 512;
  config.dram.burst_bytes = 64;
  config.dram.max_outstanding = 4;
  return config;
}

struct LoadBench : Bench {
  // Regions that a burst's alignment may leave: memory reaches further than they do.
  static constexpr std::uint64_t kConstantsBase = 0x1000, kDataBase = 0x3004;
  static constexpr std::uint64_t kConstantsBytes = 4096, kDataBytes = 5000;

  explicit LoadBench(const AcceleratorConfig& accelerator) : config(accelerator) {
    memory.base = kConstantsBase;
    memory.bytes = noise(0x4000);
    attach(source, sink, memory, activations, engine);
    activations.tiles(tiles);
    activations.fetches(fetches);
    activations.vectors(vectors);
    memory.in(requests);
    memory.out(responses);
    engine.commands(commands);
    engine.requests(requests);
    engine.responses(responses);
    engine.completions(completions);
    engine.weights(weights);
    engine.parameters(parameters);
    engine.tables(tables);
    engine.activations(activations);
    engine.outputs(outputs);
  }

  void stall_all(unsigned percent) {
    stall(commands, percent);
    stall(requests, percent);
    stall(responses, percent);
    stall(completions, percent);
  }

  template <class Body>
  Completion run(const Body& body, std::uint16_t layer = 0) {
    Command command;
    command.header.layer = layer;
    command.body = body;
    source.queue.push_back(issued(command, regions));
    const std::size_t already = sink.received.size();
    REQUIRE(run_until([&] { return sink.received.size() > already; }));
    return sink.received.back();
  }
  /// Edges from the one that popped the last command to the one that pushed its completion; nothing stalls.
  std::int64_t duration() const { return sink.received_at.back() - source.pushed_at.back() - 2; }

  std::uint8_t memory_byte(Region region, std::uint64_t offset) const {
    return memory.bytes[regions.address(region, offset) - memory.base];
  }

  AcceleratorConfig config;
  RegionMap regions{{kConstantsBase, kDataBase}, {kConstantsBytes, kDataBytes}};
  Profile profile;
  WeightBuffer weights{config};
  ParameterBuffer parameters{config};
  LookupTables tables;
  OutputBuffer outputs{config};

  Channel<IssuedCommand> commands{"commands"};
  Channel<MemoryRequest> requests{"requests"};
  Channel<MemoryResponse> responses{"responses"};
  Channel<Completion> completions{"completions"};
  Channel<Tile> tiles{"tiles"};
  Channel<StepFetch> fetches{"fetches"};
  Channel<ActivationVector> vectors{"vectors"};

  ActivationBuffer activations{"activation_buffer", config, profile};
  Source<IssuedCommand> source{"source", commands};
  Sink<Completion> sink{"sink", completions};
  FixedLatencyMemory memory{"memory", false};
  LoadEngine engine{"load_engine", config, profile};
};

}  // namespace bitbalance::rtl::test
