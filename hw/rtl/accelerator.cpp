#include "hw/rtl/accelerator.h"

#include <memory>

#include "base/text/enum_index.h"
#include "hw/port/clock_period.h"

namespace bitbalance::rtl {
namespace {

std::unique_ptr<PeArrayPorts> our_array(const char* name, const AcceleratorConfig& config, Profile& profile) {
  return std::make_unique<PeArray>(name, config, profile);
}

}  // namespace

Accelerator::Accelerator(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
                         const AcceleratorOptions& options, const PeArraySubstitute& substitute)
    : sc_module(name),
      config_((check(config), config)),
      channels_("channels", config.pipeline),
      weight_buffer_(config),
      parameter_buffer_(config),
      output_buffer_(config),
      csr_port_(
          "csr_port", [this] { return controller_.registers(); }, [this] { controller_.register_written(); },
          options.tolerant_csr),
      memory_port_("memory_port", config.dram, options),
      controller_("controller", config, profile_, options.watchdog_cycles),
      activation_buffer_("activation_buffer", config, profile_),
      load_engine_("load_engine", config, profile_),
      tile_sequencer_("tile_sequencer", config),
      weight_encoder_("weight_encoder", config, profile_),
      pe_array_((substitute ? substitute : our_array)("pe_array", config, profile_)),
      post_processor_("post_processor", config, profile_),
      vector_unit_("vector_unit", config, profile_),
      store_engine_("store_engine", config, profile_) {
  csr.bind(csr_port_.socket);
  memory_port_.socket.bind(mem);
  for (Clocked* const unit : std::initializer_list<Clocked*>{
           &memory_port_, &controller_, &activation_buffer_, &load_engine_, &tile_sequencer_,
           &weight_encoder_, pe_array_.get(), &post_processor_, &vector_unit_, &store_engine_}) {
    unit->clk(clk);
    unit->rst(rst);
  }
  Channels& c = channels_;

  controller_.csr(csr_port_);
  controller_.irq(irq);
  controller_.memory(memory_port_);
  controller_.compute_meter(compute_meter_);
  controller_.requests(c.command_requests);
  controller_.responses(c.command_responses);
  controller_.acceptances(c.acceptances);
  const auto connect = [this](Engine engine, Channel<IssuedCommand>& commands,
                              Channel<Completion>& completions) {
    controller_.ports[enum_index(engine)].commands(commands);
    controller_.ports[enum_index(engine)].completions(completions);
  };
  connect(Engine::kLoad, c.load_commands, c.load_completions);
  connect(Engine::kCompute, c.compute_commands, c.compute_completions);
  connect(Engine::kVector, c.vector_commands, c.vector_completions);
  connect(Engine::kStore, c.store_commands, c.store_completions);

  const auto lane = [this](MemoryChannel channel, Channel<MemoryRequest>& requests,
                           Channel<MemoryResponse>& responses) {
    memory_port_.lanes[enum_index(channel)].requests(requests);
    memory_port_.lanes[enum_index(channel)].responses(responses);
  };
  lane(MemoryChannel::kCommand, c.command_requests, c.command_responses);
  lane(MemoryChannel::kRead, c.read_requests, c.read_responses);
  lane(MemoryChannel::kWrite, c.write_requests, c.write_responses);

  load_engine_.commands(c.load_commands);
  load_engine_.requests(c.read_requests);
  load_engine_.responses(c.read_responses);
  load_engine_.weights(weight_buffer_);
  load_engine_.parameters(parameter_buffer_);
  load_engine_.tables(lookup_tables_);
  load_engine_.activations(activation_buffer_);
  load_engine_.outputs(output_buffer_);
  load_engine_.completions(c.load_completions);

  tile_sequencer_.commands(c.compute_commands);
  tile_sequencer_.encoder(c.encoder_tiles);
  tile_sequencer_.activations(c.activation_tiles);
  tile_sequencer_.targets(c.drain_targets);
  tile_sequencer_.last_slots(c.last_slots);
  tile_sequencer_.acceptances(c.acceptances);

  weight_encoder_.weights(weight_buffer_);
  weight_encoder_.tiles(c.encoder_tiles);
  weight_encoder_.fetches(c.step_fetches);
  weight_encoder_.slots(c.token_slots);

  activation_buffer_.tiles(c.activation_tiles);
  activation_buffer_.fetches(c.step_fetches);
  activation_buffer_.vectors(c.activation_vectors);

  pe_array_->slots(c.token_slots);
  pe_array_->vectors(c.activation_vectors);
  pe_array_->beats(c.drain_beats);
  pe_array_->last_slots(c.last_slots);
  pe_array_->activity(compute_meter_);

  post_processor_.targets(c.drain_targets);
  post_processor_.beats(c.drain_beats);
  post_processor_.parameters(parameter_buffer_);
  post_processor_.tables(lookup_tables_);
  post_processor_.outputs(output_buffer_);
  post_processor_.completions(c.compute_completions);

  vector_unit_.commands(c.vector_commands);
  vector_unit_.parameters(parameter_buffer_);
  vector_unit_.tables(lookup_tables_);
  vector_unit_.outputs(output_buffer_);
  vector_unit_.completions(c.vector_completions);

  store_engine_.commands(c.store_commands);
  store_engine_.outputs(output_buffer_);
  store_engine_.requests(c.write_requests);
  store_engine_.responses(c.write_responses);
  store_engine_.completions(c.store_completions);
}

void Accelerator::start_of_simulation() {
  if (clock_need_) controller_.domain().observe_need(clock_need_);
  if (at_start_) at_start_(controller_.domain());
}

std::vector<ChannelState*> Channels::all() const {
  std::vector<ChannelState*> channels;
  for (sc_core::sc_object* const child : get_child_objects())
    channels.push_back(&dynamic_cast<ChannelState&>(*child));
  return channels;
}

void Accelerator::describe(SignalList& signals) const {
  controller_.describe(signals);
  memory_port_.describe(signals);
  load_engine_.describe(signals);
  tile_sequencer_.describe(signals);
  weight_encoder_.describe(signals);
  activation_buffer_.describe(signals);
  pe_array_->describe(signals);
  post_processor_.describe(signals);
  vector_unit_.describe(signals);
  store_engine_.describe(signals);
  for (const ChannelState* const channel : channels_.all()) channel->describe(signals);
}

void Accelerator::set_observer(ExecutionObserver* observer) {
  controller_.set_observer(observer);
  compute_meter_.set_observer(observer);
  pe_array_->set_observer(observer);
  memory_port_.set_observer(observer);
}

void Accelerator::set_stalls(std::uint64_t seed, unsigned percent) {
  stalls_.clear();
  const sc_core::sc_time period = port::clock_period(config_);
  for (ChannelState* const channel : channels_.all()) {
    RandomStall* stall = nullptr;
    if (percent > 0) {
      stalls_.push_back(std::make_unique<RandomStall>(seed * 64 + stalls_.size(), percent, period));
      stall = stalls_.back().get();
    }
    channel->set_stall(stall);
  }
}

}  // namespace bitbalance::rtl
