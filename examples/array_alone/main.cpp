// One weight encoder and the PE array, without the rest of the accelerator: tiles come from a source, sums go
// to a sink, and a unit made here gives the activations. What comes out is held against plain sums.
#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <systemc>
#include <vector>

#include "hw/isa/weight/row_stream.h"
#include "hw/rtl/bench/bench.h"
#include "hw/rtl/bench/sink.h"
#include "hw/rtl/bench/source.h"
#include "hw/rtl/compute/pe_array.h"
#include "hw/rtl/compute/weight_encoder.h"

namespace {

using namespace bitbalance;
using namespace bitbalance::bench;

constexpr int kRows = 4, kLanes = 8, kSteps = 6;

int weight(int row, int step) {
  return (row * 5 + step * 3) % 15 - 7;  // at most three ones in each magnitude
}
int activation(int step, int lane) {
  return (step * 31 + lane * 7) % 256;
}

/// Stands where the activation buffer stands: one vector for each fetch.
class Activations : public rtl::Clocked {
 public:
  rtl::PopPort<rtl::StepFetch> fetches{"fetches"};
  rtl::PushPort<rtl::ActivationVector> vectors{"vectors"};

  explicit Activations(const sc_core::sc_module_name& name) : Clocked(name) {}
  void describe(rtl::SignalList& signals) const override { signals.add(*this, "step", step_); }

 private:
  void on_clock() override {
    if (!fetches.can_pop() || !vectors.can_push()) return;
    rtl::ActivationVector vector;
    for (int lane = 0; lane < kLanes; ++lane)
      vector.lane[lane] = static_cast<std::int16_t>(activation(step_, lane));
    vectors.push(vector);
    fetches.pop();
    ++step_;
  }
  void reset() override { step_ = 0; }

  std::int32_t step_ = 0;
};

struct Design : Bench {
  explicit Design(const AcceleratorConfig& config)
      : weights(config), encoder("weight_encoder", config, profile), array("pe_array", config, profile) {
    attach(tiles, encoder, activations, array, beats, last_slots);
    encoder.weights(weights);
    encoder.tiles(tile_channel);
    encoder.fetches(fetch_channel);
    encoder.slots(slot_channel);
    activations.fetches(fetch_channel);
    activations.vectors(vector_channel);
    array.slots(slot_channel);
    array.vectors(vector_channel);
    array.beats(beat_channel);
    array.last_slots(last_slot_channel);
    array.activity(meter);
  }

  Profile profile;
  rtl::ActivityMeter meter;
  rtl::WeightBuffer weights;
  rtl::Channel<rtl::Tile> tile_channel{"tiles"};
  rtl::Channel<rtl::StepFetch> fetch_channel{"fetches"};
  rtl::Channel<rtl::TokenSlot> slot_channel{"slots"};
  rtl::Channel<rtl::ActivationVector> vector_channel{"vectors"};
  rtl::Channel<rtl::DrainBeat> beat_channel{"beats"};
  rtl::Channel<rtl::LastSlot> last_slot_channel{"last_slots"};

  Source<rtl::Tile> tiles{"tile_source", tile_channel};
  rtl::WeightEncoder encoder;
  Activations activations{"activations"};
  rtl::PeArray array;
  Sink<rtl::DrainBeat> beats{"beat_sink", beat_channel};
  Sink<rtl::LastSlot> last_slots{"last_slot_sink", last_slot_channel};
};

/// The only tile of a command: kRows output channels, kLanes pixels, kSteps weights each.
rtl::Tile one_tile() {
  rtl::Tile tile;
  tile.last_of_command = true;
  tile.rows = kRows;
  tile.lanes = kLanes;
  tile.steps = tile.channels = kSteps;
  tile.weight_bits = 4;
  tile.nnzb = 3;
  return tile;
}

void store_weights(rtl::WeightBuffer& buffer, const AcceleratorConfig& config) {
  const RowStream stream(4, 3, config);
  for (int row = 0; row < kRows; ++row) {
    std::vector<std::int16_t> weights;
    for (int step = 0; step < kSteps; ++step) weights.push_back(static_cast<std::int16_t>(weight(row, step)));
    std::vector<std::uint8_t> bytes;
    stream.append(bytes, weights.data(), weights.size(), stream.limit_for(weights.data(), weights.size()));
    for (std::uint32_t at = 0; at < bytes.size(); at += rtl::WeightBuffer::kWordBytes) {
      std::uint64_t word = 0;
      for (unsigned i = 0; i < rtl::WeightBuffer::kWordBytes; ++i)
        word |= std::uint64_t{bytes[at + i]} << 8 * i;
      buffer.write_word(row, at, word);
    }
  }
}

int expected(int row, int lane) {
  int sum = 0;
  for (int step = 0; step < kSteps; ++step) sum += weight(row, step) * activation(step, lane);
  return sum;
}

}  // namespace

int sc_main(int /*argc*/, char* /*argv*/[]) {
  AcceleratorConfig config;
  config.rows = kRows;
  config.columns = kLanes / 2;  // two 8-bit lanes a PE
  Design design(config);
  store_weights(design.weights, config);
  design.tiles.queue.push_back(one_tile());
  if (!design.run_until(
          [&] { return !design.beats.received.empty() && design.beats.received.back().last_of_tile; }))
    return EXIT_FAILURE;

  int wrong = 0;
  for (const rtl::DrainBeat& beat : design.beats.received) {
    for (int i = 0; i < beat.lanes; ++i)
      wrong += static_cast<int>(beat.value[i] != expected(beat.row, beat.first_lane + i));
  }
  fmt::print("{} slots, {} beats, {} sums wrong; row 0, lane 0: {}\n",
             design.meter.before(edge() + 1, Activity::kBusy), design.beats.received.size(), wrong,
             design.beats.received.front().value[0]);
  return wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
