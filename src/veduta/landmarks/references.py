"""The few photos that surely show a landmark: given by a person, or suggested; and lists of photos in files."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from veduta.landmarks.bank import Bank, BankError, BankPhoto

WANTED = 5
"""References of a landmark; three are enough."""
Floats = NDArray[np.float32]
_ROWS = 1000
_GIVEN = "given as a reference"


def suggest(vectors: Floats) -> NDArray[np.int64]:
    """Rows of the photos of one landmark, unit vectors (n, D), that are most like its others; at most WANTED.

    Each photo is asked how alike the nearest third of the others is, not all: dirt and rarer views do not count.
    """
    count = len(vectors)
    nearest = min(max(2, count // 3), max(1, count - 1))
    density = np.zeros(count, np.float32)
    for start in range(0, count, _ROWS):
        alike = vectors[start : start + _ROWS] @ vectors.T
        alike[np.arange(len(alike)), np.arange(start, start + len(alike))] = -2  # itself
        density[start : start + _ROWS] = np.partition(alike, count - nearest, axis=1)[
            :, count - nearest :
        ].mean(axis=1)
    return np.argsort(-density, kind="stable")[:WANTED]


def listed(bank: Bank, file: Path) -> list[BankPhoto]:
    """The photos of a bank that a file names: a line each, a table with a column `file`, or a JSON list.

    Paths are absolute, or relative to the file or to a source of the bank. Raises BankError for a file that cannot be
    read, and for names that are not in the bank.
    """
    try:
        text = file.read_text("utf-8-sig")
    except OSError as error:
        raise BankError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BankError(f"{file}: not a list of photos in UTF-8 ({error.reason})") from error
    roots = [
        file.absolute().parent,
        *(Path(row[0]) for row in bank.rows("SELECT DISTINCT source FROM photos")),
    ]
    found: list[BankPhoto] = []
    unknown: list[str] = []
    for name in _names(text):
        photo = next((hit for root in roots if (hit := bank.find(root / name)) is not None), None)
        if photo is None:
            unknown.append(name)
        else:
            found.append(photo)
    if unknown:
        more = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
        raise BankError(f"{file}: not photos of this bank: {', '.join(unknown[:3])}{more}")
    if not found:
        raise BankError(f"{file}: names no photos; expected is one path in each line, or a column `file`")
    return found


def _names(text: str) -> list[str]:
    if text.lstrip().startswith("["):
        try:
            return [str(name) for name in json.loads(text)]
        except ValueError as error:
            raise BankError(f"the list of photos is not JSON: {error}") from error
    lines = text.splitlines()
    columns = [column.strip().lower() for column in lines[0].split(",")] if lines else []
    if "file" in columns:
        rows = csv.DictReader(lines)
        return [
            value
            for row in rows
            for key, value in row.items()
            if key and key.strip().lower() == "file" and value
        ]
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def give(bank: Bank, photos: list[BankPhoto]) -> None:
    """Take photos as the references of their landmarks, in place of those given before; raises BankError."""
    for photo in photos:
        if not photo.landmark:
            raise BankError(f"{photo.path}: stands among the photos without landmarks, so it is no reference")
        if photo.hash is None:
            raise BankError(f"{photo.path}: {photo.why or 'was not read yet'}; so it is no reference")
    with bank.writing() as connection:
        for landmark in {photo.landmark for photo in photos}:
            connection.execute(_RELEASE, (landmark,))
        connection.executemany(_TAKE, [(photo.id,) for photo in photos])


def take_back(bank: Bank, landmark: str) -> None:
    """Give no references of a landmark any more: the next cleaning suggests some."""
    with bank.writing() as connection:
        connection.execute(_RELEASE, (landmark,))


# What a photo was before is not forgotten: one that a person had put back stays so when it is no reference any more.
_TAKE = f"""
UPDATE photos SET reference = 1, state = 'kept', judge = 'person',
  why = CASE judge WHEN 'person' THEN why ELSE '{_GIVEN}' END
WHERE id = ?
"""
_RELEASE = f"""
UPDATE photos SET reference = 0, judge = CASE why WHEN '{_GIVEN}' THEN 'bank' ELSE judge END,
  why = CASE why WHEN '{_GIVEN}' THEN '' ELSE why END
WHERE landmark = ? AND reference = 1
"""


def put_back(bank: Bank, photos: list[BankPhoto]) -> int:
    """Keep dropped photos for good, because a person says so; returns how many were dropped. Raises BankError."""
    for photo in photos:
        if photo.hash is None:
            raise BankError(f"{photo.path}: {photo.why or 'was not read yet'}; it cannot be put back")
    dropped = [photo for photo in photos if photo.state == "dropped"]
    bank.judge([(photo.id, "kept", "put back by a person", photo.score) for photo in dropped], "person")
    with bank.writing() as connection:  # suggested once, but given by nobody
        connection.executemany("UPDATE photos SET reference = 0 WHERE id = ?", [(p.id,) for p in dropped])
    return len(dropped)
