"""What was said of one photo, beside what is true of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from veduta.landmarks.evaluate_cases import Case
from veduta.landmarks.metrics import Outcome


@dataclass(frozen=True, slots=True)
class Answer:
    """A landmark's identifier, how sure, and by what."""

    landmark: str
    score: float
    how: str
    outside: bool = False


@dataclass(slots=True)
class Verdict:
    """What was said of one photo: the best guess, and what was named at each asked false-positive rate.

    `variant` is "" for the photo as it is, else what was changed: "rotated", "without GPS" or "simulated GPS".
    `seconds` is processor time of the first rate asked for, the network's pass included.
    """

    case: Case
    variant: str
    guess: Answer | None = None
    said: dict[str, Answer | None] = field(default_factory=dict)
    dark: bool = False
    seconds: float = 0.0
    problem: str = ""

    def outcome(self, rate: str) -> Outcome:
        """What was named at `rate`."""
        return _outcome(self.case, self.said.get(rate))

    def guessed(self) -> Outcome:
        """The best guess."""
        return _outcome(self.case, self.guess)

    def as_json(self) -> dict[str, Any]:
        """All but the case, fit for JSON."""
        found = asdict(self)
        del found["case"]
        return found

    @classmethod
    def from_json(cls, case: Case, found: Mapping[str, Any]) -> Verdict:
        """The inverse of `as_json`; raises TypeError and KeyError for anything else."""
        said = {rate: Answer(**answer) if answer else None for rate, answer in found["said"].items()}
        guess = Answer(**found["guess"]) if found["guess"] else None
        return cls(case, **{**found, "said": said, "guess": guess})


def _outcome(case: Case, answer: Answer | None) -> Outcome:
    if answer is None:
        return Outcome(case.truth, None)
    return Outcome(case.truth, answer.landmark, answer.score)
