"""`veduta status`: how far the library is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from veduta.cli.add import JsonOption, LibraryOption
from veduta.cli.output import emit

if TYPE_CHECKING:
    from veduta.library.status import Status


def status(library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Show how many photos are done, pending or failed, and why."""
    from veduta.library.catalog import Catalog
    from veduta.library.status import status as count

    with Catalog.open(library, create=False) as catalog:
        result = count(catalog)
    if as_json:
        emit(result.as_json())
    else:
        show(result)


def show(result: Status) -> None:
    """Print a status for a person."""
    typer.echo(
        f"{result.photos} photos: {result.done} done, {result.pending} pending; {result.failed} failed"
    )
    for path, reason in result.problems:
        typer.echo(f"  {path.encode('utf-8', 'backslashreplace').decode()}: {reason}")
