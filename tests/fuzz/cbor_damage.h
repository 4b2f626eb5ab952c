// Damage to a CBOR document that leaves it one: values become others, are left out, doubled or put elsewhere.
#pragma once

#include <string>

#include "tests/fuzz/fuzz_target.h"
#include "tests/support/names.h"

namespace bitbalance::fuzz {

/// The bytes themselves where they are no document.
std::string damage_cbor(const std::string& bytes, Random& random);

}  // namespace bitbalance::fuzz
