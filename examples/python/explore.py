#!/usr/bin/env python3
"""Explores the accelerator from Python, cell by cell, as a notebook would.

    PYTHONPATH=build/release/python examples/python/explore.py
"""
# %% A scenario and a design point. `evaluate` runs level `analytic` in this process.
import pathlib

import bitbalance
import numpy

SCENARIOS = pathlib.Path(__file__).resolve().parents[2] / "scenarios"
lenet = SCENARIOS / "lenet.yaml"
usual = bitbalance.evaluate(lenet)
print(f"LeNet, 32 x 32 PEs: {usual['frames_per_s']:,.0f} frames/s, {usual['area_mm2']:.2f} mm2")

# %% One knob, many points.
print("\nrows  frames/s  frames/J      mm2")
for rows in (8, 16, 32, 64):
    point = bitbalance.evaluate(lenet, {"accelerator.rows": rows})
    print(f"{rows:4}  {point['frames_per_s']:8,.0f}  {point['frames_per_j']:8,.0f}  {point['area_mm2']:7.2f}")

# %% Where the cycles of a layer go: what the compute engine does, as shares.
layer = max(usual["layers"], key=lambda entry: entry["cycles"])
print(f"\n{layer['name']}, {layer['cycles']:,} cycles")
for cause, cycles in layer["engines"]["compute"].items():
    if cycles:
        print(f"  {cause:14} {100 * cycles / layer['cycles']:5.1f} %")

# %% What a limit of non-zero bits does to weights of one's own. Shapes: (filters, inputs) -> the same, and a scale per
# filter.
weights = numpy.random.default_rng(0).normal(size=(64, 576)).astype(numpy.float32)
print("\nnnzb  SQNR, dB")
for nnzb in range(1, 8):
    integers, scales = bitbalance.quantize(weights, nnzb=nnzb)
    noise = weights - integers * scales[:, None]
    print(f"{nnzb:4}  {10 * numpy.log10((weights**2).sum() / (noise**2).sum()):8.1f}")

# %% With data, bit by bit: a run is a process of its own.
run = bitbalance.run(lenet, {"network.count": 2}, level="rtl")
elements = sum(layer["output_elements"] for layer in run.summary["layers"])
print(f"\nrtl: {run.summary['cycles']:,} cycles, {elements:,} output elements, "
      f"{'all equal to the golden model' if run.passed else 'WRONG'}")
