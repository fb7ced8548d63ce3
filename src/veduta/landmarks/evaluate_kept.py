"""Verdicts kept in a file, so that a proof that was interrupted goes on where it was."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from veduta.errors import BadInput
from veduta.landmarks.evaluate_cases import Case
from veduta.landmarks.evaluate_verdict import Verdict


class KeptError(BadInput):
    """A file of verdicts that cannot be used."""


class Kept:
    """Verdicts by the content of their photo and by what was asked of it; use it in a `with`.

    All verdicts of a photo are written together or not at all, also where the process is killed.
    """

    def __init__(self, file: Path, about: str) -> None:
        """Open or make `file`; verdicts that are not `about` the same (atlas, rates, program) are forgotten.

        Raises KeptError.
        """
        self._file = file
        self._lock = threading.Lock()
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                file, timeout=60, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise KeptError(
                f"{file}: verdicts cannot be kept there ({error}); write the report to another folder"
            ) from error
        self._about = about
        try:
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS verdicts (about TEXT, key TEXT, verdict TEXT, PRIMARY KEY (about, key))"
            )
            self._connection.execute("DELETE FROM verdicts WHERE about != ?", (about,))
        except sqlite3.Error as error:
            self._connection.close()
            raise KeptError(
                f"{file}: verdicts cannot be kept in it ({error}); delete it, photos are then asked anew"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def find(self, case: Case, keys: Sequence[str]) -> list[Verdict] | None:
        """The verdicts of `keys`; None unless all of them are there."""
        found = []
        for key in keys:
            with self._lock:
                row = self._connection.execute(
                    "SELECT verdict FROM verdicts WHERE about = ? AND key = ?", (self._about, key)
                ).fetchone()
            if row is None:
                return None
            try:
                found.append(Verdict.from_json(case, json.loads(row[0])))
            except (ValueError, TypeError, KeyError):
                return None
        return found

    def keep(self, verdicts: Mapping[str, Verdict]) -> None:
        """Keep verdicts by their keys, in one transaction; raises KeptError."""
        rows = [(self._about, key, json.dumps(verdict.as_json())) for key, verdict in verdicts.items()]
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.executemany("INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?)", rows)
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise KeptError(
                    f"{self._file}: verdicts cannot be kept ({error}); make room, or give another --report"
                ) from error


def digest(path: Path) -> str:
    """What tells a photo's content from any other; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def program() -> str:
    """Changes whenever the program does: what another one said of a photo is not what this one would say."""
    import veduta

    root = Path(veduta.__file__).parent
    found = hashlib.blake2b(digest_size=16)
    for path in sorted(root.rglob("*.py")):
        found.update(f"{path.relative_to(root)}\n".encode())
        found.update(path.read_bytes())
    return found.hexdigest()
