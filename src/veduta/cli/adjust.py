"""`veduta adjust`: crop, turn, light, color and more, from photos to copies."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from veduta.cli.copies import (
    NoLocationOption,
    PhotoJsonOption,
    check_originals,
    in_folder,
    is_single,
    tell_copy,
)
from veduta.cli.numbers import numbers
from veduta.cli.output import Bar, emit
from veduta.cli.place import check_folder

if TYPE_CHECKING:
    from veduta.edit.edits import Edits

Number = float | None
Form = Literal["jpeg", "png", "tiff", "webp", "avif"]


def _option(flag: str, text: str, *names: str) -> Any:
    return typer.Option(flag, *names, metavar="N", help=text)


def adjust(
    photos: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PHOTO...]", help="Photos, or folders of photos.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="OUT", help="Folder for the copies, or a file for one photo."),
    ] = None,
    edits: Annotated[
        Path | None,
        typer.Option("--edits", metavar="FILE.json", help="A list of edits, done before those named here."),
    ] = None,
    do: Annotated[
        list[str] | None,
        typer.Option(
            "--do",
            metavar="EDIT[:NAME=VALUE,...]",
            help="Any edit of --list, as denoise or deblur:radius=3; done after --edits, before those named here."
            " May be repeated.",
        ),
    ] = None,
    rotate: Annotated[int, typer.Option("--rotate", metavar="90|180|270", help="Turn clockwise.")] = 0,
    mirror: Annotated[bool, typer.Option("--mirror", help="Mirror left to right.")] = False,
    straighten: Annotated[Number, _option("--straighten", "Turn clockwise by degrees, -45 to 45.")] = None,
    perspective: Annotated[
        str | None,
        typer.Option(
            "--perspective", metavar="X,Y X,Y X,Y X,Y", help="Corners that become a rectangle, each 0 to 1."
        ),
    ] = None,
    crop: Annotated[
        str | None, typer.Option("--crop", metavar="X,Y,W,H", help="The part to keep, each 0 to 1.")
    ] = None,
    exposure: Annotated[Number, _option("--exposure", "Stops, -4 to 4.")] = None,
    contrast: Annotated[Number, _option("--contrast", "-1 to 1.")] = None,
    shadows: Annotated[Number, _option("--shadows", "-1 to 1.")] = None,
    highlights: Annotated[Number, _option("--highlights", "-1 to 1.")] = None,
    temperature: Annotated[Number, _option("--temperature", "-1 (colder) to 1 (warmer).")] = None,
    tint: Annotated[Number, _option("--tint", "-1 (greener) to 1 (more magenta).")] = None,
    gray: Annotated[
        str | None,
        typer.Option("--gray", metavar="X,Y", help="The spot, each 0 to 1, that should be gray."),
    ] = None,
    sharpen: Annotated[Number, _option("--sharpen", "0 to 3.")] = None,
    radius: Annotated[Number, _option("--radius", "Of sharpening, 0.3 to 10 pixels.")] = None,
    vignette: Annotated[Number, _option("--vignette", "-1 (light corners) to 1 (dark ones).")] = None,
    side: Annotated[
        int | None,
        typer.Option("--side", metavar="PX", min=16, help="Make small copies: longer side at most so many."),
    ] = None,
    form: Annotated[
        Form | None,
        typer.Option(
            "--format",
            help="Format of copies in a folder; without, the photo's, or PNG where that cannot be written with"
            " its 16 bits or transparency.",
        ),
    ] = None,
    no_location: NoLocationOption = False,
    known: Annotated[
        bool, typer.Option("--list", help="List all edits with their parameters, and do nothing.")
    ] = False,
    as_json: PhotoJsonOption = False,
) -> None:
    """Adjust photos: crop, turn, straighten, light, colors, sharpness; the originals stay as they are.

    Copies keep format, quality, depth, transparency, color profile and metadata. HEIC of 10 bits and camera raw
    become PNG of 16 bits, unless --format or the name of the copy asks for another. With nothing but PHOTO and -o they
    are copies as they are; a list of edits from the web editor (`veduta versions show --json`) is applied with --edits.
    """
    if known:
        _list(as_json)
        return
    if not photos or out is None:
        raise typer.BadParameter("say which photos, and with -o where the copies go")
    if rotate % 90:
        raise typer.BadParameter("quarter turns only: 90, 180 or 270", param_hint="--rotate")
    asked: list[dict[str, Any]] = [
        {"name": "rotate", "quarters": rotate // 90 % 4, "mirror": mirror},
        {"name": "straighten", "degrees": straighten},
        {"name": "perspective", "corners": _points(perspective)},
        dict(zip(("name", "x", "y", "width", "height"), ("crop", *_four(crop)), strict=False)),
        {"name": "light", "exposure": exposure, "contrast": contrast}
        | {"shadows": shadows, "highlights": highlights},
        {"name": "white_balance", "temperature": temperature, "tint": tint},
        {"name": "sharpen", "amount": sharpen, "radius": radius},
        {"name": "vignette", "amount": vignette},
    ]
    given = [{key: value for key, value in one.items() if value is not None} for one in asked]
    wanted = edits_of(edits, [*(_done(text) for text in do or []), *(one for one in given if len(one) > 1)])
    _run(photos, out, wanted, _pair(gray), side, form, not no_location, as_json)


def _done(text: str) -> dict[str, Any]:
    """The JSON form of one --do; without parameters, those that are usual."""
    import json

    from veduta.edit.operation import operation

    name, _, rest = text.partition(":")
    usual = operation(name).usual
    given: dict[str, Any] = {}
    for part in filter(None, rest.split(",")):
        key, equals, value = part.partition("=")
        if not equals:
            raise typer.BadParameter(f"{part!r} must be NAME=VALUE", param_hint="--do")
        try:
            given[key.strip()] = json.loads(value)
        except ValueError:
            given[key.strip()] = value.strip()
    return {**usual, **given, "name": name}


def edits_of(file: Path | None, more: Sequence[dict[str, Any]] = ()) -> Edits:
    """The edits in a file, and then more; raises BadEdit naming the file."""
    import json

    from veduta.edit.edits import Edits
    from veduta.edit.operation import BadEdit

    if file is None:
        return Edits.from_json(list(more))
    try:
        plain = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadEdit(f"{file}: {error.strerror or error}") from error
    except ValueError as error:
        raise BadEdit(f"{file}: no JSON: {error}") from error
    try:
        first = Edits.from_json(plain)
    except BadEdit as error:
        raise BadEdit(f"{file}: {error}") from error
    return Edits(first.steps + Edits.from_json(list(more)).steps)


def _run(
    photos: Sequence[Path],
    out: Path,
    edits: Edits,
    gray: tuple[float, float] | None,
    side: int | None,
    form: Form | None,
    location: bool,
    as_json: bool,
) -> None:
    from veduta.cli.given import expand
    from veduta.cli.outcome import Outcomes

    paths, problems = expand(photos, skip=out)
    targets = _targets(photos, paths, out, side, form)
    outcomes = Outcomes(len(paths) + len(problems))
    progress = Bar()
    progress.begin("adjusting", len(paths))
    try:
        for path in paths:
            told: dict[str, Any] = {"path": str(path), "out": None}
            told |= outcomes.attempt(path, partial(_one, path, targets[path], edits, gray, side, location))
            progress.advance()
            tell_copy(told, as_json)
    finally:
        progress.end()
    for where, reason in problems:
        outcomes.failed()
        tell_copy({"path": str(where), "out": None, "error": reason}, as_json)
    outcomes.end()


def _one(
    path: Path,
    target: Path,
    edits: Edits,
    gray: tuple[float, float] | None,
    side: int | None,
    location: bool,
) -> dict[str, Any]:
    from veduta.edit.edited_file import write_edited
    from veduta.image import decode

    told: dict[str, Any] = {"out": str(target)}
    if gray is not None:
        from veduta.edit.edits import Edits, Step
        from veduta.edit.white_balance import gray_at
        from veduta.edit.whole import seen

        found = gray_at(edits.apply(seen(path)), *gray)
        told["gray"] = {"temperature": found.temperature, "tint": found.tint}
        edits = Edits((*edits.steps, Step(found)))
    if side is not None:
        from veduta.files import write_bytes
        from veduta.image.thumbnails import encode
        from veduta.library.rendering import Ground, preview

        width, height = decode.size(path)
        pixels = preview(Ground(path, width, height, ""), edits, side)
        write_bytes(target, encode(pixels, 90))
        return {**told, "width": pixels.shape[1], "height": pixels.shape[0], "notes": []}
    written = write_edited(path, edits, target, location)
    width, height = edits.size_after(*decode.size(path))
    return {**told, "width": width, "height": height, "notes": list(written.notes)}


def _targets(
    given: Sequence[Path], paths: Sequence[Path], out: Path, side: int | None, form: Form | None
) -> dict[Path, Path]:
    """Where each copy goes: a file, or a folder in which photos of folders keep their places."""
    if form is not None and (side is not None or is_single(given, out)):
        why = "copies of --side are WebP" if side is not None else f"the name {out.name} says the format"
        raise typer.BadParameter(f"is for full copies in a folder; {why}", param_hint="--format")
    if is_single(given, out):
        check_folder(out.parent)
        made = {paths[0]: out}
    else:
        made = in_folder(given, paths, out, partial(_named, side, form))
    check_originals(paths, made.values())
    return made


def _named(side: int | None, form: Form | None, path: Path) -> str:
    """The name of the copy of a photo in a folder."""
    from veduta.edit.picture_file import full_kind_for, name_for
    from veduta.errors import UnreadableImage

    if side is not None:
        return f"{path.stem}.webp"
    try:
        return name_for(path, form or full_kind_for(path))
    except (UnreadableImage, OSError):  # it will be told when its turn comes
        return path.name


def _list(as_json: bool) -> None:
    from dataclasses import fields

    from veduta.edit.operation import REGISTRY, operation

    for name in REGISTRY:
        kind = operation(name)
        parameters = [
            {"name": one.name, **one.metadata, "usual": kind.usual.get(one.name, one.metadata.get("neutral"))}
            for one in fields(kind)
        ]
        if as_json:
            emit({"name": name, "parameters": parameters})
            continue
        typer.echo(name)
        for one in parameters:
            span = f"  {one['low']} to {one['high']}" if "low" in one else ""
            choices = f"  {', '.join(one['choices'])}" if one.get("choices") else ""
            usual = one["usual"]
            told = f"  usual {usual:g}" if "low" in one else f"  usual {usual}" if choices and usual else ""
            typer.echo(f"  {one['name']:12}{one['kind']}{span}{choices}{told}")


def _four(text: str | None) -> tuple[float, ...]:
    return () if text is None else numbers(text, 4, "--crop")


def _pair(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    x, y = numbers(text, 2, "--gray")
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise typer.BadParameter("each of X,Y is 0 to 1", param_hint="--gray")
    return x, y


def _points(text: str | None) -> list[tuple[float, ...]] | None:
    if text is None:
        return None
    return [numbers(part, 2, "--perspective") for part in text.split()]
