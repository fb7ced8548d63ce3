"""One photo in full: its facts, files, findings, people and albums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from veduta.errors import NotFound
from veduta.library.attractions import Attraction, inferred
from veduta.library.catalog import Catalog
from veduta.library.schema import (
    Album,
    AlbumPhoto,
    Face,
    FileRow,
    FindingRow,
    Keyword,
    Person,
    PhotoRow,
    Place,
)

_SUMMARIZED = ("label", "scene", "object", "person", "text", "landmark", "quality")


@dataclass(frozen=True, slots=True)
class FindingCount:
    """How often something was seen, with its best score."""

    kind: str
    name: str
    score: float
    count: int


@dataclass(frozen=True, slots=True)
class FaceTag:
    """A face and whose it is; `box` is (x, y, width, height) in pixels of the upright photo."""

    face_id: int
    person_id: int | None
    name: str | None
    confirmed: bool
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class AlbumTag:
    """An album of the user's own that holds the photo."""

    id: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Closeup:
    """Everything known about a photo; `inferred`: the landmark that tells where it was taken, where it does not
    know itself.
    """

    photo: PhotoRow
    place: Place | None
    inferred: Attraction | None
    keywords: Sequence[str]
    files: Sequence[FileRow]
    findings: Sequence[FindingCount]
    people: Sequence[FaceTag]
    albums: Sequence[AlbumTag]


def closeup(catalog: Catalog, photo_id: int) -> Closeup:
    """Everything known about a photo; raises NotFound."""
    with catalog.session() as session:
        photo = _photo(session, photo_id)
        words = select(Keyword.word).where(Keyword.photo_id == photo_id).order_by(Keyword.word)
        files = select(FileRow).where(FileRow.photo_id == photo_id)
        return Closeup(
            photo=photo,
            place=None if photo.place_id is None else session.get(Place, photo.place_id),
            inferred=inferred(session, [photo_id], every=True).get(photo_id),
            keywords=session.scalars(words).all(),
            files=session.scalars(files.order_by(FileRow.role.desc(), FileRow.id)).all(),
            findings=_counts(session, photo_id),
            people=_people(session, photo_id),
            albums=_albums(session, photo_id),
        )


def findings(
    catalog: Catalog, photo_id: int
) -> tuple[PhotoRow, Sequence[tuple[FindingRow, int | None, str | None]]]:
    """A photo, and what was seen in it with the person's number and name where it is a face; bare vectors are
    left out. Raises NotFound.
    """
    query = (
        select(FindingRow, Face.person_id, Person.name)
        .outerjoin(Face, Face.finding_id == FindingRow.id)
        .outerjoin(Person, Person.id == Face.person_id)
        .where(FindingRow.photo_id == photo_id, FindingRow.kind != "likeness")
        .order_by(FindingRow.kind, FindingRow.score.desc(), FindingRow.id)
    )
    with catalog.session() as session:
        photo = _photo(session, photo_id)
        return photo, [(row, person, name) for row, person, name in session.execute(query)]


def _photo(session: Session, photo_id: int) -> PhotoRow:
    photo = session.get(PhotoRow, photo_id)
    if photo is None:
        raise NotFound(f"there is no photo {photo_id}")
    return photo


def _counts(session: Session, photo_id: int) -> list[FindingCount]:
    best = func.max(FindingRow.score)
    rows = session.execute(
        select(FindingRow.kind, FindingRow.name, best, func.count())
        .where(FindingRow.photo_id == photo_id, FindingRow.kind.in_(_SUMMARIZED))
        .group_by(FindingRow.kind, FindingRow.name)
        .order_by(FindingRow.kind, best.desc())
    )
    return [FindingCount(kind, name, score, count) for kind, name, score, count in rows]


def _people(session: Session, photo_id: int) -> list[FaceTag]:
    rows = session.execute(
        select(Face, Person.name)
        .outerjoin(Person, Person.id == Face.person_id)
        .where(Face.photo_id == photo_id)
        .order_by(Face.x)
    )
    return [
        FaceTag(face.finding_id, face.person_id, name, face.confirmed, (face.x, face.y, face.w, face.h))
        for face, name in rows
    ]


def _albums(session: Session, photo_id: int) -> list[AlbumTag]:
    rows = session.execute(
        select(Album.id, Album.kind, Album.name)
        .join(AlbumPhoto, AlbumPhoto.album_id == Album.id)
        .where(AlbumPhoto.photo_id == photo_id)
        .order_by(Album.name)
    )
    return [AlbumTag(f"{kind}:{number}", kind, name) for number, kind, name in rows]
