"""`veduta search` and `veduta similar`: find photos by words, or by example."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from veduta.cli.add import JsonOption, LibraryOption
from veduta.cli.output import emit, printable, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veduta.library.search import Hit

SHOWN = 30
SHOWN_JSON = 1000

search = typer.Typer(add_completion=False, rich_markup_mode=None)
LimitOption = Annotated[
    int | None,
    typer.Option("--limit", min=1, metavar="N", help=f"At most N photos; {SHOWN}, with --json {SHOWN_JSON}."),
]


# A filter that is negated begins with a hyphen and is no option: -object:car.
@search.command(context_settings={"ignore_unknown_options": True})
def search_command(
    query: Annotated[list[str], typer.Argument(metavar="QUERY...", help="Words and filters.")],
    library: LibraryOption = None,
    limit: LimitOption = None,
    offset: Annotated[int, typer.Option("--offset", min=0, metavar="N", help="Leave out the first N.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Find photos by words, people, places, dates and more.

    dog beach · person:Anna place:Paris · text:invoice after:2019 before:2022 · people:>3 rating:>=4 ·
    camera:iPhone -object:car · is:favorite OR is:video · "exact words"
    """
    from veduta.errors import QueryError
    from veduta.library.catalog import Catalog
    from veduta.library.search import search as find

    with Catalog.open(library, create=False) as catalog:
        try:
            found = find(catalog, " ".join(query), limit or (SHOWN_JSON if as_json else SHOWN), offset)
        except QueryError as error:
            raise typer.BadParameter(str(error)) from error
    if found.corrected is not None:
        say(f"showing results for: {found.corrected}")
    _show(found.hits, as_json)
    if not as_json:
        say(f"{len(found.hits)} of {found.total} photos")


def suggest(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The beginning of a search.")],
    library: LibraryOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="At most N suggestions.")] = 10,
    as_json: JsonOption = False,
) -> None:
    """Suggest how a search may go on: people, places, things, albums, filters."""
    from veduta.library.catalog import Catalog
    from veduta.library.search import suggest as propose

    with Catalog.open(library, create=False) as catalog:
        found = propose(catalog, text, limit)
    for one in found:
        if as_json:
            emit({"text": one.text, "kind": one.kind, "count": one.count})
        else:
            typer.echo(f"{one.text}  {one.kind}" + (f"  {one.count} photos" if one.count else ""))


def similar(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="A photo of the library, or any file.")],
    library: LibraryOption = None,
    limit: LimitOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find photos that look like a given one."""
    from veduta.library.catalog import Catalog
    from veduta.library.similar import similar as find

    with Catalog.open(library, create=False) as catalog:
        hits = find(catalog, photo, limit or (SHOWN_JSON if as_json else SHOWN))
    _show(hits, as_json)


def _show(hits: Sequence[Hit], as_json: bool) -> None:
    for hit in hits:
        if as_json:
            emit({"path": hit.path, "score": hit.score, "why": hit.why})
        else:
            typer.echo(
                f"{hit.score:5.2f}  {printable(hit.path)}" + (f"  ({'; '.join(hit.why)})" if hit.why else "")
            )
