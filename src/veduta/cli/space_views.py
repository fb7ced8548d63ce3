"""What commands about pairs of photos share: which cameras took them, which disparities are searched, the batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veduta.cli.output import Bar, emit, say
from veduta.cli.place import check_folder

if TYPE_CHECKING:
    from veduta.space.disparity import Range
    from veduta.space.pair import PairFiles
    from veduta.space.views import Views

LeftArgument = Annotated[
    Path,
    typer.Argument(
        metavar="LEFT",
        help="The left photo, a folder of them, or photos that hold both views side by side.",
        show_default=False,
    ),
]
RightArgument = Annotated[
    Path | None,
    typer.Argument(metavar="[RIGHT]", help="The right photo, or a folder of them.", show_default=False),
]
RigOption = Annotated[
    Path | None,
    typer.Option("--rig", metavar="RIG.json", help="The cameras, as `veduta space calibrate` found them."),
]
FocalOption = Annotated[
    float | None,
    typer.Option("--focal", metavar="PX", help="Of rectified pairs without a rig: focal length in pixels."),
]
BaselineOption = Annotated[
    float | None, typer.Option("--baseline", metavar="MM", help="Of such: distance of the cameras.")
]
OffsetOption = Annotated[
    float,
    typer.Option(
        "--offset", metavar="PX", help="Of such: how far the right view's center lies to the right."
    ),
]
NearestOption = Annotated[
    int | None,
    typer.Option(
        "--disparities", metavar="N", min=2, help="Search 0 to N pixels; default: found for each pair."
    ),
]
MethodOption = Annotated[
    str,
    typer.Option(
        "--method", metavar="census|blocks", help="How views are matched: finer, or faster and coarser."
    ),
]


def views_of(rig: Path | None, focal: float | None, baseline: float | None, offset: float) -> Views:
    """What is known of the cameras; raises BadRig or BadParameter."""
    from veduta.space.views import Views

    if rig is not None and (focal is not None or baseline is not None):
        raise typer.BadParameter("give --rig, or --focal and --baseline")
    if (focal is None) != (baseline is None):
        raise typer.BadParameter("--focal and --baseline go together")
    if rig is not None:
        return Views.of_rig(rig)
    if focal is not None and baseline is not None:
        return Views.rectified(focal, baseline / 1000, offset)
    return Views()


def range_of(disparities: int | None) -> Range | None:
    """The range that was asked for."""
    from veduta.space.disparity import Range

    return None if disparities is None else Range(0, disparities)


def check_method(method: str) -> Any:
    """The method by name; raises BadParameter."""
    from veduta.space.disparity import METHODS

    if method not in METHODS:
        raise typer.BadParameter(f"{method!r}; known: {', '.join(METHODS)}", param_hint="--method")
    return method


def targets(pairs: Sequence[PairFiles], out: Path, suffix: str, batch: bool) -> list[Path]:
    """Where the result of each pair goes: a file for one pair, else a folder; never over a photo or another result."""
    if not batch and out.suffix and not out.is_dir():
        check_folder(out.parent)
        made = [out]
    else:
        check_folder(out)
        made, used = [], set()
        for pair in pairs:
            name, number = f"{pair.name}{suffix}", 1
            while name.lower() in used:
                number += 1
                name = f"{pair.name}-{number}{suffix}"
            used.add(name.lower())
            made.append(out / name)
    photos = {p.resolve() for pair in pairs for p in (pair.left, pair.right) if p is not None}
    if any(target.resolve() in photos for target in made):
        raise typer.BadParameter("would write over a photo; choose another name or folder", param_hint="-o")
    return made


def each(
    what: str,
    pairs: Sequence[PairFiles],
    do: Callable[[int, PairFiles], dict[str, Any]],
    show: Callable[[dict[str, Any]], None] | None,
) -> None:
    """Do all pairs; one of several that fails is told in its place and does not stop the others.

    `show` prints what was told for a person; None prints JSON.
    """
    from veduta.cli.outcome import Outcomes

    outcomes = Outcomes(len(pairs))
    progress = Bar()
    progress.begin(what, len(pairs))
    try:
        for number, pair in enumerate(pairs):
            told: dict[str, Any] = {
                "left": str(pair.left),
                "right": None if pair.right is None else str(pair.right),
            }
            told |= outcomes.attempt(pair.left, partial(do, number, pair))
            progress.advance()
            if show is None:
                emit(told)
            elif told["error"] is not None:
                say(f"{pair.left}: {told['error']}")
            else:
                show(told)
    finally:
        progress.end()
    outcomes.end()
