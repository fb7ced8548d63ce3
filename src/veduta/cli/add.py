"""`veduta add`: photos into the library."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from veduta.cli.output import Bar, emit, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veduta.library.add import Options
    from veduta.library.catalog import Catalog

LibraryOption = Annotated[
    Path | None, typer.Option("--library", metavar="DIR", help="The library; default: the user's own.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]


def add(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(metavar="DIR...", help="Folders of photos; none: those of the library again."),
    ] = None,
    library: LibraryOption = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            "--exclude", metavar="GLOB", help="Leave out names, or paths in the folder; may be repeated."
        ),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Stay and add what comes.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Try again what failed.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Add folders of photos to the library: they stay where they are and are never changed.

    Only what is new or changed is read; after an interruption the same command goes on where it was.
    """
    from veduta.library.add import Options
    from veduta.library.catalog import Catalog

    options = Options(excludes=tuple(exclude or ()), retry=retry, watch=watch)
    with Catalog.open(library) as catalog:
        run(catalog, folders or (), options, as_json)


def run(catalog: Catalog, folders: Sequence[Path], options: Options, as_json: bool) -> None:
    """Add photos with a bar, stay when `options.watch` says so, and tell how far the library is."""
    from veduta.library.add import add_photos
    from veduta.library.lineup import Unopened
    from veduta.library.status import status
    from veduta.library.watch import watch

    options = replace(options, waiting=_waiting)
    failure: Unopened | None = None
    try:
        result = add_photos(catalog, folders, progress=Bar(), options=options)
        if options.watch:
            result = watch(catalog, Bar())
    except Unopened as error:
        failure, result = error, status(catalog)
    except KeyboardInterrupt:
        say("\nstopped; what is done is kept, and the same command goes on from here")
        raise typer.Exit(130) from None
    if as_json:
        emit(result.as_json())
    else:
        from veduta.cli.status import show

        show(result)
    if failure is not None:
        raise failure


def _waiting() -> None:
    say("another process is adding photos to this library; waiting until it is done")
