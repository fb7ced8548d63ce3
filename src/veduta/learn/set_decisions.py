"""What a person decided about a set, read back from the list that the report saves; the list of what is kept."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path

from veduta.files import replacing
from veduta.learn.set_folder import BadSet, Places, set_files

KEPT = "kept.csv"
DROPPED = "dropped.csv"
_CHOICES = ("keep", "drop")


@dataclass(frozen=True, slots=True)
class Kept:
    """How many pictures are kept and dropped, the lists that tell them, and decisions about missing files."""

    kept: int
    dropped: int
    kept_list: Path
    dropped_list: Path
    unknown: tuple[str, ...]


def printable(path: str) -> str:
    """A path as it stands on the page and in saved decisions: names that are not UTF-8 with escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def read_decisions(path: Path) -> dict[str, str]:
    """Decision ("keep" or "drop") by path, from a CSV file with the columns `file` and `decision`; raises BadSet."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if not {"file", "decision"} <= set(rows.fieldnames or ()):
                raise BadSet(f"{path}: needs the columns `file` and `decision`, as the report saves them")
            found = {}
            for number, row in enumerate(rows, 2):
                decision = (row["decision"] or "").strip().lower()
                if decision not in _CHOICES:
                    raise BadSet(f"{path}, line {number}: {decision!r} is no decision; say keep or drop")
                found[row["file"] or ""] = decision
            return found
    except OSError as error:
        raise BadSet(f"{path}: {error.strerror}") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise BadSet(f"{path}: no CSV file in UTF-8 ({error})") from error


def write_kept(root: Path, out: Path, decisions: dict[str, str], listed: Path | None = None) -> Kept:
    """Write the lists of the pictures kept and dropped to the folder `out`; what nobody decided about is kept.

    Columns: file, class, part. Raises BadSet where no decision is about a picture of the set: then it is the list of
    another set, and nothing is written.
    """
    places = Places(root, listed)
    dropped = {path for path, decision in decisions.items() if decision == "drop"}
    known: set[str] = set()
    counts = {KEPT: 0, DROPPED: 0}
    with replacing(out / KEPT) as kept_part, replacing(out / DROPPED) as dropped_part:
        with (
            kept_part.open("w", encoding="utf-8", errors="surrogateescape", newline="") as kept_file,
            dropped_part.open("w", encoding="utf-8", errors="surrogateescape", newline="") as dropped_file,
        ):
            rows = {
                KEPT: csv.writer(kept_file, lineterminator="\n"),
                DROPPED: csv.writer(dropped_file, lineterminator="\n"),
            }
            for one in rows.values():
                one.writerow(("file", "class", "part"))
            for file in set_files(root):
                name = printable(file.path)
                if name in decisions:
                    known.add(name)
                where = DROPPED if name in dropped else KEPT
                place = places(file.path)
                rows[where].writerow((file.path, place.label, place.part))
                counts[where] += 1
        if decisions and not known:
            raise BadSet(f"{root}: none of the {len(decisions)} decisions is about a picture in it")
    unknown = tuple(sorted(decisions.keys() - known))
    return Kept(counts[KEPT], counts[DROPPED], out / KEPT, out / DROPPED, unknown)
