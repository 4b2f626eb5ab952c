#include "hw/rtl/dma/load_engine.h"

#include "base/bits.h"
#include "hw/isa/command/command_check.h"

namespace bitbalance::rtl {

LoadEngine::LoadEngine(const sc_core::sc_module_name& name, const AcceleratorConfig& config, Profile& profile)
    : DmaEngine(name, config, profile),
      staging_bytes_(config.staging_bytes()),
      staging_mask_(low_mask(index_bits(staging_bytes_))),
      staging_(staging_mask_ + 1) {}

ProgramFault LoadEngine::begin(const IssuedCommand& command) {
  return std::visit(
      [this, &regions = command.regions](const auto& body) {
        using Body = std::decay_t<decltype(body)>;
        if constexpr (std::is_same_v<Body, LoadWeights> || std::is_same_v<Body, LoadParameters> ||
                      std::is_same_v<Body, LoadTable> || std::is_base_of_v<LoadTensor, Body>) {
          const ProgramFault refusal = check(body, config_, regions);
          if (refusal == ProgramFault::kNone) begin(body, regions);
          return refusal;
        } else {
          return ProgramFault::kBadOpcode;
        }
      },
      command.body);
}

void LoadEngine::begin(const LoadWeights& load, const RegionMap& regions) {
  target_ = Target::kWeights;
  bytes_event_ = Event::kDramReadWeight;
  words_ = WeightWordWalk(load, static_cast<std::uint32_t>(config_.weight_bank_bytes));
  begin_blob(load, regions);
}

void LoadEngine::begin(const LoadParameters& load, const RegionMap& regions) {
  target_ = Target::kParameters;
  bytes_event_ = Event::kDramReadParameter;
  entry_ = load.base;
  entries_end_ = std::uint32_t{load.base} + load.entries;
  begin_blob(load, regions);
}

void LoadEngine::begin(const LoadTable& load, const RegionMap& regions) {
  target_ = Target::kTable;
  bytes_event_ = Event::kDramReadParameter;
  table_ = load;
  table_byte_ = 0;
  begin_blob(load, regions);
}

void LoadEngine::begin(const LoadActivations& load, const RegionMap& regions) {
  target_ = Target::kActivations;
  bytes_event_ = Event::kDramReadActivation;
  begin_tensor(load, regions);
}

void LoadEngine::begin(const LoadOutputs& load, const RegionMap& regions) {
  target_ = Target::kOutputs;
  bytes_event_ = Event::kDramReadOperand;
  begin_tensor(load, regions);
}

void LoadEngine::begin_tensor(const LoadTensor& load, const RegionMap& regions) {
  tensor_ = load;
  lines_ = LineWalk(load, static_cast<std::uint32_t>(config_.lanes(load.slice.width)));
  line_cycle_ = 0;
  begin_transfer(RunWalk(load.slice, regions.address(Region::kData, load.slice.dram_offset)));
}

template <class Blob>
void LoadEngine::begin_blob(const Blob& blob, const RegionMap& regions) {
  begin_transfer(RunWalk(regions.address(Region::kConstants, blob.dram_offset), blob_bytes(blob)));
}

void LoadEngine::begin_transfer(const RunWalk& runs) {
  requested_bursts_ =
      BurstWalk(runs, static_cast<std::uint32_t>(config_.dram.burst_bytes), BurstShape::kAligned);
  arriving_bursts_ = requested_bursts_;
  requested_ = arrived_ = consumed_ = 0;
}

void LoadEngine::run() {
  if (fault_ != ProgramFault::kNone) {
    if (outstanding_ == 0) {
      finish();
    } else {
      receive();
      if (responses.empty() && outstanding_ != 0) sleep();
    }
    return;
  }
  // In this order each stage sees the staging buffer as the edge before left it.
  request();
  write();
  receive();
  if (state_ == State::kRunning && is_blocked()) sleep();
}

/// Nothing can be done before a response, or room for a request, comes.
bool LoadEngine::is_blocked() const {
  if (fault_ != ProgramFault::kNone || !responses.empty() || can_write()) return false;
  return requested_bursts_.done() || requests.full() || !has_staging_room();
}

bool LoadEngine::can_write() const {
  const bool lines = target_ == Target::kActivations || target_ == Target::kOutputs;
  return lines ? staged() >= line_bytes() : staged() > 0;
}

bool LoadEngine::has_staging_room() const {
  return requested_ - consumed_ + requested_bursts_.burst().useful <= staging_bytes_;
}

std::uint64_t LoadEngine::line_bytes() const {
  return std::uint64_t{lines_.line().data} * element_bytes(tensor_.slice.width);
}

void LoadEngine::request() {
  if (requested_bursts_.done() || !requests.can_push() || !has_staging_room()) return;
  const Burst& burst = requested_bursts_.burst();
  push_request(burst);
  requested_ += burst.useful;
  EventCounts& events = profile_.layer(header_.layer).events;
  events.add(bytes_event_, burst.useful);
  events.add(Event::kDramReadUnused, burst.bytes - burst.useful);
  events.add(Event::kDramReadBurst);
  requested_bursts_.advance();
}

void LoadEngine::receive() {
  if (!responses.can_pop()) return;
  const MemoryResponse& response = responses.front();
  const Burst& burst = arriving_bursts_.burst();
  if (response.error) fault_ = ProgramFault::kMemoryError;
  for (std::uint32_t i = 0; i < burst.useful; ++i) {
    staging_[(arrived_ + i) & staging_mask_] = response.data[burst.skip + i];
  }
  arrived_ += burst.useful;
  arriving_bursts_.advance();
  pop_response();
}

void LoadEngine::write() {
  switch (target_) {
    case Target::kWeights:
      write_weights();
      break;
    case Target::kParameters:
      write_parameters();
      break;
    case Target::kTable:
      write_table();
      break;
    case Target::kActivations:
      write_line(*activations.operator->(), Event::kActivationBufferWrite);
      break;
    case Target::kOutputs:
      write_line(*outputs.operator->(), Event::kOutputBufferWrite);
      break;
  }
}

// A line of weights, parameters or a table is whatever is staged: the one burst that arrived at the edge
// before.
void LoadEngine::write_weights() {
  const std::uint64_t bytes = staged();
  if (bytes == 0) return;
  ++writes_;
  for (std::uint64_t at = 0; at < bytes; at += 8) {
    std::uint64_t word = 0;
    for (unsigned i = 0; i < 8; ++i) word |= std::uint64_t{staged_byte(at + i)} << (8 * i);
    weights->write_word(words_.bank(), words_.address(), word, stamp_);
    words_.advance();
  }
  profile_.count(header_.layer, Event::kWeightBufferWrite, static_cast<std::int64_t>(bytes / 8));
  consume(bytes);
  if (words_.done()) finish();
}

void LoadEngine::write_parameters() {
  constexpr std::uint64_t kEntry = AcceleratorConfig::kParameterBytes;
  const std::uint64_t bytes = staged();
  if (bytes == 0) return;
  ++writes_;
  std::uint8_t packed[kEntry];
  for (std::uint64_t at = 0; at < bytes; at += kEntry) {
    for (std::uint64_t i = 0; i < kEntry; ++i) packed[i] = staged_byte(at + i);
    parameters->write(entry_++, parameter_at(packed), stamp_);
  }
  profile_.count(header_.layer, Event::kParameterWrite, static_cast<std::int64_t>(bytes / kEntry));
  consume(bytes);
  if (entry_ == entries_end_) finish();
}

void LoadEngine::write_table() {
  const std::uint64_t bytes = staged();
  if (bytes == 0) return;
  ++writes_;
  for (std::uint64_t at = 0; at < bytes; ++at)
    tables->write(table_.table, table_byte_++, staged_byte(at), stamp_);
  profile_.count(header_.layer, Event::kTableWrite,
                 static_cast<std::int64_t>(bytes / element_bytes(table_.width)));
  consume(bytes);
  if (table_byte_ == table_bytes(table_.width)) finish();
}

template <class Buffer>
void LoadEngine::write_line(Buffer& buffer, Event write_event) {
  const Line& line = lines_.line();
  const Width width = tensor_.slice.width;
  if (!can_write()) return;
  ++writes_;
  const PhaseRun run = lines_.phase(line_cycle_);
  for (std::uint32_t i = 0; i < run.count; ++i) {
    // Unsigned: what lies left of the data wraps to a large index, too.
    const std::uint32_t index = run.first + i * lines_.phases() - line.left_padding;
    buffer.write(run.address + i, width, index < line.data ? staged_element(index) : tensor_.pad_value,
                 stamp_);
  }
  profile_.count(header_.layer, write_event, run.count);
  if (++line_cycle_ < lines_.phases()) return;
  line_cycle_ = 0;
  consume(line_bytes());
  lines_.advance();
  if (lines_.done()) finish();
}

int LoadEngine::staged_element(std::uint32_t index) const {
  if (tensor_.slice.width == Width::k8) return staged_byte(index);
  const int high = staged_byte(2 * std::uint64_t{index} + 1);
  return static_cast<std::int16_t>(staged_byte(2 * std::uint64_t{index}) | high << 8);
}

void LoadEngine::describe(SignalList& signals) const {
  signals.add(*this, "state", state_, {"idle", "running", "reporting"});
  signals.add(*this, "target", target_, {"weights", "parameters", "table", "activations", "outputs"});
  signals.add(*this, "request.address", request_address_);
  signals.add(*this, "outstanding", outstanding_, 8);
  signals.add(*this, "bytes_requested", requested_, 32);
  signals.add(*this, "bytes_arrived", arrived_, 32);
  signals.add(*this, "bytes_written", consumed_, 32);
  signals.add(*this, "line_cycle", line_cycle_, 4);
  signals.add(*this, "writes", writes_);
}

}  // namespace bitbalance::rtl
