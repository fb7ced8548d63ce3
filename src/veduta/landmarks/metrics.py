"""How well landmarks are recognized: objects that are updated photo by photo and then computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from veduta.errors import BadInput


class WrongPrevalence(BadInput):
    """A share of photos with landmarks that is not between 0 and 1."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was said of a photo and what is true of it.

    `truth` is the landmark, None where there is none that could be named (no landmark, or one that the atlas does
    not list). `said` is the landmark named, None where nothing was; `score` grows with the confidence in it.
    """

    truth: str | None
    said: str | None
    score: float = 0.0

    @property
    def right(self) -> bool:
        """Whether the true landmark was named."""
        return self.truth is not None and self.said == self.truth


class Share:
    """The share of photos of which something holds."""

    def __init__(self) -> None:
        self.reset()

    def update(self, holds: bool) -> None:
        """Count one photo."""
        self.count += 1
        self.holding += holds

    def compute(self) -> float:
        """Between 0 and 1; 0 of no photos."""
        return self.holding / self.count if self.count else 0.0

    def reset(self) -> None:
        """Forget all photos."""
        self.count = 0
        self.holding = 0


class Rank1(Share):
    """The share of photos of listed landmarks whose best guess, however weak, is right."""

    def update(self, holds: Outcome | bool) -> None:
        """Count a photo of a listed landmark; others are passed over."""
        if isinstance(holds, bool):
            super().update(holds)
        elif holds.truth is not None:
            super().update(holds.right)


class Sensitivity(Rank1):
    """The share of photos of listed landmarks that are named rightly at a frozen threshold.

    A photo that is named wrongly counts as one that was missed.
    """


class FalsePositives(Share):
    """The share of photos without a nameable landmark in which one was named."""

    def update(self, holds: Outcome | bool) -> None:
        """Count a photo without a nameable landmark; others are passed over."""
        if isinstance(holds, bool):
            super().update(holds)
        elif holds.truth is None:
            super().update(holds.said is not None)


class WrongLandmark(Share):
    """The share of photos of listed landmarks that got the name of another one."""

    def update(self, holds: Outcome | bool) -> None:
        """Count a photo of a listed landmark; others are passed over."""
        if isinstance(holds, bool):
            super().update(holds)
        elif holds.truth is not None:
            super().update(holds.said is not None and not holds.right)


class GlobalAveragePrecision:
    """Micro average precision over all photos, each with its best guess at most.

    All guesses are ranked by score, whatever their photo; the sum of the precision at each right one is divided by
    the number of photos that have a landmark to name (Weyand et al. 2020, arXiv 2004.01804, "µAP"). Guesses of equal
    score stand in the worst order, so that a constant score earns nothing.
    """

    def __init__(self) -> None:
        self.reset()

    def update(self, outcome: Outcome) -> None:
        """Count a photo."""
        self._nameable += outcome.truth is not None
        if outcome.said is not None:
            self._guesses.append((outcome.score, outcome.right))

    def compute(self) -> float:
        """Between 0 and 1; 0 where no photo has a landmark to name."""
        if not self._nameable:
            return 0.0
        ranked = sorted(self._guesses, key=lambda guess: (-guess[0], guess[1]))
        right = np.array([guess[1] for guess in ranked], dtype=np.float64)
        precision = np.cumsum(right) / np.arange(1, len(right) + 1)
        return float((precision * right).sum() / self._nameable)

    def reset(self) -> None:
        """Forget all photos."""
        self._nameable = 0
        self._guesses: list[tuple[float, bool]] = []


def expected_precision(sensitivity: float, false_positives: float, wrong: float, prevalence: float) -> float:
    """The share of right names among all names where a share `prevalence` of photos shows a listed landmark.

    `sensitivity` and `wrong` are shares of those photos (named rightly, named as another), `false_positives` a share
    of the rest. 1 where nothing is named at all. Raises WrongPrevalence.
    """
    if not 0 <= prevalence <= 1:
        raise WrongPrevalence(f"a prevalence of {prevalence}: expected a share between 0 and 1")
    named = prevalence * (sensitivity + wrong) + (1 - prevalence) * false_positives
    return prevalence * sensitivity / named if named > 0 else 1.0


def gap(outcomes: Sequence[Outcome]) -> float:
    """The global average precision of `outcomes`."""
    metric = GlobalAveragePrecision()
    for outcome in outcomes:
        metric.update(outcome)
    return metric.compute()
