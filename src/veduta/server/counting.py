"""Counting people in a photo, for the overlay in the editor."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING

from veduta.image import decode
from veduta.library import rendering
from veduta.server.context import Context
from veduta.server.models.edit import CountOut
from veduta.server.problem import Refused
from veduta.settings import settings

if TYPE_CHECKING:
    from veduta.see.count import Counter

_one = threading.Lock()


def count(here: Context, photo_id: int, box: str | None) -> CountOut:
    """Return how many people a photo shows, or a part of it."""
    from veduta.see.count_region import Region

    part = None if box is None else _corners(box)
    start = rendering.ground(here.catalog, photo_id)
    with _one:
        photo = decode.load(start.path, settings().analysis_side)
        [sight] = _counter().look([photo])
    found = sight.count(None if part is None else Region("part", part))
    width, height = photo.width, photo.height
    return CountOut(
        count=found.count,
        low=found.low,
        high=found.high,
        boxes=[[x / width, y / height, w / width, h / height] for x, y, w, h in found.boxes],
        points=[[x / width, y / height] for x, y in found.points],
        method=found.method,
    )


@functools.cache
def _counter() -> Counter:
    from veduta.see.count import Counter

    return Counter()


def _corners(box: str) -> tuple[tuple[float, float], ...]:
    try:
        x, y, width, height = (float(part) for part in box.split(","))
    except ValueError as error:
        raise Refused(422, f"box: {box!r:.60} is not x,y,width,height") from error
    if not (0 <= x < x + width <= 1.000001 and 0 <= y < y + height <= 1.000001):
        raise Refused(422, f"box: {box!r:.60} is not within the photo (0 to 1)")
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
