"""Photos with known answers: what a recognizer of landmarks is judged on."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from veduta.errors import BadInput, UnreadableImage
from veduta.image.formats import PHOTO_SUFFIXES
from veduta.image.metadata import read_metadata
from veduta.landmarks.landmark import Landmark
from veduta.landmarks.square import Position, usable

LABELS = "labels.csv"
NAMED = 3  # files that an error names
LISTED = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


class BadLabels(BadInput):
    """A folder of labeled photos that cannot be used."""


@dataclass(frozen=True, slots=True)
class Case:
    """A photo and what is true of it.

    `landmark` is what it shows, "" where none; `truth` the identifier in the atlas that ought to be named, None where
    any name is wrong. `position` is where it was taken, as the labels or the file tell.
    """

    path: Path
    landmark: str = ""
    truth: str | None = None
    position: Position | None = None

    @property
    def part(self) -> str:
        """ "listed" (to be named), "unlisted" (a landmark that the atlas does not know) or "other" (no landmark)."""
        return "listed" if self.truth is not None else "unlisted" if self.landmark else "other"


def folded(name: str) -> str:
    """A name without case, spaces and signs, so that "Taj Mahal" and "taj_mahal" are one."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def known_names(landmarks: Iterable[Landmark]) -> dict[str, str]:
    """Folded identifiers, and names where no two landmarks share them, to identifiers of the atlas."""
    landmarks = list(landmarks)
    shared: dict[str, set[str]] = {}
    for landmark in landmarks:
        shared.setdefault(folded(landmark.name), set()).add(landmark.id)
    found = {name: ids.pop() for name, ids in shared.items() if name and len(ids) == 1}
    return found | {folded(landmark.id): landmark.id for landmark in landmarks}


def read_landmarks(folder: Path, names: Mapping[str, str]) -> list[Case]:
    """The cases of `folder`: its labels.csv has columns file, landmark and listed (1, or 0: not in the atlas).

    Where the column listed is missing, a landmark counts as listed when the atlas knows it (`names`, see
    `known_names`). Columns gps_lat and gps_lon tell the position before the file does. Raises BadLabels.
    """
    table = folder / LABELS
    if not table.is_file():
        raise BadLabels(
            f"{folder}: no {LABELS}. It needs the columns file (relative to the folder), landmark, and listed "
            "(1: in the atlas, 0: not)"
        )
    cases = []
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = [name for name in ("file", "landmark") if name not in (rows.fieldnames or ())]
            if missing:
                found = ", ".join(name or '""' for name in rows.fieldnames or ()) or "nothing"
                raise BadLabels(
                    f"{table}: no column {' and '.join(missing)} in the first line, which has {found}; add it"
                )
            for number, row in enumerate(rows, 2):
                cases.append(_case(folder, row, names, f"{table}, line {number}"))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadLabels(f"{table}: not a table in UTF-8 with commas ({error}); save it as such") from error
    except OSError as error:
        raise BadLabels(f"{table}: cannot be read ({error.strerror}); make it readable") from error
    if not cases:
        raise BadLabels(f"{table}: no photo is named; list at least one")
    gone = [case.path for case in cases if not case.path.is_file()]
    if gone:
        named = ", ".join(map(str, gone[:NAMED]))
        more = f" and {len(gone) - NAMED} more" if len(gone) > NAMED else ""
        raise BadLabels(f"{table}: no file at {named}{more}; correct the column file, or take the lines out")
    return cases


def _case(folder: Path, row: Mapping[str, str | None], names: Mapping[str, str], where: str) -> Case:
    file, landmark = (row["file"] or "").strip(), (row["landmark"] or "").strip()
    if not file:
        raise BadLabels(f"{where}: no file is named")
    path = folder / file
    known = names.get(folded(landmark))
    told = (row.get("listed") or "").strip().casefold()
    if told and told not in LISTED:
        raise BadLabels(f"{where}: listed is {told!r}; expected 1 or 0")
    listed = LISTED[told] if told else known is not None
    # A landmark that is said to be listed and is not known can only be missed.
    truth = (known or landmark or None) if listed else None
    return Case(path, landmark, truth, _position(path, row, where))


def _position(path: Path, row: Mapping[str, str | None], where: str) -> Position | None:
    texts = (row.get("gps_lat") or "").strip(), (row.get("gps_lon") or "").strip()
    if all(texts):
        try:
            told: Position | None = (float(texts[0]), float(texts[1]))
        except ValueError:
            raise BadLabels(f"{where}: gps_lat, gps_lon are {texts}; expected degrees") from None
        return told if usable(told) else None
    return position_of(path)


def position_of(path: Path) -> Position | None:
    """Where the file says that the photo was taken; None where it does not, or cannot be read."""
    try:
        known = read_metadata(path)
    except (UnreadableImage, OSError):
        return None
    if known.latitude is None or known.longitude is None:
        return None
    position = (known.latitude, known.longitude)
    return position if usable(position) else None


def read_others(folder: Path) -> list[Case]:
    """All pictures below `folder`, none of which shows a landmark; raises BadLabels where there are none."""
    if not folder.is_dir():
        raise BadLabels(f"{folder}: no such folder; give one of photos without landmarks")
    paths = sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in PHOTO_SUFFIXES and path.is_file()
    )
    if not paths:
        raise BadLabels(f"{folder}: no picture in it; give a folder of photos without landmarks")
    return [Case(path, position=position_of(path)) for path in paths]
