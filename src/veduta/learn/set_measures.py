"""What a picture of a set is judged by: plain measures of its blur, light and content, and its look in cells."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Pixels, at_most

SIDE = 512
"""Pictures are judged at this longer side, or at their own where it is smaller: what is sharp there is sharp enough
to learn from."""
CELLS = 32
_BOX = 9  # pixels over which a picture is blurred again
_CLIPPED = 254
_TILES = 6  # on each side
_LEAST_STEP = 0.8  # gray levels from one pixel to the next, on average, that a tile with edges has


@dataclass(frozen=True, slots=True)
class Measures:
    """Measures of one picture; all but `detail` lie between 0 and 1.

    `reblur`: how little is lost where the picture is blurred again (Crete et al. 2007, "The blur effect"), of the worse
    of two directions, in the third-best of all tiles that have edges. `detail`: logarithm of the mean square of the
    Laplacian in the best tile. Both look for the sharpest part: a blurred background is no fault. `top` and `bottom`:
    the gray levels that 99.5 and 0.5 % of the pixels lie below. `mean`: the mean gray. `clipped`: the part of the
    pixels with a color channel at its end, `burnt`: with two of three. `outline` and `burnt_outline`: the steps into
    and out of these areas, for each pixel; white paper behind a thing is one even area, a burnt-out photo has many.
    `structure`: how far the picture, seen coarsely, departs from one even slope of gray, relative to what its darkness
    or brightness leaves room for.
    """

    reblur: float
    detail: float
    top: float
    bottom: float
    mean: float
    clipped: float
    outline: float
    burnt: float
    burnt_outline: float
    structure: float

    def packed(self) -> bytes:
        """As bytes, for a column of a table."""
        return np.array(astuple(self), np.float32).tobytes()

    @classmethod
    def unpacked(cls, data: bytes) -> Measures:
        """From bytes that `packed` gave; raises ValueError where they are something else."""
        values = np.frombuffer(data, np.float32)
        if len(values) != len(fields(cls)):
            raise ValueError(f"{len(fields(cls))} measures expected, {len(values)} found")
        return cls(*(float(value) for value in values))


def measured(pixels: Pixels) -> tuple[Measures, NDArray[np.uint8]]:
    """The measures of RGB pixels (h, w, 3), and their gray in CELLS x CELLS cells, whatever the shape."""
    small = at_most(pixels, SIDE)
    gray = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
    values = gray.astype(np.float32)
    cells = np.asarray(cv2.resize(values, (CELLS, CELLS), interpolation=cv2.INTER_AREA), np.float32)
    below = np.cumsum(np.bincount(gray.ravel(), minlength=256)) / gray.size
    top, bottom = (float(np.searchsorted(below, part)) / 255 for part in (0.995, 0.005))
    ends = (small >= _CLIPPED).sum(axis=2)
    clipped, burnt = ends > 0, ends > 1
    measures = Measures(
        reblur=reblur(values),
        detail=detail(values),
        top=top,
        bottom=bottom,
        mean=float(values.mean()) / 255,
        clipped=float(clipped.mean()),
        outline=_outline(clipped),
        burnt=float(burnt.mean()),
        burnt_outline=_outline(burnt),
        structure=structure(cells, top, bottom),
    )
    return measures, np.rint(cells).astype(np.uint8)


def _outline(area: NDArray[np.bool_]) -> float:
    return sum(np.count_nonzero(np.diff(area, axis=axis)) for axis in (0, 1)) / area.size


def _tiles(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(values, (_TILES, _TILES), interpolation=cv2.INTER_AREA), np.float32)


def reblur(gray: NDArray[np.float32]) -> float:
    """Which part of the differences between neighbors stays when the picture is blurred by a box, across or down,
    whichever keeps more; in the tile that keeps third least. 1 where hardly any tile has edges.
    """
    kept = np.zeros((_TILES, _TILES), np.float32)
    steps = np.zeros((_TILES, _TILES), np.float32)
    for axis, box in ((0, (1, _BOX)), (1, (_BOX, 1))):
        soft = np.asarray(cv2.blur(gray, box), np.float32)
        sharp = np.abs(np.diff(gray, axis=axis))
        before = _tiles(sharp)
        after = _tiles(np.minimum(sharp, np.abs(np.diff(soft, axis=axis))))
        kept = np.maximum(kept, after / np.maximum(before, 1e-3))
        steps = np.maximum(steps, before)
    telling = np.sort(kept[steps >= _LEAST_STEP])
    return float(telling[2]) if len(telling) > 2 else 1.0


def detail(gray: NDArray[np.float32]) -> float:
    """Logarithm of the mean square of the Laplacian, in the tile that has most of it."""
    return float(np.log1p(_tiles(np.asarray(cv2.Laplacian(gray, cv2.CV_32F), np.float32) ** 2).max()))


def structure(cells: NDArray[np.float32], top: float, bottom: float) -> float:
    """The deviation of 16 x 16 cells from the plane that fits them best, over the gray levels that the picture could
    use: those below its brightest ones where it is dark, above its darkest ones where it is bright.
    """
    coarse = cells.reshape(16, CELLS // 16, 16, CELLS // 16).mean(axis=(1, 3))
    along = np.linspace(-1, 1, 16, dtype=np.float32)
    along /= np.linalg.norm(along) * 4  # unit length over the 256 cells
    rest = coarse - coarse.mean()
    rest = rest - along[:, None] * (rest * along[:, None]).sum() - along * (rest * along).sum()
    room = max(8.0, 255 * min(top, 1 - bottom))
    return float(min(1.0, rest.std() / room))
