"""`veduta landmarks atlases`, `use` and `drop`: the atlases by which a library's photos are looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from veduta.cli.add import JsonOption
from veduta.cli.output import emit, printable


def listing(as_json: JsonOption = False) -> None:
    """List the atlases by which landmarks are recognized: the one that comes with Veduta, and your own."""
    from veduta.landmarks import atlases
    from veduta.landmarks.atlas import Atlas

    for one in atlases.used():
        landmarks = len(Atlas.open(one.folder).landmarks)
        if as_json:
            emit({"name": one.name, "folder": str(one.folder), "landmarks": landmarks})
        else:
            typer.echo(f"{printable(one.name):20}  {landmarks} landmarks  {printable(str(one.folder))}")


def use(
    atlas: Annotated[Path, typer.Argument(metavar="ATLAS", help="The folder of a built atlas.")],
    name: Annotated[str | None, typer.Option("--name", help="What to call it, if not as its folder.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Replace the one of that name.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Recognize landmarks by an atlas of your own too: it is checked and copied; `veduta add` then looks anew."""
    from veduta.landmarks import atlases

    used = atlases.use(atlas, name, again)
    if as_json:
        emit({"name": used.name, "folder": str(used.folder)})
    else:
        typer.echo(
            f"{printable(used.name)} is used from now on: run `veduta add` or leave `veduta up` running"
        )


def drop(
    name: Annotated[str, typer.Argument(metavar="NAME", help="See `veduta landmarks atlases`.")],
    as_json: JsonOption = False,
) -> None:
    """No longer recognize landmarks by an atlas of your own; its copy is deleted, what you built it from stays."""
    from veduta.landmarks import atlases

    atlases.drop(name)
    if as_json:
        emit({"name": name, "used": False})
    else:
        typer.echo(f"{printable(name)} is not used any more")
