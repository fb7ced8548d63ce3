"""The page on which a person decides about the pictures of a set that have faults; no network, no other program."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shlex
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from veduta.errors import UnreadableImage
from veduta.files import replacing, write_bytes
from veduta.image.decode import load
from veduta.image.thumbnails import encode
from veduta.learn.set_cleaning import Cleaned
from veduta.learn.set_decisions import printable
from veduta.learn.set_faults import KINDS
from veduta.progress import Progress, Silent

EMBEDDED = 1000
"""Up to so many pictures are in the page itself; of more, each is a file in the folder PICTURES beside it."""
PICTURES = "report-pictures"
_SIDE = 320
_QUALITY = 70
_AT_ONCE = 64


def write_report(found: Cleaned, path: Path, progress: Progress | None = None) -> Path:
    """Write the page to `path`, and return it."""
    progress = progress or Silent()
    partners = {fault.partner for faults in found.faults.values() for fault in faults if fault.partner}
    shown = sorted({*found.faults, *partners})
    number = {name: index for index, name in enumerate(shown)}
    progress.begin("writing the report", len(shown))
    text = (files("veduta.learn") / "set_report.html").read_text("utf-8")
    words = {
        "TITLE": f"Cleaning {found.root.name}",
        "SUMMARY": _summary(found),
        "COMMAND": _command(found, path),
    }
    for name, value in words.items():
        text = text.replace(f"<!--{name}-->", escape(printable(value)))
    text = text.replace("/*KINDS*/", json.dumps(KINDS))
    head, _, rest = text.partition("/*PICTURES*/")
    middle, _, tail = rest.partition("/*ITEMS*/")
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as page:
        page.write(head)
        page.writelines(_pictures(found.root, shown, path.parent, progress))
        page.write(middle)
        page.writelines(_items(found, number))
        page.write(tail)
    progress.end()
    return path


def _summary(found: Cleaned) -> str:
    flagged = len(found.faults)
    drop = sum(found.suggested(path) == "drop" for path in found.faults)
    notes = "".join(f" {note[0].upper()}{note[1:]}." for note in found.notes)
    return f"{flagged} of {found.pictures} pictures have faults; to drop {drop} of them is suggested.{notes}"


def _command(found: Cleaned, path: Path) -> str:
    folder, out = (shlex.quote(printable(str(one))) for one in (found.root, path.parent.absolute()))
    return f"veduta learn clean {folder} --out {out} --decisions decisions.csv"


def _pictures(root: Path, shown: list[str], folder: Path, progress: Progress) -> Iterator[str]:
    """The pictures' addresses as a list of JSON strings, in order; empty ones of files that cannot be read."""
    beside = len(shown) > EMBEDDED

    def one(name: str) -> str:
        return _beside(root / name, folder) if beside else _inside(root / name)

    with ThreadPoolExecutor(max(1, os.cpu_count() or 1)) as pool:
        for start in range(0, len(shown), _AT_ONCE):
            part = shown[start : start + _AT_ONCE]
            for number, address in enumerate(pool.map(one, part), start):
                yield (",\n" if number else "") + json.dumps(address)
            progress.advance(len(part))


def _inside(path: Path) -> str:
    data = _small(path)
    return "" if data is None else "data:image/webp;base64," + base64.b64encode(data).decode("ascii")


def _beside(path: Path, folder: Path) -> str:
    """A file named after the picture and its state, so that a later report finds it again."""
    try:
        facts = path.stat()
    except OSError:
        return ""
    told = os.fsencode(path) + f" {facts.st_size} {facts.st_mtime_ns}".encode()
    name = hashlib.blake2b(told, digest_size=12).hexdigest() + ".webp"
    target = folder / PICTURES / name[:2] / name
    if not target.exists():
        data = _small(path)
        if data is None:
            return ""
        write_bytes(target, data)
    return f"{PICTURES}/{name[:2]}/{name}"


def _small(path: Path) -> bytes | None:
    try:
        return encode(load(path, _SIDE).pixels, _QUALITY)
    except UnreadableImage:
        return None


def _items(found: Cleaned, number: dict[str, int]) -> Iterator[str]:
    """One JSON object for each picture with faults: the surest faults of each kind first."""
    kinds = list(KINDS)
    order = sorted(
        found.faults,
        key=lambda name: (kinds.index(found.faults[name][0].kind), -found.faults[name][0].score, name),
    )
    for index, name in enumerate(order):
        faults = found.faults[name]
        partner = next((fault.partner for fault in faults if fault.partner), None)
        told: dict[str, Any] = {
            "file": printable(name),
            "picture": number[name],
            "link": (found.root / name).as_uri(),
            "faults": [[fault.kind, printable(fault.why)] for fault in faults],
            "drop": found.suggested(name) == "drop",
        }
        if name in found.sizes:
            told["size"] = list(found.sizes[name])
        if partner:
            told |= {"partner": printable(partner), "other": number[partner]}
        yield (",\n" if index else "") + json.dumps(told).replace("<", "\\u003c")
