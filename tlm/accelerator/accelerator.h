// The transaction-level Bit-balance accelerator: the same component as the clocked one from outside,
// bit-true, and with the same cycles on any memory that answers the same bursts at the same times. Units hand
// each other blocks of data; no process ticks.
#pragma once

#include <cstdint>
#include <string>
#include <systemc>
#include <tlm>

#include "hw/isa/account/profile.h"
#include "hw/isa/config.h"
#include "hw/isa/program/region_map.h"
#include "hw/port/accelerator_options.h"
#include "hw/port/csr_port.h"
#include "tlm/accelerator/buffer/activation_buffer.h"
#include "tlm/accelerator/buffer/lookup_tables.h"
#include "tlm/accelerator/buffer/output_buffer.h"
#include "tlm/accelerator/buffer/parameter_buffer.h"
#include "tlm/accelerator/buffer/weight_buffer.h"
#include "tlm/accelerator/compute/compute_sequencer.h"
#include "tlm/accelerator/compute/pe_array.h"
#include "tlm/accelerator/compute/post_processor.h"
#include "tlm/accelerator/compute/vector_unit.h"
#include "tlm/accelerator/compute/weight_encoder.h"
#include "tlm/accelerator/controller.h"
#include "tlm/accelerator/datapath/worker_pool.h"
#include "tlm/accelerator/dma/dram_interface.h"
#include "tlm/accelerator/edge_clock.h"

namespace bitbalance::tlm_level {

class Accelerator : public sc_core::sc_module {
 public:
  tlm::tlm_target_socket<32> csr{"csr"};  ///< docs/registers.md
  /// The width that most targets are declared with; bursts are wider.
  tlm::tlm_initiator_socket<32> mem{"mem"};
  sc_core::sc_out<bool> irq{"irq"};

  /// Edge k of its clock lies at k periods of the configuration's frequency. Throws std::invalid_argument
  /// when check(config) does.
  explicit Accelerator(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
                       const AcceleratorOptions& options = {});

  /// The accounts of all programs since the last clear().
  Profile& profile() { return profile_; }
  const Profile& profile() const { return profile_; }
  /// Why the last program was stopped, where registers cannot say: which burst the memory answered how, or
  /// who waits for whom. Else empty.
  const std::string& fault_reason() const { return controller_.fault_reason(); }
  /// Told what every unit does, often ahead of its time; nullptr: nobody. Of transfers by pointer
  /// (AcceleratorOptions::use_dmi) it is told no bursts.
  void set_observer(ExecutionObserver* observer) {
    controller_.set_observer(observer);
    dram_interface_.set_observer(observer);
  }

 private:
  const AcceleratorConfig config_;
  const EdgeClock clock_;
  Profile profile_;
  RegionMap regions_;  ///< of the running program: the controller captures it, the DRAM interface reads it
  WorkerPool workers_;

  CsrPort csr_port_;
  DramInterface dram_interface_;
  Controller controller_;
  WeightBuffer weight_buffer_;
  WeightEncoder weight_encoder_;
  ActivationBuffer activation_buffer_;
  ComputeSequencer compute_sequencer_;
  PeArray pe_array_;
  ParameterBuffer parameter_buffer_;
  LookupTables lookup_tables_;
  PostProcessor post_processor_;
  VectorUnit vector_unit_;
  OutputBuffer output_buffer_;
};

}  // namespace bitbalance::tlm_level
