#include "hw/rtl/buffer/activation_buffer.h"

namespace bitbalance::rtl {
namespace {

/// Of a row or column of the input among those of its stride phase. Most strides are 1, and two divisions
/// would take as long as all reads of a step.
struct Place {
  Place(unsigned position, unsigned stride)
      : phase(stride == 1 ? 0 : position % stride), index(stride == 1 ? position : position / stride) {}
  unsigned phase;
  unsigned index;
};

}  // namespace

ActivationBuffer::ActivationBuffer(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
                                   Profile& profile)
    : Clocked(name),
      config_(config),
      profile_(profile),
      store_(static_cast<std::size_t>(config.activation_buffer_bytes)),
      hazards_("activation buffer", "byte", static_cast<std::size_t>(config.activation_buffer_bytes)) {
  vector_.lane.use(config.lanes(Width::k8));
}

void ActivationBuffer::on_clock() {
  if (!reading_) {
    if (!fetches.can_pop()) {
      if (fetches.empty()) sleep();
      return;
    }
    if (fetches.front().first_of_tile) {
      if (!tiles.can_pop()) return;
      take_tile();
    }
    fetches.pop();
    start_step();
  }
  if (turn_ < tile_.conflicts) read_turn();
  if (turn_ < tile_.conflicts) return;
  if (vectors.can_push()) {
    vectors.push(vector_);
    reading_ = false;
    if (fetches.empty()) sleep();
  } else if (vectors.full()) {
    sleep();
  }
}

void ActivationBuffer::reset() {
  reading_ = false;
  turn_ = 0;
}

void ActivationBuffer::take_tile() {
  tile_ = tiles.front();
  tiles.pop();
  channel_ = 0;
  kernel_row_ = kernel_column_ = 0;
  std::uint16_t runs = 0;
  for (int turn = 0; turn < tile_.conflicts; ++turn) {
    const std::uint16_t begin = runs;
    turn_begin_[turn] = begin;
    for (std::uint16_t lane = 0; lane < tile_.lanes; ++lane) {
      if (tile_.turn[lane] == turn) add_lane(lane, begin, runs);
    }
  }
  turn_begin_[tile_.conflicts] = runs;
  vector_.lane.fill(0);
  profile_.count(tile_.layer, Event::kActivationBufferRead, std::int64_t{tile_.lanes} * tile_.steps);
}

void ActivationBuffer::add_lane(std::uint16_t lane, std::uint16_t turn_begin, std::uint16_t& runs) {
  const std::uint32_t address = tile_.base[lane] + tile_.channel_offset;
  if (runs > turn_begin) {
    Run& last = runs_[runs - std::size_t{1}];
    if (lane == last.lane + last.lanes && address == last.address + last.lanes) {
      ++last.lanes;
      return;
    }
  }
  runs_[runs++] = {lane, 1, address};
}

void ActivationBuffer::start_step() {
  reading_ = true;
  turn_ = 0;
  const Place row(unsigned{kernel_row_} * tile_.dilation_h, tile_.stride_h);
  const Place column(unsigned{kernel_column_} * tile_.dilation_w, tile_.stride_w);
  const unsigned phase = (channel_ * unsigned{tile_.stride_h} + row.phase) * tile_.stride_w + column.phase;
  offset_ = (phase * tile_.plane_rows + row.index) * tile_.plane_columns + column.index;
  if (++kernel_column_ < tile_.kernel_w) return;
  kernel_column_ = 0;
  if (++kernel_row_ < tile_.kernel_h) return;
  kernel_row_ = 0;
  ++channel_;
}

void ActivationBuffer::read_turn() {
  const int begin = turn_begin_[turn_];
  const int end = turn_begin_[turn_ + std::size_t{1}];
  if (tile_.width == Width::k16) {
    read_runs<true, true>(begin, end);
  } else if (tile_.input_signed) {
    read_runs<false, true>(begin, end);
  } else {
    read_runs<false, false>(begin, end);
  }
  ++turn_;
  ++reads_;
}

template <bool Wide, bool Signed>
void ActivationBuffer::read_runs(int begin, int end) {
  for (int i = begin; i < end; ++i) {
    const Run& run = runs_[i];
    constexpr std::size_t kBytes = element_bytes(Wide ? Width::k16 : Width::k8);
    hazards_.read(kBytes * (run.address + offset_), kBytes * run.lanes, tile_.stamp);
    store_.read_line<Wide, Signed>(run.address + offset_, run.lanes, &vector_.lane[run.lane]);
  }
}

void ActivationBuffer::describe(SignalList& signals) const {
  signals.add(*this, "reading", reading_);
  signals.add(*this, "turn", turn_, kLaneCountBits);
  signals.add(*this, "conflicts", tile_.conflicts, kLaneCountBits);
  signals.add(*this, "channel", channel_);
  signals.add(*this, "kernel_row", kernel_row_);
  signals.add(*this, "kernel_column", kernel_column_);
  signals.add(*this, "offset", offset_);
  signals.add(*this, "reads", reads_);
}

}  // namespace bitbalance::rtl
