"""`veduta backup`, `restore` and `verify`: keep a library safe, and prove it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from veduta.cli.add import JsonOption, LibraryOption
from veduta.cli.output import Bar, emit


def backup(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The backup to write; replaced when it is there.")
    ],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the catalog and the pictures that versions begin with to one file.

    Originals and thumbnails are not in it.
    """
    from veduta.library.backup import backup as write
    from veduta.library.catalog import Catalog

    with Catalog.open(library, create=False) as catalog:
        proof = write(catalog, file)
    if as_json:
        emit({"file": str(file), "bytes": file.stat().st_size, **proof.as_json()})
    else:
        typer.echo(f"{file}: {proof.photos} photos, {file.stat().st_size:,} bytes")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Restore a catalog from a backup file and prove it: every count and hash is compared."""
    from veduta.library.backup import restore as read
    from veduta.library.catalog import Catalog
    from veduta.settings import settings

    directory = (library or settings().library_directory).expanduser().absolute()
    proof = read(file, directory)
    Catalog.open(directory, create=False).close()
    if as_json:
        emit({"library": str(directory), **proof.as_json()})
    else:
        typer.echo(
            f"{directory}: {proof.photos} photos restored; all {len(proof.tables)} tables are as they were"
        )


def verify(library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Check originals against their hashes, thumbnails and findings; nothing is changed."""
    from veduta.library.catalog import Catalog
    from veduta.library.verify import verify as check

    with Catalog.open(library, create=False) as catalog:
        report = check(catalog, Bar())
    if as_json:
        emit(report.as_json())
    else:
        typer.echo(f"{report.sound} of {report.files} files are as they were added")
        told = {
            "rotten (bytes changed, size and time did not: restore from a copy)": report.rotten,
            "edited (add the folder again to take them in)": report.edited,
            "missing": report.missing,
            "unreadable": [f"{path}: {reason}" for path, reason in report.unreadable],
            "thumbnail lacking (`veduta add --retry` makes it)": report.thumbnails,
            "findings that contradict the record": report.findings,
        }
        for what, paths in told.items():
            for path in paths:
                typer.echo(f"  {what}: {path.encode('utf-8', 'backslashreplace').decode()}")
    if not report.ok:
        raise typer.Exit(1)
