"""`veduta problems`: what could not be read, and trying it again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from veduta.cli.add import JsonOption, LibraryOption, run
from veduta.cli.output import emit, printable

if TYPE_CHECKING:
    from veduta.library.catalog import Catalog

problems = typer.Typer(add_completion=False, no_args_is_help=False, rich_markup_mode=None)


@problems.callback(invoke_without_command=True)
def listing(context: typer.Context, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """List the files that could not be read, with reasons; try them again."""
    context.obj = library
    if context.invoked_subcommand is not None:
        return
    from veduta.library.problems import problems as every

    with _open(context, library) as catalog:
        found, _ = every(catalog)
    for one in found:
        if as_json:
            about = {"path": one.path, "reason": one.reason, "kind": one.kind, "recognizer": one.recognizer}
            emit({**about, "seen_at": one.seen_at.isoformat()})
        else:
            typer.echo(f"{printable(one.path)}: {one.reason}")


@problems.command("retry")
def retry(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE...]", help="Those that failed; none: all.")
    ] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try again what failed; ends as `veduta add` does."""
    from veduta.errors import NotFound
    from veduta.library.add import Options
    from veduta.library.problems import forget
    from veduta.library.problems import problems as every

    with _open(context, library) as catalog:
        if paths:
            wanted = [str(path.expanduser().absolute()) for path in paths]
            unknown = sorted(set(wanted) - {one.path for one in every(catalog)[0]})
            if unknown:
                raise NotFound(f"{unknown[0]}: is not among the problems (see `veduta problems`)")
            forget(catalog, paths=wanted)
        run(catalog, (), Options(retry=not paths), as_json)


def _open(context: typer.Context, library: Path | None) -> Catalog:
    from veduta.library.catalog import Catalog

    return Catalog.open(library or context.obj, create=False)
