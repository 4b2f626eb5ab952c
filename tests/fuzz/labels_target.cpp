// Text files of class names and labels: the part ahead of a line "---" are the names.
#include "quant/eval/images/label_file.h"
#include "tests/fuzz/mutation.h"
#include "tests/fuzz/scratch_file.h"

namespace bitbalance::fuzz {
namespace {

constexpr const char* kBetween = "---\n";

class LabelsTarget : public FuzzTarget {
 public:
  std::vector<std::string> seeds() override {
    return {std::string("cat\ntabby cat\ndog\n") + kBetween + "dog\n1\ncat\n",
            std::string("cat\r\n") + kBetween + "0\r\n0",
            std::string("cat\n") + kBetween + std::string("\0\0\x08\x01\0\0\0\x02\0\1", 10)};
  }
  std::vector<std::string> words() const override { return {"cat", "dog", "\r\n", "16777215", kBetween}; }

  void read(const std::string& bytes) override {
    const std::size_t at = bytes.find(kBetween);
    if (at == std::string::npos) {
      read_labels(labels_.with(bytes));
      return;
    }
    const auto names = read_class_names(names_.with(bytes.substr(0, at)));
    read_labels(labels_.with(bytes.substr(at + std::string(kBetween).size())), names);
  }

 private:
  ScratchFile names_{"names.txt"}, labels_{"labels.txt"};
};

}  // namespace

std::unique_ptr<FuzzTarget> make_target() {
  return std::make_unique<LabelsTarget>();
}

}  // namespace bitbalance::fuzz
