"""Thin holes and seams: a surface that bends least along the lines of the picture around it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from veduta.edit.biharmonic import Bools, Floats

# Second differences across, down and along both diagonals, as steps (down, right).
STEPS = ((0, 1), (1, 0), (1, 1), (1, -1))
# Added to the mean square of second differences (squared gray levels): what weaker lines are not followed for. The
# diagonals reach farther, so they are believed less.
DOUBT, DOUBT_SHARE = 60.0, 0.02
# Lines are sought as far as this (pixels, as a Gaussian's sigma), and where all is hidden there, farther away.
REACH, FAR_REACH, FAR_WEIGHT = 4.0, 16.0, 0.05
# Share of a plain membrane: it keeps the surface from swinging over in wide holes.
TENSION = 0.006


def directional(values: Floats, mask: Bools, start: Floats) -> Floats:
    """`values` (h, w, c) with the masked ones replaced by the surface of least directional Laplacian.

    At each pixel the Laplacian is that weighted sum of second differences in four directions that the known
    pixels around leave least of, so edges and stripes run on through the hole; on even ground it is the common
    one and the surface is the biharmonic one. `start` is a first guess: it is looked at only far from known pixels.
    """
    if not mask.any() or mask.all() or min(mask.shape) < 3:
        return start
    height, width = mask.shape
    equations = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    rows, columns = np.nonzero(equations)
    weights = _weights(start, mask)
    number, place, entry = [], [], []
    each = np.arange(len(rows))
    center = np.zeros(
        len(rows)
    )  # minus the sum of the shares to the last digit: even ground must satisfy all sums
    for index, (down, right) in enumerate(STEPS):
        wide = cv2.resize(weights[index], (width, height), interpolation=cv2.INTER_LINEAR)
        share = wide[rows, columns].astype(np.float64)
        center -= share
        for sign in (1, -1):
            y = _mirrored(rows + sign * down, height)
            x = _mirrored(columns + sign * right, width)
            number.append(each)
            place.append(y * width + x)
            entry.append(share / 2)
    number.append(each)
    place.append(rows * width + columns)
    entry.append(center)
    bending = _normal(number, place, entry, len(rows), values, mask)
    stretch = _normal(*_neighbors(mask), values, mask)
    left = bending[0] + TENSION * stretch[0]
    factor = splu(left.tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    solved: Any = factor.solve(np.ascontiguousarray(bending[1] + TENSION * stretch[1]))
    result = values.copy()
    result[mask] = solved
    return result


def _mirrored(index: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    index = np.abs(index)
    mirrored: NDArray[np.int64] = np.where(index >= size, 2 * size - 2 - index, index)
    return mirrored


def _weights(start: Floats, mask: Bools) -> list[Floats]:
    """The share of each direction, at half size; they add up to 1.

    They are those of least expected square: with C the mean products of second differences, C^-1 1 / (1' C^-1 1).
    """
    height, width = mask.shape
    padded = cv2.copyMakeBorder(start, 1, 1, 1, 1, cv2.BORDER_REFLECT_101)
    known = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0
    trust = known.astype(np.float32) + 1e-6
    seen = trust[..., None]
    seconds = []
    for down, right in STEPS:
        one = padded[1 + down : 1 + down + height, 1 + right : 1 + right + width]
        two = padded[1 - down : 1 - down + height, 1 - right : 1 - right + width]
        seconds.append((one + two) * np.float32(0.5) - start)
    total = _spread(trust) + 1e-8
    count = len(STEPS)
    products = np.empty((*total.shape, count, count), np.float32)
    for i in range(count):
        weighted = seconds[i] * seen
        for j in range(i + 1):
            products[..., i, j] = _spread(np.einsum("ijk,ijk->ij", weighted, seconds[j])) / total
            products[..., j, i] = products[..., i, j]
    doubt = DOUBT + DOUBT_SHARE * np.trace(products, axis1=2, axis2=3) / count
    for i, (down, right) in enumerate(STEPS):
        products[..., i, i] += doubt * (down * down + right * right)
    found = np.linalg.solve(products, np.ones((*total.shape, count, 1), np.float32))[..., 0]
    found /= found.sum(axis=2, keepdims=True)
    return [np.ascontiguousarray(found[..., i]) for i in range(count)]


def _spread(values: Floats) -> Floats:
    """Weighted means around each pixel, at half size."""
    size = (-(-values.shape[1] // 2), -(-values.shape[0] // 2))
    half = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
    near = cv2.GaussianBlur(half, (0, 0), REACH / 2)
    far = cv2.GaussianBlur(half, (0, 0), FAR_REACH / 2)
    spread: Floats = near + np.float32(FAR_WEIGHT) * far
    return spread


def _neighbors(mask: Bools) -> tuple[list[Any], list[Any], list[Any], int]:
    """First differences between neighbors of which one is hidden: equation, place and entry."""
    index = np.arange(mask.size).reshape(mask.shape)
    one = np.concatenate([index[:, :-1].ravel(), index[:-1].ravel()])
    two = np.concatenate([index[:, 1:].ravel(), index[1:].ravel()])
    flat = mask.reshape(-1)
    kept = flat[one] | flat[two]
    one, two = one[kept], two[kept]
    each = np.arange(len(one))
    ones = np.ones(len(one), np.float32)
    return [each, each], [one, two], [ones, -ones], len(one)


def _normal(
    number: list[Any], place: list[Any], entry: list[Any], count: int, values: Floats, mask: Bools
) -> tuple[Any, Any]:
    """Normal equations over the hidden pixels of the sums that should vanish."""
    rows, columns, entries = np.concatenate(number), np.concatenate(place), np.concatenate(entry)
    flat = mask.reshape(-1)
    order = np.cumsum(flat) - 1
    hidden = flat[columns]
    unknown = int(flat.sum())
    system = sparse.csr_matrix((entries[hidden], (rows[hidden], order[columns[hidden]])), (count, unknown))
    colors = values.reshape(mask.size, -1)
    rows, columns, entries = rows[~hidden], columns[~hidden], entries[~hidden]
    known = [np.bincount(rows, entries * colors[columns, c], minlength=count) for c in range(colors.shape[1])]
    product = (system.T @ system).tocsc().astype(np.float64)
    return product, -(system.T @ np.stack(known, axis=1))
