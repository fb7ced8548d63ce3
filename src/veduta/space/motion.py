"""Paths of a camera that end where they began, so that a clip can be repeated."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from veduta.errors import BadInput
from veduta.space.forward import Move

Path = Literal["circle", "sway", "dolly"]
PATHS: tuple[str, ...] = get_args(Path)


class BadMotion(BadInput):
    """A movement that cannot be made."""


def moves(
    path: Path, frames: int, parallax: float, width: int, height: int, focus: float = 0.4
) -> list[Move]:
    """The camera's places: `parallax` pixels lie between the nearest and the farthest at the widest.

    "circle" goes around, a little flatter than wide, "sway" from side to side, "dolly" ahead and back. All is enlarged
    so much that the edges of the photo are never seen. Raises BadMotion.
    """
    if path not in PATHS:
        raise BadMotion(f"no path is called {path!r}; known: {', '.join(PATHS)}")
    if not 2 <= frames <= 2000:
        raise BadMotion(f"{frames} frames; 2 to 2000 are possible")
    check(parallax, width, focus)
    zoom = zoom_for(parallax / 2, width, height, focus)
    turns = np.arange(frames) / frames * 2 * np.pi
    half = parallax / 2
    if path == "circle":
        return [Move(half * float(np.cos(t)), 0.6 * half * float(np.sin(t)), 0.0, focus, zoom) for t in turns]
    if path == "sway":
        return [Move(half * float(np.sin(t)), 0.0, 0.0, focus, zoom) for t in turns]
    # At the rim, growing by z shifts by half the width.
    depth = parallax / (width / 2)
    zoom = zoom_for(0, width, height, focus) / (1 - depth * focus)
    return [Move(0.0, 0.0, depth * float((1 - np.cos(t)) / 2), focus, zoom) for t in turns]


def pair(parallax: float, width: int, height: int, focus: float = 0.4) -> tuple[Move, Move]:
    """The left and the right eye: things at `focus` stand in the picture's plane. Raises BadMotion."""
    check(parallax, width, focus)
    zoom = zoom_for(parallax / 2, width, height, focus)
    return Move(parallax / 2, focus=focus, zoom=zoom), Move(-parallax / 2, focus=focus, zoom=zoom)


def check(parallax: float, width: int, focus: float) -> None:
    """Raise BadMotion where a movement is none, or tears the photo apart."""
    if not 0 < parallax <= 0.15 * width:
        raise BadMotion(
            f"a parallax of {parallax:g} pixels in a photo {width} wide: above 0 and {0.15 * width:.0f} at most"
        )
    if not 0 <= focus <= 1:
        raise BadMotion(f"focus {focus:g}: 0 (the farthest) to 1 (the nearest)")


def zoom_for(shift: float, width: int, height: int, focus: float) -> float:
    """How much larger all must be so that shifts of up to `shift` pixels never show the photo's edges."""
    most = shift * max(focus, 1 - focus) + 2  # the outermost pixels are mixed with what is beyond
    return float(1 / (1 - 2 * most / min(width, height)))
