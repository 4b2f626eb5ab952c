#!/usr/bin/env python3
"""Writes what docs/mapper.md and docs/tutorial-explore.md show of the mapper's efforts.

    docs/tools/mapper_figures.py curves
    docs/tools/mapper_figures.py scenarios [OLD_FOLDER]

`curves` draws docs/mapper_curves.svg with gnuplot: the trained network's frames per second against bandwidth and
buffers. `scenarios` writes the table of docs/mapper.md: 50 settings of the shipped networks, mapped by efforts `fast`
and `good`, beside another build of this project in OLD_FOLDER, whose accelerator has no pipeline. Both folders have a
build/release/bitbalance. Without OLD_FOLDER the old build's cycles stay as the table has them. All at level analytic.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/mapper.md"
PICTURE = ROOT / "docs/mapper_curves.svg"
BEGIN, END = "<!-- table: docs/tools/mapper_figures.py -->", "<!-- end of table -->"
EFFORTS = {"fast": "#d55e00", "good": "#0072b2"}

KB = 1024
CURVES = [  # of a key: its axis, and values as shown
    ("memory.bytes_per_cycle", "B/cycle", [8, 12.8, 16, 20, 25.6, 32, 48, 64, 96, 128]),
    ("accelerator.activation_buffer_bytes", "activation buffer, KB", [64, 128, 192, 256, 384, 512, 768, 1024]),
    ("accelerator.output_buffer_bytes", "output buffer, KB", [16, 32, 48, 64, 96, 128, 192, 256]),
]

NETWORKS = ["fashion", "fashion-resnet", "alexnet", "vgg16", "resnet50", "googlenet"]
SETTINGS = {
    "default": [],
    "3.2 B/cycle": ["memory.bytes_per_cycle=3.2"],
    "51.2 B/cycle": ["memory.bytes_per_cycle=51.2"],
    "latency 200": ["memory.latency_cycles=200"],
    "64 KB of activations": [f"accelerator.activation_buffer_bytes={64 * KB}"],
    "512 KB of activations": [f"accelerator.activation_buffer_bytes={512 * KB}"],
    "128 KB of outputs": [f"accelerator.output_buffer_bytes={128 * KB}"],
    "16 x 64 PEs": ["accelerator.rows=16", "accelerator.columns=64"],
}
EXTRA = [("lenet", "default"), ("lenet", "3.2 B/cycle")]
AS_BEFORE = "accelerator=scenarios/accelerators/unpipelined.yaml"


def summary(folder, scenario, settings):
    """Of a run by the build in `folder`."""
    with tempfile.TemporaryDirectory() as scratch:
        command = ["build/release/bitbalance", "run", f"scenarios/{scenario}.yaml", "--level", "analytic",
                   "--out", f"{scratch}/out"]
        for setting in settings:
            command += ["--set", setting]
        done = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            return None
        return json.loads((pathlib.Path(scratch) / "out/summary.json").read_text())


def figures(result):
    dram = sum(sum(layer["dram_bytes"].values()) for layer in result["layers"])
    energy = result["energy_j_per_frame"]
    return result["cycles"], dram, (energy["core"] + energy["dram"]) * result["frames"]


def recorded_cycles(table):
    """Of the old build, by network and setting; None where it refused."""
    rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in table.splitlines()[3:]]
    return {(cells[0], cells[1]): None if cells[2] == "-" else int(cells[2].replace(",", "")) for cells in rows}


def old_cycles(folder, scenario, settings):
    result = summary(folder, scenario, settings)
    return figures(result)[0] if result else None


def row(scenario, name, before):
    settings = SETTINGS[name]
    fast, good = (figures(summary(ROOT, scenario, [AS_BEFORE, *settings, f"mapping.effort={effort}"]))
                  for effort in EFFORTS)
    change = f"{100 * (good[0] / before - 1):+.2f} %" if before else "refused"
    print(scenario, name, change, file=sys.stderr)
    cells = [scenario, name, f"{before:,}" if before else "-", f"{fast[0]:,}", f"{good[0]:,}", change,
             f"{fast[1] / 1e6:.2f}", f"{good[1] / 1e6:.2f}", f"{fast[2] * 1e3:.3f}", f"{good[2] * 1e3:.3f}"]
    return f"| {' | '.join(cells)} |"


def write_table(old_folder=None):
    lines = ["| network | setting | cycles before | `fast` | `good` | `good` against before "
             "| MB of DRAM, `fast` | `good` | mJ, `fast` | `good` |", "|---|---|" + "---:|" * 8]
    pairs = [(network, name) for network in NETWORKS for name in SETTINGS] + EXTRA
    text = PAGE.read_text()
    before, after = text[:text.index(BEGIN)], text[text.index(END):]
    recorded = recorded_cycles(text[len(before):-len(after)])
    lines += [row(network, name, old_cycles(old_folder, network, SETTINGS[name]) if old_folder else
                  recorded[network, name]) for network, name in pairs]
    PAGE.write_text("\n".join([before + BEGIN, *lines, after]))


def draw():
    lines = ["set terminal svg size 960,320 dynamic background rgb 'white' font 'sans,11'",
             f"set output '{PICTURE}'", "set multiplot layout 1,3", "set grid", "set key bottom center",
             "set logscale x 2", "set format y '%.0f'"]
    for number, (key, axis, values) in enumerate(CURVES):
        plots = []
        scale = KB if axis.endswith("KB") else 1
        for effort, colour in EFFORTS.items():
            rates = [summary(ROOT, "fashion", [f"{key}={value * scale}", f"mapping.effort={effort}",
                                               "network.count=32"])["frames_per_s"] for value in values]
            print(key, effort, [round(rate) for rate in rates], file=sys.stderr)
            if effort == "good" and rates != sorted(rates):
                sys.exit(f"{key}: not monotone")
            lines += [f"${effort}{number} << EOD", *(f"{v} {r}" for v, r in zip(values, rates)), "EOD"]
            plots.append(f"${effort}{number} with linespoints lw 2 pt 7 ps 0.5 lc rgb '{colour}' title '{effort}'")
        lines += [f"set xlabel '{axis}'", f"set ylabel '{'frames/s' if number == 0 else ''}'",
                  "plot " + ", ".join(plots)]
    subprocess.run(["gnuplot"], input="\n".join(lines) + "\n", text=True, check=True)


def main():
    if sys.argv[1:] == ["curves"]:
        draw()
    elif len(sys.argv) in (2, 3) and sys.argv[1] == "scenarios":
        write_table(*sys.argv[2:])
    else:
        sys.exit(__doc__)


main()
