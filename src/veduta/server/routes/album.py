"""/api/albums: those that make themselves, manual and smart ones."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from veduta.server import albums
from veduta.server.context import Here
from veduta.server.models.album import AlbumCard, AlbumKind, AlbumNew, AlbumPatch, PhotoIds
from veduta.server.models.base import Done

router = APIRouter(prefix="/albums", tags=["albums"])
# Names of things are part of some numbers, and may hold slashes.
AlbumId = Annotated[str, Path(min_length=1, max_length=500, description="such as object:dog or manual:3")]


@router.get("")
def list_albums(here: Here, kind: Annotated[AlbumKind | None, Query()] = None) -> list[AlbumCard]:
    """List all albums, or those of one kind."""
    return albums.listed(here, kind)


@router.post("", status_code=201)
def make_album(here: Here, new: AlbumNew) -> AlbumCard:
    """Make a manual album, or a smart one from a query."""
    return albums.make(here, new)


@router.post("/{album_id:path}/photos")
def add_to_album(here: Here, album_id: AlbumId, photos: PhotoIds) -> Done:
    """Add photos to a manual album."""
    return Done(changed=albums.add_photos(here.catalog, album_id, photos.ids))


@router.delete("/{album_id:path}/photos")
def remove_from_album(here: Here, album_id: AlbumId, photos: PhotoIds) -> Done:
    """Take photos out of a manual album; they stay in the library."""
    return Done(changed=albums.remove_photos(here.catalog, album_id, photos.ids))


@router.get("/{album_id:path}")
def get_album(here: Here, album_id: AlbumId) -> AlbumCard:
    """Give one album."""
    return albums.get(here, album_id)


@router.patch("/{album_id:path}")
def change_album(here: Here, album_id: AlbumId, patch: AlbumPatch) -> AlbumCard:
    """Rename an album, or change the query of a smart one."""
    return albums.change(here, album_id, patch)


@router.delete("/{album_id:path}")
def delete_album(here: Here, album_id: AlbumId) -> Done:
    """Delete a manual or smart album; its photos stay."""
    return Done(changed=albums.delete(here.catalog, album_id))
