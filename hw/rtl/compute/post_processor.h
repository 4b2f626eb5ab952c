// Turns drained accumulators into results: adds the bias, rescales, adds the residual operand, saturates,
// looks a function up, takes the maximum of fused pooling windows, and writes into the output buffer. Stands
// between the PE array and the output buffer.
#pragma once

#include <array>
#include <cstdint>
#include <systemc>

#include "hw/isa/account/profile.h"
#include "hw/isa/config.h"
#include "hw/rtl/buffer/lookup_tables.h"
#include "hw/rtl/buffer/output_buffer.h"
#include "hw/rtl/buffer/parameter_buffer.h"
#include "hw/rtl/bundles.h"
#include "hw/rtl/channel/channel_port.h"
#include "hw/rtl/clock/clocked.h"
#include "hw/rtl/completion.h"
#include "hw/rtl/compute/result_stages.h"
#include "hw/rtl/signal_list.h"

namespace bitbalance::rtl {

/// Three stages, one beat an edge: parameter read, multiply, clamp and write. A beat popped at edge k is
/// written at k + 2; the command of the last beat completes at that edge. Where a command has a table, what
/// was clamped is its address, and the table is read, interpolated and written at k + 3. One beat is written
/// an edge: those that follow without a gap are written an edge later, too, whatever their command.
/// Multiply and clamp can be several stages each, so that all this comes later. Here the product is made in
/// the first of them and handed on.
class PostProcessor : public Clocked {
 public:
  PopPort<DrainTarget> targets{"targets"};
  PopPort<DrainBeat> beats{"beats"};
  sc_core::sc_port<ParameterBuffer> parameters{"parameters"};
  sc_core::sc_port<LookupTables> tables{"tables"};
  sc_core::sc_port<OutputBuffer> outputs{"outputs"};
  PushPort<Completion> completions{"completions"};

  PostProcessor(const sc_core::sc_module_name& name, const AcceleratorConfig& config, Profile& profile);

  void describe(SignalList& signals) const override;

 private:
  /// A beat between two stages.
  struct Stage {
    bool valid = false;
    bool last_of_tile = false;
    std::uint8_t slot = 0;  ///< where its tile's target is kept
    std::uint16_t row = 0;
    std::uint16_t first_lane = 0;
    std::uint16_t lanes = 0;
    ParameterEntry parameter;
    ColumnWires<std::int64_t> value;  ///< accumulators, then products, then clamped sums
  };
  // Four beats can be of four tiles; the fifth slot takes the next target meanwhile. Each stage more has one.
  static constexpr int kSlots = 5;
  int slots() const { return kSlots + config_.pipeline.result_delay(); }

  void on_clock() override;
  void reset() override;
  void fetch();
  void multiply();
  void clamp_sums();
  bool completes(const Stage& stage) const;
  /// Its command's completion finds no room.
  bool waits(const Stage& stage) const;
  void write(const Stage& stage);
  void write_results(const Stage& stage);

  const AcceleratorConfig config_;
  Profile& profile_;

  std::array<DrainTarget, kSlots + ResultStages<Stage>::kMost - 1> targets_{};
  std::uint8_t slot_ = 0;  ///< of the tile whose beats are coming
  bool target_valid_ = false;
  Stage fetched_;
  ResultStages<Stage> products_;
  Stage& scaled_;  ///< the oldest of them
  Stage clamped_;

  std::uint32_t output_reads_ = 0, output_writes_ = 0;  ///< beats with one, for waveforms
};

}  // namespace bitbalance::rtl
