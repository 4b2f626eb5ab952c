// Programs on disk: each of the four files that are read, damaged in a folder whose others are whole.
#include <filesystem>
#include <fstream>

#include "hw/program/stored_program.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/stored_case.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::fuzz {
namespace {

constexpr const char* kFiles[] = {"program.json", "constants.bin", "inputs.bin", "expected.bin"};

class StoredTarget : public FuzzTarget {
 public:
  StoredTarget() {
    for (const auto& [name, bytes] : files_) write(name, bytes);
  }

  /// The first byte names the file.
  std::vector<std::string> seeds() override {
    std::vector<std::string> all;
    for (std::size_t f = 0; f < std::size(kFiles); ++f) {
      for (const auto& [name, bytes] : files_)
        if (name == kFiles[f]) all.push_back(static_cast<char>('0' + f) + bytes);
    }
    return all;
  }

  std::vector<std::string> words() const override {
    return {"{",         "}",          "[",          "]",          ": ",     ",",
            "null",      "-1",         "4294967295", "1e999",      "\"u8\"", "\"batch\"",
            "\"shape\"", "\"offset\"", "\"files\"",  "\"\\ud800\""};
  }

  void read(const std::string& bytes) override {
    const std::size_t file = bytes.empty() ? 0 : static_cast<unsigned char>(bytes[0]) % std::size(kFiles);
    const std::string name = kFiles[file];
    write(name, bytes.empty() ? bytes : bytes.substr(1));
    try {
      files_of(stored::load_program(folder_.path()));
    } catch (...) {
      restore(name);
      throw;
    }
    restore(name);
  }

 private:
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_.path() / name, std::ios::binary | std::ios::trunc) << bytes;
  }
  void restore(const std::string& damaged) const {
    for (const auto& [name, bytes] : files_)
      if (name == damaged) write(name, bytes);
  }

  TemporaryFolder folder_;
  const std::vector<std::pair<std::string, std::string>> files_ = files_of(test::make_stored_case(1));
};

}  // namespace

std::unique_ptr<FuzzTarget> make_target() {
  return std::make_unique<StoredTarget>();
}

}  // namespace bitbalance::fuzz
