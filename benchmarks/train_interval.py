"""Fits how far a count's interval reaches: ``python -m benchmarks.train_interval``.

On photos of landmarks/bank, landmarks/others/train and landmarks/others/calibration whose people were counted by eye
(people_judged.csv). The ends are linear in what the detectors tell, by quantile regression; of several levels the
lowest is taken whose intervals hold the truth in nine of ten photos that were kept back from the fit. Crowds of which
the detectors see less than two in five are left out: those are for the density to count.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from benchmarks.figure import eval_dir
from veduta.image.decode import load
from veduta.see.count import LEAST, Counter, Sight, smallness
from veduta.see.individuals import individuals

JUDGED = Path(__file__).with_name("people_judged.csv")
LEVELS = ((0.88, 0.92), (0.91, 0.94), (0.93, 0.96), (0.95, 0.97))
MEANT = 0.9
FOLDS, ROUNDS, SEED = 8, 3, 0
CROWD, RESOLVED = 25, 2.5
# No doubtful one stands for more than this many, and what each weight costs: both against single odd photos.
MOST_DOUBTFUL, COST = 3.0, 0.3
Doubles = NDArray[np.float64]


def described(sight: Sight) -> tuple[int, list[float], list[float]]:
    """How many are counted, and what the upper and the lower reach depend on."""
    people = individuals([body for body in sight.bodies if body.probability >= LEAST], sight.faces)
    counted = [person for person in people if person.probability >= sight._enough(person)]
    doubtful = sum(one.probability for one in people) - sum(one.probability for one in counted)
    small = sum(smallness(sight._height(person)) for person in counted)
    unsure = sum(1 - person.probability for person in counted)
    number = len(counted)
    return number, [1.0, float(np.sqrt(small)), doubtful], [float(np.sqrt(number)), unsure]


def quantile(x: Doubles, y: Doubles, level: float, most: list[float | None]) -> Doubles:
    """Weights of a conditional quantile, none below zero, as a linear program."""
    rows, columns = x.shape
    costs = np.r_[np.full(columns, COST), np.full(rows, level), np.full(rows, 1 - level)]
    equal = np.hstack([x, np.eye(rows), -np.eye(rows)])
    bounds = [(0, limit) for limit in most] + [(0, None)] * (2 * rows)
    return np.asarray(linprog(costs, A_eq=equal, b_eq=y, bounds=bounds).x[:columns])


def fit(
    counts: Doubles, above: Doubles, below: Doubles, truth: Doubles, levels: tuple[float, float]
) -> tuple[Doubles, Doubles]:
    """The weights of both reaches; errors grow like the root of the count."""
    scale = 1 / np.sqrt(counts + 1)
    up = quantile(above * scale[:, None], (truth - counts) * scale, levels[0], [None, None, MOST_DOUBTFUL])
    down = quantile(below * scale[:, None], (counts - truth) * scale, levels[1], [None, None])
    return up, down


def main() -> None:
    """Look at the photos, fit at each level, and tell the coverage of what was kept back."""
    counter, folder = Counter(), eval_dir() / "landmarks"
    with JUDGED.open(encoding="utf-8") as file:
        rows = [(row["file"], int(row["people"])) for row in csv.DictReader(file)]
    told = [(*described(counter.look([load(folder / name, 2048)])[0]), people) for name, people in rows]
    report([one for one in told if one[3] < CROWD or one[3] <= RESOLVED * one[0]])


def report(told: list[tuple[int, list[float], list[float], int]]) -> None:
    """Fit and print."""
    counts, truth = (np.array([one[i] for one in told], float) for i in (0, 3))
    above, below = (np.array([one[i] for one in told], float) for i in (1, 2))
    random = np.random.default_rng(SEED)
    print(f"{len(told)} photos")
    for levels in LEVELS:
        held: list[float] = []
        for _ in range(ROUNDS):
            order = random.permutation(len(told))
            for part in np.array_split(order, FOLDS):
                rest = np.setdiff1d(order, part)
                up, down = fit(counts[rest], above[rest], below[rest], truth[rest], levels)
                high = np.round(counts[part] + above[part] @ up)
                low = np.maximum(0, np.round(counts[part] - below[part] @ down))
                held += ((low <= truth[part]) & (truth[part] <= high)).tolist()
        up, down = fit(counts, above, below, truth, levels)
        print(levels, f"held {np.mean(held):.3f}", "above", up.round(2), "below", down.round(2), flush=True)
        if np.mean(held) >= MEANT:
            return


if __name__ == "__main__":
    main()
