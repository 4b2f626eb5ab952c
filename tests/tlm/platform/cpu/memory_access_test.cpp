#include "tlm/platform/cpu/memory_access.h"

#include <catch2/catch.hpp>

using namespace bitbalance::cpu;

namespace {

struct Row {
  const char* text;
  std::uint32_t bits;  // as riscv64-unknown-elf-as 2.40 assembles the text
  bool is_store;
  std::uint64_t address;
  unsigned bytes;
  int source = -1;  ///< of a store's value, if one of x
};

/// Register i holds i * 0x1000.
Registers registers() {
  Registers x{};
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = i * 0x1000;
  return x;
}

}  // namespace

TEST_CASE("every kind of load, store and atomic gives its address") {
  static const Row kRows[] = {
      {"lb a0,-1(t0)", 0xfff28503, false, 0x4fff, 1},
      {"lhu a1,2047(s1)", 0x7ff4d583, false, 0x97ff, 2},
      {"ld t6,-2048(t5)", 0x800f3f83, false, 0x1d800, 8},
      {"flw fa0,4(a2)", 0x00462507, false, 0xc004, 4},
      {"sb a0,-3(a1)", 0xfea58ea3, true, 0xaffd, 1, 10},
      {"sd s2,2000(s3)", 0x7d29b823, true, 0x137d0, 8, 18},
      {"fsd fa1,-8(sp)", 0xfeb13c27, true, 0x1ff8, 8},
      {"lr.w a0,(a1)", 0x1005a52f, false, 0xb000, 4},
      {"sc.d a0,a1,(a2)", 0x18b6352f, true, 0xc000, 8},
      {"amoadd.w a0,a1,(t1)", 0x00b3252f, true, 0x6000, 4},
      {"c.lw a0,124(a1)", 0x5de8, false, 0xb07c, 4},
      {"c.lw s0,68(s1)", 0x40e0, false, 0x9044, 4},
      {"c.ld a2,248(a3)", 0x7ef0, false, 0xd0f8, 8},
      {"c.sw a4,64(a5)", 0xc3b8, true, 0xf040, 4, 14},
      {"c.sd a0,56(a1)", 0xfd88, true, 0xb038, 8, 10},
      {"c.fld fa0,200(a0)", 0x2568, false, 0xa0c8, 8},
      {"c.fsd fa0,8(s0)", 0xa408, true, 0x8008, 8},
      {"c.lwsp a0,252(sp)", 0x557e, false, 0x20fc, 4},
      {"c.ldsp s1,504(sp)", 0x74fe, false, 0x21f8, 8},
      {"c.swsp a0,196(sp)", 0xc3aa, true, 0x20c4, 4, 10},
      {"c.sdsp ra,456(sp)", 0xe786, true, 0x21c8, 8, 1},
      {"c.fldsp fa0,64(sp)", 0x2506, false, 0x2040, 8},
      {"c.fsdsp fa0,320(sp)", 0xa2aa, true, 0x2140, 8},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.text);
    const auto access = memory_access(row.bits, registers());
    REQUIRE(access.has_value());
    CHECK(access->address == row.address);
    CHECK(access->is_store == row.is_store);
    CHECK(access->bytes == row.bytes);
    CHECK((access->source ? static_cast<int>(*access->source) : -1) == row.source);
  }
}

TEST_CASE("other instructions are no accesses") {
  for (const std::uint32_t bits : {0x00150513u, 0x00001537u, 0x000000efu, 0x34202573u, 0x0001u, 0x0505u,
                                   0x852eu, 0xa001u, 0x0028u, 0x050eu, 0x9002u, 0x00000073u, 0x00c5f553u}) {
    CAPTURE(bits);
    CHECK(!memory_access(bits, registers()).has_value());
  }
}

TEST_CASE("the length of an instruction follows from its first bits") {
  CHECK(instruction_bytes(0x0001) == 2);
  CHECK(instruction_bytes(0x0013) == 4);
}
