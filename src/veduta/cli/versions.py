"""`veduta versions`: photos as edited, kept beside the originals in the library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veduta.cli.add import JsonOption, LibraryOption
from veduta.cli.output import Bar, emit, printable

if TYPE_CHECKING:
    from veduta.library.catalog import Catalog
    from veduta.library.versions import Version

versions = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None)

PhotoArgument = Annotated[Path, typer.Argument(metavar="PHOTO", help="A photo, by path or number.")]
VersionArgument = Annotated[int, typer.Argument(metavar="VERSION", help="The number of a version.", min=1)]
EditsOption = Annotated[
    Path | None, typer.Option("--edits", metavar="FILE.json", help="A list of edits, as `show --json` tells.")
]
NameOption = Annotated[str | None, typer.Option("--name", metavar="NAME", help="What it is called.")]


@versions.callback()
def group() -> None:
    """Versions of photos: what was done to them, rendered at will; originals stay as they are."""


@versions.command("list")
def list_versions(photo: PhotoArgument, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """List the versions of a photo, newest first."""
    from veduta.library import versions as kept

    with _open(library) as catalog:
        for one in kept.of_photo(catalog, _number(catalog, photo)):
            _tell(catalog, one, as_json)


@versions.command()
def show(version: VersionArgument, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Show a version with its edits."""
    from veduta.library import versions as kept

    with _open(library) as catalog:
        one = kept.get(catalog, version)
        _tell(catalog, one, as_json)
        if not as_json:
            for step in one.edits.steps:
                plain = step.as_json()
                masked = "".join(" (a mask)" for name in ("mask",) if plain.pop(name, None))
                words = ", ".join(f"{key} {value}" for key, value in plain.items() if key != "name")
                typer.echo(f"  {printable(plain['name'])}{masked}: {printable(words)}")


@versions.command()
def create(
    photo: PhotoArgument,
    edits: EditsOption = None,
    name: NameOption = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep a version of a photo, with the edits in a file."""
    from veduta.cli.adjust import edits_of
    from veduta.edit.picture_file import check_still
    from veduta.library import rendering
    from veduta.library import versions as kept

    with _open(library) as catalog:
        number = _number(catalog, photo)
        check_still(rendering.source_file(catalog, number))
        _tell(catalog, kept.create(catalog, number, edits_of(edits), name), as_json)


@versions.command()
def change(
    version: VersionArgument,
    edits: EditsOption = None,
    name: NameOption = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a version another name or other edits."""
    from veduta.cli.adjust import edits_of
    from veduta.library import rendering
    from veduta.library import versions as kept

    if edits is None and name is None:
        raise typer.BadParameter("say what to change: --name or --edits")
    with _open(library) as catalog:
        before, size = kept.get(catalog, version), None
        if before.base is not None:
            start = rendering.ground(catalog, before.photo_id, before)
            size = (start.width, start.height)
        wanted = None if edits is None else edits_of(edits)
        changed = kept.change(catalog, version, name=name, edits=wanted, base_size=size)
        _tell(catalog, changed, as_json)


@versions.command()
def render(
    version: Annotated[list[int], typer.Argument(metavar="VERSION...", help="Numbers of versions.", min=1)],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the full-size files of versions that have none; Ctrl-C stops, and leaves no half of a file."""
    from veduta.library import rendering
    from veduta.library import versions as kept

    with _open(library) as catalog:
        for number in version:
            rendering.render(catalog, number, Bar())
            _tell(catalog, kept.get(catalog, number), as_json)


@versions.command()
def export(
    version: VersionArgument,
    target: Annotated[Path, typer.Argument(metavar="FILE", help="Where the copy goes.")],
    no_location: Annotated[
        bool, typer.Option("--no-location", help="Take the position out of the copy.")
    ] = False,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a version to a file; its suffix says in which format."""
    from veduta.library import rendering

    with _open(library) as catalog:
        written = rendering.export(catalog, version, target, not no_location, Bar())
    if as_json:
        emit({"path": str(written.path), "format": written.format, "notes": list(written.notes)})
    else:
        typer.echo(f"{printable(str(written.path))} written")
        for note in written.notes:
            typer.echo(f"  {note}")


@versions.command()
def delete(
    version: Annotated[list[int], typer.Argument(metavar="VERSION...", help="Numbers of versions.", min=1)],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take versions away, with their files."""
    from veduta.library import versions as kept

    with _open(library) as catalog:
        for number in version:
            kept.remove(catalog, number)
    if as_json:
        emit({"changed": len(version)})
    else:
        typer.echo(f"{len(version)} taken away")


def _open(library: Path | None) -> Catalog:
    from veduta.library.catalog import Catalog

    return Catalog.open(library, create=False)


def _number(catalog: Catalog, photo: Path) -> int:
    from veduta.cli.photos import numbers

    return numbers(catalog, [photo])[0]


def _tell(catalog: Catalog, version: Version, as_json: bool) -> None:
    from veduta.library import rendering

    file = rendering.rendered(catalog, version)
    told: dict[str, Any] = {**version.as_json(), "file": None if file is None else str(file)}
    if as_json:
        emit(told)
        return
    state = "rendered" if file else "not rendered yet"
    size = f"{version.width} x {version.height}"
    count = len(version.edits.steps)
    typer.echo(f"{version.id:6}  {printable(version.name)}  {size}  {count} edits  {state}")
