#include "tlm/accelerator/datapath/packing.h"

#include <algorithm>
#include <array>

#include "base/bits.h"
#include "base/vector_clones.h"

namespace bitbalance::tlm_level {
namespace {

constexpr int words_of(int channels, WordFormat format) {
  return ceil_div(channels, parts(format));
}

/// What a part of a weight's word can hold of `weight`.
constexpr std::int32_t within(std::int32_t weight, WordFormat format) {
  const std::int32_t largest = format == WordFormat::kPairs ? 32767 : 127;
  return weight > largest ? largest : weight < -largest ? -largest : weight;
}

/// Takes what a word's part can hold away from each weight; returns whether nothing is left.
bool take_summand(std::vector<std::int32_t>& weights, int rows, int channels, int taps, WordFormat format,
                  std::vector<std::uint32_t>& words) {
  const int bits = 32 / parts(format);
  const std::uint32_t mask = 0xffffffffu >> (32 - bits);
  const std::size_t words_a_row = static_cast<std::size_t>(words_of(channels, format)) * taps;
  words.resize(align_up(static_cast<std::size_t>(rows), kRowBlock) * words_a_row);
  std::int32_t left = 0;
  std::int32_t* weight = weights.data();
  for (int row = 0; row < rows; ++row) {
    std::uint32_t* const to = words.data() + row / kRowBlock * words_a_row * kRowBlock + row % kRowBlock;
    for (int channel = 0; channel < channels; ++channel) {
      const int shift = channel % parts(format) * bits;
      for (int tap = 0; tap < taps; ++tap, ++weight) {
        const std::int32_t taken = within(*weight, format);
        *weight -= taken;
        left |= *weight;
        to[static_cast<std::size_t>(channel / parts(format) * taps + tap) * kRowBlock] |=
            (static_cast<std::uint32_t>(taken) & mask) << shift;
      }
    }
  }
  return left == 0;
}

BITBALANCE_VECTOR_CLONES
void zip(const std::uint8_t* a, const std::uint8_t* b, const std::uint8_t* c, const std::uint8_t* d,
         std::size_t count, std::uint32_t flip, std::uint32_t* words) {
  for (std::size_t i = 0; i < count; ++i) {
    words[i] = (std::uint32_t{a[i]} | std::uint32_t{b[i]} << 8 | std::uint32_t{c[i]} << 16 |
                std::uint32_t{d[i]} << 24) ^
               flip;
  }
}

constexpr std::uint32_t pair(int first, int second) {
  return static_cast<std::uint16_t>(first) | std::uint32_t{static_cast<std::uint16_t>(second)} << 16;
}

BITBALANCE_VECTOR_CLONES
void zip(const std::uint8_t* a, const std::uint8_t* b, std::size_t count, std::uint32_t* words) {
  for (std::size_t i = 0; i < count; ++i) words[i] = pair(a[i], b[i]);
}
BITBALANCE_VECTOR_CLONES
void zip(const std::int8_t* a, const std::int8_t* b, std::size_t count, std::uint32_t* words) {
  for (std::size_t i = 0; i < count; ++i) words[i] = pair(a[i], b[i]);
}
BITBALANCE_VECTOR_CLONES
void zip(const std::int16_t* a, const std::int16_t* b, std::size_t count, std::uint32_t* low,
         std::uint32_t* high) {
  for (std::size_t i = 0; i < count; ++i) {
    low[i] = pair(a[i] & 0xff, b[i] & 0xff);
    high[i] = pair(a[i] >> 8, b[i] >> 8);
  }
}

/// Calls zip(elements of each of the word's channels, words) for every run of a part.
template <class Zip>
void for_each_run(const Compute& c, const ActivationLayout& layout, int part, const Zip& zip_run) {
  const std::size_t plane = std::size_t{c.plane_rows} * c.plane_columns;
  const auto channel_pitch = static_cast<std::size_t>(c.channel_stride());
  const int first = part % layout.words_a_tap * parts(layout.format);
  std::array<std::size_t, 4> channels{};  // a channel that is missing is multiplied by zero: any will do
  for (int i = 0; i < parts(layout.format); ++i) {
    const int channel = std::min(first + i, c.channels - 1) + part / layout.words_a_tap * c.channels;
    channels[i] = c.activation_base + static_cast<std::size_t>(channel) * channel_pitch;
  }
  std::size_t word = static_cast<std::size_t>(part) * layout.phases.size() * c.images * layout.image_pitch;
  for (const std::uint32_t phase : layout.phases) {
    for (std::size_t image = 0; image < c.images; ++image, word += layout.image_pitch)
      zip_run(channels, phase * plane + image * c.activation_image_stride, word);
  }
}

}  // namespace

WordFormat word_format(const Compute& compute) {
  static const bool fast_quads = has_fast_quads();
  return fast_quads && compute.width == Width::k8 && compute.weight_bits <= 8 ? WordFormat::kQuads
                                                                              : WordFormat::kPairs;
}

PackedWeights pack_weights(std::vector<std::int32_t>& weights, int rows, int channels, int taps,
                           WordFormat format) {
  PackedWeights packed;
  while (!take_summand(weights, rows, channels, taps, format, packed.emplace_back())) {
  }
  return packed;
}

ActivationLayout::ActivationLayout(const Compute& c)
    : format(word_format(c)), words_a_tap(words_of(c.channels, format)) {
  struct Tap {
    std::size_t phase;  ///< index into `phases`
    std::uint32_t place;
  };
  std::vector<Tap> kernel;
  std::uint32_t farthest = 0;
  for (std::uint32_t r = 0; r < c.kernel_h; ++r) {
    for (std::uint32_t s = 0; s < c.kernel_w; ++s) {
      const std::uint32_t row = r * c.dilation_h, column = s * c.dilation_w;
      const std::uint32_t phase = row % c.stride_h * c.stride_w + column % c.stride_w;
      const auto known = std::find(phases.begin(), phases.end(), phase);
      const std::uint32_t place = row / c.stride_h * c.plane_columns + column / c.stride_w;
      kernel.push_back({static_cast<std::size_t>(known - phases.begin()), place});
      if (known == phases.end()) phases.push_back(phase);
      farthest = std::max(farthest, place);
    }
  }
  image_pitch = static_cast<std::size_t>(c.rows - 1) * c.plane_columns + c.columns + farthest;
  const std::size_t phase_pitch = c.images * image_pitch, word_pitch = phases.size() * phase_pitch;
  group_pitch = static_cast<std::size_t>(words_a_tap) * word_pitch;
  words = c.conv_groups * group_pitch + kLaneVector;
  for (int word = 0; word < words_a_tap; ++word) {
    for (const Tap& tap : kernel) {
      taps.push_back(
          static_cast<std::uint32_t>(static_cast<std::size_t>(word) * word_pitch + tap.phase * phase_pitch) +
          tap.place);
    }
  }
}

void pack_narrow(const Compute& compute, const ActivationLayout& layout, const std::uint8_t* buffer, int part,
                 std::uint32_t* words) {
  const std::size_t count = layout.image_pitch;
  for_each_run(compute, layout, part,
               [&](const std::array<std::size_t, 4>& channels, std::size_t at, std::size_t word) {
                 const auto of = [&](std::size_t i) { return buffer + channels[i] + at; };
                 if (layout.format == WordFormat::kQuads) {
                   // Unsigned numbers: 128 more than signed ones.
                   zip(of(0), of(1), of(2), of(3), count, compute.input_signed ? 0x80808080u : 0,
                       words + word);
                 } else if (compute.input_signed) {
                   zip(reinterpret_cast<const std::int8_t*>(of(0)),
                       reinterpret_cast<const std::int8_t*>(of(1)), count, words + word);
                 } else {
                   zip(of(0), of(1), count, words + word);
                 }
               });
}

void pack_wide(const Compute& compute, const ActivationLayout& layout, const std::int16_t* buffer, int part,
               std::uint32_t* low, std::uint32_t* high) {
  for_each_run(compute, layout, part,
               [&](const std::array<std::size_t, 4>& channels, std::size_t at, std::size_t word) {
                 zip(buffer + channels[0] + at, buffer + channels[1] + at, layout.image_pitch, low + word,
                     high + word);
               });
}

}  // namespace bitbalance::tlm_level
