"""The recognizer of landmarks among the others: findings, positions, several atlases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from veduta.image.photo import Photo
from veduta.landmarks.landmark import Landmark
from veduta.landmarks.recognizer import LandmarkRecognizer
from veduta.see.recognizer import Recognizer

TAJ = Landmark("tajmahal", "Taj Mahal", "India", "Agra", "asia", 27.1751, 78.0421, "built", "frequent")
HILL = Landmark("hill", "Round Hill", "India", "Agra")


@dataclass(frozen=True)
class Said:
    """What an atlas says."""

    landmark: Landmark
    score: float
    how: str = "vector"
    box: tuple[float, float, float, float] | None = None
    margin: float = 0.1


class Fixed:
    """Says the same of each photo, and notes the positions that it is told."""

    def __init__(self, *said: Said) -> None:
        self.said = said
        self.positions: list[Any] = []

    def recognize(self, photos: Sequence[Photo], positions: Sequence[Any]) -> Any:
        """The same landmarks for each photo."""
        self.positions += positions
        return [list(self.said) for _ in photos]


def photo(position: tuple[float, float] | None = None) -> Photo:
    """A gray photo."""
    return Photo(np.full((40, 60, 3), 99, np.uint8), 60, 40, position=position)


def test_findings_tell_everything_about_the_landmark() -> None:
    atlas = Fixed(Said(TAJ, 0.97, "gps", (1.0, 2.0, 30.0, 20.0)))
    recognizer = LandmarkRecognizer([("default", atlas)])
    assert isinstance(recognizer, Recognizer)
    [[finding], [_]] = recognizer.see([photo((27.0, 78.0)), photo()])
    assert atlas.positions == [(27.0, 78.0), None]
    assert (finding.kind, finding.name, finding.score, finding.recognizer) == (
        "landmark", "Taj Mahal", 0.97, "landmarks",
    )  # fmt: skip
    assert finding.box == (1.0, 2.0, 30.0, 20.0)
    assert finding.extra == {
        "id": "tajmahal", "city": "Agra", "country": "India", "region": "asia", "kind": "built",
        "latitude": 27.1751, "longitude": 78.0421, "how": "gps", "atlas": "default",
    }  # fmt: skip


def test_of_a_landmark_that_two_atlases_know_the_surer_counts() -> None:
    first = Fixed(Said(TAJ, 0.7), Said(HILL, 0.8))
    second = Fixed(Said(Landmark("taj", "TAJ MAHAL", "India", "Agra"), 0.9, "geometry"))
    [found] = LandmarkRecognizer([("default", first), ("mine", second)]).see([photo()])
    assert [(f.name, f.score, f.extra["atlas"]) for f in found] == [
        ("TAJ MAHAL", 0.9, "mine"),
        ("Round Hill", 0.8, "default"),
    ]


def test_scores_stay_probabilities_and_nothing_is_nothing() -> None:
    recognizer = LandmarkRecognizer([("default", Fixed(Said(TAJ, 1.2)))])
    assert recognizer.see([photo()])[0][0].score == 1.0
    assert recognizer.see([]) == []
    assert LandmarkRecognizer([]).see([photo()]) == [[]]
