// The compute path from the tile sequencer to the PE array, with a source of commands before and sinks behind
// it, and what a convolution should give according to plain sums.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/rtl/buffer/activation_buffer.h"
#include "hw/rtl/buffer/weight_buffer.h"
#include "hw/rtl/compute/pe_array.h"
#include "hw/rtl/compute/tile_sequencer.h"
#include "hw/rtl/compute/weight_encoder.h"
#include "tests/hw/rtl/compute/convolution_case.h"
#include "tests/hw/rtl/engine_bench.h"
#include "tests/support/names.h"

namespace bitbalance::rtl::test {

class ComputeBench : public sc_core::sc_module, public Bench, private ExecutionObserver {
 public:
  explicit ComputeBench(const AcceleratorConfig& c,
                        const sc_core::sc_module_name& name = sc_core::sc_module_name("bench"))
      : sc_module(name), config(c) {
    attach(sequencer, encoder, buffer, array, source, targets, beats, acceptances);
    sequencer.commands(command_channel);
    sequencer.encoder(encoder_tiles);
    sequencer.activations(buffer_tiles);
    sequencer.targets(target_channel);
    sequencer.last_slots(last_slot_channel);
    sequencer.acceptances(acceptance_channel);
    encoder.weights(weights);
    encoder.tiles(encoder_tiles);
    encoder.fetches(fetch_channel);
    encoder.slots(slot_channel);
    buffer.tiles(buffer_tiles);
    buffer.fetches(fetch_channel);
    buffer.vectors(vector_channel);
    array.slots(slot_channel);
    array.vectors(vector_channel);
    array.beats(beat_channel);
    array.last_slots(last_slot_channel);
    array.activity(meter);
    array.set_observer(this);
    SC_HAS_PROCESS(ComputeBench);
    SC_METHOD(note_tile);
    sensitive << clock.posedge_event();
    dont_initialize();
  }

  const AcceleratorConfig config;
  Profile profile;
  ActivityMeter meter;
  WeightBuffer weights{config};

  Channel<IssuedCommand> command_channel{"commands"};
  Channel<Tile> encoder_tiles{"encoder_tiles"}, buffer_tiles{"buffer_tiles"};
  Channel<StepFetch> fetch_channel{"fetches"};
  Channel<TokenSlot> slot_channel{"slots", config.pipeline.activation_read};
  Channel<ActivationVector> vector_channel{"vectors", config.pipeline.activation_read};
  Channel<LastSlot> last_slot_channel{"last_slots"};
  Channel<DrainTarget> target_channel{"targets"};
  Channel<DrainBeat> beat_channel{"beats"};
  Channel<Completion> acceptance_channel{"acceptances"};

  TileSequencer sequencer{"tile_sequencer", config};
  WeightEncoder encoder{"weight_encoder", config, profile};
  ActivationBuffer buffer{"activation_buffer", config, profile};
  PeArray array{"pe_array", config, profile};

  Source<IssuedCommand> source{"source", command_channel};
  Sink<DrainTarget> targets{"target_sink", target_channel};
  Sink<DrainBeat> beats{"beat_sink", beat_channel};
  Sink<Completion> acceptances{"acceptance_sink", acceptance_channel};

  std::vector<Tile> tiles;                                   ///< as the encoder takes them
  std::vector<std::int64_t> tile_began_at, tile_drained_at;  ///< edges

  void stall_all(unsigned percent) {
    stall(command_channel, percent);
    stall(encoder_tiles, percent);
    stall(buffer_tiles, percent);
    stall(fetch_channel, percent);
    stall(slot_channel, percent);
    stall(vector_channel, percent);
    stall(last_slot_channel, percent);
    stall(target_channel, percent);
    stall(beat_channel, percent);
    stall(acceptance_channel, percent);
  }

  void issue(const Compute& compute, int layer = 0) {
    IssuedCommand command;
    command.header.layer = static_cast<std::uint16_t>(layer);
    command.body = compute;
    source.queue.push_back(command);
  }
  bool run(std::size_t commands, std::int64_t limit = 1000000) {
    const auto last = [](const std::vector<DrainTarget>& seen) {
      std::size_t n = 0;
      for (const DrainTarget& target : seen) n += target.last_of_command;
      return n;
    };
    const auto tiles_drained = [&] {
      std::size_t n = 0;
      for (const DrainBeat& beat : beats.received) n += beat.last_of_tile;
      return n;
    };
    return run_until(
        [&] {
          return acceptances.received.size() == commands && last(targets.received) == commands &&
                 tiles_drained() == targets.received.size();
        },
        limit);
  }
  std::int64_t cycles(Activity activity) const { return meter.before(edge(), activity); }

 private:
  void note_tile() {
    if (!encoder_tiles.can_pop()) return;
    const Tile& tile = encoder_tiles.front();
    if (tiles.empty() || tiles.back().index != tile.index || tiles.back().layer != tile.layer)
      tiles.push_back(tile);
  }
  void tile_begins(int /*layer*/, std::uint32_t /*tile*/, Edge /*at*/) override {
    tile_began_at.push_back(edge());
  }
  void tile_drained(int /*layer*/, std::uint32_t /*tile*/, Edge /*at*/) override {
    tile_drained_at.push_back(edge());
  }
};

}  // namespace bitbalance::rtl::test
