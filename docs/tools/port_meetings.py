#!/usr/bin/env python3
"""How often two units use a memory on chip in the same cycle: the shares of cycles in docs/pipeline.md.

    docs/tools/port_meetings.py build/release/bitbalance scenarios/fashion.yaml [OPTION OF run...]

Runs the scenario at rtl with a waveform of the units and counts the cycles in which each of them reads or writes. A
wait is a unit more than one in a cycle; where a macro has a port that reads and one that writes, a reader more than
one, or a writer. Which bank a unit asks is not looked at. So the waits are bounds.
"""
import pathlib
import subprocess
import sys
import tempfile

from plot_vcd import Waveform

WEIGHTS, PARAMETERS, TABLE, ACTIVATIONS, OUTPUTS = range(5)  # load_engine.target

# Of each memory, the units that read and those that write: their names and the counts that move when they do. Of the
# load engine, what it writes into has to fit, too.
READERS = {
    "weight buffer": {"encoder": "weight_encoder.reads"},
    "activation buffer": {"lanes": "activation_buffer.reads"},
    "output buffer": {"post-processor reads": "post_processor.output_reads",
                      "vector unit reads": "vector_unit.output_reads", "store engine": "store_engine.output_reads"},
}
WRITERS = {
    "weight buffer": {"load engine": WEIGHTS},
    "activation buffer": {"load engine": ACTIVATIONS},
    "output buffer": {"post-processor writes": "post_processor.output_writes",
                      "vector unit writes": "vector_unit.output_writes", "load engine": OUTPUTS},
}
LOADS, TARGET = "load_engine.writes", "load_engine.target"


def signals():
    return [LOADS, TARGET] + [unit for units in [*READERS.values(), *WRITERS.values()] for unit in units.values()
                              if isinstance(unit, str)]


def trace(command, scenario, options):
    with tempfile.TemporaryDirectory() as folder:
        out = f"{folder}/out"
        chosen = [word for name in signals() for word in ("--signals", name)]
        run = subprocess.run([command, "run", scenario, "--level", "rtl", "--golden", "sampled", "--trace",
                              "@0-999999999", *chosen, "--out", out, *options], check=False,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if run.returncode != 0:
            sys.exit(run.stderr)
        return Waveform(next(pathlib.Path(out).glob("*.vcd")))


class Cycles:
    """In which cycles a unit uses a memory: a byte for each, 1 or 0."""

    def __init__(self, wave):
        self.wave, self.count = wave, wave.cycles()

    def at(self, time):
        return (time - self.wave.first) // self.wave.period

    def changes(self, name):
        return self.wave.changes[self.wave.ids[name]]

    def when_moves(self, name):
        cycles = bytearray(self.count)
        for time, _ in self.changes(name)[1:]:  # the first one is the value that the waveform begins with
            cycles[self.at(time)] = 1
        return cycles

    def while_is(self, name, wanted):
        cycles, ends = bytearray(self.count), [self.at(time) for time, _ in self.changes(name)[1:]] + [self.count]
        for (time, value), end in zip(self.changes(name), ends):
            if value == wanted:
                cycles[self.at(time):end] = b"\1" * (end - self.at(time))
        return cycles

    def of(self, unit):
        if isinstance(unit, str):
            return self.when_moves(unit)
        into = self.while_is(TARGET, unit)
        return bytearray(a & b for a, b in zip(self.when_moves(LOADS), into))


def at_once(units, count):
    """How many of the units use the memory, for each cycle."""
    return [sum(used) for used in zip(*units)] if units else [0] * count


def meetings(wave):
    """Of each memory: the shares of cycles that its units use it, and the waits with one port and with two."""
    cycles, found = Cycles(wave), {}
    for memory in READERS:
        readers = {name: cycles.of(unit) for name, unit in READERS[memory].items()}
        writers = {name: cycles.of(unit) for name, unit in WRITERS[memory].items()}
        reads, writes = at_once(readers.values(), cycles.count), at_once(writers.values(), cycles.count)
        one = sum(max(0, r + w - 1) for r, w in zip(reads, writes))
        two = sum(max(0, r - 1) + max(0, w - 1) for r, w in zip(reads, writes))
        uses = {name: sum(used) / cycles.count for name, used in {**readers, **writers}.items()}
        found[memory] = (uses, one / cycles.count, two / cycles.count)
    return found


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    wave = trace(sys.argv[1], sys.argv[2], sys.argv[3:])
    for memory, (uses, one, two) in meetings(wave).items():
        shares = ", ".join(f"{unit} {share:.1%}" for unit, share in uses.items())
        print(f"{memory}: {shares}; waits with one port {one:.2%}, with two {two:.2%} of {wave.cycles():,} cycles")


if __name__ == "__main__":
    main()
