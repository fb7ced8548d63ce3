"""Painters: networks that repaint a picture in a style. What they consist of, and how they are read and kept.

All have the form of Johnson et al. 2016 (arXiv 1603.08155) with instance normalization (Ulyanov et al. 2016, arXiv
1607.08022): three convolutions that shrink the picture to a quarter, residual pairs, three that enlarge it again. What
a style is lies in the gain and the shift after each normalization alone (Dumoulin et al. 2017, arXiv 1610.07629), and
these are linear in a style's code: one of 26 styles, or 100 numbers that a second network reads off any painting
(Ghiasi et al. 2017, arXiv 1705.06830).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from veduta.nets.onnx_weights import OnnxWeights, read_onnx
from veduta.nets.unpickle import UnreadableWeights

Floats = NDArray[np.float32]

EPSILON = 1e-5  # of all normalizations
STEP = 4  # sides of what is painted are multiples of it
LEAST = 16  # sides below which the reflected borders would not fit
# Of the file in which one is kept: the first has the layers of the article, the second says which it has.
FORM, FOLDED = "painter 1", "painter 2"


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A convolution with reflected borders: `kernel` (out, in, k, k), after doubling what comes in where `enlarged`.

    Its result is normalized and gets a style's gain and shift, or only `bias` where there is one; `rectified`: what
    is below zero becomes zero.
    """

    kernel: Floats
    stride: int = 1
    enlarged: bool = False
    bias: Floats | None = None
    rectified: bool = True

    @property
    def width(self) -> int:
        """Channels that come out."""
        return int(self.kernel.shape[0])


@dataclass(frozen=True, slots=True, eq=False)
class Painter:
    """The layers, and how a code (n numbers) becomes the gains and shifts of all: code @ matrix + offset.

    Squares of `fold` x `fold` pixels go in and come out as one place of 3 fold² channels, see `folded`.
    """

    contract: tuple[Layer, ...]
    residual: tuple[Layer, ...]
    expand: tuple[Layer, ...]
    gains: tuple[Floats, Floats]
    shifts: tuple[Floats, Floats]
    fold: int = 1

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All of them in order."""
        return self.contract + self.residual + self.expand

    @property
    def numbers(self) -> int:
        """Length of a code."""
        return int(self.gains[0].shape[0])

    def factors(self, code: NDArray[Any]) -> list[tuple[Floats, Floats] | None]:
        """Gain and shift (channels) for each layer, None for those with a bias of their own."""
        flat = [
            (np.asarray(code, np.float64) @ matrix + offset).astype(np.float32)
            for matrix, offset in (self.gains, self.shifts)
        ]
        found: list[tuple[Floats, Floats] | None] = []
        at = 0
        for layer in self.layers:
            if layer.bias is not None:
                found.append(None)
                continue
            found.append((flat[0][at : at + layer.width], flat[1][at : at + layer.width]))
            at += layer.width
        return found

    def save(self, path: Path) -> Path:
        """Keep it as numbers of 16 bits (what decides over a style in 32), in a NumPy archive that holds no code."""
        arrays: dict[str, NDArray[Any]] = {"form": np.array(FORM if self.fold == 1 else FOLDED)}
        if self.fold > 1:
            arrays["fold"] = np.array(self.fold)
            arrays["strides"] = np.array([layer.stride for layer in self.contract])
            arrays["enlarged"] = np.array([layer.enlarged for layer in self.expand])
        for group in ("contract", "residual", "expand"):
            for index, layer in enumerate(getattr(self, group)):
                arrays[f"{group}.{index}.kernel"] = layer.kernel.astype(np.float16)
                if layer.bias is not None:
                    arrays[f"{group}.{index}.bias"] = layer.bias
        for name, pair in (("gains", self.gains), ("shifts", self.shifts)):
            arrays[f"{name}.matrix"], arrays[f"{name}.offset"] = pair
        with path.open("wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
        return path


def folded(pixels: NDArray[np.uint8], fold: int) -> NDArray[np.uint8]:
    """Squares of pixels as one place each: (h, w, c) to (h / fold, w / fold, fold² c), rows of a square in turn."""
    height, width, channels = pixels.shape
    rows = pixels.reshape(height // fold, fold, width // fold, fold * channels)
    return rows.transpose(0, 2, 1, 3).reshape(height // fold, width // fold, fold**2 * channels)


def unfolded(places: NDArray[np.uint8], fold: int) -> NDArray[np.uint8]:
    """The inverse of `folded`."""
    height, width, channels = places.shape
    rows = places.reshape(height, width, fold, channels // fold).transpose(0, 2, 1, 3)
    return rows.reshape(height * fold, width * fold, channels // fold**2)


def read_painter(path: Path) -> Painter:
    """A painter from the file that `save` wrote; raises UnreadableWeights."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        form = str(arrays.pop("form"))
    except Exception as error:  # a damaged archive can fail in any way at all
        raise UnreadableWeights(f"{path.name}: no painter, or a damaged one") from error
    if form not in (FORM, FOLDED):
        raise UnreadableWeights(
            f"{path.name}: a painter of another form; this program knows {FORM!r} and {FOLDED!r}"
        )
    try:
        return from_arrays({name: value.astype(np.float32) for name, value in arrays.items()})
    except KeyError as error:
        raise UnreadableWeights(f"{path.name}: a painter that lacks {error}") from error


def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> Painter:
    """A painter of arrays by the names that `save` gives them; raises UnreadableWeights where they do not fit."""

    def group(name: str, more: tuple[dict[str, Any], ...]) -> tuple[Layer, ...]:
        made = []
        for index, flags in enumerate(more):
            key = f"{name}.{index}"
            if f"{key}.kernel" not in arrays:
                raise UnreadableWeights(f"a painter needs {key}.kernel")
            made.append(Layer(arrays[f"{key}.kernel"], bias=arrays.get(f"{key}.bias"), **flags))
        return tuple(made)

    pairs = sum(name.startswith("residual.") and name.endswith(".kernel") for name in arrays)
    strides = [int(stride) for stride in arrays.get("strides", (1, 2, 2))]
    enlarged = [bool(flag) for flag in arrays.get("enlarged", (True, True, False))]
    painter = Painter(
        group("contract", tuple({"stride": stride} for stride in strides)),
        group("residual", tuple({"rectified": index % 2 == 0} for index in range(pairs))),
        group(
            "expand",
            tuple({"enlarged": flag, "rectified": n < len(enlarged) - 1} for n, flag in enumerate(enlarged)),
        ),
        (arrays["gains.matrix"], arrays["gains.offset"]),
        (arrays["shifts.matrix"], arrays["shifts.offset"]),
        int(arrays.get("fold", 1)),
    )
    _check(painter)
    return painter


def _check(painter: Painter) -> None:
    channels = entering = 3 * painter.fold**2
    shrunk = painter.fold * math.prod(layer.stride for layer in painter.contract)
    grown = painter.fold * 2 ** sum(layer.enlarged for layer in painter.expand)
    least = min([painter.fold, *(layer.stride for layer in painter.contract)])
    if not painter.contract or not painter.expand or least < 1 or shrunk != STEP or grown != STEP:
        raise UnreadableWeights(f"a painter that does not work at a {STEP}th of the size")
    for layer in painter.layers:
        kernel = layer.kernel
        square = kernel.ndim == 4 and kernel.shape[2] == kernel.shape[3] and kernel.shape[2] % 2 == 1
        if not square or kernel.shape[1] != entering:
            raise UnreadableWeights(f"a painter's kernel of {kernel.shape} where {entering} channels come in")
        if layer.bias is not None and layer.bias.shape != (layer.width,):
            raise UnreadableWeights("a painter's bias that does not fit its kernel")
        entering = layer.width
    styled = sum(layer.width for layer in painter.layers if layer.bias is None)
    shapes = {pair[0].shape[1:] + pair[1].shape for pair in (painter.gains, painter.shifts)}
    if entering != channels or len(painter.residual) % 2 or shapes != {(styled, styled)}:
        raise UnreadableWeights("a painter whose layers and styles do not fit together")


def of_many_styles(path: Path) -> Painter:
    """The painter of 26 styles, from its ONNX file; a code is how much there is of each style."""
    file = read_onnx(path)
    pairs = sum(name.startswith("res.") and name.endswith(".w") for name in file.arrays)
    names = {
        "contract": [f"contract.{i}" for i in range(3)],
        "residual": [f"res.{i // 2}.{i % 2}" for i in range(pairs)],
        "expand": [f"expand.{i}" for i in range(3)],
    }
    arrays: dict[str, NDArray[Any]] = {}
    gains, shifts = [], []
    for group, members in names.items():
        for index, member in enumerate(members):
            arrays[f"{group}.{index}.kernel"] = file.array(f"{member}.w").astype(np.float32)
            gains.append(file.array(f"{member}.norm.gamma"))
            shifts.append(file.array(f"{member}.norm.beta"))
    for name, tables in (("gains", gains), ("shifts", shifts)):
        matrix = np.concatenate(tables, axis=1).astype(np.float32)
        arrays[f"{name}.matrix"], arrays[f"{name}.offset"] = matrix, np.zeros(matrix.shape[1], np.float32)
    return from_arrays(arrays)


def of_any_style(path: Path) -> Painter:
    """The painter for the code of any painting, from its ONNX file of 8 bits; here it computes with real numbers."""
    file = read_onnx(path)
    root = "transformer"
    names = {
        "contract": [f"{root}/contract/conv{i}" for i in (1, 2, 3)],
        "residual": [f"{root}/residual/residual{i}/conv{j}" for i in (1, 2, 3, 4, 5) for j in (1, 2)],
        "expand": [f"{root}/expand/conv{i}/conv" for i in (1, 2, 3)],
    }
    arrays: dict[str, NDArray[Any]] = {}
    styled: dict[str, list[tuple[NDArray[Any], NDArray[Any]]]] = {"gains": [], "shifts": []}
    for group, members in names.items():
        for index, member in enumerate(members):
            kernel, bias = _numbers_of(file, f"{member}/")
            arrays[f"{group}.{index}.kernel"] = kernel.astype(np.float32)
            if group == "contract":  # its normalization was of whole batches and lies in the numbers already
                arrays[f"{group}.{index}.bias"] = bias.astype(np.float32)
                continue
            for name, part in (("gains", "Conv_1"), ("shifts", "Conv")):
                matrix, offset = _numbers_of(file, f"style_params/{member}/StyleNorm/{part}/")
                styled[name].append((matrix[:, :, 0, 0].T, offset))
    for name, parts in styled.items():
        arrays[f"{name}.matrix"] = np.concatenate([one[0] for one in parts], axis=1).astype(np.float32)
        arrays[f"{name}.offset"] = np.concatenate([one[1] for one in parts]).astype(np.float32)
    return from_arrays(arrays)


def _numbers_of(file: OnnxWeights, beginning: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    node = file.convolution(beginning)
    return file.array(node.inputs[1]), file.array(node.inputs[2])
