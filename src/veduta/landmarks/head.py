"""The head of an atlas: a whitening that knows how photos of one landmark differ.

Directions in which photos of the same landmark differ count less, those that tell landmarks apart count more (within-
class covariance normalization, Hatch et al. 2006), blended with plain whitening and shrunk, as a bank is small against
the length of its vectors.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from veduta.landmarks.atlas import AtlasError
from veduta.landmarks.features import DIMENSION

Floats = NDArray[np.float32]

WITHIN = 0.9
"""Weight of the spread within landmarks; the rest is the spread of everything."""

FLOOR = 5e-4
"""Added to the variance in every direction; vectors have parts of length 1."""

LENGTH = 1280


@dataclass(frozen=True, slots=True)
class Head:
    """Compare `unit((vector - mean) @ matrix)`: mean (D,), matrix (D, d)."""

    mean: Floats
    matrix: Floats


def read_head(path: Path) -> Head:
    """The head that a training wrote; raises AtlasError."""
    try:
        with np.load(path, allow_pickle=False) as file:
            made = Head(file["mean"].astype(np.float32), file["matrix"].astype(np.float32))
    except (OSError, ValueError, KeyError) as error:
        raise AtlasError(f"{path}: not a head that can be read ({error}); train it again") from error
    if made.mean.shape != (DIMENSION,) or made.matrix.ndim != 2 or len(made.matrix) != DIMENSION:
        raise AtlasError(f"{path}: a head for another embedder; train it again")
    return made


def fit_head(
    bank: Floats,
    owners: NDArray[np.int32],
    others: Floats,
    within: float = WITHIN,
    floor: float = FLOOR,
    length: int = LENGTH,
) -> Head:
    """Fit on vectors (n, D) of landmarks `owners` (n,) and on vectors (m, D) of photos without landmarks.

    The matrix has at most `length` columns: the directions in which all these photos, once whitened, differ most.
    """
    mean = (bank.mean(axis=0) + others.mean(axis=0)) / 2
    inner = [_spread(bank[owners == owner]) for owner in np.unique(owners)]
    spread = np.concatenate(inner)
    everything = np.concatenate([others - others.mean(axis=0), bank - mean])
    parts = [everything * np.sqrt((1 - within) / len(everything))]
    if len(spread):
        parts.append(spread * np.sqrt(within / len(spread)))
    variances, directions = _principal(np.concatenate(parts).astype(np.float64))

    def whiten(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        along = vectors @ directions
        factor = 1 / np.sqrt(variances + floor) - 1 / np.sqrt(floor)
        white: NDArray[np.float64] = vectors / np.sqrt(floor) + (along * factor) @ directions.T
        return white

    white = whiten(np.concatenate([bank, others]).astype(np.float64) - mean)
    white /= np.maximum(np.linalg.norm(white, axis=1, keepdims=True), 1e-12)
    _, axes = _principal(white, length)
    return Head(mean.astype(np.float32), whiten(axes.T).T.astype(np.float32))


def _spread(vectors: Floats) -> Floats:
    count = len(vectors)
    if count < 2:
        return vectors[:0]
    return np.asarray((vectors - vectors.mean(axis=0)) * np.sqrt(count / (count - 1)), np.float32)


def _principal(
    rows: NDArray[np.float64], most: int | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Variances and directions (D, k) of rows, the largest first, by way of the smaller of the two Gram matrices."""
    if len(rows) < rows.shape[1]:
        values, left = np.linalg.eigh(rows @ rows.T)
        keep = values > max(float(values[-1]) * 1e-9, 1e-15)
        values, left = values[keep][::-1], left[:, keep][:, ::-1]
        directions = (rows.T @ left) / np.sqrt(values)
    else:
        values, directions = np.linalg.eigh(rows.T @ rows)
        values, directions = np.maximum(values[::-1], 0), directions[:, ::-1]
    return values[:most], directions[:, :most]
