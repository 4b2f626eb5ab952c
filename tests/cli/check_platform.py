#!/usr/bin/env python3
"""Holds firmware on the platform against the scenario runner, and its driver against a time-out.

  check_platform.py BITBALANCE PLATFORM SCENARIO [--levels tlm,rtl] [--images N] [--firmware ELF]

At quantum 0 and without DMI the accelerator's cycles must be the runner's, image by image. For every quantum, with and without DMI,
with either way of waiting, several accelerators, timed DRAM and a program on disk the predictions must be the golden
model's, which the platform itself compares, and the same in each run. The interrupt handler must run once per program.
"""
import argparse
import itertools
import json
import re
import subprocess
import tempfile
from pathlib import Path

TIMED_DRAM = "memory=scenarios/memory/ddr4-2400.yaml"

problems = []


def platform(arguments, options, source=None):
    """What the platform prints, and the figures in it."""
    command = [arguments.platform, *(source or [arguments.scenario, "--images", str(arguments.images)]), *options]
    if arguments.firmware:
        command += ["--firmware", arguments.firmware]
    done = subprocess.run(command, capture_output=True, text=True)
    text = done.stdout
    if done.returncode != 0:
        problems.append(f"{' '.join(command)}: exit code {done.returncode}\n{text}{done.stderr}")
        return None
    summary = re.search(r"(\d+) programs, (\d+) interrupts taken, handler ran (\d+) times", text)
    return {
        "command": " ".join(options),
        "text": text,
        "predictions": re.findall(r"^image (\d+): predicted (\d+)", text, re.MULTILINE),
        "cycles of images": [int(n) for n in re.findall(r"^image .*, (\d+) cycles", text, re.MULTILINE)],
        "cycles": int(re.search(r"^\d+ images, (\d+) cycles$", text, re.MULTILINE)[1]),
        "programs": int(summary[1]),
        "handlers": int(summary[3]),
    }


def runner(arguments, images, *options):
    """The runner's summary of the first images."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([arguments.bitbalance, "run", arguments.scenario, "--level", "tlm", "--images", str(images),
                        *options, "--out", folder + "/run"], check=True, capture_output=True)
        summary = json.loads(Path(folder, "run/summary.json").read_text(encoding="utf-8"))
    same(summary["verdict"], "pass", "verdict", "runner")
    return summary


def same(found, wanted, what, where):
    if found != wanted:
        problems.append(f"{where}: {what} {found}, not {wanted}")


def once_per_program(found, predictions):
    if found is not None:
        same(found["predictions"], predictions, "predictions", found["command"])
        same(found["handlers"], found["programs"], "runs of the handler", found["command"])


def check_images(arguments, level):
    """Each image is a program of its own: its cycles, as registers tell them."""
    alone = ["--set", "network.batch=1"]
    found = platform(arguments, ["--level", level, "--quantum-ns", "0", "--no-dmi", *alone])
    if found is None:
        return
    totals = [0, *(runner(arguments, images, *alone)["cycles"] for images in [1, 2, 3, arguments.images])]
    cycles = found["cycles of images"]
    same(len(cycles), arguments.images, "images with cycles", found["command"])
    same(cycles[:3], [after - before for before, after in zip(totals, totals[1:4])], "cycles of each image",
         found["command"])
    same(sum(cycles), totals[-1], "cycles of all images", found["command"])


def check_logs(arguments, folder):
    logs = ["--uart", folder / "uart", "--transactions", folder / "bus.csv", "--initiator", "cpu", "--target",
            "accelerator0", "--waves"]
    for waves in ["bus.vcd", "bus.fst"]:
        found = platform(arguments, [*map(str, logs), str(folder / waves)])
        if found is None:
            return
        uart = (folder / "uart").read_text(encoding="utf-8")
        same(found["text"].startswith(uart) and uart.endswith(" cycles\n"), True, "the terminal is logged", "--uart")
        rows = (folder / "bus.csv").read_text(encoding="utf-8").splitlines()[1:]
        same({tuple(row.split(",")[1:3]) for row in rows}, {("cpu", "accelerator0")}, "initiators and targets",
             "--transactions")
        starts = [row for row in rows if ",write,0x1001000c,4," in row]
        same(len(starts), found["programs"], "writes of CONTROL", "--transactions")
        same((folder / waves).stat().st_size > 0, True, "a waveform is there", waves)
    same(" irq " in (folder / "bus.vcd").read_text(encoding="utf-8"), True, "the interrupt line is in it",
         "--waves")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bitbalance")
    parser.add_argument("platform")
    parser.add_argument("scenario")
    parser.add_argument("--levels", default="tlm,rtl")
    parser.add_argument("--images", type=int, default=16)
    parser.add_argument("--firmware")
    arguments = parser.parse_args()

    cycles = runner(arguments, arguments.images)["cycles"]
    predictions = None
    for level in arguments.levels.split(","):
        exact = platform(arguments, ["--level", level, "--quantum-ns", "0", "--no-dmi"])
        if exact is None:
            continue
        same(exact["cycles"], cycles, "cycles", exact["command"])
        check_images(arguments, level)
        predictions = predictions or exact["predictions"]
        same(len(predictions), arguments.images, "images", exact["command"])
        quanta = ["0", "100", "10000", "1000000"] if level == "tlm" else ["10000"]
        for quantum, dmi, wait in itertools.product(quanta, [[], ["--no-dmi"]], ["interrupt", "poll"]):
            found = platform(arguments, ["--level", level, "--quantum-ns", quantum, *dmi, "--wait", wait])
            if found is None:
                continue
            same(found["predictions"], predictions, "predictions", found["command"])
            same(found["handlers"], found["programs"] if wait == "interrupt" else 0, "runs of the handler",
                 found["command"])
        for options in [["--level", level, "--accelerators", "2"], ["--level", level, "--set", TIMED_DRAM]]:
            once_per_program(platform(arguments, options), predictions)
    once_per_program(platform(arguments, ["--platform", "scenarios/platforms/two.yaml"]), predictions)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([arguments.bitbalance, "build", arguments.scenario, "--images", str(arguments.images), "--out",
                        folder + "/program"], check=True, capture_output=True)
        once_per_program(platform(arguments, [], ["--program", folder + "/program"]), predictions)
        check_logs(arguments, Path(folder))
    firmware = ["--firmware", arguments.firmware] if arguments.firmware else []
    late = subprocess.run([arguments.platform, arguments.scenario, "--images", str(arguments.images), "--timeout-ms",
                           "0.001", *firmware], capture_output=True, text=True)
    for wanted in ["accelerator 0: the accelerator did not end in time\n",
                   "exit status 3, predictions not compared"]:
        if wanted not in late.stdout or late.returncode != 1:
            problems.append(f"--timeout-ms 0.001: exit code {late.returncode}, without '{wanted}':\n{late.stdout}")
    print("\n".join(problems) if problems else "firmware and runner agree")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
