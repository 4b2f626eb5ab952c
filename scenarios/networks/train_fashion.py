#!/usr/bin/python3
"""Train, evaluate and describe the Fashion-MNIST networks of the scenarios.

Three modes, one per run:

  --network NAME        train a network (vgg, resnet, lenet) and export it as float32 ONNX
  --evaluate FILE       print the accuracy of an exported ONNX file (one line)
  --describe FILE       check an exported ONNX file and print its layer table

The exported model has one input "image" [batch, 1, 28, 28], whose values are
pixel / 255.0 in [0, 1], and one output "logits" [batch, 10].  The input gets no
other normalisation, neither inside nor outside the graph.

The final weights are those after the last epoch.  The test accuracy printed
while training is for information only; nothing is selected by it.
"""

import argparse
import collections
import gzip
import pathlib
import sys
import time

import google.protobuf.message
import numpy
import onnx
import onnx.checker
import onnx.numpy_helper
import onnx.shape_inference
import torch
from torch import nn
from torch.nn import functional

# Where the Debian package dataset-fashion-mnist installs its files.
DATASET = pathlib.Path("/usr/share/datasets/fashion-mnist")
TRAIN_IMAGES = DATASET / "train-images-idx3-ubyte.gz"
TRAIN_LABELS = DATASET / "train-labels-idx1-ubyte.gz"
TEST_IMAGES = DATASET / "t10k-images-idx3-ubyte.gz"
TEST_LABELS = DATASET / "t10k-labels-idx1-ubyte.gz"

OPSET = 13
BATCH = 128

# Per network: epochs, peak learning rate, weight decay.
Recipe = collections.namedtuple("Recipe", "epochs peak_rate weight_decay")
RECIPES = {
    "vgg": Recipe(epochs=20, peak_rate=0.1, weight_decay=5e-4),
    "resnet": Recipe(epochs=15, peak_rate=0.1, weight_decay=5e-4),
    "lenet": Recipe(epochs=15, peak_rate=0.05, weight_decay=5e-4),
}

EXAMPLES = """examples:
  # Train the default network and write it to fashion.onnx
  train_fashion.py --network vgg --seed 1 --out fashion.onnx

  # Train the small network, for 3 epochs only
  train_fashion.py --network lenet --epochs 3 --out lenet.onnx

  # Accuracy of an exported file on all 10,000 test images
  train_fashion.py --evaluate fashion.onnx

  # Accuracy on the 256 test images shipped in scenarios/data
  train_fashion.py --evaluate fashion.onnx \\
      --images ../data/fashion-256-images.idx3-ubyte \\
      --labels ../data/fashion-256-labels.idx1-ubyte

  # Validity, node types, layer table, parameters and MACs
  train_fashion.py --describe fashion.onnx
"""


# --------------------------------------------------------------------- data

def read_idx(path):
    """Read an IDX file of unsigned bytes, gzip-compressed or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as file:
        content = file.read()
    if len(content) < 4 or content[:3] != b"\x00\x00\x08":
        raise ValueError(f"{path}: not an IDX file of unsigned bytes")
    dimensions = content[3]
    header = 4 + 4 * dimensions
    shape = [int(n) for n in numpy.frombuffer(content[4:header], ">u4")]
    if len(shape) != dimensions or len(content) - header != numpy.prod(shape):
        raise ValueError(f"{path}: length does not match the IDX header")
    return numpy.frombuffer(content, numpy.uint8, offset=header).reshape(shape)


def load(images_path, labels_path):
    """Images as float32 [n, 1, h, w] in [0, 1], labels as int64 [n]."""
    images = read_idx(images_path)
    labels = read_idx(labels_path)
    if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels):
        raise ValueError(f"{images_path} and {labels_path} do not match")
    images = torch.from_numpy(images.astype(numpy.float32) / 255.0)
    return images.unsqueeze(1), torch.from_numpy(labels.astype(numpy.int64))


def augment(images, generator, reach=2):
    """Mirror half of the images, shift each by up to `reach` pixels."""
    count, _, height, width = images.shape
    mirror = torch.rand(count, generator=generator) < 0.5
    images = torch.where(mirror[:, None, None, None], images.flip(3), images)
    padded = functional.pad(images, [reach] * 4)[:, 0]
    top = torch.randint(0, 2 * reach + 1, (count, 1), generator=generator)
    left = torch.randint(0, 2 * reach + 1, (count, 1), generator=generator)
    rows = (top + torch.arange(height))[:, :, None]
    columns = (left + torch.arange(width))[:, None, :]
    return padded[torch.arange(count)[:, None, None], rows, columns].unsqueeze(1)


# ----------------------------------------------------------------- networks

def vgg():
    """Six 3x3 convolutions with batch normalisation, one linear layer."""
    layers = collections.OrderedDict()
    inputs = 1
    for index, outputs in enumerate([16, 16, 32, 32, 64, 64], start=1):
        # No bias: the batch normalisation which follows has one.
        layers[f"conv{index}"] = nn.Conv2d(inputs, outputs, 3, padding=1,
                                           bias=False)
        layers[f"bn{index}"] = nn.BatchNorm2d(outputs)
        layers[f"relu{index}"] = nn.ReLU()
        if index % 2 == 0:
            layers[f"pool{index // 2}"] = nn.MaxPool2d(2)
        inputs = outputs
    layers["flatten"] = nn.Flatten()
    layers["fc1"] = nn.Linear(64 * 3 * 3, 10)
    return nn.Sequential(layers)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut: 1x1 where the shape changes."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu2 = nn.ReLU()
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(collections.OrderedDict(
                conv=nn.Conv2d(inputs, outputs, 1, stride, bias=False),
                bn=nn.BatchNorm2d(outputs)))

    def forward(self, x):
        y = self.relu1(self.bn1(self.conv1(x)))
        return self.relu2(self.bn2(self.conv2(y)) + self.shortcut(x))


def resnet():
    """ResNet with three residual blocks, global average pooling."""
    return nn.Sequential(collections.OrderedDict(
        conv1=nn.Conv2d(1, 16, 3, padding=1, bias=False),
        bn1=nn.BatchNorm2d(16),
        relu1=nn.ReLU(),
        block1=ResidualBlock(16, 16, 1),
        block2=ResidualBlock(16, 32, 2),
        block3=ResidualBlock(32, 64, 2),
        pool=nn.AdaptiveAvgPool2d(1),
        flatten=nn.Flatten(),
        fc1=nn.Linear(64, 10),
    ))


def lenet():
    """LeNet-5 with ReLU and max pooling, for 28x28 images."""
    return nn.Sequential(collections.OrderedDict(
        conv1=nn.Conv2d(1, 6, 5, padding=2),
        relu1=nn.ReLU(),
        pool1=nn.MaxPool2d(2),
        conv2=nn.Conv2d(6, 16, 5),
        relu2=nn.ReLU(),
        pool2=nn.MaxPool2d(2),
        flatten=nn.Flatten(),
        fc1=nn.Linear(16 * 5 * 5, 120),
        relu3=nn.ReLU(),
        fc2=nn.Linear(120, 84),
        relu4=nn.ReLU(),
        fc3=nn.Linear(84, 10),
    ))


NETWORKS = {"vgg": vgg, "resnet": resnet, "lenet": lenet}


# ----------------------------------------------------------------- training

def count_correct(model, images, labels):
    """How many images `model` (any function images -> logits) gets right."""
    correct = 0
    with torch.no_grad():
        for start in range(0, len(images), 500):
            logits = model(images[start:start + 500])
            chosen = logits.argmax(1)
            correct += int((chosen == labels[start:start + 500]).sum())
    return correct


def train(network, seed, epochs):
    """Train from scratch; return the model in evaluation mode."""
    recipe = RECIPES[network]
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    images, labels = load(TRAIN_IMAGES, TRAIN_LABELS)
    test_images, test_labels = load(TEST_IMAGES, TEST_LABELS)

    # Channels-last is only a matter of speed; export() undoes it.
    model = NETWORKS[network]().to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=recipe.peak_rate,
                                momentum=0.9, nesterov=True,
                                weight_decay=recipe.weight_decay)
    steps = len(images) // BATCH  # the incomplete last batch is dropped
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.peak_rate, total_steps=epochs * steps)

    begin = time.monotonic()
    for epoch in range(1, epochs + 1):
        model.train()
        order = torch.randperm(len(images), generator=generator)
        loss_sum = 0.0
        for step in range(steps):
            batch = order[step * BATCH:(step + 1) * BATCH]
            inputs = augment(images[batch], generator)
            inputs = inputs.contiguous(memory_format=torch.channels_last)
            loss = functional.cross_entropy(model(inputs), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            loss_sum += loss.item()
        model.eval()
        correct = count_correct(model, test_images, test_labels)
        print(f"epoch {epoch}/{epochs}: training loss {loss_sum / steps:.4f}, "
              f"test accuracy {correct / len(test_images):.4f}, "
              f"{time.monotonic() - begin:.0f} s", flush=True)
    return model


def export(model, path):
    """Write the model as ONNX, batch normalisation as nodes of its own."""
    model = model.eval().to(memory_format=torch.contiguous_format)
    torch.onnx.export(
        model, torch.zeros(1, 1, 28, 28), str(path), opset_version=OPSET,
        input_names=["image"], output_names=["logits"],
        dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}},
        # PRESERVE keeps eval() semantics but, other than EVAL, does not fold
        # BatchNormalization into Conv.
        training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)


# ------------------------------------------------------- exported ONNX files

def attributes(node):
    return {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}


def initializers(model):
    """Constants by name; the exporter shares equal ones through Identity."""
    constants = {t.name: onnx.numpy_helper.to_array(t)
                 for t in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Identity" and node.input[0] in constants:
            constants[node.output[0]] = constants[node.input[0]]
    return constants


class OnnxNetwork:
    """Executes the node types which export() produces, node by node.

    It reads weights and attributes from the file alone, so that what it
    measures is the exported file and not the model in memory.
    """

    def __init__(self, path):
        model = onnx.load(str(path))
        self.graph = model.graph
        self.constants = {name: torch.from_numpy(value.copy())
                          for name, value in initializers(model).items()}

    def __call__(self, images):
        values = dict(self.constants)
        values[self.graph.input[0].name] = images
        for node in self.graph.node:
            arguments = [values[name] for name in node.input]
            values[node.output[0]] = self.run(node, *arguments)
        return values[self.graph.output[0].name]

    @staticmethod
    def run(node, x, *rest):
        a = attributes(node)
        if node.op_type in ("Conv", "MaxPool"):
            top, left, bottom, right = a["pads"]
            if (top, left) != (bottom, right) or a.get("ceil_mode", 0):
                raise ValueError(f"{node.name}: unsupported padding")
        if node.op_type == "Conv":
            weight, bias = rest[0], rest[1] if len(rest) > 1 else None
            return functional.conv2d(x, weight, bias, a["strides"],
                                     (top, left), a["dilations"], a["group"])
        if node.op_type == "BatchNormalization":
            scale, bias, mean, variance = rest
            return functional.batch_norm(x, mean, variance, scale, bias,
                                         training=False, eps=a["epsilon"])
        if node.op_type == "Relu":
            return functional.relu(x)
        if node.op_type == "Identity":
            return x
        if node.op_type == "Add":
            return x + rest[0]
        if node.op_type == "GlobalAveragePool":
            return x.mean((2, 3), keepdim=True)
        if node.op_type == "MaxPool":
            return functional.max_pool2d(x, a["kernel_shape"], a["strides"],
                                         (top, left))
        if node.op_type == "Flatten" and a["axis"] == 1:
            return x.flatten(1)
        if node.op_type == "Gemm" and a["transB"] == 1:
            return functional.linear(x, *rest)
        raise ValueError(f"{node.name}: unsupported node {node.op_type}")


def evaluate(path, images_path, labels_path):
    images, labels = load(images_path, labels_path)
    correct = count_correct(OnnxNetwork(path), images, labels)
    print(f"{path.name}: accuracy {correct / len(images):.4f} "
          f"({correct} of {len(images)} images of {images_path.name})")


def describe(path):
    """Check the file with onnx and print a Markdown table of its layers."""
    model = onnx.load(str(path))
    onnx.checker.check_model(model, full_check=True)
    model = onnx.shape_inference.infer_shapes(model, check_type=True,
                                              strict_mode=True)
    graph = model.graph

    shapes = {}
    for value in [*graph.input, *graph.value_info, *graph.output]:
        dimensions = value.type.tensor_type.shape.dim
        shapes[value.name] = [d.dim_param or d.dim_value for d in dimensions]
    constants = initializers(model)

    def shape_text(name):
        return "x".join(str(d) for d in shapes[name][1:])

    print(f"{path.name}: valid ONNX, IR version {model.ir_version}, opset "
          f"{', '.join(str(o.version) for o in model.opset_import)}, "
          f"{path.stat().st_size} bytes")
    for value in [*graph.input, *graph.output]:
        print(f"  {value.name}: {shapes[value.name]}")
    kinds = collections.Counter(node.op_type for node in graph.node)
    print("  nodes: " + ", ".join(f"{n} {k}" for k, n in kinds.items()))
    print()
    print("| node | type | input | output | parameters | MACs |")
    print("|---|---|---|---|---:|---:|")
    total_parameters = total_macs = statistics = 0
    for node in graph.node:
        if node.output[0] in constants:
            continue
        a = attributes(node)
        kind = node.op_type
        output = shapes[node.output[0]]
        sizes = [constants[name].size for name in node.input[1:]
                 if name in constants]
        macs = 0
        if kind == "BatchNormalization":
            # Learned are scale and bias; mean and variance are measured.
            statistics += sum(sizes[2:])
            sizes = sizes[:2]
        elif kind == "Conv":
            weight = constants[node.input[1]]
            macs = weight.size * output[2] * output[3]
        elif kind == "Gemm":
            macs = constants[node.input[1]].size
        if kind in ("Conv", "MaxPool"):
            kind += " " + "x".join(str(n) for n in a["kernel_shape"])
            kind += f" stride {a['strides'][0]} pad {a['pads'][0]}"
        print(f"| {node.name} | {kind} | {shape_text(node.input[0])} | "
              f"{shape_text(node.output[0])} | {sum(sizes):,} | {macs:,} |")
        total_parameters += sum(sizes)
        total_macs += macs
    print(f"| total | | | | {total_parameters:,} | {total_macs:,} |")
    if statistics:
        print(f"\nIn addition {statistics:,} running means and variances "
              "of BatchNormalization.")


# ------------------------------------------------------------- command line

def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--network", choices=sorted(NETWORKS),
                      help="train this network and export it")
    mode.add_argument("--evaluate", metavar="FILE", type=pathlib.Path,
                      help="print the accuracy of an exported ONNX file")
    mode.add_argument("--describe", metavar="FILE", type=pathlib.Path,
                      help="check an ONNX file and print its layer table")
    parser.add_argument("--out", metavar="FILE", type=pathlib.Path,
                        help="ONNX file to write (needed with --network)")
    parser.add_argument("--seed", type=int, default=1,
                        help="of initial weights, order and augmentation "
                             "(default %(default)s)")
    parser.add_argument("--epochs", type=int,
                        help="default " + ", ".join(
                            f"{r.epochs} for {n}" for n, r in RECIPES.items()))
    parser.add_argument("--threads", type=int, default=2,
                        help="threads of torch; part of what makes a run "
                             "repeatable (default %(default)s)")
    parser.add_argument("--images", metavar="FILE", type=pathlib.Path,
                        default=TEST_IMAGES,
                        help="IDX images for --evaluate, may be .gz "
                             "(default: all 10,000 test images)")
    parser.add_argument("--labels", metavar="FILE", type=pathlib.Path,
                        default=TEST_LABELS,
                        help="IDX labels for --evaluate, may be .gz")
    arguments = parser.parse_args()
    if arguments.network and not arguments.out:
        parser.error("--network needs --out")
    if arguments.out and not arguments.out.parent.is_dir():
        parser.error(f"no such directory: {arguments.out.parent}")
    if arguments.epochs is not None and arguments.epochs < 1:
        parser.error("--epochs must be at least 1")
    if arguments.threads < 1:
        parser.error("--threads must be at least 1")
    return arguments


def main():
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    torch.use_deterministic_algorithms(True)
    try:
        if arguments.evaluate:
            evaluate(arguments.evaluate, arguments.images, arguments.labels)
        elif arguments.describe:
            describe(arguments.describe)
        else:
            epochs = arguments.epochs or RECIPES[arguments.network].epochs
            model = train(arguments.network, arguments.seed, epochs)
            export(model, arguments.out)
            evaluate(arguments.out, TEST_IMAGES, TEST_LABELS)
    except (OSError, ValueError, google.protobuf.message.DecodeError,
            onnx.checker.ValidationError) as error:
        sys.exit(f"train_fashion.py: {error}")


if __name__ == "__main__":
    main()
