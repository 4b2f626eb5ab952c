#!/usr/bin/env bash
# Unicorn 2.0.1 (libunicorn2 2.0.1.post1-1+b1), RISC-V: a hook of blocks that calls uc_emu_stop() stops in front of the
# block whose address it was told. Afterwards the register pc holds that address, but only as long as no hook of
# instructions (UC_HOOK_CODE) exists, wherever it applies: with one, pc is that of a block before, as blocks that
# jump to each other are chained without writing pc. Whoever goes on at pc then runs what lies between once more. The
# address that the hook was told is the right one.
# Seen: "without a hook of instructions: pc is the block's: yes" and "with one elsewhere: pc is the block's: no".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq libunicorn2=2.0.1.post1-1+b1 libunicorn-dev=2.0.1.post1-1+b1 2>/dev/null
for package in ./*.deb; do dpkg -x "$package" .; done

cat >stop.c <<'END'
#include <stdint.h>
#include <stdio.h>
#include <unicorn/unicorn.h>

static int blocks = 0;
static uint64_t stopped_at = 0;

static void stop_at_last(uc_engine *engine, uint64_t address, uint32_t size, void *data) {
  (void)size, (void)data;
  if (++blocks < 100) return;
  stopped_at = address;
  uc_emu_stop(engine);
}

static void elsewhere(uc_engine *engine, uint64_t address, uint32_t size, void *data) {
  (void)engine, (void)address, (void)size, (void)data;
}

/// Is pc the address of the block that the hook of blocks stopped in front of?
static int is_right(int with_code_hook) {
  const uint32_t first[] = {0x00150513, 0x00c0006f};   // addi a0, a0, 1; j second
  const uint32_t second[] = {0x00158593, 0xfedff06f};  // addi a1, a1, 1; j first
  uc_engine *engine;
  uc_hook of_blocks, of_code;
  uint64_t pc = 0;
  blocks = 0;
  uc_open(UC_ARCH_RISCV, UC_MODE_RISCV64, &engine);
  uc_mem_map(engine, 0x1000, 0x2000, UC_PROT_ALL);
  uc_mem_write(engine, 0x1000, first, sizeof first);
  uc_mem_write(engine, 0x1010, second, sizeof second);
  uc_hook_add(engine, &of_blocks, UC_HOOK_BLOCK, (void *)stop_at_last, NULL, (uint64_t)1, (uint64_t)0);
  if (with_code_hook)
    uc_hook_add(engine, &of_code, UC_HOOK_CODE, (void *)elsewhere, NULL, (uint64_t)0x2000, (uint64_t)0x2004);
  uc_emu_start(engine, 0x1000, 0x2ffc, 0, 0);
  uc_reg_read(engine, UC_RISCV_REG_PC, &pc);
  uc_close(engine);
  return pc == stopped_at;
}

int main(void) {
  printf("without a hook of instructions: pc is the block's: %s\n", is_right(0) ? "yes" : "no");
  printf("with one elsewhere: pc is the block's: %s\n", is_right(1) ? "yes" : "no");
}
END
library=$(dirname "$(find . -name 'libunicorn.so.2*' | head -1)")
cc -I usr/include stop.c "$library"/libunicorn.so.2 -o stop
LD_LIBRARY_PATH="$library" ./stop | tee seen.txt
diff seen.txt - <<'END'
without a hook of instructions: pc is the block's: yes
with one elsewhere: pc is the block's: no
END
