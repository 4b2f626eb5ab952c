// The products of one compute command: weights times activations, and their sums. Plain C++ that owns or
// shares all it reads, cut in parts that any thread may compute at any time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "hw/isa/command/command.h"
#include "hw/isa/config.h"
#include "tlm/accelerator/datapath/dot_kernel.h"
#include "tlm/accelerator/datapath/packing.h"

namespace bitbalance::tlm_level {

/// A row group's weights: each the sum of its tokens.
struct RowGroupWeights {
  PackedWeights words;
  std::vector<std::uint32_t> row_sums;  ///< [row]: of a row's weights, modulo 2^32
};

/// Some lines of the output pixels of a conv group: line i is row i % rows of image i / rows. All lines of
/// the pooling windows that it touches.
struct PixelStrip {
  const Compute* compute = nullptr;
  int conv_group = 0;
  int begin = 0, end = 0;
  std::size_t image_pitch = 0, line_pitch = 0;  ///< lanes between images and lines; some hold no pixel

  /// Place of the first pixel, relative to that of line 0.
  std::size_t first_place() const { return place(begin); }
  /// Lane of the first pixel of a line.
  std::size_t first_lane(int line) const { return place(line) - place(begin); }
  std::size_t lanes() const { return first_lane(end - 1) + compute->columns; }

 private:
  std::size_t place(int line) const {
    const int rows = compute->rows;
    return static_cast<std::size_t>(line / rows) * image_pitch +
           static_cast<std::size_t>(line % rows) * line_pitch;
  }
};

/// The accumulators of some output channels for a strip of pixels. Valid until the thread computes the next
/// ones.
struct SumStrip {
  const PixelStrip* pixels = nullptr;
  int first_channel = 0;  ///< output channel of row 0, within the conv group
  int rows = 0;
  std::size_t pitch = 0;
  const std::uint32_t* narrow = nullptr;  ///< [row][pitch]: of 8-bit lanes, modulo 2^32; otherwise null
  const std::int64_t* wide = nullptr;     ///< [row][pitch]: of 16-bit lanes; otherwise null
};

/// [row][lane]: accumulators between the chunks of a tile.
using PartialSums = std::vector<std::int64_t>;

class Products {
 public:
  struct RowGroup {
    int rows = 0;
    std::shared_ptr<const RowGroupWeights> weights;
  };

  /// `groups`: of the command, conv group by conv group. `partial`: what the chunks before have left, and
  /// leave to those to come.
  Products(const Compute& compute, const AcceleratorConfig& config, std::vector<RowGroup> groups,
           std::shared_ptr<const PackedActivations> activations, std::shared_ptr<PartialSums> partial);
  Products(const Products&) = delete;
  Products& operator=(const Products&) = delete;

  const Compute& compute() const { return compute_; }
  int parts() const { return static_cast<int>(parts_.size()); }
  /// Each part once: its sums, those of the chunks before included. From any thread.
  SumStrip sums(int part) const;

 private:
  /// kRowBlock output channels of a row group for some lines of pixels.
  struct Part {
    std::size_t group = 0;  ///< of groups_
    int first_row = 0;
    PixelStrip pixels;
  };

  void cut();
  /// `o`: without weights.
  void add_products(const Part& part, DotOperands& o) const;
  /// 16-bit activations: the low halves are those of `o`, whose sums are scratch.
  void add_products(const Part& part, DotOperands& o, const std::uint32_t* high, std::int64_t* wide) const;
  /// Adds what the chunks before have left, and leaves the sums to those to come.
  template <class Sum>
  void exchange_partial(const SumStrip& strip, Sum* sum) const;

  const Compute compute_;
  const int row_groups_, array_rows_;
  const std::size_t array_lanes_;
  const std::vector<RowGroup> groups_;
  const std::shared_ptr<const PackedActivations> activations_;
  const std::shared_ptr<PartialSums> partial_;
  std::vector<Part> parts_;
};

}  // namespace bitbalance::tlm_level
