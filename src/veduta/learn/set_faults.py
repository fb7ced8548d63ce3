"""Faults of one picture by itself: blurred, too dark, too bright, plain. One picture has one of them at most."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from veduta.learn.set_measures import Measures

Kind = Literal["broken", "blurred", "dark", "bright", "plain", "copy", "near", "leak", "size", "label"]

KINDS: dict[Kind, tuple[str, str]] = {
    "broken": ("Broken", "Cannot be read to its end, or is no picture at all."),
    "plain": ("Nothing to see", "One color, one slope of color, noise, or hardly any contrast."),
    "blurred": ("Blurred", "Out of focus or moved, everywhere."),
    "dark": ("Too dark", "Even the brightest spots are dark."),
    "bright": ("Too bright", "Washed out, or large parts without detail."),
    "leak": ("Leaks between parts", "Pictures to train on that also stand in a part to test on."),
    "copy": ("Copies", "The same file several times. Beside each: the one that stays."),
    "near": ("Near copies", "The same picture saved again: resized, cropped, recolored, mirrored, turned."),
    "size": ("Odd sizes", "Far smaller, larger or longer than the others."),
    "label": (
        "Doubtful labels",
        "They look like pictures of another class. To drop them is never suggested: look.",
    ),
}
"""Every kind of fault: its name and what it means, in the order in which they are told."""

# Fitted by `python -m benchmarks.clean_set fit` on seeded corruptions of photographs.
PLAIN = 0.035
"""Least structure of a picture that shows something."""
PLAIN_SOFT = (0.056, 5.0)
"""Least structure of a picture of little detail, and the detail up to which this holds."""
DARK = 0.44
"""Least `top` of a picture that is not too dark."""
BLUR = (27.55, -2.71, 9.55)  # weights of reblur and detail, then the offset
BRIGHT = (-3.86, 29.06, 8.93, 25.99, 1.66, 12.54, -5.96)  # as in `brightness`, then the offset
# The highest chances of those tried at which 98 % of the training pictures with the fault are found.
BLURRED = 0.9
"""Least chance of being blurred that is told."""
BURNT = 0.8
"""Least chance of being overexposed that is told."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a picture: the kind, how sure (0 to 1), the reason for a person, whether to drop it is
    suggested. `partner` is the path of the picture that it is compared with.
    """

    kind: Kind
    score: float
    why: str
    drop: bool = True
    partner: str | None = None


def blur(seen: Measures) -> float:
    """How likely the picture is blurred, 0 to 1."""
    return _sigmoid(BLUR[0] * seen.reblur + BLUR[1] * seen.detail + BLUR[2])


def brightness(seen: Measures) -> float:
    """How likely the picture is overexposed, 0 to 1."""
    # Cubed: only in a washed-out picture are even the darkest pixels bright, not in one of something gray on white.
    values = (seen.mean, seen.bottom**3, seen.clipped, seen.outline, seen.burnt, seen.burnt_outline)
    return _sigmoid(sum(w * v for w, v in zip(BRIGHT[:-1], values, strict=True)) + BRIGHT[-1])


def is_plain(seen: Measures) -> bool:
    """Whether the picture shows nothing: no structure, or little of it and no detail either."""
    return seen.structure < PLAIN or (seen.structure < PLAIN_SOFT[0] and seen.detail < PLAIN_SOFT[1])


def fault_of(seen: Measures) -> Fault | None:
    """The one fault of a picture; the first that explains the others: of a black picture blur cannot be told."""
    if is_plain(seen):
        return Fault("plain", 1 - seen.structure / PLAIN_SOFT[0], "hardly anything to be seen")
    if seen.top < DARK:
        level = round(100 * seen.top)
        return Fault("dark", 1 - seen.top / DARK, f"its brightest spots reach {level} % of white")
    if (chance := brightness(seen)) > BURNT:
        part = round(100 * seen.clipped)
        return Fault(
            "bright", chance, f"{part} % at the end of the scale, mean {round(100 * seen.mean)} % of white"
        )
    if (chance := blur(seen)) > BLURRED:
        return Fault(
            "blurred",
            chance,
            f"even its sharpest part keeps {round(100 * seen.reblur)} % of its edges when blurred again",
        )
    return None


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, value))))
