"""The three forms in which detectors are commonly exported, brought to one: boxes, scores, classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from veduta.nets.engine import WrongInput

Floats = NDArray[np.float32]
Boxes = tuple[Floats, Floats, NDArray[np.intp]]


def decode(outputs: Sequence[NDArray[np.generic]], size: tuple[int, int], names: int) -> Boxes:
    """Corners (n, 4) in pixels of an input of `size` (height, width), scores (n,) and classes (n,) of one picture.

    Known forms, each with or without a leading axis of 1: boxes (q, 4) with corners in pixels, scores (q,) and whole
    classes (q,) (torchvision); boxes (q, 4) with relative center and size, and logits (q, names) or, with a last
    class for "nothing", (q, names + 1) (RT-DETR, DETR); one table of q columns or rows with center and size in
    pixels and a probability of each name, with or without one of "anything" before them (YOLO).
    Raises WrongInput for any other.
    """
    batched = all(len(output) == 1 for output in outputs) and any(output.ndim == 3 for output in outputs)
    arrays = [output[0] if batched else output for output in outputs]
    found = _listed(arrays) or _queried(arrays, size, names) or _tabled(arrays, names)
    if found is None:
        shapes = ", ".join(str(output.shape) for output in outputs)
        raise WrongInput(f"outputs of shape {shapes} are not of a known form of detector of {names} names")
    corners, scores, classes = found
    known = (classes >= 0) & (classes < names)
    return corners[known].astype(np.float32), scores[known].astype(np.float32), classes[known].astype(np.intp)


def _listed(arrays: Sequence[NDArray[np.generic]]) -> Boxes | None:
    boxes = [a for a in arrays if a.ndim == 2 and a.shape[1] == 4]
    flat = [a for a in arrays if a.ndim == 1]
    if len(boxes) != 1 or len(flat) != 2 or {len(a) for a in flat} != {len(boxes[0])}:
        return None
    # Classes come as whole numbers, mostly as integers.
    classes, scores = sorted(flat, key=lambda a: (a.dtype.kind not in "iu", bool((_floats(a) % 1).any())))
    return _floats(boxes[0]), _floats(scores), classes.astype(np.intp)


def _queried(arrays: Sequence[NDArray[np.generic]], size: tuple[int, int], names: int) -> Boxes | None:
    if len(arrays) != 2 or any(a.ndim != 2 for a in arrays) or len(arrays[0]) != len(arrays[1]):
        return None
    # Relative boxes lie within [0, 1]; with four classes only that tells them from logits.
    boxes, logits = sorted(
        map(_floats, arrays), key=lambda a: (a.shape[1] != 4, float(np.abs(a - 0.5).max()))
    )
    if boxes.shape[1] != 4 or logits.shape[1] not in (names, names + 1):
        return None
    if logits.shape[1] == names:
        likely = 1 / (1 + np.exp(-np.clip(logits, -60, 60)))
    else:
        likely = np.exp(logits - logits.max(axis=1, keepdims=True))
        likely = (likely / likely.sum(axis=1, keepdims=True))[:, :names]
    height, width = size
    corners = _corners(boxes) * np.array([width, height, width, height], np.float32)
    return corners, likely.max(axis=1), likely.argmax(axis=1)


def _tabled(arrays: Sequence[NDArray[np.generic]], names: int) -> Boxes | None:
    if len(arrays) != 1 or arrays[0].ndim != 2:
        return None
    table = _floats(arrays[0])
    if table.shape[1] not in (names + 4, names + 5):
        table = table.T
    if table.shape[1] not in (names + 4, names + 5):
        return None
    likely = table[:, 4:] if table.shape[1] == names + 4 else table[:, 4:5] * table[:, 5:]
    return _corners(table[:, :4]), likely.max(axis=1), likely.argmax(axis=1)


def _corners(boxes: Floats) -> Floats:
    """Corners of boxes with center and size."""
    center, half = boxes[:, :2], boxes[:, 2:] / 2
    return np.hstack([center - half, center + half])


def _floats(array: NDArray[np.generic]) -> Floats:
    return np.asarray(array, np.float32)
