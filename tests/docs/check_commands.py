#!/usr/bin/env python3
"""Runs the commands of a documentation page and compares what they print with what the page says.

  check_commands.py --build build/release README.md docs/waveforms.md [--update]

A page's fenced `console` blocks hold commands ("$ ...", continued behind a backslash, within quotes
or by lines "> ...") and their output. All commands
of a page run in order in one fresh folder that looks like the project's root; each must exit with 0 and print what
stands below it. A line "..." stands for any lines; of a line that begins with "host " (speed of the machine) only
that word is compared. A block that names a file behind its language (```cpp my_platform/main.cpp) is added to the end
of that file. Files below docs/ that commands write must equal those of the project. `./run.sh` runs what it
runs behind its set-up. --update writes what commands print into the page.
"""
import argparse
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
SECONDS = 120  # for one command
ROOT = "/home/you/bitbalance"  # what pages call the project's root
RUN_SH = """#!/bin/sh
case "$1" in ''|-*) set -- scenarios/fashion.yaml "$@" ;; esac
exec build/release/bitbalance run "$@"
"""


def blocks(lines):
    """(file, first line, line behind the last) of the inside of each block: of a console (no file), or of a file."""
    begin, opened = None, ""
    for i, line in enumerate(lines):
        if begin is None and line.startswith("```"):
            begin, opened = i + 1, line[3:].strip()
        elif begin is not None and line.strip() == "```":
            language, _, file = opened.partition(" ")
            if file or language == "console":
                yield file, begin, i
            begin = None


def commands(lines, begin, end):
    """(line number of the command, the command, its output) in a block."""
    i = begin
    while i < end:
        if not lines[i].startswith("$ "):
            raise SystemExit(f"line {i + 1}: a console block begins with a command: $ ...")
        at, command = i, lines[i][2:]
        while lines[i].endswith("\\") or (i + 1 < end and lines[i + 1].startswith("> ")) or command.count("'") % 2:
            i += 1
            command += "\n" + lines[i].removeprefix("> ")
        i += 1
        output = []
        while i < end and not lines[i].startswith("$ "):
            output.append(lines[i])
            i += 1
        yield at, command, i - len(output), output


def comparable(line):
    return "host ..." if line.startswith("host ") else line.rstrip()


def matches(expected, found):
    """`expected` may hold "..." lines, each for any number of lines."""
    if "..." not in expected:
        return expected == found
    head = expected.index("...")
    if expected[:head] != found[:head]:
        return False
    rest = expected[head + 1:]
    return any(matches(rest, found[at:]) for at in range(head, len(found) + 1))


def make_root(folder, build):
    (folder / "build").mkdir()
    (folder / "build" / "release").symlink_to(build)
    (folder / "scenarios").symlink_to(SOURCE / "scenarios")
    shutil.copytree(SOURCE / "docs", folder / "docs")
    (folder / "run.sh").write_text(RUN_SH)
    (folder / "run.sh").chmod(0o755)


# What a command prints of its progress when it takes long, which no page shows.
PROGRESS = re.compile(r"[a-z ]+: \d+ %(, \d+ s left)?")


def contents(folder):
    return {file: file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def run(command, folder):
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=folder, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=SECONDS, check=False, env=environment)
    printed = done.stdout.decode().replace(str(folder), ROOT).splitlines()
    return done.returncode, [line for line in printed if not PROGRESS.fullmatch(line)]


def check_page(page, build, update):
    lines = page.read_text(encoding="utf-8").splitlines()
    mistakes, updates, count = [], [], 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_root(folder, build)
        before = contents(folder / "docs")
        for file, begin, end in blocks(lines):
            if file:
                with open(folder / file, "a", encoding="utf-8") as stream:
                    stream.write("\n".join(lines[begin:end]) + "\n")
                continue
            for at, command, output_at, output in commands(lines, begin, end):
                count += 1
                code, found = run(command, folder)
                if code != 0:
                    mistakes.append(f"{page}:{at + 1}: exit code {code}: {command}\n" + "\n".join(found))
                elif not matches([comparable(o) for o in output], [comparable(f) for f in found]):
                    if update and "..." not in output:
                        updates.append((output_at, output_at + len(output), found))
                        continue
                    difference = difflib.unified_diff(output, found, "page", "printed", lineterm="")
                    mistakes.append(f"{page}:{at + 1}: prints something else: {command}\n" + "\n".join(difference))
        for file, content in contents(folder / "docs").items():
            if content == before.get(file):
                continue
            if update:
                (SOURCE / file.relative_to(folder)).write_bytes(content)
            else:
                mistakes.append(f"{page}: {file.relative_to(folder)} is not what its command makes")
    for begin, end, found in reversed(updates):
        lines[begin:end] = found
    if updates:
        page.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return count, mistakes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--build", required=True, type=Path, help="folder with the built programs")
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    failed = False
    for page in arguments.pages:
        count, mistakes = check_page(page, arguments.build.resolve(), arguments.update)
        print("\n".join(mistakes + [f"{page}: {count} commands, {len(mistakes)} mistakes"]))
        failed = failed or bool(mistakes) or count == 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
