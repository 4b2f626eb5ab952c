#include "hw/isa/command/command_check.h"
#include "tests/support/names.h"

#include <catch2/catch.hpp>

using namespace bitbalance;
using namespace bitbalance::test;

TEST_CASE("a compute command whose activations would wrap 64 bits is out of range") {
  AcceleratorConfig config;
  config.weight_bank_bytes = 1 << 24;
  config.activation_buffer_bytes = 1 << 28;
  config.parameter_buffer_bytes = 1 << 20;
  Compute c;
  c.weight_bits = 2;
  c.nnzb = 1;
  c.stride_h = c.stride_w = 15;
  c.conv_groups = 309;
  c.channels = 62360;
  c.plane_rows = 65523;
  c.plane_columns = 64935;  // 309 x 62360 x 225 x 65523 x 64935 = 2^64 + 112343384
  CHECK(check(c, config) == ProgramFault::kBadField);
}

TEST_CASE("a compute command adds an operand or pools, not both") {
  Compute c;
  c.plane_rows = c.plane_columns = c.rows = c.columns = 4;
  c.operand = true;
  CHECK(check(c, AcceleratorConfig{}) == ProgramFault::kNone);
  c.pool_w = 2;
  CHECK(check(c, AcceleratorConfig{}) == ProgramFault::kBadField);
  c.operand = false;
  CHECK(check(c, AcceleratorConfig{}) == ProgramFault::kNone);
}

TEST_CASE("narrow lanes take no 16-bit activations, a short shift no wide weights") {
  Compute c;
  c.plane_rows = c.plane_columns = c.rows = c.columns = 4;
  c.weight_bits = 9;
  AcceleratorConfig config;
  config.pe.shift = 7;
  CHECK(check(c, config) == ProgramFault::kNone);
  config.token_form = TokenForm::kSignedDigit;
  CHECK(check(c, config) == ProgramFault::kBadField);
  c.weight_bits = 8;
  CHECK(check(c, config) == ProgramFault::kNone);
  config.pe.lanes = PeLanes::kNarrow;
  CHECK(check(c, config) == ProgramFault::kNone);
  c.width = Width::k16;
  CHECK(check(c, config) == ProgramFault::kBadField);
}
