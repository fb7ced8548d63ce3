"""`veduta reveal`: what is hidden in photos."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veduta.cli.add import JsonOption
from veduta.cli.copies import PhotosArgument, all_told
from veduta.cli.hide import PasswordFileOption, PasswordOption, asked_password
from veduta.cli.output import Bar, printable, say
from veduta.cli.place import check_folder

if TYPE_CHECKING:
    from veduta.edit.stego import Revealed

# A hidden text comes from anybody: it may not steer the terminal.
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def reveal(
    photos: PhotosArgument,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="DIR", help="Folder for hidden files and pictures; never overwrites."
        ),
    ] = None,
    password: PasswordOption = False,
    password_file: PasswordFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what `veduta hide` has hidden in photos: print texts, write files and pictures to a folder.

    Of one photo, a text is printed alone; of several, each photo is told with what it holds. Ends with status 1
    where no photo holds a message that opens, or one could not be read.
    """
    from veduta.cli.given import expand
    from veduta.cli.outcome import FAILED, Outcomes

    secret = asked_password(password, password_file)
    if out is not None:
        check_folder(out)
    paths, problems = expand(photos, skip=out)
    outcomes = Outcomes(len(paths) + len(problems))
    alone = len(paths) == 1 and not problems
    found = 0
    progress = Bar()
    progress.begin("looking for messages", len(paths))
    try:
        for path in paths:
            told: dict[str, Any] = {"path": str(path), "found": False, "state": "unreadable"}
            told |= outcomes.attempt(path, partial(_one, path, secret, out))
            found += told["found"]
            if told["state"] in ("damaged", "locked"):
                outcomes.failed()
            progress.advance()
            _tell(told, as_json, alone)
    finally:
        progress.end()
    for where, reason in problems:
        outcomes.failed()
        _tell({"path": str(where), "found": False, "state": "unreadable", "error": reason}, as_json, False)
    outcomes.end()
    if not found:
        raise typer.Exit(FAILED)


def _one(path: Path, password: str | None, out: Path | None) -> dict[str, Any]:
    """What a photo holds: a message, none, or one that does not open."""
    from veduta.edit.stego import reveal as reveal_in_file
    from veduta.edit.stego_message import DamagedMessage, NoMessage, WrongPassword

    try:
        return {"found": True, "state": "message"} | _message(reveal_in_file(path, password), out)
    except NoMessage as none:
        return {"state": "none", "reason": str(none)}
    except (DamagedMessage, WrongPassword) as error:
        state = "damaged" if isinstance(error, DamagedMessage) else "locked"
        return {"state": state, "error": str(error)}


def _message(found: Revealed, out: Path | None) -> dict[str, Any]:
    message = found.message
    told: dict[str, Any] = {"kind": message.kind, "mode": found.mode, "bytes": len(message.data)}
    if message.kind == "text":
        return told | {"text": message.text}
    told |= {"name": message.name, "out": None}
    if out is not None:
        from veduta.files import write_bytes

        target, number = out / message.name, 1
        while target.exists():
            number += 1
            target = out / f"{Path(message.name).stem} ({number}){Path(message.name).suffix}"
        write_bytes(target, message.data)
        told["out"] = str(target)
    return told


def _tell(told: dict[str, Any], as_json: bool, alone: bool) -> None:
    if all_told(told, as_json):
        return
    name = printable(told["path"])
    if not told["found"]:
        (say if alone else typer.echo)(f"{name}: {told['reason']}")
    elif told["kind"] == "text":
        text = _STEERING.sub("", told["text"])
        typer.echo(text if alone else f"{name}: {_line(text)}")
    elif told["out"] is not None:
        typer.echo(f"{name}: {told['kind']} of {told['bytes']:,} bytes -> {printable(told['out'])}")
    else:
        typer.echo(
            f"{name}: {told['kind']} {printable(told['name'])} of {told['bytes']:,} bytes; -o DIR writes it there"
        )


def _line(text: str, most: int = 100) -> str:
    """The beginning of a text, on one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"
