"""`veduta learn augment`: new pictures made of those in a folder, with their labels."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from veduta.cli.output import Bar, emit, printable, say
from veduta.cli.place import NoPlace, check_file, check_folder


class Form(StrEnum):
    """Formats of the pictures."""

    jpeg = "jpeg"
    png = "png"


def augment(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]",
            help="Folder of pictures; folders in it are classes, unless there are labels.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="OUT", help="Folder for the new set; same command: go on."),
    ] = None,
    recipe: Annotated[
        Path | None,
        typer.Option("--recipe", metavar="FILE.toml", help="What to do; default: what --show prints."),
    ] = None,
    copies: Annotated[
        int, typer.Option("--copies", metavar="N", min=1, max=10_000, help="Pictures made of each.")
    ] = 4,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="N", min=0, help="In place of the recipe's: other pictures."),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels", metavar="COCO.json", help="Boxes, polygons, masks, key points; default: DIR's own."
        ),
    ] = None,
    maps: Annotated[
        Path | None,
        typer.Option("--maps", metavar="DIR", help="Maps of labels: a gray PNG for each picture, same path."),
    ] = None,
    side: Annotated[
        int | None,
        typer.Option("--side", metavar="PX", min=8, help="Read pictures with the longer side at most so."),
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="Of the pictures.")] = Form.jpeg,
    workers: Annotated[
        int | None,
        typer.Option("--workers", metavar="N", min=1, max=256, help="Threads; default: one a core."),
    ] = None,
    preview: Annotated[
        Path | None,
        typer.Option("--preview", metavar="PNG", help="Only a sheet of nine copies of the first picture."),
    ] = None,
    steps: Annotated[
        bool, typer.Option("--steps", help="List all steps and what they take, and do nothing.")
    ] = False,
    show: Annotated[bool, typer.Option("--show", help="Print the recipe, and do nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as a JSON object.")] = False,
) -> None:
    """Make new pictures for training: turned, shifted, tinted...; boxes, polygons, masks and key points move along.

    OUT gets the pictures, manifest.jsonl, recipe.toml, preview.png and, where there are labels, annotations.json
    (COCO). The same seed gives the same bytes, with any number of workers. The originals stay as they are.
    """
    if steps:
        _list(as_json)
        return
    from veduta.learn.augment_recipe import Recipe

    found = Recipe.usual() if recipe is None else Recipe.load(recipe)
    if seed is not None:
        found = Recipe(found.steps, seed, found.keep_visible)
    if show:
        if as_json:
            emit(found.plain())
        else:
            typer.echo(found.text(), nl=False)
        return
    if folder is None or (out is None and preview is None):
        raise typer.BadParameter("say which folder, and with -o where the new set goes")
    from veduta.learn.augmented_set import Augmented, PictureSet

    if out is not None:
        check_folder(out)
        if folder.is_dir() and out.resolve() == folder.resolve():
            raise NoPlace(f"{out}: the pictures lie there; name another folder for the new ones")
    pictures = PictureSet.of(folder, labels, maps, side, skip=out)
    if recipe is None and pictures.labels is not None:
        found = Recipe(Recipe.usual(things=True).steps, found.seed, found.keep_visible)
    if preview is not None:
        if preview.suffix.lower() != ".png":
            raise typer.BadParameter("the sheet is a .png", param_hint="--preview")
        check_file(preview, (recipe, labels, *(folder / name for name in pictures.names)))
        from veduta.files import write_bytes
        from veduta.learn.augment_files import encoded, nine

        write_bytes(preview, encoded(nine(Augmented(pictures, found)), "png"))
        _tell({"preview": str(preview)}, printable(str(preview)), as_json)
    if out is not None:
        _run(pictures, found, out, copies, form.value, workers or os.cpu_count() or 1, as_json)


def _run(pictures: Any, recipe: Any, out: Path, copies: int, form: str, workers: int, as_json: bool) -> None:
    from veduta.learn.augment_files import MANIFEST
    from veduta.learn.augment_files import augment as run

    bar = Bar()
    try:
        made = run(pictures, recipe, out, copies, form, workers, bar)
    except KeyboardInterrupt:
        bar.end()
        say("\nstopped; go on with the same command")
        raise typer.Exit(130) from None
    failed = [{"path": name, "error": reason} for name, reason in made.failed]
    for one in failed:
        say(f"{printable(one['path'])}: {one['error']}")
    told = {"out": str(out), "pictures": made.pictures, "written": made.written, "failed": failed}
    text = f"{made.pictures} pictures, {made.written} of them new: {printable(str(out / MANIFEST))}"
    _tell(told, text, as_json)
    if failed:
        raise typer.Exit(1)


def _tell(told: dict[str, Any], text: str, as_json: bool) -> None:
    if as_json:
        emit(told)
    else:
        typer.echo(text)


def _list(as_json: bool) -> None:
    from dataclasses import fields

    from veduta.learn.augment_step import REGISTRY, step

    for name in REGISTRY:
        kind = step(name)
        about = (kind.__doc__ or "").split("\n")[0]
        parameters = [{"name": one.name, "usual": one.default, **one.metadata} for one in fields(kind)]
        if as_json:
            emit({"name": name, "about": about, "parameters": parameters})
            continue
        typer.echo(f"{name}: {about}")
        for one in parameters:
            within = f"  {one['low']:g} to {one['high']:g}" if "low" in one else ""
            choices = f"  {', '.join(one['choices'])}" if one.get("choices") else ""
            usual = list(one["usual"]) if isinstance(one["usual"], tuple) else one["usual"]
            typer.echo(f"    {one['name']:10} {usual}{within}{choices}")
