#include "hw/rtl/accelerator.h"

namespace bitbalance::rtl {

Accelerator::Accelerator(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
                         std::int64_t watchdog_cycles)
    : sc_module(name),
      config_((check(config), config)),
      weight_buffer_(config),
      parameter_buffer_(config),
      output_buffer_(config),
      csr_port_("csr_port", [this] { return controller_.registers(); }),
      memory_port_("memory_port", config.dram,
                   {{{command_requests_, command_responses_},
                     {read_requests_, read_responses_},
                     {write_requests_, write_responses_}}}),
      controller_("controller", config, controller_ports(), compute_meter_, memory_port_, profile_,
                  watchdog_cycles),
      activation_buffer_("activation_buffer", config, {activation_tiles_, step_fetches_, activation_vectors_},
                         profile_),
      load_engine_("load_engine", config, controller_.regions(),
                   {load_commands_, read_requests_, read_responses_, load_completions_},
                   {weight_buffer_, parameter_buffer_, activation_buffer_, output_buffer_}, profile_),
      tile_sequencer_(
          "tile_sequencer", config,
          {compute_commands_, encoder_tiles_, activation_tiles_, drain_targets_, last_slots_, acceptances_}),
      weight_encoder_("weight_encoder", config, {encoder_tiles_, step_fetches_, token_slots_}, weight_buffer_,
                      profile_),
      pe_array_("pe_array", config, {token_slots_, activation_vectors_, drain_beats_, last_slots_},
                compute_meter_, profile_),
      post_processor_("post_processor", config, {drain_targets_, drain_beats_, compute_completions_},
                      parameter_buffer_, output_buffer_, profile_),
      vector_unit_("vector_unit", config, {vector_commands_, vector_completions_}, parameter_buffer_,
                   output_buffer_, profile_),
      store_engine_("store_engine", config, controller_.regions(),
                    {store_commands_, write_requests_, write_responses_, store_completions_}, output_buffer_,
                    profile_) {
  csr.bind(csr_port_.socket);
  memory_port_.socket.bind(mem);
  controller_.irq(irq);
  memory_port_.clk(clk);
  controller_.clk(clk);
  activation_buffer_.clk(clk);
  load_engine_.clk(clk);
  tile_sequencer_.clk(clk);
  weight_encoder_.clk(clk);
  pe_array_.clk(clk);
  post_processor_.clk(clk);
  vector_unit_.clk(clk);
  store_engine_.clk(clk);
}

Controller::Ports Accelerator::controller_ports() {
  return {csr_port_,
          command_requests_,
          command_responses_,
          {{{load_commands_, load_completions_},
            {compute_commands_, compute_completions_},
            {vector_commands_, vector_completions_},
            {store_commands_, store_completions_}}},
          acceptances_};
}

template <class Self, class Visitor>
void Accelerator::for_each_channel(Self& self, Visitor&& visit) {
  visit(self.command_requests_);
  visit(self.command_responses_);
  visit(self.load_commands_);
  visit(self.compute_commands_);
  visit(self.vector_commands_);
  visit(self.store_commands_);
  visit(self.read_requests_);
  visit(self.read_responses_);
  visit(self.encoder_tiles_);
  visit(self.activation_tiles_);
  visit(self.step_fetches_);
  visit(self.token_slots_);
  visit(self.activation_vectors_);
  visit(self.last_slots_);
  visit(self.drain_targets_);
  visit(self.drain_beats_);
  visit(self.write_requests_);
  visit(self.write_responses_);
  visit(self.acceptances_);
  visit(self.load_completions_);
  visit(self.compute_completions_);
  visit(self.vector_completions_);
  visit(self.store_completions_);
}

void Accelerator::describe(SignalList& signals) const {
  controller_.describe(signals);
  memory_port_.describe(signals);
  load_engine_.describe(signals);
  tile_sequencer_.describe(signals);
  weight_encoder_.describe(signals);
  activation_buffer_.describe(signals);
  pe_array_.describe(signals);
  post_processor_.describe(signals);
  vector_unit_.describe(signals);
  store_engine_.describe(signals);
  for_each_channel(*this, [&signals](const auto& channel) {
    channel.describe(signals, std::string("channels.") + channel.basename());
  });
}

void Accelerator::set_stalls(std::uint64_t seed, unsigned percent) {
  stalls_.clear();
  const sc_core::sc_time period(1.0 / config_.clock_hz, sc_core::SC_SEC);
  for_each_channel(*this, [&](auto& channel) {
    Stall* stall = nullptr;
    if (percent > 0) {
      stalls_.push_back(std::make_unique<Stall>(seed * 64 + stalls_.size(), percent, period));
      stall = stalls_.back().get();
    }
    channel.set_stall(stall);
  });
}

}  // namespace bitbalance::rtl
