#!/usr/bin/env python3
"""Writes the tables and the picture of docs/study.md, of one sweep.

    docs/tools/study.py build/release/bitbalance [DATABASE]

Runs scenarios/sweeps/study.yaml (what the database has is not computed again), replaces what stands between the marks
in docs/study.md, and draws docs/study.svg with gnuplot.
"""
import collections
import csv
import math
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/study.md"
PICTURE = ROOT / "docs/study.svg"
BEGIN, END = "<!-- tables: docs/tools/study.py -->", "<!-- end of tables -->"
LARGEST_MM2 = 5
KEYS = ["quantization.nnzb", "accelerator.synchronization", "accelerator.rows", "accelerator.columns",
        "accelerator.weight_bank_bytes", "accelerator.activation_buffer_bytes", "accelerator.output_buffer_bytes"]
COLOURS = {"2": "#0072b2", "3": "#d55e00", "4": "#009e73"}  # of nnzb


def sweep(command, database):
    with tempfile.TemporaryDirectory() as scratch:
        table = pathlib.Path(scratch) / "study.csv"
        subprocess.run([command, "sweep", str(ROOT / "scenarios/sweeps/study.yaml"), "--out", database,
                        "--csv", str(table)], check=True, stdout=sys.stderr)
        with table.open() as file:
            return [row for row in csv.DictReader(file) if row["verdict"] == "pass"]


def number(row, name):
    return float(row[name])


def network(row):
    return row["scenario"].removesuffix(".yaml")


def design(row):
    kib = [int(row[f"accelerator.{name}"]) // 1024
           for name in ("weight_bank_bytes", "activation_buffer_bytes", "output_buffer_bytes")]
    return (f"{row['accelerator.rows']} x {row['accelerator.columns']} | {row['accelerator.synchronization']} | "
            f"{kib[0]} | {kib[1]} | {kib[2]}")


def figures(row):
    return (f"{number(row, 'area_mm2'):.2f} | {number(row, 'frames_per_j'):.1f} | "
            f"{number(row, 'frames_per_s'):.1f} | {number(row, 'dram_bytes_per_frame') / 1e6:.1f}")


HEAD = """| network | nnzb | array | synchronization | weight bank, KiB | activations, KiB | outputs, KiB | mm2 | frame/J | \
frame/s | DRAM, MB per frame |
|---|---:|---|---|---:|---:|---:|---:|---:|---:|---:|"""


def best(rows, key):
    groups = collections.OrderedDict()
    for row in rows:
        if number(row, "area_mm2") <= LARGEST_MM2:
            groups.setdefault(key(row), []).append(row)
    return {group: max(members, key=lambda row: number(row, "frames_per_j")) for group, members in groups.items()}


def best_of_each(rows):
    lines = [HEAD]
    for (name, nnzb), row in best(rows, lambda row: (network(row), row["quantization.nnzb"])).items():
        lines.append(f"| {name} | {nnzb} | {design(row)} | {figures(row)} |")
    return lines


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def worth_of_keys(rows):
    """The best design with each value of a key, relative to the best of all: mean over the networks."""
    lines = ["| key | values: frame/J of the best design that has it, relative to the best |", "|---|---|"]
    own = best(rows, network)
    for key in KEYS:
        with_value = best(rows, lambda row: (row[key], network(row)))
        shares = collections.OrderedDict()
        for (value, name), row in with_value.items():
            shares.setdefault(value, []).append(number(row, "frames_per_j") / number(own[name], "frames_per_j"))
        cells = [f"{value}: {100 * geometric_mean(found):.0f} %" if len(found) == len(own) else f"{value}: not for all"
                 for value, found in shares.items()]
        lines.append(f"| `{key}` | {', '.join(cells)} |")
    return lines


def best_for_all(rows):
    """The design whose geometric mean over the networks, each relative to its own best design, is the largest."""
    own = best(rows, lambda row: (network(row), row["quantization.nnzb"]))
    designs = collections.defaultdict(list)
    for row in rows:
        if number(row, "area_mm2") <= LARGEST_MM2:
            designs[tuple(row[key] for key in KEYS)].append(row)
    networks = {network(row) for row in rows}
    lines = ["| nnzb | array | synchronization | weight bank, KiB | activations, KiB | outputs, KiB | mm2 | "
             + " | ".join(sorted(networks)) + " |", "|---:|---|---|---:|---:|---:|---:|" + "---:|" * len(networks)]
    for nnzb in COLOURS:
        def share(row):
            return number(row, "frames_per_j") / number(own[network(row), nnzb], "frames_per_j")

        def mean(members):
            return geometric_mean([share(row) for row in members])

        whole = [members for members in designs.values()
                 if members[0]["quantization.nnzb"] == nnzb and len(members) == len(networks)]
        members = sorted(max(whole, key=mean), key=network)
        lines.append(f"| {nnzb} | {design(members[0])} | {number(members[0], 'area_mm2'):.2f} | "
                     + " | ".join(f"{100 * share(row):.0f} %" for row in members) + " |")
    return lines


def front(rows):
    """Less area and more frames per joule, ascending in both."""
    found = []
    for row in sorted(rows, key=lambda row: (number(row, "area_mm2"), -number(row, "frames_per_j"))):
        if not found or number(row, "frames_per_j") > number(found[-1], "frames_per_j"):
            found.append(row)
    return found


def draw(rows):
    names = list(collections.OrderedDict.fromkeys(network(row) for row in rows))
    lines = ["set terminal svg size 900,640 font 'sans,12' background '#ffffff'", f"set output '{PICTURE}'",
             "set multiplot layout 2,2", "set grid", "set xlabel 'area, mm2'", "set ylabel 'frame/J'",
             "set xrange [0:10]", "set yrange [0:*]", "set key bottom right"]
    for name in names:
        plots = []
        for nnzb, colour in COLOURS.items():
            block = f"${name}_{nnzb}"
            own = [row for row in rows if network(row) == name and row["quantization.nnzb"] == nnzb]
            lines += [f"{block} << EOD", *[f"{row['area_mm2']} {row['frames_per_j']}" for row in front(own)], "EOD"]
            plots.append(f"{block} with steps lw 2 lc rgb '{colour}' title 'nnzb {nnzb}'")
        lines += [f"set title '{name}'",
                  f"set arrow 1 from {LARGEST_MM2}, graph 0 to {LARGEST_MM2}, graph 1 nohead dt 2 lc rgb '#666666'",
                  "plot " + ", ".join(plots)]
    subprocess.run(["gnuplot"], input="\n".join(lines) + "\n", text=True, check=True)


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    rows = sweep(sys.argv[1], sys.argv[2] if len(sys.argv) == 3 else "results/study.sqlite")
    text = PAGE.read_text()
    before, after = text[:text.index(BEGIN)], text[text.index(END):]
    tables = "\n\n".join("\n".join(lines) for lines in (best_of_each(rows), best_for_all(rows), worth_of_keys(rows)))
    PAGE.write_text(f"{before}{BEGIN}\n{tables}\n{after}")
    draw(rows)


main()
