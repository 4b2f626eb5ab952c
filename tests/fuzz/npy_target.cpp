// NPY files of images: every type of number, both orders of bytes, both layouts.
#include "quant/eval/images/image_set.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/npy_bytes.h"
#include "tests/fuzz/scratch_file.h"

namespace bitbalance::fuzz {
namespace {

class NpyTarget : public FuzzTarget {
 public:
  std::vector<std::string> seeds() override {
    return {npy_bytes("|u1", "4, 3, 5", 60), npy_bytes("<f4", "2, 3, 2, 2", 96), npy_bytes(">f8", "2, 3", 48),
            npy_bytes("<i2", "3, 1, 2, 1", 12), npy_bytes("<f2", "2, 2, 2", 16)};
  }
  std::vector<std::string> words() const override { return npy_words(); }

  void read(const std::string& bytes) override {
    for (const ImageLayout layout : {ImageLayout::kNchw, ImageLayout::kNhwc}) {
      const ImageSet set = read_images(file_.with(bytes), layout);
      float_images(set, set.count - 1, 1);
    }
  }

 private:
  ScratchFile file_{"file.npy"};
};

}  // namespace

std::unique_ptr<FuzzTarget> make_target() {
  return std::make_unique<NpyTarget>();
}

}  // namespace bitbalance::fuzz
