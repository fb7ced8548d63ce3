"""AVIF pictures of more than 8 bits, which Pillow reads in 8 (dav1d through PyAV).

Chroma of fewer pixels is interpolated between the middles of its own. Sources: AV1 Image File Format 1.1 (Alliance for
Open Media, 2022), ITU-T H.273 (codes of colors, and how planes become RGB).
"""

from __future__ import annotations

import io
import struct
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image import limits
from veduta.image.isobmff import boxes, content, find
from veduta.image.source import Memory

# Codes of ITU-T H.273: the primaries of Display P3, and the curves of PQ and HLG.
PRIMARIES_P3, HDR = 12, (16, 18)
# Shares of red and blue in luma, by the code of the matrix; 2: not told, which means BT.601 here.
LUMA = {
    1: (0.2126, 0.0722),
    2: (0.299, 0.114),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    9: (0.2627, 0.0593),
}
IDENTITY = 0


class Told(NamedTuple):
    """What a file tells of its colors: bits, codes of primaries, curve and matrix, and whether all codes are used."""

    bits: int = 8
    primaries: int = 2
    transfer: int = 2
    matrix: int = 2
    full: bool = True

    @property
    def hdr(self) -> bool:
        """Whether codes are those of PQ or HLG."""
        return self.transfer in HDR


def told(data: bytes) -> Told:
    """What the header tells; what it does not tell is as usual."""
    source = Memory(data)
    meta = find(source, b"meta")
    shared = None if meta is None else find(source, b"iprp", b"ipco", start=meta.start + 4, end=meta.end)
    found = Told()
    for box in () if shared is None else boxes(source, shared.start, shared.end):
        body = content(source, box) if box.kind in (b"av1C", b"colr") else b""
        if box.kind == b"av1C" and len(body) >= 3 and body[2] & 0x40:
            found = found._replace(bits=12 if body[2] & 0x20 else 10)
        elif body[:4] == b"nclx" and len(body) >= 11:
            primaries, transfer, matrix = struct.unpack(">HHH", body[4:10])
            found = found._replace(
                primaries=primaries, transfer=transfer, matrix=matrix, full=bool(body[10] & 0x80)
            )
    return found


def colors(data: bytes) -> NDArray[np.uint16] | None:
    """The colors (h, w, 3) of the picture as it is coded, neither turned nor converted, without transparency.

    None where it is of a form that is not put together here: tiles, other matrices, multiplied transparency.
    """
    import av

    facts = told(data)
    planes: list[NDArray[Any]] = []
    if b"prem" in data[:8192]:
        return None
    try:
        with av.open(io.BytesIO(data), format="mov", mode="r") as file:
            main = file.streams.video[0]
            shape = (main.codec_context.height, main.codec_context.width)
            # Tiles of a large picture come as streams of their own, all of one size with colors.
            grays = [one.codec_context.pix_fmt or "" for one in file.streams.video[1:]]
            if any(not form.startswith("gray") for form in grays):
                return None
            with limits.one_giant_at_a_time(shape[0] * shape[1]):
                frame = next(file.decode(main))
                form = frame.format
                if form.components[0].bits != facts.bits or form.name[:3] not in ("yuv", "gra", "gbr"):
                    return None
                planes = [_plane(one) for one in frame.planes[:3]]
    except (av.error.FFmpegError, StopIteration, IndexError, ValueError, MemoryError):
        return None
    return _rgb(planes, facts, form.name.startswith("gbr"))


def _plane(plane: Any) -> NDArray[np.uint16]:
    rows = np.frombuffer(plane, np.uint16).reshape(plane.height, plane.line_size // 2)
    return rows[:, : plane.width].copy()


def _rgb(planes: list[NDArray[Any]], facts: Told, gbr: bool) -> NDArray[np.uint16] | None:
    """Codes of 16 bits from planes of luma and two of chroma, or of green, blue and red."""
    top, unit = float((1 << facts.bits) - 1), float(1 << (facts.bits - 8))
    low, span = (0.0, top) if facts.full else (16 * unit, 219 * unit)
    first = (planes[0].astype(np.float32) - np.float32(low)) * np.float32(65535 / span)
    if len(planes) == 1:
        return _codes([first] * 3)
    if gbr or facts.matrix == IDENTITY:
        green, blue, red = (
            (one.astype(np.float32) - np.float32(low)) * np.float32(65535 / span) for one in planes
        )
        return _codes([red, green, blue])
    if facts.matrix not in LUMA:
        return None
    kr, kb = LUMA[facts.matrix]
    middle, wide = float(1 << (facts.bits - 1)), top if facts.full else 224 * unit
    size = (planes[0].shape[1], planes[0].shape[0])
    blues, reds = (
        _widened((one.astype(np.float32) - np.float32(middle)) * np.float32(65535 / wide), size)
        for one in planes[1:]
    )
    red = first + np.float32(2 * (1 - kr)) * reds
    blue = first + np.float32(2 * (1 - kb)) * blues
    green = (first - np.float32(kr) * red - np.float32(kb) * blue) / np.float32(1 - kr - kb)
    return _codes([red, green, blue])


def _widened(plane: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Chroma at the size of luma; where sides are odd its last pixel stands for one."""
    if (plane.shape[1], plane.shape[0]) == size:
        return plane
    times = [2 if plane.shape[1 - axis] < size[axis] else 1 for axis in (0, 1)]
    whole = (plane.shape[1] * times[0], plane.shape[0] * times[1])
    larger: Any = cv2.resize(plane, whole, interpolation=cv2.INTER_LINEAR)
    return np.asarray(larger[: size[1], : size[0]], np.float32)


def _codes(channels: list[NDArray[np.float32]]) -> NDArray[np.uint16]:
    out = np.empty((*channels[0].shape, 3), np.uint16)
    for number, one in enumerate(channels):
        out[..., number] = np.clip(np.rint(one), 0, 65535)
    return out
