"""`veduta landmarks train`: a head for an atlas from a bank of photos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from veduta.cli.output import Bar, emit, say


def train(
    bank: Annotated[Path, typer.Argument(metavar="BANK", help="Folder of the bank's index.")],
    out: Annotated[Path, typer.Option("--out", metavar="RUN", help="Folder of the run.")],
    network: Annotated[
        str,
        typer.Option(
            "--network", help="light: on features of the packaged network; wide: a whole Wide ResNet-50-2."
        ),
    ] = "light",
    loss: Annotated[
        str, typer.Option("--loss", help="center: softmax and center loss; arcface: sub-center ArcFace.")
    ] = "center",
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")] = False,
    regions: Annotated[
        str, typer.Option("--regions", metavar="A,B", help="Order of the curriculum; others follow.")
    ] = "",
    weights: Annotated[
        Path | None,
        typer.Option(
            "--weights", metavar="FILE", help="wide: a .pth to start from, with torchvision's names."
        ),
    ] = None,
    epochs: Annotated[int | None, typer.Option("--epochs", help="Epochs of each stage.")] = None,
    batch: Annotated[int | None, typer.Option("--batch", help="Photos in a batch.")] = None,
    width: Annotated[int | None, typer.Option("--width", help="Numbers in an embedding.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="The same one gives the same result.")] = None,
    tensorboard: Annotated[
        Path | None,
        typer.Option("--tensorboard", metavar="DIR", help="Write the curves for TensorBoard too."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as a JSON object.")] = False,
) -> None:
    """Train an embedding on a bank, region by region; needs `pip install '.[learn]'`.

    RUN gets head.npz (wide: embedder.onnx), report.html, log.jsonl and the checkpoint. On a processor light takes
    about a minute for a thousand photos; wide is for machines with a GPU.
    """
    from veduta.landmarks.train import train as run
    from veduta.landmarks.train_recipe import TrainingError, recipe
    from veduta.landmarks.train_tracking import export_tensorboard

    changes: dict[str, Any] = {"epochs": epochs, "batch": batch, "width": width, "seed": seed}
    if weights is not None and network != "wide":
        raise TrainingError("--weights are those of the wide network; add --network wide")
    order = [name.strip() for name in regions.split(",") if name.strip()]
    bar = Bar()
    try:
        made = run(
            bank, out, recipe(network, loss, **changes), order, resume=resume, weights=weights, progress=bar
        )
    except KeyboardInterrupt:
        bar.end()
        say(f"\nstopped; go on with: veduta landmarks train {bank} --out {out} --resume and the same options")
        raise typer.Exit(130) from None
    if tensorboard is not None:
        export_tensorboard(out, tensorboard)
    if as_json:
        emit({"made": str(made), "report": str(out / "report.html"), "log": str(out / "log.jsonl")})
    else:
        say(f"{made}\n{out / 'report.html'}")
