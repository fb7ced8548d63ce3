"""`veduta landmarks evaluate`: how well an atlas recognizes, on photos with known answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from veduta.cli.output import Bar, emit, say

NAMED = 10  # photos that could not be read


def evaluate(
    atlas: Annotated[
        str, typer.Argument(metavar="ATLAS", help='An atlas, or "default" for the one that Veduta ships.')
    ],
    landmarks: Annotated[
        Path,
        typer.Option(
            "--landmarks",
            metavar="DIR",
            help="Photos of landmarks, with a labels.csv: file, landmark, listed (1: in the atlas, 0: not).",
        ),
    ],
    others: Annotated[
        Path, typer.Option("--others", metavar="DIR", help="Photos without landmarks, in any folders.")
    ],
    calibration: Annotated[
        Path | None,
        typer.Option(
            "--calibration",
            metavar="DIR",
            help="Photos without landmarks by which the atlas was calibrated: count what is named there too.",
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="OUT", help="Write a page with the figures and the worst mistakes."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all figures as one JSON object.")] = False,
    parts: Annotated[
        bool,
        typer.Option(
            "--parts/--no-parts", help="Also turn photos, and take or simulate positions; twice the time."
        ),
    ] = True,
) -> None:
    """Measure an atlas: sensitivity, false positives, wrong names, precision, with their intervals.

    The thresholds are the atlas's own for false-positive rates of 1 % and 0.1 %; nothing here moves them. Interrupted,
    the same command goes on where it was; what was said of photos is kept beside the report.
    """
    from veduta.landmarks.atlas import Atlas
    from veduta.landmarks.evaluate_atlas import evaluate as measure

    progress = Bar()
    try:
        found = measure(Atlas.open(atlas), landmarks, others, calibration, report, progress, variants=parts)
    except KeyboardInterrupt:
        progress.end()
        say("\nstopped; give the same command again to go on")
        raise typer.Exit(130) from None
    finally:
        progress.end()
    if as_json:
        emit(found)
    else:
        _show(found)
    if report is not None:
        say(f"wrote {found['report']}")


def _show(found: dict[str, Any]) -> None:
    n = found["n"]
    typer.echo(
        f"{n['listed']} photos of {n['landmarks']} listed landmarks, {n['unlisted']} of unlisted ones, "
        f"{n['others']} without landmarks"
    )
    intervals = found["intervals"]
    low, high = intervals["rank1"]["clustered"]
    typer.echo(f"rank-1 {found['rank1']:.3f} ({low:.3f}-{high:.3f}), average precision {found['gap']:.3f}")
    for rate, sensitivity in found["sensitivity"].items():
        low, high = intervals["sensitivity"][rate]["clustered"]
        expected = found["precision_at_prevalence"][rate]["0.02"]
        worst, best = intervals["precision_at_prevalence"][rate]["0.02"]
        typer.echo(
            f"asked for {100 * float(rate):g} % false positives: named rightly {sensitivity:.3f} "
            f"({low:.3f}-{high:.3f}), as another {found['wrong_landmark_at'][rate]:.3f}; without landmarks named "
            f"{found['fpr_seen'][rate]:.4f}, unlisted named {found['unlisted_named'][rate]:.3f}; "
            f"precision where 2 % of photos show one {expected:.2f} "
            f"({worst:.2f}-{best:.2f})"
        )
    for unknown, alike in found["unknown_landmarks"].items():
        say(
            f"{unknown} is listed in the labels, but not known to the atlas: it can only be missed; "
            + (f"did you mean {' or '.join(alike)}?" if alike else "set listed to 0, or take it out")
        )
    for bad in found["unreadable"][:NAMED]:
        say(f"{bad['path']}: {bad['reason']}; it counts as missed, repair it or take it out")
    if len(found["unreadable"]) > NAMED:
        say(f"{len(found['unreadable']) - NAMED} more photos could not be read and count as missed (--json)")
