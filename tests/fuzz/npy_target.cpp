// NPY files of images: every type of number, both orders of bytes, both layouts.
#include "quant/eval/image_set.h"
#include "tests/fuzz/mutation.h"
#include "tests/fuzz/scratch_file.h"

namespace bitbalance::fuzz {
namespace {

std::string npy(const std::string& type, const std::string& shape, std::size_t bytes) {
  const std::string header =
      "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }        \n";
  std::string file = "\x93NUMPY";
  file += {1, 0, static_cast<char>(header.size()), 0};
  file += header;
  for (std::size_t i = 0; i < bytes; ++i) file += static_cast<char>(i % 7);  // small numbers of any type
  return file;
}

class NpyTarget : public FuzzTarget {
 public:
  std::vector<std::string> seeds() override {
    return {npy("|u1", "4, 3, 5", 60), npy("<f4", "2, 3, 2, 2", 96), npy(">f8", "2, 3", 48),
            npy("<i2", "3, 1, 2, 1", 12), npy("<f2", "2, 2, 2", 16)};
  }
  std::vector<std::string> words() const override {
    return {"'descr': ",  "'fortran_order': False",
            "'shape': (", "True",
            "),",         "<",
            ">",          "|",
            "f2",         "f4",
            "f8",         "i1",
            "i8",         "u4",
            "b1",         "\x93NUMPY"};
  }

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
