"""What leaves a training: a linear map for the engine, or the whole network as ONNX; no PyTorch needed to use it."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from veduta.files import replacing
from veduta.landmarks.train_network import LandmarkNetwork, Nudge, Standardize

Doubles = NDArray[np.float64]


def _array(tensor: torch.Tensor) -> Doubles:
    return tensor.detach().cpu().numpy().astype(np.float64)


def folded(network: LandmarkNetwork) -> tuple[Doubles, Doubles]:
    """Embedding with its batch normalization as (matrix (in, width), offset (width,)): inputs @ matrix + offset."""
    connected, normal = network.embedding
    matrix = _array(connected.weight).T
    if isinstance(connected, Nudge):
        matrix = matrix + np.eye(len(matrix))
    factor = _array(normal.weight) / np.sqrt(_array(normal.running_var) + normal.eps)
    offset = (_array(connected.bias) - _array(normal.running_mean)) * factor + _array(normal.bias)
    return matrix * factor, offset


def linear_head(network: LandmarkNetwork, whitened: float = 0.0) -> dict[str, NDArray[np.float32]]:
    """A light network as (features - mean) @ matrix, to be brought to length 1 afterwards.

    Where `whitened` is more than 0, that share of the similarity is the plain whitening's, which was never trained:
    the two are put side by side, twice as wide. Raises TypeError for a network with a trunk that is not linear.
    """
    trunk = network.trunk
    if not isinstance(trunk, Standardize):
        raise TypeError("only a light network is linear; export the others as ONNX")
    mean, turn = _array(trunk.mean), _array(trunk.matrix)
    matrix, offset = folded(network)
    whole = turn @ matrix
    # An offset is a shift of the mean: any shift that the map takes to it will do, the shortest is taken.
    shift = np.linalg.lstsq(whole.T, offset, rcond=None)[0]
    if not whitened:
        return {"mean": (mean - shift).astype(np.float32), "matrix": whole.astype(np.float32)}
    sizes = [np.sqrt((turn**2).sum()), np.sqrt((whole**2).sum())]
    both = np.concatenate(
        [turn * (np.sqrt(whitened) / sizes[0]), whole * (np.sqrt(1 - whitened) / sizes[1])], axis=1
    )
    return {"mean": mean.astype(np.float32), "matrix": both.astype(np.float32)}


class _Unit(nn.Module):
    def __init__(self, network: LandmarkNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return functional.normalize(self.network(inputs), dim=1)


def save_head(network: LandmarkNetwork, path: Path, **notes: Any) -> Path:
    """Write `linear_head` and notes as an .npz."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        arrays: dict[str, Any] = {**linear_head(network), **{n: np.array(v) for n, v in notes.items()}}
        np.savez(file, **arrays)
    return path


def save_onnx(network: LandmarkNetwork, path: Path, example: torch.Tensor) -> Path:
    """Write the network, inputs to embeddings of length 1, as ONNX with any batch size."""
    was = network.training
    network.eval()
    with replacing(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # The exporter by tracing: the newer one needs a package more, and this network has nothing to script.
        torch.onnx.export(
            _Unit(network),
            (example.to(next(network.embedding.parameters()).device),),
            str(temporary),
            dynamo=False,
            input_names=["inputs"],
            output_names=["embedding"],
            dynamic_axes={"inputs": {0: "n"}, "embedding": {0: "n"}},
        )
    network.train(was)
    return path
