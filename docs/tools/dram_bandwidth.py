#!/usr/bin/env python3
"""Frames per second against the memory's bandwidth: ideal memories of several rates and the DRAM presets.

    docs/tools/dram_bandwidth.py build/release/bitbalance scenarios/fashion.yaml docs/dram_bandwidth [--check]

Runs the scenario at the tlm level, every time with the blocks that the first run chose, writes FILE.csv and draws
FILE.svg with gnuplot. With --check it writes nothing, and fails if FILE.csv has other figures.
"""
import argparse
import csv
import io
import json
import pathlib
import subprocess
import sys
import tempfile

IDEAL_BYTES_PER_CYCLE = ["0.8", "1.6", "3.2", "6.4", "9.6", "12.8", "19.2", "25.6", "51.2"]
PRESETS = ["ddr3-1600", "ddr4-2400", "lpddr4-3200"]
# Cycles in which the array waits for nobody but itself.
COMPUTE = ["busy", "bank_conflict", "drain_wait", "fill"]


def run(command, scenario, folder, settings):
    arguments = [command, "run", scenario, "--level", "tlm", "--images", "64", "--out", str(folder)]
    for setting in settings:
        arguments += ["--set", setting]
    mapping = folder.parent / "mapping.yaml"
    if mapping.exists():
        arguments += ["--mapping", str(mapping)]
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
    if not mapping.exists():
        mapping.write_text((folder / "mapping.yaml").read_text())
    return json.loads((folder / "summary.json").read_text())


def measure(command, scenario):
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch) / "results"
        bound = run(command, scenario, folder, ["memory.bytes_per_cycle=12.8"])
        for rate in IDEAL_BYTES_PER_CYCLE:
            summary = run(command, scenario, folder, [f"memory.bytes_per_cycle={rate}"])
            rows.append(["ideal", float(rate) * summary["clock_hz"] / 1e9, summary["frames_per_s"], "", "", ""])
        presets = pathlib.Path(__file__).resolve().parents[2] / "scenarios" / "memory"
        for preset in PRESETS:
            summary = run(command, scenario, folder, [f"memory={presets / preset}.yaml"])
            memory = summary["memory"]
            rows.append([memory["name"], memory["peak_bytes_per_s"] / 1e9, summary["frames_per_s"],
                         memory["busy_bytes_per_s"] / 1e9, memory["row_hit_share"], memory["refresh_share"]])
    cycles = sum(layer["engines"]["compute"][cause] for layer in bound["layers"] for cause in COMPUTE)
    rows.append(["compute bound", "", bound["frames"] * bound["clock_hz"] / cycles, "", "", ""])
    return rows


def draw(rows, title, svg):
    ideal = [row for row in rows if row[0] == "ideal"]
    presets = [row for row in rows if row[3] != ""]
    bound = rows[-1][2]
    lines = ["set terminal svg size 720,420 font 'sans,12'", f"set title '{title}'", "set logscale x 2",
             "set xlabel 'peak bandwidth, GB/s'", "set ylabel 'frames/s'", "set yrange [0:*]", "set key bottom right",
             "set grid", "$ideal << EOD", *[f"{row[1]} {row[2]}" for row in ideal], "EOD"]
    plots = ["$ideal with linespoints pt 7 title 'ideal, latency 50 cycles, rate for each of read and write'"]
    for number, row in enumerate(presets):
        lines += [f"$preset{number} << EOD", f"{row[1]} {row[2]}", "EOD"]
        plots.append(f"$preset{number} with points pt {number + 8} ps 1.5 title '{row[0]}'")
    plots.append(f"{bound} with lines dashtype 2 linecolor 'black' title 'compute bound'")
    lines.append("plot " + ", ".join(plots))
    picture = subprocess.run(["gnuplot"], input="\n".join(lines), text=True, check=True, capture_output=True)
    pathlib.Path(svg).write_text(picture.stdout)


def table(rows):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["memory", "peak_gb_per_s", "frames_per_s", "busy_gb_per_s", "row_hit_share", "refresh_share"])
    for row in rows:
        writer.writerow([f"{value:.4g}" if isinstance(value, float) and value < 1000 else
                         f"{value:.0f}" if isinstance(value, float) else value for value in row])
    return text.getvalue()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", metavar="bitbalance")
    parser.add_argument("scenario")
    parser.add_argument("target", metavar="FILE", help="without an ending")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    rows = measure(options.command, options.scenario)
    figures = pathlib.Path(options.target + ".csv")
    if options.check:
        if figures.read_text() != table(rows):
            sys.exit(f"{figures} is not what this build measures:\n{table(rows)}")
        return
    figures.write_text(table(rows))
    draw(rows, f"{pathlib.Path(options.scenario).stem}, 64 images in batches of 32", options.target + ".svg")


main()
