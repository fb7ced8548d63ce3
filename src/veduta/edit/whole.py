"""A photo's pixels with all that its file has of them, for edits of the whole picture, and the way back into a file.

Depth, transparency and gray stay. Pictures of 16 bits are edited in their own primaries, with the curve of sRGB: so no
color is lost that sRGB does not have. What only moves pixels has them just as they are stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit.picture_file import opened, transparent
from veduta.edit.stored import to_profile
from veduta.edit.stored_file import Values
from veduta.image import decode, icc, rasters
from veduta.image.samples import Samples, white
from veduta.image.source import read_bytes
from veduta.image.stored import Stored, bits, read_stored

CODES = 65536
# Codes, of 1, by which a curve may leave that of sRGB and still be taken for it: half of one of 8 bits.
SAME = 0.002
# Codes by which channels of gray may differ, in 8 and in 16 bits.
TINT = {np.dtype(np.uint8): 1, np.dtype(np.uint16): 8}

Curves = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """Pixels to be edited, and what is needed to store them like the file's own.

    `pixels` are as they are `stored` (h, w, 1 to 4), or colors in the curve of sRGB (h, w, 3), the last channel of 2 or
    4 being transparency; uint8 or uint16. `curves` (1 or 3, 65536) lead from the file's codes there.
    """

    pixels: Samples
    profile: bytes | None
    as_stored: bool
    gray: bool = False
    curves: Curves | None = None

    def values(self, edited: Samples) -> Values:
        """Edited pixels as the file holds them; gray, where they still are."""
        if self.as_stored:
            return Values(edited, self.profile)
        colors = np.ascontiguousarray(edited[..., :3])
        gray = self.gray and _spread(colors) <= TINT[colors.dtype]
        profile = self.profile if gray or not self.gray else None
        if gray:
            colors = colors[..., 1:2]
        if profile is not None:
            colors = _back(colors, profile, self.curves)
        return Values(np.concatenate([colors, edited[..., 3:]], axis=2), profile)


def read_whole(path: Path, moved: bool) -> Whole | None:
    """The pixels of a photo file whose edits move them only (`moved`), or change colors.

    None where it has no more than opaque sRGB pixels of 8 bits that `decode.read` gives. Raises UnreadableImage.
    """
    kind = decode.kind_of(path)
    if kind in ("heif", "raw", "video"):
        return None
    data = read_bytes(path)
    with rasters.open_picture(data, kind, path) as header:
        profile = header.info.get("icc_profile")
        profile = profile if isinstance(profile, bytes) and icc.space(profile) in ("RGB", "GRAY") else None
        plain = bits(data, kind, header) == 8 and not transparent(header) and header.mode not in ("L", "1")
    if plain and not (moved and profile is not None):
        return None
    picture = opened(data, kind, path)
    if picture is None:
        return None
    with picture:
        stored = read_stored(data, kind, picture)
    if stored is None:
        return None
    if profile is not None and icc.space(profile) != ("GRAY" if stored.shape[2] < 3 else "RGB"):
        profile = None
    return Whole(stored, profile, True) if moved else _in_srgb(stored, profile)


def _in_srgb(stored: Stored, profile: bytes | None) -> Whole:
    gray = stored.shape[2] < 3
    count = 1 if gray else 3
    colors = np.ascontiguousarray(stored[..., :count])
    curves = None
    if profile is not None:
        curves = _curves(profile)
        own = gray or colors.dtype == np.uint16
        colors = _looked_up(colors, curves) if own else icc.to_srgb(colors, profile)
    if gray:
        colors = np.repeat(colors, 3, axis=2)
    return Whole(np.concatenate([colors, stored[..., count:]], axis=2), profile, False, gray, curves)


def _curves(profile: bytes) -> Curves | None:
    """From codes of a profile to those of sRGB, both in [0, 1]; None where they are the same, or not told."""
    light = icc.curves(profile, CODES)
    if light is None:
        return None
    found = np.asarray(icc.coded(np.clip(light, 0, 1)), np.float64)
    found = np.maximum.accumulate(found, axis=1)
    return None if np.abs(found - np.arange(CODES) / (CODES - 1)).max() < SAME else found


def _looked_up(colors: Samples, curves: Curves | None) -> Samples:
    if curves is None:
        return colors
    top = white(colors)
    return _through(colors, [one[:: (CODES - 1) // top] * top for one in curves])


def _back(colors: Samples, profile: bytes, curves: Curves | None) -> Samples:
    """The inverse of what was done to the file's codes."""
    if colors.dtype != np.uint16 and colors.shape[2] == 3:
        return to_profile(colors.reshape(-1, 3), profile).reshape(colors.shape)
    if curves is None:
        return colors
    top = white(colors)
    wanted, codes = np.arange(top + 1) / top, np.arange(CODES) / (CODES - 1)
    return _through(colors, [np.interp(wanted, one, codes) * top for one in curves])


def _through(colors: Samples, tables: Sequence[Curves]) -> Samples:
    table = np.rint(np.stack(tables, axis=-1)).astype(colors.dtype)[None]
    return np.asarray(cv2.LUT(colors, np.ascontiguousarray(table))).reshape(colors.shape)


def _spread(colors: Samples) -> int:
    """The most by which channels differ anywhere."""
    planes = cv2.split(colors)
    return max(int(cv2.absdiff(planes[1], one).max()) for one in (planes[0], planes[2]))
