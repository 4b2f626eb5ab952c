#include "cli/platform/logs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "base/file/output_file.h"
#include "testbench/waveform/fst_sink.h"

namespace bitbalance::cli {
Terminal::Terminal(const std::string& file) {
  if (!file.empty()) log_.emplace(file);
}

void Terminal::show(char c) {
  std::fputc(c, stdout);
  if (log_) log_->stream().put(c);
}

void Terminal::close() {
  if (log_) log_->close();
}

TransactionLog::TransactionLog(const PlatformArguments& arguments, std::vector<std::string> initiators,
                               const std::vector<std::string>& targets)
    : file_(arguments.transactions), initiators_(std::move(initiators)), target_(arguments.target) {
  if (!arguments.initiator.empty()) {
    initiator_ = static_cast<int>(place_of(arguments.initiator, initiators_, "--initiator"));
  }
  if (!target_.empty()) place_of(target_, targets, "--target");
  file_.stream() << "time_ns,initiator,target,command,address,bytes,answer\n";
}

void TransactionLog::add(const sc_core::sc_time& time, int initiator, const std::string& target,
                         const tlm::tlm_generic_payload& transaction) {
  if (initiator_ >= 0 && initiator != initiator_) return;
  if (!target_.empty() && target != target_) return;
  file_.stream() << fmt::format("{:.3f},{},{},{},{:#x},{},{}\n", time.to_seconds() * 1e9,
                                initiators_[static_cast<std::size_t>(initiator)], target,
                                transaction.is_write() ? "write" : "read", transaction.get_address(),
                                transaction.get_data_length(), transaction.get_response_string());
}

void TransactionLog::close() {
  file_.close();
}

Waves::Waves(const std::string& file) {
  const std::string extension = std::filesystem::path(file).extension().string();
  if (extension == ".fst") {
    file_ = std::make_unique<VcdFile>(std::make_unique<FstSink>(file));
  } else if (extension == ".vcd") {
    file_ = std::make_unique<VcdFile>(std::make_unique<OutputFile>(file));
  } else {
    refuse("--waves", file, "FILE.vcd, FILE.fst");
  }
}

}  // namespace bitbalance::cli
