#include "hw/rtl/activation_buffer.h"

namespace bitbalance::rtl {

ActivationBuffer::ActivationBuffer(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
                                   Ports ports, Profile& profile)
    : sc_module(name),
      clk("clk"),
      config_(config),
      ports_(ports),
      profile_(profile),
      store_(static_cast<std::size_t>(config.activation_buffer_bytes)) {
  SC_HAS_PROCESS(ActivationBuffer);
  SC_METHOD(on_clock);
  sensitive << clk.pos();
  dont_initialize();
}

void ActivationBuffer::on_clock() {
  if (!reading_) {
    if (!ports_.fetches.can_pop()) return;
    if (ports_.fetches.front().first_of_tile) {
      if (!ports_.tiles.can_pop()) return;
      take_tile();
    }
    ports_.fetches.pop();
    start_step();
  }
  if (turn_ < tile_.conflicts) read_turn();
  if (turn_ == tile_.conflicts && ports_.vectors.can_push()) {
    ports_.vectors.push(vector_);
    reading_ = false;
  }
}

void ActivationBuffer::take_tile() {
  tile_ = ports_.tiles.front();
  ports_.tiles.pop();
  channel_ = 0;
  kernel_row_ = kernel_column_ = 0;
  std::uint8_t sorted = 0;
  for (int turn = 0; turn < tile_.conflicts; ++turn) {
    turn_begin_[static_cast<std::size_t>(turn)] = sorted;
    for (std::uint8_t lane = 0; lane < tile_.lanes; ++lane) {
      if (tile_.turn[lane] != turn) continue;
      lane_[sorted] = lane;
      address_[sorted] = tile_.base[lane] + tile_.channel_offset;
      ++sorted;
    }
  }
  turn_begin_[tile_.conflicts] = sorted;
  vector_.lane.fill(0);
  profile_.count(tile_.layer, Event::kActivationBufferRead, std::int64_t{tile_.lanes} * tile_.steps);
}

void ActivationBuffer::start_step() {
  reading_ = true;
  turn_ = 0;
  const unsigned row = unsigned{kernel_row_} * tile_.dilation_h;
  const unsigned column = unsigned{kernel_column_} * tile_.dilation_w;
  const unsigned phase =
      (channel_ * unsigned{tile_.stride_h} + row % tile_.stride_h) * tile_.stride_w + column % tile_.stride_w;
  offset_ = (phase * tile_.plane_rows + row / tile_.stride_h) * tile_.plane_columns + column / tile_.stride_w;
  if (++kernel_column_ < tile_.kernel_w) return;
  kernel_column_ = 0;
  if (++kernel_row_ < tile_.kernel_h) return;
  kernel_row_ = 0;
  ++channel_;
}

void ActivationBuffer::read_turn() {
  const int begin = turn_begin_[turn_];
  const int end = turn_begin_[turn_ + std::size_t{1}];
  if (tile_.wide) {
    read_lanes<true, true>(begin, end);
  } else if (tile_.input_signed) {
    read_lanes<false, true>(begin, end);
  } else {
    read_lanes<false, false>(begin, end);
  }
  ++turn_;
}

template <bool Wide, bool Signed>
void ActivationBuffer::read_lanes(int begin, int end) {
  for (int i = begin; i < end; ++i) {
    const auto at = static_cast<std::size_t>(i);
    vector_.lane[lane_[at]] = static_cast<std::int16_t>(store_.read(address_[at] + offset_, Wide, Signed));
  }
}

void ActivationBuffer::describe(SignalList& signals) const {
  signals.add("activation_buffer.reading", reading_);
  signals.add("activation_buffer.turn", turn_);
  signals.add("activation_buffer.conflicts", tile_.conflicts);
  signals.add("activation_buffer.channel", channel_);
  signals.add("activation_buffer.kernel_row", kernel_row_);
  signals.add("activation_buffer.kernel_column", kernel_column_);
  signals.add("activation_buffer.offset", offset_);
}

}  // namespace bitbalance::rtl
