"""Reads a TensorFlow Lite file: its operators, tensors and weights, without TensorFlow.

Such a file is a FlatBuffer: tables of fields that are found through a table of offsets in front of each. Source: the
FlatBuffers internals (Google) and schema.fbs of TensorFlow Lite, version 3.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from veduta.nets.unpickle import UnreadableWeights

CUSTOM = 32
# Operators by their numbers in the schema, as far as `tflite_graph` can build them.
OPERATORS = {
    0: "ADD",
    1: "AVERAGE_POOL_2D",
    3: "CONV_2D",
    4: "DEPTHWISE_CONV_2D",
    6: "DEQUANTIZE",
    14: "LOGISTIC",
    18: "MUL",
    19: "RELU",
    23: "RESIZE_BILINEAR",
    34: "PAD",
    117: "HARD_SWISH",
}
_TYPES: dict[int, type[np.generic]] = {0: np.float32, 1: np.float16, 2: np.int32, 4: np.int64}


class _Table:
    """A table of a FlatBuffer at a position."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at
        self._fields = at - self._number("<i", at)

    def _number(self, kind: str, at: int) -> int:
        return int(struct.unpack_from(kind, self._data, at)[0])

    def _place(self, field: int) -> int | None:
        entry = 4 + 2 * field
        if entry >= self._number("<H", self._fields):
            return None
        offset = self._number("<H", self._fields + entry)
        return self._at + offset if offset else None

    def number(self, field: int, kind: str = "<i", default: int = 0) -> int:
        """A scalar field."""
        place = self._place(field)
        return default if place is None else self._number(kind, place)

    def _vector(self, field: int) -> tuple[int, int]:
        place = self._place(field)
        if place is None:
            return 0, 0
        start = place + self._number("<I", place)
        return self._number("<I", start), start + 4

    def numbers(self, field: int) -> list[int]:
        """A vector of 32-bit integers."""
        count, start = self._vector(field)
        return list(struct.unpack_from(f"<{count}i", self._data, start))

    def raw(self, field: int) -> bytes:
        """A vector of bytes, or a string."""
        count, start = self._vector(field)
        return self._data[start : start + count]

    def table(self, field: int) -> _Table | None:
        """A table that a field points to."""
        place = self._place(field)
        return None if place is None else _Table(self._data, place + self._number("<I", place))

    def tables(self, field: int) -> list[_Table]:
        """A vector of tables."""
        count, start = self._vector(field)
        places = range(start, start + 4 * count, 4)
        return [_Table(self._data, place + self._number("<I", place)) for place in places]


@dataclass(frozen=True, slots=True)
class Operator:
    """One step: its name, the numbers of its tensors (-1: absent), and its options as named numbers."""

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: dict[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Lite:
    """A network as it stands in the file; `constants` are the tensors that have values."""

    operators: tuple[Operator, ...]
    shapes: tuple[tuple[int, ...], ...]
    names: tuple[str, ...]
    constants: dict[int, NDArray[Any]]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    def needed(self, tensor: int) -> tuple[Operator, ...]:
        """The operators that lead to a tensor, in order."""
        wanted = {tensor}
        found = []
        for operator in reversed(self.operators):
            if wanted.intersection(operator.outputs):
                wanted.update(operator.inputs)
                found.append(operator)
        return tuple(reversed(found))


def read_lite(path: Path) -> Lite:
    """The only graph of a TensorFlow Lite file; raises UnreadableWeights when it is none or damaged."""
    data = path.read_bytes()
    if data[4:8] != b"TFL3":
        raise UnreadableWeights(f"{path.name}: no TensorFlow Lite file")
    try:
        return _read(data)
    except (struct.error, IndexError, KeyError, ValueError) as error:
        raise UnreadableWeights(f"{path.name}: a damaged or unknown TensorFlow Lite file: {error}") from error


def _read(data: bytes) -> Lite:
    model = _Table(data, int(struct.unpack_from("<I", data)[0]))
    codes = [_name(code) for code in model.tables(1)]
    graph = model.tables(2)[0]
    buffers = model.tables(4)
    shapes, names, constants = [], [], {}
    for index, tensor in enumerate(graph.tables(0)):
        shape = tuple(tensor.numbers(0))
        shapes.append(shape)
        names.append(tensor.raw(3).decode())
        values = buffers[tensor.number(2, "<I")].raw(0)
        if values:
            kind = _TYPES[tensor.number(1, "<b")]
            constants[index] = np.frombuffer(values, kind).reshape(shape)
    operators = []
    for one in graph.tables(3):
        name = codes[one.number(0, "<I")]
        operators.append(Operator(name, tuple(one.numbers(1)), tuple(one.numbers(2)), _options(name, one)))
    return Lite(
        tuple(operators),
        tuple(shapes),
        tuple(names),
        constants,
        tuple(graph.numbers(1)),
        tuple(graph.numbers(2)),
    )


def _name(code: _Table) -> str:
    number = max(code.number(0, "<b"), code.number(3))
    return code.raw(1).decode() if number == CUSTOM else OPERATORS.get(number, f"number {number}")


# Where the options of an operator stand in its table: field number and kind of number.
_FIELDS: dict[str, dict[str, tuple[int, str]]] = {
    "ADD": {"activation": (0, "<b")},
    "MUL": {"activation": (0, "<b")},
    "CONV_2D": {"padding": (0, "<b"), "stride": (2, "<i"), "activation": (3, "<b"), "dilation": (5, "<i")},
    "DEPTHWISE_CONV_2D": {
        "padding": (0, "<b"),
        "stride": (2, "<i"),
        "activation": (4, "<b"),
        "dilation": (6, "<i"),
    },
    "AVERAGE_POOL_2D": {
        "padding": (0, "<b"),
        "stride": (2, "<i"),
        "width": (3, "<i"),
        "height": (4, "<i"),
        "activation": (5, "<b"),
    },
    "RESIZE_BILINEAR": {"corners": (2, "<b"), "centers": (3, "<b")},
}


def _options(name: str, operator: _Table) -> dict[str, int]:
    table = operator.table(4)
    fields = _FIELDS.get(name, {})
    if table is None:
        custom = operator.raw(5)
        if len(custom) >= 12:  # of MediaPipe's own operators: padding, stride across, stride down
            padding, stride = struct.unpack_from("<ii", custom)
            return {"padding": padding, "stride": stride}
        return dict.fromkeys(fields, 0)
    defaults = {"dilation": 1}
    return {key: table.number(at, kind, defaults.get(key, 0)) for key, (at, kind) in fields.items()}
