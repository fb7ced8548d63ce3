"""`veduta learn clean`: what is wrong with the pictures of a set, a page to decide on, and what is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from veduta.cli.output import Bar, emit, printable, say

REPORT = "report.html"


def clean(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder of the picture set.", show_default=False)
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FOLDER", help="Where results go. [default: DIR.clean, beside it]"
        ),
    ] = None,
    report: Annotated[
        bool, typer.Option("--report", help="Write report.html, the page on which a person decides.")
    ] = False,
    decisions: Annotated[
        Path | None,
        typer.Option(
            "--decisions", metavar="FILE", help="Only write what is kept by this list, saved on the page."
        ),
    ] = None,
    listed: Annotated[
        Path | None,
        typer.Option(
            "--list", metavar="CSV", help="Columns file, and class or part, in place of folder names."
        ),
    ] = None,
    labels: Annotated[
        bool, typer.Option("--labels/--no-labels", help="Doubt labels; takes the network.")
    ] = True,
    threads: Annotated[
        int | None,
        typer.Option(
            "--threads", min=1, max=256, help="Files read at once. [default: the processor's cores]"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as a JSON object.")] = False,
) -> None:
    """Find broken, blurred, dark, bright, empty, repeated, odd-sized and wrongly labeled pictures of a set.

    Nothing is deleted or moved. FOLDER gets faults.csv and faults.json, with --report a page on which a person decides
    picture by picture; its saved list, given back with --decisions, becomes kept.csv and dropped.csv. Folders called
    train, val and test are parts of the set, and a picture in two of them a leak; other folders are classes.
    A later run looks at new and changed files only, and goes on where one was stopped.
    """
    from veduta.learn.set_decisions import read_decisions, write_kept

    out = out or folder.absolute().with_name(folder.absolute().name + ".clean")
    if decisions is not None:
        kept = write_kept(folder.absolute(), out, read_decisions(decisions), listed)
        if kept.unknown:
            say(f"{len(kept.unknown)} decisions are about files that are not there, as {kept.unknown[0]}")
        told = {
            "kept": kept.kept,
            "dropped": kept.dropped,
            "list": str(kept.kept_list),
            "unknown": len(kept.unknown),
        }
        if as_json:
            emit(told)
        else:
            typer.echo(printable(f"{kept.kept} pictures kept, {kept.dropped} dropped: {kept.kept_list}"))
        return
    _clean(folder, out, report, listed, labels, threads, as_json)


def _clean(
    folder: Path,
    out: Path,
    report: bool,
    listed: Path | None,
    labels: bool,
    threads: int | None,
    as_json: bool,
) -> None:
    from veduta.learn.set_cleaning import LIST, clean_set
    from veduta.learn.set_faults import KINDS

    progress = Bar()
    try:
        found = clean_set(folder, out, listed, labels, progress, threads=threads)
        if report:
            from veduta.learn.set_report import write_report

            write_report(found, out / REPORT, progress)
    except KeyboardInterrupt:
        say("\nstopped; what was looked at is kept, and the same command goes on from here")
        raise typer.Exit(130) from None
    finally:
        progress.end()
    counts = found.counts()
    for note in found.notes:
        say(note)
    if as_json:
        told: dict[str, Any] = {"pictures": found.pictures, "looked_at": found.looked_at, "faults": counts}
        told |= {"flagged": len(found.faults), "list": str(out / LIST), "notes": found.notes}
        emit(told | {"report": str(out / REPORT) if report else None})
        return
    for kind, (name, _) in KINDS.items():
        if counts[kind]:
            typer.echo(f"{counts[kind]:7}  {name}")
    typer.echo(printable(f"{len(found.faults)} of {found.pictures} pictures have faults: {out / LIST}"))
    if report:
        typer.echo(printable(str(out / REPORT)))
