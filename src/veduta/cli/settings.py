"""`veduta settings`: what the user has chosen for a library, and who looks at its photos."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from veduta.cli.add import JsonOption, LibraryOption
from veduta.cli.edit import more_and_fewer
from veduta.cli.folders import ExcludeOption, WatchOption
from veduta.cli.output import emit, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veduta.library.catalog import Catalog

MACHINE = ("threads", "analysis_side", "max_pixels", "max_file_bytes")
"""Settings of this machine, which only the environment can change."""

settings = typer.Typer(add_completion=False, no_args_is_help=False, rich_markup_mode=None)


@settings.callback(invoke_without_command=True)
def show(context: typer.Context, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Show the settings of the library and of this machine; change those of the library."""
    context.obj = library
    if context.invoked_subcommand is None:
        with _open(context, library) as catalog:
            _tell(catalog, as_json)


@settings.command("set")
def change(
    context: typer.Context,
    on: Annotated[
        list[str] | None, typer.Option("--on", metavar="RECOGNIZER", help="Look at photos; may be repeated.")
    ] = None,
    off: Annotated[
        list[str] | None,
        typer.Option("--off", metavar="RECOGNIZER", help="Look at no more photos; may be repeated."),
    ] = None,
    watch: WatchOption = None,
    exclude: ExcludeOption = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change settings; those of folders hold for all folders. `veduta add` does what follows from it."""
    from veduta.library.choices import choose, chosen
    from veduta.library.lineup import enabled

    if not on and not off and watch is None and not exclude:
        raise typer.BadParameter("say what to change: --on, --off, --watch, --no-watch or --exclude")
    _check([*(on or ()), *(off or ())])
    more, fewer = more_and_fewer(exclude or [])
    with _open(context, library, create=True) as catalog:
        with catalog.session() as session:
            before = set(chosen(session).excludes)
        recognizers = (set(enabled(catalog)) | set(on or ())) - set(off or ()) if on or off else None
        choose(catalog, recognizers, watch, (before | set(more)) - set(fewer) if exclude else None)
        _tell(catalog, as_json)


@settings.command("recognizers")
def recognizers(context: typer.Context, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """List the recognizers and how far each is with the library."""
    from veduta.library.standings import standings
    from veduta.library.status import status

    with _open(context, library) as catalog:
        found = standings(catalog, status(catalog).photos)
    for one in found:
        if as_json:
            emit(asdict(one))
            continue
        counts = f"{one.done} done, {one.pending} pending, {one.failed} failed"
        lacks = f"  {one.missing}" if one.missing else ""
        typer.echo(f"{one.name:16}{'on' if one.enabled else 'off':5}{counts}{lacks}")


def _check(given: Sequence[str]) -> None:
    from veduta.see.recognizer import names

    unknown = sorted(set(given) - set(names()))
    if unknown:
        raise typer.BadParameter(f"no recognizer is called {unknown[0]!r}; known: {', '.join(names())}")


def _tell(catalog: Catalog, as_json: bool) -> None:
    from veduta.library.choices import chosen
    from veduta.library.lineup import enabled
    from veduta.server.sessions import stored_hash
    from veduta.settings import settings as machine

    with catalog.session() as session:
        choices = chosen(session)
    told = {
        "recognizers": enabled(catalog),
        "watch": choices.watch,
        "excludes": choices.excludes,
        "password": stored_hash(catalog) is not None,
        "library": str(catalog.directory),
        "models": str(machine().models_directory),
        **{name: getattr(machine(), name) for name in MACHINE},
    }
    if as_json:
        emit(told)
        return
    for name, value in told.items():
        shown = ", ".join(value) or "none" if isinstance(value, list) else value
        shown = {True: "yes", False: "no"}[shown] if isinstance(shown, bool) else shown
        typer.echo(f"{name.replace('_', ' '):16}{printable(str(shown))}")


def _open(context: typer.Context, library: Path | None, create: bool = False) -> Catalog:
    from veduta.library.catalog import Catalog

    return Catalog.open(library or context.obj, create=create)
