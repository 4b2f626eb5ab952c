#include "hw/rtl/compute/tile_sequencer.h"

#include <algorithm>
#include <variant>

#include "hw/isa/command/command_check.h"
#include "hw/isa/weight/row_stream.h"

namespace bitbalance::rtl {

TileSequencer::TileSequencer(const sc_core::sc_module_name& name, const AcceleratorConfig& config)
    : Clocked(name), config_(config) {
  const int lanes = config.lanes(Width::k8);
  tile_.base.use(lanes);
  tile_.turn.use(lanes);
  for (DrainTarget& target : targets_) {
    target.address.use(lanes);
    target.first_of_pool.use(lanes);
  }
}

void TileSequencer::on_clock() {
  switch (state_) {
    case State::kIdle:
      if (commands.can_pop()) accept_command();
      break;
    case State::kTiles:
      if (can_emit()) emit_tile();
      break;
    case State::kPerforming:
      if (last_slots.can_pop() && acceptances.can_push()) {
        last_slots.pop();
        finish();
      }
      break;
    case State::kRefused:
      if (acceptances.can_push()) finish();
      break;
  }
  if (queued_targets_ > 0 && targets.can_push()) forward_target();
  if (is_blocked()) sleep();
}

/// Nothing can be done before a channel changes.
bool TileSequencer::is_blocked() const {
  if (queued_targets_ > 0 && !targets.full()) return false;
  switch (state_) {
    case State::kIdle:
      return commands.empty();
    case State::kTiles:
      return encoder.full() || activations.full() || queued_targets_ == kTargetQueue;
    case State::kPerforming:
      return last_slots.empty() || acceptances.full();
    default:
      return acceptances.full();
  }
}

void TileSequencer::reset() {
  state_ = State::kIdle;
  layer_known_ = false;
  queued_targets_ = 0;
}

void TileSequencer::accept_command() {
  const IssuedCommand& issued = commands.front();
  const Compute* compute = std::get_if<Compute>(&issued.body);
  fault_ = compute != nullptr ? check(*compute, config_) : ProgramFault::kBadOpcode;
  if (!layer_known_ || layer_ != issued.header.layer) tile_.index = 0;
  layer_ = issued.header.layer;
  tile_.stamp = issued.stamp;
  layer_known_ = true;
  state_ = fault_ == ProgramFault::kNone ? State::kTiles : State::kRefused;
  if (state_ == State::kTiles) begin(*compute);
  commands.pop();
}

void TileSequencer::begin(const Compute& compute) {
  command_ = compute;
  row_bytes_ = RowStream(compute.weight_bits, compute.nnzb, config_).bytes(compute.steps());
  row_groups_ = static_cast<std::uint16_t>(compute.row_groups(config_.rows));
  lanes_ = config_.lanes(compute.width);
  group_elements_ = static_cast<std::uint32_t>(compute.channels * compute.channel_stride());
  plane_ = static_cast<std::uint32_t>(compute.result_plane());
  conv_group_ = row_group_ = 0;
  image_ = pixel_row_ = pixel_column_ = 0;

  tile_.layer = layer_;
  tile_.width = compute.width;
  tile_.input_signed = compute.input_signed;
  tile_.clear = compute.first_chunk;
  tile_.drain = compute.last_chunk;
  tile_.steps = static_cast<std::uint32_t>(compute.steps());
  tile_.weight_bits = compute.weight_bits;
  tile_.nnzb = compute.nnzb;
  tile_.channels = compute.channels;
  tile_.kernel_h = compute.kernel_h;
  tile_.kernel_w = compute.kernel_w;
  tile_.stride_h = compute.stride_h;
  tile_.stride_w = compute.stride_w;
  tile_.dilation_h = compute.dilation_h;
  tile_.dilation_w = compute.dilation_w;
  tile_.plane_rows = compute.plane_rows;
  tile_.plane_columns = compute.plane_columns;
}

bool TileSequencer::can_emit() const {
  return encoder.can_push() && activations.can_push() && queued_targets_ < kTargetQueue;
}

void TileSequencer::emit_tile() {
  DrainTarget& target = targets_[(first_target_ + queued_targets_) % kTargetQueue];
  const int first_channel = row_group_ * config_.rows;
  tile_.rows = static_cast<std::uint16_t>(command_.rows_of_group(row_group_, config_.rows));
  tile_.channel_offset = conv_group_ * group_elements_;
  const std::uint64_t stream = std::uint64_t{conv_group_} * row_groups_ + row_group_;
  tile_.weight_address = stream_address(command_, stream, row_bytes_, config_);
  const int channel = conv_group_ * command_.output_channels + first_channel;
  target.stamp = tile_.stamp;
  target.layer = layer_;
  target.parameter = static_cast<std::uint16_t>(command_.parameter_base + channel);
  target.row_pitch = plane_;
  target.command = command_;
  result_base_ = command_.output_base + static_cast<std::uint32_t>(channel) * plane_;
  deal_lanes(target);
  count_conflicts();
  next_tile();

  tile_.last_of_command = conv_group_ == command_.conv_groups;
  target.last_of_command = tile_.last_of_command;
  target.rows = tile_.drain ? tile_.rows : 0;
  target.lanes = tile_.drain ? tile_.lanes : 0;
  encoder.push(tile_);
  activations.push(tile_);
  if (tile_.drain || tile_.last_of_command) ++queued_targets_;
  ++tile_.index;
  if (tile_.last_of_command) state_ = State::kPerforming;
}

/// Gives consecutive pixels to lanes, and steps to the pixel after them.
void TileSequencer::deal_lanes(DrainTarget& target) {
  int lane = 0;
  bool row_ends = false;
  do {
    tile_.base[lane] = command_.activation_base + image_ * command_.activation_image_stride +
                       std::uint32_t{pixel_row_} * command_.plane_columns + pixel_column_;
    if (tile_.drain) place_result(target, lane);
    ++lane;
    row_ends = ++pixel_column_ == command_.columns;
    if (row_ends) {
      pixel_column_ = 0;
      if (++pixel_row_ == command_.rows) {
        pixel_row_ = 0;
        ++image_;
      }
    }
  } while (lane < lanes_ && image_ < command_.images &&
           !(row_ends && config_.column_mapping == ColumnMapping::kRow));
  tile_.lanes = static_cast<std::uint16_t>(lane);
}

void TileSequencer::place_result(DrainTarget& target, int lane) const {
  const auto at = static_cast<std::size_t>(lane);
  const int row = pixel_row_ / command_.pool_h;
  const int column = pixel_column_ / command_.pool_w;
  const int columns = command_.result_columns();
  const bool kept = row < command_.result_rows() && column < columns;
  target.address[at] = kept ? result_base_ + image_ * command_.output_image_stride +
                                  static_cast<std::uint32_t>(row * columns + column)
                            : DrainTarget::kDropped;
  target.first_of_pool[at] = pixel_row_ % command_.pool_h == 0 && pixel_column_ % command_.pool_w == 0;
}

void TileSequencer::count_conflicts() {
  const auto banks = static_cast<std::uint32_t>(config_.activation_banks(tile_.width));
  std::array<std::uint16_t, AcceleratorConfig::kMaxLanes> readers;
  std::fill_n(readers.begin(), banks, std::uint16_t{0});
  tile_.conflicts = 0;
  for (std::size_t lane = 0; lane < tile_.lanes; ++lane) {
    std::uint16_t& rank = readers[tile_.base[lane] % banks];
    tile_.turn[lane] = rank++;
    tile_.conflicts = std::max(tile_.conflicts, rank);
  }
}

void TileSequencer::next_tile() {
  if (image_ < command_.images) return;
  image_ = 0;
  if (++row_group_ < row_groups_) return;
  row_group_ = 0;
  ++conv_group_;
}

void TileSequencer::finish() {
  acceptances.push({fault_, layer_, false});
  state_ = State::kIdle;
  if (commands.can_pop()) accept_command();
}

void TileSequencer::forward_target() {
  targets.push(targets_[first_target_]);
  first_target_ = (first_target_ + 1) % kTargetQueue;
  --queued_targets_;
}

void TileSequencer::describe(SignalList& signals) const {
  signals.add(*this, "state", state_, {"idle", "tiles", "performing", "refused"});
  signals.add(*this, "layer", layer_);
  signals.add(*this, "conv_group", conv_group_);
  signals.add(*this, "row_group", row_group_);
  signals.add(*this, "image", image_);
  signals.add(*this, "pixel_row", pixel_row_);
  signals.add(*this, "pixel_column", pixel_column_);
  signals.add(*this, "tile", tile_.index);
  signals.add(*this, "lanes", tile_.lanes, kLaneCountBits);
  signals.add(*this, "conflicts", tile_.conflicts, kLaneCountBits);
  signals.add(*this, "weight_address", tile_.weight_address);
  signals.add(*this, "queued_targets", queued_targets_, 4);
}

}  // namespace bitbalance::rtl
