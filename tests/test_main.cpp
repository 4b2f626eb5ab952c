#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <cstdlib>
#include <systemc>

#include "base/process/main_stack.h"
#include "tests/support/expected_warnings.h"
#include "tests/support/left_out.h"

namespace {

constexpr int kSkipped = 77;  // SKIP_RETURN_CODE in tests/CMakeLists.txt
bool is_whole = true;

}  // namespace

void bitbalance::test::leave_out(const std::string& reason) {
  WARN("left out: " << reason);
  is_whole = false;
}

int sc_main(int argc, char* argv[]) {
  bitbalance::test::let_warnings_fail();
  const int result = Catch::Session().run(argc, argv);
  bitbalance::tell_main_stack();  // for the search for leaks at the end
  return result == 0 && !is_whole ? kSkipped : result;
}

int main(int argc, char* argv[]) {
  ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);  // read before sc_main
  ::setenv("RC_PARAMS", "seed=1", 0);                     // RapidCheck's: the same cases in every run
  return sc_core::sc_elab_and_sim(argc, argv);
}
