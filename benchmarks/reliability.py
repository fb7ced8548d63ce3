"""Reliability plots: how often what is told with some probability is right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PLOTS = Path(__file__).parents[1] / "docs/images"


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    share, z = hits / n, 1.96
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return float(middle - half), float(middle + half)


def reliability(path: Path, title: str, probability: NDArray[np.floating], right: NDArray[np.bool_]) -> None:
    """Plot how often answers of each probability are right."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    path.parent.mkdir(parents=True, exist_ok=True)
    figure, (curve, counts) = plt.subplots(2, 1, figsize=(5, 6), height_ratios=(3, 1), sharex=True)
    places = np.minimum((probability * 10).astype(int), 9)
    for place in range(10):
        inside = places == place
        if inside.any():
            low, high = wilson(int(right[inside].sum()), int(inside.sum()))
            x = float(probability[inside].mean())
            curve.plot([x, x], [low, high], color="#8aa", zorder=1)
            curve.scatter([x], [right[inside].mean()], color="#0a6", zorder=2)
    curve.plot([0, 1], [0, 1], color="#bbb", linestyle="--")
    curve.set(ylabel="share right (95 % interval)", title=title, xlim=(0, 1), ylim=(0, 1))
    counts.hist(probability, bins=np.linspace(0, 1, 11), color="#8aa")
    counts.set(xlabel="probability told", ylabel="answers")
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)
