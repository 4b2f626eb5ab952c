// A waveform in GTKWave's compressed format FST, converted by its program vcd2fst while it is written: no VCD
// comes to the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/file/output_file.h"
#include "base/process/child_input.h"
#include "testbench/waveform/names.h"

namespace bitbalance::waveform {

class FstSink : public ByteSink {
 public:
  /// As an OutputFile; devices and pipes are refused, as vcd2fst would remove them. Throws
  /// std::invalid_argument when vcd2fst is not installed, or the file cannot be created.
  explicit FstSink(const std::filesystem::path& file);
  ~FstSink() override;
  FstSink(const FstSink&) = delete;
  FstSink& operator=(const FstSink&) = delete;

  void write(std::string_view bytes) override { converter_->write(bytes); }
  /// Throws std::runtime_error when the file is not whole: vcd2fst 3.3.118 ends with exit code 0 on a full
  /// disk.
  void close() override;

 private:
  std::string name_;
  OutputFile file_;
  std::unique_ptr<ChildInput> converter_;
};

/// Throws std::invalid_argument when vcd2fst is not installed.
void check_fst_converter();

/// Is the file a sequence of whole FST blocks, the header first, the names of the signals last?
bool is_whole_fst(const std::filesystem::path& file);

}  // namespace bitbalance::waveform
