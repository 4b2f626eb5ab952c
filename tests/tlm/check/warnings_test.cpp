// SystemC's warnings, the protocol checker's among them, fail a test that does not expect them.
#include <catch2/catch.hpp>
#include <systemc>

#include "tests/support/expected_warnings.h"

using bitbalance::test::ExpectedWarnings;

TEST_CASE("a warning is an exception unless the test expects it") {
  const auto warn = [](const char* text) { SC_REPORT_WARNING("test", text); };
  CHECK_THROWS(warn("no progress"));
  {
    const ExpectedWarnings warnings("no progress");
    CHECK_NOTHROW(warn("no progress for 7 cycles"));
    CHECK(warnings.last() == "no progress for 7 cycles");
    CHECK_THROWS(warn("another"));
    CHECK(warnings.texts().size() == 1);
  }
  CHECK_THROWS(warn("no progress"));
}
