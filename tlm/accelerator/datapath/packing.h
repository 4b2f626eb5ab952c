// How weights and activations stand in the words of the dot kernel: channels of the same kernel tap side by
// side. Used by weight encoder, activation buffer and PE array.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hw/isa/command/command.h"
#include "tlm/accelerator/datapath/dot_kernel.h"

namespace bitbalance::tlm_level {

/// The fastest for the command on this machine.
WordFormat word_format(const Compute& compute);

/// A matrix of weights is the sum of these, each [row / kRowBlock][word][row % kRowBlock], words in the order
/// channels, tap. One, unless a weight is more than a word's part can hold.
using PackedWeights = std::vector<std::vector<std::uint32_t>>;

/// `weights`: [row][channel][tap], all 0 afterwards.
PackedWeights pack_weights(std::vector<std::int32_t>& weights, int rows, int channels, int taps,
                           WordFormat format);

/// The words of all activations that a command reads: [conv group][channels][stride phase][image][element of
/// the phase's plane]. Phases that no tap falls into are left out.
struct ActivationLayout {
  explicit ActivationLayout(const Compute& compute);

  WordFormat format;
  int words_a_tap;                  ///< of a conv group
  std::vector<std::uint32_t> taps;  ///< [word]: place relative to that of the output pixel's first lane
  std::size_t image_pitch;          ///< words, as are the following
  std::size_t group_pitch;
  std::size_t words;  ///< of all, and what a vector reads beyond

  std::vector<std::uint32_t> phases;  ///< those that are used
};

/// The words of all activations that a command reads.
struct PackedActivations {
  Compute compute;  ///< the command
  ActivationLayout layout;
  std::vector<std::uint32_t> low;
  std::vector<std::uint32_t> high;  ///< of 16-bit activations, as in pack_wide()
};

/// Part `part`, 0 <= part < conv groups * words_a_tap, of the words. `buffer`: the activation buffer.
void pack_narrow(const Compute& compute, const ActivationLayout& layout, const std::uint8_t* buffer, int part,
                 std::uint32_t* words);
/// 16-bit activations in two parts, value = 256 * high + low with low in 0..255.
void pack_wide(const Compute& compute, const ActivationLayout& layout, const std::int16_t* buffer, int part,
               std::uint32_t* low, std::uint32_t* high);

}  // namespace bitbalance::tlm_level
