"""Outlines of unit vectors: a few numbers of each that bound its cosine with any other from above.

An outline holds what a vector is in the directions in which vectors differ most, and the length of what is left. The
product of two outlines is never less than the cosine of their vectors (Cauchy and Schwarz), so that most of them are
ruled out as partners at 25 numbers each, and only the others are compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from veduta.see.matching import Pairs, nearest

Floats = NDArray[np.float32]

DIRECTIONS = 24
"""Of 64, for corners of XFeat: four fifths of the rows of two pictures are ruled out, more directions cost more."""

ROUNDING = 1e-5
"""By how much squared lengths and cosines may be wrong, being rounded."""


@dataclass(frozen=True, slots=True)
class Outlines:
    """The directions (d, k), orthonormal columns, that outlines are drawn in."""

    axes: Floats

    @classmethod
    def fit(cls, vectors: Floats) -> Outlines:
        """Those in which vectors (n, d) have most of their length."""
        _, axes = np.linalg.eigh((vectors.T @ vectors).astype(np.float64))
        return cls(np.ascontiguousarray(axes[:, ::-1][:, :DIRECTIONS], np.float32))

    def of(self, vectors: Floats) -> Floats:
        """The outlines (n, k + 1) of unit vectors (n, d)."""
        drawn = vectors @ self.axes
        rest = np.sqrt(np.maximum(1 + ROUNDING - np.einsum("ij,ij->i", drawn, drawn), 0))
        return np.concatenate([drawn, rest[:, None]], axis=1)

    def nearest(self, a: Floats, b: Floats, outlined: Floats, least: float = 0.82) -> Pairs:
        """What `matching.nearest` gives for a and b; `outlined` is `of(a)`, which many b can be compared with."""
        bounds = outlined @ self.of(b).T
        rows = np.flatnonzero(bounds.max(axis=1, initial=-1) > least - ROUNDING)
        columns = np.flatnonzero(bounds.max(axis=0, initial=-1) > least - ROUNDING)
        if not len(rows):
            return np.empty((0, 2), np.intp)
        pairs = nearest(a[rows], b[columns], least)
        return np.stack([rows[pairs[:, 0]], columns[pairs[:, 1]]], 1)
