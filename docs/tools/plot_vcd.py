#!/usr/bin/env python3
"""Shows cycles of a waveform that `bitbalance run --trace` wrote: as a table, or as a picture (--svg).

  plot_vcd.py results/conv2/conv2.vcd --cycles 0-12 --signal pe_array.row0.token
  plot_vcd.py FILE.vcd --cycles 0-12 --cycles 446-456 --signal NAME ... --mark pe_array.first_of_step --svg OUT.svg

Cycle 0 begins at the first time of the file, which is a rising clock edge. The value of a cycle is what registers
hold after its edge. Tokens are shown as the shift-add they cause: "+<<3" adds the activation shifted by 3, "." is a
null slot, and "|" stands after the last token of a weight. States and activities are shown by name.
"""
import argparse
import sys
from html import escape

TOKEN_VALID, TOKEN_NEGATIVE, TOKEN_LAST, TOKEN_POSITION = 0x80, 0x40, 0x20, 0x1F  # hw/rtl/bundles.h


class Waveform:
    """Values of every signal in every clock cycle. For well-formed files: `bitbalance check-vcd` tells."""

    def __init__(self, path):
        self.ids, self.widths, self.names, changes = {}, {}, {}, {}
        scopes, time, self.first, self.last = [], None, None, None
        with open(path, encoding="ascii") as file:
            for line in file:
                words = line.split()
                if not words or words[0] in ("$dumpvars", "$end"):
                    continue
                if words[0] == "$comment" and words[1].endswith(":"):  # of a signal's values: 0=idle 1=running
                    self.names[words[1][:-1]] = dict(pair.split("=") for pair in words[2:-1])
                elif words[0] == "$scope":
                    scopes.append(words[2])
                elif words[0] == "$upscope":
                    scopes.pop()
                elif words[0] == "$var":
                    self.ids[".".join(scopes[1:] + [words[4]])] = words[3]
                    self.widths[words[3]] = int(words[2])
                    changes[words[3]] = []
                elif words[0][0] == "#":
                    time = int(words[0][1:])
                    self.first = time if self.first is None else self.first
                    self.last = time
                elif time is not None:
                    value, name = words if words[0][0] in "br" else (words[0][0], words[0][1:])
                    is_real = value[0] == "r"
                    changes[name].append((time, float(value[1:]) if is_real else int(value.lstrip("b"), 2)))
        edges = [t for t, value in changes[self.ids["clk"]] if value == 1]
        if not edges:
            sys.exit(f"{path}: clk has no edge")
        self.period = edges[1] - edges[0] if len(edges) > 1 else self.last - self.first + 1
        self.changes = changes

    def cycles(self):
        return (self.last - self.first) // self.period + 1

    def value(self, name, cycle):
        """At the end of a cycle's first instant: what its edge registered."""
        time, found = self.first + cycle * self.period, None
        for at, value in self.changes[self.ids[name]]:
            if at > time:
                break
            found = value
        return found


def shown_as(name, width):
    if width == 1:
        return "bit"
    if name.endswith(".token"):
        return "token"
    return "signed" if name.endswith(("activation", "accumulator")) else "number"


def text(value, form, width):
    if isinstance(value, float):
        return f"{value:.6g}"
    if form == "token":
        if not value & TOKEN_VALID:
            return "."
        sign = "-" if value & TOKEN_NEGATIVE else "+"
        return f"{sign}<<{value & TOKEN_POSITION}{'|' if value & TOKEN_LAST else ''}"
    if form == "signed" and value >> (width - 1):
        value -= 1 << width
    return str(value)


def words_of(wave, name, value):
    width = wave.widths[wave.ids[name]]
    return wave.names.get(name, {}).get(str(value)) or text(value, shown_as(name, width), width)


def table(wave, signals, cycles):
    rows = [["cycle"] + [name.partition(".")[2] or name for name in signals]]
    last = None
    for cycle in cycles:
        if last is not None and cycle != last + 1:
            rows.append(["..."] + [""] * len(signals))
        row = [str(cycle)]
        row += [words_of(wave, name, wave.value(name, cycle)) for name in signals]
        rows.append(row)
        last = cycle
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.rjust(w) for cell, w in zip(row, widths)).rstrip() for row in rows) + "\n"


class Picture:
    """One line of traces a signal, one panel a range of cycles."""

    CELL, LINE, HIGH, GAP, TOP = 50, 32, 20, 34, 34
    COLORS = {"+": "#cfe3f7", "-": "#fbd9c4", ".": "#eeeeee"}

    def __init__(self, wave, signals, ranges, mark):
        self.wave, self.signals, self.ranges, self.mark = wave, signals, ranges, mark
        self.label = 20 + 7.4 * max(len(name) for name in signals)
        self.parts = []

    def x(self, panel, cycle):
        before = sum(last - first + 1 for first, last in self.ranges[:panel])
        return self.label + panel * self.GAP + (before + cycle - self.ranges[panel][0]) * self.CELL

    def y(self, line):
        return self.TOP + line * self.LINE

    def draw(self, shape, **attributes):
        named = " ".join(f'{key.replace("_", "-")}="{value}"' for key, value in attributes.items())
        self.parts.append(f"<{shape} {named}/>")

    def write(self, x, y, words, anchor="middle", color="#222222", size=12):
        self.parts.append(f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{color}" font-size="{size}">'
                          f"{escape(words)}</text>")

    def path(self, points):
        self.draw("path", d="M" + " L".join(f"{x:g},{y:g}" for x, y in points), fill="none", stroke="#222222",
                  stroke_width="1.4")

    def clock(self, panel, line):
        first, last = self.ranges[panel]
        top, low, points = self.y(line), self.y(line) + self.HIGH, []
        for cycle in range(first, last + 1):
            x = self.x(panel, cycle)
            points += [(x, low), (x, top), (x + self.CELL / 2, top), (x + self.CELL / 2, low)]
        self.path(points + [(self.x(panel, last) + self.CELL, low)])

    def bit(self, panel, line, name):
        first, last = self.ranges[panel]
        points = []
        for cycle in range(first, last + 1):
            y = self.y(line) + (0 if self.wave.value(name, cycle) else self.HIGH)
            points += [(self.x(panel, cycle), y), (self.x(panel, cycle) + self.CELL, y)]
        self.path(points)

    def bus(self, panel, line, name, form):
        """Boxes as long as a value stays; a token's box is one slot."""
        first, last = self.ranges[panel]
        begin = first
        for cycle in range(first, last + 1):
            value = self.wave.value(name, cycle)
            if cycle < last and form != "token" and self.wave.value(name, cycle + 1) == value:
                continue
            words = words_of(self.wave, name, value)
            x, end = self.x(panel, begin), self.x(panel, cycle) + self.CELL
            y, middle, low = self.y(line), self.y(line) + self.HIGH / 2, self.y(line) + self.HIGH
            fill = self.COLORS.get(words[0], "#ffffff") if form == "token" else "#ffffff"
            corners = [(x, middle), (x + 4, y), (end - 4, y), (end, middle), (end - 4, low), (x + 4, low)]
            self.draw("polygon", points=" ".join(f"{a:g},{b:g}" for a, b in corners), fill=fill, stroke="#222222",
                      stroke_width="1.2")
            self.write((x + end) / 2, middle + 4, words)
            begin = cycle + 1

    def svg(self):
        lines = len(self.signals)
        bottom = self.y(lines) - self.LINE + self.HIGH + 6
        for panel, (first, last) in enumerate(self.ranges):
            for cycle in range(first, last + 1):
                x = self.x(panel, cycle)
                self.write(x + self.CELL / 2, 16, str(cycle), color="#777777", size=11)
                marked = self.mark and self.wave.value(self.mark, cycle)
                self.draw("line", x1=x, y1=24, x2=x, y2=bottom, stroke="#3366aa" if marked else "#e2e2e2",
                          stroke_width="1", **({"stroke_dasharray": "4 3"} if marked else {}))
            if panel > 0:
                self.write(self.x(panel, first) - self.GAP / 2, 16, "...", color="#777777")
        for line, name in enumerate(self.signals):
            self.write(self.label - 10, self.y(line) + self.HIGH / 2 + 4, name, anchor="end")
            form = "clock" if name == "clk" else shown_as(name, self.wave.widths[self.wave.ids[name]])
            for panel in range(len(self.ranges)):
                if form == "clock":
                    self.clock(panel, line)
                elif form == "bit":
                    self.bit(panel, line, name)
                else:
                    self.bus(panel, line, name, form)
        self.write(self.label - 10, 16, "cycle", anchor="end", color="#777777", size=11)
        width = self.x(len(self.ranges) - 1, self.ranges[-1][1]) + self.CELL + 16
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {bottom + 8:g}" '
                f'width="{width:g}" height="{bottom + 8:g}" font-family="monospace">\n'
                f'<rect width="100%" height="100%" fill="#ffffff"/>\n' + "\n".join(self.parts) + "\n</svg>\n")


def cycle_range(words):
    first, _, last = words.partition("-")
    return int(first), int(last or first)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vcd")
    parser.add_argument("--cycles", type=cycle_range, action="append", metavar="FIRST-LAST", help="repeatable")
    parser.add_argument("--signal", action="append", required=True, metavar="NAME", help="repeatable, in order")
    parser.add_argument("--mark", metavar="NAME", help="dashed line at the edges where this bit is 1")
    parser.add_argument("--svg", metavar="FILE", help="write a picture instead of a table")
    arguments = parser.parse_args()

    try:
        wave = Waveform(arguments.vcd)
    except OSError as error:
        sys.exit(f"{arguments.vcd}: {error.strerror}")
    for name in arguments.signal + ([arguments.mark] if arguments.mark else []):
        if name not in wave.ids:
            sys.exit(f"{arguments.vcd}: no signal {name}; `bitbalance check-vcd --list` prints those it has")
    ranges = arguments.cycles or [(0, wave.cycles() - 1)]
    for first, last in ranges:
        if not 0 <= first <= last < wave.cycles():
            sys.exit(f"{arguments.vcd}: cycles {first}-{last}; accepted: FIRST-LAST in this order, of 0 to {wave.cycles() - 1}")
    if arguments.svg:
        with open(arguments.svg, "w", encoding="ascii") as file:
            file.write(Picture(wave, arguments.signal, ranges, arguments.mark).svg())
    else:
        cycles = [cycle for first, last in ranges for cycle in range(first, last + 1)]
        sys.stdout.write(table(wave, arguments.signal, cycles))


if __name__ == "__main__":
    main()
