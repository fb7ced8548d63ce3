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
from veduta.space.journal import Journal
from veduta.space.pose import Plane, likeness
from veduta.space.stack import Made

Field = NDArray[np.float32]

SIDE = 384  # longer side at which sections are bent
GRID = 96  # longer side at which bends are kept: they are smooth
PASSES = 3  # through the stack: each sees its neighbors as they were bent before
REACH = 3  # neighbors to each side
LEVELS, STEPS = 3, 20
FLUID, STIFF = 0.008, 0.12  # smoothing of each step and of the whole, of the longer side
FARTHEST = 0.05  # of the longer side: what moves farther is no stretch
LONGEST = 2.0  # pixels that one step moves at most
USUAL = 0.3  # brightness (root of the mean square) that all sections are brought to


def bends(
    sections: Sequence[Plane],
    progress: Progress,
    heights: Sequence[int] | None = None,
    journal: Journal | None = None,
) -> list[Field]:
    """For each section the field of shifts, x and y in pixels, to where it holds what belongs to each place.

    `sections`: float32 (h, w) of one size, rigidly registered, dark where there is nothing, asked for a few at a time.
    Fields are coarse, at most GRID cells long: `spread` brings one to every pixel. `heights`: which places in the row
    the sections have, where some are missing. What is in `journal` is not made again.
    """
    count = len(sections)
    height, width = sections[0].shape
    scale = min(1.0, SIDE / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    heights = range(count) if heights is None else heights
    small = Made(count, lambda number: _evened(sections[number], size))
    part = min(1.0, GRID / max(size))
    cells = (max(8, round(size[1] * part)), max(8, round(size[0] * part)))
    fields = [np.zeros((*cells, 2), np.float32)] * count
    progress.begin("bending sections", PASSES * count)
    for turn in range(PASSES):
        bent = Made(count, lambda k: warped(small[k], _resized(fields[k], size)), 2 * REACH + 2)  # noqa: B023
        after = []
        for number in range(count):
            done = turn * count + number
            if journal is not None and done < len(journal):
                field = np.frombuffer(journal[done], np.float32).reshape(*cells, 2)
            else:
                target = around(bent, number, heights)
                field = _resized(
                    _toward(target, small[number], _resized(fields[number], size)), (cells[1], cells[0])
                )
                if journal is not None:
                    journal.add(field.tobytes())
            after.append(field)
            progress.advance()
        fields = _steady(after)
    progress.end()
    ratio = np.array([width / cells[1], height / cells[0]], np.float32)
    return [np.asarray(field * ratio, np.float32) for field in fields]


def spread(field: Field, shape: tuple[int, int]) -> Field:
    """A field at every pixel of a section (h, w): its shifts are in these pixels already."""
    return np.asarray(cv2.resize(field, shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _resized(field: Field, size: tuple[int, int]) -> Field:
    """A field on another grid (w, h), its shifts in the cells of that grid."""
    ratio = np.array([size[0] / field.shape[1], size[1] / field.shape[0]], np.float32)
    way = cv2.INTER_AREA if size[0] < field.shape[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(field, size, interpolation=way) * ratio, np.float32)


def _evened(plane: Plane, size: tuple[int, int]) -> Plane:
    """A small copy, its brightness told by what is in it: stains differ from section to section."""
    small = np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)
    return np.asarray(small * np.float32(USUAL / (float(np.sqrt(np.mean(small * small))) + 1e-6)), np.float32)


def warped(plane: Plane, field: Field) -> Plane:
    """At each place what `plane` holds where the field leads; 0 outside."""
    x, y = _grid(field)
    return np.asarray(cv2.remap(plane, x, y, cv2.INTER_LINEAR), np.float32)


def _grid(field: Field) -> tuple[Plane, Plane]:
    height, width = field.shape[:2]
    x = field[..., 0] + np.arange(width, dtype=np.float32)
    y = field[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    return np.asarray(x, np.float32), np.asarray(y, np.float32)


def around(bent: Sequence[Plane], number: int, heights: Sequence[int]) -> Plane:
    """The average of the neighbors, as many on one side as on the other; at the ends what there is.

    The nearer side counts for more, so that the average is that of the section's own height.
    """
    reach = min(REACH, number, len(bent) - 1 - number)
    if reach == 0:
        return bent[1] if number == 0 else bent[number - 1]
    below, above = ([number + way * step for step in range(1, reach + 1)] for way in (-1, 1))
    apart = {one: abs(heights[one] - heights[number]) for one in below + above}
    weights = {one: float(np.exp(-0.5 * (far / 1.5) ** 2)) for one, far in apart.items()}
    pulls = [sum(weights[one] * apart[one] for one in side) for side in (below, above)]
    for one in below:
        weights[one] *= pulls[1] / max(pulls[0], 1e-12)
    whole = sum(weights.values())
    total = np.zeros_like(bent[number])
    for one in below + above:
        total += np.float32(weights[one] / whole) * bent[one]
    return total


def _toward(target: Plane, plane: Plane, start: Field) -> Field:
    """The field that brings `plane` to `target`, from coarse to fine; the start where it makes nothing better."""
    moved = warped(plane, start)
    plane = plane * np.float32((target * moved).sum() / max(float((moved * moved).sum()), 1e-6))
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
