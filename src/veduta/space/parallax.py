"""One photo and how near its things are: views beside it, a clip, an anaglyph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from veduta.image.photo import Pixels
from veduta.progress import Progress, Silent
from veduta.space.anaglyph import anaglyph
from veduta.space.disparity import Disparity
from veduta.space.forward import Move, Renderer
from veduta.space.layers import Fill, layered
from veduta.space.motion import check, pair
from veduta.space.nearness import normalized
from veduta.space.occlusion import Floats


class Parallax:
    """A photo that can be seen from beside.

    `near` is float32 (h, w) in 0..1, `parallax` the greatest shift in pixels of the nearest against the farthest. Holes
    are filled once, by `fill`. Raises BadMotion, BadLayers.
    """

    def __init__(self, photo: Pixels, near: Floats, parallax: float, fill: Fill | None = None) -> None:
        self.height, self.width = photo.shape[:2]
        check(parallax, self.width, 0.5)
        self.parallax = parallax
        self._draw = Renderer(layered(photo, near, parallax, fill))

    def frames(self, moves: Sequence[Move], progress: Progress | None = None) -> Iterator[Pixels]:
        """The views of these movements, one by one."""
        progress = progress or Silent()
        progress.begin("drawing frames", len(moves))
        try:
            for move in moves:
                yield self._draw(move)
                progress.advance()
        finally:
            progress.end()

    def pair(self, focus: float = 0.4) -> tuple[Pixels, Pixels]:
        """What the left and the right eye see."""
        left, right = pair(self.parallax, self.width, self.height, focus)
        return self._draw(left), self._draw(right)

    def side_by_side(self, focus: float = 0.4) -> Pixels:
        """Both views in one picture of twice the width, the left one left."""
        return np.concatenate(self.pair(focus), axis=1)

    def anaglyph(self, focus: float = 0.4) -> Pixels:
        """Both views in one picture for red-cyan glasses."""
        return anaglyph(*self.pair(focus))


def near_of(found: Disparity) -> Floats:
    """The nearness that a pair's disparities tell."""
    return normalized(found.values)
