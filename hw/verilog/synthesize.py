#!/usr/bin/env python3
"""Areas of PEs, an encoder row and their parts in osu018, a 180 nm cell library of Debian, by Yosys and ABC; of parts
also energy and leakage.

  synthesize.py                   prints all as YAML: what area.yaml holds
  synthesize.py --check [NAME..]  exit code 0: these, or all, are what area.yaml holds

Needs yosys and qflow-tech-osu018. Exit code 77, with a message: one is missing.
"""
import argparse
import concurrent.futures
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from netlist_energy import Library

HERE = Path(__file__).resolve().parent
LIBRARY = Path("/usr/share/qflow/tech/osu018/osu018_stdcells.lib")
TABLE = HERE / "area.yaml"
SKIPPED = 77

NAND2 = 24  # area of NAND2X1, um2
PERIOD_FO4 = 40  # 1 GHz where an inverter that drives four takes 25 ps, as in 65 nm
# Technology mapping for delay, then the smallest cells that keep the period.
SCRIPT = "strash; &get -n; &dch -f; &nf; &put; buffer -N 16; upsize -D {ps}; dnsize -D {ps}; stime -p"

# name: module, parameters
DESIGNS = {
    "ours": ("pe", {}),
    "ours_two_stages": ("pe", {"STAGES": 2}),
    "ours_lean": ("lean_pe", {}),
    "mac_9x8": ("mac_pe", {}),
    "mac_16x16": ("mac_pe", {"ACTIVATION_BITS": 16, "WEIGHT_BITS": 16, "SUM_BITS": 48}),
    "dense_16": ("dense_pe", {}),
    "stripes_16": ("column_pe", {}),
    "pragmatic_16": ("pragmatic_pe", {}),
    "bitwave_8": ("column_pe", {"LANES": 8, "SIGNS": 1}),
    "bitvert_16": ("bitvert_pe", {}),
    "bitlet_64": ("bitlet_pe", {}),
    "laconic_16": ("laconic_pe", {}),
    "bitfusion_16": ("bitfusion_pe", {}),
    "encoder_row": ("encoder_row", {}),
    "encoder_row_signed_digit": ("encoder_row", {"SIGNED_DIGIT": 1}),
    "token_row": ("token_row", {}),
    "token_row_signed_digit": ("token_row", {"SIGNED_DIGIT": 1}),
    **{f"path_{name}_{stages}": (f"path_{name}", {"STAGES": stages})
       for name in ("multiply", "clamp") for stages in (1, 2, 3)},
}
PARTS = {
    "adder_32": ("part_adder", {"BITS": 32}),
    "tree_16x16": ("part_tree", {"INPUTS": 16, "BITS": 16}),
    "multiplier_16x16": ("part_multiplier", {"BITS": 16}),
    "shifter_32": ("part_shifter", {}),
    "gates_32": ("part_gates", {}),
    "leading_one_16": ("part_leading_one", {}),
    "bitbrick": ("part_bitbrick", {}),
    "register_32": ("part_register", {}),
    "held_register_32": ("part_held_register", {}),
}
# Combinational ones, whose energy is taken.
LOGIC = {"adder_32", "tree_16x16", "multiplier_16x16", "shifter_32", "gates_32"}


def run(command, folder):
    result = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode != 0:
        sys.exit(f"{command[0]} failed:\n{result.stdout[-2000:]}")
    return result.stdout


def chain_ps(folder, length):
    """Delay of a chain of inverters, each of which drives four."""
    stages = range(length)
    outputs = [f"z{i}_{k}" for i in stages for k in range(3)]
    wires = ["in"] + [f"w{i}" for i in stages]
    lines = [f"module chain(in, out, {', '.join(outputs)}); input in; output out, {', '.join(outputs)};",
             f"wire {', '.join(wires[1:])};"]
    for i in stages:
        lines.append(f"INVX1 g{i}(.A({wires[i]}), .Y({wires[i + 1]}));")
        lines += [f"INVX1 l{i}_{k}(.A({wires[i + 1]}), .Y(z{i}_{k}));" for k in range(3)]
    lines += [f"INVX1 last(.A({wires[-1]}), .Y(out));", "endmodule"]
    (folder / "chain.v").write_text("\n".join(lines))
    log = run(["yosys-abc", "-c", f"read_lib {LIBRARY}; read_verilog -m chain.v; topo; stime"], folder)
    return float(re.search(r"Delay = *([0-9.]+) ps", log).group(1))


def fo4_ps():
    with tempfile.TemporaryDirectory() as folder:
        short, long = (chain_ps(Path(folder), length) for length in (10, 30))
    return (long - short) / 20


def synthesize(name, ps):
    """Area in um2; the longest path between registers and ports in ps, None without one; pJ and nW of a part."""
    top, parameters = {**DESIGNS, **PARTS}[name]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "abc.script").write_text(SCRIPT.format(ps=ps))
        settings = " ".join(f"-chparam {key} {value}" for key, value in parameters.items())
        log = run(["yosys", "-p", f"read_verilog -defer -I{HERE} {HERE}/*.v {HERE}/baselines/*.v {HERE}/parts/*.v; "
                   f"hierarchy -check -top {top} {settings}; synth -flatten; dfflibmap -liberty {LIBRARY}; "
                   f"abc -liberty {LIBRARY} -D {ps} -script abc.script; opt_clean; stat -liberty {LIBRARY}; rename -top top; write_json netlist.json"], folder)
        logic = Library(LIBRARY).operation(folder / "netlist.json", "top") if name in LOGIC else None
    area = float(re.findall(r"Chip area for module .*: ([0-9.]+)", log)[-1])
    delays = re.findall(r"Delay = *([0-9.]+) ps", log)
    return area, float(delays[-1]) if delays else None, logic


def row(name, fo4):
    area, delay, logic = synthesize(name, round(PERIOD_FO4 * fo4))
    fields = [f"nand2: {area / NAND2:.0f}"]
    if delay is not None:
        fields.append(f"fo4: {delay / fo4:.1f}")
    if logic is not None:
        fields.append("pj: {:.2f}, nw: {:.2f}".format(*logic))
    if name == "register_32":
        fields.append("bit_clock_pj: {:.4f}, bit_data_pj: {:.4f}, bit_nw: {:.4f}".format(*Library(LIBRARY).flip_flop()))
    return f"  {name}: {{{', '.join(fields)}}}"


def rows(names, fo4):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda name: row(name, fo4), names))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", nargs="*", metavar="NAME", choices=[*DESIGNS, *PARTS])
    arguments = parser.parse_args()
    if shutil.which("yosys") is None or not LIBRARY.exists():
        print("skipped: yosys or qflow-tech-osu018 is not installed")
        sys.exit(SKIPPED)
    fo4 = fo4_ps()
    if arguments.check is not None:
        found = rows(arguments.check or [*DESIGNS, *PARTS], fo4)
        held = TABLE.read_text().splitlines()
        wrong = [line for line in found if line not in held]
        sys.exit("\n".join(["not in area.yaml:", *wrong]) if wrong else 0)
    print("# Printed by hw/verilog/synthesize.py; docs/verilog.md explains it.")
    print("# nand2: area in NAND2X1. fo4: longest path in delays of an inverter that drives four.")
    print("library: qflow-tech-osu018")
    print(f"fo4_ps: {fo4:.1f}\nperiod_fo4: {PERIOD_FO4}")
    for title, names in (("designs", DESIGNS), ("parts", PARTS)):
        print(f"{title}:", *rows(names, fo4), sep="\n")


if __name__ == "__main__":
    main()
