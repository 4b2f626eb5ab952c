#!/usr/bin/env python3
"""Checks that every relative link, its heading and every file named in backquotes in the documentation exists.

  check_links.py README.md docs/*.md

A name with a room in front is a path; a source's name without one is that of any file of the project, or of
OTHERS.
"""
import os
import re
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)")
NAMED = re.compile(r"`((?:base|benchmarks|cli|cmake|docs|examples|findings|hw|quant|scenarios|testbench|tests|tlm)/[\w./+-]*)`")
BARE = re.compile(r"`([\w./-]+\.(?:cpp|h|py|v|vh|mjs))`")
# Sources of other projects, and what a reader writes.
OTHERS = {"Bitlet_CheckWindow.v", "CheckerDDR3.cpp", "CheckerLPDDR4.cpp", "common/power_func.h", "my_platform/main.cpp",
          "src/mem/DRAMInterface.py"}
HEADING = re.compile(r"^#+ +(.*?) *$")


def slugs(page):
    """What headings of a page are called in links: as GitHub does, repeated ones numbered."""
    found, fenced = set(), False
    for line in page.read_text(encoding="utf-8").splitlines():
        fenced ^= line.startswith("```")
        heading = None if fenced else HEADING.match(line)
        if not heading:
            continue
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.group(1))
        slug = base = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        number = 0
        while slug in found:
            number += 1
            slug = f"{base}-{number}"
        found.add(slug)
    return found


def missing_in(page, names):
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        for link, heading in LINK.findall(line):
            if link.startswith(("http:", "https:")):
                continue
            target = page.parent / link if link else page
            if not target.exists():
                yield number, f"no such file: {target}"
            elif heading and target.suffix == ".md" and heading not in slugs(target):
                yield number, f"no such heading in {target}: {heading}"
        for name in NAMED.findall(line):
            if not (SOURCE / name).exists():
                yield number, f"no such file: {name}"
        for name in BARE.findall(line):
            if name not in OTHERS and not any(file.endswith("/" + name) for file in names):
                yield number, f"no file of the project has this name: {name}"


def main():
    names = []
    for folder, folders, files in os.walk(SOURCE):
        folders[:] = [name for name in folders if name not in ("build", "results") and not name.startswith(".")]
        names += [f"{folder}/{name}" for name in files]
    missing = 0
    for page in map(Path, sys.argv[1:]):
        for number, what in missing_in(page, names):
            print(f"{page}:{number}: {what}")
            missing += 1
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
