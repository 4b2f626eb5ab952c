#!/usr/bin/env python3
"""What bitbalance-platform refuses: exit code 2 (3: the machine refuses), one line that names it, nothing left.

  check_platform_refusals.py PLATFORM SCENARIO
"""
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

PLATFORM_FILES = {
    "none.yaml": "accelerators: []",
    "nine.yaml": "accelerators: [" + ", ".join(["{}"] * 9) + "]",
    "analytic.yaml": "accelerators: [{level: analytic}]",
    "two.yaml": "accelerators: [{}, {}]",
    "rows.yaml": "rows: 2",
    "program/constants.bin": "",
}
# Options, and what the line must say. SCENARIO stands first unless --program does.
REFUSED = [
    ("--level analytic", "--level: 'analytic'; accepted: tlm, rtl"),
    ("--wait never", "--wait: 'never'; accepted: interrupt, poll"),
    ("--exercise nap", "--exercise: 'nap'; accepted: start-busy, reset-busy, masked"),
    ("--quantum-ns -1", "--quantum-ns: '-1'; accepted: 0 to 1e9"),
    ("--quantum-ns soon", "--quantum-ns"),
    ("--timeout-ms 0", "--timeout-ms: '0'; accepted: more than 0, to 1e9"),
    ("--accelerators 0", "--accelerators: '0'; accepted: 1 to 8"),
    ("--accelerators 9", "--accelerators: '9'; accepted: 1 to 8"),
    ("--gdb -1", "--gdb: '-1'; accepted: 0 to 65535"),
    ("--gdb 65536", "--gdb: '65536'; accepted: 0 to 65535"),
    ("--gdb=-1234", "--gdb: '-1234'; accepted: 0 to 65535"),
    ("--platform none.yaml", "none.yaml:1: accelerators: 0 of them; accepted: 1 to 8"),
    ("--platform nine.yaml", "nine.yaml:1: accelerators: 9 of them; accepted: 1 to 8"),
    ("--platform analytic.yaml", "accepted: rtl, tlm"),
    ("--platform nowhere.yaml", "nowhere.yaml"),
    ("--platform two.yaml --level tlm", "--platform: 'two.yaml'; accepted: without --accelerators and --level"),
    ("--platform two.yaml --accelerators 2", "accepted: without --accelerators and --level"),
    ("--images 9", "network.batch: 8 of 9 images"),
    ("--set accelerator.raws=3", "accelerator.raws"),
    ("--initiator cpu", "--initiator: 'cpu'; accepted: together with --transactions"),
    ("--target uart", "--target: 'uart'; accepted: together with --transactions"),
    ("--transactions log.csv --initiator dma", "--initiator: 'dma'; accepted: accelerator0, cpu"),
    ("--transactions log.csv --target disk", "--target: 'disk'; accepted: "),
    ("--transactions nowhere/log.csv", "nowhere/log.csv"),
    ("--uart nowhere/log", "nowhere/log"),
    ("--waves bus.png", "--waves: 'bus.png'; accepted: FILE.vcd, FILE.fst"),
    ("--waves nowhere/bus.vcd", "nowhere/bus.vcd"),
    ("--waves nowhere/bus.fst", "nowhere/bus.fst"),
    ("--firmware nowhere.elf", "nowhere.elf: no such file; accepted: an ELF file"),
    ("--firmware two.yaml", "two.yaml"),
    ("--uart two.yaml --platform two.yaml", "--uart two.yaml: is read or written by this command; accepted: another file"),
    ("--waves log.vcd --transactions log.vcd", "--transactions log.vcd: is read or written by this command"),
    ("--uart a/../log --transactions log", "--transactions log: is read or written by this command"),
    ("--set accelerator=rows.yaml --waves rows.yaml", "--waves rows.yaml: is read or written by this command"),
    ("--program program --uart program/constants.bin", "--uart program/constants.bin: is read or written by this command"),
    ("--firmware two.yaml --uart two.yaml", "--uart two.yaml: is read or written by this command"),
    ("--program nowhere", "nowhere/program.json: cannot be read"),
    ("--program nowhere --images 8", "--program: 'nowhere'; accepted: without --set and --images"),
]
MACHINE_REFUSES = [  # with files of 4,000 bytes at most
    ("--images 8 --no-dmi --waves bus.vcd", "bus.vcd: cannot be written: File too large"),
    ("--images 8 --no-dmi --waves bus.fst", "bus.fst: vcd2fst did not write all of it"),
    ("--images 8 --no-dmi --transactions log.csv", "log.csv: cannot be written: File too large"),
]

problems = []


def check(platform, scenario, options, wanted, code, prepare=None):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in PLATFORM_FILES.items():
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_text(text, encoding="utf-8")
        source = [] if options.startswith("--program") else [scenario]
        done = subprocess.run([platform, *source, *options.split()], cwd=folder, capture_output=True, text=True,
                              preexec_fn=prepare, timeout=60)
        left = sorted({str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
                      - set(PLATFORM_FILES))
        changed = sorted(file for file, text in PLATFORM_FILES.items() if (folder / file).read_text() != text)
    told = done.stderr.splitlines()
    if done.returncode != code or len(told) != 1 or wanted not in told[0] or left or changed:
        problems.append(f"{options}: exit code {done.returncode}, left {left}, changed {changed}, told\n{done.stderr}"
                        f"instead of '{wanted}'")


def main():
    platform, scenario = (str(Path(name).resolve()) for name in sys.argv[1:3])
    for options, wanted in REFUSED:
        check(platform, scenario, options, wanted, 2)
    done = subprocess.run([platform], capture_output=True, text=True)
    if done.returncode != 2 or "either a scenario's FILE, or --program DIR" not in done.stderr:
        problems.append(f"without scenario: exit code {done.returncode}, {done.stderr}")
    for options, wanted in MACHINE_REFUSES:
        check(platform, scenario, options, wanted, 3,
              lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000)))
    print("\n".join(problems) if problems else f"{len(REFUSED) + len(MACHINE_REFUSES)} mistakes are refused by name")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
