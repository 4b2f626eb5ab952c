#!/usr/bin/env bash
# Builds the model and runs a scenario: ./run.sh [SCENARIO.yaml] [options of `bitbalance run`]
set -euo pipefail
cd "$(dirname "$0")"
source cmake/setup.sh

set_up bitbalance
scenario=scenarios/fashion.yaml
if [[ $# -gt 0 && $1 != -* ]]; then
  scenario=$1
  shift
fi
exec build/release/bitbalance run "$scenario" "$@"
