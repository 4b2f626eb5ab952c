#!/usr/bin/env python3
"""docs/tools/port_meetings.py counts the meetings of a small waveform, and the uses that a run's events tell.

    port_meetings_test.py build/release/bitbalance
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "docs/tools"))
import port_meetings  # noqa: E402: the path comes first
from plot_vcd import Waveform  # noqa: E402

# Cycles in which counts move. Cycle 0 is the one that the waveform begins with.
MOVES = {
    "weight_encoder.reads": [1, 5],
    "activation_buffer.reads": [1, 2, 3, 4],
    "post_processor.output_reads": [6],
    "vector_unit.output_reads": [5, 6],
    "store_engine.output_reads": [6, 7],
    "post_processor.output_writes": [6, 8],
    "vector_unit.output_writes": [8],
    "load_engine.writes": [1, 3, 4, 8],
}
TARGETS = {0: port_meetings.WEIGHTS, 2: port_meetings.ACTIVATIONS, 7: port_meetings.OUTPUTS}
CYCLES = 10
# Uses of each unit, waits with one port and with two.
EXPECTED = {
    "weight buffer": ({"encoder": 2, "load engine": 1}, 1, 0),
    "activation buffer": ({"lanes": 4, "load engine": 2}, 2, 0),
    "output buffer": ({"post-processor reads": 1, "vector unit reads": 2, "store engine": 2,
                       "post-processor writes": 2, "vector unit writes": 1, "load engine": 1}, 5, 4),
}


def expect(found, expected, what):
    if found != expected:
        sys.exit(f"{what}: {found}, expected {expected}")


def small_waveform(path):
    names = sorted(MOVES) + [port_meetings.TARGET, "clk"]
    ids = {name: chr(ord("a") + i) for i, name in enumerate(names)}
    lines = ["$scope module top $end"]
    lines += [f"$var wire {1 if name == 'clk' else 32} {ids[name]} {name} $end" for name in names]
    lines += ["$upscope $end", "$enddefinitions $end"]
    for cycle in range(CYCLES):
        lines += [f"#{1000 * cycle}", "1" + ids["clk"]]
        for name, moves in MOVES.items():
            if cycle == 0 or cycle in moves:
                lines.append(f"b{sum(1 for c in moves if c <= cycle):b} {ids[name]}")
        if cycle in TARGETS:
            lines.append(f"b{TARGETS[cycle]:b} {ids[port_meetings.TARGET]}")
        if cycle + 1 < CYCLES:
            lines += [f"#{1000 * cycle + 500}", "0" + ids["clk"]]
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    return Waveform(path)


def counts(wave):
    """Shares of cycles as numbers of cycles."""
    def number(share):
        return round(share * wave.cycles())
    return {memory: ({unit: number(share) for unit, share in uses.items()}, number(one), number(two))
            for memory, (uses, one, two) in port_meetings.meetings(wave).items()}


def main():
    command, scenario, options = sys.argv[1], str(SOURCE / "scenarios/lenet.yaml"), ["--images", "1"]
    with tempfile.TemporaryDirectory() as folder:
        expect(counts(small_waveform(Path(folder) / "small.vcd")), EXPECTED, "a small waveform")
        subprocess.run([command, "run", scenario, *options, "--level", "analytic", "--out", f"{folder}/out"],
                       check=True, stdout=subprocess.DEVNULL)
        layers = json.loads(Path(f"{folder}/out/summary.json").read_text(encoding="utf-8"))["layers"]
    events = {name: sum(layer["events"][name] for layer in layers) for name in layers[0]["events"]}
    uses = counts(port_meetings.trace(command, scenario, options))["output buffer"][0]
    expect(uses["store engine"], events["dram_write_bursts"], "bursts of LeNet's stores")
    # A beat reads an entry, and writes some of its results: no window of LeNet's poolings is cut off.
    expect(uses["post-processor writes"], events["parameter_entry_reads"], "beats of LeNet")


main()
