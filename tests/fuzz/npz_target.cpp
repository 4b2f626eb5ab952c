// NPZ archives: the archive damaged, and whole archives of damaged arrays.
#include "quant/eval/images/image_set.h"
#include "quant/eval/images/label_file.h"
#include "tests/fuzz/mutation.h"
#include "tests/fuzz/npy_bytes.h"
#include "tests/fuzz/scratch_file.h"
#include "tests/support/zip_archive.h"

namespace bitbalance::fuzz {
namespace {

const std::string kImages = npy_bytes("|u1", "4, 3, 5", 60);
const std::string kLabels = npy_bytes("|u1", "4", 4);

class NpzTarget : public FuzzTarget {
 public:
  std::vector<std::string> seeds() override {
    std::vector<std::string> seeds;
    for (const bool is_compressed : {false, true}) seeds.push_back(archive(kImages, kLabels, is_compressed));
    return seeds;
  }
  std::vector<std::string> words() const override {
    return {"PK\x01\x02", "PK\x03\x04", "PK\x05\x06", "x.npy"};
  }

  /// Its sums of bytes are right, so that the arrays are read.
  std::string damage(std::string /*bytes*/, Random& random) override {
    std::string images = kImages, labels = kLabels;
    std::string& damaged = below(2, random) == 0 ? images : labels;
    damaged = mutate(damaged, kImages, npy_words(), random);
    return archive(images, labels, below(2, random) == 0);
  }

  void read(const std::string& bytes) override {
    const std::filesystem::path& file = file_.with(bytes);
    const ImageSet set = read_images(file / "x", ImageLayout::kNchw);
    float_images(set, set.count - 1, 1);
    read_labels(file / "y");
  }

 private:
  std::string archive(const std::string& images, const std::string& labels, bool is_compressed) const {
    test::write_zip(made_.path(), {{"x.npy", images}, {"y.npy", labels}}, is_compressed);
    return test::text_of(made_.path());
  }

  ScratchFile file_{"file.npz"}, made_{"made.npz"};
};

}  // namespace

std::unique_ptr<FuzzTarget> make_target() {
  return std::make_unique<NpzTarget>();
}

}  // namespace bitbalance::fuzz
