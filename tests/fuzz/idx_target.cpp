// IDX files: of images in three and four dimensions, and of labels.
#include "quant/eval/images/image_set.h"
#include "tests/fuzz/mutation.h"
#include "tests/fuzz/scratch_file.h"

namespace bitbalance::fuzz {
namespace {

std::string idx(const std::vector<std::uint32_t>& extents) {
  std::string bytes = {0, 0, 8, static_cast<char>(extents.size())};
  std::size_t count = 1;
  for (const std::uint32_t extent : extents) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(extent >> shift);
    count *= extent;
  }
  for (std::size_t i = 0; i < count; ++i) bytes += static_cast<char>(i * 37);
  return bytes;
}

class IdxTarget : public FuzzTarget {
 public:
  std::vector<std::string> seeds() override {
    return {idx({4, 3, 5}), idx({4, 2, 3, 3}), idx({4}), idx({4, 6})};
  }

  /// Another extent, in its place.
  std::string damage(std::string bytes, Random& random) override {
    const auto number = static_cast<std::uint32_t>(edge_number(random));
    const std::size_t at = 4 * (1 + below(4, random));
    for (std::size_t i = 0; i < 4 && at + i < bytes.size(); ++i)
      bytes[at + i] = static_cast<char>(number >> (24 - 8 * i));
    return bytes;
  }

  void read(const std::string& bytes) override {
    constexpr std::size_t kDimensions = 3;
    const auto& file = file_.with(bytes);
    if (bytes.size() > kDimensions && bytes[kDimensions] == 1) {
      read_images(images_.with(idx({4, 1, 1})), file);
      return;
    }
    const ImageSet set = read_images(file);
    float_images(set, set.count - 1, 1);
  }

 private:
  ScratchFile file_{"file.idx"}, images_{"images.idx3"};
};

}  // namespace

std::unique_ptr<FuzzTarget> make_target() {
  return std::make_unique<IdxTarget>();
}

}  // namespace bitbalance::fuzz
