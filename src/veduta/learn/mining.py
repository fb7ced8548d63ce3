"""Places of plain photographs that a first decoder mistakes for the object: what the next one learns most from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from veduta.image.photo import Pixels
from veduta.learn.cells import LENGTH, Floats, columns, mistaken
from veduta.learn.drawn_photos import DrawnPhotos
from veduta.learn.trunk_maps import TrunkMaps
from veduta.progress import Progress, Silent

MOST = 70  # places of one photograph
LEAST = 0.3  # probability that makes a mistake


def mine(
    drawn: DrawnPhotos,
    look: Callable[[Pixels], Floats],
    trunk: TrunkMaps,
    count: int,
    progress: Progress | None = None,
) -> Floats:
    """Columns (n, LENGTH) of mistaken places in the first `count` plain photographs; `look` gives probabilities."""
    listener = progress or Silent()
    listener.begin("looking for mistakes", count)
    found = [np.zeros((0, LENGTH), np.float16)]
    for number in range(count):
        pixels = drawn.plain(number)
        places = mistaken(look(pixels), MOST, LEAST, np.random.default_rng([drawn.seed, number]))
        if len(places):
            maps = [m[0] for m in trunk.see(pixels[None])]
            found.append(columns(pixels, maps, places).astype(np.float16))
        listener.advance()
    listener.end()
    return np.concatenate(found)
