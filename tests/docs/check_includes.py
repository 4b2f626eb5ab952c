#!/usr/bin/env python3
"""Finds names that a file uses and no file that it includes declares: a unity build compiles them all the same.

  check_includes.py [ROOT]

Looks for the project's types that one header alone defines, and for names of libraries' namespaces. Prints a line per
name. It reads text, no C++: a name that is declared in any way in what a file includes is taken as declared.
"""
import re
import sys
from pathlib import Path

ROOT = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[2])
ROOMS = ("base", "benchmarks", "cli", "driver", "examples", "hw", "python", "quant", "testbench", "tests", "tlm")
LIBRARIES = {"fmt": "fmt/", "nlohmann": "nlohmann/", "YAML": "yaml-cpp/", "SQLite": "SQLiteCpp/", "sc_core": "systemc",
             "tlm_utils": "tlm_utils/", "torch": "torch/"}

NO_CODE = re.compile(r'^#[^\n]*|//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"', re.DOTALL | re.MULTILINE)
INCLUDE = re.compile(r'^#include [<"]([^>"]+)[>"]', re.MULTILINE)
TYPE = r"(?:class|struct|enum class|enum) (?:\[\[\w+\]\] )?(\w+)"
DEFINED = re.compile(r"^" + TYPE + r"(?: final)?(?: : [^{;]*)?\s*\{", re.MULTILINE)  # not inside another type
DECLARED = re.compile(TYPE + r"|\busing (\w+) =|\btypename(?:\.\.\.)? (\w+)")
USED = re.compile(r"(?<!\.)(?<!->)\b(?:(\w+)::)?([A-Z]\w{3,})\b")


class File:
    def __init__(self, path):
        text = path.read_text(encoding="utf-8")
        self.includes = INCLUDE.findall(text)
        # Lines stay, so that their numbers do.
        self.code = NO_CODE.sub(lambda found: "\n" * found[0].count("\n"), text)
        self.declared = {name for names in DECLARED.findall(self.code) for name in names if name}


def reached(files, start):
    """The project's files that a file includes, itself among them, and the other headers."""
    seen, others, todo = {start}, set(), [start]
    while todo:
        for name in files[todo.pop()].includes:
            if name not in files:
                others.add(name)
            elif name not in seen:
                seen.add(name)
                todo.append(name)
    return seen, others


def main():
    paths = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*")) if path.suffix in (".h", ".cpp")]
    files = {path.relative_to(ROOT).as_posix(): File(path) for path in paths}
    homes = {}
    for name, file in files.items():
        if name.endswith(".h"):
            for defined in DEFINED.findall(file.code):
                homes.setdefault(defined, []).append(name)
    problems = []
    for name, file in files.items():
        inside, others = reached(files, name)
        known = set().union(*(files[other].declared for other in inside))
        for used in USED.finditer(file.code):
            if used[2] in known or len(homes.get(used[2], [])) != 1 or used[1] in {"std", *LIBRARIES}:
                continue
            known.add(used[2])
            line = file.code[:used.start()].count("\n") + 1
            problems.append(f"{name}:{line}: {used[2]}; includes nothing that includes {homes[used[2]][0]}")
        for library, header in LIBRARIES.items():
            used = re.search(rf"\b{library}::", file.code)
            announced = any(re.search(rf"\bnamespace {library} ", files[other].code) for other in inside)
            if used and not announced and not any(other.startswith(header) for other in others):
                line = file.code[:used.start()].count("\n") + 1
                problems.append(f"{name}:{line}: {library}::; includes nothing of {header}")
    return problems


if __name__ == "__main__":
    found = main()
    print("\n".join(found) if found else "every file includes what it uses")
    sys.exit(1 if found else 0)
