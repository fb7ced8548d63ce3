"""A trained decoder as an ONNX file that the engine runs with any picture size; no PyTorch needed to use it."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch

from veduta.files import replacing
from veduta.learn.segmenter import Decoder
from veduta.learn.trunk_maps import CHANNELS, STRIDES

INPUTS = ("pixels", *(f"maps_{s}" for s in STRIDES))


def save_onnx(network: Decoder, path: Path) -> Path:
    """Write it: inputs `pixels` and `maps_2` ... `maps_32`, output `scores` (n, 1, h, w), normalizations folded in."""
    was = network.training
    network.eval()
    side = 64
    example = [
        torch.zeros(1, 3, side, side),
        *(torch.zeros(1, c, side // s, side // s) for c, s in zip(CHANNELS, STRIDES, strict=True)),
    ]
    axes = {name: {0: "n", 2: f"{name}_h", 3: f"{name}_w"} for name in (*INPUTS, "scores")}
    with replacing(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # The exporter by tracing: the newer one needs a package more, and this network has nothing to script.
        torch.onnx.export(
            network,
            tuple(example),
            str(temporary),
            dynamo=False,
            input_names=list(INPUTS),
            output_names=["scores"],
            dynamic_axes=axes,
        )
    network.train(was)
    return path
