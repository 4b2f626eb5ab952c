// Brings weights, parameters and activations from DRAM into the on-chip buffers: requests bursts, stages the
// bytes that arrive, and writes them in lines, with padding and split by stride phase. First unit in the
// data's way.
#pragma once

#include <cstdint>
#include <systemc>
#include <vector>

#include "hw/isa/transfer/dma_walk.h"
#include "hw/rtl/buffer/activation_buffer.h"
#include "hw/rtl/buffer/lookup_tables.h"
#include "hw/rtl/buffer/output_buffer.h"
#include "hw/rtl/buffer/parameter_buffer.h"
#include "hw/rtl/buffer/weight_buffer.h"
#include "hw/rtl/dma/dma_engine.h"
#include "hw/rtl/signal_list.h"

namespace bitbalance::rtl {

class LoadEngine : public DmaEngine {
 public:
  sc_core::sc_port<WeightBuffer> weights{"weights"};
  sc_core::sc_port<ParameterBuffer> parameters{"parameters"};
  sc_core::sc_port<LookupTables> tables{"tables"};
  sc_core::sc_port<ActivationBuffer> activations{"activations"};
  sc_core::sc_port<OutputBuffer> outputs{"outputs"};

  LoadEngine(const sc_core::sc_module_name& name, const AcceleratorConfig& config, Profile& profile);

  void describe(SignalList& signals) const override;

 private:
  enum class Target : std::uint8_t { kWeights, kParameters, kTable, kActivations, kOutputs };

  ProgramFault begin(const IssuedCommand& command) override;
  void begin(const LoadWeights& load, const RegionMap& regions);
  void begin(const LoadParameters& load, const RegionMap& regions);
  void begin(const LoadTable& load, const RegionMap& regions);
  void begin(const LoadActivations& load, const RegionMap& regions);
  void begin(const LoadOutputs& load, const RegionMap& regions);
  void begin_tensor(const LoadTensor& load, const RegionMap& regions);
  template <class Blob>
  void begin_blob(const Blob& blob, const RegionMap& regions);
  void begin_transfer(const RunWalk& runs);
  void run() override;
  bool is_blocked() const;
  bool can_write() const;
  bool has_staging_room() const;
  std::uint64_t line_bytes() const;
  void request();
  void receive();
  void write();
  void write_weights();
  void write_parameters();
  void write_table();
  template <class Buffer>
  void write_line(Buffer& buffer, Event write_event);

  /// Bytes that have arrived and that no line has taken.
  std::uint64_t staged() const { return arrived_ - consumed_; }
  /// Staged byte `index`, counted from the oldest.
  std::uint8_t staged_byte(std::uint64_t index) const {
    return staging_[(consumed_ + index) & staging_mask_];
  }
  int staged_element(std::uint32_t index) const;
  void consume(std::uint64_t bytes) { consumed_ += bytes; }

  Target target_ = Target::kWeights;
  LoadTensor tensor_;  ///< kActivations, kOutputs

  // Request side and response side walk the same bursts, the one ahead of the other.
  BurstWalk requested_bursts_, arriving_bursts_;
  Event bytes_event_ = Event::kDramReadWeight;
  // Bytes of the command, counted from its first: staging holds those from consumed_ to arrived_.
  std::uint64_t requested_ = 0, arrived_ = 0, consumed_ = 0;
  std::uint64_t staging_bytes_;
  std::uint64_t staging_mask_;
  std::vector<std::uint8_t> staging_;  ///< ring, a power of two

  // Write side.
  WeightWordWalk words_;
  std::uint32_t entry_ = 0, entries_end_ = 0;
  LoadTable table_;
  std::uint32_t table_byte_ = 0;
  LineWalk lines_;
  std::uint32_t line_cycle_ = 0;
  std::uint32_t writes_ = 0;  ///< cycles with one into `target_`, for waveforms
};

}  // namespace bitbalance::rtl
