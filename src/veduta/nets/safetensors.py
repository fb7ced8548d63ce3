"""Read the tensors of a ``.safetensors`` file: a header of JSON, then the numbers. It can hold no program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from veduta.nets.unpickle import UnreadableWeights, read_weights

MOST_HEADER = 100_000_000
_TYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "i1",
    "U8": "u1",
}


def read_safetensors(path: Path) -> dict[str, NDArray[Any]]:
    """The named tensors of a file; those of bfloat16 come as float32. Raises UnreadableWeights."""
    data = path.read_bytes()
    try:
        length = int.from_bytes(data[:8], "little")
        if len(data) < 8 or length > min(MOST_HEADER, len(data) - 8):
            raise ValueError("its header is longer than the file")
        header = json.loads(data[8 : 8 + length])
        body = memoryview(data)[8 + length :]
        return {name: _tensor(told, body) for name, told in header.items() if name != "__metadata__"}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableWeights(f"{path.name}: no safetensors file, or a damaged one: {error}") from error


def _tensor(told: dict[str, Any], body: memoryview) -> NDArray[Any]:
    start, end = told["data_offsets"]
    if not 0 <= start <= end <= len(body):
        raise ValueError("a tensor reaches beyond the file")
    if told["dtype"] == "BF16":
        halves = np.frombuffer(body[start:end], "<u2").astype("<u4") << 16
        return halves.view("<f4").reshape(told["shape"])
    return np.frombuffer(body[start:end], _TYPES[told["dtype"]]).reshape(told["shape"])


def read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """The named tensors of a safetensors file or of a PyTorch one, told by the suffix; raises UnreadableWeights."""
    return read_safetensors(path) if path.suffix.lower() == ".safetensors" else read_weights(path)
