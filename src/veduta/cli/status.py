"""`veduta status`: how far the library is."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from veduta.cli.add import JsonOption, LibraryOption
from veduta.cli.output import emit, printable

if TYPE_CHECKING:
    from veduta.library.status import Status


def status(
    facts: Annotated[bool, typer.Option("--facts", help="Also what the library holds.")] = False,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how many photos are done, pending or failed, and why."""
    from veduta.library.catalog import Catalog
    from veduta.library.facts import facts as count_all
    from veduta.library.status import status as count

    with Catalog.open(library, create=False) as catalog:
        result = count(catalog)
        holds = asdict(count_all(catalog)) if facts else None
    if as_json:
        emit(result.as_json() if holds is None else {**result.as_json(), "library": holds})
        return
    show(result)
    for name, value in (holds or {}).items():
        typer.echo(f"  {name.replace('_', ' '):14}{printable(str(value))}")


def show(result: Status) -> None:
    """Print a status for a person."""
    typer.echo(
        f"{result.photos} photos: {result.done} done, {result.pending} pending; {result.failed} failed"
    )
    for path, reason in result.problems:
        typer.echo(f"  {printable(path)}: {reason}")
