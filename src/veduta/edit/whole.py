"""A photo's pixels with all that its file has of them, for edits of the whole picture, and the way back into a file.

Depth, transparency and gray stay. Pictures of wide colors, and those of 16 bits, are edited in their own primaries,
with the curve of sRGB: no color is lost that sRGB does not have. What only moves pixels has them as they are stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit.picture_facts import transparent
from veduta.edit.picture_file import opened
from veduta.edit.stored import to_profile
from veduta.edit.stored_file import Values
from veduta.errors import UnreadableImage
from veduta.image import avif, decode, heif, icc, profiles, rasters, raw
from veduta.image.photo import Pixels, at_most
from veduta.image.samples import Samples, eight, sixteen, white
from veduta.image.source import read_bytes
from veduta.image.stored import Stored, bits, read_stored

CODES = 65536
# Codes, of 1, by which a curve may leave that of sRGB and still be taken for it: half of one of 8 bits.
SAME = 0.002
# Codes by which channels of gray may differ, in 8 and in 16 bits.
TINT = {np.dtype(np.uint8): 1, np.dtype(np.uint16): 8}
HDR = "its high dynamic range is worked on as it is coded, and the copy does not say so"

Curves = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """Pixels to be edited, and what is needed to store them like the file's own.

    `pixels` are as they are `stored` (h, w, 1 to 4), or colors in the curve of sRGB (h, w, 3), the last channel of 2 or
    4 being transparency; uint8 or uint16. `curves` (1 or 3, 65536) lead from the file's codes there. `lifted`: 8 bits
    that are worked in 16, so that those curves lose none; `drawn_in`: colors were converted to those of sRGB. `notes`
    are to be told of the copy.
    """

    pixels: Samples
    profile: bytes | None
    as_stored: bool
    gray: bool = False
    curves: Curves | None = None
    lifted: bool = False
    drawn_in: bool = False
    notes: tuple[str, ...] = ()

    def values(self, edited: Samples) -> Values:
        """Edited pixels as the file holds them; gray, where they still are."""
        if self.as_stored:
            return Values(edited, self.profile)
        colors = np.ascontiguousarray(edited[..., :3])
        gray = self.gray and _spread(colors) <= TINT[colors.dtype]
        profile = self.profile if gray or not self.gray else None
        if gray:
            colors = colors[..., 1:2]
        if profile is not None and self.drawn_in:
            colors = to_profile(colors.reshape(-1, 3), profile).reshape(colors.shape)
        elif profile is not None:
            colors = _back(colors, self.curves)
        made = np.concatenate([colors, edited[..., 3:]], axis=2)
        return Values(eight(made) if self.lifted else made, profile)


def read_whole(path: Path, moved: bool) -> Whole | None:
    """The pixels of a photo file whose edits move them only (`moved`), or change colors.

    None where it has no more than opaque sRGB pixels of 8 bits that `decode.read` gives. Raises UnreadableImage.
    """
    kind = decode.kind_of(path)
    if kind == "video":
        return None
    data = read_bytes(path)
    notes: tuple[str, ...]
    if kind == "raw":
        try:
            pixels = raw.develop(data, path, deep=True)
        except UnreadableImage:  # there may be the camera's own picture in it
            return None
        return Whole(pixels, profiles.display_p3(), True)
    if kind == "heif":
        stored, profile, hdr = heif.read_stored(data, path)
        plain = stored.dtype == np.uint8 and stored.shape[2] == 3
        notes = (HDR,) if hdr else ()
    else:
        with rasters.open_picture(data, kind, path) as header:
            profile = header.info.get("icc_profile")
            profile = profile if isinstance(profile, bytes) and profile else profiles.announced(data, kind)
            deep = bits(data, kind, header) == 16
            plain = not deep and not transparent(header) and header.mode not in ("L", "1")
        if plain and not _counts(profile, moved):
            return None
        picture = opened(data, kind, path)
        if picture is None:
            return None
        with picture:
            found = read_stored(data, kind, picture)
        if found is None:
            return None
        stored = found
        notes = ("worked in 8 bits a color",) if deep and stored.dtype == np.uint8 else ()
        notes += (HDR,) if kind == "avif" and avif.told(data).hdr else ()
    if profile is not None and icc.space(profile) != ("GRAY" if stored.shape[2] < 3 else "RGB"):
        profile = None
    if plain and not _counts(profile, moved):
        return None
    return Whole(stored, profile, True, notes=notes) if moved else _in_srgb(stored, profile, notes)


def seen(path: Path, side: int | None = None) -> Pixels:
    """Upright sRGB pixels of 8 bits, at most `side` long: a preview of what `read_whole` gives.

    Camera raw is developed, where `decode.read` takes the camera's own picture. Raises UnreadableImage.
    """
    if decode.kind_of(path) != "raw":
        return decode.read(path, side)
    try:
        pixels = raw.develop(read_bytes(path), path, side)
    except UnreadableImage:
        return decode.read(path, side)
    return pixels if side is None else at_most(pixels, side)


def _counts(profile: bytes | None, moved: bool) -> bool:
    """Whether a profile makes a plain picture one that is not worked in sRGB."""
    if profile is None or icc.space(profile) not in ("RGB", "GRAY"):
        return False
    return moved or icc.wide(profile)


def _in_srgb(stored: Stored, profile: bytes | None, notes: tuple[str, ...]) -> Whole:
    """Colors in the curve of sRGB; in its primaries, where they are nearly these or told by tables."""
    gray = stored.shape[2] < 3
    count = 1 if gray else 3
    curves, drawn_in, lifted = None, False, False
    if profile is not None:
        deep = stored.dtype == np.uint16
        drawn_in = not (gray or deep or icc.wide(profile))
        curves = None if drawn_in else _curves(profile)
        lifted = curves is not None and not (gray or deep)
    if lifted:
        stored = sixteen(stored)
    colors = np.ascontiguousarray(stored[..., :count])
    colors = icc.to_srgb(colors, profile) if drawn_in else _looked_up(colors, curves)
    if gray:
        colors = np.repeat(colors, 3, axis=2)
    pixels = np.concatenate([colors, stored[..., count:]], axis=2)
    return Whole(pixels, profile, False, gray, curves, lifted, drawn_in, notes)


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


def _back(colors: Samples, curves: Curves | None) -> Samples:
    """The inverse of what was done to the file's codes."""
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
