#!/usr/bin/env python3
"""Checks that every relative link and every file named in backquotes in the documentation exists.

  check_links.py README.md docs/*.md
"""
import re
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
NAMED = re.compile(r"`((?:base|benchmarks|cli|cmake|docs|examples|findings|hw|quant|scenarios|testbench|tests|tlm)/[\w./+-]*)`")


def main():
    missing = 0
    for page in map(Path, sys.argv[1:]):
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
            targets = [page.parent / link for link in LINK.findall(line) if "://" not in link]
            targets += [SOURCE / name for name in NAMED.findall(line)]
            for target in targets:
                if not target.exists():
                    print(f"{page}:{number}: no such file: {target}")
                    missing += 1
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
