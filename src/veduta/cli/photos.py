"""Photos as they are named on the command line: by path, by number, or by what a search finds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from veduta.library.catalog import Catalog

PhotosArgument = Annotated[
    list[Path], typer.Argument(metavar="PHOTO...", help="Photos of the library, by path or number.")
]
MaybePhotosArgument = Annotated[
    list[Path] | None, typer.Argument(metavar="[PHOTO...]", help="Photos of the library, by path or number.")
]
QueryOption = Annotated[
    str | None, typer.Option("--query", metavar="QUERY", help="All photos that a search finds.")
]


def numbers(catalog: Catalog, photos: Sequence[Path]) -> list[int]:
    """The numbers of photos; raises NotFound."""
    from sqlalchemy import select

    from veduta.errors import NotFound
    from veduta.library.schema import FileRow, PhotoRow

    found = []
    with catalog.session() as session:
        for photo in photos:
            path = str(photo.expanduser().absolute())
            number = session.scalar(select(FileRow.photo_id).where(FileRow.path == path))
            if number is None and str(photo).isdecimal() and len(str(photo)) < 19:
                number = session.scalar(select(PhotoRow.id).where(PhotoRow.id == int(str(photo))))
            if number is None:
                raise NotFound(f"{photo}: not in the library (add it with `veduta add`)")
            found.append(number)
    return found


def found(catalog: Catalog, query: str) -> list[int]:
    """The numbers of the photos that a search finds; one that cannot be understood is wrong usage."""
    from veduta.errors import QueryError
    from veduta.library.search import matching

    try:
        return [int(number) for number in matching(catalog, query)]
    except QueryError as error:
        raise typer.BadParameter(str(error)) from error


def paths(catalog: Catalog, ids: Sequence[int]) -> list[str]:
    """Where photos are, in order."""
    from veduta.library.search import first_paths

    with catalog.session() as session:
        known = first_paths(session, ids)
    return [known[number] for number in ids if number in known]
