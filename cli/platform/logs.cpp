#include "cli/platform/logs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "base/process/child_process.h"

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
    const auto found = std::find(initiators_.begin(), initiators_.end(), arguments.initiator);
    if (found == initiators_.end())
      refuse("--initiator", arguments.initiator, fmt::format("{}", fmt::join(initiators_, ", ")));
    initiator_ = static_cast<int>(found - initiators_.begin());
  }
  if (!target_.empty() && std::find(targets.begin(), targets.end(), target_) == targets.end())
    refuse("--target", target_, fmt::format("{}", fmt::join(targets, ", ")));
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
    if (!run_child({"vcd2fst", "--help"}, ""))
      refuse("--waves", file, "FILE.vcd; FILE.fst needs vcd2fst, of Debian's gtkwave");
    fst_ = file;
  } else if (extension != ".vcd") {
    refuse("--waves", file, "FILE.vcd, FILE.fst");
  }
  vcd_name_ = fst_.empty() ? file : file + ".vcd";
  vcd_.emplace(vcd_name_);
}

void Waves::close() {
  vcd_->close();
  if (fst_.empty()) return;
  const auto child = run_child({"vcd2fst", vcd_name_, fst_}, "");
  std::filesystem::remove(vcd_name_);
  if (child && child->exit_code == 0) return;
  std::filesystem::remove(fst_);
  throw std::runtime_error(
      fmt::format("vcd2fst {} {}: {}", vcd_name_, fst_, child ? child->end() : "not installed"));
}

}  // namespace bitbalance::cli
