"""The thing at a point: one that recognizers see, where its outline holds the point; else what colors make of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from veduta.edit.regions import BOXY, Eyes, of_box, shared_eyes
from veduta.edit.select import Click, select
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
    photo: Photo, clicks: Sequence[Click] = (), box: Box | None = None, eyes: Eyes | None = None
) -> Bool:
    """The mask (height, width) of what is at a click or in a box (x, y, width, height in pixels of the full photo).

    A single click takes the whole of the smallest thing that recognizers see there, and a box around a person the
    person. With more clicks, or where nothing is recognized, colors and edges decide (see `select`). Raises BadMask.
    """
    patch = None
    try:
        if box is None and len(clicks) == 1 and clicks[0].include:
            patch = _at(photo, clicks[0], eyes or shared_eyes())
        elif box is not None and not clicks:
            patch = _person_in(photo, box, eyes or shared_eyes())
    except ModelUnavailable:  # colors and edges need no network
        patch = None
    return select(photo.full(), clicks, box) if patch is None else patch.full()


def _at(photo: Photo, click: Click, eyes: Eyes) -> Patch | None:
    """The smallest thing seen whose outline holds the click."""
    seen = [(f.box, f.name) for f in eyes.see("objects", photo) if f.box is not None and f.score >= LEAST]
    there = [(box, name) for box, name in seen if _inside(click, box)]
    people = [box for box, name in seen if name == "person"]
    for box, name in sorted(there, key=lambda one: one[0][2] * one[0][3])[:TRIED]:
        if name == "person":
            # Whoever stands close may own the pixel as well.
            close = [box, *(other for other in people if other != box and overlap(box, other) > 0)]
            patch = eyes.person_masks.masks(photo, close)[0]
        else:
            patch = of_box(photo, box, name in BOXY)
        if _holds(patch, click):
            return patch
    return None


def _person_in(photo: Photo, box: Box, eyes: Eyes) -> Patch | None:
    """The person whom a box was drawn around."""
    seen = [f.box for f in eyes.see("objects", photo) if f.name == "person" and f.score >= LEAST]
    best = max((overlap(box, other) for other in seen if other is not None), default=0.0)
    return eyes.person_masks.masks(photo, [box])[0] if best >= SAME else None


def _inside(click: Click, box: Box) -> bool:
    return box[0] <= click.x < box[0] + box[2] and box[1] <= click.y < box[1] + box[3]


def _holds(patch: Patch, click: Click) -> bool:
    row, column = int(click.y) - patch.top, int(click.x) - patch.left
    height, width = patch.inside.shape
    return 0 <= row < height and 0 <= column < width and bool(patch.inside[row, column])
