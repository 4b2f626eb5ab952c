// What a refusal must be, whatever the format.
#pragma once

#include <exception>
#include <string>

#include "tests/support/names.h"

namespace bitbalance::fuzz {

/// Why the refusal of `bytes` is none that a user should see: another kind than a user's mistake, more than
/// one line, or a library's own words. Empty: it is one.
std::string fault_of(const std::exception& refusal, const std::string& bytes);

}  // namespace bitbalance::fuzz
