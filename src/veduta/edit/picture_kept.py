"""What an edited copy keeps of its original's metadata: EXIF, XMP and IPTC, set right for the new picture."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

_ORIENTATION = 0x0112
_WIDTH, _HEIGHT = 0xA002, 0xA003
_EXIF_DIRECTORY, _GPS_DIRECTORY = 0x8769, 0x8825
_COLORS, _SRGB, _ADOBE_RGB, _OTHER = 0xA001, 1, 2, 0xFFFF
_COLORS_DIRECTORY, _COLORS_NAME, _ADOBE_NAME = 0xA005, 1, "R03"
# Tags that describe how the original's pixels lie in its file: they would contradict the new one.
_LAYOUT = frozenset(
    (
        *(
            0x00FE,
            0x00FF,
            0x0100,
            0x0101,
            0x0102,
            0x0103,
            0x0106,
            0x010A,
            0x0111,
            0x0115,
            0x0116,
            0x0117,
            0x011C,
        ),
        *(
            0x013D,
            0x0140,
            0x0142,
            0x0143,
            0x0144,
            0x0145,
            0x014A,
            0x0152,
            0x0153,
            0x015B,
            0x0200,
            0x0201,
            0x0202,
        ),
        *(0x0211, 0x0212, 0x0213, 0x0214, 0x02BC, 0x83BB, 0x8649, 0x8773, 0xC4A5),
    )
)
_XMP_ORIENTATION = re.compile(
    rb"""(tiff:Orientation\s*=\s*["'])\d(["'])|(<tiff:Orientation>)\d(</tiff:Orientation>)"""
)
_XMP_THUMBNAILS = re.compile(rb"<(xmp|xap):Thumbnails>.*?</\1:Thumbnails>", re.DOTALL)
# Resources of Photoshop's block that hold a small picture of the original.
_SMALL_PICTURES = (0x0409, 0x040C)


@dataclass(frozen=True, slots=True)
class Kept:
    """The blocks for the copy; None where there is nothing to keep. `notes` tell what could not be kept."""

    exif: Image.Exif | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    comment: bytes | None = None
    dpi: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()


def keep(picture: Image.Image | None, data: bytes, kind: str, path: Path, size: tuple[int, int]) -> Kept:
    """What the copy of `size` (width, height), upright, keeps of the opened original."""
    notes: list[str] = []
    exif = _exif(picture, path, size, notes)
    info: dict[Any, Any] = dict(picture.info) if picture is not None else {}
    xmp = info.get("xmp") or info.get("XML:com.adobe.xmp")
    if isinstance(xmp, str):
        xmp = xmp.encode()
    comment, dpi = info.get("comment"), info.get("dpi")
    return Kept(
        exif=exif,
        xmp=_set_right(xmp) if isinstance(xmp, bytes) else None,
        iptc=_iptc(data) if kind == "jpeg" else None,
        comment=comment if isinstance(comment, bytes) and comment else None,
        dpi=(float(dpi[0]), float(dpi[1]))
        if isinstance(dpi, tuple) and len(dpi) == 2 and min(dpi) > 0
        else None,
        notes=tuple(notes),
    )


def _exif(
    picture: Image.Image | None, path: Path, size: tuple[int, int], notes: list[str]
) -> Image.Exif | None:
    """The original's EXIF, upright and without thumbnail; where it has none that can be copied, what is known."""
    try:
        found = Image.Exif() if picture is None else picture.getexif()
        if len(found):
            return _upright(found, size)
    except Exception:  # a damaged block raises whatever the damage leads to
        notes.append("its EXIF is damaged; the copy has what could be read of it")
    return _known(path, size)


def _upright(found: Image.Exif, size: tuple[int, int]) -> Image.Exif:
    exif = Image.Exif()
    for tag, value in found.items():
        if tag not in _LAYOUT and tag not in (_EXIF_DIRECTORY, _GPS_DIRECTORY):
            exif[tag] = value
    exif[_ORIENTATION] = 1
    camera = dict(found.get_ifd(_EXIF_DIRECTORY))
    for tag, value in ((_WIDTH, size[0]), (_HEIGHT, size[1])):
        if tag in camera:
            camera[tag] = value
    # The directory that names other colors cannot be written: its name is told by the number that also stands for it.
    name = found.get_ifd(_COLORS_DIRECTORY).get(_COLORS_NAME) if camera.pop(_COLORS_DIRECTORY, None) else None
    if camera.get(_COLORS) == _OTHER and str(name).startswith(_ADOBE_NAME):
        camera[_COLORS] = _ADOBE_RGB
    for tag, directory in ((_EXIF_DIRECTORY, camera), (_GPS_DIRECTORY, dict(found.get_ifd(_GPS_DIRECTORY)))):
        if directory:
            exif.get_ifd(tag).update(directory)
            exif[tag] = directory
    exif.tobytes()  # raises now where a value cannot be written, not while the picture is saved
    return exif


def called_srgb(kept: Kept) -> Kept:
    """The same for a copy in sRGB of a photo whose EXIF says that its colors are others."""
    if kept.exif is not None and _COLORS in (camera := kept.exif.get_ifd(_EXIF_DIRECTORY)):
        camera[_COLORS] = _SRGB
        kept.exif[_EXIF_DIRECTORY] = dict(camera)
    return kept


def _known(path: Path, size: tuple[int, int]) -> Image.Exif | None:
    """An EXIF block of what Veduta reads out of any format (HEIC, raw, ...): moment, camera, position."""
    from veduta.image.metadata import read_metadata

    told = read_metadata(path)
    exif = Image.Exif()
    camera: dict[int, Any] = {}
    if told.camera:
        exif[0x0110] = told.camera
    if told.taken is not None:
        camera[0x9003] = told.taken.strftime("%Y:%m:%d %H:%M:%S")
        if told.taken_offset is not None:
            minutes = abs(told.taken_offset)
            camera[0x9011] = f"{'-' if told.taken_offset < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
    if camera:
        exif[_EXIF_DIRECTORY] = camera
    if told.latitude is not None and told.longitude is not None:
        exif[_GPS_DIRECTORY] = {
            1: "N" if told.latitude >= 0 else "S",
            2: _degrees(abs(told.latitude)),
            3: "E" if told.longitude >= 0 else "W",
            4: _degrees(abs(told.longitude)),
        }
    return exif if len(exif) else None


def _degrees(value: float) -> tuple[float, float, float]:
    whole = int(value)
    minutes = (value - whole) * 60
    return (float(whole), float(int(minutes)), round((minutes - int(minutes)) * 60, 4))


def _set_right(xmp: bytes) -> bytes:
    """XMP that calls the picture upright and holds no small picture of the original."""
    xmp = _XMP_ORIENTATION.sub(lambda m: (m.group(1) or m.group(3)) + b"1" + (m.group(2) or m.group(4)), xmp)
    return _XMP_THUMBNAILS.sub(b"", xmp)


def _iptc(data: bytes) -> bytes | None:
    """The segment of Photoshop's resources (IPTC among them) of a JPEG, without its small pictures."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in (0xD9, 0xDA):
            return None
        (length,) = struct.unpack_from(">H", data, at + 2)
        body = data[at + 4 : at + 2 + length]
        if marker == 0xED and body.startswith(b"Photoshop 3.0\0"):
            kept = b"".join(_resources(body[14:]))
            if not kept or len(kept) > 65500:
                return None
            return b"\xff\xed" + struct.pack(">H", len(kept) + 16) + b"Photoshop 3.0\0" + kept
        at += 2 + length
    return None


def _resources(body: bytes) -> list[bytes]:
    """The resources that are kept, each as it stands: sign, number, name and data, the last two padded to even."""
    kept, at = [], 0
    while at + 12 <= len(body) and body[at : at + 4] == b"8BIM":
        (number,) = struct.unpack_from(">H", body, at + 4)
        name = 1 + body[at + 6]
        start = at + 6 + name + name % 2
        if start + 4 > len(body):
            break
        (size,) = struct.unpack_from(">I", body, start)
        end = start + 4 + size + size % 2
        if number not in _SMALL_PICTURES:
            kept.append(body[at:end])
        at = end
    return kept
