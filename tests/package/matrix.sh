#!/usr/bin/env bash
# matrix.sh [SYSTEMC_SOURCE...]: builds the libraries with each SystemC and compiler, and runs the consumer of the
# package with what is installed. A SystemC comes from its sources, unpacked in a folder, built for C++17 and C++20 and
# found in both ways that cmake/BitbalanceSystemC.cmake knows of it; without an argument there is Debian's alone.
# Takes a quarter of an hour per version on two cores. Not part of CI: docs/validation.md has the last results.
set -euo pipefail
source=$(realpath "$(dirname "$0")/../..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1
with_ccache=()
if command -v ccache >/dev/null; then with_ccache=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_C_COMPILER_LAUNCHER=ccache); fi

# A program for the consumer, from the build for Debian's library.
"$source/build/release/bitbalance" build "$source/scenarios/lenet.yaml" --images 8 --out "$work/program" >/dev/null

# row NAME OPTION...: configures, builds and installs the libraries; builds and runs the consumer with the same options.
failed=0
row() {
  local name=$1 log="$work/log" result
  shift
  if cmake -S "$source" -B "$work/libraries" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBITBALANCE_COMPILER=OFF \
       -DBITBALANCE_TOOLS=OFF -DBITBALANCE_TESTS=OFF "${with_ccache[@]}" "$@" >"$log" 2>&1 &&
     cmake --build "$work/libraries" >>"$log" 2>&1 &&
     cmake --install "$work/libraries" --prefix "$work/prefix" >>"$log" 2>&1 &&
     cmake -S "$source/examples/consumer" -B "$work/consumer" -G Ninja "$@" -Dbitbalance_ROOT="$work/prefix" >>"$log" 2>&1 &&
     cmake --build "$work/consumer" >>"$log" 2>&1 && "$work/consumer/consumer" "$work/program" >"$work/told" 2>>"$log"; then
    result=$(tail -1 "$work/told")
  else
    result="fails: $(grep -m1 -iE 'error|not ' "$log" | tr '|' ' ')"
    failed=1
  fi
  echo "| $name | $result |"
  rm -rf "$work/libraries" "$work/prefix" "$work/consumer"
}

echo "| SystemC, standard, compiler | the consumer says |"
echo "|---|---|"
for compiler in g++ clang++; do
  row "Debian's by pkg-config, C++17, $compiler" -DBITBALANCE_SYSTEMC=pkgconfig -DCMAKE_CXX_COMPILER=$compiler
done
for systemc in "$@"; do
  version=$(basename "$(realpath "$systemc")")
  for standard in 17 20; do
    home=$work/home$standard
    cmake -S "$systemc" -B "$work/systemc" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_STANDARD=$standard \
      -DCMAKE_INSTALL_PREFIX="$home" "${with_ccache[@]}" >/dev/null 2>&1
    cmake --build "$work/systemc" --target install >/dev/null 2>&1
    for compiler in g++ clang++; do
      row "$version by SystemCLanguage, C++$standard, $compiler" -DBITBALANCE_SYSTEMC=cmake -DCMAKE_CXX_STANDARD=$standard \
        -DCMAKE_PREFIX_PATH="$home" -DCMAKE_CXX_COMPILER=$compiler
    done
    row "$version by SYSTEMC_HOME, C++$standard, g++" -DBITBALANCE_SYSTEMC=home -DCMAKE_CXX_STANDARD=$standard \
      -DSYSTEMC_HOME="$home"
    rm -rf "$work/systemc" "$home"
  done
done
exit $failed
