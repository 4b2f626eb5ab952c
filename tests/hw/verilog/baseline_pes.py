#!/usr/bin/env python3
"""Runs the PEs of hw/verilog/baselines on random weights and activations, in Yosys' simulator. Their sums must be the
plain sums of products, after as many cycles as docs/baselines.md says; of a broken variant they must not be.

  baseline_pes.py [PE...]      exit code 0: these, or all, are right, and their broken variants are not

Exit code 77, with a message: yosys is missing.
"""
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

VERILOG = Path(__file__).resolve().parents[3] / "hw/verilog"
SKIPPED = 77
TILES = 12
ACTIVATION_BITS, WEIGHT_BITS, MAGNITUDE_BITS = 9, 8, 7
PAIRS, QUARTER, WINDOW = 64, 16, 8  # of Bitlet

draw = random.Random(20261128)


def pack(values, bits):
    return sum((value & ((1 << bits) - 1)) << (bits * i) for i, value in enumerate(values))


def mask(flags):
    return sum(int(flag) << i for i, flag in enumerate(flags))


def random_group(lanes, lowest=-256):
    """Weights, of which some are short or zero, and activations."""
    less = draw.randint(0, 3)
    weights = [0 if draw.randint(0, 3) < less else draw.randint(-127, 127) >> less for _ in range(lanes)]
    return weights, [draw.randint(lowest, 255) for _ in range(lanes)]


def tiles_of_groups(lanes, operands, later=1, lowest=-256):
    """Inputs of each cycle, and what the accumulator must hold then, or None.

    `operands(weights, activations)`: of each cycle of a group, the inputs at once, and those that belong to the sum in
    the register, `later` cycles on.
    """
    for _ in range(TILES):
        cycles, total = [], 0
        for _ in range(draw.randint(1, 4)):
            weights, activations = random_group(lanes, lowest)
            total += sum(w * a for w, a in zip(weights, activations))
            cycles += operands(weights, activations)
        for i in range(len(cycles) + later):
            inputs = dict(cycles[i][0]) if i < len(cycles) else {}
            if i >= later:
                inputs.update(perform=1, clear=int(i == later), save=1, **cycles[i - later][1])
            yield inputs, None
        yield {}, total


def dense(weights, activations):
    return [({"activation": pack(activations, ACTIVATION_BITS), "weight": pack(weights, WEIGHT_BITS)}, {})]


def stripes(weights, activations):
    return [({"activation": pack(activations, ACTIVATION_BITS), "weight_bit": mask(w >> bit & 1 for w in weights)},
             {"position": bit, "negate": int(bit == WEIGHT_BITS - 1)}) for bit in range(WEIGHT_BITS)]


def bitwave(weights, activations):
    columns = [bit for bit in range(MAGNITUDE_BITS) if any(abs(w) >> bit & 1 for w in weights)] or [0]
    return [({"activation": pack(activations, ACTIVATION_BITS), "weight_sign": mask(w < 0 for w in weights),
              "weight_bit": mask(abs(w) >> bit & 1 for w in weights)}, {"position": bit}) for bit in columns]


def pragmatic(weights, activations):
    terms = [[bit for bit in range(MAGNITUDE_BITS) if abs(w) >> bit & 1] for w in weights]
    cycles = []
    for k in range(max(1, *map(len, terms))):
        valid = [k < len(own) for own in terms]
        cycles.append(({"activation": pack(activations, ACTIVATION_BITS), "term_valid": mask(valid),
                        "term_negative": mask(v and w < 0 for v, w in zip(valid, weights)),
                        "term_position": pack([own[k] if v else draw.randint(0, 6) for v, own in zip(valid, terms)], 3)}, {}))
    return cycles


def bitvert(weights, activations):
    """A column of ones takes a cycle here, without a pick. The model has its sum for nothing."""
    cycles = []
    for bit in range(WEIGHT_BITS):
        lanes = [i for i, w in enumerate(weights) if w >> bit & 1]
        zeros = 2 * len(lanes) > len(weights)
        if zeros:
            lanes = [i for i in range(len(weights)) if i not in lanes]
        valid, select = [0] * 8, [draw.randint(0, 8) for _ in range(8)]
        pick = 0
        for lane in lanes:
            pick = max(pick, lane - 8)
            valid[pick], select[pick] = 1, lane - pick
            pick += 1
        cycles.append(({"activation": pack(activations, ACTIVATION_BITS), "all": sum(activations), "zeros": int(zeros),
                        "pick_valid": mask(valid), "pick_select": pack(select, 4)},
                       {"position": bit, "negate": int(bit == WEIGHT_BITS - 1)}))
    return cycles


def bitlet_cycles(weights):
    """Of the slowest channel; docs/baselines.md."""
    slowest = 0
    for bit in range(MAGNITUDE_BITS):
        ones = [i for i, w in enumerate(weights) if abs(w) >> bit & 1]
        pointer = cycles = 0
        while pointer < PAIRS:
            window = [i for i in ones if pointer <= i < pointer + WINDOW]
            pointer = window[1] if len(window) > 1 else pointer + WINDOW
            cycles += 1
        slowest = max(slowest, cycles)
    return slowest


def bitlet():
    for _ in range(TILES):
        total = 0
        for group in range(draw.randint(1, 3)):
            weights, activations = random_group(PAIRS)
            total += sum(w * a for w, a in zip(weights, activations))
            for quarter in range(PAIRS // QUARTER):
                own = slice(QUARTER * quarter, QUARTER * (quarter + 1))
                yield {"load": 1, "quarter": quarter, "begin_step": int(quarter == 3),
                       "activation": pack(activations[own], ACTIVATION_BITS),
                       "magnitude": pack([abs(w) for w in weights[own]], MAGNITUDE_BITS),
                       "negative": mask(w < 0 for w in weights[own])}, None
            # Picks reach their register, their sum the next one, the accumulator is the third.
            cycles = bitlet_cycles(weights)
            for k in range(cycles + 2):
                inputs = {"run": int(k < cycles)}
                if k >= 2:
                    inputs.update(perform=1, clear=int(group == 0 and k == 2), save=1)
                yield inputs, None
        yield {}, total


def laconic():
    """Weights and activations by their magnitudes. A lane takes a pair of ones per cycle."""
    lanes = 16
    for _ in range(TILES):
        total = 0
        for group in range(draw.randint(1, 3)):
            weights, _ = random_group(lanes)
            activations = [draw.choice([0, draw.randint(-128, 255)]) for _ in range(lanes)]
            total += sum(w * a for w, a in zip(weights, activations))
            held = {"activation": pack([abs(a) for a in activations], 8),
                    "negative": mask((w < 0) != (a < 0) for w, a in zip(weights, activations))}
            yield {"load": 1, "weight": pack([abs(w) for w in weights], MAGNITUDE_BITS), **held}, None
            cycles = max(1, *(bin(abs(w)).count("1") * bin(abs(a)).count("1") for w, a in zip(weights, activations)))
            for k in range(cycles + 2):
                yield {**held, "perform": int(k > 1), "clear": int(group == 0 and k == 2), "save": 1}, None
        yield {}, total


def bitfusion(weights, activations):
    """A product of 8 bits by 8 per cycle, in four quarters of 4 bits by 4, of four BitBricks each."""
    cycles = []
    for weight, activation in zip(weights, activations):
        bricks = {"weight": [], "weight_signed": [], "activation": [], "activation_signed": [], "shift": []}
        signed = activation < 128  # else as unsigned 8 bits
        for half_w in range(2):
            for half_a in range(2):
                for w in range(2):
                    for a in range(2):
                        bricks["weight"].append(weight >> 4 * half_w + 2 * w)
                        bricks["weight_signed"].append(half_w + w == 2)
                        bricks["activation"].append(activation >> 4 * half_a + 2 * a)
                        bricks["activation_signed"].append(half_a + a == 2 and signed)
                        bricks["shift"].append(w + a)
        cycles.append(({"shift_of_four": pack([0, 1, 1, 2], 2),
                        **{name: mask(v) if name.endswith("signed") else pack(v, 2) for name, v in bricks.items()}}, {}))
    return cycles


def mac():
    total = None
    for i in range(20 * TILES):
        activation, weight, clear = draw.randint(-256, 255), draw.randint(-128, 127), i % 50 == 0
        perform = clear or draw.randint(0, 3) > 0
        yield {"activation": activation, "weight": weight, "clear": int(clear), "perform": int(perform), "save": 1}, total
        if perform:
            total = (0 if clear else total) + activation * weight


def lean():
    """Lanes wrap at 24 bits."""
    total = None
    for i in range(20 * TILES):
        clear = i == 0 or draw.randint(0, 99) == 0
        perform, valid, negative = i == 0 or draw.randint(0, 7) > 0, draw.randint(0, 3) > 0, draw.randint(0, 1)
        position, active = draw.randint(0, 7), draw.randint(0, 3)
        lanes = [draw.randint(-256, 255) for _ in range(2)]
        yield ({"activation": pack(lanes, ACTIVATION_BITS), "clear": int(clear), "perform": int(perform), "save": 1,
                "token_valid": int(valid), "token_negative": negative, "token_position": position, "lane_active": active},
               None if total is None else pack(total, 24))
        if perform:
            start = [0, 0] if clear else total
            total = [sum_ + (lane << position) * (-1 if negative else 1) if valid and active >> k & 1 else sum_
                     for k, (sum_, lane) in enumerate(zip(start, lanes))]


CONTROL = {"perform": 1, "clear": 1, "save": 1}
OF_COLUMN = {"negate": 1, "position": 3}
# name: module, its parameters, inputs with their bits, cycles, a text of the module and what breaks it
PES = {
    "mac": ("mac_pe", {}, {**CONTROL, "activation": 9, "weight": 8}, mac, ("$signed(weight)", "$signed(~weight)")),
    "lean": ("lean_pe", {}, {**CONTROL, "token_valid": 1, "token_negative": 1, "token_position": 3, "lane_active": 2,
                             "activation": 18}, lean, ("token_valid && lane_active[lane]", "lane_active[lane]")),
    "dense": ("dense_pe", {}, {**CONTROL, "activation": 144, "weight": 128},
              lambda: tiles_of_groups(16, dense, later=2), ("i < LANES", "i < LANES - 1")),
    "stripes": ("column_pe", {}, {**CONTROL, **OF_COLUMN, "activation": 144, "weight_bit": 16, "weight_sign": 16},
                lambda: tiles_of_groups(16, stripes), ("SIGN_COLUMN = SIGNS == 0", "SIGN_COLUMN = 0")),
    "bitwave": ("column_pe", {"LANES": 8, "SIGNS": 1},
                {**CONTROL, **OF_COLUMN, "activation": 72, "weight_bit": 8, "weight_sign": 8},
                lambda: tiles_of_groups(8, bitwave), ("weight_bit & weight_sign", "weight_bit")),
    "pragmatic": ("pragmatic_pe", {}, {**CONTROL, "activation": 144, "term_valid": 16, "term_negative": 16,
                                       "term_position": 48},
                  lambda: tiles_of_groups(16, pragmatic), ("{TERM_BITS{term_negative[i]}}", "{TERM_BITS{1'b0}}")),
    "bitvert": ("bitvert_pe", {}, {**CONTROL, **OF_COLUMN, "activation": 144, "all": 13, "pick_valid": 8,
                                   "pick_select": 32, "zeros": 1},
                lambda: tiles_of_groups(16, bitvert), ("{{(TREE_BITS - 1) {1'b0}}, zeros}", "{TREE_BITS{1'b0}}")),
    "laconic": ("laconic_pe", {}, {**CONTROL, "load": 1, "activation": 128, "weight": 112, "negative": 16}, laconic,
                ("&& !negative[l]", "")),
    "bitfusion": ("bitfusion_pe", {}, {**CONTROL, "weight": 32, "weight_signed": 16, "activation": 32,
                                       "activation_signed": 16, "shift": 32, "shift_of_four": 8},
                  lambda: tiles_of_groups(16, bitfusion, later=2, lowest=-128), ("weight_signed[AT] && ", "")),
    "bitlet": ("bitlet_pe", {}, {**CONTROL, "load": 1, "quarter": 2, "activation": 144, "magnitude": 112,
                                 "negative": 16, "begin_step": 1, "run": 1}, bitlet, ("step = 4'd8", "step = 4'd7")),
}
HARNESS = """
module bench (input clk);
  reg [{word_bits}-1:0] rom[0:{words}-1];
  initial $readmemh("{folder}/words.hex", rom);
  (* keep *) reg [15:0] at = 0;
  (* keep *) reg [15:0] compared = 0;
  (* keep *) reg [15:0] different = 0;
  wire [{word_bits}-1:0] word = rom[at];
  wire [{sum_bits}-1:0] accumulator, shadow, expected = word[{word_bits}-1-:{sum_bits}];
  {module} {parameters} pe (.clk(clk), {ports} .accumulator(accumulator), .shadow(shadow));
  always @(posedge clk) begin
    at <= at + 1;
    if (word[{word_bits}-1-{sum_bits}]) begin
      compared <= compared + 1;
      if (accumulator !== expected || shadow !== expected) different <= different + 1;
    end
  end
endmodule
"""


def simulate(module, parameters, inputs, cycles, sum_bits, replace):
    """(sums compared, different ones)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        words, ports, at = [], "", 0
        for port, bits in inputs.items():
            ports += f".{port}(word[{at}+:{bits}]), "
            at += bits
        for values, expected in cycles:
            fields = list(inputs.items()) + [("compare", 1), ("expected", sum_bits)]
            values = {**values, "compare": int(expected is not None), "expected": expected or 0}
            word = shift = 0
            for port, bits in fields:
                word |= (values.get(port, 0) & ((1 << bits) - 1)) << shift
                shift += bits
            words.append(f"{word:x}")
        (folder / "words.hex").write_text("\n".join(words))
        settings = "#(" + ", ".join(f".{key}({value})" for key, value in parameters.items()) + ")" if parameters else ""
        (folder / "bench.v").write_text(HARNESS.format(
            word_bits=at + 1 + sum_bits, words=len(words), folder=folder, module=module, parameters=settings,
            ports=ports, sum_bits=sum_bits))
        for source in (VERILOG / "baselines").glob("*.v*"):
            text = source.read_text()
            if replace is not None and source.stem == module:
                assert text.count(replace[0]) == 1, f"{source}: `{replace[0]}` {text.count(replace[0])} times, not once"
                text = text.replace(*replace)
            (folder / source.name).write_text(text)
        result = subprocess.run(
            ["yosys", "-q", "-p", "read_verilog *.v; hierarchy -top bench; proc; flatten; memory -nomap; opt_clean; "
             f"sim -clock clk -n {len(words)} -w bench; cd bench; dump -o state w:compared w:different"],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if result.returncode != 0:
            sys.exit(f"yosys failed:\n{result.stdout}")
        state = re.findall(r"init 16'([01x]+)(?:\s+attribute .*)*\s+wire width 16 \\(\w+)", (folder / "state").read_text())
    values = {register: bits for bits, register in state}
    if "x" in values["different"]:  # a sum that is not known
        return int(values["compared"], 2), int(values["compared"], 2)
    return int(values["compared"], 2), int(values["different"], 2)


def main():
    if shutil.which("yosys") is None:
        print("skipped: yosys is not installed")
        return SKIPPED
    failed = False
    for name in sys.argv[1:] or PES:
        module, parameters, inputs, cycles, broken = PES[name]
        sum_bits = 48 if name == "lean" else 32
        steps = list(cycles())
        compared, different = simulate(module, parameters, inputs, steps, sum_bits, None)
        _, seen = simulate(module, parameters, inputs, steps, sum_bits, broken)
        right = compared > 0 and different == 0 and seen > 0
        failed = failed or not right
        print(f"{name}: {compared} sums, {len(steps)} cycles, {different} different; broken variant {seen}"
              f"{'' if right else '  WRONG'}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
