"""`veduta people`: list, name, merge, split, correct, hide and forget people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from veduta.cli.add import JsonOption, LibraryOption
from veduta.cli.output import emit, printable

if TYPE_CHECKING:
    from veduta.library.catalog import Catalog

people = typer.Typer(add_completion=False, no_args_is_help=False, rich_markup_mode=None)
PersonArgument = Annotated[int, typer.Argument(metavar="ID", help="The person's number.")]
FaceArgument = Annotated[int, typer.Argument(metavar="FACE", help="See `veduta people faces ID`.")]
HiddenOption = Annotated[bool, typer.Option("--hidden", help="Also those that are hidden.")]


@people.callback(invoke_without_command=True)
def everyone(
    context: typer.Context,
    library: LibraryOption = None,
    hidden: HiddenOption = False,
    as_json: JsonOption = False,
) -> None:
    """List the people in the photos; name, merge, split, correct, hide and forget them."""
    context.obj = library
    if context.invoked_subcommand is None:
        listing(context, library, hidden, as_json)


@people.command("list")
def listing(
    context: typer.Context,
    library: LibraryOption = None,
    hidden: HiddenOption = False,
    as_json: JsonOption = False,
) -> None:
    """List people: those with a name first, then those in most photos."""
    from veduta.library import people as library_people

    with _open(context, library) as catalog:
        found = library_people.people(catalog, hidden)
        photos = library_people.photos(catalog, [person.id for person in found]) if as_json else {}
    for person in found:
        if as_json:
            emit({"id": person.id, "name": person.name, "faces": person.faces, "photos": photos[person.id]})
        else:
            name = person.name or "(no name)"
            hint = "  hidden" if person.hidden else ""
            typer.echo(f"{person.id:6}  {name}  {person.faces} faces in {person.photos} photos{hint}")


@people.command("name")
def name(
    context: typer.Context,
    person: PersonArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help='The name; "" takes it away.')],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a person a name."""
    from veduta.library import people as library_people

    with _open(context, library) as catalog:
        library_people.name(catalog, person, name)
    _tell(person, as_json)


@people.command("merge")
def merge(
    context: typer.Context,
    into: Annotated[int, typer.Argument(metavar="INTO", help="The person that the others are.")],
    others: Annotated[list[int], typer.Argument(metavar="ID...")],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that some people are one person."""
    from veduta.library import people as library_people

    with _open(context, library) as catalog:
        library_people.merge(catalog, into, others)
    _tell(into, as_json)


@people.command("faces")
def faces(
    context: typer.Context, person: PersonArgument, library: LibraryOption = None, as_json: JsonOption = False
) -> None:
    """List the faces of a person, best first: their numbers, photos and boxes."""
    from veduta.library import people as library_people
    from veduta.library.search import first_paths

    with _open(context, library) as catalog:
        found = library_people.faces(catalog, person)
        with catalog.session() as session:
            paths = first_paths(session, sorted({face.photo_id for face in found}))
    for face in found:
        box, path = [round(value, 1) for value in face.box], paths.get(face.photo_id, "")
        if as_json:
            emit({"face": face.finding_id, "path": path, "box": box, "confirmed": face.confirmed})
        else:
            typer.echo(f"{face.finding_id:8}  {printable(path)}  {box}")


@people.command("split")
def split(
    context: typer.Context,
    person: PersonArgument,
    faces: Annotated[list[int], typer.Argument(metavar="FACE...", help="See `veduta people faces ID`.")],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that some faces of a person are someone else; tells the new person's number."""
    from veduta.library import people as library_people

    with _open(context, library) as catalog:
        new = library_people.split(catalog, person, faces)
    _tell(new, as_json, aloud=True)


@people.command("not")
def not_person(
    context: typer.Context,
    face: FaceArgument,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that a face is not the person it was taken for."""
    from veduta.library import people as library_people

    with _open(context, library) as catalog:
        library_people.not_person(catalog, face)
    if as_json:
        emit({"face": face})


@people.command("assign")
def assign(
    context: typer.Context,
    face: FaceArgument,
    person: Annotated[int | None, typer.Argument(metavar="[ID]", help="None: someone new.")] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Who bears this name, or someone new.")
    ] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say whose a face is; tells the person's number."""
    from veduta.library import people as library_people

    if person is not None and name is not None:
        raise typer.BadParameter("say whose the face is by a number or by a name")
    with _open(context, library) as catalog:
        whose = library_people.assign(catalog, face, person, name)
    _tell(whose, as_json, aloud=True)


@people.command("hide")
def hide(
    context: typer.Context,
    person: PersonArgument,
    show: Annotated[bool, typer.Option("--show", help="Bring back instead.")] = False,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Leave a person out of the list of people."""
    from veduta.library import people as library_people

    with _open(context, library) as catalog:
        library_people.hide(catalog, person, not show)
    _tell(person, as_json)


@people.command("forget")
def forget(
    context: typer.Context,
    person: PersonArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget a person for good: name, faces and vectors are erased; the photos stay."""
    from veduta.library import people as library_people

    with _open(context, library) as catalog:
        found = library_people.faces(catalog, person)
        if not yes:
            question = f"Erase {len(found)} faces of person {person} for good?"
            typer.confirm(question, abort=True, err=True)
        changed = library_people.forget(catalog, person)
    if as_json:
        emit({"changed": changed})
    else:
        typer.echo(f"{changed} faces forgotten")


def _tell(person: int, as_json: bool, aloud: bool = False) -> None:
    if as_json:
        emit({"id": person})
    elif aloud:
        typer.echo(person)


def _open(context: typer.Context, library: Path | None) -> Catalog:
    from veduta.library.catalog import Catalog

    return Catalog.open(library or context.obj, create=False)
