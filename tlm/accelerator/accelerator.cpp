#include "tlm/accelerator/accelerator.h"

#include "hw/port/clock_period.h"

namespace bitbalance::tlm_level {

Accelerator::Accelerator(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
                         const AcceleratorOptions& options)
    : sc_module(name),
      config_((check(config), config)),
      clock_(port::clock_period(config)),
      workers_(options.threads),
      csr_port_(
          "csr_port", [this] { return controller_.registers(); }, [this] { controller_.register_written(); },
          options.tolerant_csr),
      dram_interface_("dram_interface", config, clock_, regions_,
                      {[this](bool error, const CommandBytes& bytes, Edge popped) {
                         controller_.fetched(error, bytes, popped);
                       },
                       [this](Engine engine, ProgramFault fault, Edge pushed) {
                         controller_.completed(engine, fault, pushed);
                       },
                       [this] { controller_.fetch_sent(); }},
                      profile_, options),
      controller_("controller", config, clock_, regions_, csr_port_, dram_interface_, profile_,
                  options.watchdog_cycles),
      weight_buffer_("weight_buffer", config),
      weight_encoder_("weight_encoder", config, workers_),
      activation_buffer_("activation_buffer", config, workers_),
      compute_sequencer_("compute_sequencer", config),
      pe_array_("pe_array", config),
      parameter_buffer_(config),
      post_processor_("post_processor", config),
      vector_unit_("vector_unit"),
      output_buffer_("output_buffer", config, workers_) {
  csr.bind(csr_port_.socket);
  dram_interface_.socket().bind(mem);
  controller_.irq(irq);

  controller_.loads.bind(dram_interface_);
  controller_.computes.bind(compute_sequencer_);
  controller_.vectors.bind(vector_unit_);
  controller_.stores.bind(output_buffer_);
  // In the order that data flows.
  dram_interface_.weights.bind(weight_buffer_);
  dram_interface_.parameters.bind(parameter_buffer_);
  dram_interface_.tables.bind(lookup_tables_);
  dram_interface_.activations.bind(activation_buffer_);
  dram_interface_.outputs.bind(output_buffer_);
  compute_sequencer_.streams.bind(weight_buffer_);
  weight_buffer_.streams.bind(weight_encoder_);
  weight_encoder_.groups.bind(pe_array_);
  compute_sequencer_.pixels.bind(activation_buffer_);
  activation_buffer_.blocks.bind(pe_array_);
  pe_array_.sums.bind(post_processor_);
  post_processor_.results.bind(output_buffer_);
  post_processor_.parameters.bind(parameter_buffer_);
  post_processor_.tables.bind(lookup_tables_);
  vector_unit_.parameters.bind(parameter_buffer_);
  vector_unit_.tables.bind(lookup_tables_);
  vector_unit_.elements.bind(output_buffer_);
  output_buffer_.stores.bind(dram_interface_);
}

}  // namespace bitbalance::tlm_level
