"""`veduta space calibrate`: two cameras from pictures of a chessboard."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from veduta.cli.output import Bar, emit, printable
from veduta.cli.place import check_file


def calibrate(
    left: Annotated[
        Path,
        typer.Argument(
            metavar="LEFT",
            help="Folder of the left camera's pictures, or of pictures that hold both views side by side.",
            show_default=False,
        ),
    ],
    right: Annotated[
        Path | None,
        typer.Argument(
            metavar="[RIGHT]", help="Folder of the right camera's, in the same order.", show_default=False
        ),
    ] = None,
    board: Annotated[
        str, typer.Option("--board", metavar="CxR", help="Inner corners of the board: columns x rows.")
    ] = "9x6",
    square: Annotated[
        float, typer.Option("--square", metavar="MM", help="Side of a square in millimeters.")
    ] = 25.0,
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="RIG.json", help="Where to keep what was found.")
    ] = Path("rig.json"),
    as_json: Annotated[bool, typer.Option("--json", help="Tell what was found as one JSON object.")] = False,
) -> None:
    """Calibrate a pair of cameras from pictures of one chessboard: 15 pairs, near, far, tilted, in all corners.

    Tells how well each pair of pictures fits and which ones could not be used. `veduta space depth` and
    `veduta space obstacles` read the file.
    """
    from veduta.space.calibration import calibrate as calibrated
    from veduta.space.chessboard import Board
    from veduta.space.pair import find_pairs

    wanted = Board.parse(board, square / 1000)
    pairs = find_pairs(left, right)
    check_file(out, [path for pair in pairs for path in (pair.left, pair.right)])
    progress = Bar()
    try:
        made = calibrated(pairs, wanted, progress)
    finally:
        progress.end()
    made.save(out, wanted)
    rig = made.rig
    if as_json:
        emit(
            {
                "out": str(out),
                "error_px": round(rig.error, 4),
                "row_error_px": round(rig.row_error, 4),
                "baseline_m": round(float((rig.translation**2).sum() ** 0.5), 6),
                **made.as_json(),
            }
        )
        return
    typer.echo(
        f"{printable(str(out))}: {len(made.errors)} pairs, corners {rig.error:.2f} pixels off, rows"
        f" {rig.row_error:.2f}; cameras {1000 * float((rig.translation**2).sum() ** 0.5):.1f} mm apart"
    )
    if made.advice is not None:
        typer.echo(f"    {made.advice}")
    for name, error in made.errors.items():
        typer.echo(f"    {printable(name)}: {error:.2f} pixels")
    for name, why in made.unused.items():
        typer.echo(f"    not used: {printable(name)}: {printable(why)}")
