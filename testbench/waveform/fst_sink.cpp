#include "testbench/waveform/fst_sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "base/process/child_process.h"

namespace bitbalance::waveform {
namespace {

constexpr const char* kMissing =
    "FST: vcd2fst is missing (Debian package gtkwave); accepted: with it, or VCD";
constexpr const char* kBeside = ".hier";  ///< of the file that vcd2fst keeps until it ends by itself
constexpr unsigned char kHeader = 0;
constexpr std::array<unsigned char, 3> kHierarchies = {4, 6, 7};  ///< by their compression

}  // namespace

FstSink::FstSink(const std::filesystem::path& file)
    : name_(file.string()),
      file_(file, OutputFile::InPlace::kRefused),
      converter_(ChildInput::start({"vcd2fst", "-v", "-", "-f", file_.partial().string()})) {
  if (converter_ == nullptr) throw std::invalid_argument(kMissing);
}

FstSink::~FstSink() {
  converter_.reset();
  std::error_code ignored;
  std::filesystem::remove(file_.partial().string() + kBeside, ignored);
}

void check_fst_converter() {
  if (!run_child({"vcd2fst", "--help"}, "")) throw std::invalid_argument(kMissing);
}

void FstSink::close() {
  converter_->close();
  if (!is_whole_fst(file_.partial()))
    throw std::runtime_error(fmt::format("{}: vcd2fst did not write all of it", name_));
  file_.close();
}

// A block is a byte with its kind, eight bytes with the length of the rest, these included, most significant
// first, and the rest.
bool is_whole_fst(const std::filesystem::path& file) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (error) return false;
  std::ifstream stream(file, std::ios::binary);
  std::uintmax_t at = 0;
  bool names_signals = false;  // which the last of the blocks does
  while (at < size) {
    std::array<unsigned char, 9> head{};
    stream.seekg(static_cast<std::streamoff>(at));
    if (!stream.read(reinterpret_cast<char*>(head.data()), head.size())) return false;
    if (at == 0 && head[0] != kHeader) return false;
    names_signals = std::find(kHierarchies.begin(), kHierarchies.end(), head[0]) != kHierarchies.end();
    std::uintmax_t length = 0;
    for (std::size_t i = 1; i < head.size(); ++i) length = length << 8 | head[i];
    if (length < 8 || length > size) return false;
    at += 1 + length;
  }
  return at == size && names_signals;
}

}  // namespace bitbalance::waveform
