"""Which brush a style's name, a blend of some, or a painting stands for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import as_file, files

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit.operation import BadEdit
from veduta.edit.style_names import LARGE_ONLY, QUICK, STYLES
from veduta.image.photo import Pixels
from veduta.nets.brush import Brush
from veduta.nets.engine import Network
from veduta.nets.packs import style as packs
from veduta.nets.painter import Painter, read_painter
from veduta.nets.store import ModelStore, default_store

Code = NDArray[np.float64]

THIN = "styles_thin.npz"  # trained here, see `styles_thin.json` beside it
SEEN = 256  # side at which a painting is read
LEAST_PAINTING = 32


def brush_of(
    shares: Mapping[str, float], store: ModelStore | None = None, threads: int | None = None
) -> Brush:
    """The brush for a blend of packaged styles, by name and share; raises BadEdit, ModelUnavailable."""
    code = blend_code(shares)
    return _brush("styles", tuple(code), store or default_store(), threads)


def thin_brush_of(shares: Mapping[str, float], threads: int | None = None) -> Brush:
    """The same from our thin painter: some four times as fast, not stroke by stroke the same.

    Raises BadEdit for styles that it does not paint well.
    """
    code = blend_code(shares)
    for name in shares:
        if name in LARGE_ONLY:
            raise BadEdit(f"{name} has no quick painter; those that have: {', '.join(QUICK)}")
    return Brush(_thin_painter(), code, threads)


def blend_code(shares: Mapping[str, float]) -> Code:
    """The code (26 numbers) of a blend of packaged styles, whose shares come to one; raises BadEdit."""
    check_shares(shares)
    code = np.zeros(len(STYLES))
    names = list(STYLES)
    for name, share in shares.items():
        if name not in STYLES:
            raise BadEdit(f"no style is called {name!r:.40}; known: {', '.join(STYLES)}")
        code[names.index(name)] += share
    return np.asarray(code / code.sum(), np.float64)


def check_shares(shares: Mapping[str, float]) -> None:
    """Raise BadEdit unless the shares of a blend can be brought to a sum of one."""
    if not shares or any(not share >= 0 or share == float("inf") for share in shares.values()):
        raise BadEdit("the shares of a blend of styles are numbers from 0 upwards")
    if sum(shares.values()) <= 0:
        raise BadEdit("the shares of a blend of styles are all 0")


def painting_code(painting: Pixels, store: ModelStore | None = None) -> Code:
    """The code (100 numbers) of a painting uint8 (h, w, 3): its middle square says what its style is.

    Raises BadEdit for one of less than 32 pixels, ModelUnavailable.
    """
    height, width = painting.shape[:2]
    side = min(height, width)
    if side < LEAST_PAINTING:
        raise BadEdit(
            f"a painting of {width} x {height} pixels is too small to be a style; {LEAST_PAINTING} are needed"
        )
    top, left = (height - side) // 2, (width - side) // 2
    square = painting[top : top + side, left : left + side]
    way = cv2.INTER_AREA if side > SEEN else cv2.INTER_CUBIC
    seen = np.asarray(cv2.resize(square, (SEEN, SEEN), interpolation=way), np.uint8)
    return np.asarray(_reader(store or default_store()).run(seen[None])[0], np.float64).ravel()


def painting_brush(code: Code, store: ModelStore | None = None, threads: int | None = None) -> Brush:
    """The brush for the code of a painting, or for a weighted sum of such codes."""
    return _brush("paintings", tuple(code), store or default_store(), threads)


def own_brush(painter: Painter, threads: int | None = None) -> Brush:
    """The brush of a painter of the user's own, in its only style; raises BadEdit for one of several."""
    if painter.numbers != 1:
        raise BadEdit(f"a painter of {painter.numbers} styles; one of a single style is expected")
    return Brush(painter, np.ones(1), threads)


@lru_cache(maxsize=4)
def _brush(kind: str, code: tuple[float, ...], store: ModelStore, threads: int | None) -> Brush:
    return Brush(_painter(kind, store), np.array(code), threads)


@lru_cache(maxsize=2)
def _painter(kind: str, store: ModelStore) -> Painter:
    return read_painter(store.path(packs.STYLES if kind == "styles" else packs.PAINTINGS))


@lru_cache(maxsize=1)
def _thin_painter() -> Painter:
    with as_file(files("veduta.edit") / "data" / THIN) as path:
        return read_painter(path)


@lru_cache(maxsize=1)
def _reader(store: ModelStore) -> Network:
    return Network.open(packs.READER, store, pixels=True)
