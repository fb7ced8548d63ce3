"""Reads networks that dlib has written (.dat), without dlib.

dlib writes a network from the outside in: one version number for each nested layer, then the input layer,
then each layer's own record in the order of computation. A record begins with the layer's name, so the file
describes the network except for where its shortcuts branch off, and in a residual network they branch off
after each block's last activation.

Integers are a size byte (top bit: negative) and that many little-endian bytes; floating-point numbers are a
mantissa and an exponent of two, both such integers; tensors are four dimensions and raw float32. Source of
the format: dlib/serialize.h and dlib/dnn/*.h (Boost Software License).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from veduta.errors import VedutaError

if TYPE_CHECKING:
    from openvino import Model

FloatArray = NDArray[np.float32]

# A tensor's elements, at most: 64 million is three times all of the face network's, and stops a lying header.
_MOST_ELEMENTS = 64_000_000
_MOST_VERSIONS = 100_000
_WINDOW = ("rows", "columns", "stride_y", "stride_x", "padding_y", "padding_x")


class UnreadableNetwork(VedutaError):
    """A network file that is damaged or of a kind that the reader does not know."""


@dataclass(frozen=True)
class Layer:
    """One layer in the order of computation: its kind, its numbers by name and its parameters."""

    kind: str
    numbers: dict[str, int] = field(default_factory=dict)
    parameters: FloatArray | None = None


class _Reader:
    """A cursor over a file's bytes that understands dlib's primitive types."""

    def __init__(self, path: Path) -> None:
        self._name = path.name
        self._data = path.read_bytes()
        self._at = 0

    def fail(self, reason: str) -> UnreadableNetwork:
        return UnreadableNetwork(f"{self._name}: {reason} at byte {self._at}: pull the model again")

    def take(self, count: int) -> bytes:
        if count < 0 or self._at + count > len(self._data):
            raise self.fail(f"ends where {count} more bytes are due")
        taken = self._data[self._at : self._at + count]
        self._at += count
        return taken

    def integer(self) -> int:
        head = self.take(1)[0]
        if (head & 0x7F) > 8:
            raise self.fail(f"an integer of {head & 0x7F} bytes")
        value = int.from_bytes(self.take(head & 0x7F), "little")
        return -value if head & 0x80 else value

    def count(self, most: int = _MOST_ELEMENTS) -> int:
        value = self.integer()
        if not 0 <= value <= most:
            raise self.fail(f"a count of {value}")
        return value

    def real(self) -> float:
        mantissa, exponent = self.integer(), self.integer()
        # dlib writes these exponents for infinity and for "not a number".
        if exponent >= 32000:
            return math.nan if exponent == 32002 else math.copysign(math.inf, 32001 - 2 * exponent + 32000)
        return math.ldexp(mantissa, exponent)

    def boolean(self) -> bool:
        value = self.take(1)
        if value not in (b"0", b"1"):
            raise self.fail("no truth value")
        return value == b"1"

    def string(self) -> str:
        return self.take(self.count(256)).decode("ascii", "replace")

    def tensor(self) -> FloatArray:
        if (version := self.integer()) != 2:
            raise self.fail(f"a tensor of version {version}, not 2,")
        shape = [self.count() for _ in range(4)]
        if math.prod(shape) > _MOST_ELEMENTS:
            raise self.fail(f"a tensor of shape {shape}")
        return np.frombuffer(self.take(4 * math.prod(shape)), "<f4").reshape(shape)

    def alias(self) -> None:
        """Skip a view into a tensor: version and four dimensions."""
        for _ in range(5):
            self.integer()

    def input_begins(self) -> bool:
        return self._data[self._at : self._at + 24].find(b"input_rgb_image_sized") == 2


def _record(reader: _Reader) -> Layer:
    """Read one layer's own record."""
    name = reader.string()
    if name.startswith("con_"):
        if name != "con_4":
            raise reader.fail(f"a convolution record {name!r}, not 'con_4',")
        parameters = reader.tensor()
        numbers = {key: reader.count() for key in ("filters", *_WINDOW)}
        reader.alias()
        reader.alias()
        for _ in range(4):
            reader.real()
        return Layer("convolution", numbers, parameters)
    if name == "affine_":
        parameters = reader.tensor()
        reader.alias()
        reader.alias()
        return Layer("affine", {"mode": reader.integer()}, parameters)
    if name in ("max_pool_2", "avg_pool_2"):
        return Layer(name[:8], {key: reader.count() for key in _WINDOW})
    if name == "fc_2":
        numbers = {"outputs": reader.count(), "inputs": reader.count()}
        parameters = reader.tensor()
        reader.alias()
        reader.alias()
        numbers["bias_mode"] = reader.integer()
        for _ in range(4):
            reader.real()
        return Layer("full", numbers, parameters)
    if name.startswith("relu_"):
        return Layer("relu")
    if name.startswith("add_prev_"):
        return Layer("add")
    raise reader.fail(f"an unknown layer {name!r}")


def _state(reader: _Reader) -> None:
    """Skip what a layer remembers of its training: three flags and three tensors."""
    for _ in range(3):
        reader.boolean()
    for _ in range(3):
        reader.tensor()


def read_network(path: Path) -> tuple[list[Layer], FloatArray, int]:
    """Read a residual network: its layers in order of computation, its mean color (3,) and its input side.

    Raises UnreadableNetwork for a damaged file and for layers other than those of dlib's face network.
    """
    reader = _Reader(path)
    if (version := reader.integer()) != 1:
        raise reader.fail(f"a loss layer of version {version}, not 1,")
    loss = reader.string()
    if loss != "loss_metric_2":
        raise reader.fail(f"a network trained with {loss!r}, not 'loss_metric_2',")
    reader.real()
    reader.real()
    for _ in range(_MOST_VERSIONS):
        if reader.input_begins():
            break
        reader.integer()
    else:
        raise reader.fail("no input layer")
    reader.string()
    mean = np.array([reader.real() for _ in range(3)], np.float32)
    rows, columns = reader.count(), reader.count()
    if rows != columns:
        raise reader.fail(f"an input of {rows} x {columns}, not square,")
    layers: list[Layer] = []
    while True:
        layers.append(_record(reader))
        _state(reader)
        if len(layers) == 1:
            reader.integer()  # how many pictures one sample holds: written once, beside the input
        if layers[-1].kind == "full":
            return layers, mean, rows


def to_openvino(path: Path) -> Model:
    """Build dlib's network as an OpenVINO graph.

    Input: RGB uint8 (batch, side, side, 3); output: float32 (batch, outputs), as dlib's own.
    """
    import openvino as ov
    from openvino import opset13 as op

    layers, mean, side = read_network(path)
    source = op.parameter([-1, side, side, 3], ov.Type.u8, name="faces")
    centered = op.subtract(op.convert(source, ov.Type.f32), op.constant(mean.reshape(1, 1, 1, 3)))
    scaled = op.divide(centered, op.constant(np.float32(256)))
    current = op.transpose(scaled, op.constant(np.array([0, 3, 1, 2])))
    channels, shape = 3, (side, side)
    block = shortcut = (current, channels, shape)
    for index, layer in enumerate(layers):
        numbers = layer.numbers
        if layer.kind == "convolution":
            current, channels, shape = _convolution(op, current, channels, shape, layer)
        elif layer.kind == "affine" and layer.parameters is not None:
            gamma, beta = layer.parameters.reshape(2, 1, channels, 1, 1)
            current = op.add(op.multiply(current, op.constant(gamma)), op.constant(beta))
        elif layer.kind == "relu":
            current = op.relu(current)
            # An activation ends a block unless it stands between the two convolutions of one.
            if index == 2 or layers[index - 1].kind == "add":
                block = shortcut = (current, channels, shape)
        elif layer.kind == "max_pool":
            current, shape = _pool(op, current, shape, numbers, average=False)
            block = shortcut = (current, channels, shape)
        elif layer.kind == "avg_pool" and numbers["rows"] == 0:
            current = op.reduce_mean(current, op.constant(np.array([2, 3])), keep_dims=True)
            shape = (1, 1)
        elif layer.kind == "avg_pool":
            pooled, size = _pool(op, block[0], block[2], numbers, average=True)
            shortcut = (pooled, block[1], size)
        elif layer.kind == "add":
            current, channels, shape = _add(op, (current, channels, shape), shortcut)
        elif layer.kind == "full" and layer.parameters is not None:
            flat = op.reshape(current, op.constant(np.array([-1, numbers["inputs"]])), special_zero=False)
            weights = layer.parameters.reshape(-1, numbers["outputs"])[: numbers["inputs"]]
            current = op.matmul(flat, op.constant(weights.copy()), False, False)
    result = op.result(current)
    return ov.Model([result], [source], "dlib")


def _convolution(
    op: Any, source: Any, channels: int, shape: tuple[int, int], layer: Layer
) -> tuple[Any, int, tuple[int, int]]:
    n = layer.numbers
    count = n["filters"] * channels * n["rows"] * n["columns"]
    flat = np.ravel(layer.parameters) if layer.parameters is not None else np.empty(0, np.float32)
    if flat.size != count + n["filters"]:
        raise UnreadableNetwork(f"a convolution with {flat.size} parameters, not {count + n['filters']}")
    kernel = flat[:count].reshape(n["filters"], channels, n["rows"], n["columns"])
    pads = [n["padding_y"], n["padding_x"]]
    made = op.convolution(
        source, op.constant(kernel.copy()), [n["stride_y"], n["stride_x"]], pads, pads, [1, 1]
    )
    made = op.add(made, op.constant(flat[count:].reshape(1, -1, 1, 1).copy()))
    height = (shape[0] + 2 * pads[0] - n["rows"]) // n["stride_y"] + 1
    width = (shape[1] + 2 * pads[1] - n["columns"]) // n["stride_x"] + 1
    return made, n["filters"], (height, width)


def _pool(
    op: Any, source: Any, shape: tuple[int, int], n: dict[str, int], average: bool
) -> tuple[Any, tuple[int, int]]:
    strides, kernel = [n["stride_y"], n["stride_x"]], [n["rows"], n["columns"]]
    pads = [n["padding_y"], n["padding_x"]]
    if average:
        made = op.avg_pool(source, strides, pads, pads, kernel, exclude_pad=True, rounding_type="floor")
    else:
        pooled = op.max_pool(source, strides, [1, 1], pads, pads, kernel, "floor", "explicit", "i64", 0)
        made = pooled.output(0)
    height, width = ((shape[i] + 2 * pads[i] - kernel[i]) // strides[i] + 1 for i in (0, 1))
    return made, (height, width)


def _add(op: Any, left: Any, right: Any) -> tuple[Any, int, tuple[int, int]]:
    """Add two (tensor, channels, size), zeros where one of them is smaller, as dlib does."""
    target = (max(left[1], right[1]), max(left[2][0], right[2][0]), max(left[2][1], right[2][1]))

    def padded(part: Any) -> Any:
        missing = [0, target[0] - part[1], target[1] - part[2][0], target[2] - part[2][1]]
        if not any(missing):
            return part[0]
        zero = op.constant(np.float32(0))
        return op.pad(
            part[0], op.constant(np.zeros(4, np.int64)), op.constant(np.array(missing)), "constant", zero
        )

    return op.add(padded(left), padded(right)), target[0], (target[1], target[2])
