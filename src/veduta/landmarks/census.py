"""What a bank holds of each landmark, and what a person should look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from veduta.landmarks.bank import Bank
from veduta.landmarks.landmark import Landmark
from veduta.landmarks.sources import slug

FEW = 5
"""Landmarks with fewer kept photos can hardly be recognized, and cleaning has little to go by."""


@dataclass(frozen=True, slots=True)
class Count:
    """Photos of one landmark: all, not read yet, kept, and the dropped ones by reason; `remarks` for a person."""

    id: str
    name: str
    photos: int
    pending: int
    kept: int
    unreadable: int
    doubles: int
    cleaned: int
    restored: int
    references: int
    remarks: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The form in which the command line tells it."""
        return {**asdict(self), "remarks": list(self.remarks)}


_COUNTS = """
SELECT count(*), coalesce(sum(state = 'pending'), 0), coalesce(sum(state = 'kept'), 0),
  coalesce(sum(state = 'dropped' AND judge = 'bank' AND (hash IS NULL OR why LIKE 'too small%')), 0),
  coalesce(sum(state = 'dropped' AND judge = 'bank' AND hash IS NOT NULL AND why NOT LIKE 'too small%'), 0),
  coalesce(sum(state = 'dropped' AND judge != 'bank'), 0),
  coalesce(sum(state = 'kept' AND judge = 'person'), 0), coalesce(sum(reference), 0)
FROM photos WHERE landmark = ?
"""


def census(bank: Bank) -> Iterator[Count]:
    """The count of each landmark, in order of their ids."""
    names = Counter(slug(landmark.name) for landmark in bank.landmarks())
    for landmark in bank.landmarks():
        numbers = next(bank.rows(_COUNTS, (landmark.id,)))
        photos, pending, kept, *rest = numbers
        unreadable, doubles, cleaned, restored, references = rest
        remarks = tuple(_remarks(landmark, photos, pending, kept, names))
        head = (landmark.id, landmark.name, photos, pending, kept)
        yield Count(*head, unreadable, doubles, cleaned, restored, references, remarks)


def others(bank: Bank) -> int:
    """Kept photos without a landmark."""
    return int(bank.one("SELECT count(*) FROM photos WHERE landmark = '' AND state = 'kept'"))


def _remarks(landmark: Landmark, photos: int, pending: int, kept: int, names: Counter[str]) -> Iterator[str]:
    if not photos:
        yield "no photos: add some, or delete the folder"
    elif not kept and not pending:
        yield "no usable photo"
    elif kept == 1 and not pending:
        yield "only one photo: cannot be checked or measured"
    elif kept < FEW and not pending:
        yield f"only {kept} photos"
    if names[slug(landmark.name)] > 1:
        yield f"{names[slug(landmark.name)]} landmarks have this name; they are kept apart by their folders"
    if landmark.latitude is None:
        yield "no coordinates: cannot be found by place"
