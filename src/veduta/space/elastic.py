"""Elastic registration: sections stretched in cutting are bent until they agree with the average of their neighbors.

The average of the sections on both sides looks like the one between them where the object changes steadily, so that
what is the object's own shape stays. Sources: J.-P. Thirion, "Image matching as a diffusion process: an analogy with
Maxwell's demons", 1998; T. Vercauteren et al., "Diffeomorphic demons", 2009.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.progress import Progress
from veduta.space.pose import Plane, likeness

Field = NDArray[np.float32]

SIDE = 384  # longer side at which sections are bent
PASSES = 3  # through the stack: each sees its neighbors as they were bent before
REACH = 3  # neighbors to each side
LEVELS, STEPS = 3, 20
FLUID, STIFF = 0.008, 0.12  # smoothing of each step and of the whole, of the longer side
FARTHEST = 0.05  # of the longer side: what moves farther is no stretch
LONGEST = 2.0  # pixels that one step moves at most


def bends(sections: Sequence[Plane], progress: Progress) -> list[Field]:
    """For each section the field (h, w, 2) of shifts, x and y in pixels, to where it holds what belongs to each place.

    `sections`: float32 (h, w) of one size, rigidly registered, dark where there is nothing.
    """
    height, width = sections[0].shape
    scale = min(1.0, SIDE / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    small = [np.asarray(cv2.resize(one, size, interpolation=cv2.INTER_AREA), np.float32) for one in sections]
    top = max(float(one.max()) for one in small) or 1.0
    small = [one / np.float32(top) for one in small]
    fields = [np.zeros((size[1], size[0], 2), np.float32) for _ in small]
    progress.begin("bending sections", PASSES * len(small))
    for _ in range(PASSES):
        bent = [warped(one, field) for one, field in zip(small, fields, strict=True)]
        fields = [
            _toward(_around(bent, number), small[number], fields[number], progress)
            for number in range(len(small))
        ]
        fields = _steady(fields)
    progress.end()
    ratio = np.array([width / size[0], height / size[1]], np.float32)
    return [
        np.asarray(cv2.resize(f, (width, height), interpolation=cv2.INTER_LINEAR) * ratio, np.float32)
        for f in fields
    ]


def warped(plane: Plane, field: Field) -> Plane:
    """At each place what `plane` holds where the field leads; 0 outside."""
    x, y = _grid(field)
    return np.asarray(cv2.remap(plane, x, y, cv2.INTER_LINEAR), np.float32)


def _grid(field: Field) -> tuple[Plane, Plane]:
    height, width = field.shape[:2]
    x = field[..., 0] + np.arange(width, dtype=np.float32)
    y = field[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    return np.asarray(x, np.float32), np.asarray(y, np.float32)


def _around(bent: Sequence[Plane], number: int) -> Plane:
    """The average of the neighbors, as many on one side as on the other; at the ends what there is."""
    reach = min(REACH, number, len(bent) - 1 - number)
    if reach == 0:
        return bent[number + 1] if number == 0 else bent[number - 1]
    total = np.zeros_like(bent[number])
    weights = 0.0
    for step in range(1, reach + 1):
        weight = float(np.exp(-0.5 * (step / 1.5) ** 2))
        total += np.float32(weight) * (bent[number - step] + bent[number + step])
        weights += 2 * weight
    return np.asarray(total / np.float32(weights), np.float32)


def _toward(target: Plane, plane: Plane, start: Field, progress: Progress) -> Field:
    """The field that brings `plane` to `target`, from coarse to fine; the start where it makes nothing better."""
    height, width = plane.shape
    field = start
    for level in range(LEVELS - 1, -1, -1):
        size = (max(8, width >> level), max(8, height >> level))
        one, other = (
            np.asarray(cv2.resize(p, size, interpolation=cv2.INTER_AREA), np.float32) for p in (target, plane)
        )
        ratio = np.array([size[0] / field.shape[1], size[1] / field.shape[0]], np.float32)
        field = np.asarray(cv2.resize(field, size, interpolation=cv2.INTER_LINEAR) * ratio, np.float32)
        for _ in range(STEPS):
            field = _step(one, other, field)
    progress.advance()
    better = likeness(target, warped(plane, field)) >= likeness(target, warped(plane, start))
    return field if better else start


def _step(target: Plane, plane: Plane, field: Field) -> Field:
    """One step of symmetric demons: the force of both gradients, smoothed, and the whole field smoothed after it."""
    moved = warped(plane, field)
    difference = target - moved
    slopes = [
        0.5
        * (
            cv2.Scharr(target, cv2.CV_32F, *axis, scale=1 / 32)
            + cv2.Scharr(moved, cv2.CV_32F, *axis, scale=1 / 32)
        )
        for axis in ((1, 0), (0, 1))
    ]
    strength = slopes[0] ** 2 + slopes[1] ** 2 + (difference / LONGEST) ** 2 / 4 + 1e-6
    side = max(target.shape)
    force = np.stack([difference * slope / strength for slope in slopes], -1)
    field = field + _smooth(np.asarray(force, np.float32), max(0.8, FLUID * side))
    field = _smooth(np.asarray(field, np.float32), max(0.8, STIFF * side / np.sqrt(STEPS)))
    return np.asarray(np.clip(field, -FARTHEST * side, FARTHEST * side), np.float32)


def _smooth(field: Field, sigma: float) -> Field:
    return np.asarray(cv2.GaussianBlur(field, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.float32)


def _steady(fields: Sequence[Field]) -> list[Field]:
    """The fields without what they have in common: a bend of the whole stack is the object's own."""
    mean = np.mean(np.stack(fields), axis=0)
    return [np.asarray(field - mean, np.float32) for field in fields]
