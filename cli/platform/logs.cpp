#include "cli/platform/logs.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace bitbalance::cli {
namespace {

std::ofstream open_log(const char* option, const std::string& file) {
  std::ofstream stream(file);
  if (!stream) refuse(option, file, "a file that can be written");
  return stream;
}

/// Its exit code; 127: there is no such program.
int run_program(std::vector<std::string> words) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t silence;
  posix_spawn_file_actions_init(&silence);
  posix_spawn_file_actions_addopen(&silence, 1, "/dev/null", 1, 0);
  posix_spawn_file_actions_addopen(&silence, 2, "/dev/null", 1, 0);
  pid_t child = 0;
  const int error = posix_spawnp(&child, arguments[0], &silence, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&silence);
  if (error != 0) return 127;
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace

void refuse(const char* option, const std::string& value, const std::string& accepted) {
  throw std::invalid_argument(fmt::format("{}: '{}'; accepted: {}", option, value, accepted));
}

Terminal::Terminal(const std::string& file) {
  if (!file.empty()) log_ = open_log("--uart", file);
}

void Terminal::show(char c) {
  std::fputc(c, stdout);
  if (log_.is_open()) log_.put(c);
}

TransactionLog::TransactionLog(const PlatformArguments& arguments, std::vector<std::string> initiators,
                               const std::vector<std::string>& targets)
    : initiators_(std::move(initiators)), target_(arguments.target) {
  if (!arguments.initiator.empty()) {
    const auto found = std::find(initiators_.begin(), initiators_.end(), arguments.initiator);
    if (found == initiators_.end())
      refuse("--initiator", arguments.initiator, fmt::format("{}", fmt::join(initiators_, ", ")));
    initiator_ = static_cast<int>(found - initiators_.begin());
  }
  if (!target_.empty() && std::find(targets.begin(), targets.end(), target_) == targets.end())
    refuse("--target", target_, fmt::format("{}", fmt::join(targets, ", ")));
  file_ = open_log("--transactions", arguments.transactions);
  file_ << "time_ns,initiator,target,command,address,bytes,answer\n";
}

void TransactionLog::add(const sc_core::sc_time& time, int initiator, const std::string& target,
                         const tlm::tlm_generic_payload& transaction) {
  if (initiator_ >= 0 && initiator != initiator_) return;
  if (!target_.empty() && target != target_) return;
  file_ << fmt::format("{:.3f},{},{},{},{:#x},{},{}\n", time.to_seconds() * 1e9,
                       initiators_[static_cast<std::size_t>(initiator)], target,
                       transaction.is_write() ? "write" : "read", transaction.get_address(),
                       transaction.get_data_length(), transaction.get_response_string());
}

Waves::Waves(const std::string& file) {
  const std::filesystem::path path(file);
  if (path.extension() == ".fst") {
    if (run_program({"vcd2fst", "--help"}) == 127)
      refuse("--waves", file, "FILE.vcd; FILE.fst needs vcd2fst, of Debian's gtkwave");
    fst_ = stem_ = file;
  } else if (path.extension() == ".vcd") {
    stem_ = (path.parent_path() / path.stem()).string();
  } else {
    refuse("--waves", file, "FILE.vcd, FILE.fst");
  }
  open_log("--waves", stem_ + ".vcd");
  trace_ = sc_core::sc_create_vcd_trace_file(stem_.c_str());
}

Waves::~Waves() {
  if (trace_ != nullptr) sc_core::sc_close_vcd_trace_file(trace_);
}

void Waves::close() {
  sc_core::sc_close_vcd_trace_file(std::exchange(trace_, nullptr));
  if (fst_.empty()) return;
  const int exit_code = run_program({"vcd2fst", stem_ + ".vcd", fst_});
  if (exit_code != 0)
    throw std::runtime_error(fmt::format("vcd2fst {}.vcd {}: exit code {}", stem_, fst_, exit_code));
  std::filesystem::remove(stem_ + ".vcd");
}

}  // namespace bitbalance::cli
