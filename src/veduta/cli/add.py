"""`veduta add`: photos into the library."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from veduta.cli.output import Bar, emit, say

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
    from veduta.errors import ModelUnavailable
    from veduta.library.add import Options, add_photos
    from veduta.library.catalog import Catalog
    from veduta.library.watch import watch as keep_watching

    options = Options(
        excludes=tuple(exclude or ()),
        retry=retry,
        watch=watch,
        waiting=lambda: say("another process is adding photos to this library; waiting until it is done"),
    )
    failure: ModelUnavailable | None = None
    with Catalog.open(library) as catalog:
        try:
            result = add_photos(catalog, folders or (), progress=Bar(), options=options)
            if watch:
                result = keep_watching(catalog, Bar())
        except ModelUnavailable as error:
            from veduta.library.status import status

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
