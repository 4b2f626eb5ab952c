#!/usr/bin/env bash
# Unicorn 2.0.1 (libunicorn2 2.0.1.post1-1+b1), RISC-V: the counter instret, by the architecture the instructions that
# have retired, is the host's time-stamp counter, as cycle is. Two reads of it with four instructions between them are
# thousands apart, and further ones every time, in RV32 and RV64. So firmware that measures itself with rdinstret gets
# figures of the host. Exact counts come from a hook on each instruction or block, or from uc_emu_start's own limit.
# Seen: "grew by 5: no, by more than 100: yes" for instret and cycle of both.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq libunicorn2=2.0.1.post1-1+b1 libunicorn-dev=2.0.1.post1-1+b1
for package in ./*.deb; do dpkg -x "$package" .; done

cat >instret.c <<'END'
#include <inttypes.h>
#include <stdio.h>
#include <unicorn/unicorn.h>

/// By how much the counter grows from one read of it to the next, with four addi between them.
static uint64_t growth(uc_mode mode, uint32_t counter) {
  const uint32_t nop = 0x00000013, read = counter << 20 | 2 << 12 | 0x73;  // csrrs rd, counter, x0
  const uint32_t code[] = {read | 10 << 7, nop, nop, nop, nop, read | 11 << 7};
  uc_engine *engine;
  uint64_t first = 0, second = 0;
  if (uc_open(UC_ARCH_RISCV, mode, &engine) != UC_ERR_OK) return 0;
  uc_mem_map(engine, 0x1000, 0x1000, UC_PROT_ALL);
  uc_mem_write(engine, 0x1000, code, sizeof code);
  if (uc_emu_start(engine, 0x1000, 0x1000 + sizeof code, 0, 0) != UC_ERR_OK) return 0;
  uc_reg_read(engine, UC_RISCV_REG_A0, &first);
  uc_reg_read(engine, UC_RISCV_REG_A1, &second);
  uc_close(engine);
  return mode == UC_MODE_RISCV32 ? (uint32_t)(second - first) : second - first;
}

int main(void) {
  const struct { const char *name; uint32_t number; } counters[] = {{"cycle", 0xc00}, {"instret", 0xc02}};
  for (int wide = 0; wide < 2; ++wide) {
    for (int c = 0; c < 2; ++c) {
      const uint64_t grown = growth(wide ? UC_MODE_RISCV64 : UC_MODE_RISCV32, counters[c].number);
      printf("RV%d, %s: grew by 5: %s, by more than 100: %s\n", wide ? 64 : 32, counters[c].name,
             grown == 5 ? "yes" : "no", grown > 100 ? "yes" : "no");
    }
  }
}
END
library=$(dirname "$(find . -name 'libunicorn.so.2*' | head -1)")
cc -I usr/include instret.c "$library"/libunicorn.so.2 -o instret
LD_LIBRARY_PATH="$library" ./instret | tee seen.txt
diff seen.txt - <<'END'
RV32, cycle: grew by 5: no, by more than 100: yes
RV32, instret: grew by 5: no, by more than 100: yes
RV64, cycle: grew by 5: no, by more than 100: yes
RV64, instret: grew by 5: no, by more than 100: yes
END
