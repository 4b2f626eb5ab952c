#!/usr/bin/env python3
"""check_rooms.py finds what it is there to find, in a small tree."""
import sys

from small_tree import check

TABLE = """
| room | namespace | what it holds | uses | libraries |
|---|---|---|---|---|
| `low/` | `bitbalance` | | | |
| `mid/` | `bitbalance::mid` | | `low` | Eigen |
| `top/` | `bitbalance::top` | | `mid` | |
"""
GOOD = {
    "docs/architecture.md": TABLE,
    "low/a.h": "namespace bitbalance {\n}\n",
    "low/CMakeLists.txt": "add_library(low a.cpp)\n",
    "mid/b.h": '#include <Eigen/Core>\n\n#include "low/a.h"\nnamespace bitbalance::mid {\n}\n',
    "mid/CMakeLists.txt": "add_library(mid b.cpp)\ntarget_link_libraries(mid PUBLIC low PRIVATE Eigen3::Eigen)\n",
    "top/c.cpp": '#include "low/a.h"\n#include "mid/b.h"\nnamespace bitbalance::top {\n}\n',
    "top/CMakeLists.txt": "add_executable(top c.cpp)\ntarget_link_libraries(top PRIVATE mid)\n",
}
# file, what it becomes, what must be told
WRONG = [
    ("mid/b.h", '#include "top/c.h"\nnamespace bitbalance::mid {\n}\n', "mid may not use top"),
    ("low/a.h", "#include <Eigen/Core>\n", "low may not use Eigen"),
    ("top/c.cpp", "namespace bitbalance {\nint f();\n}\n", "the names of top are in bitbalance::top"),
    ("low/CMakeLists.txt", "add_library(low a.cpp)\ntarget_link_libraries(low PUBLIC mid)\n", "low may not use mid"),
    ("top/CMakeLists.txt", "add_executable(top c.cpp)\ntarget_link_libraries(top PRIVATE Eigen3::Eigen)\n",
     "top may not use Eigen"),
    ("docs/architecture.md", TABLE.replace("| `bitbalance` | | | |", "| `bitbalance` | | `top` | |"), "use each other"),
    ("docs/architecture.md", TABLE.replace("`mid` |", "`attic` |"), "which is no room"),
]

if __name__ == "__main__":
    sys.exit(check("check_rooms.py", GOOD, WRONG))
