// fuzz_FORMAT [--seed N] [--executions N] [--seconds S] [--keep DIR] | FILE...: damages valid files at random
// and reads them, within time and memory, in a process that may crash. Execution i of a seed is the same in
// every run. Exit code 1 when anything but a refusal or a success was seen; what led to it is kept in DIR.
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <new>
#include <systemc>

#include "base/process/main_stack.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/mutation.h"
#include "tests/fuzz/refusal.h"
#include "tests/support/shadow_memory.h"
#include "tests/support/temporary_folder.h"

#ifdef BITBALANCE_ADDRESS_SANITIZER
// The shadow of the address space leaves no room for a limit of it.
extern "C" const char* __asan_default_options() {
  return "hard_rss_limit_mb=4096:detect_leaks=0:allocator_may_return_null=0";
}
#endif

namespace bitbalance::fuzz {
namespace {

constexpr std::size_t kLargestInput = std::size_t{1} << 22;
constexpr unsigned kSecondsOfOne = 20;  ///< of a processor, under the sanitizers
constexpr unsigned kWaitOfOne = 300;    ///< of the clock on the wall, on a busy machine
constexpr int kFindingExit = 3;

/// What a process leaves behind, however it ends.
struct Shared {
  std::uint64_t execution;  ///< the one that runs
  std::uint64_t accepted, refused;
  std::size_t size;
  char finding[4096];
  char input[kLargestInput];
};

struct Arguments {
  std::uint64_t seed = 1;
  std::uint64_t executions = 0;  ///< 0: no limit
  double seconds = 0;            ///< 0: no limit
  std::string keep = "fuzz-findings";
  std::vector<std::string> files;
};

class Fuzzer {
 public:
  Fuzzer(const Arguments& arguments, std::string name)
      : arguments_(arguments), name_(std::move(name)), start_(std::chrono::steady_clock::now()) {
    void* const memory =
        mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    shared_ = new (memory) Shared{};
  }

  int run() {
    constexpr int kMostFindings = 50;
    int findings = 0;
    while (more() && findings < kMostFindings) {
      std::fflush(stdout);
      const pid_t child = fork();
      if (child < 0) throw std::runtime_error("no process");
      if (child == 0) std::_Exit(work());
      int status = 0;
      waitpid(child, &status, 0);
      if (WIFEXITED(status) && WEXITSTATUS(status) == 0) break;
      ++findings;
      keep(status);
      ++shared_->execution;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start_;
    fmt::print("{}: seed {}: {} executions in {:.0f} s, {} accepted, {} refused, {} findings\n", name_,
               arguments_.seed, shared_->execution, took.count(), shared_->accepted, shared_->refused,
               findings);
    return findings == 0 ? 0 : 1;
  }

 private:
  bool more() const {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start_;
    return (arguments_.executions == 0 || shared_->execution < arguments_.executions) &&
           (arguments_.seconds == 0 || took.count() < arguments_.seconds);
  }

  /// The process that may crash.
  int work() {
#ifndef BITBALANCE_SHADOW_MEMORY
    constexpr rlim_t kMostMemory = rlim_t{4} << 30;
    const rlimit memory = {kMostMemory, kMostMemory};
    setrlimit(RLIMIT_AS, &memory);
#endif
    const rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    target_ = make_target();
    seeds_ = target_->seeds();
    words_ = target_->words();
    // The valid files come first, as they are.
    for (; more(); ++shared_->execution) {
      const std::string bytes = input(shared_->execution);
      shared_->size = bytes.size();
      std::memcpy(shared_->input, bytes.data(), bytes.size());
      set_timer(kSecondsOfOne);
      alarm(kWaitOfOne);
      const std::string finding = read(bytes);
      if (finding.empty()) continue;
      std::strncpy(shared_->finding, finding.c_str(), sizeof shared_->finding - 1);
      target_.reset();  // its files, too
      return kFindingExit;
    }
    target_.reset();
    return 0;
  }

  static void set_timer(unsigned seconds) {
    itimerval timer{};
    timer.it_value.tv_sec = seconds;
    setitimer(ITIMER_PROF, &timer, nullptr);
  }

  std::string input(std::uint64_t execution) {
    if (execution < seeds_.size()) return seeds_[execution];
    Random random(arguments_.seed * 0x9e3779b97f4a7c15 + execution);
    std::string bytes = seeds_[below(seeds_.size(), random)];
    for (std::size_t n = 1 + below(below(2, random) == 0 ? 2 : 8, random); n > 0; --n) {
      if (below(2, random) == 0) bytes = target_->damage(std::move(bytes), random);
      if (below(2, random) == 0)
        bytes = mutate(std::move(bytes), seeds_[below(seeds_.size(), random)], words_, random);
    }
    if (bytes.size() > kLargestInput) bytes.resize(kLargestInput);
    return bytes;
  }

  std::string read(const std::string& bytes) {
    try {
      target_->read(bytes);
      ++shared_->accepted;
      return {};
    } catch (const std::exception& refusal) {
      ++shared_->refused;
      const bool is_seed = shared_->execution < seeds_.size();
      const std::string fault = fault_of(refusal, bytes);
      return fault.empty() && is_seed ? std::string("a valid file is refused: ") + refusal.what() : fault;
    }
  }

  void keep(int status) {
    const std::string how = WIFSIGNALED(status) ? fmt::format("{}", strsignal(WTERMSIG(status)))
                            : WEXITSTATUS(status) == kFindingExit
                                ? std::string(shared_->finding)
                                : fmt::format("exit {}", WEXITSTATUS(status));
    std::filesystem::create_directories(arguments_.keep);
    const auto file = std::filesystem::path(arguments_.keep) /
                      fmt::format("{}-{}-{}", name_, arguments_.seed, shared_->execution);
    write_file(file, {shared_->input, shared_->size});
    fmt::print("{}: {}\n", file.string(), how);
    shared_->finding[0] = 0;
  }

  const Arguments& arguments_;
  std::string name_;
  std::chrono::steady_clock::time_point start_;
  Shared* shared_ = nullptr;
  std::unique_ptr<FuzzTarget> target_;
  std::vector<std::string> seeds_, words_;
};

/// Reads single files, for a debugger.
int replay(const std::vector<std::string>& files) {
  const std::unique_ptr<FuzzTarget> target = make_target();
  target->seeds();
  for (const std::string& file : files) {
    const std::string bytes = text_of(file);
    try {
      target->read(bytes);
      fmt::print("{}: accepted\n", file);
    } catch (const std::exception& refusal) {
      fmt::print("{}: {}; {}\n", file, refusal.what(), fault_of(refusal, bytes));
    }
  }
  return 0;
}

int run(int argc, char* argv[]) {
  Arguments arguments;
  CLI::App app("Reads damaged files");
  app.add_option("--seed", arguments.seed);
  app.add_option("--executions", arguments.executions, "0: no limit");
  app.add_option("--seconds", arguments.seconds, "0: no limit");
  app.add_option("--keep", arguments.keep, "folder of what led to a finding");
  app.add_option("files", arguments.files, "read these as they are instead");
  CLI11_PARSE(app, argc, argv);
  if (!arguments.files.empty()) return replay(arguments.files);
  return Fuzzer(arguments, std::filesystem::path(argv[0]).filename().string()).run();
}

}  // namespace
}  // namespace bitbalance::fuzz

int sc_main(int argc, char* argv[]) {
  return bitbalance::fuzz::run(argc, argv);
}

int main(int argc, char* argv[]) {
  ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);  // read before sc_main
  if (std::filesystem::is_directory("/dev/shm"))
    ::setenv("TMPDIR", "/dev/shm", 0);  // thousands of files a second
  return sc_core::sc_elab_and_sim(argc, argv);
}
