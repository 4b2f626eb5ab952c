#!/usr/bin/env bash
# Builds the model and runs a scenario: ./run.sh [SCENARIO.yaml or MODEL.onnx] [options of `bitbalance run`]
# From any folder: paths are relative to it, and results go there, as with the command itself.
set -euo pipefail
root=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
source "$root/cmake/setup.sh"

(cd "$root" && set_up bitbalance)
scenario=$root/scenarios/fashion.yaml
if [[ $# -gt 0 && $1 != -* ]]; then
  scenario=$1
  shift
fi
exec "$root/build/release/bitbalance" run "$scenario" "$@"
