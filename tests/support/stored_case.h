// Random programs as they are stored on disk.
#pragma once

#include <cstdint>

#include "hw/program/stored_program.h"
#include "tests/support/names.h"

namespace bitbalance::test {

stored::StoredProgram make_stored_case(std::uint64_t seed);

}  // namespace bitbalance::test
