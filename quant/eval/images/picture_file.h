// Pictures in PNG and JPEG files, as bytes of red, green and blue, and the size that a network wants them in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "quant/eval/names.h"

namespace bitbalance::eval {

struct Picture {
  static constexpr int kColours = 3;
  static constexpr std::uint64_t kMostPixels = std::uint64_t{1} << 26;
  int height = 0;
  int width = 0;
  std::vector<std::uint8_t> rgb;  ///< [y][x][red, green, blue]

  const std::uint8_t* at(int y, int x) const {
    return &rgb[(static_cast<std::size_t>(y) * width + x) * kColours];
  }
};

/// By the file's name: .png, .jpg, .jpeg, in any case.
bool is_picture(const std::filesystem::path& file);

/// Decodes a file, by its first bytes. Grey becomes three equal colours, transparency and orientation (EXIF)
/// are ignored, 16 bits become 8. Throws std::invalid_argument, one line naming the file, for one that is
/// missing, damaged, cut short, of another format, or larger than 2^26 pixels.
Picture read_picture(const std::filesystem::path& file);

/// The shorter side becomes `shorter` pixels, the other in proportion (rounded down). Each new pixel is the
/// mean of the old ones under a triangle that reaches to its neighbours, so that nothing is skipped when a
/// picture shrinks: Pillow's bilinear filter. Preconditions: shorter >= 1; no
/// more than kMostPixels in all.
Picture resized(const Picture& picture, int shorter);

/// The middle of it; what is left over of an odd margin is at the end. Precondition: it is no larger.
Picture centre(const Picture& picture, int height, int width);

/// Brightness of a pixel (ITU-R BT.601), 0 to 255.
std::uint8_t luminance(const std::uint8_t* rgb);

}  // namespace bitbalance::eval
