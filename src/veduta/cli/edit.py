"""`veduta edit`: what the user says about photos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from veduta.cli.add import JsonOption, LibraryOption
from veduta.cli.output import emit
from veduta.cli.photos import MaybePhotosArgument, QueryOption

if TYPE_CHECKING:
    from veduta.library.changes import Change


def edit(
    photos: MaybePhotosArgument = None,
    query: QueryOption = None,
    favorite: Annotated[
        bool | None, typer.Option("--favorite/--no-favorite", help="Put among the favorites, or take out.")
    ] = None,
    rating: Annotated[
        int | None, typer.Option("--rating", min=0, max=5, metavar="N", help="Give 0 to 5 stars.")
    ] = None,
    no_rating: Annotated[bool, typer.Option("--no-rating", help="Take the stars away.")] = False,
    title: Annotated[str | None, typer.Option("--title", metavar="TEXT", help='"" takes it away.')] = None,
    description: Annotated[
        str | None, typer.Option("--description", metavar="TEXT", help='"" takes it away.')
    ] = None,
    keyword: Annotated[
        list[str] | None,
        typer.Option("--keyword", metavar="[+-]WORD", help="Give (+) or take away (-); may be repeated."),
    ] = None,
    hidden: Annotated[
        bool | None, typer.Option("--hide/--show", help="Leave out of all lists, or bring back.")
    ] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say something about photos: favorites, stars, titles, descriptions, keywords.

    It is kept in the catalog; the files stay as they are.
    """
    if not photos and query is None:
        raise typer.BadParameter("say which photos: either PHOTO... or --query")
    if rating is not None and no_rating:
        raise typer.BadParameter("--rating and --no-rating exclude each other")
    wanted: Change = {}
    if favorite is not None:
        wanted["favorite"] = favorite
    if rating is not None or no_rating:
        wanted["rating"] = rating
    if title is not None:
        wanted["title"] = title.strip()
    if description is not None:
        wanted["description"] = description.strip()
    if hidden is not None:
        wanted["hidden"] = hidden
    if keyword:
        wanted["more_keywords"], wanted["fewer_keywords"] = more_and_fewer(keyword)
    if not wanted:
        raise typer.BadParameter("say what to change: --favorite, --rating, --title, --keyword ...")
    from veduta.cli import photos as named
    from veduta.library.catalog import Catalog
    from veduta.library.changes import change

    with Catalog.open(library, create=False) as catalog:
        ids = named.numbers(catalog, photos or ())
        if query is not None:
            ids += named.found(catalog, query)
        changed = change(catalog, ids, wanted)
    if as_json:
        emit({"changed": changed})
    else:
        typer.echo(f"{changed} photos changed")


def more_and_fewer(given: list[str]) -> tuple[list[str], list[str]]:
    """What is to be added (`word` or `+word`), and what is to be taken away (`-word`)."""
    words = [(one[:1], one.lstrip("+-") if one[:1] in "+-" else one) for one in map(str.strip, given)]
    if any(not word.strip() for _, word in words):
        raise typer.BadParameter("a word is missing after + or -")
    return [w.strip() for sign, w in words if sign != "-"], [w.strip() for sign, w in words if sign == "-"]
