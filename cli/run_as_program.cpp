#include "cli/run_as_program.h"

#include <csignal>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>

#include "base/process/interruption.h"
#include "cli/exit_codes.h"
#include "testbench/run/process/console.h"

namespace bitbalance::cli {

int run_as_program(const char* program, const std::function<int()>& work) {
  // What a signal interrupts can fail in any way.
  const auto failure = [&](const std::string& why, int exit_code) {
    const int signal = interrupting_signal;
    runner::tell(signal != 0 ? "interrupted" : why, program);
    return signal != 0 ? kExitSignal + signal : exit_code;
  };
  runner::claim_standard_streams();
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    const int exit_code = work();
    runner::finish_stdout();
    return exit_code;
  } catch (const std::invalid_argument& mistake) {
    return failure(mistake.what(), kExitUsage);
  } catch (const std::bad_alloc&) {
    return failure(kOutOfMemory, kExitMachine);
  } catch (const std::exception& error) {
    return failure(error.what(), kExitMachine);
  }
}

}  // namespace bitbalance::cli
