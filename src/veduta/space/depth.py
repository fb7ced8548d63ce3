"""Depth in meters from disparity, and the files it is kept in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from veduta.errors import BadInput
from veduta.files import replacing, write_bytes
from veduta.image.photo import Pixels
from veduta.space.disparity import Disparity
from veduta.space.occlusion import Floats
from veduta.space.pair import BadPair
from veduta.space.rig import View

SUFFIXES = (".npy", ".png")
# In PNG files disparities are kept in parts of a pixel, as the KITTI benchmark does.
PNG_PARTS = 256


class BadDepthFile(BadInput):
    """A file for depth that cannot be written or read."""


def check_sides(found: Disparity, view: View | None) -> None:
    """Raise BadPair where what both views show lies behind the cameras: left and right were exchanged.

    Without known cameras (None) a pair may be shifted, so that all of it would have to be left of where it belongs.
    """
    values = found.values[found.sure] + (0.0 if view is None else view.offset)
    if values.size >= 100 and float(np.percentile(values, 98)) < 0:
        raise BadPair(
            "what the views show would lie behind the cameras: bring the left view first, then the right one"
        )


def meters(values: Floats, view: View) -> Floats:
    """Distance along the camera's axis, float32 (h, w); infinite where the disparity is none."""
    whole = values + view.offset
    with np.errstate(divide="ignore"):
        depth: Floats = np.where(whole > 0, view.focal * view.baseline / np.maximum(whole, 1e-9), np.inf)
    return depth.astype(np.float32)


def points(depth: Floats, view: View) -> Floats:
    """The point (x, y, z) in meters that each pixel shows, float32 (h, w, 3)."""
    height, width = depth.shape
    x = (np.arange(width, dtype=np.float32) - view.center[0]) / view.focal
    y = (np.arange(height, dtype=np.float32) - view.center[1]) / view.focal
    return np.stack([x[None] * depth, y[:, None] * depth, depth], axis=2).astype(np.float32)


def write(path: Path, found: Disparity, view: View | None, only_sure: bool = False) -> None:
    """Write a depth map atomically: float32 NPY, or PNG of 16 bits.

    With `view` meters in NPY (not a number: not known) and millimeters in PNG (0: not known, or above 65.535 m).
    Without, disparity in pixels, in PNG times 256. With `only_sure`, what one view alone shows counts as not known.
    Raises BadDepthFile for other suffixes.
    """
    check_suffix(path)
    known = found.sure if only_sure else np.ones_like(found.sure)
    values = found.values if view is None else meters(found.values, view)
    known = known & np.isfinite(values)
    if path.suffix.lower() == ".npy":
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.save(file, np.where(known, values, np.nan).astype(np.float32))
        return
    scaled = np.rint(np.where(known, values, 0) * (PNG_PARTS if view is None else 1000))
    write_png(path, np.where((scaled > 0) & (scaled <= 65535), scaled, 0).astype(np.uint16))


def check_suffix(path: Path) -> None:
    """Raise BadDepthFile unless the file is to be an NPY or a PNG."""
    if path.suffix.lower() not in SUFFIXES:
        raise BadDepthFile(f"{path.name}: depth is written as {' or '.join(SUFFIXES)}; name one of them")


def write_png(path: Path, pixels: Any) -> None:
    """Write a gray or RGB picture as PNG, atomically."""
    order = np.ascontiguousarray(pixels[..., ::-1] if pixels.ndim == 3 else pixels)
    done, coded = cv2.imencode(".png", order)
    if not done:
        raise BadDepthFile(f"{path.name}: cannot be written as PNG")
    write_bytes(path, bytes(coded))


def colored(values: Floats) -> Pixels:
    """A picture of disparities for the eye: near red, far blue."""
    low, high = np.percentile(values, [1, 99])
    shown = np.clip((values - low) / max(float(high - low), 1e-6) * 255, 0, 255).astype(np.uint8)
    made: Any = cv2.applyColorMap(shown, cv2.COLORMAP_TURBO)
    return np.ascontiguousarray(made[..., ::-1])
