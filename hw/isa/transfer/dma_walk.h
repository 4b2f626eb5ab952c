// How a transfer between DRAM and an on-chip buffer is cut up: runs of bytes, bursts, padded lines, places in
// the buffer. Iterators without allocation, one step a call, from which every level of detail derives its
// transactions; the rules are those of docs/timing.md.
#pragma once

#include <algorithm>
#include <cstdint>

#include "hw/isa/command/command.h"

namespace bitbalance::isa {

/// Bytes from the slice's first element to the end of its last.
std::uint64_t extent_bytes(const TensorSlice& slice);
/// Bytes of what comes from Region::kConstants: one run.
std::uint64_t blob_bytes(const LoadWeights& load);
std::uint64_t blob_bytes(const LoadParameters& load);
std::uint64_t blob_bytes(const LoadTable& load);
/// Used rows of row group `group`.
constexpr int rows_of_group(const LoadWeights& load, std::uint32_t group) {
  return (group + 1) % load.groups_per_conv_group == 0 ? load.last_rows : load.rows;
}

/// Consecutive bytes of the memory.
struct ByteRun {
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;
};

/// The runs of a transfer in the order image, channel, row. Where one ends at the address at which the next
/// starts, they are one.
class RunWalk {
 public:
  RunWalk() = default;
  RunWalk(std::uint64_t address, std::uint64_t bytes);
  /// `address`: of the slice's first element in memory.
  RunWalk(const TensorSlice& slice, std::uint64_t address);

  bool done() const { return run_.bytes == 0; }
  const ByteRun& run() const { return run_; }
  void advance();
  /// Leaves out the last `units` of the outermost dimension, `unit_bytes` each, none of which begins before
  /// the end of the current run; if that is the last run, bytes of it.
  void leave_out(std::uint32_t units, std::uint64_t unit_bytes);

 private:
  /// Address of the piece (image_, channel_, row_).
  std::uint64_t piece_address() const {
    return address_ + image_ * image_pitch_ + channel_ * channel_pitch_ + row_ * row_pitch_;
  }
  void next_piece();

  std::uint64_t address_ = 0, piece_bytes_ = 0, image_pitch_ = 0, channel_pitch_ = 0, row_pitch_ = 0;
  std::uint32_t images_ = 0, channels_ = 0, rows_ = 1;  ///< rows: 1 where those of a channel are one piece
  std::uint32_t image_ = 0, channel_ = 0, row_ = 0;     ///< next piece that no run holds yet
  ByteRun run_;
};

/// One transaction: bytes [skip, skip + useful) of it belong to the transfer.
struct Burst {
  std::uint64_t address = 0;
  std::uint32_t bytes = 0;
  std::uint32_t skip = 0;
  std::uint32_t useful = 0;
};

enum class BurstShape {
  kAligned,  ///< reads: whole bursts at multiples of their size
  kExact,    ///< writes: cut at multiples of the burst size, first and last of a run as short as it takes
};

/// The bursts that cover a transfer's runs, in order. Runs never share a burst.
class BurstWalk {
 public:
  BurstWalk() = default;
  /// `burst_bytes`: a power of two.
  BurstWalk(const RunWalk& runs, std::uint32_t burst_bytes, BurstShape shape);

  bool done() const { return runs_.done(); }
  const Burst& burst() const { return burst_; }
  void advance();
  /// As RunWalk; the current burst stays as it is.
  void leave_out(std::uint32_t units, std::uint64_t unit_bytes) { runs_.leave_out(units, unit_bytes); }

 private:
  void cut();

  RunWalk runs_;
  std::uint32_t burst_bytes_ = 1;
  BurstShape shape_ = BurstShape::kAligned;
  std::uint64_t covered_ = 0;  ///< bytes of the current run in bursts up to this one
  Burst burst_;
};

/// Part of a padded row as the load engine writes it: padding left, data, padding right. Takes stride_w
/// cycles.
struct Line {
  std::uint32_t elements = 0;      ///< padding included
  std::uint32_t left_padding = 0;  ///< elements before the first of the data
  std::uint32_t data = 0;          ///< elements that come from memory
};

/// The elements of a line that one stride phase takes: first, first + stride_w, ... go to address, address +
/// 1, ...
struct PhaseRun {
  std::uint32_t address = 0;  ///< element of the buffer
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

/// Lines of a tensor load, in the order image, channel, padded row, segment: at most `line_elements` of one
/// padded row. An image without padding and with strides of 1 is one long row.
class LineWalk {
 public:
  LineWalk() = default;
  LineWalk(const LoadTensor& load, std::uint32_t line_elements);

  bool done() const { return image_ == images_; }
  const Line& line() const { return line_; }
  /// Cycle `phase` of the current line, 0 <= phase < phases().
  PhaseRun phase(std::uint32_t phase) const;
  std::uint32_t phases() const { return stride_w_; }
  void advance();
  /// Leaves out the last `units` images, or channels if there is one image, none of which the current line
  /// touches.
  void leave_out(std::uint32_t units);

 private:
  void cut();

  std::uint32_t line_elements_ = 0;
  std::uint32_t images_ = 0, channels_ = 0, rows_ = 0, columns_ = 0;  ///< columns and rows without padding
  std::uint32_t pad_top_ = 0, pad_left_ = 0, padded_rows_ = 0, padded_columns_ = 0;
  std::uint32_t stride_h_ = 1, stride_w_ = 1, plane_columns_ = 0, plane_elements_ = 0;
  std::uint32_t base_ = 0, image_stride_ = 0;
  std::uint32_t dense_channel_ = 0;  ///< elements of a channel if all channels are one long row; else 0
  std::uint32_t image_ = 0, channel_ = 0, row_ = 0,
                column_ = 0;  ///< padded coordinates of the line's first element
  Line line_;
};

/// Where the successive 8-byte words of a weight blob go: group by group, row by row.
class WeightWordWalk {
 public:
  WeightWordWalk() = default;
  WeightWordWalk(const LoadWeights& load, std::uint32_t bank_bytes);

  bool done() const { return group_ == load_.groups; }
  int bank() const { return row_; }
  /// Ring address in bytes.
  std::uint32_t address() const { return (group_address_ + byte_) % bank_bytes_; }
  void advance();

 private:
  LoadWeights load_;
  std::uint32_t bank_bytes_ = 8;
  std::uint32_t group_ = 0, group_address_ = 0, byte_ = 0;
  int row_ = 0;
};

// What walks do at every step, for the sake of their speed here.
inline void RunWalk::next_piece() {
  if (++row_ < rows_) return;
  row_ = 0;
  if (++channel_ == channels_) {
    channel_ = 0;
    ++image_;
  }
}

inline void RunWalk::advance() {
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

inline void BurstWalk::cut() {
  const std::uint64_t start = runs_.run().address + covered_;
  const auto skip = static_cast<std::uint32_t>(start) & (burst_bytes_ - 1);
  const std::uint64_t left = runs_.run().bytes - covered_;
  const auto useful = static_cast<std::uint32_t>(std::min<std::uint64_t>(left, burst_bytes_ - skip));
  covered_ += useful;
  if (shape_ == BurstShape::kAligned) {
    burst_ = {start - skip, burst_bytes_, skip, useful};
  } else {
    burst_ = {start, useful, 0, useful};
  }
}

inline void BurstWalk::advance() {
  if (covered_ == runs_.run().bytes) {
    runs_.advance();
    covered_ = 0;
    if (done()) return;
  }
  cut();
}

inline void LineWalk::cut() {
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

inline void LineWalk::advance() {
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

}  // namespace bitbalance::isa
