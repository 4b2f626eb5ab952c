#!/usr/bin/env python3
"""Holds every #include, every link and every namespace against the table of rooms in docs/architecture.md.

  check_rooms.py [ROOT]

A room may use the rooms that its row names, the rooms that those may use, and the libraries of its row.
"""
import re
import sys
from pathlib import Path

ROOT = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[2])
TABLE = re.compile(r"^\| `([\w/]+)/` \| `(bitbalance[\w:]*)` \|[^|]*\|([^|]*)\|([^|]*)\|$")
INCLUDE = re.compile(r'^#include ([<"])([^>"]+)[>"]', re.MULTILINE)
NAMESPACE = re.compile(r"^namespace (bitbalance(?:::\w+)*) \{", re.MULTILINE)
TARGET = re.compile(r"\b(?:add_library|add_executable)\((\w+)")
LINK = re.compile(r"\btarget_link_libraries\((\w+)([^)]*)\)")

# How a library shows: in an #include, and as a target of CMake.
LIBRARIES = {
    "SystemC": (r"(systemc|tlm|tlm_utils/.*)$", r"SystemC::"),
    "ONNX": (r"(onnx/|google/protobuf/)", r"(onnx|onnx_proto|protobuf::\w+)$"),
    "Eigen": (r"Eigen/", r"Eigen3::"),
    "yaml-cpp": (r"yaml-cpp/", r"yaml-cpp"),
    "CLI11": (r"CLI/", r"CLI11::"),
    "JSON": (r"nlohmann/", r"nlohmann_json::"),
    "Boost": (r"boost/", r"Boost::"),
    "Unicorn": (r"unicorn/", r"PkgConfig::Unicorn"),
    "SQLite": (r"(SQLiteCpp/|sqlite3\.h)", r"SQLite"),
    "muParser": (r"muParser", r"muparser::"),
    "pybind11": (r"pybind11/", r"pybind11::"),
    "torch": (r"torch/", r"\$\{TORCH"),
}


class Rooms:
    def __init__(self):
        self.namespace, self.uses, self.libraries = {}, {}, {}
        for line in (ROOT / "docs/architecture.md").read_text(encoding="utf-8").splitlines():
            row = TABLE.match(line)
            if not row:
                continue
            room, self.namespace[room] = row[1], row[2]
            self.uses[room] = re.findall(r"`([\w/]+)`", row[3])
            self.libraries[room] = [word for word in LIBRARIES if word in re.split(r"[,\s]+", row[4])]
        if not self.uses:
            sys.exit("docs/architecture.md: no table of rooms")

    def of(self, path):
        """The room of a file; None: outside all rooms."""
        inside = [room for room in self.uses if str(path).startswith(room + "/")]
        return max(inside, key=len, default=None)

    def reachable(self, room):
        """Every room that `room` may use, itself included."""
        seen, todo = set(), [room]
        while todo:
            at = todo.pop()
            if at not in seen:
                seen.add(at)
                todo += self.uses[at]
        return seen


def without_comments(text):
    return "\n".join(line.split("#", 1)[0] for line in text.splitlines())


def main():
    rooms, problems = Rooms(), []
    for room, used in rooms.uses.items():
        problems += [f"docs/architecture.md: {room} uses {other}, which is no room" for other in used
                     if other not in rooms.uses]
        problems += [f"docs/architecture.md: {room} and {other} use each other" for other in used
                     if other in rooms.uses and room in rooms.reachable(other)]
    if problems:
        return problems

    tops = sorted({room.split("/")[0] for room in rooms.uses})
    files = [path.relative_to(ROOT) for top in tops for path in sorted((ROOT / top).rglob("*"))]
    lists = {path: without_comments((ROOT / path).read_text(encoding="utf-8")) for path in files
             if path.name == "CMakeLists.txt"}
    home = {target: rooms.of(path) for path, text in lists.items() for target in TARGET.findall(text)}

    for path in files:
        if path.suffix not in (".h", ".cpp"):
            continue
        room = rooms.of(path)
        if room is None:
            problems.append(f"{path}: in no room of docs/architecture.md")
            continue
        text = (ROOT / path).read_text(encoding="utf-8")
        for mark, name in INCLUDE.findall(text):
            other = rooms.of(name)
            if mark == '"' and other and other not in rooms.reachable(room):
                problems.append(f"{path}: includes {name}; {room} may not use {other}")
            problems += [f"{path}: includes {name}; {room} may not use {library}"
                         for library, (include, _) in LIBRARIES.items()
                         if re.match(include, name) and not rooms.of(name)
                         and library not in rooms.libraries[room]]
        wanted = rooms.namespace[room]
        for found in NAMESPACE.findall(text):
            if found != wanted and not is_announcement(text, found, rooms):
                problems.append(f"{path}: namespace {found}; the names of {room} are in {wanted}")

    for path, text in lists.items():
        for target, words in LINK.findall(text):
            room = home.get(target)
            if room is None:
                continue
            for word in words.split():
                other = home.get(word)
                if other and other not in rooms.reachable(room):
                    problems.append(f"{path}: {target} links {word}; {room} may not use {other}")
                problems += [f"{path}: {target} links {word}; {room} may not use {library}"
                             for library, (_, link) in LIBRARIES.items()
                             if re.match(link, word) and library not in rooms.libraries[room]]
    return problems


def is_announcement(text, namespace, rooms):
    """Whether a file says no more of another room's namespace than that it exists, or that a type does."""
    body = re.search(r"^namespace " + re.escape(namespace) + r" \{(.*?)\}", text, re.MULTILINE | re.DOTALL)
    return namespace in rooms.namespace.values() and all(
        re.fullmatch(r"(?:(?:class|struct|enum class) \w+;)?", line.strip()) for line in body[1].splitlines())


if __name__ == "__main__":
    found = main()
    print("\n".join(found) if found else "every arrow points down")
    sys.exit(1 if found else 0)
