#!/usr/bin/python3
"""Export torchvision's ImageNet classifiers as ONNX, with seeded random weights.

The graphs are what torch.onnx.export makes of torchvision's models in
evaluation mode; nothing is trained or downloaded, so that the classes they
predict mean nothing. The files are large (alexnet: 244 MB, vgg16: 553 MB) and
belong into no repository; --graph leaves the weights out.

One input "image" [batch, 3, 224, 224] with a symbolic batch, one output
"logits" [batch, 1000].
"""

import argparse
import pathlib
import sys
import warnings

import onnx
import onnx.numpy_helper
import torch
import torchvision

OPSET = 13
SIZE = 224

# How torchvision's models are built here, by the name of the file.
MODELS = {
    "alexnet": lambda: torchvision.models.alexnet(weights=None),
    "vgg16": lambda: torchvision.models.vgg16(weights=None),
    "resnet18": lambda: torchvision.models.resnet18(weights=None),
    "resnet50": lambda: torchvision.models.resnet50(weights=None),
    "googlenet": lambda: googlenet(transform_input=False),
    "googlenet_transform": lambda: googlenet(transform_input=True),
    "squeezenet1_1": lambda: torchvision.models.squeezenet1_1(weights=None),
    "mobilenet_v2": lambda: torchvision.models.mobilenet_v2(weights=None),
}

EXAMPLES = """examples:
  # ResNet-50 v1.5 with random weights
  export_torchvision.py resnet50 --out resnet50.onnx

  # Its graph alone: weights become inputs of the graph
  export_torchvision.py resnet50 --graph --out resnet50.graph.onnx
"""


def googlenet(transform_input):
    """GoogLeNet without its auxiliary classifiers; weights as for the others, not the slow truncated normal."""
    return torchvision.models.googlenet(
        weights=None, transform_input=transform_input, aux_logits=False, init_weights=False)


def export(name, seed, out):
    """Write the model with weights of this seed."""
    torch.manual_seed(seed)
    model = MODELS[name]().eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model, torch.zeros(1, 3, SIZE, SIZE), str(out), opset_version=OPSET,
            input_names=["image"], output_names=["logits"],
            dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}})


def drop_weights(path):
    """Turn every float32 initializer of a written model into a graph input of its shape."""
    model = onnx.load(str(path))
    kept = []
    for tensor in model.graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT:
            kept.append(tensor)
            continue
        model.graph.input.append(
            onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims)))
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    onnx.save(model, str(path))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=sorted(MODELS))
    parser.add_argument("--out", type=pathlib.Path, required=True, help="ONNX file to write")
    parser.add_argument("--seed", type=int, default=1, help="of the random weights (default: 1)")
    parser.add_argument("--graph", action="store_true", help="without weights: they become inputs of the graph")
    arguments = parser.parse_args()
    export(arguments.model, arguments.seed, arguments.out)
    if arguments.graph:
        drop_weights(arguments.out)


if __name__ == "__main__":
    sys.exit(main())
