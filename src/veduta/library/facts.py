"""What a library holds and where it lies."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, select

from veduta.library.catalog import Catalog
from veduta.library.schema import Face, Folder, Person, PhotoRow


@dataclass(frozen=True, slots=True)
class Facts:
    """Numbers of a library; `bytes` are those of its photos."""

    directory: str
    folders: int
    videos: int
    people: int
    named_people: int
    places: int
    favorites: int
    bytes: int


def facts(catalog: Catalog) -> Facts:
    """Count what a library holds."""
    present = PhotoRow.missing_since.is_(None)
    with catalog.session() as session:

        def count(*wanted: ColumnElement[bool]) -> int:
            return session.scalar(select(func.count()).select_from(PhotoRow).where(present, *wanted)) or 0

        people = select(func.count()).select_from(Person).where(exists().where(Face.person_id == Person.id))
        return Facts(
            directory=str(catalog.directory),
            folders=session.scalar(select(func.count()).select_from(Folder)) or 0,
            videos=count(PhotoRow.media == "video"),
            people=session.scalar(people) or 0,
            named_people=session.scalar(people.where(Person.name.is_not(None))) or 0,
            places=session.scalar(select(func.count(PhotoRow.place_id.distinct())).where(present)) or 0,
            favorites=count(PhotoRow.favorite.is_(True)),
            bytes=session.scalar(select(func.sum(PhotoRow.bytes)).where(present)) or 0,
        )
