// Activations of a block, written by the load engine and read by the columns of the PE array: one step's
// lanes take as many cycles as the busiest bank has readers. Stands beside the weight encoder, which paces
// it.
#pragma once

#include <array>
#include <cstdint>
#include <systemc>

#include "hw/isa/config.h"
#include "hw/isa/profile.h"
#include "hw/rtl/bundles.h"
#include "hw/rtl/channel.h"
#include "hw/rtl/element_store.h"
#include "hw/rtl/signal_list.h"

namespace bitbalance::rtl {

/// A fetch popped at edge k is read at edges k ... k + conflicts - 1, and its vector pushed at the last of
/// them.
class ActivationBuffer : public sc_core::sc_module {
 public:
  struct Ports {
    Channel<Tile>& tiles;
    Channel<StepFetch>& fetches;
    Channel<ActivationVector>& vectors;
  };

  sc_core::sc_in<bool> clk;

  ActivationBuffer(const sc_core::sc_module_name& name, const AcceleratorConfig& config, Ports ports,
                   Profile& profile);

  /// The load engine's port. Elements of 8 or 16 bits, each at a multiple of its own size.
  void write(std::uint32_t address, bool wide, int value) { store_.write(address, wide, value); }
  int read(std::uint32_t address, bool wide, bool is_signed) const {
    return store_.read(address, wide, is_signed);
  }

  void describe(SignalList& signals) const;

 private:
  void on_clock();
  void take_tile();
  void start_step();
  void read_turn();
  template <bool Wide, bool Signed>
  void read_lanes(int begin, int end);

  const AcceleratorConfig config_;
  Ports ports_;
  Profile& profile_;
  ElementStore store_;

  // Registers of the tile.
  Tile tile_;
  std::array<std::uint8_t, AcceleratorConfig::kMaxLanes> lane_{};      ///< active lanes, sorted by turn
  std::array<std::uint32_t, AcceleratorConfig::kMaxLanes> address_{};  ///< theirs, of offset 0
  /// First index into lane_ of a turn.
  std::array<std::uint8_t, AcceleratorConfig::kMaxLanes + 1> turn_begin_{};

  // Walk of the steps.
  std::uint16_t channel_ = 0;
  std::uint8_t kernel_row_ = 0, kernel_column_ = 0;
  std::uint32_t offset_ = 0;  ///< common to all lanes, elements

  bool reading_ = false;
  std::uint8_t turn_ = 0;
  ActivationVector vector_;
};

}  // namespace bitbalance::rtl
