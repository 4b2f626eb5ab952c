"""Energy and leakage of a netlist of library cells, by the cells' own tables. For synthesize.py.

Inputs take new random values in every cycle. Cells have no delay, so a net switches at most once per cycle: glitches
are not counted. Neither are wires. An output drives one NAND2X1.
"""
import json
import random
import re

VECTORS = 4096
EVERY = (1 << VECTORS) - 1


def numbers(text):
    return [float(number) for number in text.split(",")]


class Cell:
    def __init__(self, text):
        self.leakage_nw = float(re.search(r"cell_leakage_power : ([\d.]+)", text).group(1))
        self.capacitance_pf, self.function, self.edge_tables, self.passive_pj = {}, {}, {}, {}
        for pin in re.split(r"\n  pin\(", text)[1:]:
            name = pin[:pin.index(")")]
            self.capacitance_pf[name] = float(re.search(r"capacitance : ([\d.]+)", pin).group(1))
            tables = [[numbers(line) for line in re.findall(r'"([^"]*)"', table)]
                      for table in re.findall(r"(?:rise|fall)_power\(\w+\) \{(.*?)\}", pin, re.S)]
            function = re.search(r'function : "([^"]*)"', pin)
            if function is None:  # of an input: its own edges, for input edges of 0.06 ns
                self.passive_pj[name] = sum(energy[0] for _, energy in tables) / 2
                continue
            text_of_function = re.sub(r"(?<=[\w)]) +(?=[\w(!])", " & ", function.group(1))
            self.function[name] = compile(text_of_function.replace("!", "~").replace("+", "|"), name, "eval")
            self.edge_tables[name] = tables  # loads, input edges, and energy by both

    def edge_pj(self, pin, load_pf):
        """Inside the cell, of an edge of an output: the mean of rises and falls, and of the inputs that cause them."""
        tables = self.edge_tables[pin]
        loads, energies = tables[0][0], [sum(table[2 + i][0] for table in tables) / len(tables)
                                         for i in range(len(tables[0][0]))]
        i = max(1, min(len(loads) - 1, sum(load < load_pf for load in loads)))
        share = (load_pf - loads[i - 1]) / (loads[i] - loads[i - 1])
        return energies[i - 1] + share * (energies[i] - energies[i - 1])


class Library:
    def __init__(self, file):
        text = file.read_text()
        self.voltage_v = float(re.search(r"nom_voltage : ([\d.]+)", text).group(1))
        self.cells = {part[:part.index(")")]: Cell(part) for part in re.split(r"\ncell \(", text)[1:]}

    def load_edge_pj(self, load_pf):
        return load_pf * self.voltage_v ** 2 / 2

    def operation(self, netlist, top):
        """(pJ of an operation, nW of leakage) of a combinational module of Yosys' JSON."""
        module = json.loads(netlist.read_text())["modules"][top]
        draw = random.Random(1)
        value = {"0": 0, "1": EVERY, "x": 0}
        load_pf = {}
        for port in module["ports"].values():
            for bit in port["bits"]:
                if port["direction"] == "input":
                    value[bit] = draw.getrandbits(VECTORS)
                else:
                    load_pf[bit] = load_pf.get(bit, 0) + self.cells["NAND2X1"].capacitance_pf["A"]
        waiting = [(self.cells[cell["type"]], {pin: bits[0] for pin, bits in cell["connections"].items()})
                   for cell in module["cells"].values()]
        leakage_nw = sum(cell.leakage_nw for cell, _ in waiting)
        for cell, nets in waiting:
            for pin, net in nets.items():
                load_pf[net] = load_pf.get(net, 0) + cell.capacitance_pf[pin]
        energy_pj = sum(toggles(value[bit]) * self.load_edge_pj(load_pf.get(bit, 0))
                        for bit in value if isinstance(bit, int))
        while waiting:
            later = []
            for cell, nets in waiting:
                inputs = {pin: value.get(net) for pin, net in nets.items() if pin not in cell.function}
                if None in inputs.values():
                    later.append((cell, nets))
                    continue
                for pin, function in cell.function.items():
                    if pin not in nets:
                        continue
                    value[nets[pin]] = eval(function, {}, inputs) & EVERY
                    load = load_pf.get(nets[pin], 0)
                    energy_pj += toggles(value[nets[pin]]) * (self.load_edge_pj(load) + cell.edge_pj(pin, load))
            assert len(later) < len(waiting), "a loop"
            waiting = later
        return energy_pj / (VECTORS - 1), leakage_nw

    def flip_flop(self, name="DFFPOSX1"):
        """(pJ of a clock cycle, pJ of new data, of which half the bits differ, nW) of a bit."""
        cell = self.cells[name]
        clock_pj = 2 * (self.load_edge_pj(cell.capacitance_pf["CLK"]) + cell.passive_pj["CLK"])
        load_pf = self.cells["NAND2X1"].capacitance_pf["A"]
        edge_pj = (self.load_edge_pj(cell.capacitance_pf["D"]) + cell.passive_pj["D"] + cell.edge_pj("Q", load_pf) +
                   self.load_edge_pj(load_pf))
        return clock_pj, edge_pj / 2, cell.leakage_nw


def toggles(values):
    """Of a net in all cycles."""
    return bin((values ^ values >> 1) & EVERY >> 1).count("1")
