"""Export: copies of originals in a folder, proved by their hashes; with sidecars, without their position, or
anonymized.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from veduta.errors import BadInput, NotFound, VedutaError
from veduta.files import replacing
from veduta.image.hashes import content_hash
from veduta.image.metadata import Metadata, read_metadata, write_sidecar
from veduta.image.strip import strip_location
from veduta.library.catalog import Catalog
from veduta.library.companions import SIDECAR
from veduta.library.identify import batches
from veduta.library.schema import FileRow, Keyword, PhotoRow
from veduta.progress import Progress, Silent

if TYPE_CHECKING:
    from veduta.edit.redaction import Redactor


class LocationLeftError(VedutaError):
    """A copy from which the position could not be taken out; it was not written."""


class NoSidecarsError(BadInput):
    """Anonymized copies with sidecars: those would tell what the copies hide."""


@dataclass(frozen=True, slots=True)
class Exported:
    """One photo: its file in the library, its copy (None when it failed) and the reason."""

    photo_id: int
    path: str
    copy: str | None
    reason: str | None = None

    def as_json(self) -> dict[str, object]:
        """The stable JSON form."""
        return {"path": self.path, "copy": self.copy, "error": self.reason}


def export(
    catalog: Catalog,
    photo_ids: Sequence[int],
    target: Path,
    sidecars: bool = False,
    location: bool = True,
    progress: Progress | None = None,
    anonymize: Sequence[str] = (),
    style: str = "pixelate",
) -> list[Exported]:
    """Copy photos into the folder `target`, in the order given, each under its name (numbered where it is
    taken).

    `sidecars` writes an XMP file beside each copy with what the library knows; without `location` neither
    the copies nor the sidecars tell where a photo was taken. What is named in `anonymize` (plates, faces, text,
    people) is hidden for good in the copies, in a `style` of `edit.redact`, and of their metadata only how they were
    taken is left. Raises NotFound for an unknown photo, NoSidecarsError, UnknownWhat, UnknownStyle; what cannot be
    copied is told in the answer. Files that are there already are never overwritten.
    """
    progress = progress or Silent()
    redactor = _redactor(anonymize, style)
    if redactor is not None and sidecars:
        raise NoSidecarsError("anonymized copies have no sidecars: they would tell names and places")
    out: list[Exported] = []
    progress.begin("exporting", len(photo_ids))
    for part in batches(photo_ids, 256):
        with catalog.session() as session:
            for photo_id in part:
                out.append(_export_one(session, photo_id, target, sidecars, location, redactor))
                progress.advance()
    progress.end()
    return out


def _redactor(anonymize: Sequence[str], style: str) -> Redactor | None:
    if not anonymize:
        return None
    from veduta.edit.redaction import Order, Redactor
    from veduta.edit.regions import shared_eyes

    return Redactor(Order(tuple(anonymize), style, every=True), shared_eyes())  # type: ignore[arg-type]


def _export_one(
    session: Session,
    photo_id: int,
    target: Path,
    sidecars: bool,
    location: bool,
    redactor: Redactor | None = None,
) -> Exported:
    photo = session.get(PhotoRow, photo_id)
    if photo is None:
        raise NotFound(f"there is no photo {photo_id}")
    paths = session.scalars(
        select(FileRow.path)
        .where(FileRow.photo_id == photo_id, FileRow.role == "original")
        .order_by(FileRow.missing_since.is_not(None), FileRow.path)
    ).all()
    path = next((p for p in paths if os.path.isfile(p)), None)  # noqa: PTH113
    if path is None:
        return Exported(photo_id, paths[0] if paths else "", None, "the file is not there")
    copy = free_name(target, Path(path).name)
    try:
        if redactor is not None:
            from veduta.edit.picture_file import name_for

            copy = free_name(target, name_for(Path(path)))
            redactor.redact(Path(path), copy)
            return Exported(photo_id, path, str(copy))
        _copy(Path(path), copy, photo.hash, location)
        if sidecars:
            sidecar = copy.with_name(copy.name + SIDECAR)
            write_sidecar(sidecar, _known(session, photo, Path(path), location), (photo.width, photo.height))
    except VedutaError as error:
        return Exported(photo_id, path, None, str(error))
    except OSError as error:
        return Exported(photo_id, path, None, error.strerror or str(error))
    return Exported(photo_id, path, str(copy))


def free_name(folder: Path, name: str) -> Path:
    """`folder`/`name`, or with a number where that is taken."""
    stem, suffix = os.path.splitext(name)  # noqa: PTH122
    number, path = 1, folder / name
    while os.path.lexists(path):
        number += 1
        path = folder / f"{stem} ({number}){suffix}"
    return path


def _copy(source: Path, target: Path, known: str, location: bool) -> None:
    with replacing(target) as temporary:
        with source.open("rb") as original, temporary.open("wb") as out:
            if location:
                while block := original.read(1 << 20):
                    out.write(block)
            else:
                out.write(strip_location(original.read()))
        if location and content_hash(temporary) != known:
            raise VedutaError(f"{source.name}: has changed since it was added; add its folder again first")
        if not location:
            _check_stripped(source, temporary)
        facts = source.stat()
        os.utime(temporary, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def _check_stripped(source: Path, copy: Path) -> None:
    left = read_metadata(copy)
    if left.latitude is not None or left.longitude is not None:
        raise LocationLeftError(
            f"{source.name}: its position cannot be taken out of this kind of file; not exported"
        )


def _known(session: Session, photo: PhotoRow, path: Path, location: bool) -> Metadata:
    """What the library knows of a photo, the user's own words first."""
    from dataclasses import replace

    words = session.scalars(select(Keyword.word).where(Keyword.photo_id == photo.id).order_by(Keyword.word))
    return replace(
        read_metadata(path),
        taken=photo.taken,
        taken_offset=photo.taken_offset,
        latitude=photo.latitude if location else None,
        longitude=photo.longitude if location else None,
        altitude=photo.altitude if location else None,
        title=photo.title,
        description=photo.description,
        rating=photo.rating,
        keywords=tuple(words),
    )
