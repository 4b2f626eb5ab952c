#include "hw/core/dma_walk.h"

#include <algorithm>

namespace bitbalance {

std::uint64_t extent_bytes(const TensorSlice& slice) {
  return std::uint64_t{slice.image_pitch} * (slice.images - 1u) +
         std::uint64_t{slice.channel_pitch} * (slice.channels - 1u) +
         std::uint64_t{slice.rows} * slice.columns * element_bytes(slice.wide);
}

std::uint64_t blob_bytes(const LoadWeights& load) {
  const std::uint64_t last_groups = load.groups / load.groups_per_conv_group;
  return (last_groups * load.last_rows + (load.groups - last_groups) * load.rows) * load.row_bytes;
}

RunWalk::RunWalk(std::uint64_t address, std::uint64_t bytes)
    : address_(address), piece_bytes_(bytes), images_(1), channels_(1) {
  advance();
}

RunWalk::RunWalk(const TensorSlice& slice, std::uint64_t address)
    : address_(address),
      piece_bytes_(std::uint64_t{slice.rows} * slice.columns * element_bytes(slice.wide)),
      image_pitch_(slice.image_pitch),
      channel_pitch_(slice.channel_pitch),
      images_(slice.images),
      channels_(slice.channels) {
  if (channel_pitch_ == piece_bytes_) {  // an image is one piece
    piece_bytes_ *= channels_;
    channels_ = 1;
  }
  advance();
}

void RunWalk::next_piece() {
  if (++channel_ == channels_) {
    channel_ = 0;
    ++image_;
  }
}

void RunWalk::advance() {
  if (image_ == images_) {
    run_ = {};
    return;
  }
  run_ = {piece_address(), piece_bytes_};
  next_piece();
  while (image_ != images_ && piece_address() == run_.address + run_.bytes) {
    run_.bytes += piece_bytes_;
    next_piece();
  }
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

void BurstWalk::cut() {
  const std::uint64_t start = runs_.run().address + covered_;
  const auto skip = static_cast<std::uint32_t>(start % burst_bytes_);
  const std::uint64_t left = runs_.run().bytes - covered_;
  const auto useful = static_cast<std::uint32_t>(std::min<std::uint64_t>(left, burst_bytes_ - skip));
  covered_ += useful;
  if (shape_ == BurstShape::kAligned) {
    burst_ = {start - skip, burst_bytes_, skip, useful};
  } else {
    burst_ = {start, useful, 0, useful};
  }
}

void BurstWalk::advance() {
  if (covered_ == runs_.run().bytes) {
    runs_.advance();
    covered_ = 0;
    if (done()) return;
  }
  cut();
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
  plane_columns_ = (padded_columns_ + stride_w_ - 1) / stride_w_;
  plane_elements_ = plane_columns_ * ((padded_rows_ + stride_h_ - 1) / stride_h_);
  if (!done()) cut();
}

void LineWalk::cut() {
  line_.elements = std::min(line_elements_, padded_columns_ - column_);
  const bool has_data = row_ >= pad_top_ && row_ < pad_top_ + rows_;
  if (!has_data) {
    line_.left_padding = line_.elements;
    line_.data = 0;
    return;
  }
  const std::uint32_t end = column_ + line_.elements;
  const std::uint32_t data_begin = std::clamp(pad_left_, column_, end);
  const std::uint32_t data_end = std::clamp(pad_left_ + columns_, column_, end);
  line_.left_padding = data_begin - column_;
  line_.data = data_end - data_begin;
}

PhaseRun LineWalk::phase(std::uint32_t phase) const {
  const std::uint32_t first = (phase + stride_w_ - column_ % stride_w_) % stride_w_;
  if (first >= line_.elements) return {};
  const std::uint32_t plane = (channel_ * stride_h_ + row_ % stride_h_) * stride_w_ + phase;
  const std::uint32_t address = base_ + image_ * image_stride_ + plane * plane_elements_ +
                                row_ / stride_h_ * plane_columns_ + (column_ + first) / stride_w_;
  return {address, first, (line_.elements - first + stride_w_ - 1) / stride_w_};
}

void LineWalk::advance() {
  column_ += line_.elements;
  if (column_ == padded_columns_) {
    column_ = 0;
    if (++row_ == padded_rows_) {
      row_ = 0;
      if (++channel_ == channels_) {
        channel_ = 0;
        if (++image_ == images_) return;
      }
    }
  }
  cut();
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

}  // namespace bitbalance
