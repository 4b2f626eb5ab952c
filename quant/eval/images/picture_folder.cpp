#include "quant/eval/images/picture_folder.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text/nearest_word.h"
#include "quant/eval/images/picture_file.h"
#include "quant/eval/images/refusal.h"

namespace bitbalance::eval {
namespace {

namespace fs = std::filesystem;

struct Entries {
  std::vector<fs::path> pictures, folders;  ///< by name
};

Entries entries_of(const fs::path& folder) {
  Entries entries;
  std::error_code refused;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, refused)) {
    if (entry.path().filename().string().front() == '.') continue;
    std::error_code ignored;
    if (entry.is_directory(ignored)) entries.folders.push_back(entry.path());
    if (entry.is_regular_file(ignored) && is_picture(entry.path())) entries.pictures.push_back(entry.path());
  }
  if (refused) refuse(folder, "cannot be read; accepted: a folder of PNG and JPEG files");
  std::sort(entries.pictures.begin(), entries.pictures.end());
  std::sort(entries.folders.begin(), entries.folders.end());
  return entries;
}

int class_of(const fs::path& folder, const std::vector<std::string>& names) {
  const std::string name = folder.filename().string();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    refuse(folder, fmt::format("'{}' is no class{}; accepted: a class name", name, suggestion(name, names)));
  return static_cast<int>(found - names.begin());
}

/// A picture in the size and channels of the input, planar.
void add_planes(const Picture& picture, int channels, std::vector<std::uint8_t>& pixels) {
  const int count = picture.height * picture.width;
  for (int channel = 0; channel < channels; ++channel) {
    for (int i = 0; i < count; ++i) {
      const std::uint8_t* rgb = picture.at(0, i);
      pixels.push_back(channels == 1 ? luminance(rgb) : rgb[channel]);
    }
  }
}

}  // namespace

PictureFolder list_pictures(const fs::path& folder, const std::vector<std::string>& names) {
  const Entries entries = entries_of(folder);
  PictureFolder result;
  if (!entries.pictures.empty() && !entries.folders.empty()) {
    refuse(folder,
           "pictures and folders; accepted: one of them, pictures alone or a folder of them per class");
  }
  result.files = entries.pictures;
  std::vector<std::vector<fs::path>> classes;
  std::vector<int> labels;
  for (const fs::path& of_class : entries.folders) {
    labels.push_back(names.empty() ? static_cast<int>(classes.size()) : class_of(of_class, names));
    classes.push_back(entries_of(of_class).pictures);
  }
  for (std::size_t turn = 0, added = 1; added > 0; ++turn) {
    added = 0;
    for (std::size_t i = 0; i < classes.size(); ++i) {
      if (turn >= classes[i].size()) continue;
      result.files.push_back(classes[i][turn]);
      result.labels.push_back(labels[i]);
      ++added;
    }
  }
  if (result.files.empty())
    refuse(folder, "no pictures; accepted: PNG and JPEG files, or a folder of them per class");
  return result;
}

std::vector<fs::path> picture_entries(const fs::path& folder) {
  const Entries entries = entries_of(folder);
  std::vector<fs::path> found = entries.pictures;
  for (const fs::path& of_class : entries.folders) {
    found.push_back(of_class);
    const std::vector<fs::path> pictures = entries_of(of_class).pictures;
    found.insert(found.end(), pictures.begin(), pictures.end());
  }
  return found;
}

bool has_class_folders(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_directory(folder, ignored) && !entries_of(folder).folders.empty();
}

ImageSet read_pictures(const PictureFolder& folder, int count, const Shape& input, int resize) {
  if (input.channels != 1 && input.channels != Picture::kColours) {
    refuse(folder.files.front(),
           fmt::format("a picture for an input of {} channels; accepted: 1 or 3", input.channels));
  }
  ImageSet set;
  set.count = count;
  set.channels = input.channels;
  set.height = input.height;
  set.width = input.width;
  set.pixels.reserve(static_cast<std::size_t>(count * input.elements()));
  for (int i = 0; i < count; ++i) {
    const fs::path& file = folder.files[static_cast<std::size_t>(i)];
    Picture picture = read_picture(file);
    if (resize > 0) {
      const auto [shorter, longer] = std::minmax(picture.height, picture.width);
      if (std::uint64_t{static_cast<unsigned>(longer)} * resize / shorter * resize > Picture::kMostPixels) {
        refuse(file, fmt::format("{} x {} pixels, resized to a shorter side of {}; accepted: up to {} in all",
                                 picture.width, picture.height, resize, Picture::kMostPixels));
      }
      picture = resized(picture, resize);
    }
    if (picture.height < input.height || picture.width < input.width) {
      refuse(file,
             fmt::format("{} x {} pixels{}; accepted: at least {} x {}, the network's input (network.resize)",
                         picture.width, picture.height, resize > 0 ? " when resized" : "", input.width,
                         input.height));
    }
    add_planes(centre(picture, input.height, input.width), input.channels, set.pixels);
  }
  return set;
}

}  // namespace bitbalance::eval
