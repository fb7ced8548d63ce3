"""How far two annotators agree: things paired by overlap, and how much of that is more than chance.

Sources: J. Cohen, "A coefficient of agreement for nominal scales", 1960; K. Krippendorff, "Computing
Krippendorff's alpha-reliability", 2011 (nominal data, two coders).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy.optimize import linear_sum_assignment

from veduta.learn.annotations import Item
from veduta.see.box import overlap

NOTHING = -1  # the label of what one of the two does not see


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A thing that only one sees, or that both see and call otherwise."""

    image_id: int
    kind: Literal["only_first", "only_second", "other_class"]
    first: Item | None
    second: Item | None


@dataclass(slots=True)
class Agreement:
    """The figures over all pictures that both labeled; None where nothing can be said.

    `kappa` and `alpha` treat each thing as labeled with its class by whoever sees it, and as nothing by whoever does
    not; `f1` is twice the things that both call so, over all that either calls so.
    """

    images: int = 0
    matched: int = 0
    only_first: int = 0
    only_second: int = 0
    other_class: int = 0
    mean_iou: float | None = None
    kappa: float | None = None
    alpha: float | None = None
    f1: dict[int, float] = field(default_factory=dict)
    matched_by_class: dict[int, int] = field(default_factory=dict)
    disagreements: list[Disagreement] = field(default_factory=list)


def agreement(
    first: Mapping[int, Sequence[Item]], second: Mapping[int, Sequence[Item]], iou: float = 0.5
) -> Agreement:
    """Compare what two annotators see in the pictures whose numbers both have."""
    result, overlaps = Agreement(), []
    labels: list[tuple[int, int]] = []
    both = sorted(first.keys() & second.keys())
    result.images = len(both)
    for image in both:
        pairs, alone, other = paired(first[image], second[image], iou)
        for one, two, shared in pairs:
            labels.append((one.class_id, two.class_id))
            overlaps.append(shared)
            if one.class_id == two.class_id:
                result.matched += 1
            else:
                result.other_class += 1
                result.disagreements.append(Disagreement(image, "other_class", one, two))
        for one in alone:
            labels.append((one.class_id, NOTHING))
            result.disagreements.append(Disagreement(image, "only_first", one, None))
        for two in other:
            labels.append((NOTHING, two.class_id))
            result.disagreements.append(Disagreement(image, "only_second", None, two))
        result.only_first += len(alone)
        result.only_second += len(other)
    result.mean_iou = float(np.mean(overlaps)) if overlaps else None
    result.kappa, result.alpha = kappa(labels), alpha(labels)
    for name in sorted({label for pair in labels for label in pair} - {NOTHING}):
        same = sum(pair == (name, name) for pair in labels)
        said = sum(pair.count(name) for pair in labels)
        result.matched_by_class[name], result.f1[name] = same, 2 * same / said
    return result


def paired(
    first: Sequence[Item], second: Sequence[Item], iou: float
) -> tuple[list[tuple[Item, Item, float]], list[Item], list[Item]]:
    """Pairs of things whose boxes overlap by at least `iou`, so that as many as possible pair up, best overlaps
    (and same classes) first; what is left of each.
    """
    if not first or not second:
        return [], list(first), list(second)
    overlaps = np.array([[overlap(a.box, b.box) for b in second] for a in first])
    same = np.array([[a.class_id == b.class_id for b in second] for a in first])
    # A pair counts more than all overlaps, a common class more than a better overlap.
    worth = np.where(overlaps >= iou, 10.0 + overlaps + 2.0 * same, 0.0)
    rows, columns = linear_sum_assignment(-worth)
    found = [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if overlaps[i, j] >= iou]
    left, right = {i for i, _ in found}, {j for _, j in found}
    return (
        [(first[i], second[j], float(overlaps[i, j])) for i, j in found],
        [one for number, one in enumerate(first) if number not in left],
        [one for number, one in enumerate(second) if number not in right],
    )


def kappa(labels: Sequence[tuple[int, int]]) -> float | None:
    """Cohen's kappa of pairs of labels; None without pairs, or where chance alone would explain all."""
    if not labels:
        return None
    count = len(labels)
    seen = sum(a == b for a, b in labels) / count
    first, second = Counter(a for a, _ in labels), Counter(b for _, b in labels)
    chance = sum(first[label] * second[label] for label in first) / count**2
    if chance == 1:
        return 1.0
    return (seen - chance) / (1 - chance)


def alpha(labels: Sequence[tuple[int, int]]) -> float | None:
    """Krippendorff's alpha for nominal labels of two; None without pairs."""
    if not labels:
        return None
    said = Counter(label for pair in labels for label in pair)
    total = sum(said.values())
    differing = sum(2 for a, b in labels if a != b)  # each pair stands twice in the table of coincidences
    by_chance = sum(n * (total - n) for n in said.values()) / (total - 1)
    return 1.0 if by_chance == 0 else 1 - differing / by_chance
