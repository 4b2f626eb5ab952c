// A folder of pictures as a set of images, in one of two forms: pictures alone, or a folder of them per
// class.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/shape.h"
#include "quant/eval/images/image_set.h"

namespace bitbalance::eval {

struct PictureFolder {
  std::vector<std::filesystem::path> files;  ///< by name; of folders the first of each, then the second...
  std::vector<int> labels;                   ///< of folders per class; else empty
};

/// PNG and JPEG files; others are passed over. With folders per class, class i is the i-th folder by name,
/// or, where there are `names`, the one of its own name. Throws std::invalid_argument, naming the folder, for
/// one without pictures, one with pictures and folders side by side, and a folder that is no class.
PictureFolder list_pictures(const std::filesystem::path& folder, const std::vector<std::string>& names = {});

/// All that list_pictures() finds there, links followed as it does: pictures, folders per class, each with
/// the pictures in it. Throws std::invalid_argument for a folder that cannot be read.
std::vector<std::filesystem::path> picture_entries(const std::filesystem::path& folder);

/// Are the pictures of the folder, if it is one, in folders per class?
bool has_class_folders(const std::filesystem::path& folder);

/// The first `count` pictures as a network takes them: the shorter side resized to `resize` pixels (0: not),
/// then the middle of `input`'s size; one channel is brightness, three are red, green and blue. Throws
/// std::invalid_argument, naming the file, for a picture that is too small, and for an input with other
/// channels.
ImageSet read_pictures(const PictureFolder& folder, int count, const Shape& input, int resize);

}  // namespace bitbalance::eval
