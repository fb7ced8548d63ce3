"""The tables of the catalog; portable between SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    JSON,
    BigInteger,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from veduta.library.columns import HalfVector, PathText

REVISION = "0004"
"""Revision of the newest migration; a catalog at this revision is opened without loading Alembic."""

BigKey = BigInteger().with_variant(Integer, "sqlite")


def now() -> datetime:
    """The present moment as the catalog keeps it: UTC, naive, whole seconds."""
    return datetime.now(UTC).replace(microsecond=0, tzinfo=None)


class Base(DeclarativeBase):
    """Base of all tables; named constraints, so that migrations can change them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def _photo_key(**options: Any) -> Mapped[int]:
    return mapped_column(BigKey, ForeignKey("photos.id", ondelete="CASCADE"), **options)


class Folder(Base):
    """A folder that the user added."""

    __tablename__ = "folders"

    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(PathText, unique=True)
    added_at: Mapped[datetime] = mapped_column(default=now)
    watch: Mapped[bool] = mapped_column(default=False)
    excludes: Mapped[list[str]] = mapped_column(JSON, default=list)
    missing: Mapped[bool] = mapped_column(default=False)


class Place(Base):
    """A city, found from a position."""

    __tablename__ = "places"
    __table_args__ = (UniqueConstraint("country_code", "region", "city"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str]
    region: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(index=True)
    country_code: Mapped[str] = mapped_column(String(2))
    latitude: Mapped[float]
    longitude: Mapped[float]


class PhotoRow(Base):
    """One photo: one row for each distinct content, whatever the number of files that hold it."""

    __tablename__ = "photos"
    __table_args__ = (Index("ix_photos_day_id", "day", "id"), Index("ix_photos_taken_id", "taken", "id"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    hash: Mapped[str] = mapped_column(unique=True)
    phash: Mapped[int | None] = mapped_column(BigInteger)  # 64 bits, as a signed number
    width: Mapped[int]
    height: Mapped[int]
    format: Mapped[str]
    media: Mapped[str] = mapped_column(default="photo")  # photo | video
    bytes: Mapped[int] = mapped_column(BigInteger)
    taken: Mapped[datetime | None]  # local time of the place, naive
    taken_offset: Mapped[int | None]  # minutes east of UTC
    taken_source: Mapped[str | None]
    day: Mapped[int | None]  # yyyymmdd
    month_day: Mapped[int | None] = mapped_column(index=True)  # mmdd
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    altitude: Mapped[float | None]
    position_source: Mapped[str | None]
    place_id: Mapped[int | None] = mapped_column(ForeignKey("places.id", ondelete="SET NULL"), index=True)
    camera: Mapped[str | None] = mapped_column(index=True)
    lens: Mapped[str | None]
    aperture: Mapped[float | None]
    exposure: Mapped[float | None]  # seconds
    iso: Mapped[int | None]
    focal_length: Mapped[float | None]  # mm
    focal_length_35mm: Mapped[float | None]  # mm
    title: Mapped[str | None]
    description: Mapped[str | None]
    rating: Mapped[int | None]
    favorite: Mapped[bool] = mapped_column(default=False)
    hidden: Mapped[bool] = mapped_column(default=False)
    color: Mapped[str | None] = mapped_column(String(7))  # average, #rrggbb
    people_count: Mapped[int] = mapped_column(default=0)
    added_at: Mapped[datetime] = mapped_column(default=now, index=True)
    missing_since: Mapped[datetime | None] = mapped_column(index=True)  # None: at least one file is present
    user_edited: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # field -> what the user set

    place: Mapped[Place | None] = relationship()
    files: Mapped[list[FileRow]] = relationship(back_populates="photo", passive_deletes=True)


class FileRow(Base):
    """A file that holds a photo, or accompanies it (the film of a live photo, a sidecar)."""

    __tablename__ = "files"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    photo_id: Mapped[int] = _photo_key(index=True)
    folder_id: Mapped[int] = mapped_column(ForeignKey("folders.id", ondelete="CASCADE"), index=True)
    path: Mapped[str] = mapped_column(PathText, unique=True)
    bytes: Mapped[int] = mapped_column(BigInteger)
    mtime_ns: Mapped[int] = mapped_column(BigInteger)
    missing_since: Mapped[datetime | None]
    role: Mapped[str] = mapped_column(default="original")  # original | companion

    photo: Mapped[PhotoRow] = relationship(back_populates="files")
    folder: Mapped[Folder] = relationship()


class Keyword(Base):
    """A word given to a photo by its file or by the user."""

    __tablename__ = "keywords"
    __table_args__ = (Index("ix_keywords_word", "word"),)

    photo_id: Mapped[int] = _photo_key(primary_key=True)
    word: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(default="file")  # file | user


class Problem(Base):
    """A file or a photo on which something failed, and why; tried again when it changes or on request."""

    __tablename__ = "problems"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    path: Mapped[str] = mapped_column(PathText, unique=True)
    reason: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(default="file")  # file | folder | recognizer
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    mtime_ns: Mapped[int | None] = mapped_column(BigInteger)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    photo_id: Mapped[int | None] = mapped_column(
        BigKey, ForeignKey("photos.id", ondelete="CASCADE"), index=True
    )
    recognizer: Mapped[str | None]


class Work(Base):
    """A recognizer's verdict on a photo: a photo without a row of the present version is still to do."""

    __tablename__ = "work"
    __table_args__ = (
        Index("ix_work_recognizer_version_state", "recognizer", "version", "state", "photo_id"),
    )

    photo_id: Mapped[int] = _photo_key(primary_key=True)
    recognizer: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str]
    state: Mapped[str]  # done | failed
    reason: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[datetime] = mapped_column(default=now)


class FindingRow(Base):
    """Something seen in a photo; the box is in pixels of the full upright photo."""

    __tablename__ = "findings"
    __table_args__ = (Index("ix_findings_kind_name_score", "kind", "name", "score"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    photo_id: Mapped[int] = _photo_key(index=True)
    kind: Mapped[str]
    name: Mapped[str]
    score: Mapped[float] = mapped_column(Float)
    x: Mapped[float | None]
    y: Mapped[float | None]
    w: Mapped[float | None]
    h: Mapped[float | None]
    polygon: Mapped[list[list[float]] | None] = mapped_column(JSON(none_as_null=True))
    mask: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    text: Mapped[str | None] = mapped_column(Text)
    extra: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    recognizer: Mapped[str]
    version: Mapped[str]


class VectorRow(Base):
    """A vector of unit length; only vectors of one space may be compared."""

    __tablename__ = "vectors"
    __table_args__ = (Index("ix_vectors_space_photo_id", "space", "photo_id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    photo_id: Mapped[int] = _photo_key(index=True)
    finding_id: Mapped[int | None] = mapped_column(
        BigKey, ForeignKey("findings.id", ondelete="CASCADE"), index=True
    )
    space: Mapped[str]  # "<recognizer>@<version>"
    data: Mapped[NDArray[np.float32]] = mapped_column(HalfVector)


class Person(Base):
    """Someone whose face was seen; no name until the user gives one."""

    __tablename__ = "persons"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(index=True)
    named_by: Mapped[str] = mapped_column(default="user", server_default="user")  # user | file
    hidden: Mapped[bool] = mapped_column(default=False)
    cover_finding_id: Mapped[int | None] = mapped_column(
        BigKey, ForeignKey("findings.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=now)


class Face(Base):
    """A face: a finding of kind face, and whose it is."""

    __tablename__ = "faces"
    __table_args__ = (Index("ix_faces_person_id_compared_photo_id", "person_id", "compared", "photo_id"),)

    finding_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("findings.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    photo_id: Mapped[int] = _photo_key(index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id", ondelete="SET NULL"))
    confirmed: Mapped[bool] = mapped_column(default=False)
    compared: Mapped[bool] = mapped_column(default=False)  # with the people known so far
    x: Mapped[float]
    y: Mapped[float]
    w: Mapped[float]
    h: Mapped[float]
    score: Mapped[float]
    quality: Mapped[float | None]


class FaceConstraint(Base):
    """Something the user said about faces; photo and box tell the face again after a new analysis."""

    __tablename__ = "face_constraints"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]  # must | cannot | person | not_person
    face_a: Mapped[int | None] = mapped_column(BigKey, index=True)
    photo_a: Mapped[int] = _photo_key(index=True)
    box_a: Mapped[list[float]] = mapped_column(JSON)
    face_b: Mapped[int | None] = mapped_column(BigKey, index=True)
    photo_b: Mapped[int | None] = mapped_column(
        BigKey, ForeignKey("photos.id", ondelete="CASCADE"), index=True
    )
    box_b: Mapped[list[float] | None] = mapped_column(JSON(none_as_null=True))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)


class NamedRegion(Base):
    """A face that a photo's file names: left, top, width, height relative to the upright photo."""

    __tablename__ = "named_regions"

    id: Mapped[int] = mapped_column(primary_key=True)
    photo_id: Mapped[int] = _photo_key(index=True)
    name: Mapped[str]
    x: Mapped[float]
    y: Mapped[float]
    w: Mapped[float]
    h: Mapped[float]
    seen: Mapped[bool] = mapped_column(default=False)  # its face was found, and what it says weighed
    person_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id", ondelete="SET NULL"), index=True)


class Album(Base):
    """An album that the user made: of chosen photos, or of a saved search."""

    __tablename__ = "albums"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(default="manual")  # manual | smart
    name: Mapped[str]
    query: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)


class AlbumPhoto(Base):
    """A photo's place in a manual album."""

    __tablename__ = "album_photos"

    album_id: Mapped[int] = mapped_column(ForeignKey("albums.id", ondelete="CASCADE"), primary_key=True)
    photo_id: Mapped[int] = _photo_key(primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)


class Trip(Base):
    """Days spent away from home: photos close in time and place."""

    __tablename__ = "trips"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    start: Mapped[datetime]
    end: Mapped[datetime]
    place_id: Mapped[int | None] = mapped_column(ForeignKey("places.id", ondelete="SET NULL"), index=True)


class TripPhoto(Base):
    """A photo of a trip."""

    __tablename__ = "trip_photos"

    trip_id: Mapped[int] = mapped_column(ForeignKey("trips.id", ondelete="CASCADE"), primary_key=True)
    photo_id: Mapped[int] = _photo_key(primary_key=True, index=True)


class Preference(Base):
    """A setting of this library (password hash, hidden albums, ...)."""

    __tablename__ = "preferences"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


class Term(Base):
    """A word or name by which photos are found, in one field (object, city, text, ...)."""

    __tablename__ = "terms"
    __table_args__ = (UniqueConstraint("field", "word"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    field: Mapped[str]
    word: Mapped[str]


class Document(Base):
    """What a photo is found by: packed (term, weight) pairs; `seq` grows with every change."""

    __tablename__ = "documents"

    photo_id: Mapped[int] = _photo_key(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger, index=True)
    day: Mapped[int]  # yyyymmdd, 0 when unknown
    shown: Mapped[bool]
    terms: Mapped[bytes] = mapped_column(LargeBinary)  # little-endian (uint32 term, uint8 weight) pairs


class PersonSum(Base):
    """The sum of a person's face vectors in one space: what new faces are compared with."""

    __tablename__ = "person_sums"

    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id", ondelete="CASCADE"), primary_key=True)
    space: Mapped[str] = mapped_column(primary_key=True)
    faces: Mapped[int]  # of the person, when the sum was made
    vectors: Mapped[int]  # in the sum
    data: Mapped[bytes] = mapped_column(LargeBinary)  # little-endian float32


class ForgottenFace(Base):
    """Where a face was that the user wants forgotten: only the place in the photo is kept, no vector."""

    __tablename__ = "forgotten_faces"

    id: Mapped[int] = mapped_column(primary_key=True)
    photo_id: Mapped[int] = _photo_key(index=True)
    x: Mapped[float]
    y: Mapped[float]
    w: Mapped[float]
    h: Mapped[float]
    at: Mapped[datetime] = mapped_column(default=now)
