#include "quant/eval/images/image_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "quant/eval/images/picture_folder.h"
#include "quant/eval/images/refusal.h"

namespace bitbalance::eval {
namespace {

void check_shape(const std::filesystem::path& file, const ImageSet& set, const Shape& input) {
  if (set.shape().elements() == input.elements() && (set.shape() == input || input.height * input.width == 1))
    return;
  refuse(file, fmt::format("images of {} x {} x {}; accepted: {} x {} x {}, the network's input",
                           set.channels, set.height, set.width, input.channels, input.height, input.width));
}

}  // namespace

FoundImages find_images(const std::filesystem::path& place, const ImageFormat& format, const Shape& input,
                        int count, const std::vector<std::string>& class_names) {
  FoundImages found;
  ImageSet& set = found.set;
  if (!std::filesystem::is_directory(place)) {
    set = format.raw ? read_raw_images(place, *format.raw, input, format.layout)
                     : read_images(place, format.layout);
    check_shape(place, set, input);
    found.there_are = set.count;
    return found;
  }
  const PictureFolder folder = list_pictures(place, class_names);
  found.there_are = static_cast<int>(folder.files.size());
  const int wanted = count == 0 ? found.there_are : std::min(count, found.there_are);
  set = read_pictures(folder, wanted, input, format.resize);
  if (!folder.labels.empty()) set.labels.assign(folder.labels.begin(), folder.labels.begin() + set.count);
  return found;
}

}  // namespace bitbalance::eval
