"""`veduta landmarks bank` and `veduta landmarks clean`: photos of landmarks in, dirt out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from veduta.cli.add import JsonOption
from veduta.cli.output import Bar, emit, say

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
