// A PE array alone, fed with slots and activations.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/rtl/compute/pe_array.h"
#include "tests/hw/rtl/engine_bench.h"
#include "tests/support/names.h"

namespace bitbalance::rtl::test {

class ArrayBench : public sc_core::sc_module, public Bench, private ExecutionObserver {
 public:
  explicit ArrayBench(const AcceleratorConfig& c,
                      const sc_core::sc_module_name& name = sc_core::sc_module_name("bench"))
      : sc_module(name), config(c) {
    attach(array, slots, vectors, beats, last_slots);
    array.slots(slot_channel);
    array.vectors(vector_channel);
    array.beats(beat_channel);
    array.last_slots(last_slot_channel);
    array.activity(meter);
    array.set_observer(this);
  }

  const AcceleratorConfig config;
  Profile profile;
  ActivityMeter meter;
  Channel<TokenSlot> slot_channel{"slots"};
  Channel<ActivationVector> vector_channel{"vectors"};
  Channel<DrainBeat> beat_channel{"beats"};
  Channel<LastSlot> last_slot_channel{"last_slots"};
  PeArray array{"pe_array", config, profile};
  Source<TokenSlot> slots{"slot_source", slot_channel};
  Source<ActivationVector> vectors{"vector_source", vector_channel};
  Sink<DrainBeat> beats{"beat_sink", beat_channel};
  Sink<LastSlot> last_slots{"last_slot_sink", last_slot_channel};
  std::vector<std::int64_t> tile_began_at, tile_drained_at;  ///< edges

  void stall_all(unsigned percent) {
    stall(slot_channel, percent);
    stall(vector_channel, percent);
    stall(beat_channel, percent);
    stall(last_slot_channel, percent);
  }

  /// One-step tile of `count` slots in which every row performs `token`; all activations are `activation`.
  void feed_tile(int rows, int lanes, int count, TokenBits token, std::int16_t activation,
                 bool last_of_command) {
    for (int i = 0; i < count; ++i) {
      TokenSlot slot;
      slot.first_of_step = slot.first_of_tile = slot.clear = i == 0;
      slot.last_of_tile = i + 1 == count;
      slot.last_of_command = slot.last_of_tile && last_of_command;
      slot.drain = true;
      slot.rows = static_cast<std::uint16_t>(rows);
      slot.lanes = static_cast<std::uint16_t>(lanes);
      slot.width = width;
      slot.token.fill(token);
      slots.queue.push_back(slot);
    }
    ActivationVector vector;
    for (int lane = 0; lane < lanes; ++lane) vector.lane[lane] = activation;
    vectors.queue.push_back(vector);
  }
  Width width = Width::k8;

  bool run_until_drained(std::size_t tiles) {
    return run_until([&] {
      std::size_t drained = 0;
      for (const DrainBeat& beat : beats.received) drained += beat.last_of_tile;
      return drained == tiles;
    });
  }
  std::int64_t cycles(Activity activity) const { return meter.before(edge(), activity); }

 private:
  void tile_begins(int /*layer*/, std::uint32_t /*tile*/, Edge /*at*/) override {
    tile_began_at.push_back(edge());
  }
  void tile_drained(int /*layer*/, std::uint32_t /*tile*/, Edge /*at*/) override {
    tile_drained_at.push_back(edge());
  }
};

}  // namespace bitbalance::rtl::test
