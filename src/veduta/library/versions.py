"""Versions of photos: what the user did to a photo, kept beside it, opened and changed again at will."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from veduta.edit.edits import Edits
from veduta.errors import BadInput, NotFound
from veduta.library.catalog import Catalog
from veduta.library.schema import PhotoRow, now
from veduta.library.schema_versions import VersionRow

LONGEST_NAME = 200
# In the library's folder: where pictures of versions are kept.
FOLDER = "versions"
# What names of bases begin with that bear their own metadata; others are bare pixels.
WHOLE = "whole-"
# What names of bases end with whose details a network made up.
INVENTED = "-not-evidence"
_SWEPT_AFTER = 3600.0


class BadVersion(BadInput):
    """A version that cannot be made or changed as asked."""


@dataclass(frozen=True, slots=True)
class Version:
    """A photo as edited: `width` x `height` pixels after `edits`; `base` is the file that they start from, None
    for the photo itself. `tag` changes with all that changes the picture.
    """

    id: int
    photo_id: int
    name: str
    edits: Edits
    base: str | None
    stacked: tuple[int, ...]
    width: int
    height: int
    created: datetime
    changed: datetime
    tag: str

    @property
    def whole(self) -> bool:
        """Whether the base is a picture file of its own, in its own format and with its own metadata."""
        return self.base is not None and self.base.startswith(WHOLE)

    @property
    def invented(self) -> bool:
        """Whether a network made up details of the base."""
        return self.base is not None and INVENTED in self.base

    def as_json(self) -> dict[str, Any]:
        """The stable JSON form."""
        return {
            "id": self.id,
            "photo": self.photo_id,
            "name": self.name,
            **self.edits.as_json(),
            "stacked": list(self.stacked),
            "invented": self.invented,
            "width": self.width,
            "height": self.height,
            "created": self.created.isoformat() + "Z",
            "changed": self.changed.isoformat() + "Z",
        }


def of_photo(catalog: Catalog, photo_id: int) -> list[Version]:
    """The versions of a photo, newest first; raises NotFound."""
    with catalog.session() as session:
        photo = _photo(session, photo_id)
        query = select(VersionRow).where(VersionRow.photo_id == photo_id).order_by(VersionRow.id.desc())
        return [_version(row, photo.hash) for row in session.scalars(query)]


def get(catalog: Catalog, version_id: int, photo_id: int | None = None) -> Version:
    """A version, of this photo if one is given; raises NotFound."""
    with catalog.session() as session:
        row = _row(session, version_id, photo_id)
        return _version(row, _photo(session, row.photo_id).hash)


def create(
    catalog: Catalog,
    photo_id: int,
    edits: Edits,
    name: str | None = None,
    base: tuple[str, int, int] | None = None,
    stacked: Sequence[int] = (),
) -> Version:
    """Keep a new version of a photo; `base` is a file in the folder of versions with its width and height.

    Raises NotFound and BadVersion.
    """
    with catalog.write() as session:
        photo = _photo(session, photo_id)
        if photo.media != "photo":
            raise BadVersion(f"photo {photo_id} is a film: only pictures can be edited")
        used = set(session.scalars(select(VersionRow.name).where(VersionRow.photo_id == photo_id)))
        file, width, height = base or (None, photo.width, photo.height)
        width, height = edits.size_after(width, height)
        row = VersionRow(
            photo_id=photo_id,
            name=_named(name) if name is not None else _free(used, "Stack" if stacked else "Version"),
            edits=edits.as_json(),
            base=file,
            stacked=list(stacked),
            width=width,
            height=height,
        )
        session.add(row)
        session.flush()
        return _version(row, photo.hash)


def change(
    catalog: Catalog,
    version_id: int,
    photo_id: int | None = None,
    name: str | None = None,
    edits: Edits | None = None,
    base_size: tuple[int, int] | None = None,
) -> Version:
    """Give a version another name or other edits; `base_size` is needed where it has its own base.

    Raises NotFound and BadVersion.
    """
    with catalog.write() as session:
        row = _row(session, version_id, photo_id)
        photo = _photo(session, row.photo_id)
        if name is not None:
            row.name = _named(name)
        if edits is not None:
            size = base_size if row.base is not None and base_size else (photo.width, photo.height)
            row.edits = edits.as_json()
            row.width, row.height = edits.size_after(*size)
        row.changed_at = now()
        session.flush()
        changed = _version(row, photo.hash)
    if edits is not None:
        sweep(catalog, version_id)
    return changed


def remove(catalog: Catalog, version_id: int, photo_id: int | None = None) -> None:
    """Take a version away, with its files; the photo stays as it is. Raises NotFound."""
    with catalog.write() as session:
        row = _row(session, version_id, photo_id)
        base = row.base
        session.delete(row)
        session.flush()
        shared = session.scalar(select(VersionRow.id).where(VersionRow.base == base).limit(1))
    sweep(catalog, version_id)
    if base is not None and shared is None:
        (folder(catalog) / base).unlink(missing_ok=True)


def folder(catalog: Catalog) -> Path:
    """Where the pictures of versions are kept."""
    return catalog.directory / FOLDER


def file_of(catalog: Catalog, version: Version, suffix: str) -> Path:
    """Where a picture of a version is, or will be."""
    return folder(catalog) / f"{version.id}-{version.tag}{suffix}"


def sweep(catalog: Catalog, version_id: int | None = None) -> int:
    """Delete pictures that no version has any more (those of one version, or all that are old); how many."""
    with catalog.session() as session:
        query = select(VersionRow, PhotoRow.hash).join(PhotoRow, PhotoRow.id == VersionRow.photo_id)
        if version_id is not None:
            query = query.where(VersionRow.id == version_id)
        kept = {f"{row.id}-{_version(row, known).tag}" for row, known in session.execute(query)}
        bases = set(session.scalars(select(VersionRow.base).where(VersionRow.base.is_not(None))))
    removed = 0
    for path in folder(catalog).glob("*" if version_id is None else f"{version_id}-*"):
        stem = path.name.partition(".")[0].partition("_")[0]
        if stem in kept or path.name in bases:
            continue
        # What another process is writing at this moment is not in the catalog yet.
        if version_id is None and time.time() - path.stat().st_mtime < _SWEPT_AFTER:
            continue
        path.unlink(missing_ok=True)
        removed += 1
    return removed


@contextmanager
def kept_whole(base: Path) -> Iterator[None]:
    """Take a base away again where what writes it, or makes a version of it, fails or is stopped."""
    try:
        yield
    except BaseException:
        base.unlink(missing_ok=True)
        raise


def new_base(catalog: Catalog) -> Path:
    """A file for the base of a version to come."""
    return folder(catalog) / f"base-{os.urandom(8).hex()}.png"


def new_whole(catalog: Catalog, suffix: str, invented: bool = False) -> Path:
    """A file for a base that is a picture file of its own, with all metadata; its name tells if it is `invented`."""
    return folder(catalog) / f"{WHOLE}{os.urandom(8).hex()}{INVENTED if invented else ''}{suffix}"


def _version(row: VersionRow, photo_hash: str) -> Version:
    edits = Edits.from_json(row.edits)
    tag = blake2b(f"{row.base or photo_hash} {edits.digest()}".encode(), digest_size=8).hexdigest()
    return Version(
        id=row.id,
        photo_id=row.photo_id,
        name=row.name,
        edits=edits,
        base=row.base,
        stacked=tuple(row.stacked),
        width=row.width,
        height=row.height,
        created=row.created_at,
        changed=row.changed_at,
        tag=tag,
    )


def _photo(session: Session, photo_id: int) -> PhotoRow:
    photo = session.get(PhotoRow, photo_id)
    if photo is None:
        raise NotFound(f"there is no photo {photo_id}")
    return photo


def _row(session: Session, version_id: int, photo_id: int | None) -> VersionRow:
    row = session.get(VersionRow, version_id)
    if row is None or (photo_id is not None and row.photo_id != photo_id):
        of = "" if photo_id is None else f" of photo {photo_id}"
        raise NotFound(f"there is no version {version_id}{of}")
    return row


def _named(name: str) -> str:
    name = name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise BadVersion(f"a version's name has 1 to {LONGEST_NAME} letters, not {len(name)}")
    return name


def _free(used: set[str], word: str) -> str:
    number = 1
    while f"{word} {number}" in used:
        number += 1
    return f"{word} {number}"
