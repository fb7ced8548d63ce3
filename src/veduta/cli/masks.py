"""`veduta masks`: regions of photos, found, selected, combined, and kept in the library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veduta.cli.add import JsonOption, LibraryOption
from veduta.cli.numbers import numbers
from veduta.cli.output import emit, printable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from veduta.library.catalog import Catalog
    from veduta.library.masks import SavedMask

masks = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None)

PictureArgument = Annotated[Path, typer.Argument(metavar="PHOTO", help="A photo's file.")]
PhotoArgument = Annotated[Path, typer.Argument(metavar="PHOTO", help="A photo, by path or number.")]
MaskArgument = Annotated[int, typer.Argument(metavar="MASK", help="The number of a mask.", min=1)]
OutOption = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="OUT", help="Write it: .png (white on black) or .json.")
]


@masks.callback()
def group() -> None:
    """Masks: which pixels of a photo an edit concerns; as PNG or COCO files, or kept in the library."""


@masks.command()
def find(
    photo: PictureArgument,
    what: Annotated[
        list[str],
        typer.Option("--what", metavar="WHAT", help="cranes, people, plates, faces, text or any object."),
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="DIR", help="Write each mask as PNG into a folder.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Find things in a photo, one mask each."""
    from veduta.edit.erase import opened
    from veduta.edit.mask import save
    from veduta.edit.protagonists import protagonists
    from veduta.edit.regions import regions
    from veduta.see.mask import encode

    seen = opened(photo)
    found = regions(seen, what)
    people = [region for region in found if region.kind == "people"]
    main = {id(people[number]) for number in protagonists(people, seen)}
    for number, region in enumerate(found, 1):
        target = None if out is None else out / f"{photo.stem}-{number}-{region.name}.png"
        if target is not None:
            save(region.mask, target)
        told: dict[str, Any] = {"name": region.name, "kind": region.kind, "score": round(region.score, 4)}
        told |= {"box": [round(float(v), 1) for v in region.box], "pixels": region.patch.area}
        told |= {"protagonist": id(region) in main, "out": None if target is None else str(target)}
        if as_json:
            emit({**told, "mask": encode(region.mask)})
        else:
            typer.echo(f"{told['name']}  {told['score']:.2f}  {told['box']}  {told['out'] or ''}".rstrip())
    if not found:
        typer.echo("nothing found", err=True)
        raise typer.Exit(3)


@masks.command()
def select(
    photo: PictureArgument,
    point: Annotated[
        list[str] | None,
        typer.Option(
            "--point", metavar="[-]X,Y", help="On it, or with - beside it; pixels. May be repeated."
        ),
    ] = None,
    box: Annotated[
        str | None, typer.Option("--box", metavar="X,Y,W,H", help="Around it; in pixels of the photo.")
    ] = None,
    start: Annotated[
        Path | None, typer.Option("--mask", metavar="FILE", help="What was selected before: a mask's file.")
    ] = None,
    colors: Annotated[
        bool,
        typer.Option("--colors", help="By colors and edges alone, even where a thing is recognized."),
    ] = False,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find the outline of the thing at a point or in a box.

    One point takes the whole of a person or thing that is recognized there; more points, and --mask, go by colors.
    """
    from veduta.edit.erase import opened
    from veduta.edit.mask import load
    from veduta.edit.pick import pick
    from veduta.edit.select import Click
    from veduta.edit.select import select as selected

    clicks = []
    for text in point or ():
        x, y = numbers(text.removeprefix("-"), 2, "--point")
        clicks.append(Click(x, y, not text.startswith("-")))
    area = None
    if box is not None:
        left, top, width, height = numbers(box, 4, "--box")
        area = (left, top, width, height)
    seen = opened(photo)
    if colors or start is not None:
        before = None if start is None else load(start, (seen.width, seen.height))
        found = selected(seen.full(), clicks, area, before)
    else:
        found = pick(seen, clicks, area)
    _write(found, out, as_json)


@masks.command()
def combine(
    given: Annotated[
        list[str],
        typer.Argument(metavar="[+-&]FILE...", help="Files of masks: + adds, - takes away, & keeps both's."),
    ],
    grow: Annotated[float, typer.Option("--grow", metavar="PX", help="Grow, or shrink where negative.")] = 0,
    invert: Annotated[bool, typer.Option("--invert", help="Everything but that.")] = False,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Combine masks in files, in order. Put `--` before them where one begins with a minus."""
    from veduta.edit.mask import How, grown, load
    from veduta.edit.mask import combine as combined

    signs: dict[str, How] = {"+": "add", "-": "subtract", "&": "intersect"}
    steps = [
        (signs.get(word[:1], "add"), load(Path(word[1:] if word[:1] in signs else word))) for word in given
    ]
    mask = grown(combined(steps), grow)
    _write(~mask if invert else mask, out, as_json)


@masks.command("list")
def list_masks(photo: PhotoArgument, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """List the masks kept for a photo, newest first."""
    from veduta.library import masks as kept

    with _open(library) as catalog:
        for one in kept.of_photo(catalog, _number(catalog, photo)):
            _tell(one, as_json)


@masks.command()
def keep(
    photo: PhotoArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A mask: a picture, or COCO JSON.")],
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="What it is called.")] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep a mask for a photo in the library."""
    from veduta.edit.mask import load
    from veduta.library import masks as kept
    from veduta.see.mask import encode

    mask = load(file)
    with _open(library) as catalog:
        _tell(kept.keep(catalog, _number(catalog, photo), name or file.stem, encode(mask)), as_json)


@masks.command()
def show(mask: MaskArgument, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Show a mask that is kept; with --json its run-length encoding, too."""
    from veduta.library import masks as kept

    with _open(library) as catalog:
        _tell(kept.get(catalog, mask), as_json, whole=True)


@masks.command()
def export(
    mask: MaskArgument,
    target: Annotated[Path, typer.Argument(metavar="FILE", help="A .png or .json file.")],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a mask that is kept to a file, at the photo's full size."""
    from veduta.edit.mask import save
    from veduta.library import masks as kept

    with _open(library) as catalog:
        full = kept.full_size(catalog, kept.get(catalog, mask))
    save(full, target)
    if as_json:
        emit(
            {"path": str(target), "width": full.shape[1], "height": full.shape[0], "pixels": int(full.sum())}
        )
    else:
        typer.echo(f"{printable(str(target))} written")


@masks.command()
def delete(
    mask: Annotated[list[int], typer.Argument(metavar="MASK...", help="Numbers of masks.", min=1)],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take masks away."""
    from veduta.library import masks as kept

    with _open(library) as catalog:
        for number in mask:
            kept.remove(catalog, number)
    if as_json:
        emit({"changed": len(mask)})
    else:
        typer.echo(f"{len(mask)} taken away")


def _open(library: Path | None) -> Catalog:
    from veduta.library.catalog import Catalog

    return Catalog.open(library, create=False)


def _number(catalog: Catalog, photo: Path) -> int:
    from veduta.cli.photos import numbers

    return numbers(catalog, [photo])[0]


def _write(mask: NDArray[np.bool_], out: Path | None, as_json: bool) -> None:
    from veduta.edit.mask import save
    from veduta.see.mask import encode

    if out is not None:
        save(mask, out)
    pixels, (height, width) = int(mask.sum()), mask.shape
    if as_json:
        emit({"width": width, "height": height, "pixels": pixels, "mask": encode(mask)})
    else:
        typer.echo(f"{pixels} of {width} x {height} pixels" + ("" if out is None else f" -> {out}"))


def _tell(saved: SavedMask, as_json: bool, whole: bool = False) -> None:
    told = {"id": saved.id, "photo": saved.photo_id, "name": saved.name, "width": saved.width}
    told |= {"height": saved.height, "pixels": saved.pixels, "created": saved.created.isoformat() + "Z"}
    if as_json:
        emit({**told, **({"mask": saved.runs} if whole else {})})
    else:
        typer.echo(
            f"{saved.id:6}  {printable(saved.name)}  {saved.pixels} of {saved.width} x {saved.height} pixels"
        )
