// Pooling, elementwise addition and look-up inside the output buffer, `columns` elements a cycle: what
// post-processing cannot fuse into a convolution. Stands beside the post-processor, between two regions of
// the output buffer.
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

/// A command popped at edge k reads its operands at k + 1 .. k + N; the results of a group of outputs are
/// written one edge after its last read, or as many later as multiply and clamp have stages more than one.
/// With the last of them, at k + N + 1 or as much later, the command completes.
class VectorUnit : public Clocked {
 public:
  PopPort<IssuedCommand> commands{"commands"};
  sc_core::sc_port<ParameterBuffer> parameters{"parameters"};
  sc_core::sc_port<LookupTables> tables{"tables"};
  sc_core::sc_port<OutputBuffer> outputs{"outputs"};
  PushPort<Completion> completions{"completions"};

  VectorUnit(const sc_core::sc_module_name& name, const AcceleratorConfig& config, Profile& profile);

  void describe(SignalList& signals) const override;

 private:
  enum class State : std::uint8_t {
    kIdle,
    kPooling,
    kAdding,
    kReporting,  ///< the last results are written, then the completion is on its way
    kLookingUp,
  };
  /// Up to `columns` outputs that are computed together.
  struct Group {
    std::uint16_t lanes = 0;
    std::uint32_t output = 0;         ///< element of lane 0; the others follow
    ColumnWires<std::int64_t> value;  ///< maxima, sums or codes
    ColumnWires<std::uint16_t> valid_taps;
  };
  struct Result : Group {
    bool valid = false;
  };

  void on_clock() override;
  void reset() override;
  void accept();
  void begin_pool_group();
  void pool_tap();
  void end_pool_group();
  void add_half();
  void look_up();
  /// The next group of an elementwise command of so many elements.
  void begin_group(std::uint32_t elements, std::uint32_t output_base);
  void end_group();
  void write_results(const Group& result);
  void report();

  const AcceleratorConfig config_;
  Profile& profile_;

  State state_ = State::kIdle;
  CommandHeader header_;
  CommandStamp stamp_;
  ProgramFault fault_ = ProgramFault::kNone;
  enum class Kind : std::uint8_t { kPool, kAdd, kLookup };
  Kind kind_ = Kind::kPool;
  Pool pool_;
  Add add_;
  Lookup lookup_;

  Group group_;                   ///< being read
  ResultStages<Result> results_;  ///< the last is written at the next edge

  // Pooling: the group's first output and the tap.
  std::uint32_t image_ = 0, channel_ = 0, pixel_ = 0;
  std::uint32_t output_row_ = 0, output_column_ = 0;  ///< of pixel_
  std::uint8_t tap_row_ = 0, tap_column_ = 0;
  std::uint32_t plane_ = 0;  ///< first element of the input plane
  std::array<std::uint16_t, AcceleratorConfig::kMaxColumns> window_row_{},
      window_column_{};  ///< of the padded input

  // Addition and look-up: the group's first element; which addend is next.
  std::uint32_t element_ = 0;
  bool second_addend_ = false;

  std::uint32_t output_reads_ = 0, output_writes_ = 0;  ///< cycles with one, for waveforms
};

}  // namespace bitbalance::rtl
