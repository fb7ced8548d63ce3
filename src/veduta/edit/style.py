"""Style: a photo repainted in the style of a painting; the operation `style`.

Sources: Gatys et al. 2015 (arXiv 1508.06576) for the idea, Johnson et al. 2016 (arXiv 1603.08155) for one pass of a
network, Dumoulin et al. 2017 (arXiv 1610.07629) for many styles and their blends in one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np

from veduta.edit import gain
from veduta.edit.operation import BadEdit, Operation, choice, flag, integer, number
from veduta.edit.style_names import NONE, STYLES
from veduta.image.photo import Pixels, at_most
from veduta.nets.brush import Brush
from veduta.progress import Progress

# Larger pictures are painted at this size and enlarged: the maps of all would not fit into a usual memory.
MOST_PIXELS = 32_000_000
LEAST_SIDE = 64


@dataclass(frozen=True)
class Style(Operation):
    """Repaint in a packaged `style`, `blend` of it replaced by a `second` one, mixed with the photo by `strength`.

    `side` is the longer side at which it is painted: fewer pixels, broader strokes; 0 takes the photo's own. `colors`
    keeps those of the photo.
    """

    name = "style"
    tells = True
    # Strokes of one breadth on the preview and at full size.
    usual: ClassVar[Mapping[str, Any]] = {"style": "starlit", "strength": 1.0, "side": 1440}

    style: str = choice(NONE, NONE, *STYLES)
    second: str = choice(NONE, NONE, *STYLES)
    blend: float = number(0.5, 0, 1)
    strength: float = number(1, 0, 1)
    colors: bool = flag(False)
    side: int = integer(0, 0, 20_000)

    def __post_init__(self) -> None:
        """Check that a blend has two styles, and that the side can be painted."""
        super().__post_init__()
        if self.style == NONE and self.second != NONE:
            raise BadEdit("style: a second style needs a first")
        check_side(self.side)

    @property
    def neutral(self) -> bool:
        """Whether no style is named, or none of it is wanted."""
        return self.style == NONE or self.strength == 0

    def change(self, pixels: Pixels, scale: float, progress: Progress | None) -> Pixels:
        """The painting."""
        from veduta.edit.style_brush import brush_of

        shares = {self.style: 1.0}
        if self.second != NONE and self.blend > 0:
            shares = {self.style: 1 - self.blend}
            shares[self.second] = shares.get(self.second, 0.0) + self.blend
        return paint(pixels, brush_of(shares), self.strength, self.colors, self.side, progress)


def check_side(side: int) -> None:
    """Raise BadEdit unless pictures can be painted with this longer side; 0 is their own."""
    if side and side < LEAST_SIDE:
        raise BadEdit(f"style: side must be 0, or at least {LEAST_SIDE} pixels, not {side}")


def paint(
    pixels: Pixels,
    brush: Brush,
    strength: float = 1.0,
    colors: bool = False,
    side: int = 0,
    progress: Progress | None = None,
) -> Pixels:
    """The photo uint8 (h, w, 3) painted with a brush, at its own size or with `side` as the longer one.

    Of the photo 1 - `strength` shines through; with `colors` only light and dark are the painting's. The result has
    the photo's size.
    """
    if strength == 0:
        return pixels
    height, width = pixels.shape[:2]
    longest = max(height, width) * min(1.0, (MOST_PIXELS / (height * width)) ** 0.5)
    small = at_most(pixels, min(side or round(longest), round(longest)))
    painted = brush.paint(small, progress)
    if painted.shape != pixels.shape:
        wide = cv2.resize(painted, (width, height), interpolation=cv2.INTER_CUBIC)
        painted = np.asarray(wide, np.uint8)
    return mixed(pixels, painted, strength, colors)


def mixed(photo: Pixels, painted: Pixels, strength: float, colors: bool) -> Pixels:
    """The painting, in the photo's colors where asked for, with 1 - `strength` of the photo; changes `painted`."""
    if strength == 1 and not colors:
        return painted
    for first, last in gain.bands(photo):
        part, below = painted[first:last], photo[first:last]
        if colors:
            split = cv2.cvtColor(below, cv2.COLOR_RGB2YCrCb)
            split[..., 0] = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY)
            part[:] = cv2.cvtColor(split, cv2.COLOR_YCrCb2RGB)
        if strength < 1:
            part[:] = cv2.addWeighted(part, strength, below, 1 - strength, 0)
    return painted
