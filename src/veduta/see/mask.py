"""Masks as COCO run-length encodings: lengths of runs down the columns, off and on in turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from veduta.errors import BadInput


class BadMask(BadInput):
    """A run-length encoding that does not describe a mask."""


def encode(mask: NDArray[np.bool_]) -> dict[str, Any]:
    """The encoding of a mask (height, width): {"size": [height, width], "counts": text}."""
    height, width = mask.shape
    flat = np.asarray(mask, bool).ravel(order="F")
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    counts = np.diff(np.concatenate([[0], changes, [flat.size]])).astype(int).tolist()
    if flat.size and flat[0]:
        counts.insert(0, 0)
    return {"size": [height, width], "counts": _to_text(counts)}


def decode(encoded: Mapping[str, Any]) -> NDArray[np.bool_]:
    """The mask (height, width) of an encoding whose counts are text or a list; raises BadMask."""
    try:
        height, width = (int(v) for v in encoded["size"])
        counts = encoded["counts"]
        runs = _from_text(counts) if isinstance(counts, str) else [int(v) for v in counts]
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise BadMask(f"no run-length encoding: {error}") from error
    if min([height, width, *runs]) < 0 or sum(runs) != height * width:
        raise BadMask(f"runs of {sum(runs)} pixels for a mask of {height} x {width}")
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape((width, height)).T


def _to_text(counts: Sequence[int]) -> str:
    # Five bits a character, lowest first, 0x20 for "more to come"; from the third on, differences to the
    # run before the last.
    text = []
    for index, count in enumerate(counts):
        value = count - counts[index - 2] if index > 2 else count
        more = True
        while more:
            bits = value & 0x1F
            value >>= 5
            more = value != -1 if bits & 0x10 else value != 0
            text.append(chr((bits | 0x20 if more else bits) + 48))
    return "".join(text)


def _from_text(text: str) -> list[int]:
    counts: list[int] = []
    position = 0
    while position < len(text):
        value, shift, more = 0, 0, True
        while more:
            bits = ord(text[position]) - 48
            value |= (bits & 0x1F) << shift
            more = bool(bits & 0x20)
            position += 1
            shift += 5
            if not more and bits & 0x10:
                value |= -1 << shift
        if len(counts) > 2:
            value += counts[-2]
        counts.append(value)
    return counts
