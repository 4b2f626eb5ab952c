// Activations of a block, written by the load engine and read by the columns of the PE array: one step's
// lanes take as many cycles as the busiest bank has readers. Stands beside the weight encoder, which paces
// it.
#pragma once

#include <array>
#include <cstdint>
#include <systemc>

#include "hw/isa/account/profile.h"
#include "hw/isa/config.h"
#include "hw/rtl/buffer/element_store.h"
#include "hw/rtl/buffer/hazard_check.h"
#include "hw/rtl/bundles.h"
#include "hw/rtl/channel/channel_port.h"
#include "hw/rtl/clock/clocked.h"
#include "hw/rtl/signal_list.h"

namespace bitbalance::rtl {

/// A fetch popped at edge k is read at edges k ... k + conflicts - 1, and its vector pushed at the last of
/// them.
class ActivationBuffer : public Clocked, public virtual sc_core::sc_interface {
 public:
  PopPort<Tile> tiles{"tiles"};
  PopPort<StepFetch> fetches{"fetches"};
  PushPort<ActivationVector> vectors{"vectors"};

  ActivationBuffer(const sc_core::sc_module_name& name, const AcceleratorConfig& config, Profile& profile);

  /// The load engine's port. Elements of 8 or 16 bits, each at a multiple of its own size.
  void write(std::uint32_t address, Width width, int value, const CommandStamp& by = {}) {
    hazards_.write(std::size_t{element_bytes(width)} * address, element_bytes(width), by);
    store_.write(address, width, value);
  }
  int read(std::uint32_t address, Width width, bool is_signed) const {
    return store_.read(address, width, is_signed);
  }

  void describe(SignalList& signals) const override;

 private:
  struct Run {
    std::uint16_t lane = 0;  ///< the first
    std::uint16_t lanes = 0;
    std::uint32_t address = 0;  ///< of the first, of offset 0
  };

  void on_clock() override;
  void reset() override;
  void take_tile();
  void add_lane(std::uint16_t lane, std::uint16_t turn_begin, std::uint16_t& runs);
  void start_step();
  void read_turn();
  template <bool Wide, bool Signed>
  void read_runs(int begin, int end);

  const AcceleratorConfig config_;
  Profile& profile_;
  ElementStore store_;

  // Registers of the tile.
  Tile tile_;
  /// Active lanes, sorted by turn; neighbours that read neighbouring elements are one run.
  std::array<Run, AcceleratorConfig::kMaxLanes> runs_{};
  /// First index into runs_ of a turn.
  std::array<std::uint16_t, AcceleratorConfig::kMaxLanes + 1> turn_begin_{};

  // Walk of the steps.
  std::uint16_t channel_ = 0;
  std::uint8_t kernel_row_ = 0, kernel_column_ = 0;
  std::uint32_t offset_ = 0;  ///< common to all lanes, elements

  bool reading_ = false;
  std::uint16_t turn_ = 0;
  ActivationVector vector_;
  std::uint32_t reads_ = 0;  ///< cycles with one, for waveforms

  HazardCheck hazards_;
};

}  // namespace bitbalance::rtl
