// Turns drained accumulators into results: adds the bias, rescales, adds the residual operand, saturates,
// takes the maximum of fused pooling windows, and writes into the output buffer. Stands between the PE array
// and the output buffer.
#pragma once

#include <array>
#include <cstdint>
#include <systemc>

#include "hw/isa/config.h"
#include "hw/isa/profile.h"
#include "hw/rtl/bundles.h"
#include "hw/rtl/channel_port.h"
#include "hw/rtl/clocked.h"
#include "hw/rtl/completion.h"
#include "hw/rtl/output_buffer.h"
#include "hw/rtl/parameter_buffer.h"
#include "hw/rtl/signal_list.h"

namespace bitbalance::rtl {

/// Three stages, one beat an edge: parameter read, multiply, clamp and write. A beat popped at edge k is
/// written at k + 2; the command of the last beat completes at that edge.
class PostProcessor : public Clocked {
 public:
  PopPort<DrainTarget> targets{"targets"};
  PopPort<DrainBeat> beats{"beats"};
  sc_core::sc_port<ParameterBuffer> parameters{"parameters"};
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
    std::uint8_t row = 0;
    std::uint8_t first_lane = 0;
    std::uint8_t lanes = 0;
    ParameterEntry parameter;
    Row value{};  ///< accumulators, then products
  };
  // Three beats can be of three tiles; the fourth slot takes the next target meanwhile.
  static constexpr std::uint8_t kSlots = 4;

  void on_clock() override;
  void reset() override;
  void fetch();
  void multiply();
  void write_results();

  const AcceleratorConfig config_;
  Profile& profile_;

  std::array<DrainTarget, kSlots> targets_{};
  std::uint8_t slot_ = 0;  ///< of the tile whose beats are coming
  bool target_valid_ = false;
  Stage fetched_, scaled_;
};

}  // namespace bitbalance::rtl
