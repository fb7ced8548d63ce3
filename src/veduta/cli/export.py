"""`veduta export`: copies of photos in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from veduta.cli.add import JsonOption, LibraryOption
from veduta.cli.output import Bar, emit, say


def export(
    target: Annotated[Path, typer.Argument(metavar="DIR", help="Folder for the copies; made if need be.")],
    query: Annotated[
        str | None, typer.Argument(metavar="[QUERY]", help="Which photos, as in search.")
    ] = None,
    ids: Annotated[
        list[int] | None, typer.Option("--id", metavar="ID", help="A photo by its number; may be repeated.")
    ] = None,
    album: Annotated[
        str | None, typer.Option("--album", metavar="ALBUM", help="The photos of an album, such as trip:3.")
    ] = None,
    sidecars: Annotated[bool, typer.Option("--sidecars", help="Write an XMP file beside each copy.")] = False,
    no_location: Annotated[
        bool, typer.Option("--no-location", help="Take the position out of the copies.")
    ] = False,
    anonymize: Annotated[
        str | None,
        typer.Option(
            "--anonymize",
            metavar="A,B",
            help="Hide these for good in the copies: plates, faces, text, people, parted by commas. Their metadata go,"
            " too.",
        ),
    ] = None,
    style: Annotated[
        str,
        typer.Option("--style", metavar="STYLE", help="With --anonymize: blur, pixelate, fill or replace."),
    ] = "pixelate",
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Copy photos, with or without their location, or anonymized, to a folder; the originals stay as they are."""
    from veduta.cli import photos
    from veduta.library import albums
    from veduta.library.catalog import Catalog
    from veduta.library.export import export as copy

    if [query is None, not ids, album is None].count(False) != 1:
        raise typer.BadParameter("say which photos: either a QUERY or --id or --album")
    with Catalog.open(library, create=False) as catalog:
        chosen = list(ids or ())
        if query is not None:
            chosen = photos.found(catalog, query)
        if album is not None:
            chosen = albums.photos(catalog, album)[0]
        hidden = [word.strip() for word in anonymize.split(",")] if anonymize is not None else []
        done = copy(catalog, chosen, target, sidecars, not no_location, Bar(), hidden, style)
    for one in done:
        if as_json:
            emit(one.as_json())
        elif one.reason is not None:
            say(f"{one.path}: {one.reason}")
    if not as_json:
        typer.echo(f"{sum(one.copy is not None for one in done)} of {len(done)} photos copied to {target}")
    if any(one.copy is None for one in done):
        raise typer.Exit(1)
