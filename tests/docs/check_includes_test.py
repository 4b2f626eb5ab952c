#!/usr/bin/env python3
"""check_includes.py finds what it is there to find, in a small tree."""
import sys

from small_tree import check

GOOD = {
    "base/wheel.h": "#include <fmt/format.h>\n\nclass Wheel {};\nstruct Spoke : Wheel {};\n",
    "base/cart.h": '#include "base/wheel.h"\n\nenum class Colour { kRed };\n',
    "base/cart.cpp": '#include "base/cart.h"\n\nWheel f() { return fmt::format(""), Spoke(); }\n',
    "base/text.cpp": '// A Wheel\nconst char* const kText = "Wheel, fmt::format";\nint f() { return cart.Wheel; }\n',
    "base/local.cpp": "struct Wheel {};\nWheel wheel;\n",
    "base/pointer.cpp": "class Wheel;\nWheel* wheel;\n",
}
# file, what it becomes, what must be told
WRONG = [
    ("base/cart.h", "enum class Colour { kRed };\n", "base/cart.cpp:3: Wheel;"),
    ("base/cart.h", "class Wheel;\n", "base/cart.cpp:3: Spoke;"),
    ("base/wheel.h", "class Wheel {};\nstruct Spoke : Wheel {};\n", "base/cart.cpp:3: fmt::;"),
    ("base/pointer.cpp", "Wheel* wheel;\n", "base/pointer.cpp:1: Wheel;"),
]

if __name__ == "__main__":
    sys.exit(check("check_includes.py", GOOD, WRONG))
