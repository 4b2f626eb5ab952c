#!/usr/bin/env bash
# check_package.sh BUILD: installs a build and uses it from outside: by find_package, by pkg-config, as a Debian package,
# as a subproject, and its driver in firmware for RISC-V. Needs a complete build. Part of .ci/run.
set -euo pipefail
build=$(realpath "$1")
source=$(realpath "$(dirname "$0")/../..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1

cmake --install "$build" --prefix "$work/prefix" >/dev/null
"$build/bitbalance" build "$source/scenarios/lenet.yaml" --images 8 --out "$work/program"
gcc -std=c99 -Wall -Wextra -Werror -fsyntax-only -x c "$work/program/program.h"

if find "$work/prefix" -name version.h | grep -q .; then
  echo "base/version.h is installed without its library" >&2
  exit 1
fi

echo "== find_package"
cmake -S "$source/examples/consumer" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$work/prefix" \
  -DCMAKE_CXX_FLAGS="-Wall -Wextra -Werror" >/dev/null
cmake --build "$work/cmake" >/dev/null
"$work/cmake/consumer" "$work/program"
if cmake -S "$source/examples/consumer" -B "$work/no" -DCMAKE_PREFIX_PATH="$work/prefix" \
  -DBITBALANCE_SYSTEMC=home -DSYSTEMC_HOME=/nowhere >"$work/no.log" 2>&1 || ! grep -q "SYSTEMC_HOME = '/nowhere'" "$work/no.log"; then
  echo "a SystemC that is not there is not named" >&2
  exit 1
fi

echo "== pkg-config"
pc=$(dirname "$(find "$work/prefix" -name bitbalance-rtl.pc)")
read -ra flags <<<"$(PKG_CONFIG_PATH=$pc pkg-config --cflags bitbalance-rtl bitbalance-tlm bitbalance-memory bitbalance-program)"
read -ra libraries <<<"$(PKG_CONFIG_PATH=$pc pkg-config --libs bitbalance-rtl bitbalance-tlm bitbalance-memory bitbalance-program)"
g++ -std=c++17 "${flags[@]}" "$source/examples/consumer/main.cpp" -o "$work/consumer" "${libraries[@]}"
"$work/consumer" "$work/program"
read -ra flags <<<"$(PKG_CONFIG_PATH=$pc pkg-config --cflags bitbalance-adapter)"
read -ra libraries <<<"$(PKG_CONFIG_PATH=$pc pkg-config --libs bitbalance-adapter)"
g++ -std=c++17 "${flags[@]}" "$source/tests/package/adapter.cpp" -o "$work/adapter" "${libraries[@]}"
"$work/adapter"

echo "== driver, for another processor"
cmake -S "$source/tests/package/firmware" -B "$work/firmware" -DCMAKE_PREFIX_PATH="$work/prefix" \
  -DCMAKE_SYSTEM_NAME=Generic -DCMAKE_SYSTEM_PROCESSOR=riscv64 -DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY \
  -DCMAKE_C_COMPILER=riscv64-unknown-elf-gcc -DCMAKE_C_FLAGS="-march=rv64imac -mabi=lp64 -mcmodel=medany" >/dev/null
cmake --build "$work/firmware" >/dev/null
read -ra flags <<<"$(PKG_CONFIG_PATH=$pc pkg-config --cflags bitbalance-driver)"
read -ra sources <<<"$(PKG_CONFIG_PATH=$pc pkg-config --variable=sources bitbalance-driver)"
gcc -std=c99 -Wall -Wextra -Werror "${flags[@]}" "$source/tests/package/firmware/main.c" "${sources[@]}" -o "$work/native"

echo "== Debian package"
(cd "$work" && cpack --config "$build/CPackConfig.cmake" -B "$work/deb" >/dev/null)
dpkg-deb --extract "$work"/deb/*.deb "$work/root"
cmake -S "$source/examples/consumer" -B "$work/debian" -DCMAKE_PREFIX_PATH="$work/root/usr" >/dev/null
cmake --build "$work/debian" >/dev/null
"$work/debian/consumer" "$work/program"

echo "== subproject"
cmake -S "$source/tests/package/subproject" -B "$work/sub" >/dev/null
ctest --test-dir "$work/sub" -N | grep -q "Total Tests: 0"
