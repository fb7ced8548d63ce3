"""`veduta learn cranes`: draw examples, train on them, evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from veduta.cli.lazy import Table, lazy_group
from veduta.cli.output import Bar, emit, say

STEPS: Table = {
    "draw": ("veduta.cli.learn_cranes", "draw", "Draw a sheet of examples and their masks, to be looked at."),
    "train": ("veduta.cli.learn_cranes", "train", "Train a decoder on cranes drawn on photographs."),
    "evaluate": ("veduta.cli.learn_cranes", "evaluate", "Measure masks against true ones."),
}

cranes = lazy_group(STEPS)

Photos = Annotated[
    list[Path],
    typer.Argument(metavar="FOLDER...", help="Folders of photographs to draw on.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as a JSON object.")]


@cranes.callback()
def group() -> None:
    """Train the segmenter of cranes again, on photographs of one's own: draw, train, evaluate."""


def draw(
    photos: Photos,
    out: Annotated[Path, typer.Option("--out", metavar="PNG", help="The sheet.")],
    count: Annotated[int, typer.Option("--count", min=1, max=600, help="Examples on the sheet.")] = 24,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same one gives the same examples.")] = 1,
) -> None:
    """Draw cranes and what is taken for them on photographs: examples above their masks, on one sheet."""
    from veduta.learn.drawn_photos import DrawnPhotos, photographs
    from veduta.learn.sheet import save_sheet

    say(str(save_sheet(DrawnPhotos(photographs(*photos), seed), out, count)))


def train(
    photos: Photos,
    out: Annotated[Path, typer.Option("--out", metavar="RUN", help="Folder of the run.")],
    examples: Annotated[int | None, typer.Option("--examples", help="Examples to draw; 1 MB each.")] = None,
    epochs: Annotated[float | None, typer.Option("--epochs", help="How often each place is seen.")] = None,
    held: Annotated[int | None, typer.Option("--held", help="Examples kept to measure on.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="The same one gives the same result.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")] = False,
    as_json: AsJson = False,
) -> None:
    """Train a decoder of cranes; needs `pip install '.[learn]'`.

    RUN gets cranes.onnx, cranes.json (how it was made, and figures on examples held back), log.jsonl and
    checkpoints. One processor core takes some ten minutes. The photographs should show no cranes of their own.
    """
    from veduta.learn.cranes import RECORD
    from veduta.learn.cranes import train as run
    from veduta.learn.recipe import Recipe

    given: dict[str, Any] = {"examples": examples, "epochs": epochs, "held": held, "seed": seed}
    recipe = Recipe(**{name: value for name, value in given.items() if value is not None})
    bar = Bar()
    try:
        made = run(photos, out, recipe, resume, bar)
    except KeyboardInterrupt:
        bar.end()
        say("\nstopped; go on with the same command and --resume")
        raise typer.Exit(130) from None
    if as_json:
        emit({"made": str(made), "record": str(out / RECORD)})
    else:
        say(f"{made}\n{out / RECORD}")


def evaluate(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Photos, each NAME.* with its mask NAME_mask.png.")
    ],
    decoder: Annotated[
        Path | None, typer.Option("--decoder", metavar="ONNX", help="A decoder of your own; default: ours.")
    ] = None,
    slack: Annotated[int, typer.Option("--slack", min=0, help="Pixels that a mask may be off.")] = 2,
    as_json: AsJson = False,
) -> None:
    """Measure the masks of cranes against true ones, white on black."""
    from veduta.learn.evaluate import evaluate as run

    bar = Bar()
    result = run(folder, decoder.read_bytes() if decoder else None, slack, bar)
    if as_json:
        emit(result)
    else:
        say("  ".join(f"{name} {value:.3f}" for name, value in result.items()))
