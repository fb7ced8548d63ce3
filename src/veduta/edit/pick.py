"""The thing at a point: one that recognizers see, where its outline holds the point; else what colors make of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from veduta.edit.regions import BOXY, Eyes, of_box, shared_eyes
from veduta.edit.seam import seamed
from veduta.edit.select import Click, select
from veduta.edit.shadow import cast
from veduta.errors import ModelUnavailable
from veduta.image.photo import Photo
from veduta.see.box import overlap
from veduta.see.finding import Box
from veduta.see.patch import Patch

Bool = NDArray[np.bool_]

# How sure a thing must be: less than where nobody has pointed at anything.
LEAST = 0.3
# Overlap (intersection over union) from which a box that was drawn is taken for that of a person who was seen.
SAME = 0.6
# Things at a point that are outlined at most, the smallest first.
TRIED = 3


def pick(
    photo: Photo,
    clicks: Sequence[Click] = (),
    box: Box | None = None,
    eyes: Eyes | None = None,
    seam: bool = False,
) -> Bool:
    """The mask (height, width) of what is at a click or in a box (x, y, width, height in pixels of the full photo).

    A single click takes the whole of the smallest thing that recognizers see there, and a box around a person the
    person. With more clicks, or where nothing is recognized, colors and edges decide (see `select`). With `seam`, the
    seam to what is behind and a person's shadow belong to it. Raises BadMask.
    """
    found = None
    try:
        if box is None and len(clicks) == 1 and clicks[0].include:
            found = _at(photo, clicks[0], eyes or shared_eyes())
        elif box is not None and not clicks:
            found = _person_in(photo, box, eyes or shared_eyes())
    except ModelUnavailable:  # colors and edges need no network
        found = None
    patch, others = found or (Patch.of(select(photo.full(), clicks, box)), None)
    if not seam:
        return patch.full()
    patch = seamed(patch)
    mask = patch.full()
    if others is not None:
        taken = mask.copy()
        for x, y, width, height in others:
            taken[int(max(0, y)) : int(y + height), int(max(0, x)) : int(x + width)] = True
        shadow = cast(photo.full(), patch, taken)
        if shadow is not None:
            shadow.add_to(mask)
    return mask


def _at(photo: Photo, click: Click, eyes: Eyes) -> tuple[Patch, list[Box] | None] | None:
    """The smallest thing seen whose outline holds the click; of a person, the boxes of everybody else as well."""
    seen = [(f.box, f.name) for f in eyes.see("objects", photo) if f.box is not None and f.score >= LEAST]
    there = [(box, name) for box, name in seen if _inside(click, box)]
    people = [box for box, name in seen if name == "person"]
    for box, name in sorted(there, key=lambda one: one[0][2] * one[0][3])[:TRIED]:
        if name == "person":
            # Whoever stands close may own the pixel as well.
            close = [box, *(other for other in people if other != box and overlap(box, other) > 0)]
            patch = eyes.person_masks.masks(photo, close)[0]
            others: list[Box] | None = [other for other in people if other != box]
        else:
            patch, others = of_box(photo, box, name in BOXY), None
        if _holds(patch, click):
            return patch, others
    return None


def _person_in(photo: Photo, box: Box, eyes: Eyes) -> tuple[Patch, list[Box]] | None:
    """The person whom a box was drawn around, and the boxes of everybody else."""
    seen = [
        f.box
        for f in eyes.see("objects", photo)
        if f.name == "person" and f.score >= LEAST and f.box is not None
    ]
    best = max(seen, key=lambda other: overlap(box, other), default=None)
    if best is None or overlap(box, best) < SAME:
        return None
    return eyes.person_masks.masks(photo, [box])[0], [other for other in seen if other != best]


def _inside(click: Click, box: Box) -> bool:
    return box[0] <= click.x < box[0] + box[2] and box[1] <= click.y < box[1] + box[3]


def _holds(patch: Patch, click: Click) -> bool:
    row, column = int(click.y) - patch.top, int(click.x) - patch.left
    height, width = patch.inside.shape
    return 0 <= row < height and 0 <= column < width and bool(patch.inside[row, column])
