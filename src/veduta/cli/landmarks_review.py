"""`veduta landmarks review`: how the landmarks of a bank stand, and why photos of one were dropped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veduta.cli.add import JsonOption
from veduta.cli.output import emit, printable

if TYPE_CHECKING:
    from veduta.landmarks.bank import BankPhoto


def review(
    folder: Annotated[
        Path, typer.Argument(metavar="BANK", help="Folder of the bank's index.", show_default=False)
    ],
    landmark: Annotated[
        str, typer.Option("--landmark", metavar="ID", help="List the photos of one landmark.")
    ] = "",
    name: Annotated[
        str, typer.Option("--name", metavar="TEXT", help="Only landmarks with this in name, city or country.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """List the landmarks of a bank, first those that need a look, or the photos of one: kept, dropped, and why.

    Nothing is changed. `veduta landmarks clean` takes the paths that it prints, for --references and --restore.
    """
    from veduta.landmarks.bank import Bank
    from veduta.landmarks.review import photos_of, standing, standings

    with Bank.open(folder) as bank:
        if not landmark:
            for one in standings(bank, name):
                if as_json:
                    emit(one.as_json())
                    continue
                place = ", ".join(part for part in (one.city, one.country) if part)
                counts = f"{one.kept} of {one.photos} kept, {one.references} references"
                remarks = "".join(f"; {remark}" for remark in one.remarks)
                typer.echo(printable(f"{one.id}: {one.name} ({place or 'no place'}): {counts}{remarks}"))
            return
        standing(bank, landmark)  # tells if there is none
        for photo in (p for side in ("kept", "dropped") for p in photos_of(bank, landmark, side)):
            facts = _facts(photo)
            if as_json:
                emit(facts)
                continue
            how = (
                "reference"
                if facts["given"]
                else "suggested reference"
                if facts["suggested"]
                else photo.state
            )
            score = "" if photo.score is None else f" {photo.score:+.2f}"
            typer.echo(printable(f"{photo.path}: {how}{score}{f': {photo.why}' if photo.why else ''}"))


def _facts(photo: BankPhoto) -> dict[str, Any]:
    given = photo.reference and photo.judge == "person"
    return {
        "file": str(photo.path),
        "state": photo.state,
        "judge": photo.judge,
        "why": photo.why,
        "score": photo.score,
        "given": given,
        "suggested": photo.reference and not given,
    }
