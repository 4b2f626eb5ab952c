// What a run of `bitbalance-platform` leaves in files: the terminal, the bus's transactions, waveforms.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

#include "base/file/output_file.h"
#include "cli/platform/arguments.h"
#include "testbench/waveform/vcd_file.h"

namespace bitbalance::cli {

/// The terminal: standard output, and a file if one is given.
class Terminal {
 public:
  explicit Terminal(const std::string& file);
  void show(char c);
  /// Throws std::runtime_error when the disk refuses, as TransactionLog's does.
  void close();

 private:
  std::optional<OutputFile> log_;
};

/// One line of CSV for each transaction on the bus that the arguments' filters let through.
class TransactionLog {
 public:
  /// `initiators`: names, in the bus's order; `targets`: names that the filter may have.
  TransactionLog(const PlatformArguments& arguments, std::vector<std::string> initiators,
                 const std::vector<std::string>& targets);
  void add(const sc_core::sc_time& time, int initiator, const std::string& target,
           const tlm::tlm_generic_payload& transaction);
  void close();

 private:
  OutputFile file_;
  std::vector<std::string> initiators_;
  int initiator_ = -1;  ///< whose transactions are logged; -1: everyone's
  std::string target_;  ///< empty: all
};

/// FILE.vcd, or FILE.fst by GTKWave's vcd2fst.
class Waves {
 public:
  /// Throws for another extension, or when FST is asked for without vcd2fst.
  explicit Waves(const std::string& file);

  sc_core::sc_trace_file* trace() { return file_.get(); }
  /// Writes what is left. Throws std::runtime_error when it is not whole.
  void close() { file_->close(); }

 private:
  std::unique_ptr<VcdFile> file_;
};

}  // namespace bitbalance::cli
