#!/usr/bin/env python3
"""How often two units use a memory on chip in the same cycle: the shares of cycles in docs/pipeline.md.

    docs/tools/port_meetings.py build/release/bitbalance scenarios/fashion.yaml [OPTION OF run...]

Runs the scenario at rtl with a waveform of the units and counts its cycles. A wait is a unit more than one in a cycle.
Which bank a unit asks is not looked at, nor which buffer a load writes. So the waits are bounds.
"""
import pathlib
import subprocess
import sys
import tempfile

from plot_vcd import Waveform

SIGNALS = ["activation_buffer.reading", "weight_encoder.address", "load_engine.bytes_written", "store_engine.element",
           "vector_unit.state", "post_processor.scaled.valid"]
WORKING = {1, 2, 4}  # of vector_unit.state: pooling, adding, looking up


def trace(command, scenario, options):
    with tempfile.TemporaryDirectory() as folder:
        out = f"{folder}/out"
        chosen = [word for name in SIGNALS for word in ("--signals", name)]
        subprocess.run([command, "run", scenario, "--golden", "sampled", "--trace", "@0-999999999", *chosen,
                        "--out", out, *options], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return Waveform(next(pathlib.Path(out).glob("*.vcd")))


class Cycles:
    """In which cycles a unit uses a memory."""

    def __init__(self, wave):
        self.wave, self.count = wave, wave.cycles()

    def at(self, time):
        return (time - self.wave.first) // self.wave.period

    def changes(self, name):
        return self.wave.changes[self.wave.ids[name]]

    def while_in(self, name, values):
        cycles, begin = bytearray(self.count), None
        for time, value in [*self.changes(name), (self.wave.last + self.wave.period, None)]:
            if begin is not None:
                cycles[begin:self.at(time)] = b"\1" * (self.at(time) - begin)
            begin = self.at(time) if value in values else None
        return cycles

    def when_moves(self, name):
        cycles = bytearray(self.count)
        for time, value in self.changes(name)[1:]:
            cycles[self.at(time)] = value != 0  # 0: it begins again
        return cycles


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    cycles = Cycles(trace(sys.argv[1], sys.argv[2], sys.argv[3:]))
    loads = cycles.when_moves("load_engine.bytes_written")
    memories = {
        "weight buffer": {"encoder": cycles.when_moves("weight_encoder.address"), "load engine": loads},
        "activation buffer": {"lanes": cycles.while_in("activation_buffer.reading", {1}), "load engine": loads},
        "output buffer": {"post-processor": cycles.while_in("post_processor.scaled.valid", {1}),
                          "vector unit": cycles.while_in("vector_unit.state", WORKING),
                          "store engine": cycles.when_moves("store_engine.element"), "load engine": loads},
    }
    for memory, units in memories.items():
        shares = [f"{unit} {100 * sum(used) / cycles.count:.1f} %" for unit, used in units.items()]
        waits = sum(max(0, sum(at_once) - 1) for at_once in zip(*units.values()))
        print(f"{memory}: {', '.join(shares)}; waits {100 * waits / cycles.count:.2f} % of {cycles.count:,} cycles")


main()
