#include "hw/isa/transfer/dma_walk.h"

#include <algorithm>

#include "hw/isa/config.h"
#include "hw/isa/lookup_table.h"

namespace bitbalance::isa {

std::uint64_t extent_bytes(const TensorSlice& slice) {
  return std::uint64_t{slice.image_pitch} * (slice.images - 1u) +
         std::uint64_t{slice.channel_pitch} * (slice.channels - 1u) +
         std::uint64_t{slice.rows} * slice.columns * element_bytes(slice.width) +
         std::uint64_t{slice.row_gap} * (slice.rows - 1u);
}

std::uint64_t blob_bytes(const LoadWeights& load) {
  const std::uint64_t last_groups = load.groups / load.groups_per_conv_group;
  return (last_groups * load.last_rows + (load.groups - last_groups) * load.rows) * load.row_bytes;
}

std::uint64_t blob_bytes(const LoadParameters& load) {
  return std::uint64_t{load.entries} * AcceleratorConfig::kParameterBytes;
}

std::uint64_t blob_bytes(const LoadTable& load) {
  return table_bytes(load.width);
}

RunWalk::RunWalk(std::uint64_t address, std::uint64_t bytes)
    : address_(address), piece_bytes_(bytes), images_(1), channels_(1) {
  advance();
}

RunWalk::RunWalk(const TensorSlice& slice, std::uint64_t address)
    : address_(address),
      piece_bytes_(std::uint64_t{slice.rows} * slice.columns * element_bytes(slice.width)),
      image_pitch_(slice.image_pitch),
      channel_pitch_(slice.channel_pitch),
      images_(slice.images),
      channels_(slice.channels) {
  if (slice.row_gap != 0) {
    rows_ = slice.rows;
    piece_bytes_ /= rows_;
    row_pitch_ = piece_bytes_ + slice.row_gap;
  } else if (channel_pitch_ == piece_bytes_) {  // an image is one piece
    piece_bytes_ *= channels_;
    channels_ = 1;
  }
  advance();
}

void RunWalk::leave_out(std::uint32_t units, std::uint64_t unit_bytes) {
  if (image_ == images_) {
    run_.bytes -= units * unit_bytes;
  } else if (images_ > 1) {
    images_ -= units;
  } else {
    channels_ -= units;
  }
}

BurstWalk::BurstWalk(const RunWalk& runs, std::uint32_t burst_bytes, BurstShape shape)
    : runs_(runs), burst_bytes_(burst_bytes), shape_(shape) {
  if (!done()) cut();
}

LineWalk::LineWalk(const LoadTensor& load, std::uint32_t line_elements)
    : line_elements_(line_elements),
      images_(load.slice.images),
      channels_(load.slice.channels),
      rows_(load.slice.rows),
      columns_(load.slice.columns),
      pad_top_(load.pad_top),
      pad_left_(load.pad_left),
      padded_rows_(static_cast<std::uint32_t>(load.padded_rows())),
      padded_columns_(static_cast<std::uint32_t>(load.padded_columns())),
      stride_h_(load.stride_h),
      stride_w_(load.stride_w),
      base_(load.base),
      image_stride_(load.image_stride) {
  const bool dense = padded_rows_ == rows_ && padded_columns_ == columns_ && stride_h_ == 1 && stride_w_ == 1;
  if (dense) {
    dense_channel_ = columns_ * rows_;
    columns_ = padded_columns_ = columns_ * rows_ * channels_;
    rows_ = padded_rows_ = channels_ = 1;
  }
  plane_columns_ = ceil_div(padded_columns_, stride_w_);
  plane_elements_ = plane_columns_ * ceil_div(padded_rows_, stride_h_);
  if (!done()) cut();
}

PhaseRun LineWalk::phase(std::uint32_t phase) const {
  const std::uint32_t first = (phase + stride_w_ - column_ % stride_w_) % stride_w_;
  if (first >= line_.elements) return {};
  const std::uint32_t plane = (channel_ * stride_h_ + row_ % stride_h_) * stride_w_ + phase;
  const std::uint32_t address = base_ + image_ * image_stride_ + plane * plane_elements_ +
                                row_ / stride_h_ * plane_columns_ + (column_ + first) / stride_w_;
  return {address, first, ceil_div(line_.elements - first, stride_w_)};
}

void LineWalk::leave_out(std::uint32_t units) {
  if (images_ > 1) {
    images_ -= units;
  } else if (dense_channel_ != 0) {
    columns_ = padded_columns_ -= units * dense_channel_;
  } else {
    channels_ -= units;
  }
}

WeightWordWalk::WeightWordWalk(const LoadWeights& load, std::uint32_t bank_bytes)
    : load_(load), bank_bytes_(bank_bytes), group_address_(load.base) {}

void WeightWordWalk::advance() {
  byte_ += 8;
  if (byte_ < load_.row_bytes) return;
  byte_ = 0;
  if (++row_ < rows_of_group(load_, group_)) return;
  row_ = 0;
  ++group_;
  group_address_ = (group_address_ + load_.row_bytes) % bank_bytes_;
}

}  // namespace bitbalance::isa
