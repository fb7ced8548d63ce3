"""Albums as the interface shows them, and the photos of an album as a condition on photos."""

from __future__ import annotations

import json

from sqlalchemy import BigInteger, ColumnElement, func, select

from veduta.errors import NotFound
from veduta.library.catalog import Catalog
from veduta.library.schema import Face, Person, PhotoRow
from veduta.server.cards import covers, crop_url
from veduta.server.context import Context
from veduta.server.models.album import AlbumCard, AlbumNew, AlbumPatch
from veduta.server.problem import Refused


def listed(here: Context, kind: str | None) -> list[AlbumCard]:
    """Return all albums, or those of one kind."""
    from veduta.library import albums

    def find() -> list[AlbumCard]:
        every = albums.albums(here.catalog, None if kind is None else [kind])
        with here.catalog.session() as session:
            urls = covers(session, [album.cover for album in every])
        faces = _faces(here.catalog) if any(album.kind == "person" for album in every) else {}
        return [
            AlbumCard.model_validate(
                {
                    "id": album.id,
                    "kind": album.kind,
                    "album": album.album,
                    "group": album.group,
                    "name": album.name,
                    "count": album.count,
                    "cover": faces.get(album.id) or urls.get(album.cover or 0),
                    "query": album.query,
                }
            )
            for album in every
        ]

    return here.memory.answer(("albums", kind), find)


def _faces(catalog: Catalog) -> dict[str, str]:
    """The faces that stand for people, by album."""
    best = func.coalesce(Person.cover_finding_id, func.min(Face.finding_id))
    query = select(Person.id, best).join(Face, Face.person_id == Person.id).group_by(Person.id)
    with catalog.session() as session:
        return {f"person:{person}": crop_url(face) for person, face in session.execute(query)}


def get(here: Context, album_id: str) -> AlbumCard:
    """Return one album; raises NotFound."""
    kind = album_id.partition(":")[0]
    for album in listed(here, kind):
        if album.id == album_id:
            return album
    raise NotFound(f"there is no album {album_id!r}")


def make(here: Context, new: AlbumNew) -> AlbumCard:
    """Make an album; raises QueryError, NotFound."""
    from veduta.library import albums

    if new.query is not None and new.photos:
        raise Refused(422, "an album has either a query or photos of its own")
    made = albums.create(here.catalog, new.name, new.query, new.photos)
    here.memory.forget()
    return get(here, made)


def change(here: Context, album_id: str, patch: AlbumPatch) -> AlbumCard:
    """Rename an album or change its query; raises QueryError, NotFound."""
    from veduta.library import albums

    albums.update(here.catalog, album_id, patch.name, patch.query)
    here.memory.forget()
    return get(here, album_id)


def delete(catalog: Catalog, album_id: str) -> int:
    """Delete an album, not its photos; raises NotFound."""
    from veduta.library import albums

    albums.delete(catalog, album_id)
    return 1


def add_photos(catalog: Catalog, album_id: str, ids: list[int]) -> int:
    """Put photos into an album; returns how many were not in it. Raises NotFound."""
    from veduta.library import albums

    return albums.add(catalog, album_id, ids)


def remove_photos(catalog: Catalog, album_id: str, ids: list[int]) -> int:
    """Take photos out of an album; returns how many were in it. Raises NotFound."""
    from veduta.library import albums

    return albums.remove(catalog, album_id, ids)


def condition(here: Context, album_id: str) -> ColumnElement[bool]:
    """Return the condition that a photo is in an album; raises NotFound."""
    from veduta.library import albums

    ids = here.memory.answer(("album", album_id), lambda: albums.photos(here.catalog, album_id)[0])
    return among(here.catalog, ids)


def among(catalog: Catalog, ids: list[int]) -> ColumnElement[bool]:
    """Return the condition that a photo is one of `ids`, however many those are."""
    each = "json_each" if catalog.engine.dialect.name == "sqlite" else "json_array_elements_text"
    table = getattr(func, each)(json.dumps(ids)).table_valued("value")
    return PhotoRow.id.in_(select(table.c.value.cast(BigInteger)))
