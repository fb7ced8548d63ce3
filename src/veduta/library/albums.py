"""Albums: those that make themselves (see `shelf`), and the user's own, of chosen photos or of a saved
search.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import delete as delete_rows
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from veduta.errors import NotFound
from veduta.library.catalog import Catalog
from veduta.library.query import parse
from veduta.library.schema import Album, AlbumPhoto, Face, Person, PhotoRow, Place, Trip, TripPhoto
from veduta.library.shelf import KINDS, SHELVES, SURE, TEXTS, AlbumPhotos, AlbumSummary, Shelf, recent, smart

__all__ = ["AlbumSummary", "add", "albums", "create", "delete", "photos", "remove", "update"]


def albums(catalog: Catalog, kinds: Iterable[str] | None = None) -> list[AlbumSummary]:
    """All albums that have photos, in the order of the shelves, the largest first; the user's own, even if
    empty.
    """
    wanted = list(SHELVES) if kinds is None else [kind for kind in SHELVES if kind in set(kinds)]
    with catalog.session() as session:
        shelf = Shelf(catalog, session)
        return [summary for kind in wanted for summary in KINDS[kind](shelf)]


def photos(
    catalog: Catalog, album_id: str, limit: int | None = None, offset: int = 0
) -> tuple[list[int], int]:
    """Photo ids of an album, newest first (a manual album: in its own order), and how many; raises
    NotFound.
    """
    with catalog.session() as session:
        shelf = Shelf(catalog, session)
        kind, _, key = album_id.partition(":")
        if kind == "manual":
            album = _own(session, album_id)
            rows = session.scalars(
                select(AlbumPhoto.photo_id)
                .where(AlbumPhoto.album_id == album.id)
                .order_by(AlbumPhoto.position, AlbumPhoto.photo_id)
            )
            shown = shelf.postings.shown
            ids = [photo for photo in rows if photo < len(shown) and shown[photo]]
        else:
            ids = shelf.newest_first(_photos(shelf, kind, key, album_id))
    return ids[offset : None if limit is None else offset + limit], len(ids)


def _photos(shelf: Shelf, kind: str, key: str, album_id: str) -> AlbumPhotos:
    session = shelf.session
    if kind in ("object", "scene", "attraction"):
        fields = {"object": ("object", "label"), "scene": ("scene",), "attraction": ("attraction",)}[kind]
        terms = [(f, n) for f in fields for n, word in shelf.terms(f) if word == key]
        if terms:
            return shelf.of_terms([n for _, n in terms], min(SURE.get(f, SURE["landmark"]) for f, _ in terms))
    elif kind == "person" and key.isdigit() and session.get(Person, int(key)) is not None:
        return shelf.of_ids(session.scalars(select(Face.photo_id).where(Face.person_id == int(key))))
    elif kind == "place" and key.isdigit() and session.get(Place, int(key)) is not None:
        return shelf.of_ids(session.scalars(select(PhotoRow.id).where(PhotoRow.place_id == int(key))))
    elif kind == "trip" and key.isdigit() and session.get(Trip, int(key)) is not None:
        return shelf.of_ids(session.scalars(select(TripPhoto.photo_id).where(TripPhoto.trip_id == int(key))))
    elif kind == "text" and key in TEXTS:
        return shelf.of_terms([n for n, word in shelf.terms("is") if word == key], 1)
    elif album_id == "favorite":
        return shelf.of_terms([n for n, word in shelf.terms("is") if word == "favorite"], 1)
    elif album_id == "recent":
        return shelf.of_ids(recent(session))
    elif kind == "smart":
        return smart(shelf, _own(session, album_id))
    raise NotFound(f"there is no album {album_id!r} (see `veduta albums`)")


def create(catalog: Catalog, name: str, query: str | None = None, photo_ids: Sequence[int] = ()) -> str:
    """Make an album: a smart one with a `query`, else a manual one; its id. Raises QueryError, NotFound."""
    if query is not None:
        parse(query)
    with catalog.write() as session:
        album = Album(kind="manual" if query is None else "smart", name=_named(name), query=query)
        session.add(album)
        session.flush()
        if query is None:
            _add(session, album.id, photo_ids)
        return f"{album.kind}:{album.id}"


def update(catalog: Catalog, album_id: str, name: str | None = None, query: str | None = None) -> None:
    """Rename an album, or change a smart album's search. Raises QueryError, NotFound."""
    if query is not None:
        parse(query)
    with catalog.write() as session:
        album = _own(session, album_id)
        if name is not None:
            album.name = _named(name)
        if query is not None:
            if album.kind != "smart":
                raise NotFound(f"album {album_id} is not a saved search")
            album.query = query


def delete(catalog: Catalog, album_id: str) -> None:
    """Delete an album; its photos stay. Raises NotFound."""
    with catalog.write() as session:
        session.delete(_own(session, album_id))


def add(catalog: Catalog, album_id: str, photo_ids: Sequence[int]) -> int:
    """Put photos into a manual album, at its end; how many were not in it. Raises NotFound."""
    with catalog.write() as session:
        return _add(session, _manual(session, album_id).id, photo_ids)


def remove(catalog: Catalog, album_id: str, photo_ids: Sequence[int]) -> int:
    """Take photos out of a manual album; how many were in it. Raises NotFound."""
    with catalog.write() as session:
        album = _manual(session, album_id)
        before = _count(session, album.id)
        for photo_id in photo_ids:
            session.execute(
                delete_rows(AlbumPhoto).where(
                    AlbumPhoto.album_id == album.id, AlbumPhoto.photo_id == photo_id
                )
            )
        return before - _count(session, album.id)


def _add(session: Session, number: int, photo_ids: Sequence[int]) -> int:
    there = set(session.scalars(select(AlbumPhoto.photo_id).where(AlbumPhoto.album_id == number)))
    new = [photo for photo in dict.fromkeys(photo_ids) if photo not in there]
    for photo in new:
        if session.get(PhotoRow, photo) is None:
            raise NotFound(f"there is no photo {photo}")
    last = session.scalar(select(func.max(AlbumPhoto.position)).where(AlbumPhoto.album_id == number)) or 0
    if new:
        rows = [
            {"album_id": number, "photo_id": photo, "position": last + 1 + i} for i, photo in enumerate(new)
        ]
        session.execute(insert(AlbumPhoto), rows)
    return len(new)


def _count(session: Session, number: int) -> int:
    counted = select(func.count()).select_from(AlbumPhoto).where(AlbumPhoto.album_id == number)
    return session.scalar(counted) or 0


def _named(name: str) -> str:
    clean = " ".join(name.split())
    if not clean:
        raise NotFound("an album needs a name")
    return clean


def _own(session: Session, album_id: str) -> Album:
    kind, _, number = album_id.partition(":")
    album = session.get(Album, int(number)) if number.isdigit() and len(number) < 10 else None
    if album is None or album.kind != kind:
        raise NotFound(f"there is no album {album_id!r} of your own (see `veduta albums`)")
    return album


def _manual(session: Session, album_id: str) -> Album:
    album = _own(session, album_id)
    if album.kind != "manual":
        raise NotFound(f"album {album_id} is a saved search: its photos are those that it finds")
    return album
