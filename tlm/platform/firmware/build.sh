#!/usr/bin/env bash
# Builds the firmware with gcc-riscv64-unknown-elf: tlm/platform/firmware/build.sh [OUTPUT.elf]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
cd "$root"  # so that no path of this machine gets into the file
riscv64-unknown-elf-gcc -std=c99 -O2 -ffreestanding -nostdlib -march=rv64imac -mabi=lp64 -mcmodel=medany \
  -fno-tree-loop-distribute-patterns -mno-riscv-attribute -Wa,-march=rv64imac_zicsr -Wall -Wextra -Wpedantic -Werror \
  -I driver -I tlm/platform -Wl,--build-id=none,-s -T tlm/platform/firmware/firmware.ld \
  tlm/platform/firmware/start.S tlm/platform/firmware/{main,devices,exercise}.c driver/bitbalance.c driver/mmio.c \
  -lgcc -o "${1:-$here/firmware.elf}"
