"""`veduta albums`: list albums, look into them, and make one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from veduta.cli.add import JsonOption, LibraryOption
from veduta.cli.output import emit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veduta.library.catalog import Catalog
    from veduta.library.shelf import AlbumSummary

albums = typer.Typer(add_completion=False, no_args_is_help=False, rich_markup_mode=None)
AlbumArgument = Annotated[str, typer.Argument(metavar="ALBUM", help="The album, such as manual:3.")]
PhotosArgument = Annotated[list[Path], typer.Argument(metavar="PHOTO...", help="Photos of the library.")]


@albums.callback(invoke_without_command=True)
def listing(
    context: typer.Context,
    library: LibraryOption = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", metavar="KIND", help="person, object, scene, text, place, attraction..."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=0, metavar="N", help="At most N photos of each album.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List albums, with their photos when asked for JSON."""
    from veduta.library.shelf import SHELVES

    context.obj = library
    if context.invoked_subcommand is not None:
        return
    unknown = sorted(set(kind or ()) - set(SHELVES))
    if unknown:
        raise typer.BadParameter(f"no kind is called {unknown[0]!r}; known: {', '.join(SHELVES)}")
    from veduta.library import albums as shelf
    from veduta.library.catalog import Catalog

    with Catalog.open(library, create=False) as catalog:
        found = shelf.albums(catalog, kind)
        if as_json:
            for album in found:
                emit(_as_json(catalog, album, limit))
        else:
            _print(found)


def _as_json(catalog: Catalog, album: AlbumSummary, limit: int | None) -> dict[str, object]:
    from veduta.library.albums import photos

    ids, _ = photos(catalog, album.id, limit)
    return {
        "album": album.name,
        "group": album.group or album.album,
        "photos": _paths(catalog, ids),
        "id": album.id,
        "kind": album.kind,
        "count": album.count,
    }


def _paths(catalog: Catalog, ids: Sequence[int]) -> list[str]:
    from veduta.library.search import first_paths

    with catalog.session() as session:
        paths = first_paths(session, ids)
    return [paths[photo] for photo in ids if photo in paths]


def _print(found: Sequence[AlbumSummary]) -> None:
    shelf, group = "", None
    for album in found:
        if album.album != shelf:
            shelf, group = album.album, None
            typer.echo(shelf)
        if album.group is not None and album.group != group:
            group = album.group
            typer.echo(f"  {group}")
        indent = "    " if album.group is not None else "  "
        typer.echo(f"{indent}{album.name}  {album.count}  [{album.id}]")


@albums.command("show")
def show(
    context: typer.Context, album: AlbumArgument, library: LibraryOption = None, as_json: JsonOption = False
) -> None:
    """List the photos of an album."""
    from veduta.library.albums import photos

    with _open(context, library) as catalog:
        paths = _paths(catalog, photos(catalog, album)[0])
    for path in paths:
        if as_json:
            emit({"path": path})
        else:
            typer.echo(path.encode("utf-8", "backslashreplace").decode())


@albums.command("create")
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    photos: Annotated[list[Path] | None, typer.Argument(metavar="[PHOTO...]")] = None,
    query: Annotated[
        str | None, typer.Option("--query", metavar="QUERY", help="A saved search: its photos are the album.")
    ] = None,
    library: LibraryOption = None,
) -> None:
    """Make an album of chosen photos, or of a search."""
    from veduta.errors import QueryError
    from veduta.library import albums as shelf

    if query is not None and photos:
        raise typer.BadParameter("an album is either of chosen photos or of a search")
    with _open(context, library) as catalog:
        try:
            typer.echo(shelf.create(catalog, name, query, _ids(catalog, photos or [])))
        except QueryError as error:
            raise typer.BadParameter(str(error)) from error


@albums.command("rename")
def rename(
    context: typer.Context,
    album: AlbumArgument,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    library: LibraryOption = None,
) -> None:
    """Rename an album of one's own."""
    from veduta.library import albums as shelf

    with _open(context, library) as catalog:
        shelf.update(catalog, album, name=name)


@albums.command("add")
def add(
    context: typer.Context, album: AlbumArgument, photos: PhotosArgument, library: LibraryOption = None
) -> None:
    """Put photos into an album of chosen photos."""
    from veduta.library import albums as shelf

    with _open(context, library) as catalog:
        shelf.add(catalog, album, _ids(catalog, photos))


@albums.command("remove")
def remove(
    context: typer.Context, album: AlbumArgument, photos: PhotosArgument, library: LibraryOption = None
) -> None:
    """Take photos out of an album of chosen photos; they stay in the library."""
    from veduta.library import albums as shelf

    with _open(context, library) as catalog:
        shelf.remove(catalog, album, _ids(catalog, photos))


@albums.command("delete")
def delete(context: typer.Context, album: AlbumArgument, library: LibraryOption = None) -> None:
    """Delete an album of one's own; its photos stay."""
    from veduta.library import albums as shelf

    with _open(context, library) as catalog:
        shelf.delete(catalog, album)


def _open(context: typer.Context, library: Path | None) -> Catalog:
    from veduta.library.catalog import Catalog

    return Catalog.open(library or context.obj, create=False)


def _ids(catalog: Catalog, photos: Sequence[Path]) -> list[int]:
    """Numbers of photos given by their paths."""
    from sqlalchemy import select

    from veduta.errors import NotFound
    from veduta.library.schema import FileRow

    found = []
    with catalog.session() as session:
        for photo in photos:
            path = str(photo.expanduser().absolute())
            photo_id = session.scalar(select(FileRow.photo_id).where(FileRow.path == path))
            if photo_id is None:
                raise NotFound(f"{photo}: not in the library (add it with `veduta add`)")
            found.append(photo_id)
    return found
