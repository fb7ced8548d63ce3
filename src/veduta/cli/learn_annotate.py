"""`veduta learn annotate`: projects of labeled pictures, as the web app makes them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veduta.cli.add import JsonOption, LibraryOption
from veduta.cli.output import emit, printable

if TYPE_CHECKING:
    from veduta.learn.annotations import Item, Project

annotate = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None)


class Form(StrEnum):
    """Forms of files."""

    coco = "coco"
    yolo = "yolo"
    voc = "voc"


ProjectArgument = Annotated[str, typer.Argument(metavar="PROJECT", help="A project's name.")]
AnnotatorOption = Annotated[str, typer.Option("--annotator", metavar="WHO", help="Whose labels.")]
ClassOption = Annotated[
    list[str] | None, typer.Option("--class", metavar="NAME", help="A class; may be repeated.")
]
PhotosArgument = Annotated[
    list[Path], typer.Argument(metavar="PHOTO...", help="Photos of the library, by path or number.")
]


@annotate.callback()
def group() -> None:
    """Label pictures for training: projects, classes, files of other programs, agreement of two people."""


@annotate.command("list")
def list_projects(library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """List the projects of the library."""
    from veduta.learn.annotations import FILE, Project

    for path in sorted(_folder(library).glob(f"*/{FILE}")):
        _tell(Project(path.parent), as_json)


@annotate.command()
def create(
    project: ProjectArgument,
    classes: ClassOption = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a project."""
    from veduta.learn.annotations import Project

    _tell(Project.create(Project.place(_folder(library), project), classes or ()), as_json)


@annotate.command("classes")
def change_classes(
    project: ProjectArgument,
    classes: ClassOption = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the classes those named; OLD=NEW gives one another name. One that is used cannot go."""
    found = _open(project, library)
    if classes:
        old = {one.name: one.id for one in found.classes()}
        wanted: list[dict[str, Any]] = []
        for word in classes:
            before, _, after = word.partition("=")
            wanted.append({"id": old.get(before), "name": after or before})
        found.set_classes(wanted)
    _tell(found, as_json)


@annotate.command()
def delete(project: ProjectArgument, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Take a project away with all its labels; photos stay."""
    _open(project, library).delete()
    _changed(1, as_json)


@annotate.command()
def add(
    project: ProjectArgument,
    photos: PhotosArgument,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add photos of the library to a project."""
    from veduta.cli import photos as named
    from veduta.library.catalog import Catalog
    from veduta.library.schema import PhotoRow

    found = _open(project, library)
    wanted = []
    with Catalog.open(library, create=False) as catalog:
        ids = named.numbers(catalog, photos)
        paths = named.paths(catalog, ids)
        with catalog.session() as session:
            for number, path in zip(ids, paths, strict=True):
                row = session.get_one(PhotoRow, number)
                wanted.append((printable(Path(path).name), f"photo:{number}", row.width, row.height))
    _changed(found.add_images(wanted), as_json)


@annotate.command()
def remove(
    project: ProjectArgument,
    image: Annotated[int, typer.Argument(metavar="IMAGE", help="The number of a picture, as `show` tells.")],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a picture out of a project, with its labels."""
    _open(project, library).remove_image(image)
    _changed(1, as_json)


@annotate.command()
def show(
    project: ProjectArgument,
    annotator: Annotated[str | None, typer.Option("--annotator", metavar="WHO", help="Whose labels.")] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the pictures of a project, with what was labeled in them."""
    found = _open(project, library)
    items, done = found.items(annotator), found.done(annotator)
    for image in found.images():
        some = items.get(image.id, [])
        if as_json:
            told = {"id": image.id, "name": image.name, "source": image.source, "width": image.width}
            told |= {"height": image.height, "done": image.id in done, "items": [_plain(one) for one in some]}
            emit(told)
        else:
            state = "done" if image.id in done else "open"
            typer.echo(f"{image.id:6}  {printable(image.name)}  {len(some)} things  {state}")


@annotate.command()
def export(
    project: ProjectArgument,
    form: Annotated[Form, typer.Argument(metavar="coco|yolo|voc", help="COCO is JSON, the others are zip.")],
    target: Annotated[Path, typer.Argument(metavar="FILE", help="Where it goes.")],
    annotator: AnnotatorOption,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write labels to a file for other programs; YOLO and VOC hold no masks."""
    from veduta.files import write_bytes
    from veduta.learn import annotation_files

    data = annotation_files.write(_open(project, library), form.value, annotator)
    write_bytes(target, data)
    if as_json:
        emit({"path": str(target), "bytes": len(data)})
    else:
        typer.echo(f"{printable(str(target))} written")


@annotate.command()
def load(
    project: ProjectArgument,
    form: Annotated[Form, typer.Argument(metavar="coco|yolo|voc", help="What the file is.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of labels.")],
    annotator: AnnotatorOption,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take the labels in a file in place of somebody's, in the pictures that it names."""
    from veduta.errors import NotFound
    from veduta.learn import annotation_files

    found = _open(project, library)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise NotFound(f"{file}: {error.strerror}") from error
    _changed(annotation_files.read(found, form.value, annotator, data), as_json)


@annotate.command()
def suggest(
    project: ProjectArgument,
    what: Annotated[
        list[str], typer.Option("--what", metavar="WHAT", help="cranes, people, faces, plates or any object.")
    ],
    annotator: AnnotatorOption = "suggestions",
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Label what recognizers find, under a name of its own, in pictures that this name has not labeled yet.

    Things are labeled with the class of the same name; others are left out.
    """
    from veduta.edit.erase import opened
    from veduta.edit.regions import regions, shared_eyes
    from veduta.learn.annotations import Item
    from veduta.library.catalog import Catalog
    from veduta.library.rendering import source_file
    from veduta.see.mask import encode

    found = _open(project, library)
    classes = {one.name.casefold(): one.id for one in found.classes()}
    done, labeled = found.done(annotator), 0
    with Catalog.open(library, create=False) as catalog:
        for image in found.images():
            if image.id in done or not image.source.startswith("photo:"):
                continue
            photo = opened(source_file(catalog, int(image.source.removeprefix("photo:"))))
            items = []
            for one in regions(photo, what, eyes=shared_eyes()):
                x, y = max(0.0, one.box[0]), max(0.0, one.box[1])
                w = min(one.box[0] + one.box[2], image.width) - x
                h = min(one.box[1] + one.box[3], image.height) - y
                kind = classes.get(one.name.casefold())
                if kind is not None and w > 0 and h > 0:
                    items.append(Item(kind, (x, y, w, h), encode(one.mask), "suggested", one.score))
            found.label(image.id, annotator, items, done=True)
            labeled += len(items)
    _changed(labeled, as_json)


@annotate.command("agreement")
def agree(
    project: ProjectArgument,
    first: Annotated[str, typer.Argument(metavar="FIRST", help="An annotator.")],
    second: Annotated[str, typer.Argument(metavar="SECOND", help="Another one.")],
    iou: Annotated[float, typer.Option("--iou", help="Boxes that overlap so much are the same thing.")] = 0.5,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell how far two annotators agree in the pictures that both are done with."""
    from veduta.learn.agreement import agreement

    found = _open(project, library)
    both = found.done(first) & found.done(second)
    one_side, other_side = (found.items(who) for who in (first, second))
    told = agreement(
        {image: one_side.get(image, []) for image in both},
        {image: other_side.get(image, []) for image in both},
        iou,
    )
    names = {one.id: one.name for one in found.classes()}
    figures: dict[str, Any] = {
        name: getattr(told, name)
        for name in (
            "images",
            "matched",
            "other_class",
            "only_first",
            "only_second",
            "mean_iou",
            "kappa",
            "alpha",
        )
    }
    figures["f1"] = {names[number]: round(value, 4) for number, value in told.f1.items()}
    if as_json:
        emit(figures)
        return
    for name, value in figures.items():
        shown = value if not isinstance(value, float) else f"{value:.3f}"
        typer.echo(f"{name.replace('_', ' '):12}  {printable(str(shown))}")


def _folder(library: Path | None) -> Path:
    from veduta.settings import settings

    return (library or settings().library_directory).expanduser().absolute() / "annotations"


def _open(name: str, library: Path | None) -> Project:
    from veduta.learn.annotations import Project

    return Project.open(Project.place(_folder(library), name))


def _plain(item: Item) -> dict[str, Any]:
    plain: dict[str, Any] = {"class": item.class_id, "box": list(item.box), "origin": item.origin}
    return plain | {"score": item.score, "mask": None if item.mask is None else dict(item.mask)}


def _changed(count: int, as_json: bool) -> None:
    if as_json:
        emit({"changed": count})
    else:
        typer.echo(f"{count} changed")


def _tell(project: Project, as_json: bool) -> None:
    told = {
        "name": project.name,
        "classes": [one.name for one in project.classes()],
        "images": len(project.images()),
        "done": len(project.done()),
        "annotators": project.annotators(),
    }
    if as_json:
        emit(told)
    else:
        classes = ", ".join(one.name for one in project.classes())
        typer.echo(printable(f"{project.name}: {told['done']} of {told['images']} pictures done; {classes}"))
