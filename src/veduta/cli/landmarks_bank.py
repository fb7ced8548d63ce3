"""`veduta landmarks bank` and `veduta landmarks clean`: photos of landmarks in, dirt out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from veduta.cli.add import JsonOption
from veduta.cli.output import Bar, emit, say
from veduta.cli.place import check_file, check_folder

SHOWN = 30  # remarks told to a person; --json tells all


def bank(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE",
            help="Folders region/country/city/landmark (or fewer levels), a CSV file of photos, or Google Landmarks.",
        ),
    ],
    into: Annotated[Path, typer.Option("--into", metavar="BANK", help="Folder of the bank's index.")],
    table: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            metavar="FILE",
            help="Names, places, coordinates: landmark,name,country,city,region,lat,lon,kind.",
        ),
    ] = None,
    google: Annotated[
        bool, typer.Option("--gld", help="SOURCE has the layout of Google Landmarks v2.")
    ] = False,
    others: Annotated[
        Path | None, typer.Option("--others", metavar="DIR", help="Photos without landmarks, to learn from.")
    ] = None,
    shard: Annotated[
        str, typer.Option("--shard", metavar="K/N", help="Read only part K of N; the others run elsewhere.")
    ] = "1/1",
    as_json: JsonOption = False,
) -> None:
    """Index photos of landmarks, and find what is wrong with them; the photos stay where they are.

    Broken and tiny pictures are dropped with their reason; of photos that are there several times one stays. After
    an interruption, or when the source has changed, the same command goes on where it was.
    """
    from veduta.landmarks.bank import Bank
    from veduta.landmarks.census import census
    from veduta.landmarks.census import others as count_others
    from veduta.landmarks.importing import fill

    number, _, of = shard.partition("/")
    if not (number.isdigit() and of.isdigit() and 1 <= int(number) <= int(of)):
        raise typer.BadParameter(f"{shard!r}: expected K/N with K from 1 to N, as in 2/8")
    check_folder(into)
    try:
        path = fill(into, source, table, google, others, (int(number), int(of)), Bar())
    except KeyboardInterrupt:
        say("\nstopped; what is done is kept, and the same command goes on from here")
        raise typer.Exit(130) from None
    totals: dict[str, Any] = dict.fromkeys(
        ("photos", "pending", "kept", "unreadable", "doubles", "cleaned"), 0
    )
    remarks = []
    landmarks = 0
    with Bank.open(path) as opened:
        for count in census(opened):
            landmarks += 1
            for key in totals:
                totals[key] += getattr(count, key)
            remarks += [f"{count.id}: {remark}" for remark in count.remarks]
            if as_json:
                emit(count.as_json())
        problems = [{"what": what, "reason": reason} for what, reason in opened.problems()]
        summary = {"bank": str(path), "landmarks": landmarks, **totals, "others": count_others(opened)}
    if as_json:
        emit({**summary, "problems": problems})
        return
    told = [*(f"{p['what']}: {p['reason']}" for p in problems), *remarks]
    for line in told[:SHOWN]:
        say(line)
    if len(told) > SHOWN:
        say(f"... and {len(told) - SHOWN} more: see --json")
    typer.echo(
        f"{summary['landmarks']} landmarks, {summary['photos']} photos: {summary['kept']} kept, {summary['doubles']} "
        f"doubles, {summary['unreadable']} unreadable, {summary['pending']} not read yet; "
        f"{summary['others']} without landmarks"
    )
    typer.echo(str(path))


def clean(
    folder: Annotated[
        Path, typer.Argument(metavar="BANK", help="Folder of the bank's index.", show_default=False)
    ],
    references: Annotated[
        Path | None,
        typer.Option(
            "--references",
            metavar="FILE",
            help="Photos that surely show their landmark, 3 to 5 of each: a path in each line, or a column `file`.",
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="OUT.html", help="Write a page that shows what was dropped."),
    ] = None,
    restore: Annotated[
        Path | None,
        typer.Option("--restore", metavar="LIST", help="Only put back the photos of this list, for good."),
    ] = None,
    rounds: Annotated[int, typer.Option("--rounds", min=1, max=20, help="Rounds of cleaning.")] = 4,
    as_json: JsonOption = False,
) -> None:
    """Drop photos that do not show their landmark: those too far from its references, given or suggested.

    Nothing is deleted: the bank notes what is dropped and why. On the page of --report a person chooses what to put
    back, and saves a list for --restore. What persons decided is never changed by later rounds.
    """
    from veduta.landmarks.bank import Bank
    from veduta.landmarks.clean import clean as judge
    from veduta.landmarks.clean_report import write_report
    from veduta.landmarks.references import give, listed, put_back

    check_file(report, (references, restore))
    progress = Bar()
    with Bank.open(folder) as opened:
        if restore is not None:
            found = listed(opened, restore)
            changed = put_back(opened, found)
            _tell({"bank": str(folder), "put_back": changed}, f"{changed} photos put back", as_json)
        else:
            if references is not None:
                give(opened, listed(opened, references))
            try:
                result = judge(opened, progress, rounds)
            except KeyboardInterrupt:
                say("\nstopped; what is described is kept, and the same command goes on from here")
                raise typer.Exit(130) from None
            finally:
                progress.end()
            for name in result.suspicious:
                say(f"{name}: lost more than half of its photos; look at its references")
            if result.unjudged:
                say(
                    f"{len(result.unjudged)} landmarks have too few photos to be judged; they stay as they are"
                )
            text = f"{result.judged} photos judged, {result.dropped} dropped: further than {result.thresholds[-1]:.3f}"
            _tell({"bank": str(folder), **result.as_json()}, text, as_json)
        if report is not None:
            write_report(opened, report, progress)
            say(str(report))


def _tell(facts: dict[str, Any], text: str, as_json: bool) -> None:
    if as_json:
        emit(facts)
    else:
        typer.echo(text)
