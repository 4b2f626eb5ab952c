#include "tlm/accelerator/datapath/products.h"

#include <algorithm>
#include <utility>

#include "base/bits.h"
#include "base/vector_clones.h"

namespace bitbalance::tlm_level {
namespace {

/// Lanes of a part: its sums stay in the first cache.
constexpr int kLanesOfPart = 512;

/// Products of a 16-bit weight and the low or high half of a 16-bit activation that 32 bits can sum.
constexpr int kWideWords = 128;

Dot dot_of(WordFormat format) {
  static const Dot pairs = fastest_dot(WordFormat::kPairs), quads = fastest_dot(WordFormat::kQuads);
  return format == WordFormat::kPairs ? pairs : quads;
}

BITBALANCE_VECTOR_CLONES
void add_half(const std::uint32_t* half, std::size_t lanes, int shift, std::int64_t* sums) {
  for (std::size_t lane = 0; lane < lanes; ++lane)
    sums[lane] += std::int64_t{static_cast<std::int32_t>(half[lane])} * (std::int64_t{1} << shift);
}

}  // namespace

Products::Products(const Compute& compute, const AcceleratorConfig& config, std::vector<RowGroup> groups,
                   std::shared_ptr<const PackedActivations> activations, std::shared_ptr<PartialSums> partial)
    : compute_(compute),
      row_groups_(compute.row_groups(config.rows)),
      array_rows_(config.rows),
      array_lanes_(static_cast<std::size_t>(config.lanes(Width::k8))),
      groups_(std::move(groups)),
      activations_(std::move(activations)),
      partial_(std::move(partial)) {
  cut();
}

void Products::cut() {
  Part part;
  part.pixels.compute = &compute_;
  part.pixels.image_pitch = activations_->layout.image_pitch;
  part.pixels.line_pitch = compute_.plane_columns;
  const auto take_strip = [&] {
    for (part.group = 0; part.group < groups_.size(); ++part.group) {
      part.pixels.conv_group = static_cast<int>(part.group) / row_groups_;
      for (part.first_row = 0; part.first_row < groups_[part.group].rows; part.first_row += kRowBlock)
        parts_.push_back(part);
    }
    part.pixels.begin = part.pixels.end;
  };
  const int lines = compute_.images * compute_.rows;
  while (part.pixels.end < lines) {
    const int row = part.pixels.end % compute_.rows;
    const int window = std::min<int>(compute_.pool_h, compute_.rows - row);
    part.pixels.end += window;
    if (part.pixels.lanes() <= kLanesOfPart || part.pixels.end - window == part.pixels.begin) continue;
    part.pixels.end -= window;
    take_strip();
  }
  take_strip();
}

SumStrip Products::sums(int index) const {
  const Part& part = parts_[index];
  const RowGroup& group = groups_[part.group];
  const ActivationLayout& layout = activations_->layout;
  const std::size_t lanes = align_up(part.pixels.lanes(), kLaneVector);
  const std::size_t place =
      static_cast<std::size_t>(part.pixels.conv_group) * layout.group_pitch + part.pixels.first_place();
  thread_local std::vector<std::uint32_t> narrow;
  thread_local std::vector<std::int64_t> wide;
  narrow.resize(lanes * kRowBlock);
  DotOperands o;
  o.activations = activations_->low.data() + place;
  o.taps = layout.taps.data();
  o.words = static_cast<int>(layout.taps.size());
  o.sums = narrow.data();
  o.sum_pitch = lanes;
  o.rows = std::min(kRowBlock, group.rows - part.first_row);
  o.vectors = static_cast<int>(lanes / kLaneVector);
  SumStrip strip;
  strip.pixels = &part.pixels;
  strip.first_channel = static_cast<int>(part.group) % row_groups_ * array_rows_ + part.first_row;
  strip.rows = o.rows;
  strip.pitch = lanes;
  if (compute_.width == Width::k16) {
    wide.assign(lanes * kRowBlock, 0);
    add_products(part, o, activations_->high.data() + place, wide.data());
    exchange_partial(strip, wide.data());
    strip.wide = wide.data();
  } else {
    add_products(part, o);
    exchange_partial(strip, narrow.data());
    strip.narrow = narrow.data();
  }
  return strip;
}

void Products::add_products(const Part& part, DotOperands& o) const {
  const RowGroupWeights& weights = *groups_[part.group].weights;
  const WordFormat format = activations_->layout.format;
  // Signed activations stand in quads with 128 more than they are.
  const std::uint32_t offset = format == WordFormat::kQuads && compute_.input_signed ? 128 : 0;
  for (int row = 0; row < o.rows; ++row) {
    std::fill_n(o.sums + row * o.sum_pitch, o.sum_pitch,
                0u - offset * weights.row_sums[part.first_row + row]);
  }
  for (const std::vector<std::uint32_t>& summand : weights.words) {
    o.weights = summand.data() + static_cast<std::size_t>(part.first_row) * o.words;
    dot_of(format)(o);
  }
}

void Products::add_products(const Part& part, DotOperands& o, const std::uint32_t* high,
                            std::int64_t* sums_of_halves) const {
  const std::uint32_t* const low = o.activations;
  const std::uint32_t* const taps = o.taps;
  const int words = o.words;
  const std::size_t count = o.rows * o.sum_pitch;
  for (const std::vector<std::uint32_t>& summand : groups_[part.group].weights->words) {
    for (int first = 0; first < words; first += kWideWords) {
      o.words = std::min(kWideWords, words - first);
      o.taps = taps + first;
      o.weights = summand.data() + static_cast<std::size_t>(part.first_row) * words + first * kRowBlock;
      for (const bool is_high : {false, true}) {
        o.activations = is_high ? high : low;
        std::fill_n(o.sums, count, 0u);
        dot_of(WordFormat::kPairs)(o);
        add_half(o.sums, count, is_high ? 8 : 0, sums_of_halves);
      }
    }
  }
}

template <class Sum>
void Products::exchange_partial(const SumStrip& strip, Sum* sum) const {
  if (compute_.first_chunk && compute_.last_chunk) return;
  const PixelStrip& pixels = *strip.pixels;
  for (int row = 0; row < strip.rows; ++row) {
    for (int line = pixels.begin; line < pixels.end; ++line) {
      Sum* const here = sum + row * strip.pitch + pixels.first_lane(line);
      std::int64_t* const kept = partial_->data() +
                                 static_cast<std::size_t>(strip.first_channel + row) * array_lanes_ +
                                 static_cast<std::size_t>(line) * compute_.columns;
      for (std::size_t x = 0; x < compute_.columns; ++x) {
        if (!compute_.first_chunk) here[x] += static_cast<Sum>(kept[x]);
        kept[x] = static_cast<std::int64_t>(here[x]);
      }
    }
  }
}

}  // namespace bitbalance::tlm_level
