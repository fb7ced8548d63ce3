"""`veduta learn style`: one photo by optimization, or a painter of one's own for a painting."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from veduta.cli.lazy import Table, lazy_group
from veduta.cli.output import Bar, emit, say
from veduta.cli.place import check_file, check_folder

WAYS: Table = {
    "photo": ("veduta.cli.learn_style", "photo", "Repaint one photo by optimization (Gatys)."),
    "train": ("veduta.cli.learn_style", "train", "Train a painter for one painting (Johnson)."),
    "thin": ("veduta.cli.learn_style", "thin", "Train a fast painter of the packaged styles (distillation)."),
}

style = lazy_group(WAYS)

Weights = Annotated[
    Path | None,
    typer.Option(
        "--vgg",
        metavar="FILE",
        help="Your file of VGG-19 or VGG-16 weights (.pth, .safetensors); default: the packaged network.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as a JSON object.")]
StyleWeight = Annotated[
    float | None, typer.Option("--weight", metavar="N", help="Of style against a content weight of 1.")
]


@style.callback()
def group() -> None:
    """Styles of one's own: a photo by optimization, or a painter trained for a painting."""


def photo(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="The photo.", show_default=False)],
    painting: Annotated[Path, typer.Argument(metavar="PAINTING", help="The painting.", show_default=False)],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="OUT", help="The picture, PNG or JPEG.")],
    side: Annotated[int | None, typer.Option("--side", metavar="PX", help="Its longer side.")] = None,
    rounds: Annotated[
        int | None, typer.Option("--rounds", help="Of ten steps each, at half the size and at the whole.")
    ] = None,
    weight: StyleWeight = None,
    noise: Annotated[bool, typer.Option("--noise", help="Start from noise instead of the photo.")] = False,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Of the noise.")] = None,
    vgg: Weights = None,
    as_json: AsJson = False,
) -> None:
    """Repaint one photo by optimization; needs `pip install '.[learn]'`. Minutes, not seconds.

    While it runs, OUT.run has a preview and the state: the same command goes on where it was stopped.
    """
    from veduta.image.decode import read
    from veduta.learn.style_eye import open_eye
    from veduta.learn.style_photo import PhotoRecipe, PhotoStyling, write_picture

    given: dict[str, Any] = {"side": side, "rounds": rounds, "style": weight, "seed": seed}
    recipe = PhotoRecipe(noise=noise, **{name: value for name, value in given.items() if value is not None})
    _check(out, (".png", ".jpg", ".jpeg"), photo, painting)
    bar = Bar()
    styling = PhotoStyling(read(photo, recipe.side), read(painting, recipe.side), open_eye(vgg), recipe)
    state = _run_folder(out) / "state.pt"
    if state.exists():
        styling.restore(state)
    pixels = _stoppable(lambda: styling.run(state, state.with_name("preview.png"), bar), bar)
    write_picture(out, pixels)
    state.unlink(missing_ok=True)
    _told({"made": str(out), "rounds": styling.rounds, "loss": styling.losses[-1]}, as_json)


def train(
    painting: Annotated[Path, typer.Argument(metavar="PAINTING", help="The painting.", show_default=False)],
    photos: Annotated[
        Path, typer.Argument(metavar="DIR", help="Photographs of any kind.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="MODEL.npz", help="The painter.")],
    steps: Annotated[int | None, typer.Option("--steps", help="Of training.")] = None,
    side: Annotated[
        int | None, typer.Option("--side", metavar="PX", help="Of the squares looked at.")
    ] = None,
    painting_side: Annotated[
        int | None,
        typer.Option(
            "--painting-side", metavar="PX", help="At which the painting is seen: larger, finer strokes."
        ),
    ] = None,
    batch: Annotated[int | None, typer.Option("--batch", help="Squares in a step.")] = None,
    weight: StyleWeight = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="The same one gives the same result.")
    ] = None,
    vgg: Weights = None,
    as_json: AsJson = False,
) -> None:
    """Train a painter for one painting; needs `pip install '.[learn]'`. Then: `veduta style --style MODEL.npz`.

    While it runs, MODEL.npz.run has a preview, a log and the state: the same command goes on where it was stopped.
    """
    from veduta.image.decode import read
    from veduta.learn.style_eye import open_eye
    from veduta.learn.style_network import save_painter
    from veduta.learn.style_train import Photographs, StyleRecipe, StyleTrainer, photographs_in

    given: dict[str, Any] = {
        "steps": steps,
        "side": side,
        "painting_side": painting_side,
        "batch": batch,
        "style": weight,
        "seed": seed,
    }
    recipe = StyleRecipe(**{name: value for name, value in given.items() if value is not None})
    _check(out, (".npz",), painting)
    folder = _run_folder(out)
    bar = Bar()
    photographs = Photographs(photographs_in(photos), recipe.side, recipe.seed)
    trainer = StyleTrainer(
        read(painting, recipe.painting_side),
        photographs,
        open_eye(vgg),
        recipe,
        _logged(folder / "log.jsonl"),
        preview=folder / "preview.png",
    )
    state = folder / "state.pt"
    if state.exists():
        trainer.restore(state)
    _stoppable(lambda: trainer.run(state, bar), bar)
    save_painter(trainer.network, out)
    _told({"made": str(out), "steps": trainer.step, "preview": str(folder / "preview.png")}, as_json)


def thin(
    photos: Annotated[
        Path, typer.Argument(metavar="DIR", help="Photographs of any kind.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="MODEL.npz", help="The painter.")],
    steps: Annotated[int | None, typer.Option("--steps", help="Of training by pixels.")] = None,
    looks: Annotated[
        int | None, typer.Option("--looks", min=0, help="Steps after these, by pixels and strokes.")
    ] = None,
    squares: Annotated[
        int, typer.Option("--squares", min=1, max=10_000, help="Painted for each style to learn from.")
    ] = 80,
    side: Annotated[
        int, typer.Option("--side", metavar="PX", min=64, max=512, help="Of the squares, a multiple of 32.")
    ] = 192,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="The same one gives the same result.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train a thin painter to paint what the packaged one paints in its 26 styles, some four times as fast.

    Needs `pip install '.[learn]'`, and half an hour of a core. MODEL.npz.run has the squares, a log and the state:
    the same command goes on where it was stopped. Then: `veduta style --style NAME --painter MODEL.npz`.
    """
    from veduta.files import replacing
    from veduta.learn.style_eye import UnfitInput, open_eye
    from veduta.learn.style_lessons import Lessons, make_lessons, portions
    from veduta.learn.style_thin_train import ThinRecipe, ThinTrainer
    from veduta.learn.style_train import photographs_in
    from veduta.nets.packs.style import STYLES
    from veduta.nets.painter import read_painter
    from veduta.nets.store import default_store

    if side % 32:
        raise UnfitInput(f"side must be a multiple of 32, not {side}")
    given: dict[str, Any] = {"steps": steps, "looks": looks, "seed": seed}
    recipe = ThinRecipe(**{name: value for name, value in given.items() if value is not None})
    _check(out, (".npz",))
    folder = _run_folder(out)
    bar = Bar()
    teacher = read_painter(default_store().path(STYLES))
    wanted = list(portions(teacher.numbers, side, squares))
    photographs = photographs_in(photos)

    def run() -> ThinTrainer:
        lessons = make_lessons(teacher, photographs, folder / "lessons", wanted, recipe.seed, bar)
        trainer = ThinTrainer(
            Lessons(lessons, recipe.seed), recipe, open_eye(), _logged(folder / "log.jsonl")
        )
        state = folder / "state.pt"
        if state.exists():
            trainer.restore(state)
        trainer.run(state, bar)
        return trainer

    trainer = _stoppable(run, bar)
    with replacing(out) as temporary:
        trainer.network.as_painter().save(temporary)
    _told({"made": str(out), "steps": trainer.step, "styles": teacher.numbers}, as_json)


def _logged(log: Path) -> Any:
    """What writes each record as a line of a log."""

    def told(record: Any) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    return told


def _run_folder(out: Path) -> Path:
    return out.with_name(f"{out.name}.run")


def _check(out: Path, suffixes: tuple[str, ...], *sources: Path) -> None:
    """Raise BadParameter or NoPlace for a name that cannot be written to."""
    if out.suffix.lower() not in suffixes:
        raise typer.BadParameter(f"the result is one of {', '.join(suffixes)}", param_hint="-o")
    check_file(out, sources)
    check_folder(_run_folder(out))


def _stoppable(run: Any, bar: Bar) -> Any:
    try:
        return run()
    except KeyboardInterrupt:
        bar.end()
        say("\nstopped; the same command goes on")
        raise typer.Exit(130) from None


def _told(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        emit(result)
    else:
        say("  ".join(f"{name} {value}" for name, value in result.items()))
