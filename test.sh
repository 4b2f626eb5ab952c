#!/usr/bin/env bash
# Builds everything and runs the tests: ./test.sh [options of ctest]. Slow proofs: ./test.sh -L slow
set -euo pipefail
cd "$(dirname "$0")"
source cmake/setup.sh

set_up all
selection=(-LE slow)
[[ $* == *"-L "* ]] && selection=()
exec ctest --preset release --parallel "$(nproc)" "${selection[@]}" "$@"
