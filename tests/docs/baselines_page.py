#!/usr/bin/env python3
"""Writes the tables of docs/baselines.md between their marks: `bitbalance compare` by each rule and technology.

  baselines_page.py --build build/release [--check]   in the project's folder; --check: exit code 1 if they differ

Takes some minutes of CPU time.
"""
import argparse
import csv
import difflib
import subprocess
import sys
import tempfile
from pathlib import Path

PAGE = Path("docs/baselines.md")
BEGIN, END = "<!-- tables -->\n", "<!-- end of tables -->\n"
NETWORKS = ["fashion", "alexnet", "vgg16", "resnet50", "googlenet"]
LOST_OF = "vgg16"
RULES = ["equal-lanes", "equal-area"]
TECHNOLOGIES = ["65nm", "osu018"]
OURS = "bit-balance"
FIGURES = ["frames_per_s", "frames_per_j", "frames_per_s_per_mm2"]


def compare(build, rule, technology):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([f"{build}/bitbalance", "compare", *(f"scenarios/{name}.yaml" for name in NETWORKS), "--rule", rule,
                        "--set", f"technology=scenarios/technology/{technology}.yaml", "--out", f"{folder}/out"],
                       check=True, stdout=subprocess.DEVNULL)
        with open(f"{folder}/out/compare.csv", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["own_weights"] == "true"]
    return {(row["design"], row["scenario"]): row for row in rows}


def sizes(rows):
    """Of all networks, or of those that differ."""
    found = [f"{row['rows']} x {row['columns']} x {row['lanes']}, {float(row['area_mm2']):.1f}" for row in rows]
    return "; ".join(dict.fromkeys(found))


def lost(row):
    parts = [float(row[f"array_{part}_cycles"]) for part in ("terms", "empty", "waiting", "unused")]
    return " / ".join(f"{100 * part / sum(parts):.0f}" for part in parts[1:]) + " %"


def table(figures):
    lines = [f"| | rows x columns x lanes, mm2 | {' | '.join(NETWORKS)} | VGG-16: empty / waiting / unused |",
             "|---" * (len(NETWORKS) + 3) + "|"]
    for design in dict.fromkeys(design for design, _ in figures):
        if design.startswith(OURS) and design != f"{OURS}-lean":
            continue
        rows = [figures[design, name] for name in NETWORKS]
        ratios = [" / ".join(f"{float(row[figure]) / float(figures[OURS, name][figure]):.2f}" for figure in FIGURES)
                  for row, name in zip(rows, NETWORKS)]
        lines.append(f"| `{design}` | {sizes(rows)} | {' | '.join(ratios)} | {lost(figures[design, LOST_OF])} |")
    return "\n".join(lines)


def tables(build):
    text = ""
    for rule in RULES:
        for technology in TECHNOLOGIES:
            print(f"{rule}, {technology}...", file=sys.stderr)
            figures = compare(build, rule, technology)
            ours = figures[OURS, LOST_OF]
            text += (f"### `{rule}`, {technology}\nOurs: {ours['rows']} x {ours['columns']} x {ours['lanes']}, "
                     f"{float(ours['area_mm2']):.1f} mm2.\n\n{table(figures)}\n\n")
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    found = tables(arguments.build)
    before, rest = PAGE.read_text().split(BEGIN)  # as it is after minutes of computing
    held, after = rest.split(END)
    if arguments.check:
        changes = list(difflib.unified_diff(held.splitlines(), found.splitlines(), "page", "found", lineterm="", n=0))
        sys.exit("\n".join([f"{PAGE} has other tables:", *changes]) if changes else 0)
    PAGE.write_text(before + BEGIN + found + END + after)


if __name__ == "__main__":
    main()
