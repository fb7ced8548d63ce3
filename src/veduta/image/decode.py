"""Any photo file to upright sRGB pixels: the one door through which pictures come in."""

from __future__ import annotations

from pathlib import Path

from veduta.errors import UnreadableImage
from veduta.image import exif, formats, heif, icc, jpeg, limits, orientation, rasters, raw, video
from veduta.image.photo import Photo, Pixels, at_most
from veduta.image.source import Memory, Source


def read(path: Path | str, max_side: int | None = None) -> Pixels:
    """The photo's upright sRGB pixels, uint8 (H, W, 3); the longer side at most `max_side` pixels, if given.

    See `load` for the size that comes back and the errors.
    """
    return load(path, max_side).pixels


def load(path: Path | str, max_side: int | None = None) -> Photo:
    """Decode a photo once, for everything that will look at it; of a video, its first frame.

    Pixels are never enlarged. Where the decoder can scale while decoding (JPEG), a size up to 4 % below
    `max_side` is taken as it comes: a side of 4032 comes back as 2016 for a `max_side` of 2048. Opens by
    content, whatever the name says. Safe to call from several threads. Raises UnreadableImage with the
    reason; ValueError when `max_side` < 1.
    """
    if max_side is not None and max_side < 1:
        raise ValueError(f"max_side must be at least 1, not {max_side}")
    path = Path(path)
    with Source(path) as source:
        kind = _kind(source, path)
        data = b"" if kind == "video" else source.all()
    notes = [formats.note_on_name(path, kind)]
    if kind == "jpeg":
        pixels, size, note = _jpeg(data, max_side, path)
        notes.append(note)
    elif kind == "heif":
        pixels, size = heif.read(data, max_side, path)
    elif kind == "raw":
        pixels, size = raw.read(data, max_side, path)
    elif kind == "video":
        pixels = video.first_frame(path)
        size = (pixels.shape[1], pixels.shape[0])
    else:
        pixels, size = rasters.read(data, kind, max_side, path)
    if max_side is not None:
        pixels = at_most(pixels, max_side)
    return Photo(pixels, *size, path=path, format=kind, notes=tuple(n for n in notes if n))


def size(path: Path | str) -> tuple[int, int]:
    """Width and height of the upright photo, read from its header; raises UnreadableImage."""
    path = Path(path)
    with Source(path) as source:
        kind = _kind(source, path)
        if kind == "jpeg":
            header = jpeg.read_header(source)
            if header is not None and header.width and header.height:
                limits.check_pixels(path, header.width, header.height)
                return orientation.upright_size(header.width, header.height, exif.orientation_of(header.exif))
        data = b"" if kind == "video" else source.all()
    if kind == "video":
        clip = video.probe(path)
        return clip.width, clip.height
    if kind == "heif":
        return heif.size(data, path)
    if kind == "raw":
        return raw.size(data, path)
    with rasters.open_picture(data, kind, path) as picture:
        return rasters.upright_size(picture)


def kind_of(path: Path | str) -> formats.Format:
    """The format by content; raises UnreadableImage when the file cannot be read."""
    path = Path(path)
    with Source(path) as source:
        return _kind(source, path)


def _kind(source: Source, path: Path) -> formats.Format:
    kind = formats.sniff(source.at(0, 512))
    suffix = path.suffix.lower()
    if kind == "tiff" and (suffix in formats.RAW_SUFFIXES or raw.is_raw(source)):
        return "raw"
    if kind == "other" and suffix in formats.RAW_SUFFIXES:
        return "raw"
    return kind


def _jpeg(data: bytes, max_side: int | None, path: Path) -> tuple[Pixels, tuple[int, int], str | None]:
    """Pixels, upright size and a note."""
    header = jpeg.read_header(Memory(data))
    if header is None or header.width == 0 or header.height == 0:
        if len(data) < 1024 and header is None:
            raise UnreadableImage(path, f"truncated: only {len(data)} bytes of a JPEG came")
        pixels, size = rasters.read(data, "jpeg", max_side, path)
        return pixels, size, None
    limits.check_pixels(path, header.width, header.height)
    if header.components not in (1, 3) or header.bits != 8:
        pixels, size = rasters.read(data, "jpeg", max_side, path)
        return pixels, size, None
    with limits.one_giant_at_a_time(header.width * header.height):
        pixels, note = jpeg.decode(data, header, max_side, path)
    if max_side is not None:
        pixels = at_most(pixels, max_side)  # before colors and turning: fewer pixels to go through
    facts = exif.read_block(header.exif) if header.exif else None
    if header.icc is not None:
        pixels = icc.to_srgb(pixels, header.icc)
    elif facts is not None and facts.adobe_rgb:
        pixels = icc.adobe_rgb()(pixels)
    turn = orientation.valid(facts.orientation if facts else 1)
    return (
        orientation.upright(pixels, turn),
        orientation.upright_size(header.width, header.height, turn),
        note,
    )
