// Images in every form that a user has them: a folder of pictures, an array file, numbers without a header.
// The place where a format more is told apart.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/shape.h"
#include "quant/eval/images/array_file.h"
#include "quant/eval/images/image_set.h"

namespace bitbalance::eval {

/// What a place alone does not say.
struct ImageFormat {
  ImageLayout layout = ImageLayout::kNchw;  ///< of array files and numbers
  std::optional<NumberFormat> raw;          ///< files are numbers without a header
  int resize = 0;                           ///< of pictures, see read_pictures()
};

struct FoundImages {
  ImageSet set;
  int there_are = 0;  ///< of a folder perhaps more than are read
};

/// Of a file all images; of a folder the first `count` pictures (0: all), with labels where it has a folder
/// per class, named by `class_names` if there are any. Throws std::invalid_argument, naming the file, for
/// what cannot be read and for images that are not of the network's `input`.
FoundImages find_images(const std::filesystem::path& place, const ImageFormat& format, const Shape& input,
                        int count, const std::vector<std::string>& class_names);

}  // namespace bitbalance::eval
