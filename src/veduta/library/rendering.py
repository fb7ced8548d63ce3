"""From versions to pictures: the full-size file, previews and thumbnails, each made again when it is missing."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from veduta.edit.edited_file import write_edited
from veduta.edit.edits import Edits, Kept
from veduta.edit.picture_file import SUFFIXES, Written, kind_for
from veduta.edit.whole import seen
from veduta.errors import NotFound
from veduta.files import write_bytes
from veduta.image import decode
from veduta.image.photo import Pixels, at_most
from veduta.image.thumbnails import write_thumbnail
from veduta.library import versions
from veduta.library.catalog import Catalog
from veduta.library.schema import FileRow, PhotoRow
from veduta.library.versions import BadVersion, Version
from veduta.progress import Progress

LARGEST_BASE = 8192  # longer side of what a preview starts from


@dataclass(frozen=True, slots=True)
class Ground:
    """What edits start from: a file, the size of its upright picture, and a key that names its content."""

    path: Path
    width: int
    height: int
    key: str

    def pixels(self, side: int | None = None) -> Pixels:
        """Its upright pixels, at most `side` long, as edits at full size see them; raises UnreadableImage."""
        return seen(self.path, side)


def ground(catalog: Catalog, photo_id: int, version: Version | None = None) -> Ground:
    """What the edits of a photo, or of a version of it, start from; raises NotFound and BadVersion."""
    if version is not None and version.base is not None:
        path = versions.folder(catalog) / version.base
        if not path.is_file():
            raise NotFound(f"{path}: the picture that this version starts from is gone; make it again")
        width, height = decode.size(path)
        return Ground(path, width, height, version.base)
    with catalog.session() as session:
        photo = session.get(PhotoRow, photo_id)
        if photo is None:
            raise NotFound(f"there is no photo {photo_id}")
        if photo.media != "photo":
            raise BadVersion(f"photo {photo_id} is a film: only pictures can be edited")
        facts = (photo.width, photo.height, photo.hash)
    return Ground(source_file(catalog, photo_id), *facts)


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
    version = versions.get(catalog, version_id)
    done = rendered(catalog, version)
    if done is not None:
        return done
    original, base = _sources(catalog, version)
    target = versions.file_of(catalog, version, SUFFIXES[kind_for(original)][0])
    if version.whole and version.edits.neutral:
        _doubled(original, target)
    else:
        write_edited(original, version.edits, target, progress=progress, base=base)
    # It may have been changed or taken away meanwhile: then nobody will ask for this file.
    versions.sweep(catalog, version_id)
    return target


def export(
    catalog: Catalog,
    version_id: int,
    target: Path,
    location: bool = True,
    progress: Progress | None = None,
) -> Written:
    """Write a version at full size to a file of the user's, in the format of its suffix.

    Raises what `render` raises, and NotWritten and WouldOverwrite.
    """
    version = versions.get(catalog, version_id)
    original, base = _sources(catalog, version)
    return write_edited(original, version.edits, target, location, progress, base)


def _sources(catalog: Catalog, version: Version) -> tuple[Path, Path | None]:
    """The file whose format and metadata a version has, and the one with its pixels where that is another."""
    if version.base is None:
        return source_file(catalog, version.photo_id), None
    base = ground(catalog, version.photo_id, version).path
    return (base, None) if version.whole else (source_file(catalog, version.photo_id), base)


def _doubled(source: Path, target: Path) -> None:
    """The same file under another name: one content for both, where the disk can do that."""
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        write_bytes(target, source.read_bytes())


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
