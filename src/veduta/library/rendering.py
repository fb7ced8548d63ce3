"""From versions to pictures: the full-size file, previews and thumbnails, each made again when it is missing."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from veduta.edit.edits import Edits, Kept
from veduta.errors import NotFound
from veduta.image import decode
from veduta.image.photo import Pixels, at_most
from veduta.image.thumbnails import write_thumbnail
from veduta.library import versions
from veduta.library.catalog import Catalog
from veduta.library.schema import FileRow, PhotoRow
from veduta.library.versions import BadVersion, Version
from veduta.progress import Progress, Silent

# Pictures in formats that are not written come out as the one that keeps most of them.
SUFFIXES = {"jpeg": ".jpg", "png": ".png", "webp": ".webp", "tiff": ".tif", "heif": ".jpg", "raw": ".jpg"}
LARGEST_BASE = 8192  # longer side of what a preview starts from


@dataclass(frozen=True, slots=True)
class Ground:
    """What edits start from: a file, the size of its upright picture, and a key that names its content."""

    path: Path
    width: int
    height: int
    key: str
    format: str

    def pixels(self, side: int | None = None) -> Pixels:
        """Its upright pixels, at most `side` long; raises UnreadableImage."""
        return decode.read(self.path, side)

    @property
    def suffix(self) -> str:
        """How the name of an edited picture ends."""
        return SUFFIXES.get(self.format, ".png")


def ground(catalog: Catalog, photo_id: int, version: Version | None = None) -> Ground:
    """What the edits of a photo, or of a version of it, start from; raises NotFound and BadVersion."""
    if version is not None and version.base is not None:
        path = versions.folder(catalog) / version.base
        if not path.is_file():
            raise NotFound(f"{path}: the picture of this stack is gone; make the stack again")
        width, height = decode.size(path)
        return Ground(path, width, height, version.base, decode.kind_of(source_file(catalog, photo_id)))
    with catalog.session() as session:
        photo = session.get(PhotoRow, photo_id)
        if photo is None:
            raise NotFound(f"there is no photo {photo_id}")
        if photo.media != "photo":
            raise BadVersion(f"photo {photo_id} is a film: only pictures can be edited")
        facts = (photo.width, photo.height, photo.hash)
    path = source_file(catalog, photo_id)
    return Ground(path, *facts, decode.kind_of(path))


def source_file(catalog: Catalog, photo_id: int) -> Path:
    """A file of a photo that can be read now; raises NotFound."""
    with catalog.session() as session:
        paths = session.scalars(
            select(FileRow.path)
            .where(FileRow.photo_id == photo_id, FileRow.role == "original")
            .order_by(FileRow.missing_since.is_not(None), FileRow.id)
        ).all()
    found = next((Path(p) for p in paths if os.path.isfile(p) and os.access(p, os.R_OK)), None)  # noqa: PTH113
    if found is None:
        shown = paths[0].encode("utf-8", "replace").decode() if paths else f"photo {photo_id}"
        raise NotFound(f"{shown}: the file cannot be read at the moment; is its drive plugged in?")
    return found


def rendered(catalog: Catalog, version: Version) -> Path | None:
    """The full-size file of a version, if it has been made."""
    found = versions.folder(catalog).glob(f"{version.id}-{version.tag}.*")
    return next((path for path in found if path.is_file()), None)


def render(catalog: Catalog, version_id: int, progress: Progress | None = None) -> Path:
    """Make the full-size file of a version, in the format of its photo; returns where it is.

    A file that is there is not made again; one that is half made never shows. The progress may raise to stop.
    Raises NotFound, UnreadableImage and what edits raise.
    """
    progress = progress or Silent()
    version = versions.get(catalog, version_id)
    done = rendered(catalog, version)
    if done is not None:
        return done
    start = ground(catalog, version.photo_id, version)
    progress.begin("reading", 1)
    pixels = start.pixels()
    progress.end()
    pixels = version.edits.apply(pixels, 1.0, progress)
    progress.begin("writing", 1)
    target = versions.file_of(catalog, version, start.suffix)
    _write(pixels, target, source_file(catalog, version.photo_id))
    progress.end()
    # It may have been changed or taken away meanwhile: then nobody will ask for this file.
    versions.sweep(catalog, version_id)
    return target


def preview(start: Ground, edits: Edits, side: int, kept: Kept | None = None) -> Pixels:
    """The edited picture with a longer side of at most `side`.

    It is made from a copy that is just large enough, so that after a narrow crop there is still something to
    see. `kept` saves the steps between.
    """
    after = max(edits.size_after(start.width, start.height))
    longer = max(start.width, start.height)
    needed = side * longer / after
    # Sizes in steps of half an octave: a crop that moves a little starts from the same copy.
    steps = max(0, math.ceil(2 * math.log2(needed / side) - 1e-9))
    base_side = min(longer, round(side * 2 ** (steps / 2)), max(side, LARGEST_BASE))
    shelf = None if kept is None else Shelf(kept, f"{start.key} {base_side} ")
    pixels = None if shelf is None else shelf.get("")
    if pixels is None:
        pixels = start.pixels(base_side)
        if shelf is not None:
            shelf.put("", pixels)
    scale = max(pixels.shape[:2]) / longer
    return at_most(edits.apply(pixels, scale, None, shelf), side)


class Shelf:
    """The part of what is kept that belongs to one picture at one size."""

    def __init__(self, kept: Kept, prefix: str) -> None:
        self._kept, self._prefix = kept, prefix

    def get(self, key: str) -> Pixels | None:
        """The picture kept under `key`."""
        return self._kept.get(self._prefix + key)

    def put(self, key: str, pixels: Pixels) -> None:
        """Keep a picture."""
        self._kept.put(self._prefix + key, pixels)


def thumbnail(catalog: Catalog, version: Version, side: int, kept: Kept | None = None) -> Path:
    """The file of a small picture of a version, made now if it is not there yet."""
    path = versions.file_of(catalog, version, f"_{side}.webp")
    if not path.is_file():
        done = rendered(catalog, version)
        if done is not None:
            pixels = decode.read(done, side)
        else:
            pixels = preview(ground(catalog, version.photo_id, version), version.edits, side, kept)
        write_thumbnail(pixels, path, side)
    return path


def _write(pixels: Pixels, target: Path, source: Path) -> None:
    """Write an edited picture, with what its original says about itself."""
    from PIL import Image

    from veduta.files import replacing

    kind = {".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".tif": "TIFF"}[target.suffix]
    with replacing(target) as temporary:
        Image.fromarray(pixels).save(temporary, kind, quality=95)
