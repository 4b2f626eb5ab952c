#!/usr/bin/env python3
"""Proves properties of the Verilog twin with yosys-smtbmc and z3, and refutes broken variants of it.

  prove.py --list                 all proofs and their broken variants
  prove.py PROOF                  exit code 0: proved
  prove.py PROOF --broken NAME    exit code 0: the variant is refuted

Exit code 77, with a message: a tool is missing.
"""
import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TWIN = HERE.parents[2] / "hw/verilog"
SKIPPED = 77


class Proof:
    """A harness in proofs/: its assertions hold by k-induction with k = `depth`.

    `parameters`: sets of the harness' parameters, all of which are proved. `broken`: name -> (file of the twin,
    text, what it is replaced with); each fails within `cycles` from power-up on. `any_value`: a wire that is proved for
    all its values, whatever drives it.
    """

    def __init__(self, sources, depth, cycles, parameters, broken, any_value=None):
        self.sources, self.depth, self.cycles = sources, depth, cycles
        self.parameters, self.broken, self.any_value = parameters, broken, any_value


TOKEN_FORMS = [{"SIGNED_DIGIT": form} for form in (0, 1)]

PROOFS = {
    "token_mask": Proof(
        ["token_mask.v", "weight_format.v"], 1, 1, TOKEN_FORMS,
        {
            "sign of the other digit": ("token_mask.v", "{1'b0, magnitude[15:1]} ^", "magnitude ^"),
            "sign bit one too low": ("token_mask.v", "code[magnitude_bits]", "code[magnitude_bits - 4'd1]"),
        }),
    "encoder_row": Proof(
        ["encoder_row.v", "stream_window.v", "token_mask.v"], 1, 5, [{}],
        {
            "leading one stays": ("encoder_row.v", "ones <= rest;", "ones <= ones;"),
            "last token dropped": ("encoder_row.v", "wire valid = |ones;", "wire valid = more;"),
            "sign of the last position": ("encoder_row.v", "negatives[position]", "negatives[0]"),
        }, any_value="dut.code"),
    "token_row": Proof(
        ["token_row.v", "stream_window.v", "token_pointer.v", "weight_format.v"], 1, 4, TOKEN_FORMS,
        {
            "tokens beyond the fields": ("token_row.v", "stored_count < fields ? stored_count : fields", "stored_count"),
            "last mark one late": ("token_row.v", "|left[3:1]", "|left"),
            "token stays": ("token_row.v", "left <= left - 4'd1", "left <= left"),
            "no word before": ("token_row.v", "previous <= word[63:LOWEST]", "previous <= bank_word[63:LOWEST]"),
            "word held is the one before": ("token_pointer.v", "{!read, 3'd0, head_bits}", "{4'd0, head_bits}"),
            "next field one bit late": ("token_pointer.v", "token_at + {4'd0, field_bits}", "token_at + {4'd0, field_bits} + 7'd1"),
        }),
    "pe": Proof(
        ["pe.v"], 1, 3,
        [{}, {"STAGES": 2}, {"ACCUMULATOR_BITS_8": 16, "ACCUMULATOR_BITS_16": 48}, {"ACCUMULATOR_BITS_8": 32, "ACCUMULATOR_BITS_16": 24}],
        {
            "carry from lane to lane": ("shift_add.vh", "one_lane ? carry : negative", "carry"),
            "no sign extension": ("shift_add.vh", "{high_lane[8]}}", "{1'b0}}"),
            "lower byte with a sign": ("shift_add.vh", "{1'b0, lane[7:0]}", "{lane[7], lane[7:0]}"),
            "ones' complement": ("shift_add.vh", "{{ACCUMULATOR_BITS_8{1'b0}}, negative}", "1'b0"),
            "null slot adds": ("pe.v", "{2{sum_valid}} & lane_active", "lane_active"),
            "second stage does not wait": ("pe.v", "if (take) held <= shifted;", "held <= shifted;"),
        }),
    "channel": Proof(
        ["channel.v"], 2, 6, [{}],
        {
            "loses": ("channel.v", "(second_valid || (push && first_valid))", "(second_valid && first_valid)"),
            "repeats": ("channel.v", "(first_valid && !pop)", "first_valid"),
            "reorders": ("channel.v", "if (pop && second_valid) first <= second;\n    else if (to_first)",
                         "if (to_first || (pop && !push && second_valid))"),
        }),
}


def run(command, folder):
    return subprocess.run(command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def translate(name, parameters, folder):
    chparam = " ".join(f"-set {key} {value}" for key, value in parameters.items())
    script = (f"read_verilog -formal -sv proof.v; read_verilog {' '.join(PROOFS[name].sources)}; "
              + (f"chparam {chparam} proof; " if chparam else "")
              + "prep -flatten -top proof -nordff; "
              + (f"cutpoint w:{PROOFS[name].any_value}; " if PROOFS[name].any_value else "") + "async2sync; dffunmap; write_smt2 -wires proof.smt2")
    made = run(["yosys", "-q", "-p", script], folder)
    if made.returncode != 0:
        sys.exit(f"{name}: yosys: {made.stdout}")


def passes(name, mode, folder):
    """(whether no assertion fails, what the solver printed)."""
    # Each question as a formula of its own: z3 simplifies that as a whole, which takes a fraction of the time.
    result = run(["yosys-smtbmc", "-s", "z3", "--unroll", "--noincr", "--presat", *mode, "proof.smt2"], folder)
    if "Status: PASSED" not in result.stdout and "Status: FAILED" not in result.stdout:
        sys.exit(f"{name}: yosys-smtbmc gave no verdict\n{result.stdout}")
    return result.returncode == 0, result.stdout


def check(name, broken):
    """Whether all is proved or, of a broken variant, one set of parameters is refuted from power-up on."""
    proof = PROOFS[name]
    # From power-up on; then from any state, that one step more keeps what `depth` steps kept.
    modes = [["-t", str(proof.cycles)]] if broken else [["-t", str(proof.depth + 1)], ["-i", "-t", str(proof.depth)]]
    for parameters in proof.parameters:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            for source in TWIN.glob("*.v*"):
                shutil.copy(source, folder)
            shutil.copy(HERE / "proofs" / f"{name}.v", folder / "proof.v")
            if broken:
                file, old, new = proof.broken[broken]
                text = (folder / file).read_text(encoding="utf-8")
                if text.count(old) != 1:
                    sys.exit(f"{name}, {broken}: {file} has `{old}` {text.count(old)} times, not once")
                (folder / file).write_text(text.replace(old, new), encoding="utf-8")
            translate(name, parameters, folder)
            for mode in modes:
                passed, text = passes(name, mode, folder)
                if not passed:
                    break
            verdict = ("not refuted" if broken else "proved") if passed else "refuted"
            print(f"{name} {parameters or ''} {broken or ''}: {verdict}", flush=True)
            if not passed:
                print(text)
                return bool(broken)
    return not broken


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("proof", nargs="?", choices=PROOFS)
    parser.add_argument("--broken")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    if arguments.list:
        for name, proof in PROOFS.items():
            print(name)
            for broken in proof.broken:
                print(f"{name};{broken}")
        return 0
    if arguments.proof is None:
        parser.error("name a proof, or --list")
    if arguments.broken is not None and arguments.broken not in PROOFS[arguments.proof].broken:
        parser.error(f"--broken {arguments.broken}: {arguments.proof} has {', '.join(PROOFS[arguments.proof].broken)}")
    for tool in ("yosys", "yosys-smtbmc", "z3"):
        if shutil.which(tool) is None:
            print(f"skipped: {tool} is not installed")
            return SKIPPED
    return 0 if check(arguments.proof, arguments.broken) else 1


if __name__ == "__main__":
    sys.exit(main())
