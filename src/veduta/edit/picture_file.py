"""Edited pixels to a file like the original's: same format, quality, colors, depth, transparency and metadata.

The original is never touched. Formats that cannot be written (HEIC, raw, ...) become JPEG, and the copy says so.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin, PngImagePlugin

from veduta.edit.picture_facts import depth, lossless, seen_through, transparent
from veduta.edit.picture_kept import Kept, called_srgb, keep
from veduta.edit.stored import put, to_profile
from veduta.errors import BadInput, UnreadableImage
from veduta.files import write_bytes
from veduta.image import icc, rasters
from veduta.image.decode import kind_of
from veduta.image.formats import NAMES
from veduta.image.photo import Pixels
from veduta.image.samples import eight, white
from veduta.image.source import read_bytes
from veduta.image.stored import Stored, bits, read_stored
from veduta.image.strip import strip_location

Bool = NDArray[np.bool_]

# The formats that are written, by the suffixes that ask for them; the first is the usual one.
SUFFIXES: dict[str, tuple[str, ...]] = {
    "jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "png": (".png",),
    "webp": (".webp",),
    "tiff": (".tif", ".tiff"),
    "avif": (".avif",),
    "bmp": (".bmp",),
}
# Quality where the original's cannot be told.
QUALITY = 92


class AnimatedPicture(BadInput):
    """A picture of several frames, which cannot be edited as a photo."""


class WouldOverwrite(BadInput):
    """A file that would be written over a photo."""


class NotWritten(BadInput):
    """A copy that could not be made as asked."""


@dataclass(frozen=True, slots=True)
class Written:
    """A copy: where it is, its format and what could not be kept."""

    path: Path
    format: str
    notes: tuple[str, ...] = ()


def kind_for(source: Path, target: Path | None = None) -> str:
    """The format of the copy: what the target's suffix asks for, else the original's.

    Where that cannot be written: PNG for pictures with transparency, else JPEG.
    """
    asked = target.suffix.lower() if target is not None else ""
    for kind, suffixes in SUFFIXES.items():
        if asked in suffixes:
            return kind
    if asked:
        known = ", ".join(s[0] for s in SUFFIXES.values())
        raise NotWritten(
            f"{target.name if target else ''}: pictures are written as {known}; name one of them"
        )
    kind = kind_of(source)
    if kind in SUFFIXES:
        return kind
    return "png" if seen_through(source) else "jpeg"


def name_for(source: Path, wanted: str | None = None) -> str:
    """The name of the copy beside other copies: the original's, with another suffix where its format is not written.

    `wanted`: the format of the copy.
    """
    kind = wanted or kind_for(source)
    suffix = source.suffix if source.suffix.lower() in SUFFIXES[kind] else SUFFIXES[kind][0]
    return source.stem + suffix


def full_kind_for(source: Path) -> str:
    """The format of a copy that keeps all bits: the original's, or PNG where that would be written with 8 of more."""
    kind = kind_of(source)
    return "png" if kind in ("heif", "raw", "avif") and depth(source) > 8 else kind_for(source)


def check_still(path: Path) -> None:
    """Raise AnimatedPicture for a film or an animation, NotWritten for none that can be opened as a picture."""
    kind = kind_of(path)
    if kind == "video":
        raise AnimatedPicture(f"{path.name}: a video; retouching is for photos")
    if kind in ("gif", "png", "webp", "avif", "tiff"):
        with rasters.open_picture(read_bytes(path), kind, path) as picture:
            frames = int(getattr(picture, "n_frames", 1))
        if frames > 1:
            what = "pages" if kind == "tiff" else "frames (animated)"
            raise AnimatedPicture(
                f"{path.name}: {frames} {what}; save the one you want as a picture of its own"
            )


def save(
    source: Path,
    pixels: Pixels,
    target: Path,
    changed: Bool | None = None,
    location: bool = True,
    metadata: Callable[[Kept], Kept] | None = None,
) -> Written:
    """Write the upright sRGB `pixels`, an edit of the photo `source`, to `target`, atomically.

    `changed` (height, width) marks the pixels that the edit changed: all others are written exactly as they are
    stored in the original (JPEG and its like still code them anew). None: all changed, and the size may have too.
    Without `location` the copy does not tell where the photo was taken; `metadata` may take out more. The format is
    that of the target's suffix. Raises WouldOverwrite when the target is the original, AnimatedPicture, NotWritten,
    UnreadableImage.
    """
    if same_file(source, target):
        raise WouldOverwrite(f"{target}: would write over the original; choose another name or folder")
    check_still(source)
    kind, wanted = kind_of(source), kind_for(source, target)
    data = read_bytes(source)
    size = (pixels.shape[1], pixels.shape[0])
    notes: list[str] = []
    picture = opened(data, kind, source)
    try:
        kept = keep(picture, data, kind, source, size)
        notes += kept.notes
        if kind == "jpeg" and not (picture is not None and picture.info.get("icc_profile")):
            kept = called_srgb(kept)
        kept = kept if metadata is None else metadata(kept)
        profile = picture.info.get("icc_profile") if picture is not None else None
        profile = profile if isinstance(profile, bytes) and icc.space(profile) == "RGB" else None
        stored: Stored
        if picture is None or changed is None:
            stored = _whole(pixels, profile)
            notes += [] if picture is None else _lost(data, kind, picture)
        else:
            stored, profile = _partly(data, kind, picture, pixels, changed, profile, notes)
        how = coding(data, picture, kind, wanted)
    finally:
        if picture is not None:
            picture.close()
    if kind == "heif" and depth(source) > 8:
        notes.append("worked in 8 bits a color")
    notes += another_format(kind, wanted)
    encoded = encode(wanted, stored, profile, kept, how, notes, target)
    if not location:
        encoded = without_location(encoded, source, target)
    write_bytes(target, encoded)
    return Written(target, wanted, tuple(notes))


def same_file(source: Path, target: Path) -> bool:
    """Whether two paths lead to one file, by whatever links."""
    try:
        return target.exists() and source.samefile(target)
    except OSError:
        return source.resolve() == target.resolve()


def opened(data: bytes, kind: str, path: Path) -> Image.Image | None:
    """The original through Pillow with its pixels read; None where only others can open it."""
    if kind in ("heif", "raw", "video"):
        return None
    picture = rasters.open_picture(data, kind, path)
    try:
        picture.load()
    except Exception as error:  # Pillow's readers raise whatever the damage leads to
        if kind == "jpeg":  # truncated ones are read as far as they go, by another decoder
            return None
        picture.close()
        raise UnreadableImage(path, f"damaged: {error}") from error
    return picture


def _whole(pixels: Pixels, profile: bytes | None) -> Stored:
    if profile is None:
        return pixels
    return to_profile(pixels.reshape(-1, 3), profile).reshape(pixels.shape)


def _lost(data: bytes, kind: str, picture: Image.Image) -> list[str]:
    """What sRGB pixels of 8 bits lack of what is stored."""
    notes = []
    if bits(data, kind, picture) == 16:
        notes.append("worked in 8 bits a color")
    if transparent(picture):
        notes.append("its transparency became white")
    if picture.mode in ("CMYK", "LAB"):
        notes.append(f"colors of kind {picture.mode} became RGB")
    return notes


def another_format(kind: str, wanted: str) -> list[str]:
    """What is to be told where a format that cannot be written became another one."""
    if kind == wanted or kind in SUFFIXES:
        return []
    return [f"{NAMES.get(kind, 'this format')} cannot be written: the copy is {NAMES[wanted]}"]


def _partly(
    data: bytes,
    kind: str,
    picture: Image.Image,
    pixels: Pixels,
    changed: Bool,
    profile: bytes | None,
    notes: list[str],
) -> tuple[Stored, bytes | None]:
    """The stored pixels with the edit in them, and the profile that they are in."""
    if kind == "jpeg" and picture.mode == "RGB" and profile is None:
        return pixels, None  # the very pixels that the edit began with
    stored = read_stored(data, kind, picture)
    if stored is None:
        notes.append(f"colors of kind {picture.mode} became RGB")
        return pixels, None
    if stored.shape[:2] != pixels.shape[:2]:
        raise NotWritten(
            f"edited pixels of {pixels.shape[1]} x {pixels.shape[0]} for a photo of {stored.shape[1]} x"
            f" {stored.shape[0]}"
        )
    if kind == "gif" or picture.mode == "P":
        notes.append("its palette became full colors")
    return put(stored, pixels, changed, profile), profile


def coding(data: bytes, picture: Image.Image | None, kind: str, wanted: str) -> dict[str, Any]:
    """How to encode so that the copy has the quality of the original."""
    same = kind == wanted and picture is not None
    if wanted == "jpeg":
        if same and isinstance(picture, JpegImagePlugin.JpegImageFile) and picture.mode in ("RGB", "L"):
            sampling = JpegImagePlugin.get_sampling(picture)
            return {
                "qtables": picture.quantization,
                "subsampling": sampling if sampling in (0, 1, 2) else 0,
                "progressive": bool(picture.info.get("progressive") or picture.info.get("progression")),
                "optimize": True,
            }
        return {"quality": QUALITY, "subsampling": 0}
    if wanted == "webp":
        exact = same and lossless(data)
        return {"lossless": exact, "quality": 100 if exact else QUALITY, "method": 4}
    if wanted == "avif":
        return {"quality": 85, "speed": 7}
    if wanted == "tiff":
        compression = picture.info.get("compression") if picture is not None and same else None
        known = {"raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"}
        return {"compression": compression if compression in known else "tiff_lzw"}
    return {}


Encoder = Callable[[Stored, bytes | None, Kept, dict[str, Any], list[str]], bytes]


def encode(
    kind: str,
    stored: Stored,
    profile: bytes | None,
    kept: Kept,
    options: dict[str, Any],
    notes: list[str],
    target: Path,
) -> bytes:
    """The bytes of a file of stored pixels and what is kept; what could not be done as asked goes to `notes`."""
    if stored.dtype == np.uint16 and kind not in ("png", "tiff"):
        notes.append(f"{NAMES[kind]} has 8 bits a color: the others were left out")
        stored = eight(stored)
    if kind in ("jpeg", "bmp") and stored.shape[2] in (2, 4):
        notes.append(f"{NAMES[kind]} has no transparency: it became white")
        stored = _on_white(stored)
    if stored.dtype == np.uint16:
        return _deep(kind, stored, profile, kept, notes)
    picture = Image.fromarray(stored[..., 0] if stored.shape[2] == 1 else np.ascontiguousarray(stored))
    settings: dict[str, Any] = dict(options)
    if profile is not None:
        settings["icc_profile"] = profile
    if kept.exif is not None and kind not in ("bmp", "tiff"):
        settings["exif"] = kept.exif.tobytes()
    if kept.dpi is not None and kind in ("jpeg", "png", "tiff", "bmp"):
        settings["dpi"] = kept.dpi
    if kind == "png":
        settings["pnginfo"] = _texts(kept)
    elif kept.xmp is not None and (kind in ("webp", "avif") or (kind == "jpeg" and len(kept.xmp) < 65500)):
        settings["xmp"] = kept.xmp
    if kind == "jpeg":
        if kept.iptc is not None:
            settings["extra"] = kept.iptc
        if kept.comment is not None:
            settings["comment"] = kept.comment
        if len(settings.get("exif", b"")) > 65500:
            del settings["exif"]
            notes.append("its EXIF is too large for JPEG and was left out")
    out = io.BytesIO()
    try:
        picture.save(out, {"jpeg": "JPEG"}.get(kind, kind.upper()), **settings)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotWritten(f"{target.name}: cannot be written as {NAMES[kind]}: {error}") from error
    # libtiff, which compresses, takes no directory within a directory.
    return _tiff_with(out.getvalue(), None, kept) if kind == "tiff" else out.getvalue()


def _texts(kept: Kept) -> PngImagePlugin.PngInfo:
    texts = PngImagePlugin.PngInfo()
    if kept.xmp is not None:
        texts.add_itxt("XML:com.adobe.xmp", kept.xmp.decode("utf-8", "replace"))
    if kept.comment is not None:
        texts.add_itxt("Comment", kept.comment.decode("utf-8", "replace"))
    return texts


def _on_white(stored: Stored) -> Stored:
    colors, alpha = stored[..., :-1].astype(np.float32), stored[..., -1:].astype(np.float32)
    full = float(white(stored))
    share = alpha / full
    return np.asarray(np.rint(colors * share + full * (1 - share)), stored.dtype)


def _deep(kind: str, stored: Stored, profile: bytes | None, kept: Kept, notes: list[str]) -> bytes:
    """16 bits a color, which Pillow cannot write: OpenCV codes the pixels; metadata are put in afterwards."""
    order = {1: [0], 2: [0, 0, 0, 1], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[stored.shape[2]]
    if stored.shape[2] == 2:
        notes.append("gray of 16 bits with transparency was written as RGB")
    suffix = ".png" if kind == "png" else ".tiff"
    done, coded = cv2.imencode(suffix, np.ascontiguousarray(stored[..., order]))
    if not done:
        raise NotWritten(f"a picture of 16 bits could not be written as {NAMES[kind]}")
    data = bytes(coded)
    if kind == "png":
        return _png_with(data, profile, kept)
    return _tiff_with(data, profile, kept)


def _png_with(data: bytes, profile: bytes | None, kept: Kept) -> bytes:
    """A PNG with chunks of color and metadata put behind its header."""
    import struct
    import zlib

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    added = b""
    if profile is not None:
        added += chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(profile))
    if kept.dpi is not None:
        across, down = (round(v / 0.0254) for v in kept.dpi)
        added += chunk(b"pHYs", struct.pack(">IIB", across, down, 1))
    if kept.xmp is not None:
        added += chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + kept.xmp)
    if kept.exif is not None:
        added += chunk(b"eXIf", kept.exif.tobytes().removeprefix(b"Exif\0\0"))
    header = 8 + 25
    return data[:header] + added + data[header:]


def _tiff_with(data: bytes, profile: bytes | None, kept: Kept) -> bytes:
    """A TIFF whose directory is written anew at its end, with the tags of color and metadata in it."""
    from veduta.edit.tiff_tags import with_tags

    return with_tags(data, profile, kept.xmp, kept.exif)


def without_location(data: bytes, source: Path, target: Path) -> bytes:
    """The bytes of a copy that does not tell where its photo was taken; raises NotWritten."""
    import tempfile

    from veduta.image.metadata import read_metadata

    stripped = strip_location(data)
    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder) / target.name
        probe.write_bytes(stripped)
        left = read_metadata(probe)
    if left.latitude is not None or left.longitude is not None:
        raise NotWritten(f"{source.name}: its position cannot be taken out of the copy; nothing was written")
    return stripped
