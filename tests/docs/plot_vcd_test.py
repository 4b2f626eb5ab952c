#!/usr/bin/env python3
"""docs/tools/plot_vcd.py shows real numbers, and a waveform of one cycle."""
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
HEADER = """$scope module SystemC $end
$var wire 1 a clk $end
$scope module power $end
$var real 64 b core_w $end
$upscope $end
$upscope $end
$enddefinitions $end
#5000
$dumpvars
1a
r1.25 b
$end
#5500
0a
"""
CASES = {
    "one cycle": (HEADER + "#5750\n", "cycle  clk  core_w\n    0    1    1.25\n"),
    "two cycles": (HEADER + "#6000\n1a\nr2.136095566719383 b\n",
                   "cycle  clk  core_w\n    0    1    1.25\n    1    1  2.1361\n"),
}


def main():
    for name, (dump, expected) in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "wave.vcd"
            path.write_text(dump, encoding="ascii")
            command = [SOURCE / "docs/tools/plot_vcd.py", path, "--signal", "clk", "--signal", "power.core_w"]
            found = subprocess.run(command, check=False, capture_output=True, text=True)
            picture = subprocess.run([*command, "--svg", Path(folder) / "wave.svg"], check=False)
        if found.stdout != expected or picture.returncode != 0:
            sys.exit(f"{name}: {found.stdout}{found.stderr}, expected {expected}")


main()
