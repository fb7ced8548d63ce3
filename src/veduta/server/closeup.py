"""One photo in full: its facts, files, findings, people and albums."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from veduta.errors import NotFound
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
from veduta.server.cards import card_fields, cards_of, crop_url
from veduta.server.models.base import Box
from veduta.server.models.photo import (
    AlbumTag,
    FindingOut,
    FindingSummary,
    PersonTag,
    PhotoDetail,
    PhotoFile,
    PhotoFindings,
    PlaceTag,
)
from veduta.server.pictures import displayable

FACTS = (
    "hash", "format", "bytes", "taken_offset", "taken_source", "latitude", "longitude", "altitude",
    "position_source", "camera", "lens", "aperture", "exposure", "iso", "focal_length", "title",
    "description", "people_count", "added_at",
)  # fmt: skip
SUMMARIZED = ("label", "scene", "object", "person", "text", "landmark", "quality")


def detail(catalog: Catalog, photo_id: int) -> PhotoDetail:
    """Return everything known about a photo; raises NotFound."""
    with catalog.session() as session:
        row = session.execute(cards_of().where(PhotoRow.id == photo_id)).first()
        photo = session.get(PhotoRow, photo_id)
        if row is None or photo is None:
            raise NotFound(f"there is no photo {photo_id}")
        fields = card_fields(row)
        return PhotoDetail(
            **fields,
            **{name: getattr(photo, name) for name in FACTS},
            original=f"/api/photos/{photo_id}/original",
            displayable=displayable(photo.format),
            place=_place(session, photo.place_id),
            keywords=list(
                session.scalars(
                    select(Keyword.word).where(Keyword.photo_id == photo_id).order_by(Keyword.word)
                )
            ),
            files=_files(session, photo_id),
            findings=_summary(session, photo_id),
            people=_people(session, photo_id),
            albums=_albums(session, photo_id),
        )


def _place(session: Session, place_id: int | None) -> PlaceTag | None:
    place = None if place_id is None else session.get(Place, place_id)
    return None if place is None else PlaceTag.model_validate(place)


def _files(session: Session, photo_id: int) -> list[PhotoFile]:
    rows = session.scalars(
        select(FileRow).where(FileRow.photo_id == photo_id).order_by(FileRow.role.desc(), FileRow.id)
    )
    return [
        PhotoFile(id=f.id, path=f.path, bytes=f.bytes, role=f.role, missing=f.missing_since is not None)
        for f in rows
    ]


def _summary(session: Session, photo_id: int) -> list[FindingSummary]:
    best = func.max(FindingRow.score)
    rows = session.execute(
        select(FindingRow.kind, FindingRow.name, best, func.count())
        .where(FindingRow.photo_id == photo_id, FindingRow.kind.in_(SUMMARIZED))
        .group_by(FindingRow.kind, FindingRow.name)
        .order_by(FindingRow.kind, best.desc())
    )
    return [FindingSummary(kind=k, name=n, score=s, count=c) for k, n, s, c in rows]


def _people(session: Session, photo_id: int) -> list[PersonTag]:
    rows = session.execute(
        select(Face, Person.name)
        .outerjoin(Person, Person.id == Face.person_id)
        .where(Face.photo_id == photo_id)
        .order_by(Face.x)
    )
    return [
        PersonTag(
            face_id=face.finding_id,
            person_id=face.person_id,
            name=name,
            confirmed=face.confirmed,
            box=(face.x, face.y, face.w, face.h),
            crop=crop_url(face.finding_id),
        )
        for face, name in rows
    ]


def _albums(session: Session, photo_id: int) -> list[AlbumTag]:
    rows = session.execute(
        select(Album.id, Album.kind, Album.name)
        .join(AlbumPhoto, AlbumPhoto.album_id == Album.id)
        .where(AlbumPhoto.photo_id == photo_id)
        .order_by(Album.name)
    )
    return [AlbumTag(id=f"{kind}:{number}", kind=kind, name=name) for number, kind, name in rows]


def findings(catalog: Catalog, photo_id: int) -> PhotoFindings:
    """Return all findings of a photo that say something to a person (no bare vectors); raises NotFound."""
    with catalog.session() as session:
        photo = session.execute(
            select(PhotoRow.width, PhotoRow.height).where(PhotoRow.id == photo_id)
        ).first()
        if photo is None:
            raise NotFound(f"there is no photo {photo_id}")
        rows = session.execute(
            select(FindingRow, Face.person_id, Person.name)
            .outerjoin(Face, Face.finding_id == FindingRow.id)
            .outerjoin(Person, Person.id == Face.person_id)
            .where(FindingRow.photo_id == photo_id, FindingRow.kind != "likeness")
            .order_by(FindingRow.kind, FindingRow.score.desc(), FindingRow.id)
        )
        return PhotoFindings(
            width=photo.width,
            height=photo.height,
            findings=[_finding(row, person_id, name) for row, person_id, name in rows],
        )


def _finding(row: FindingRow, person_id: int | None, person: str | None) -> FindingOut:
    box: Box | None = None
    if row.x is not None and row.y is not None and row.w is not None and row.h is not None:
        box = (row.x, row.y, row.w, row.h)
    return FindingOut(
        id=row.id,
        kind=row.kind,
        name=row.name,
        score=row.score,
        box=box,
        polygon=None if row.polygon is None else [(x, y) for x, y in row.polygon],
        mask=row.mask,
        text=row.text,
        extra=row.extra or {},
        recognizer=row.recognizer,
        version=row.version,
        person_id=person_id,
        person=person,
    )
