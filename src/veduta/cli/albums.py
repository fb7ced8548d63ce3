"""`veduta albums`: list albums, look into them, and make one's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from veduta.cli import photos as named
from veduta.cli.add import JsonOption, LibraryOption
from veduta.cli.output import emit, printable
from veduta.cli.photos import MaybePhotosArgument, QueryOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veduta.library.catalog import Catalog
    from veduta.library.shelf import AlbumSummary

albums = typer.Typer(add_completion=False, no_args_is_help=False, rich_markup_mode=None)
AlbumArgument = Annotated[str, typer.Argument(metavar="ALBUM", help="The album, such as manual:3.")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME")]


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
        "photos": named.paths(catalog, ids),
        "id": album.id,
        "kind": album.kind,
        "count": album.count,
    }


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
        paths = named.paths(catalog, photos(catalog, album)[0])
    for path in paths:
        if as_json:
            emit({"path": path})
        else:
            typer.echo(printable(path))


@albums.command("create")
def create(
    context: typer.Context,
    name: NameArgument,
    photos: MaybePhotosArgument = None,
    query: Annotated[
        str | None, typer.Option("--query", metavar="QUERY", help="A saved search: its photos are the album.")
    ] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an album of chosen photos, or of a search; tells its number."""
    from veduta.library import albums as shelf

    if query is not None and photos:
        raise typer.BadParameter("an album is either of chosen photos or of a search")
    with _open(context, library) as catalog, _understood():
        made = shelf.create(catalog, name, query, named.numbers(catalog, photos or []))
    if as_json:
        emit({"id": made})
    else:
        typer.echo(made)


@albums.command("rename")
def rename(
    context: typer.Context,
    album: AlbumArgument,
    name: NameArgument,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Rename an album of one's own."""
    from veduta.library import albums as shelf

    with _open(context, library) as catalog:
        shelf.update(catalog, album, name=name)
    if as_json:
        emit({"id": album})


@albums.command("query")
def query(
    context: typer.Context,
    album: AlbumArgument,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Words and filters, as in `veduta search`.")],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change the search of an album that is a saved search."""
    from veduta.library import albums as shelf

    with _open(context, library) as catalog, _understood():
        shelf.update(catalog, album, query=query)
    if as_json:
        emit({"id": album})


@albums.command("add")
def add(
    context: typer.Context,
    album: AlbumArgument,
    photos: MaybePhotosArgument = None,
    query: QueryOption = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put photos into an album of chosen photos."""
    from veduta.library import albums as shelf

    with _open(context, library) as catalog:
        changed = shelf.add(catalog, album, _chosen(catalog, photos, query))
    if as_json:
        emit({"changed": changed})


@albums.command("remove")
def remove(
    context: typer.Context,
    album: AlbumArgument,
    photos: MaybePhotosArgument = None,
    query: QueryOption = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take photos out of an album of chosen photos; they stay in the library."""
    from veduta.library import albums as shelf

    with _open(context, library) as catalog:
        changed = shelf.remove(catalog, album, _chosen(catalog, photos, query))
    if as_json:
        emit({"changed": changed})


@albums.command("delete")
def delete(
    context: typer.Context, album: AlbumArgument, library: LibraryOption = None, as_json: JsonOption = False
) -> None:
    """Delete an album of one's own; its photos stay."""
    from veduta.library import albums as shelf

    with _open(context, library) as catalog:
        shelf.delete(catalog, album)
    if as_json:
        emit({"changed": 1})


def _open(context: typer.Context, library: Path | None) -> Catalog:
    from veduta.library.catalog import Catalog

    return Catalog.open(library or context.obj, create=False)


def _chosen(catalog: Catalog, photos: Sequence[Path] | None, query: str | None) -> list[int]:
    if not photos and query is None:
        raise typer.BadParameter("say which photos: either PHOTO... or --query")
    return [
        *named.numbers(catalog, photos or ()),
        *(named.found(catalog, query) if query is not None else ()),
    ]


@contextmanager
def _understood() -> Iterator[None]:
    """A search that cannot be understood is wrong usage."""
    from veduta.errors import QueryError

    try:
        yield
    except QueryError as error:
        raise typer.BadParameter(str(error)) from error
