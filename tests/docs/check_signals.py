#!/usr/bin/env python3
"""The table of docs/waveforms.md has every signal of a full dump, and the dump has every one of the table.

    check_signals.py build/release/bitbalance
"""
import itertools
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]


def braces(name):
    """Names that one with {a,b} stands for."""
    found = re.search(r"\{([^}]*)\}", name)
    if not found:
        return [name]
    return [name[:found.start()] + word + name[found.end():] for word in found[1].split(",")]


def pattern(name):
    """R, L, C and N are numbers where they end a word, NAME a word, * anything."""
    escaped = re.escape(name).replace(r"\*", ".*").replace("NAME", "[a-z_]+")
    return re.sub(r"(?<=[a-z])[RLCN]\b", "[0-9]+", escaped)


def told(page):
    """Of every signal in the table: its words there, and the pattern of its names."""
    table = page.partition("| group | signals | show |")[2].partition("\n\n")[0]
    group, patterns = "", {}
    for line in table.splitlines()[2:]:
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        group = cells[0].strip("`") or group
        before = []
        for words in re.findall("`([^`]+)`", cells[1]):
            # ".in_flight" takes the place of what is behind the last dot of the one before it.
            names = [name.rpartition(".")[0] + words for name in before] if words[0] == "." else braces(words)
            before = names or [f"{engine}{words}" for engine in braces("{load,compute,vector,store}")]
            for name in before:
                full = f"{group}.{name}" if group else name
                patterns[full] = re.compile(pattern(full))
    return patterns


def signals(command):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([command, "run", SOURCE / "scenarios/lenet.yaml", "--images", "1", "--golden", "sampled",
                        "--trace", "conv2:0", "--signals", "*", "--power", "100", "--out", f"{folder}/out"],
                       check=True, stdout=subprocess.DEVNULL)
        listed = subprocess.run([command, "check-vcd", "--list", f"{folder}/out/conv2.vcd"], check=True,
                                capture_output=True, text=True).stdout
    return [line.split()[-1] for line in itertools.islice(listed.splitlines(), 1, None)]


def main():
    patterns = told((SOURCE / "docs/waveforms.md").read_text(encoding="utf-8"))
    names = signals(sys.argv[1])
    untold = [name for name in names if not any(p.fullmatch(name) for p in patterns.values())]
    gone = [words for words, p in patterns.items() if not any(p.fullmatch(name) for name in names)]
    if untold or gone:
        sys.exit(f"docs/waveforms.md: signals without a word: {untold}; words without a signal: {gone}")


main()
