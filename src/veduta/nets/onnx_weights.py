"""Reads the numbers of an ONNX file, and which convolution they belong to, without the ONNX package.

Such a file is a message of Protocol Buffers: fields of a number and a kind, one after the other. Source: the encoding
of Protocol Buffers (Google) and onnx.proto.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from veduta.nets.unpickle import UnreadableWeights

_TYPES = {1: "<f4", 2: "u1", 3: "i1", 6: "<i4", 7: "<i8", 10: "<f2", 11: "<f8"}


@dataclass(frozen=True, slots=True)
class Node:
    """One step of the graph: its operator and the names of what goes in and comes out."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class OnnxWeights:
    """Steps in order, and the arrays that they use by name."""

    nodes: tuple[Node, ...]
    arrays: dict[str, NDArray[Any]]

    def array(self, name: str) -> NDArray[np.float64]:
        """An array as real numbers; what is stored in 8 bits is scaled back. Raises UnreadableWeights."""
        if name in self.arrays:
            return self.arrays[name].astype(np.float64)
        for node in self.nodes:
            if node.operator == "DequantizeLinear" and name in node.outputs:
                codes, scale, zero = (self.array(one) for one in node.inputs)
                shape = (-1,) + (1,) * (codes.ndim - 1) if scale.ndim else ()
                return (codes - zero.reshape(shape)) * scale.reshape(shape)
        raise UnreadableWeights(f"no numbers are called {name!r}")

    def convolution(self, beginning: str) -> Node:
        """The convolution whose result has a name that begins so; raises UnreadableWeights."""
        for node in self.nodes:
            if node.operator == "Conv" and node.outputs[0].startswith(beginning):
                return node
        raise UnreadableWeights(f"no convolution is called {beginning}...")


def read_onnx(path: Path) -> OnnxWeights:
    """The graph of an ONNX file; raises UnreadableWeights when it is none or damaged."""
    try:
        model = dict(_fields(path.read_bytes()))
        nodes, arrays = [], {}
        for number, value in _fields(model[7]):
            if number == 1:
                nodes.append(_node(value))
            elif number == 5:
                name, array = _tensor(value)
                arrays[name] = array
    except (IndexError, KeyError, ValueError, TypeError) as error:
        raise UnreadableWeights(f"{path.name}: no ONNX file, or a damaged one") from error
    return OnnxWeights(tuple(nodes), arrays)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Number and value of each field: a whole number, or bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        value: Any
        if kind == 0:
            value, at = _varint(data, at)
        elif kind in (1, 2, 5):
            length, at = _varint(data, at) if kind == 2 else (8 if kind == 1 else 4, at)
            if at + length > len(data):
                raise ValueError("cut short")
            value = data[at : at + length]
            at += length
        else:
            raise ValueError(f"a field of unknown kind {kind}")
        yield key >> 3, value


def _node(data: bytes) -> Node:
    names: dict[int, list[str]] = {1: [], 2: []}
    operator = ""
    for number, value in _fields(data):
        if number in names:
            names[number].append(value.decode())
        elif number == 4:
            operator = value.decode()
    return Node(operator, tuple(names[1]), tuple(names[2]))


def _tensor(data: bytes) -> tuple[str, NDArray[Any]]:
    shape: list[int] = []
    kind, name, raw = 1, "", b""
    spread: list[int] = []
    floats = b""
    for number, value in _fields(data):
        if number == 1:
            shape += _numbers(value)
        elif number == 2:
            kind = value
        elif number == 4:
            floats += value
        elif number in (5, 7):
            spread += _numbers(value)
        elif number == 8:
            name = value.decode()
        elif number == 9:
            raw = value
    dtype = np.dtype(_TYPES[kind]) if kind in _TYPES else np.dtype(np.uint8)
    if kind not in _TYPES:
        return name, np.zeros(0, np.uint8)  # of text and the like: nothing that is computed with
    if raw or not (floats or spread):
        return name, np.frombuffer(raw, dtype).reshape(shape)
    if floats:
        return name, np.frombuffer(floats, "<f4").reshape(shape)
    signed = [value - (1 << 64) if value >> 63 else value for value in spread]
    return name, np.array(signed, dtype).reshape(shape)


def _numbers(value: int | bytes) -> list[int]:
    """One number, or many packed into bytes."""
    if isinstance(value, int):
        return [value]
    found, at = [], 0
    while at < len(value):
        one, at = _varint(value, at)
        found.append(one)
    return found
