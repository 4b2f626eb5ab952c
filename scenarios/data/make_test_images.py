#!/usr/bin/python3
"""Cut the small Fashion-MNIST files of this directory out of the full set.

Writes, as uncompressed IDX files:

  fashion-256-images.idx3-ubyte          first 256 images of the test set
  fashion-256-labels.idx1-ubyte          their labels
  fashion-calibration-images.idx3-ubyte  first 64 images of the training set

The images are taken in the official order, none is selected or left out.
"""

import argparse
import gzip
import math
import pathlib
import struct

# Where the Debian package dataset-fashion-mnist installs its files.
DATASET = pathlib.Path("/usr/share/datasets/fashion-mnist")

FILES = [  # name to write, file to cut it from, number of items
    ("fashion-256-images.idx3-ubyte", "t10k-images-idx3-ubyte.gz", 256),
    ("fashion-256-labels.idx1-ubyte", "t10k-labels-idx1-ubyte.gz", 256),
    ("fashion-calibration-images.idx3-ubyte", "train-images-idx3-ubyte.gz", 64),
]


def first_items(path, count):
    """The IDX file with only the first `count` items of the IDX file `path`."""
    with gzip.open(path, "rb") as file:
        magic = file.read(4)
        if len(magic) != 4 or magic[:3] != b"\x00\x00\x08":
            raise ValueError(f"{path}: not an IDX file of unsigned bytes")
        dimensions = magic[3]
        total, *item = struct.unpack(f">{dimensions}I",
                                     file.read(4 * dimensions))
        size = count * math.prod(item)
        body = file.read(size)
    if total < count or len(body) != size:
        raise ValueError(f"{path}: fewer than {count} items")
    return magic + struct.pack(f">{dimensions}I", count, *item) + body


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="example:\n  make_test_images.py --out .\n",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", metavar="DIRECTORY", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent,
                        help="where to write (default: beside this script)")
    arguments = parser.parse_args()
    for name, source, count in FILES:
        content = first_items(DATASET / source, count)
        (arguments.out / name).write_bytes(content)
        print(f"{name}: {count} items, {len(content)} bytes")


if __name__ == "__main__":
    main()
