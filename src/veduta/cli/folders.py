"""`veduta folders`: the folders of photos that the library indexes in place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from veduta.cli.add import JsonOption, LibraryOption
from veduta.cli.edit import more_and_fewer
from veduta.cli.output import emit, printable

if TYPE_CHECKING:
    from veduta.library.catalog import Catalog
    from veduta.library.folders import FolderSummary

folders = typer.Typer(add_completion=False, no_args_is_help=False, rich_markup_mode=None)
FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="A folder of the library.")]
WatchOption = Annotated[
    bool | None, typer.Option("--watch/--no-watch", help="Whether new photos in it are added by themselves.")
]
ExcludeOption = Annotated[
    list[str] | None,
    typer.Option("--exclude", metavar="[+-]GLOB", help="Leave out (+), or no more (-); may be repeated."),
]


@folders.callback(invoke_without_command=True)
def listing(context: typer.Context, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """List the folders of the library; change and take them out. `veduta add DIR` puts one in."""
    context.obj = library
    if context.invoked_subcommand is not None:
        return
    from veduta.library.folders import folders as every

    with _open(context, library) as catalog:
        found = every(catalog)
    for folder in found:
        _show(folder, as_json)


@folders.command("change")
def change(
    context: typer.Context,
    folder: FolderArgument,
    watch: WatchOption = None,
    exclude: ExcludeOption = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change whether a folder is watched, or what is left out of it; `veduta add` then looks through it."""
    from veduta.library import folders as library_folders

    if watch is None and not exclude:
        raise typer.BadParameter("say what to change: --watch, --no-watch or --exclude")
    with _open(context, library) as catalog:
        found = _find(catalog, folder)
        more, fewer = more_and_fewer(exclude or [])
        excludes = (set(found.excludes) | set(more)) - set(fewer) if exclude else None
        library_folders.change(catalog, found.id, watch, excludes)
        found = _find(catalog, folder)
    _show(found, as_json)


@folders.command("remove")
def remove(
    context: typer.Context, folder: FolderArgument, library: LibraryOption = None, as_json: JsonOption = False
) -> None:
    """Take a folder out of the library; its files stay where and as they are.

    What was said about its photos comes back when the folder is added again.
    """
    from veduta.library import folders as library_folders

    with _open(context, library) as catalog:
        lost = library_folders.remove(catalog, _find(catalog, folder).id)
    if as_json:
        emit({"changed": lost})
    else:
        typer.echo(f"{lost} photos taken out")


def _show(folder: FolderSummary, as_json: bool) -> None:
    if as_json:
        facts = {"path": folder.path, "watch": folder.watch, "excludes": folder.excludes}
        emit({**facts, "missing": folder.missing, "photos": folder.photos})
        return
    remarks = [
        *(["watched"] if folder.watch else []),
        *([f"without {', '.join(folder.excludes)}"] if folder.excludes else []),
        *(["cannot be found at the moment"] if folder.missing else []),
    ]
    typer.echo("; ".join([f"{printable(folder.path)}  {folder.photos} photos", *remarks]))


def _find(catalog: Catalog, folder: Path) -> FolderSummary:
    from veduta.errors import NotFound
    from veduta.library.folders import folders as every

    path = str(folder.expanduser().absolute())
    for found in every(catalog):
        if found.path == path:
            return found
    raise NotFound(f"{folder}: not a folder of the library (see `veduta folders`)")


def _open(context: typer.Context, library: Path | None) -> Catalog:
    from veduta.library.catalog import Catalog

    return Catalog.open(library or context.obj, create=False)
