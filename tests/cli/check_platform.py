#!/usr/bin/env python3
"""Holds firmware on the platform against the scenario runner, and its driver against a time-out.

  check_platform.py BITBALANCE PLATFORM SCENARIO [--levels tlm,rtl] [--images N] [--firmware ELF]

At quantum 0 and without DMI the accelerator's cycles must be the runner's. For every quantum, with and without DMI,
with either way of waiting and with several accelerators the predictions must be the golden model's, which the platform
itself compares, and the same in each run. The interrupt handler must run once per program.
"""
import argparse
import itertools
import json
import re
import subprocess
import tempfile
from pathlib import Path

problems = []


def platform(arguments, level, options):
    """What the platform prints, and the figures in it."""
    command = [arguments.platform, arguments.scenario, "--level", level, "--images", str(arguments.images), *options]
    if arguments.firmware:
        command += ["--firmware", arguments.firmware]
    done = subprocess.run(command, capture_output=True, text=True)
    text = done.stdout
    if done.returncode != 0:
        problems.append(f"{' '.join(command)}: exit code {done.returncode}\n{text}{done.stderr}")
        return None
    summary = re.search(r"(\d+) programs, (\d+) interrupts taken, handler ran (\d+) times", text)
    return {
        "command": " ".join(options) + " at " + level,
        "predictions": re.findall(r"^image (\d+): predicted (\d+)", text, re.MULTILINE),
        "cycles": int(re.search(r"^\d+ images, (\d+) cycles$", text, re.MULTILINE)[1]),
        "programs": int(summary[1]),
        "handlers": int(summary[3]),
    }


def same(found, wanted, what, where):
    if found != wanted:
        problems.append(f"{where}: {what} {found}, not {wanted}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bitbalance")
    parser.add_argument("platform")
    parser.add_argument("scenario")
    parser.add_argument("--levels", default="tlm,rtl")
    parser.add_argument("--images", type=int, default=16)
    parser.add_argument("--firmware")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([arguments.bitbalance, "run", arguments.scenario, "--level", "tlm", "--images",
                        str(arguments.images), "--out", folder + "/run"], check=True, capture_output=True)
        runner = json.loads(Path(folder, "run/summary.json").read_text(encoding="utf-8"))
    same(runner["verdict"], "pass", "verdict", "runner")

    predictions = None
    for level in arguments.levels.split(","):
        exact = platform(arguments, level, ["--quantum-ns", "0", "--no-dmi"])
        if exact is None:
            continue
        same(exact["cycles"], runner["cycles"], "cycles", exact["command"])
        predictions = predictions or exact["predictions"]
        same(len(predictions), arguments.images, "images", exact["command"])
        quanta = ["0", "100", "10000", "1000000"] if level == "tlm" else ["10000"]
        for quantum, dmi, wait in itertools.product(quanta, [[], ["--no-dmi"]], ["interrupt", "poll"]):
            found = platform(arguments, level, ["--quantum-ns", quantum, *dmi, "--wait", wait])
            if found is None:
                continue
            same(found["predictions"], predictions, "predictions", found["command"])
            same(found["handlers"], found["programs"] if wait == "interrupt" else 0, "runs of the handler",
                 found["command"])
        shared = platform(arguments, level, ["--accelerators", "2"])
        if shared is not None:
            same(shared["predictions"], predictions, "predictions", shared["command"])
            same(shared["handlers"], shared["programs"], "runs of the handler", shared["command"])
    late = subprocess.run([arguments.platform, arguments.scenario, "--timeout-ms", "0.001"],
                          capture_output=True, text=True)
    for wanted in ["accelerator 0: the accelerator did not end in time\n", "exit status 3, 0 of 16"]:
        if wanted not in late.stdout or late.returncode != 1:
            problems.append(f"--timeout-ms 0.001: exit code {late.returncode}, without '{wanted}':\n{late.stdout}")
    print("\n".join(problems) if problems else "firmware and runner agree")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
