// What a test cannot try on this machine or in this build. CTest lists a test that left something out, and
// failed nowhere, as skipped.
#pragma once

#include <string>

namespace bitbalance::test {

void leave_out(const std::string& reason);

}  // namespace bitbalance::test
