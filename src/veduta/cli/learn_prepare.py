"""`veduta learn prepare`: a folder of pictures made ready to learn from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from veduta.cli.output import Bar, emit, say
from veduta.cli.place import check_folder

SPACES = "rgb, gray, hsv, hls, lab, ycrcb, xyz or linear"


def prepare(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of pictures.", show_default=False)],
    out: Annotated[
        Path,
        typer.Option("-o", "--out", metavar="OUT", help="The folder for the result.", show_default=False),
    ],
    stretch: Annotated[
        float | None,
        typer.Option(
            "--stretch", metavar="SHARE", help="Stretch from black to white; cut off SHARE at each end."
        ),
    ] = None,
    equalize: Annotated[bool, typer.Option("--equalize", help="Even the histogram of lightness.")] = False,
    clahe: Annotated[
        float | None,
        typer.Option(
            "--clahe", metavar="LIMIT", help="Even it in parts, no curve steeper than LIMIT (2 is usual)."
        ),
    ] = None,
    tiles: Annotated[int, typer.Option("--tiles", help="Parts on each side, for --clahe.")] = 8,
    space: Annotated[str, typer.Option("--space", metavar="SPACE", help=f"Color space: {SPACES}.")] = "rgb",
    normalize: Annotated[
        str | None,
        typer.Option("--normalize", metavar="RANGE", help="unit: to [0, 1]; signed: to [-1, 1]."),
    ] = None,
    standardize: Annotated[
        str | None,
        typer.Option(
            "--standardize", metavar="WHAT", help="picture or set: mean 0, deviation 1 of each channel."
        ),
    ] = None,
    like: Annotated[
        Path | None,
        typer.Option(
            "--like", metavar="MANIFEST", help="Mean and deviation of another set, as of the training's."
        ),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option("--format", metavar="FORMAT", help="npy or png; default: png where values fit it."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Tell what was done as one JSON object.")] = False,
) -> None:
    """Prepare pictures: histograms, color space, range; arrays (NPY) or pictures (PNG), and a manifest.

    16-bit PNG and TIFF are worked in 16 bits. PNG holds other spaces than RGB and gray as 16 bits, each channel over
    its range. A second run makes only what is new, and removes what an earlier one made otherwise. OUT/manifest.json
    tells what was done and the statistics of the set.
    """
    from veduta.cli.given import expand
    from veduta.cli.outcome import FAILED, REFUSED
    from veduta.learn.preparation import BadPreparation, Preparation
    from veduta.learn.prepared_set import prepare_set, read_statistics

    if not folder.is_dir():
        raise BadPreparation(f"{folder}: is no folder of pictures")
    for name, value, known in (
        ("normalize", normalize, ("unit", "signed")),
        ("standardize", standardize, ("picture", "set")),
        ("format", form, ("npy", "png")),
    ):
        if value is not None and value not in known:
            raise BadPreparation(f"{name}: {' or '.join(known)}, not {value!r:.40}")
    check_folder(out)
    chosen: Any = (normalize, standardize)
    wanted = Preparation(stretch, equalize, clahe, tiles, space.lower(), *chosen)
    if like is not None and standardize != "set":
        raise BadPreparation("--like is for --standardize set")
    statistics = None if like is None else read_statistics(like)
    given: Any = form or ("png" if wanted.keeps_range else "npy")
    paths, problems = expand([folder], skip=out)
    progress = Bar()
    try:
        made = prepare_set(folder, paths, out, wanted, given, statistics, progress)
    finally:
        progress.end()
    failed = [*problems, *made.failed]
    told = {
        "made": made.made,
        "already": made.already,
        "removed": made.removed,
        "left": [str(path) for path in made.left],
        "manifest": str(made.manifest),
        "statistics": None if made.statistics is None else made.statistics.as_json(),
        "failed": [{"path": str(path), "error": reason} for path, reason in failed],
    }
    if as_json:
        emit(told)
    else:
        for path, reason in failed:
            say(f"{path}: {reason}")
    if not made.made and not made.already:
        raise typer.Exit(REFUSED if len(failed) == 1 else FAILED)
    if not as_json:
        say(f"{made.made} pictures prepared, {made.already} were; {made.manifest}")
        if made.removed:
            say(f"{made.removed} files of an earlier run were removed")
        for path in made.left:
            say(f"{path}: of an earlier run, but changed since: left there; it is no part of this set")
    if failed:
        raise typer.Exit(FAILED)
